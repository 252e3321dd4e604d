"""Critical points of the spherical glass: algebra, search, completeness."""
