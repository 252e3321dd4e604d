"""Energy of the H-spin spherical glass and its derivatives, couplings stored once per unordered index set."""
