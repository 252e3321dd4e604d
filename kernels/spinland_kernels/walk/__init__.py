"""Gaussian random walks of many walkers: one step of all of them, in place."""
