"""Principal modes of a trajectory: how far, how long and in how wide a valley each of them moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..provenance import record_on
from ..results import Result
from ..statistics.chains import autocorrelation_time
from ..statistics.fits import log_slope
from ..statistics.uncertainty import standard_error
from .recording import Trajectory
from .series import Series, principal, series_of, without_drift

Array = NDArray[np.float64]

_DOUBLINGS, _CROSSINGS, _PRECISION, _HIGHEST = 60, 60, 1e-8, 50.0  # of the search for the edges of a valley
_LEAST = 8  # records


@dataclass(frozen=True, eq=False, kw_only=True)
class NoiseModes(Result):
    """Principal modes of the motion about the mean point of each replica, the drift along a line removed.

    Attributes
    ----------
    variance : (R, K)
        σ² of each replica's motion along its K leading modes, falling.
    total : (R,)
        Σ σ² over all modes.
    time : (R, K)
        Integrated autocorrelation time 1/2 + Σ ρ of each, in epochs.
    width : (R, K)
        F = θ_+ − θ_−, where the loss L(w̄ + θ u) is e times that at the mean point w̄, at the nearest such θ on both
        sides; NaN where it never is.
    curvature : (R, K)
        u'Hu at the mean point.
    loss : (R,)
        L(w̄).
    exponent, exponent_error : float
        ψ of σ² ∝ F^(−ψ) (Feng and Tu, PNAS 118, e2015617118, 2021): mean over replicas and its standard error, of one
        replica that of the scatter of its modes about their line.
    exponents : (R,)
        ψ of each replica: the slope of the logarithms, averaged with that of the modes of one half of the records and
        their variances in the other half. Modes of few records move by more than their share in these and by as much
        less in others: of 20 independent records of 10 modes with ψ = 4 the one slope is 4.46, the other 3.62, of 60
        records 4.10 and 3.88. Of fewer than 12 records it is the first slope alone.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "variance": ("replica", "mode"),
        "time": ("replica", "mode"),
        "width": ("replica", "mode"),
        "curvature": ("replica", "mode"),
        "total": ("replica",),
        "loss": ("replica",),
        "exponents": ("replica",),
    }

    variance: Array
    total: Array
    time: Array
    width: Array
    curvature: Array
    loss: Array
    exponent: float
    exponent_error: float
    exponents: Array


def noise_modes(
    landscape: NetworkLandscape, trajectory: Trajectory, n_modes: int = 20, per: str = "step"
) -> NoiseModes:
    """Principal modes of a recorded training: variance, correlation time, width of the valley and curvature of each.

    Parameters
    ----------
    landscape : NetworkLandscape
        The training loss of the network that was recorded.
    trajectory : Trajectory
        Of all parameters, or of one layer; the others then stay at their mean.
    n_modes : int
        Modes K of each replica.
    per : "step" or "epoch"
        Whether to look at every record, or at one for each epoch.

    Returns
    -------
    NoiseModes

    Raises
    ------
    ArgumentError
        Another network, more modes than records or parameters, modes in which nothing moves.
    """
    checks.instance("landscape", landscape, NetworkLandscape, "a NetworkLandscape, whose training was recorded")
    checks.instance("trajectory", trajectory, Trajectory, "a Trajectory, of record_trajectory")
    if trajectory.mean.shape[1] != landscape.dim:
        raise ArgumentError("trajectory", f"one of {landscape.dim} parameters", f"{trajectory.mean.shape[1]}")
    series = series_of(trajectory, per, _LEAST)
    most = min(series.points.shape[1] - 2, series.points.shape[2])
    n_modes = checks.integer("n_modes", n_modes, minimum=1, maximum=most)
    shape = len(series.points), n_modes
    variance, time, width, curvature = (np.empty(shape) for _ in range(4))
    total, loss, exponents = (np.empty(len(series.points)) for _ in range(3))
    errors = []
    for r, replica in enumerate(series.points):
        centred = without_drift(replica)
        directions, along = principal(centred, n_modes)
        if len(directions) < n_modes:
            raise ArgumentError("n_modes", f"at most {len(directions)}, in which replica {r} moves", n_modes)
        variance[r], total[r] = along.var(axis=0), centred.var(axis=0).sum()
        time[r] = series.spacing * autocorrelation_time(along[..., None])
        mean, modes = _placed(landscape, trajectory, series, r, directions)
        loss[r], width[r] = valley_widths(landscape, mean, modes, np.sqrt(variance[r]))
        products = landscape.hessian_product(mean, modes.astype(landscape.dtype)).astype(np.float64)
        curvature[r] = np.einsum("kp,kp->k", modes, products)
        known = np.isfinite(width[r])
        slope, error = log_slope(width[r][known], variance[r][known])
        held = _held_out(landscape, trajectory, series, r, n_modes)
        exponents[r] = (held - slope) / 2 if np.isfinite(held) else -slope
        errors.append(error)
    several = len(exponents) > 1
    arguments = {"trajectory": series.points, "n_modes": n_modes, "per": per}
    return NoiseModes(
        variance=variance,
        total=total,
        time=time,
        width=width,
        curvature=curvature,
        loss=loss,
        exponent=float(exponents.mean()),
        exponent_error=float(standard_error(exponents)) if several else errors[0],
        exponents=exponents,
        provenance=record_on(landscape, "noise_modes", arguments),
    )


def _held_out(landscape: NetworkLandscape, trajectory: Trajectory, series: Series, r: int, n_modes: int) -> float:
    """ψ of the modes of each half of the records of a replica, whose variances are those in the other half."""
    records = series.points[r]
    halves = without_drift(records[: len(records) // 2]), without_drift(records[len(records) // 2 :])
    found = []
    for ours, others in (halves, halves[::-1]):
        directions, _ = principal(ours, min(n_modes, len(ours) - 3))
        variance = (others @ directions.T).var(axis=0)
        mean, modes = _placed(landscape, trajectory, series, r, directions)
        width = valley_widths(landscape, mean, modes, np.sqrt(variance))[1]
        known = np.isfinite(width)
        found.append(-log_slope(width[known], variance[known])[0])
    return float(np.mean(found))


def _placed(
    landscape: NetworkLandscape, trajectory: Trajectory, series: Series, r: int, directions: Array
) -> tuple[Array, Array]:
    """Mean point (dim,) of a replica, and its modes (K, dim) among all parameters."""
    mean = np.asarray(trajectory.mean[series.alive[r]])
    if trajectory.places is None:
        return mean, directions
    modes = np.zeros((len(directions), landscape.dim))
    modes[:, trajectory.places] = directions
    return mean, modes


def valley_widths(landscape: Any, point: Array, modes: Array, start: Array) -> tuple[float, Array]:
    """Value at a point (dim,), and how wide (K,) the valley along modes (K, dim) is where the value is e times that.

    Each side is gone along in steps that double, from ``start`` (K,) on, and then by false position. NaN where the
    value does not become so large, or is not positive.
    """
    value = float(landscape.value(point))
    widths = np.full(len(modes), np.nan)
    for k, mode in enumerate(modes if value > 0 else ()):
        widths[k] = _width(landscape.slice(point, mode[None]), math.e * value, float(start[k]))
    return value, widths


def _width(line: Any, level: float, start: float) -> float:
    """Distance between the points on both sides of 0 where the values on a line, 1/e of a level there, reach it."""
    sides = np.array([1.0, -1.0])

    def height(theta: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = np.log(line.value((theta * sides)[:, None]) / level)
        return np.clip(np.nan_to_num(found, nan=_HIGHEST), -_HIGHEST, _HIGHEST)

    low, high, below, above = np.zeros(2), np.full(2, start), -np.ones(2), height(np.full(2, start))
    for _ in range(_DOUBLINGS):
        inside = above < 0
        if not inside.any():
            break
        low, high, below = np.where(inside, high, low), np.where(inside, 2 * high, high), np.where(inside, above, below)
        above = height(high)
    if (above < 0).any():
        return float("nan")
    return float(np.sum(_crossing(height, (low, high), (below, above))))


def _crossing(height: Callable[[Array], Array], places: tuple[Array, Array], heights: tuple[Array, Array]) -> Array:
    """Where heights (n,) are zero between two places (n,), by false position; an end that stays twice counts half."""
    (low, high), (below, above), last = places, heights, np.zeros(len(places[0]))
    middle = high
    for _ in range(_CROSSINGS):
        before, middle = middle, (low * above - high * below) / (above - below)
        found = height(middle)
        side = np.where(found < 0, -1.0, 1.0)
        again = side == last
        inside, last = side < 0, side
        above = np.where(inside, np.where(again, above / 2, above), found)
        below = np.where(inside, found, np.where(again, below / 2, below))
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        if np.all((np.abs(middle - before) <= _PRECISION * middle) | (above == below)):
            break
    return middle
