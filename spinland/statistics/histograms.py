"""Bins of histograms, and densities in them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def equal_edges(values: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
    """Edges (n_bins + 1,) of equal bins from the least to the greatest value, both finite.

    Values that are nearly equal leave no room for so many numbers between them: the range is widened about
    their middle until each bin is many roundings wide.
    """
    low, high = float(np.min(values)), float(np.max(values))
    rounding = 64 * n_bins * max(np.finfo(np.float64).eps * max(abs(low), abs(high)), 1e-300)
    if high == low:
        rounding = max(0.5, rounding)
    if high - low < rounding:
        low, high = low - rounding, high + rounding
    return np.linspace(low, high, n_bins + 1)


def histogram_bins(n: int) -> int:
    """Bins of a histogram of ``n`` independent numbers, or of the pairs of ``n`` replicas: 2 n^(1/2), from 4 to 40.

    Pairs share replicas, so n(n−1)/2 of them tell little more of a distribution than n numbers do; with more
    bins their histogram shows single replicas.
    """
    return int(min(40, max(4, round(2 * math.sqrt(n)))))


def density(samples: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised histograms (K, bins) of samples (n, K, pairs)."""
    counts = np.stack([np.histogram(samples[:, k], edges)[0] for k in range(samples.shape[1])])
    return np.asarray(counts / np.diff(edges) / np.maximum(counts.sum(axis=1, keepdims=True), 1))
