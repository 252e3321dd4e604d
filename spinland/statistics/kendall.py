"""Kendall's rank correlation: within groups, between groups, and at fixed values of a third quantity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def signs(values: Array) -> Array:
    """Sign of x_i − x_j (N, N): 0 for ties, NaN where one of them is."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sign(values[:, None] - values[None, :]))


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
    known = np.isfinite(first) & np.isfinite(second)
    one, other, weights = (np.where(known, array, 0.0) for array in (first, second, pairs))
    product = _total(weights * one * other, counts)
    square = _total(weights * one**2, counts) * _total(weights * other**2, counts)
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
