"""Equilibrium of the spherical glass: transition temperatures, one-step replica symmetry breaking, threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .. import checks
from ..errors import ArgumentError
from . import conventions
from .mixtures import Mixture, highest, minus_log_remainder, mixture_of, quadratic

_COLDEST, _HOTTEST = 1e-100, 1e100  # temperatures whose squares are still numbers

Order = int | Mapping[int, float]


@dataclass(frozen=True, kw_only=True)
class GlassState:
    """Order parameters and energies of the spherical glass at one temperature.

    Entropies are per spin, against the uniform measure of the sphere: 0 at T = ∞ and −∞ at T = 0.

    Attributes
    ----------
    temperature : float
        T, in the convention asked for.
    q : float
        Upper of the two overlaps between replicas, 0 in the replica-symmetric phase.
    m : float
        Breaking parameter: replicas have overlap q with probability 1 − m, else 0. 1 where q = 0.
    energy, free_energy : float
        Per spin. At the threshold, the free energy is that of one state.
    entropy : float
        (energy − free_energy)/T.
    complexity : float
        (1/N) ln of the number of states that share the measure: 0 at and below T_s; 0 above T_d, where there is
        one state only.
    edwards_anderson : float
        Overlap q_EA of two configurations in one state: q below T_s, positive up to T_d.
    effective_temperature : float
        T/m, in the convention asked for; finite at T = 0 for order ≥ 3, infinite where m = 0 otherwise.
    """

    temperature: float
    q: float
    m: float
    energy: float
    free_energy: float
    entropy: float
    complexity: float
    edwards_anderson: float
    effective_temperature: float


def dynamical_temperature(order: Order, convention: str = "abc") -> float:
    """Temperature T_d below which the dynamics from a random start never equilibrates, for N → ∞.

    The equation of an equilibrium plateau, q/(1−q) = β²ξ'(q), has a solution q > 0 for T < T_d, so
    T_d² = max_q (1−q)ξ'(q)/q. For one order, T_d² = p(p−2)^(p−2)/(p−1)^(p−1) (half of it in "cs"):
    Crisanti, Horner and Sommers, Z. Phys. B 92, 257 (1993); Castellani and Cavagna, J. Stat. Mech. (2005) P05012.
    For order 2 it is the limit q → 0, the temperature √2 at which the largest eigenvector condenses.

    Parameters
    ----------
    order : int or {p: β_p}
        Order of the glass, or a mixture.
    convention : {"abc", "cs"}
        Normalisation of temperatures.

    Returns
    -------
    float
        T_d.

    Raises
    ------
    ArgumentError
        An order below 2, or another convention.

    Examples
    --------
    >>> round(dynamical_temperature(3), 4), round(dynamical_temperature(3, "cs"), 4)
    (0.866, 0.6124)
    """
    return conventions.from_abc_energy(_plateau_onset(mixture_of(order))[1], convention)


def static_temperature(order: Order, convention: str = "abc") -> float:
    """Temperature T_s above which the replica-symmetric, annealed free energy −β/2 is exact.

    It holds as long as β²ξ(q) + ln(1−q) + q ≤ 0 for every q in [0, 1) (Talagrand, Prob. Theory Relat.
    Fields 134, 339 (2006)), so T_s² = sup_q ξ(q)/(−ln(1−q) − q). For one order of 3 or more this is where one-step
    breaking sets in with m = 1 (Crisanti and Sommers, Z. Phys. B 87, 341 (1992), eq. 4.11 ff.). For order 2
    it is √2, the temperature at which the largest eigenvector condenses, and equals T_d.

    Parameters, errors and units are those of :func:`dynamical_temperature`.

    Examples
    --------
    >>> round(static_temperature(3), 4), round(static_temperature(3, "cs"), 4)
    (0.8288, 0.5861)
    """
    mixture = mixture_of(order)
    if len(mixture.orders) == 1:  # m = 1 means q = 1 − y in the notation of one_rsb
        p, y = mixture.orders[0], static_ratio(mixture.orders[0])
        squared_temperature = p * y * (1.0 - y) ** (p - 2) * mixture.variances[0]
        return conventions.from_abc_energy(math.sqrt(squared_temperature), convention)

    def squared(q: NDArray[np.float64]) -> NDArray[np.float64]:
        return mixture.covariance(q) / minus_log_remainder(q)

    return conventions.from_abc_energy(math.sqrt(highest(squared, 2 * quadratic(mixture))[1]), convention)


def one_rsb(order: Order, temperature: float, convention: str = "abc") -> GlassState:
    """Equilibrium state at a temperature: one-step replica symmetry breaking below T_s.

    In ABC the free energy per spin maximises, over q and m in (0, 1),

        −2βf = β²[1 − (1−m)q^p] + (1 − 1/m) ln(1−q) + (1/m) ln(1−q+mq)

    taken at its stationary point (Crisanti and Sommers, Z. Phys. B 87, 341 (1992), eqs. 4.9-4.13, with β² for their
    β²/2), and e = −β[1 − (1−m)q^p]. With y = (1−q)/(1−q+mq) stationarity in m fixes y by the order alone,
    p = −(1−y)²/(y(1−y+ln y)), and stationarity in q then reads p q^(p−2)(1−q)² = T²y.
    Above T_s: q = 0, e = −βξ(1). For order 2, y = 1: m = 0, q = 1 − T/√2, e = −√2 + T/2 below T_s = √2.

    Parameters
    ----------
    order : int or {p: β_p}
        Order of the glass; a mixture only at or above its static temperature.
    temperature : float
        T ≥ 0, in the units of ``convention``. At T = 0 the energy is that of the ground state.
    convention : {"abc", "cs"}
        Normalisation of energies and temperatures.

    Returns
    -------
    GlassState
        Between T_s and T_d, ``complexity`` counts the states that share the measure, and ``edwards_anderson`` is
        the overlap in one.

    Raises
    ------
    ArgumentError
        An order below 2, a negative temperature, a mixture below T_s, another convention.

    Examples
    --------
    >>> state = one_rsb(3, 0.0)
    >>> round(state.energy, 4), state.q, state.m
    (-1.657, 1.0, 0.0)
    """
    mixture = mixture_of(order)
    t = _temperature(temperature, convention)
    if t >= static_temperature(order):
        return _symmetric(mixture, t, convention)
    return _broken(_one_order(mixture, "static_temperature"), t, convention, threshold=False)


def marginal_state(order: Order, temperature: float, convention: str = "abc") -> GlassState:
    """State that a quench from infinite temperature tends to: the threshold, below T_d.

    The threshold states are marginally stable, β²p(p−1)q^(p−2)(1−q)² = 1, which is y = 1/(p−1) in the notation
    of :func:`one_rsb`, and m = (p−2)(1−q)/q is the ratio by which the fluctuation-dissipation theorem is violated
    (Cugliandolo and Kurchan, Phys. Rev. Lett. 71, 173 (1993)). At T = 0 the energy is
    −E_inf = −2 sqrt((p−1)/p). The complexity is ½[ln(p−1) − 2(p−2)/p] at any T < T_d.
    Above T_d a quench equilibrates: q = 0, e = −βξ(1). For order 2 the state is that of equilibrium.

    Parameters
    ----------
    order : int or {p: β_p}
        Order of the glass; a mixture only at or above its dynamical temperature.
    temperature : float
        T ≥ 0, in the units of ``convention``.
    convention : {"abc", "cs"}
        Normalisation of energies and temperatures.

    Returns
    -------
    GlassState
        ``energy`` is the threshold energy e_th(T); ``effective_temperature`` that of the slow motion.

    Raises
    ------
    ArgumentError
        An order below 2, a negative temperature, a mixture below T_d, another convention.

    Examples
    --------
    >>> state = marginal_state(3, 0.0)
    >>> round(state.energy, 4), round(state.complexity, 4)
    (-1.633, 0.0132)
    """
    mixture = mixture_of(order)
    t = _temperature(temperature, convention)
    if t >= dynamical_temperature(order):
        return _symmetric(mixture, t, convention)
    return _broken(_one_order(mixture, "dynamical_temperature"), t, convention, threshold=True)


def _temperature(value: float, convention: str) -> float:
    number = checks.real("temperature", value, minimum=0)
    if 0 < number < _COLDEST or number > _HOTTEST:  # squares of more, and of less, are no numbers
        raise ArgumentError("temperature", f"0, or from {_COLDEST:g} to {_HOTTEST:g}", number)
    return conventions.to_abc_energy(number, convention)


def _one_order(mixture: Mixture, bound: str) -> Mixture:
    if len(mixture.orders) > 1:
        raise ArgumentError("order", f"one order; a mixture has a solution here only from theory.{bound} on")
    return mixture


def _broken(mixture: Mixture, temperature: float, convention: str, threshold: bool) -> GlassState:
    """One-step solution of one order below its transition; ``temperature`` in ABC."""
    p = mixture.orders[0]
    scale = math.sqrt(mixture.variances[0])  # β_p scales energies and temperatures, and nothing else
    t = temperature / scale
    y = 1.0 / (p - 1) if threshold else static_ratio(p)
    rest = _outside_state(p, t, y)  # 1 − q, kept apart because it is of order T
    q = 1.0 - rest
    m_over_t = (1.0 - y) / (math.sqrt(p * y) * q ** (p / 2))
    # e = −β[1 − (1−m)q^p], so written that nothing cancels as T → 0
    short = math.sqrt(p * y) if t == 0 else -math.expm1(p * math.log1p(-rest)) / t
    energy = -short - m_over_t * q**p
    # (T/m) ln y; as y → 1 (order 2) it is −Tq/(1−q)
    logarithm = math.log(y) / m_over_t if m_over_t > 0 else -q * math.sqrt(p / y)
    complexity = 0.0
    free = energy
    if threshold:
        complexity = max(0.0, -0.5 * ((1.0 - y) ** 2 / (p * y) + math.log(y) + 1.0 - y))  # not −0 at order 2
    if t > 0:
        # −βf of all states is Σ/m + (−βf of one state): what remains is that of one
        free = 0.5 * (energy - t * math.log(rest) + logarithm)
        free += complexity / m_over_t if complexity > 0 else 0.0
    unit = conventions.from_abc_energy(scale, convention)
    return GlassState(
        temperature=t * unit, q=q, m=m_over_t * t, energy=energy * unit, free_energy=free * unit,
        entropy=(energy - free) / t if t > 0 else -math.inf, complexity=complexity, edwards_anderson=q,
        effective_temperature=unit / m_over_t if m_over_t > 0 else math.inf,
    )  # fmt: skip


def _symmetric(mixture: Mixture, temperature: float, convention: str) -> GlassState:
    """Replica-symmetric solution at or above T_s, or T_d; ``temperature`` in ABC."""
    t = temperature
    variance = float(mixture.covariance(1.0))
    inside, complexity = _equilibrium_states(mixture, t)
    unit = conventions.from_abc_energy(1.0, convention)
    return GlassState(
        temperature=t * unit, q=0.0, m=1.0, energy=-variance / t * unit, free_energy=-variance / (2 * t) * unit,
        entropy=-variance / (2 * t**2), complexity=complexity, edwards_anderson=inside,
        effective_temperature=t * unit,
    )  # fmt: skip


def _equilibrium_states(mixture: Mixture, temperature: float) -> tuple[float, float]:
    """Overlap in one of the states of equilibrium at T ≥ T_s, and their complexity; (0, 0) from T_d on."""
    onset, highest_temperature = _plateau_onset(mixture)
    if temperature >= highest_temperature or onset == 0:
        return 0.0, 0.0

    def excess(q: float) -> float:
        return (1.0 - q) * float(mixture.slope(q)) / q - temperature**2

    q = float(brentq(excess, onset, 1.0, xtol=1e-15))
    complexity = 0.5 * (
        float(minus_log_remainder(np.asarray(q))) - float(mixture.covariance(q)) / temperature**2
    )
    return q, max(complexity, 0.0)  # at T_s it is 0 up to rounding


def _plateau_onset(mixture: Mixture) -> tuple[float, float]:
    """Overlap of the first plateau (0 if it grows from 0) and T_d, in ABC."""

    def squared(q: NDArray[np.float64]) -> NDArray[np.float64]:
        return (1.0 - q) * mixture.slope(q) / q

    if len(mixture.orders) == 1:
        p = mixture.orders[0]
        onset = (p - 2) / (p - 1)
        temperature2 = p * (1.0 - onset) * onset ** (p - 2) * mixture.variances[0]
        return onset, math.sqrt(temperature2)
    q, value = highest(squared, 2 * quadratic(mixture))
    return q, math.sqrt(value)


def static_ratio(p: int) -> float:
    """The root y of p = −(1−y)²/(y(1−y+ln y)) in (0, 1); 1 for p = 2."""
    if p == 2:
        return 1.0

    def zero(y: float) -> float:
        return (1.0 - y) ** 2 + p * y * (1.0 - y + math.log(y))

    # y = 1/(p−1) is the threshold, where the complexity is positive; y = 1/p² is below any ground state.
    return float(brentq(zero, 1.0 / p**2, 1.0 / (p - 1), xtol=1e-300, rtol=1e-15))


def _outside_state(p: int, t: float, y: float) -> float:
    """The smaller root x = 1 − q of p(1−x)^(p−2) x² = t²y."""
    if t == 0:
        return 0.0
    least = t * math.sqrt(y / p)
    if p == 2:
        return least

    def zero(log_x: float) -> float:
        return 2.0 * (log_x - math.log(least)) + (p - 2) * math.log1p(-math.exp(log_x))

    return math.exp(brentq(zero, math.log(least), math.log(2.0 / p), xtol=1e-15))
