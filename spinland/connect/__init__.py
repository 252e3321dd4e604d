"""Between solutions: paths, simplexes, subspaces, averages."""
