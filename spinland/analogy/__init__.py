"""From network to glass: paths, couplings, and how wrong the assumptions are."""
