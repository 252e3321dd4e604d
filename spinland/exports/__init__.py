"""Results as files for other programs: tables as CSV, surfaces for ParaView."""
