"""States of the spherical glass at a temperature: one-step replica symmetry breaking, threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from .. import checks
from ..errors import ArgumentError
from . import conventions
from .mixtures import Mixture, Order, minus_log_remainder, mixture_of
from .transitions import dynamical_temperature, plateau_onset, static_ratio, static_temperature

_COLDEST, _HOTTEST = 1e-100, 1e100  # temperatures whose squares are still numbers


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
        temperature=t * unit,
        q=q,
        m=m_over_t * t,
        energy=energy * unit,
        free_energy=free * unit,
        entropy=(energy - free) / t if t > 0 else -math.inf,
        complexity=complexity,
        edwards_anderson=q,
        effective_temperature=unit / m_over_t if m_over_t > 0 else math.inf,
    )


def _symmetric(mixture: Mixture, temperature: float, convention: str) -> GlassState:
    """Replica-symmetric solution at or above T_s, or T_d; ``temperature`` in ABC."""
    t = temperature
    variance = float(mixture.covariance(1.0))
    inside, complexity = _equilibrium_states(mixture, t)
    unit = conventions.from_abc_energy(1.0, convention)
    return GlassState(
        temperature=t * unit,
        q=0.0,
        m=1.0,
        energy=-variance / t * unit,
        free_energy=-variance / (2 * t) * unit,
        entropy=-variance / (2 * t**2),
        complexity=complexity,
        edwards_anderson=inside,
        effective_temperature=t * unit,
    )


def _equilibrium_states(mixture: Mixture, temperature: float) -> tuple[float, float]:
    """Overlap in one of the states of equilibrium at T ≥ T_s, and their complexity; (0, 0) from T_d on."""
    onset, highest_temperature = plateau_onset(mixture)
    if temperature >= highest_temperature or onset == 0:
        return 0.0, 0.0

    def excess(q: float) -> float:
        return (1.0 - q) * float(mixture.slope(q)) / q - temperature**2

    q = float(brentq(excess, onset, 1.0, xtol=1e-15))
    complexity = 0.5 * (float(minus_log_remainder(np.asarray(q))) - float(mixture.covariance(q)) / temperature**2)
    return q, max(complexity, 0.0)  # at T_s it is 0 up to rounding


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
