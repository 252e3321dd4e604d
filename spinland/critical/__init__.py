"""Critical points of the spherical glass: search, duplicates, completeness."""
