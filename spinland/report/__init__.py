"""One self-contained HTML page from a study's file."""
