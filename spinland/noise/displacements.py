"""How far replicas move in a time: the exponent of their diffusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..provenance import record
from ..results import Result
from ..statistics.fits import log_slope
from ..statistics.uncertainty import standard_error
from .series import runs, series_of

Array = NDArray[np.float64]

_LAGS, _ORIGINS = 15, 400  # by default; at most, from which displacements are taken
_ENOUGH = 4  # replicas whose scatter is the error


@dataclass(frozen=True, eq=False, kw_only=True)
class Diffusion(Result):
    """Mean squared displacement <|w(t_0 + t) − w(t_0)|²> ∝ t^α.

    Attributes
    ----------
    times : (L,)
        t, in epochs, or in records where there are none.
    displacement : (R, L)
        Mean over origins t_0, of each replica.
    exponent, exponent_error : float
        α: slope of the logarithms, a mean over replicas; its standard error from four replicas or more, else from runs
        of records, NaN where these are shorter than three times the third lag. NaN where a replica does not move.
    exponents : (R,)
        α of each replica.
    sampling : str
        How batches were drawn; empty where it is not known.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "times": ("times",),
        "displacement": ("replica", "times"),
        "exponents": ("replica",),
    }

    times: Array
    displacement: Array
    exponent: float
    exponent_error: float
    exponents: Array
    sampling: str


def diffusion_exponent(trajectory: Any, lags: ArrayLike | None = None, per: str = "step") -> Diffusion:
    """Exponent of the mean squared displacement of a trajectory.

    1 for free diffusion, 2 for a drift, 0 where the replica is held. Replicas of a Trajectory that diverged are left
    out.

    α of a run has shorter lags than that of all records, and fewer of them: it scatters in another way. The ratio of
    both scatters is taken from free diffusion, of which it is known (:func:`_scatter`).

    Parameters
    ----------
    trajectory : Trajectory, or array (R, T, P) or (T, P)
        Replicas in time.
    lags : integer array (L,), optional
        Times t in records, three or more, at most a third of the records; 15 by default, equal in their logarithm.
    per : "step" or "epoch"
        Whether to look at every record, or at one for each epoch.

    Returns
    -------
    Diffusion

    Raises
    ------
    ArgumentError
        Too few records, or lags that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> walk = np.random.default_rng(0).normal(size=(4, 1000, 50)).cumsum(axis=1)
    >>> found = sl.diffusion_exponent(walk)
    >>> bool(abs(found.exponent - 1) < 4 * found.exponent_error)
    True
    """
    series = series_of(trajectory, per, 12)
    points = series.points
    most = points.shape[1] // 3
    if lags is None:
        chosen = np.unique(np.round(np.geomspace(1, most, min(_LAGS, most))).astype(np.int64))
    else:
        chosen = np.unique(checks.whole_numbers("lags", lags, most + 1))
    if len(chosen) < 3 or chosen[0] < 1:
        raise ArgumentError("lags", f"three or more different times from 1 to {most}", chosen.tolist())
    parts = runs(points.shape[1], len(points)) if len(points) < _ENOUGH else []
    displacement = np.array([_displacement(replica, chosen) for replica in points])
    exponents = np.array([_slope(chosen, one) for one in displacement])
    if parts:
        some = np.array([_exponent(replica[part], chosen) for replica in points for part in parts])
        run = parts[0].stop - parts[0].start
        whole, short = tuple(chosen.tolist()), tuple(chosen[chosen <= run // 3].tolist())
        error = some.std(ddof=1) * _scatter(points.shape[1], whole) / _scatter(run, short) / np.sqrt(len(points))
    else:
        error = standard_error(exponents)
    return Diffusion(
        times=np.asarray(chosen * series.spacing),
        displacement=displacement,
        exponent=float(exponents.mean()),
        exponent_error=float(error),
        exponents=exponents,
        sampling=series.sampling,
        provenance=record("diffusion_exponent", {"trajectory": points, "lags": chosen, "per": per}, dtype=np.float64),
    )


def _origins(n: int, lag: int) -> NDArray[np.int64]:
    """Origins of displacements of a lag in n records, at most _ORIGINS, equally far apart."""
    return np.unique(np.linspace(0, n - 1 - lag, _ORIGINS).astype(np.int64))


def _displacement(replica: NDArray[Any], lags: NDArray[np.int64]) -> Array:
    """Mean squared displacement (L,) of points (T, P)."""
    found = np.empty(len(lags))
    for number, lag in enumerate(lags):
        origins = _origins(len(replica), lag)
        found[number] = np.mean(np.sum((replica[origins + lag] - replica[origins]).astype(np.float64) ** 2, axis=1))
    return found


def _exponent(run: NDArray[Any], lags: NDArray[np.int64]) -> float:
    """α of a run, from the lags that are at most a third of it."""
    short = lags[lags <= len(run) // 3]
    return _slope(short, _displacement(run, short))


def _slope(lags: NDArray[np.int64], displacement: Array) -> float:
    """α; NaN where nothing moves in some time."""
    return log_slope(lags.astype(float), displacement)[0] if displacement.all() else float("nan")


@lru_cache(maxsize=16)
def _scatter(n: int, lags: tuple[int, ...]) -> float:
    """Standard deviation of α of n records of free diffusion, in a unit that only their number of directions sets.

    Of independent increments two squared displacements have the covariance 2 |I ∩ J|² for each direction, where I and J
    are the increments that make them; that of two lags is a mean over all pairs of origins. NaN for fewer than three
    lags.
    """
    if len(lags) < 3:
        return float("nan")
    u = np.log(lags)
    share = (u - u.mean()) / np.sum((u - u.mean()) ** 2)
    square = 0.0
    for k, one in enumerate(lags):
        for j, other in enumerate(lags[: k + 1]):
            low, below = _origins(n, one)[:, None], _origins(n, other)
            common = np.maximum(np.minimum(low + one, below + other) - np.maximum(low, below), 0)
            both = (1 if j == k else 2) * share[k] * share[j]
            square += float(both * np.mean(common.astype(np.float64) ** 2) / (one * other))
    return float(np.sqrt(square))
