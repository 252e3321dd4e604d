"""Between solutions: trained paths, bands, saddles and trees of barriers; simplexes, subspaces, averages."""
