"""Temperatures at which the spherical glass changes its state."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from . import conventions
from .mixtures import Mixture, Order, highest, minus_log_remainder, mixture_of, quadratic


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
    return conventions.from_abc_energy(plateau_onset(mixture_of(order))[1], convention)


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


def plateau_onset(mixture: Mixture) -> tuple[float, float]:
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
