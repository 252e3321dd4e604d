"""Scalar mathematics of neuron swaps: interpolation of a unit."""

from ..jit import formula


@formula
def blend(alpha, beta, a, b):
    """(1 − α) a + α b with β = 1 − α given, so that no type is widened; exact at both ends."""
    return beta * a + alpha * b
