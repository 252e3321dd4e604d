"""Covariance and correlation over pairs of points, with errors that respect that all overlaps share the pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...statistics.bootstrap import bootstrap_counts

_GROUPS = 1000  # more pairs than this are resampled in groups


@dataclass(frozen=True, eq=False)
class CurveErrors:
    """Variance of the covariance (Q,), and covariance matrix of the correlation (Q, Q)."""

    covariance: NDArray[np.float64]
    ratio: NDArray[np.float64]


class PairCurves:
    """Covariance and correlation as functions of the overlap.

    Parameters
    ----------
    values : array (n, T, 1 + Q)
        Values at x and at y for each q, in T orientations of each of n independent pairs, less a constant near
        their mean. Each orientation is a fair sample; those of a pair are not independent of one another.
    """

    def __init__(self, values: NDArray[np.float64]):
        first, second = values[:, :, :1], np.concatenate([values[:, :, 1:], values[:, :, :1]], axis=2)
        centre = (first + second).mean(axis=1) / 2
        square = (first * first + second * second).mean(axis=1) / 2
        # The last column pairs x with itself: mean and variance over the sphere.
        self._moments = np.stack([(first * second).mean(axis=1), square, centre, centre * centre])
        self._n = len(values)
        self._noise = (16 * np.finfo(float).eps * np.abs(values).max(initial=0)) ** 2
        covariance, variance = _curves(self._moments.mean(axis=1), self._n)
        self.covariance = covariance[:-1]
        self.mean, self.variance = float(self._moments[2, :, -1].mean()), float(variance[-1])
        self._still = variance[:-1] <= self._noise
        self.ratio = self._ratio(covariance, variance)

    def errors(self) -> CurveErrors:
        """Delete-one jackknife over pairs."""
        n = self._n
        without = (n * self._moments.mean(axis=1)[:, None] - self._moments) / (n - 1)
        covariance, variance = _curves(without, n - 1)
        ratio = self._ratio(covariance, variance)
        covariance = covariance[:, :-1] - covariance[:, :-1].mean(axis=0)
        ratio -= ratio.mean(axis=0)
        scale = (n - 1) / n
        return CurveErrors(scale * np.sum(covariance**2, axis=0), scale * ratio.T @ ratio)

    def resampled(self, seed: int, n_bootstrap: int) -> NDArray[np.float64]:
        """Correlation (n_bootstrap, Q) of pairs, or groups of them, drawn with replacement."""
        starts = np.unique(np.linspace(0, self._n, min(self._n, _GROUPS), endpoint=False).astype(np.int64))
        sums = np.add.reduceat(self._moments, starts, axis=1)
        sizes = np.diff(np.append(starts, self._n)).astype(np.float64)
        counts = bootstrap_counts(seed, n_bootstrap, len(starts))
        n = (counts @ sizes)[:, None]
        return self._ratio(*_curves(np.matmul(counts, sums) / n, n))

    def _ratio(self, covariance: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariance over the variance at the same points; NaN where that is rounding."""
        low = self._still | (variance[..., :-1] <= self._noise)
        return np.asarray(covariance[..., :-1] / np.where(low, np.nan, variance[..., :-1]))


def _curves(
    moments: NDArray[np.float64], n: int | NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance and variance from means over n pairs; free of bias of order 1/n."""
    product, square, centre, centre_square = moments
    # The square of the mean is too large by the mean's own variance.
    mean_square = centre**2 - (centre_square - centre**2) / (n - 1)
    return product - mean_square, square - mean_square
