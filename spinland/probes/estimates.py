"""Means and their standard errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def standard_error(values: NDArray[np.float64], axis: int = 0) -> NDArray[np.float64]:
    """Standard deviation over sqrt(n) of n independent values along ``axis``; NaN for fewer than two."""
    n = values.shape[axis]
    if n < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return np.asarray(values.std(axis=axis, ddof=1) / np.sqrt(n))


def grouped_error(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard error of the mean over the first axis of values (N, ...), N/K from each of K groups.

    With one group the N values are independent. With several, those of one group share their origin:
    the group means are independent, and the error is taken over them.
    """
    labels = np.unique(group)
    if len(labels) == 1:
        return standard_error(values)
    return standard_error(np.stack([values[group == g].mean(axis=0) for g in labels]))


def jackknife_error(replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jackknife error from estimates (N, ...), each with one of N samples left out (Efron 1982, eq. 3.1).

    sqrt((N − 1)/N Σ (θ_i − θ̄)²); NaN where a replicate is NaN.
    """
    n = len(replicates)
    spread = replicates - replicates.mean(axis=0)
    return np.asarray(np.sqrt((n - 1) / n * np.sum(spread**2, axis=0)))
