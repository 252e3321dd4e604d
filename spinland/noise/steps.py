"""Increments of a trajectory: how they remember each other, in time and in frequency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from .. import checks
from ..machines import single_threaded
from ..provenance import record
from ..results import Result
from ..statistics.chains import lagged_products
from ..statistics.uncertainty import standard_error
from .series import runs, series_of

Array = NDArray[np.float64]

_TOGETHER = 64  # parameters whose transforms are held at once
_BINS = 40  # of frequencies, equal in their logarithm where there are enough of these
_LEAST = 16  # increments
_PAIRED = 400  # increments of which all pairs are multiplied, at most
BAND = 0.99
"""Probability of the band in which the autocorrelation of independent increments lies, lag by lag."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Increments(Result):
    """Autocorrelation and spectrum of the increments Δ_t = w_{t+1} − w_t less their mean, the drift.

    Attributes
    ----------
    lags : int64 array (L,)
        1, 2, … records.
    autocorrelation, autocorrelation_error : (L,)
        ρ(τ) = <Δ_t·Δ_{t+τ}> / <|Δ_t|²>, a mean over replicas, with inner products of all parameters; and its standard
        error, from replicas or, where these are few, from runs of records.
    band : (L,)
        Half the width of the band about 0 in which 99 % or more of the ρ of independent increments of the same
        covariance lie, which are −1/(T − 1) on average, as the mean of all T is taken off.
    frequencies : (F,)
        Middles of bins, in periods per epoch, or per record where there are no epochs.
    spectrum, spectrum_error : (F,)
        Mean power of all parameters in a bin, 1 on average over all frequencies, with its standard error.
    spacing : float
        Time from one record to the next: in epochs, or 1.
    sampling : str
        How batches were drawn; empty where it is not known.
    steps_per_epoch : int
        Steps of an epoch; 1 where there are none.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "lags": ("lags",),
        "autocorrelation": ("lags",),
        "autocorrelation_error": ("lags",),
        "band": ("lags",),
        "frequencies": ("frequencies",),
        "spectrum": ("frequencies",),
        "spectrum_error": ("frequencies",),
    }

    lags: NDArray[np.int64]
    autocorrelation: Array
    autocorrelation_error: Array
    band: Array
    frequencies: Array
    spectrum: Array
    spectrum_error: Array
    spacing: float
    sampling: str
    steps_per_epoch: int


def increments(trajectory: Any, n_lags: int | None = None, per: str = "step") -> Increments:
    """Autocorrelation and spectrum of the increments of a trajectory.

    With reshuffling each sample comes once in an epoch: what one batch has taken the later ones lack, and increments of
    one epoch are anticorrelated (:func:`reshuffled_autocorrelation`). From epoch to epoch that is gone, so look once
    per step and once per epoch.

    Parameters
    ----------
    trajectory : Trajectory, or array (R, T, P) or (T, P)
        Replicas in time.
    n_lags : int, optional
        Longest lag, in records; two epochs by default, at most a quarter of the records.
    per : "step" or "epoch"
        Whether to look at every record, or at one for each epoch.

    Returns
    -------
    Increments

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> walk = np.random.default_rng(0).normal(size=(2, 400, 30)).cumsum(axis=1)
    >>> found = sl.increments(walk, 5)
    >>> bool(np.all(abs(found.autocorrelation) < 2 * found.band))
    True
    """
    series = series_of(trajectory, per, _LEAST + 1)
    points = series.points
    most = max(1, (points.shape[1] - 1) // 4)
    default = min(most, max(20, 2 * series.per_epoch))
    count = default if n_lags is None else checks.integer("n_lags", n_lags, minimum=1, maximum=most)
    parts = runs(points.shape[1] - 1, len(points))
    whole, some, power = [], [], []
    for replica in points:
        steps = np.diff(replica.astype(np.float64), axis=0)
        whole.append(_correlation(steps, count))
        some += [_correlation(steps[part], count) for part in parts] if len(parts) > 1 else [whole[-1]]
        power.append(_power(steps))
    lags = np.arange(1, count + 1)
    frequencies, spectrum, spectrum_error = _binned(np.array(power))
    return Increments(
        lags=lags,
        autocorrelation=np.mean(whole, axis=0),
        autocorrelation_error=standard_error(np.array(some)),
        band=_band(points, lags),
        frequencies=frequencies / series.spacing,
        spectrum=spectrum,
        spectrum_error=spectrum_error,
        spacing=series.spacing,
        sampling=series.sampling,
        steps_per_epoch=series.steps_per_epoch,
        provenance=record("increments", {"trajectory": points, "n_lags": n_lags, "per": per}, dtype=np.float64),
    )


def reshuffled_autocorrelation(lags: ArrayLike, steps_per_epoch: int) -> Array:
    """ρ(τ) of the increments of an epoch of M batches without replacement, for gradients that do not change.

    Two batches of one epoch have the correlation −1/(M − 1), as all add up to nothing, and of two steps τ apart the
    share 1 − τ/M lies in one epoch: ρ(τ) = −(1 − τ/M)/(M − 1) for τ < M, and 0 from there on.

    Parameters
    ----------
    lags : array (L,)
        τ, in steps.
    steps_per_epoch : int
        M, two at least.
    """
    steps = checks.integer("steps_per_epoch", steps_per_epoch, minimum=2)
    tau = checks.float_array("lags", lags)
    return np.asarray(-np.maximum(1 - np.abs(tau) / steps, 0.0) / (steps - 1))


def _correlation(steps: Array, count: int) -> Array:
    """ρ(1) … ρ(count) of increments (T, P) less their mean; NaN beyond what there is, and where nothing moves."""
    total = lagged_products(steps, steps.mean(axis=0, keepdims=True)) / np.arange(len(steps), 0, -1)
    found = np.full(count, np.nan)
    if total[0] > 0:
        found[: min(count, len(steps) - 1)] = total[1 : count + 1] / total[0]
    return found


def _power(steps: Array) -> Array:
    """Power of all parameters at the frequencies 1/T, 2/T, … below 1/2, in units of their mean."""
    n = len(steps)
    total = np.zeros(n // 2 + 1)
    for low in range(0, steps.shape[1], _TOGETHER):
        total += (np.abs(np.fft.rfft(steps[:, low : low + _TOGETHER], axis=0)) ** 2).sum(axis=1)
    inner = total[1 : (n + 1) // 2]
    return np.asarray(inner / inner.mean() if inner.any() else np.full(len(inner), np.nan))


def _binned(power: Array) -> tuple[Array, Array, Array]:
    """Middles of bins of frequencies, per record, and the mean of powers (R, F) in each with its error."""
    n = power.shape[1]
    frequencies = np.arange(1, n + 1) / (2 * n + 1)
    edges = np.unique(np.round(np.geomspace(1, n + 1, min(_BINS, n) + 1)).astype(int)) - 1
    bins = [slice(int(low), int(high)) for low, high in pairwise(edges)]
    middles = np.array([frequencies[part].mean() for part in bins])
    means = np.array([power[:, part].mean() for part in bins])
    return middles, means, np.array([float(standard_error(power[:, part].ravel())) for part in bins])


def _band(points: NDArray[Any], lags: NDArray[np.int64]) -> Array:
    """Half the width of the band of independent increments, about 0.

    Without their mean two of T increments have the correlation −1/(T − 1). Of increments with covariance C the variance
    of Σ_t Δ_t·Δ_{t+τ} over the T − τ pairs is (T − τ) tr C², which is the mean square of the inner products of two
    increments that are not the same.
    """
    share, n = [], points.shape[1] - 1
    for replica in points:
        steps = np.diff(replica.astype(np.float64), axis=0)
        steps -= steps.mean(axis=0)
        some = steps[np.unique(np.linspace(0, n - 1, _PAIRED).astype(int))]
        with single_threaded():
            inner = some @ some.T
        own = np.diagonal(inner).mean()
        square = np.mean(inner[~np.eye(len(some), dtype=bool)] ** 2)
        share.append(square / own**2 if own > 0 else np.nan)
    return np.asarray(1 / (n - 1) + norm.ppf((1 + BAND) / 2) * np.sqrt(np.mean(share) / (n - lags) / len(points)))
