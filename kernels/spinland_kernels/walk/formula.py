"""Scalar mathematics of a random walk."""

import math

from ..jit import formula


@formula
def cosine(product, square_a, square_b):
    """Cosine of two vectors from a·b, |a|² and |b|²; NaN where one of them is zero.

    One root of the product of squares, so that equal vectors give exactly one.
    """
    return product / math.sqrt(square_a * square_b)


@formula
def rescale(square, radius):
    """Factor that brings a vector of squared length ``square`` to length ``radius``."""
    return radius / math.sqrt(square)
