"""Errors by resampling, and rank correlation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .checks import float_array, integer
from .errors import ArgumentError
from .provenance import fingerprint, record
from .results import Result
from .rng import Purpose, integers, seed64

SIGNIFICANCE = 0.01  # a difference counts, everywhere, where chance gives one as large more rarely
EXACT_RANKS = 8  # up to this many points the p-value counts all permutations
_BLOCK = 1 << 16  # numbers of one sum, so that what they need in between stays in cache


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


def jackknife_error(estimates: ArrayLike) -> NDArray[np.float64]:
    """Standard error from delete-one (or delete-one-group) estimates.

    Parameters
    ----------
    estimates : (n, ...) array
        Estimate without member (or group) i, groups of equal size.

    Returns
    -------
    (...) float64
        sqrt((n−1)/n Σ(θ_i − mean θ)²) (Quenouille and Tukey; Efron, "The Jackknife, the Bootstrap and
        Other Resampling Plans", 1982); NaN for fewer than two estimates.
    """
    values = np.asarray(estimates, np.float64)
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    deviations = values - values.mean(axis=0)
    return np.asarray(np.sqrt((n - 1) / n * np.sum(deviations**2, axis=0)))


def bootstrap_indices(seed: int, n_bootstrap: int, n: int) -> NDArray[np.int64]:
    """Members drawn with replacement, (n_bootstrap, n), from the stream ``Purpose.BOOTSTRAP`` of the seed."""
    return integers(seed, Purpose.BOOTSTRAP, 0, 0, n_bootstrap * n, n).reshape(n_bootstrap, n)


def bootstrap_counts(seed: int, n_bootstrap: int, n: int) -> NDArray[np.float64]:
    """How often each of n members is in each resample, (n_bootstrap, n)."""
    indices = bootstrap_indices(seed, n_bootstrap, n)
    flat = (indices + n * np.arange(n_bootstrap)[:, None]).ravel()
    return np.bincount(flat, minlength=n_bootstrap * n).reshape(n_bootstrap, n).astype(np.float64)


def bootstrap_error(estimates: ArrayLike) -> NDArray[np.float64]:
    """Standard deviation of bootstrap estimates (B, ...) over B.

    Resamples in which the estimate is undefined (NaN) are left out; NaN where fewer than two remain.
    """
    values = np.asarray(estimates, np.float64)
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    enough = count > 1
    clean = np.where(defined, values, 0.0)
    mean = clean.sum(axis=0) / np.maximum(count, 1)
    square = np.sum(np.where(defined, values - mean, 0.0) ** 2, axis=0)
    return np.where(enough, np.sqrt(square / np.maximum(count - 1, 1)), np.nan)


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation along the last axis; NaN where one side is constant, to rounding."""
    n = x.shape[-1]
    mean_x, mean_y = x.mean(axis=-1, keepdims=True), y.mean(axis=-1, keepdims=True)
    square_x, square_y, product = np.float64(0), np.float64(0), np.float64(0)
    for low in range(0, n, _BLOCK):
        a, b = x[..., low : low + _BLOCK] - mean_x, y[..., low : low + _BLOCK] - mean_y
        square_x = square_x + np.sum(a * a, axis=-1)
        square_y = square_y + np.sum(b * b, axis=-1)
        product = product + np.sum(a * b, axis=-1)
    norms = _norm(square_x, mean_x[..., 0], n) * _norm(square_y, mean_y[..., 0], n)
    return np.asarray(np.clip(product / norms, -1.0, 1.0))


def _norm(square: Any, mean: Any, n: int) -> NDArray[np.float64]:
    """Norm of n deviations from the mean, NaN where they are rounding errors."""
    norm = np.sqrt(square)
    return np.where(norm > 1e-14 * np.sqrt(n) * np.abs(mean), norm, np.nan)


@dataclass(frozen=True, eq=False, kw_only=True)
class RankCorrelation(Result):
    r"""Spearman's rank correlation of two quantities.

    Attributes
    ----------
    rho : float
        Correlation of the ranks, ties sharing their mean rank. NaN where one quantity is constant: it has
        no order, so nothing can be said about a correlation.
    error : float
        Bootstrap standard error; NaN with ``rho``.
    p : float
        Two-sided probability of a \|rho\| at least as large if the two were independent; NaN with ``rho``.
    n : int
        Points.
    """

    rho: float
    error: float
    p: float
    n: int

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        if math.isnan(self.rho):
            return (
                f"no rank correlation is defined: one of the quantities is constant over its {self.n} points"
            )
        return f"rank correlation {self.rho:+.3f} ± {self.error:.3f}, p = {self.p:.2g}, {self.n} points"


def rank_correlation(x: ArrayLike, y: ArrayLike, n_bootstrap: int = 1000, seed: int = 0) -> RankCorrelation:
    """Spearman's rank correlation with its bootstrap error and p-value.

    Parameters
    ----------
    x, y : (n,) array-like
        Two quantities of the same n ≥ 3 things; finite.
    n_bootstrap : int
        Resamples of the points for the error. Resamples in which one side is constant are left out.
    seed : int
        Seed of the resampling.

    Returns
    -------
    RankCorrelation
        The p-value counts all permutations up to n = 8, and above uses Student's t with n−2 degrees of
        freedom (Kendall and Gibbons, "Rank Correlation Methods", 1990), never below 2/n!.

    Raises
    ------
    ArgumentError
        Lengths differ, fewer than three points, NaN.
    """
    a = float_array("x", x, ndim=1)
    b = float_array("y", y, ndim=1)
    if len(a) < 3:
        raise ArgumentError("x", "at least 3 points", str(len(a)))
    if len(b) != len(a):
        raise ArgumentError("y", f"as many points as x, {len(a)}", str(len(b)))
    n_bootstrap = integer("n_bootstrap", n_bootstrap, minimum=2)
    n = len(a)
    rho = float(_spearman(a, b))
    error = p = math.nan
    if not math.isnan(rho):
        chosen = bootstrap_indices(seed64("seed", seed), n_bootstrap, n)
        error = float(bootstrap_error(_spearman(a[chosen], b[chosen])))
        p = _p_value(a, b, rho)
    arguments: dict[str, Any] = {"n_bootstrap": n_bootstrap}
    provenance = record("rank_correlation", arguments, seed=seed, data=fingerprint(a, b), dtype=np.float64)
    return RankCorrelation(rho=rho, error=error, p=p, n=n, provenance=provenance)


def _spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return correlation(stats.rankdata(x, axis=-1), stats.rankdata(y, axis=-1))


def _p_value(x: NDArray[np.float64], y: NDArray[np.float64], rho: float) -> float:
    n = len(x)
    if n <= EXACT_RANKS:
        orders = np.array(list(permutations(range(n))))
        others = correlation(stats.rankdata(x), stats.rankdata(y)[orders])
        return float(np.mean(np.abs(others) >= abs(rho) - 1e-12))
    t = abs(rho) * math.sqrt((n - 2) / max(1.0 - rho * rho, 1e-300))
    return float(max(2.0 * stats.t.sf(t, n - 2), 2.0 / math.factorial(min(n, 100))))
