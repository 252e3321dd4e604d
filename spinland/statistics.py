"""Errors by resampling, and rank correlation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .checks import float_array, integer, room
from .errors import ArgumentError
from .provenance import fingerprint, record
from .results import Result
from .rng import Purpose, integers, permutation, seed64

SIGNIFICANCE = 0.01  # a difference counts, everywhere, where chance gives one as large more rarely
EXACT_RANKS = 12  # up to this many points the p-value counts all permutations
_BLOCK = 1 << 16  # numbers of one sum, so that what they need in between stays in cache


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


def standard_error(values: NDArray[np.float64], axis: int = 0) -> NDArray[np.float64]:
    """Standard deviation over sqrt(n) of n independent values along ``axis``; NaN for fewer than two."""
    n = values.shape[axis]
    if n < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return np.asarray(values.std(axis=axis, ddof=1) / np.sqrt(n))


def histogram_bins(n: int) -> int:
    """Bins of a histogram of ``n`` independent numbers, or of the pairs of ``n`` replicas: 2 n^(1/2), from 4 to 40.

    Pairs share replicas, so n(n−1)/2 of them tell little more of a distribution than n numbers do; with more
    bins their histogram shows single replicas.
    """
    return int(min(40, max(4, round(2 * math.sqrt(n)))))


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


def pair_mean_error(sums: ArrayLike, squares: ArrayLike) -> NDArray[np.float64]:
    r"""Standard error of a mean over all pairs of n independent things.

    The variance of such a U-statistic is U² − E[U]², and products of pairs without a common member estimate
    E[U]² without bias (W. Hoeffding, Ann. Math. Stat. 19, 293, 1948, for the variance). It is no smaller than
    that of as many independent pairs, to which it is raised: where pairs are independent, as the overlaps of
    points of a sphere are, the error of 40 members is an eighth too large by that. (A jackknife gives up to 1.6
    times the scatter there.)

    Parameters
    ----------
    sums : (n, ...) array
        For each member, the sum over its n−1 pairs of (value − mean of all pairs).
    squares : (...) array
        Sum over all pairs of (value − mean)².

    Returns
    -------
    (...) float64
        NaN for fewer than four members, which have no two disjoint pairs.
    """
    sums, squares = np.asarray(sums, np.float64), np.asarray(squares, np.float64)
    n = len(sums)
    if n < 4:
        return np.full(sums.shape[1:], np.nan)
    pairs = n * (n - 1) / 2
    disjoint = pairs * (n - 2) * (n - 3) / 2
    unbiased = (np.sum(sums**2, axis=0) - squares) / disjoint
    return np.asarray(np.sqrt(np.maximum(unbiased, squares / pairs**2)))


def split_error(
    statistic: Callable[[NDArray[np.int64]], ArrayLike], n: int, n_splits: int, seed: int = 0
) -> NDArray[np.float64]:
    r"""Standard error of any statistic of n independent things, from its values in random halves and quarters.

    Two halves share nothing, so half the square of their difference is an unbiased estimate of the variance
    V(n/2), however the statistic depends on its members; two quarters give V(n/4). Where their ratio is 2, 4
    or 8, as for a variance that falls as 1/n, 1/n² or 1/n³, V(n) is V(n/2) divided by the same; in between the
    variance is taken for a sum of two such terms. (Delete-one replicates are of no use here: jackknife and
    bootstrap give up to 2.5 times the scatter of what depends on pairs, triangles or trees.)

    Parameters
    ----------
    statistic : callable
        Members (m,) → value or values (...).
    n : int
        Members.
    n_splits : int
        Random divisions in two halves, and in four quarters.
    seed : int
        Seed of the divisions.

    Returns
    -------
    (...) float64
        NaN for fewer than 12 members, whose quarters have no triangle.
    """
    half, quarter = n // 2, n // 4
    if quarter < 3:
        return np.full(np.shape(statistic(np.arange(n))), np.nan)
    halves, quarters = [], []
    for split in range(n_splits):
        order = permutation(seed, Purpose.BOOTSTRAP, split, 0, n)
        halves.append(_half_square(statistic, order[:half], order[half : 2 * half]))
        for low in (0, 2 * quarter):
            first, second = order[low : low + quarter], order[low + quarter : low + 2 * quarter]
            quarters.append(_half_square(statistic, first, second))
    return _extrapolated(_mean_defined(halves), _mean_defined(quarters))


def _half_square(
    statistic: Callable[[NDArray[np.int64]], ArrayLike], a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.float64]:
    return 0.5 * (np.asarray(statistic(a), np.float64) - np.asarray(statistic(b), np.float64)) ** 2


def _mean_defined(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean over the list without NaN; NaN where nothing is left."""
    array = np.asarray(values)
    defined = ~np.isnan(array)
    count = defined.sum(axis=0)
    mean = np.sum(np.where(defined, array, 0.0), axis=0) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def _extrapolated(half: NDArray[np.float64], quarter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard error from the variances at half and at a quarter of the members."""
    ratio = quarter / np.where(half > 0, half, 1.0)
    factor = np.interp(ratio, [1.5, 2.0, 4.0, 8.0], [0.75, 0.5, 0.25, 0.125])
    return np.asarray(np.sqrt(half * np.where(np.isnan(ratio), np.nan, factor)))


def rank_p(value: float, draws: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of a value by its rank among n draws of a null model, along the last axis.

    Twice the smaller of the shares of draws that are as small and as large, the value counted among them (M.
    Dwass, Ann. Math. Stat. 28, 181, 1957): no p is below 2/(n+1), and if the value is one more draw, p ≤ α
    occurs with probability α at most. Draws that differ from it by rounding count on both sides.
    """
    array = np.asarray(draws, np.float64)
    slack = 1e-12 * max(1.0, abs(value))
    smaller = np.sum(array <= value + slack, axis=-1)
    larger = np.sum(array >= value - slack, axis=-1)
    return np.asarray(np.minimum(1.0, 2.0 * (1 + np.minimum(smaller, larger)) / (array.shape[-1] + 1)))


def power_law(
    x: NDArray[Any], y: NDArray[np.float64], error: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Exponent γ, its error and the factor a of the best y = a x^γ for three points or more, errors above 0.

    Weighted least squares of the logarithms. Where the points scatter by more than their errors, so does the
    exponent: its error is multiplied by (χ²/dof)^(1/2) if that is above 1.
    """
    u, v, weight = np.log(x), np.log(y), (y / error) ** 2
    middle, height = np.average(u, weights=weight), np.average(v, weights=weight)
    square = weight @ (u - middle) ** 2
    slope = weight @ ((u - middle) * (v - height)) / square
    misfit = weight @ (v - height - slope * (u - middle)) ** 2 / (len(u) - 2)
    return float(slope), float(np.sqrt(max(1.0, misfit) / square)), float(np.exp(height - slope * middle))


def bootstrap_indices(seed: int, n_bootstrap: int, n: int) -> NDArray[np.int64]:
    """Members drawn with replacement, (n_bootstrap, n), from the stream ``Purpose.BOOTSTRAP`` of the seed."""
    room("n_bootstrap", n_bootstrap, 4 * 8 * n_bootstrap * n)
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
        The p-value counts all permutations up to n = 12, ties as they are, and above uses Student's t with n−2
        degrees of freedom (Kendall and Gibbons, "Rank Correlation Methods", 1990), never below 2/n!.

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
        return _exact_p(
            np.rint(2 * stats.rankdata(x)).astype(int), np.rint(2 * stats.rankdata(y)).astype(int)
        )
    t = abs(rho) * math.sqrt((n - 2) / max(1.0 - rho * rho, 1e-300))
    return float(max(2.0 * stats.t.sf(t, n - 2), 2.0 / math.factorial(min(n, 100))))


def _exact_p(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Share of the n! pairings of doubled ranks whose sum of products is as far from its mean as that of the data.

    Counted by sets: how often each sum comes of pairing the first k of ``first`` with a set of k of ``second``,
    from the counts for sets of k − 1: n 2^n additions of histograms in place of n! sums.
    """
    n, longest = len(first), int(np.sum(np.sort(first) * np.sort(second))) + 1
    counts = {0: np.eye(1, longest, dtype=np.int64)[0]}
    for rank in first:
        larger: dict[int, NDArray[np.int64]] = {}
        for members, known in counts.items():
            for j in range(n):
                if not members >> j & 1:
                    step = int(rank * second[j])
                    sums = larger.setdefault(members | 1 << j, np.zeros(longest, np.int64))
                    sums[step:] += known[: longest - step]
        counts = larger
    # n times the distance from the mean, a whole number: nothing is lost to rounding.
    away = np.abs(n * np.arange(longest) - int(first.sum()) * int(second.sum()))
    far = away >= abs(n * int(first @ second) - int(first.sum()) * int(second.sum()))
    (total,) = counts.values()
    return float(total[far].sum() / total.sum())
