"""Kendall's rank correlation: within groups, between groups, and at fixed values of a third quantity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def signs(values: Array) -> Array:
    """Sign of x_i − x_j (N, N); 0 for ties and where one of them is NaN."""
    with np.errstate(invalid="ignore"):
        difference = values[:, None] - values[None, :]
    return np.asarray(np.sign(np.where(np.isfinite(difference), difference, 0.0)))


def tau(first: Array, second: Array, pairs: Array, counts: Array) -> Array:
    """Kendall's τ_b from the signs (N, N) of two quantities, over some of the pairs.

    Parameters
    ----------
    first, second : (N, N)
        `signs` of the two.
    pairs : (N, N)
        Weight of each pair, symmetric: 0 for those that do not count.
    counts : (..., N)
        How often each thing is there: 1, or what a resample says. A thing makes no pair with its copies.

    Returns
    -------
    (...)
        Σ s t/√(Σ s² Σ t²) over pairs, where both are known; NaN where one of the quantities is tied in all of them.
    """
    product = _total(pairs * first * second, counts)
    known = pairs * (first != 0) * 1.0, pairs * (second != 0) * 1.0
    square = _total(known[0], counts) * _total(known[1], counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(square > 0, product / np.sqrt(square), np.nan))


def partial_tau(xy: Array, xz: Array, yz: Array) -> Array:
    """Kendall's partial τ of x and y at fixed z, from the three τ of pairs (Kendall, Biometrika 32, 277, 1942)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    return np.asarray(np.where(np.isfinite(value), value, np.nan))


def _total(weights: Array, counts: Array) -> Array:
    """Σ_ij c_i c_j w_ij over resamples (..., N); weights of a thing with itself are 0."""
    return np.asarray(np.sum((counts @ weights) * counts, axis=-1))
