"""From samples to words: is a difference more than chance? One test for each case, one level for all of them.

A number is judged by the two-sided p of Student's t for its own error, the degrees of freedom being those of the error:
a mean of four numbers needs a larger one than a mean of a hundred. Two numbers that were measured on the same
things are compared pair by pair, as what the things differ in drops out of the difference. The words that are
printed follow from p and from ``SIGNIFICANCE`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from ..formatting import number, p_text, plus_minus
from .student import two_sided
from .uncertainty import grouped_error

SIGNIFICANCE = 0.01  # a difference counts, everywhere, where chance gives one as large no more often
_DRAWS = 14  # points of the integral over several deviations, as a power of 2: p to about 0.001
JUDGEMENT = (
    "p is the two-sided probability that chance alone gives a difference as large, by Student's t with the degrees of "
    "freedom of the error (Welch's for two independent means; for the largest of several deviations with the "
    "correlations of the samples, or Šidák's bound where these are not known). Everywhere on this page a difference "
    f"is called significant where p ≤ {SIGNIFICANCE:g}, and only there. An error that is unknown comes from fewer "
    "than two independent samples, or from a quantity that is not defined for all of them."
)
"""How the pages judge, in words."""


@dataclass(frozen=True)
class Judged:
    """A number with its standard error, to be judged against 0.

    Attributes
    ----------
    value, error : float
    freedom : float
        Degrees of freedom of the error: one less than the independent samples it comes from.
    """

    value: float
    error: float
    freedom: float

    @property
    def p(self) -> float:
        """Two-sided probability of a value as far from 0 by chance; NaN where the error is not known."""
        if not (math.isfinite(self.value) and math.isfinite(self.error) and self.freedom > 0):
            return math.nan
        if self.error == 0:
            return 1.0 if self.value == 0 else 0.0
        return two_sided(abs(self.value) / self.error, self.freedom)

    @property
    def significant(self) -> bool:
        """Whether chance gives such a value in no more than ``SIGNIFICANCE`` of all cases."""
        return self.p <= SIGNIFICANCE

    @property
    def chance(self) -> str:
        """p in words."""
        return p_text(self.p)

    def word(self, below: str, neither: str, above: str) -> str:
        """One of three words: significantly below 0, not distinguishable from it, above."""
        if not self.significant:
            return neither
        return above if self.value > 0 else below

    def less(self, exact: float) -> Judged:
        """The same less a number without an error."""
        return replace(self, value=self.value - exact)

    def __neg__(self) -> Judged:
        return replace(self, value=-self.value)

    def __str__(self) -> str:
        return plus_minus(self.value, self.error)


def mean_of(samples: ArrayLike, group: ArrayLike | None = None) -> Judged:
    """Mean of independent numbers, NaN left out.

    Parameters
    ----------
    samples : (n,) array-like
    group : (n,) array-like, optional
        What each number belongs to. Numbers of one group are not independent of each other: with several groups
        the error is that over their means (as :func:`~spinland.statistics.uncertainty.grouped_error`).
    """
    values = np.asarray(samples, np.float64).ravel()
    there = np.isfinite(values)
    labels = np.zeros(len(values), np.int64) if group is None else np.asarray(group)
    values, labels = values[there], labels[there]
    if not len(values):
        return Judged(math.nan, math.nan, 0)
    groups = len(np.unique(labels))
    freedom = (groups if groups > 1 else len(values)) - 1
    return Judged(float(values.mean()), float(grouped_error(values, labels)), freedom)


def paired(first: ArrayLike, second: ArrayLike, group: ArrayLike | None = None) -> Judged:
    """Mean of second − first, both measured on the same n things."""
    return mean_of(np.asarray(second, np.float64) - np.asarray(first, np.float64), group)


def independent(first: Judged, second: Judged) -> Judged:
    """second − first of independent samples, with Welch and Satterthwaite's degrees of freedom."""
    a, b = first.error**2, second.error**2
    known = a + b > 0 and first.freedom > 0 and second.freedom > 0
    freedom = (a + b) ** 2 / (a**2 / first.freedom + b**2 / second.freedom) if known else 0.0
    if a + b == 0:
        freedom = min(first.freedom, second.freedom)
    return Judged(second.value - first.value, math.sqrt(a + b), freedom)


def quotient(top: Judged, below: Judged) -> Judged:
    """top / below of independent numbers, with the error of first order; NaN where ``below`` is zero."""
    if below.value == 0:
        return Judged(float("nan"), float("nan"), 0.0)
    value = top.value / below.value
    error = math.hypot(top.error, value * below.error) / abs(below.value)
    return Judged(value, error, min(top.freedom, below.freedom))


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


def deviations(measured: ArrayLike, error: ArrayLike, exact: ArrayLike) -> NDArray[np.float64]:
    """(measured − exact)/error. Where samples did not vary: 0 if exact, else NaN, as their error is unknown."""
    value, width, truth = (np.asarray(x, dtype=np.float64) for x in (measured, error, exact))
    difference = value - truth
    with np.errstate(divide="ignore", invalid="ignore"):
        z = difference / width
    same = np.abs(difference) <= 1e-12 * np.maximum(1.0, np.abs(truth))
    return np.where(width > 0, z, np.where(same & (width == 0), 0.0, np.nan))


@dataclass(frozen=True)
class Worst:
    """The largest of several deviations from exact numbers.

    Attributes
    ----------
    n : int
        Deviations.
    z : float
        The largest, in standard errors; NaN if there is none.
    above : int
        How many of them are above 0.
    p : float
        Probability of one as large by chance.
    """

    n: int
    z: float
    above: int
    p: float

    @property
    def significant(self) -> bool:
        """Whether it is more than chance."""
        return self.p <= SIGNIFICANCE

    def __str__(self) -> str:
        if self.n == 0:
            return "no deviation can be judged"
        many = "the deviation is" if self.n == 1 else f"the largest of {self.n} deviations is"
        sides = f" ({self.above} of the {self.n} are upwards)" if self.n > 1 else ""
        return f"{many} {number(self.z, 2)} standard errors{sides}, {p_text(self.p)}"


def worst_joint(groups: Sequence[tuple[ArrayLike, ArrayLike]]) -> Worst:
    """The largest deviation of several means from their exact values, judged with their correlations.

    Parameters
    ----------
    groups : sequence of (samples (n, K), exact (K,))
        Rows of one group are independent, its K columns come from the same n things; groups are independent.

    Returns
    -------
    Worst
        p = 1 − Π over groups of P(all abs(t_k) < z), t being Student's multivariate t with the correlations of the
        samples. Means that share their samples deviate together: five deviations on one side may be one.
        Columns that do not vary count if they are exact, and are left out if not, as their error is not known.
    """
    parts = [_standardised(samples, exact) for samples, exact in groups]
    z = np.concatenate([t for t, _, _ in parts]) if parts else np.empty(0)
    if not len(z):
        return Worst(0, math.nan, 0, math.nan)
    largest = float(np.abs(z).max())
    inside = math.prod(1 - _beyond(largest, fluctuations, n) for t, fluctuations, n in parts if len(t))
    return Worst(len(z), largest, int(np.sum(z > 0)), 1 - inside)


def worst_bound(z: ArrayLike, freedom: float) -> Worst:
    """The largest of some deviations whose correlations are not known, judged by Šidák's bound for any of them."""
    values = np.asarray(z, np.float64)
    values = values[~np.isnan(values)]
    if not len(values):
        return Worst(0, math.nan, 0, math.nan)
    largest = float(np.abs(values).max())
    tail = two_sided(largest, max(freedom, 1))
    p = -math.expm1(len(values) * math.log1p(-tail)) if tail < 1 else 1.0
    return Worst(len(values), largest, int(np.sum(values > 0)), p)


def _standardised(samples: ArrayLike, exact: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Deviations t (K,) of the columns that can be judged, their standardised fluctuations (n, K), and n."""
    values, truth = np.asarray(samples, np.float64), np.asarray(exact, np.float64)
    n = len(values)
    if n < 2:
        return np.empty(0), np.empty((n, 0)), n
    mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
    room = 1e-12 * np.maximum(1.0, np.abs(truth))
    moves = spread > room
    kept = (moves | (np.abs(mean - truth) <= room)) & np.isfinite(truth)
    scale = np.where(moves, spread, np.inf)  # 0 standard errors where nothing moves
    t = (mean - truth) / scale * math.sqrt(n)
    return t[kept], ((values - mean) / scale)[:, kept] / math.sqrt(n - 1), n


def _beyond(z: float, fluctuations: NDArray[np.float64], n: int) -> float:
    """P(max_k abs(t_k) ≥ z) of Student's multivariate t with the correlations of standardised fluctuations (n, K)."""
    if fluctuations.shape[1] == 1:
        return two_sided(z, n - 1)
    weights, vectors = np.linalg.eigh(fluctuations.T @ fluctuations)
    kept = weights > 1e-9 * len(weights)
    factor = vectors[:, kept] * np.sqrt(weights[kept])
    rank = factor.shape[1]
    normal, width = _draws(rank, n - 1)
    outside = np.sum(np.abs(normal @ factor.T).max(axis=1) >= z * width * (1 - 1e-12))
    return float((outside + 1) / (2**_DRAWS + 1))


@lru_cache(maxsize=8)
def _draws(rank: int, freedom: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Evenly spread normal numbers (2^_DRAWS, rank) and the estimates of their standard deviation that go with them."""
    points = scipy.stats.qmc.Sobol(rank + 1, scramble=False).random_base2(_DRAWS) + 2.0 ** -(_DRAWS + 1)
    return scipy.special.ndtri(points[:, :rank]), np.sqrt(
        2 * scipy.special.gammaincinv(freedom / 2, points[:, rank]) / freedom
    )
