"""Ruggedness of a landscape from random walks: autocorrelation, correlation length, increments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..errors import ArgumentError
from ..provenance import fingerprint, record
from ..quantities import Measured, quantity_of
from ..statistics.histograms import equal_edges
from .walks import RandomWalk

#: Fluctuations below this share of the value are rounding, not signal.
_NOISE = 16 * np.finfo(float).eps


@dataclass(frozen=True, eq=False, kw_only=True)
class Ruggedness(Measured):
    """How the value fluctuates along random walks of one step size.

    Attributes
    ----------
    sigma : float
        Step of the walks.
    n_walkers : int
        Number of walkers W.
    lag : integer array (K,)
        Lags 0 ... K−1, in steps.
    autocorrelation, autocorrelation_error : array (K,)
        Correlation of the fluctuations at two times this far apart, and its standard error over walkers. The
        bias of order 1/W is taken off; what remains is below a third of the error from four walkers on. The
        error is within 20 % of the scatter from eight walkers on, and with fewer up to a half too large.
    correlation_length, correlation_length_error : float
        Lag where the autocorrelation first falls to 1/e, linear between lags, and its error to first order. NaN: it
        does not within the lags at hand, so the length is greater than ``lag[-1]``, or an error greater than that.
        Where some samples of walkers would cross and others not, those that do have the shorter lengths: take more
        lags.
    increment_edges : array (B+1,)
        Edges of the bins of the increments L(t+1) − L(t).
    increment_density, increment_density_error : array (B,)
        Probability density of the increments, and its standard error over the walkers of each origin.
    increment_mean, increment_std : float
        Mean and standard deviation of the increments.
    """

    sigma: float
    n_walkers: int
    lag: NDArray[np.int64]
    autocorrelation: NDArray[np.float64]
    autocorrelation_error: NDArray[np.float64]
    correlation_length: float
    correlation_length_error: float
    increment_edges: NDArray[np.float64]
    increment_density: NDArray[np.float64]
    increment_density_error: NDArray[np.float64]
    increment_mean: float
    increment_std: float


def ruggedness(
    walk: RandomWalk | Sequence[RandomWalk], max_lag: int | None = None, bins: int = 40, *, center: str = "origin"
) -> Ruggedness:
    """Autocorrelation of the value along random walks, its correlation length, distribution of increments.

    With δ_w(t) = L_w(t) − ⟨L(t)⟩, the mean over the walkers of the same origin, and all sums over walkers,

        r(t, k) = Σ_w δ_w(t) δ_w(t+k) / sqrt(Σ_w δ_w(t)² Σ_w δ_w(t+k)²),
        ρ(k) = mean over t = 1 ... T−k of  r (1 + (1 − r²) / (2(ν − 1))).

    r of a sample is too small by ρ(1 − ρ²)/2ν with ν = W − (number of origins) degrees of freedom; the factor takes
    this off (Olkin and Pratt, Ann. Math. Stat. 29, 201, 1958, whose estimate is exact for normal fluctuations).
    On a statistically homogeneous landscape with walks from random points this is the random-walk
    correlation function of Weinberger (Biological Cybernetics 63, 325, 1990). A walk that leaves a minimum
    is not stationary: its mean drifts up and its variance grows, and the plain autocorrelation measures
    that drift. So fluctuations are centred and normalised at each step. What is left still depends on
    the length of the walk: for free diffusion on a slope it is the mean of sqrt(t/(t+k)), without a length
    of its own. Compare walks of equal σ and T.

    Parameters
    ----------
    walk : RandomWalk or sequence of RandomWalk
        Walks of one σ, one constraint and one number of steps, at least two. In a sequence, equal numbers
        of origins in different walks count as different origins.
    max_lag : int, optional
        Largest lag, at most T − 1; default T/2, so that each lag is averaged over half of the walk at least.
    bins : int
        Bins of the distribution of increments, between its extremes.
    center : "origin" or "all"
        Mean over the walkers of the same origin, for walks from given points; or over all walkers, for
        walks from random starting points, where the start is part of the randomness.

    Returns
    -------
    Ruggedness
        Errors are over walkers for the origins at hand; NaN for fewer than three walkers. Their square is the
        mean of two variances that agree for many walkers: of the delete-one jackknife, which is too large for
        few, and of its product with the linear influence of each walker, which is too small (as HC3 and HC2
        of MacKinnon and White, J. Econometrics 29, 305, 1985). The autocorrelation is NaN where nothing fluctuates.

    Raises
    ------
    ArgumentError
        Walks that do not belong together or hold NaN; fewer than two walkers to centre on; ``max_lag`` or
        ``bins`` out of range.
    """
    walks = _walks(walk)
    values = np.concatenate([w.values for w in walks])
    n_steps = walks[0].n_steps
    default = max(1, n_steps // 2)
    max_lag = default if max_lag is None else checks.integer("max_lag", max_lag, minimum=1, maximum=n_steps - 1)
    bins = checks.integer("bins", bins, minimum=1, maximum=10**6)
    groups = _groups(walks, checks.choice("center", center, ("origin", "all")))
    rho, influence, change = _autocorrelations(values, groups, max_lag)
    length, slopes = _crossing(rho)
    near = slopes != 0
    length_error = float(_error(influence[:, near] @ slopes[near], change[:, near] @ slopes[near], groups))
    edges, density, density_error, steps = _increments(values, bins, groups)
    enough = len(values) >= 3
    nan = np.full(max_lag + 1, np.nan)
    return Ruggedness(
        sigma=walks[0].sigma,
        n_walkers=len(values),
        lag=np.arange(max_lag + 1),
        autocorrelation=rho,
        autocorrelation_error=_error(influence, change, groups) if enough else nan,
        correlation_length=length,
        correlation_length_error=length_error if enough and length_error <= max_lag else float("nan"),
        increment_edges=edges,
        increment_density=density,
        increment_density_error=density_error,
        increment_mean=float(steps.mean()),
        increment_std=float(steps.std()),
        **quantity_of(walks[0]),
        provenance=record(
            "ruggedness",
            {
                "walks": [fingerprint(w.values) for w in walks],
                "seeds": [w.provenance.seed for w in walks],
                "max_lag": max_lag,
                "bins": bins,
                "center": center,
            },
            data=walks[0].provenance.data,
            dtype=np.float64,
        ),
    )


def _walks(walk: RandomWalk | Sequence[RandomWalk]) -> list[RandomWalk]:
    walks = list(walk) if isinstance(walk, Sequence) else [walk]
    if not walks or not all(isinstance(w, RandomWalk) for w in walks):
        raise ArgumentError("walk", "a RandomWalk or a sequence of them", walk)
    kinds = {(w.sigma, w.n_steps, w.constraint) for w in walks}
    if len(kinds) > 1:
        raise ArgumentError("walk", "walks of one step size, one length and one constraint", f"{sorted(kinds)}")
    if walks[0].n_steps < 2:
        raise ArgumentError("walk", "walks of at least two steps", f"{walks[0].n_steps}")
    if not all(np.isfinite(w.values).all() for w in walks):
        raise ArgumentError("walk", "walks with finite values", "NaN or infinite values")
    return walks


def _groups(walks: list[RandomWalk], center: str) -> NDArray[np.int64]:
    """Group number of each walker, the walkers whose mean is subtracted together."""
    keys = [(i, int(k)) for i, w in enumerate(walks) for k in w.origin_index]
    if center == "all":
        keys = [(0, 0)] * len(keys)
    names = {key: g for g, key in enumerate(dict.fromkeys(keys))}
    groups = np.array([names[key] for key in keys])
    if np.bincount(groups).min() < 2:
        raise ArgumentError(
            "walk", "at least two walkers from each origin (or center='all', for random origins)", "one walker"
        )
    return groups


def _autocorrelations(
    values: NDArray[np.float64], groups: NDArray[np.int64], max_lag: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """ρ (K,); what each walker adds to it to first order, and what taking it out takes away, (W, K) each."""
    size = np.bincount(groups)
    free = len(values) - len(size)
    delta = values[:, 1:].copy()  # all walkers of an origin are equal at the start
    for g in range(len(size)):
        delta[groups == g] -= delta[groups == g].mean(axis=0)
    delta[np.abs(delta) <= _NOISE * np.abs(values[:, 1:])] = 0
    # Taking walker w out of a group of n changes the group's sum of δδ' by −n/(n−1) δ_w δ_w'.
    weight = (size / (size - 1))[groups][:, None]
    square = delta**2
    variance = square.sum(axis=0)
    # The difference is zero for the last walker that fluctuates; rounding must not make it negative.
    variance_without = np.maximum(variance - weight * square, 0)
    variance_without[variance_without <= 1e-12 * variance] = 0
    scaled = np.divide(delta, np.sqrt(variance), out=np.zeros_like(delta), where=variance > 0)
    n_times = delta.shape[1]
    rho = np.empty(max_lag + 1)
    influence, change = np.empty((2, len(values), max_lag + 1))
    for k in range(max_lag + 1):
        early, late = slice(0, n_times - k), slice(k, n_times)
        product = delta[:, early] * delta[:, late]
        total = product.sum(axis=0)
        r = _ratio(total, variance[early] * variance[late])
        without = _ratio(total - weight * product, variance_without[:, early] * variance_without[:, late])
        rho[k] = _mean(_unbiased(r, free))
        change[:, k] = rho[k] - _mean(_unbiased(without, free - 1))
        a, b = scaled[:, early], scaled[:, late]
        slope = 1 + (1 - 3 * r * r) / (2 * max(free - 1, 1))
        influence[:, k] = _mean(np.where(np.isnan(r), np.nan, slope * (a * b - r * (a * a + b * b) / 2)))
    return rho, influence, change


def _ratio(covariance: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """covariance / sqrt(squares); NaN where nothing fluctuates."""
    return np.divide(covariance, np.sqrt(squares), out=np.full_like(covariance, np.nan), where=squares > 0)


def _unbiased(r: NDArray[np.float64], free: int) -> NDArray[np.float64]:
    """A correlation of ``free`` degrees of freedom without its bias of order 1/free; ±1 stays."""
    return r * (1 + (1 - r * r) / (2 * max(free - 1, 1)))


def _mean(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the times (last axis) at which something fluctuates; NaN without any."""
    moving = np.isfinite(ratio)
    count = moving.sum(axis=-1)
    total = np.where(moving, ratio, 0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _error(
    influence: NDArray[np.float64], change: NDArray[np.float64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Standard error (...) of a statistic from influences and delete-one changes (W, ...) of the walkers.

    A group of n has n − 1 degrees of freedom: its means are subtracted, so its walkers are not independent.
    """
    size = np.bincount(groups)
    free = ((size - 1) / size)[groups].reshape(-1, *[1] * (change.ndim - 1))
    moved = change - change.mean(axis=0)
    jackknife = np.sum(free * moved * moved, axis=0)
    # The influences are of sums over walkers, each change of one walker is n/(n−1) of that.
    both = np.maximum(np.sum(influence * moved, axis=0), 0)
    return np.asarray(np.sqrt((jackknife + both) / 2))


def _crossing(rho: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Where ρ first falls to 1/e, linear between lags, and its derivative by ρ, (K,); NaN if it does not."""
    below = np.flatnonzero(rho <= np.exp(-1))
    slopes = np.zeros(len(rho))
    if len(below) == 0:
        return float("nan"), np.full(len(rho), np.nan)
    k = int(below[0])
    high, low = rho[k - 1], rho[k]
    share = (high - np.exp(-1)) / (high - low)
    slopes[k - 1], slopes[k] = (1 - share) / (high - low), share / (high - low)
    return float(k - 1 + share), slopes


def _increments(
    values: NDArray[np.float64], bins: int, groups: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Edges, density, its error over the walkers of each group, and the increments (W, T)."""
    steps = np.diff(values, axis=1)
    edges = equal_edges(steps, bins)
    each = np.stack([np.histogram(row, bins=edges, density=True)[0] for row in steps])
    if len(each) < 3:
        return edges, each.mean(axis=0), np.full(bins, np.nan), steps
    parts = [each[groups == g] for g in range(groups.max() + 1)]
    variance = sum(len(part) * part.var(axis=0, ddof=1) for part in parts)
    return edges, each.mean(axis=0), np.sqrt(variance) / len(each), steps
