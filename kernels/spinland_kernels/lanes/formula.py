"""Scalar mathematics of a hidden unit."""

from ..jit import formula


@formula
def not_below(z, floor):
    """max(z, floor), both of one type; NaN stays NaN. With a floor of zero it is the ReLU."""
    return z if not z <= floor else floor
