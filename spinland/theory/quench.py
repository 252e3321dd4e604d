"""Energy, correlation and response of the infinite spherical glass after a quench from equilibrium."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from .. import checks
from ..arrays import Owner
from ..errors import ArgumentError
from . import conventions
from .flow import nonnegative
from .mixtures import Mixture, Order, mixture_of
from .transitions import static_temperature
from .two_times import TwoTimes, integrate

_STEP = 0.5  # default step of the coarser grid, in units of the fastest rate
_LEAST_STEPS = 16
_MOST_STEPS = 3000  # of the coarser grid: the finer one then takes 0.6 GB, and some minutes


@dataclass(frozen=True, eq=False, kw_only=True)
class QuenchCurve(Owner):
    """Energy against time after a quench, for N → ∞; times and energies in the convention asked for.

    Attributes
    ----------
    times : array (T,)
        Times since the quench.
    energy : array (T,)
        Energy per spin, extrapolated from two grids.
    error : array (T,)
        Estimated error of the finer grid before extrapolation, |difference of the grids|/3: a bound in practice,
        the extrapolated values being several times better.
    """

    times: NDArray[np.float64]
    energy: NDArray[np.float64]
    error: NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeingCurve(Owner):
    """Correlation and response between t_w and t_w + t after a quench, for N → ∞, in the convention asked for.

    Attributes
    ----------
    waiting_times : array (W,)
        t_w.
    times : array (T,)
        t.
    correlation : array (W, T)
        C(t_w + t, t_w) = σ(t_w + t)·σ(t_w)/N.
    response : array (W, T)
        R(t_w + t, t_w), of a spin to a field in its own direction: 1 at t = 0.
    energy : array (W, T)
        Energy per spin at t_w + t.
    correlation_error, response_error : array (W, T)
        Estimated as :attr:`QuenchCurve.error`.
    """

    waiting_times: NDArray[np.float64]
    times: NDArray[np.float64]
    correlation: NDArray[np.float64]
    response: NDArray[np.float64]
    energy: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    response_error: NDArray[np.float64]


def quench_energy(
    times: ArrayLike,
    order: Order,
    temperature: float = 0.0,
    convention: str = "abc",
    *,
    step: float | None = None,
    start: float = math.inf,
) -> QuenchCurve:
    """Energy e(t) of gradient flow or Langevin dynamics from a random start, by the equations of N → ∞.

    The dynamics is dσ/dt = −∇H − μσ + noise of variance 2T, with μ(t) holding |σ|² = N. For N → ∞ the correlation
    C(t, t') and response R(t, t') obey (Crisanti, Horner and Sommers, Z. Phys. B 92, 257 (1993); Cugliandolo and
    Kurchan, Phys. Rev. Lett. 71, 173 (1993)), for t > t' and with E[H H'] = Nξ(q),

        ∂_t C(t,t') = −μ(t) C(t,t') + ∫₀ᵗ ξ''(C(t,s)) R(t,s) C(s,t') ds + ∫₀ᵗ' ξ'(C(t,s)) R(t',s) ds
        ∂_t R(t,t') = −μ(t) R(t,t') + ∫ₜ'ᵗ ξ''(C(t,s)) R(t,s) R(s,t') ds
        μ(t) = T + ∫₀ᵗ [ξ''(C(t,s)) C(t,s) + ξ'(C(t,s))] R(t,s) ds,   e(t) = −∫₀ᵗ ξ'(C(t,s)) R(t,s) ds

    From a start in equilibrium at T', where ln Z is as good as its mean, the couplings are fresh ones and a field of
    the start (:func:`spinland.planted_glass`): ξ'(C(t,0)) C(t',0)/T' is added to ∂_t C, ξ'(C(t,0)) C(t,0)/T' to μ, and
    −ξ(C(t,0))/T' to e (Barrat, Burioni and Mézard, J. Phys. A 29, L81 (1996); Folena, Franz and Ricci-Tersenghi,
    Phys. Rev. X 10, 031045 (2020)).

    They are integrated by trapezoids on two grids of even steps, one twice as fine, and extrapolated. The work
    grows as the cube of the latest time: order 3 to t = 100 takes about 10 s and 100 MB.

    At order 2 and T = 0 it is :func:`gradient_flow_energy`. Late energies tend to that of
    :func:`marginal_state`, for one order: at T = 0 to −E_inf, as a power of t.

    Parameters
    ----------
    times : array (T,)
        Times t ≥ 0 since the quench, in any order.
    order : int or {p: β_p}
        Order of the glass, or a mixture.
    temperature : float
        T ≥ 0 after the quench; 0 is gradient flow.
    convention : {"abc", "cs"}
        Normalisation of energies, temperatures and times.
    step : float, optional
        Step of the coarser grid. Default: 0.5/(T + 2 sqrt(ξ''(1))) in ABC, 0.1 for order 3 at T = 0: errors of
        some 1e-4, largest at the start.
    start : float
        T' of the equilibrium that it starts from, from :func:`spinland.theory.static_temperature` on; infinity for a
        random start.

    Returns
    -------
    QuenchCurve

    Raises
    ------
    ArgumentError
        Negative times, more than 3000 steps of the coarser grid, T < 0, T' too low, a wrong order or convention.

    Examples
    --------
    >>> curve = quench_energy([0.0, 1.0, 2.0], order=3)
    >>> curve.energy.round(3).tolist()
    [0.0, -1.22, -1.381]
    """
    asked = nonnegative("times", times, ndim=1)
    t = conventions.to_abc_time(asked, convention)
    coarse, fine = _two_grids(t.max(initial=0.0), order, temperature, convention, step, start)
    energy, error = _energy(coarse, fine, t)
    unit = conventions.from_abc_energy(1.0, convention)
    return QuenchCurve(times=asked, energy=energy * unit, error=error * unit)


def quench_correlation(
    waiting_times: ArrayLike,
    times: ArrayLike,
    order: Order,
    temperature: float = 0.0,
    convention: str = "abc",
    *,
    step: float | None = None,
    start: float = math.inf,
) -> AgeingCurve:
    """Correlation C(t_w + t, t_w) and response after a quench from equilibrium at T', for N → ∞.

    The equations are those of :func:`quench_energy`. In equilibrium R = −(1/T) dC/dt; below T_d that holds only for
    times t much less than t_w, and T_eff = T/m of :func:`marginal_state` takes the place of T beyond.

    Parameters
    ----------
    waiting_times : array (W,)
        Times t_w ≥ 0 from the quench to the earlier configuration.
    times : array (T,)
        Times t ≥ 0 from the earlier to the later.
    order, temperature, convention, step, start
        As in :func:`quench_energy`.

    Returns
    -------
    AgeingCurve

    Raises
    ------
    ArgumentError
        As :func:`quench_energy`.

    Examples
    --------
    >>> curve = quench_correlation([1.0, 10.0], [0.0, 1.0], order=3)
    >>> bool(curve.correlation[0, 1] < curve.correlation[1, 1] < curve.correlation[1, 0])
    True
    """
    asked_waiting = nonnegative("waiting_times", waiting_times, ndim=1)
    asked = nonnegative("times", times, ndim=1)
    waiting = conventions.to_abc_time(asked_waiting, convention)
    t = conventions.to_abc_time(asked, convention)
    latest = waiting.max(initial=0.0) + t.max(initial=0.0)
    coarse, fine = _two_grids(latest, order, temperature, convention, step, start)
    later = waiting[:, None] + t
    energy, _ = _energy(coarse, fine, later)
    correlation, correlation_error = _lagged(coarse, fine, "correlation", waiting, t)
    response, response_error = _lagged(coarse, fine, "response", waiting, t)
    return AgeingCurve(
        waiting_times=asked_waiting,
        times=asked,
        correlation=correlation,
        response=response,
        energy=conventions.from_abc_energy(energy, convention),
        correlation_error=correlation_error,
        response_error=response_error,
    )


def _two_grids(
    latest: float, order: Order, temperature: float, convention: str, step: float | None, start: float
) -> tuple[TwoTimes, TwoTimes]:
    """Solutions with a step and with half of it, to the latest time (in ABC) and a little beyond."""
    mixture, begun = mixture_of(order), _started(start, order, convention)
    t = conventions.to_abc_energy(checks.real("temperature", temperature, minimum=0), convention)
    if step is None:
        h = _STEP / _fastest_rate(mixture, t)
    else:
        h = conventions.to_abc_time(checks.real("step", step, above=0), convention)
        longest = 4 * _STEP / _fastest_rate(mixture, t)
        if h > longest:  # the scheme is not stable far beyond
            most = conventions.from_abc_time(longest, convention)
            raise ArgumentError("step", f"a step of at most {most:.3g}", step)
    steps = latest / h
    if not steps + 4 <= _MOST_STEPS:
        longest = conventions.from_abc_time((_MOST_STEPS - 4) * h, convention)
        raise ArgumentError(
            "times" if step is None else "step",
            f"at most {_MOST_STEPS} steps, which reach {longest:.4g} with a step of "
            f"{conventions.from_abc_time(h, convention):.3g}",
            f"{steps:.0f} steps",
        )
    # Beyond the latest time, for the interpolation between rows of the grid.
    n_steps = max(math.ceil(steps) + 4, _LEAST_STEPS)
    return integrate(mixture, t, h, n_steps, begun), integrate(mixture, t, h / 2, 2 * n_steps, begun)


def _started(start: Any, order: Order, convention: str) -> float:
    """1/T' of the start in ABC; 0 for a random one."""
    if isinstance(start, float) and start == math.inf:
        return 0.0
    lowest = static_temperature(order, convention)
    # A temperature that was computed as T_s may be below it by rounding.
    heat = checks.real("start", start, minimum=lowest * (1 - 1e-12))
    return 1 / float(conventions.to_abc_energy(heat, convention))


def _fastest_rate(mixture: Mixture, temperature: float) -> float:
    """Largest eigenvalue of the Hessian at the threshold, and the rate of the noise."""
    return temperature + 2.0 * math.sqrt(float(mixture.curvature(1.0)))


def _energy(
    coarse: TwoTimes, fine: TwoTimes, times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energy by Richardson's extrapolation of a scheme of second order, and the error of the finer grid."""
    difference = (fine.energy[::2] - coarse.energy) / 3.0
    correction = CubicSpline(coarse.step * np.arange(len(difference)), difference)(times)
    energy = CubicSpline(fine.step * np.arange(len(fine.energy)), fine.energy)(times)
    return energy + correction, np.abs(correction)


def _lagged(
    coarse: TwoTimes, fine: TwoTimes, name: str, waiting: NDArray[np.float64], times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation or response at (t_w + t, t_w), extrapolated as the energy is, and its error."""
    values = getattr(fine, name)
    difference = (values[::2, ::2] - getattr(coarse, name)) / 3.0
    correction = _interpolated(difference, coarse.step, waiting, times)
    return _interpolated(values, fine.step, waiting, times) + correction, np.abs(correction)


def _interpolated(
    values: NDArray[np.float64], step: float, waiting: NDArray[np.float64], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lower triangle X(t, t') at (t_w + t, t_w): cubic in t_w at fixed t, then a cubic spline in t.

    Along both of these directions X is smooth; across t = t' it has a kink.
    """
    result = np.empty((len(waiting), len(times)))
    for row, at in zip(result, waiting / step, strict=True):
        first = max(int(at) - 1, 0)
        nodes = np.arange(first, first + 4)
        length = len(values) - nodes[-1]
        curve = np.zeros(length)
        for k, node in enumerate(nodes):
            curve += _lagrange(nodes, k, at) * values[np.arange(node, node + length), node]
        row[:] = CubicSpline(step * np.arange(length), curve)(times)
    return result


def _lagrange(nodes: NDArray[np.int64], k: int, at: float) -> float:
    others = np.delete(nodes, k)
    return float(np.prod((at - others) / (nodes[k] - others)))
