"""Gradient flow, thermal noise and minimisation on a landscape."""
