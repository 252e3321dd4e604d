"""What joins solutions: trained paths, elastic bands, saddles, and the tree of the barriers between minima."""
