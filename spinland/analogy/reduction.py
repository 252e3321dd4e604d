"""How many different values the weights of a network need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..statistics.histograms import equal_edges

_SWEEPS = 50
_BINS = 512


class Quantizer:
    """Rounds numbers to few values, those of least squared error as found by Lloyd's iteration.

    Parameters
    ----------
    values : (N,) array
        The numbers.
    """

    def __init__(self, values: NDArray[np.float64]):
        self.values = values
        self.ordered = np.sort(values)
        self.sums = np.append(0.0, np.cumsum(self.ordered))
        self.n_distinct = 1 + int(np.count_nonzero(np.diff(self.ordered)))

    def levels(self, n: int) -> NDArray[np.float64]:
        """At most ``n`` values, ascending (S. P. Lloyd, IEEE Trans. Inf. Theory 28, 129, 1982)."""
        levels = self._start(n)
        for _ in range(_SWEEPS):
            edges = np.searchsorted(self.ordered, (levels[1:] + levels[:-1]) / 2)
            edges = np.concatenate([[0], edges, [len(self.ordered)]])
            count = np.diff(edges)
            held = count > 0
            means = np.diff(self.sums[edges])[held] / count[held]
            if len(means) == len(levels) and np.array_equal(means, levels):
                break
            levels = means
        return levels

    def rounded(self, n: int) -> NDArray[np.float64]:
        """The numbers, each replaced by the nearest of at most ``n`` values; themselves where ``n`` suffices."""
        if n >= self.n_distinct:
            return self.values
        levels = self.levels(n)
        return levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, self.values)]

    def _start(self, n: int) -> NDArray[np.float64]:
        """Values as dense as the cube root of the numbers' density, the best spacing for many of them."""
        ends = equal_edges(self.ordered, _BINS)[[0, -1]]  # further apart where the numbers are nearly equal
        counts, edges = np.histogram(self.ordered, _BINS, (ends[0], ends[1]))
        mass = np.append(0.0, np.cumsum(np.cbrt(counts)))
        return np.asarray(np.interp((np.arange(n) + 0.5) / n * mass[-1], mass, edges))


def fewest_values(
    weights: NDArray[np.float64], predictions: Callable[[NDArray[np.float64]], NDArray[np.int64]], tolerance: float
) -> int:
    """Smallest number s of different values that keeps all but a share ``tolerance`` of the predictions.

    It makes the network with s values an (s, ε)-reduction image of the given one, ε being the tolerance
    (arXiv:1412.0233, section 3). The values are those of least squared error, not those best for the predictions,
    and s is found by doubling and bisection, as if agreement only grew with s: a smaller s may exist.

    Parameters
    ----------
    weights : (N,) array
        The weights of all layers.
    predictions : callable
        Weights (N,) to predicted classes (n,).
    tolerance : float
        Share of the predictions that may change.
    """
    quantizer = Quantizer(weights)
    wanted = predictions(weights)

    def keeps(n: int) -> bool:
        return bool(np.mean(predictions(quantizer.rounded(n)) != wanted) <= tolerance)

    low, high = 0, 1
    while high < quantizer.n_distinct and not keeps(high):
        low, high = high, 2 * high
    high = min(high, quantizer.n_distinct)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high
