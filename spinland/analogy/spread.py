"""How samples spread: effective dimension, distance from a normal distribution, inequality."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special


def effective_dimension(gram: NDArray[np.float64]) -> float:
    """Participation ratio (tr C)²/tr C² of the covariance C of n samples, from their Gram matrix (n, n).

    It is the number of equal, uncorrelated directions that would spread as much. Both traces are estimated
    without bias: that of C² by the U-centred Gram matrix (G. J. Székely and M. L. Rizzo, Ann. Statist. 42, 2382,
    2014), so that n need not be large beside the dimension. Infinite where the estimate of tr C² is not
    positive: more directions than n samples can tell. Never below 1. NaN where the samples do not vary. Needs n ≥ 4.
    """
    n = len(gram)
    row, total = gram.sum(axis=1), gram.sum()
    trace = (np.trace(gram) - total / n) / (n - 1)
    if trace <= 1e-12 * np.trace(gram) / n:
        return float("nan")
    # U-centring takes the row sums without the diagonal.
    off = gram - np.diag(np.diag(gram))
    row, total = off.sum(axis=1), off.sum()
    centred = off - row[:, None] / (n - 2) - row[None, :] / (n - 2) + total / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0.0)
    square = float(np.sum(centred * centred)) / (n * (n - 3))
    return float(max(1.0, trace**2 / square)) if square > 0 else float("inf")


def gaussian_distance(values: NDArray[Any]) -> float:
    """Kolmogorov's distance sup |F − Φ| between values and the normal distribution of their mean and variance.

    Between 0 and 1; NaN where the values do not vary.
    """
    ordered = np.sort(values, axis=None).astype(np.float64)
    n, spread = ordered.size, ordered.std()
    if spread <= 1e-14 * np.abs(ordered).max(initial=0):
        return float("nan")
    normal = special.ndtr((ordered - ordered.mean()) / spread)
    steps = np.arange(n + 1) / n
    return float(max(np.max(steps[1:] - normal), np.max(normal - steps[:-1])))


def excess_kurtosis(values: NDArray[Any]) -> float:
    """Fourth central moment over the square of the second, minus 3: 0 for a normal distribution; or NaN."""
    deviation = values.astype(np.float64).ravel() - values.mean(dtype=np.float64)
    square = np.mean(deviation**2)
    return float(np.mean(deviation**4) / square**2 - 3) if square > 0 else float("nan")


def gini(values: NDArray[Any]) -> float:
    """Gini's coefficient Σ_ij |v_i − v_j| / (2 n Σ v) of values not below 0.

    0 if all are equal, 1 − 1/n if one has all. NaN where all are 0.
    """
    ordered = np.sort(values, axis=None).astype(np.float64)
    n, total = ordered.size, ordered.sum()
    if total <= 0:
        return float("nan")
    return float(max(0.0, (2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)))
