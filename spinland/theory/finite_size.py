"""Energy in equilibrium, and its correction at finite N above the transition."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from . import conventions
from .mixtures import Mixture, Order, highest, mixture_of, quadratic
from .thermodynamics import one_rsb


def equilibrium_energy(
    order: Order, temperature: ArrayLike, convention: str = "abc", *, n_spins: int | None = None
) -> float | NDArray[np.float64]:
    """Mean energy per spin in equilibrium: −βξ(1) above T_s, that of one-step breaking below.

    Parameters
    ----------
    order : int or {p: β_p}
        Order of the glass; a mixture only at or above its static temperature.
    temperature : float or array (...)
        Temperatures T ≥ 0, in the units of ``convention``.
    convention : {"abc", "cs"}
        Normalisation of energies and temperatures.
    n_spins : int, optional
        Add :func:`finite_size_correction` for that many spins. Default: N → ∞.

    Returns
    -------
    float or array (...)
        Energy per spin. At every N and T > 0 it is bounded below by −βξ(1), because e = −β(ξ(1) − E⟨ξ(q)⟩)
        with q the overlap of two replicas, and E⟨q^p⟩ = N^(−p) Σ E⟨σ_i1…σ_ip⟩² ≥ 0.

    Raises
    ------
    ArgumentError
        As :func:`one_rsb` and :func:`finite_size_correction`.

    Examples
    --------
    >>> equilibrium_energy(3, 2.0)
    -0.5
    """
    t = checks.float_array("temperature", temperature)
    energies = [one_rsb(order, value, convention).energy for value in t.ravel()]
    if n_spins is not None:
        energies = [
            energy + finite_size_correction(n_spins, order, value, convention)
            for energy, value in zip(energies, t.ravel(), strict=True)
        ]
    return np.array(energies).reshape(t.shape) if t.ndim else energies[0]


def finite_size_correction(n_spins: int, order: Order, temperature: float, convention: str = "abc") -> float:
    """Leading correction at finite N to the energy per spin −βξ(1) of the replica-symmetric phase.

    E ln Z = ln E Z − ½ ln W + …, where W = E[Z²]/(E Z)² is one integral over the overlap q of two uniform
    points of the sphere,

        W = ∫ w(q) exp(Nβ²ξ(q)) dq,   w(q) ∝ (1−q²)^((N−3)/2),

    and E Z = exp(Nβ²ξ(1)/2) at every N. Minus the β-derivative of −(1/2N) ln W is

        Δe = β ⟨ξ(q)⟩,   ⟨·⟩ over w(q) exp(Nβ²ξ(q)):

    the exact e = −β(ξ(1) − E⟨ξ(q)⟩), which follows from Gaussian integration by parts, with the quenched
    distribution of the overlap replaced by the annealed one. It is exact to the leading order in 1/N:
    (2p−1)!!β³/N^(p−1) for odd p (15β³/N² for p = 3), (p−1)!!β/N^(p/2) for even p ≥ 4, and
    β/(N(1−2β²)) for p = 2. The next order is smaller by 1/N, with a factor that grows as T falls:
    for N = 8 and p = 3 the correction is right to 4 % at T = 2.5, a quarter too large at T = 1.5.

    Parameters
    ----------
    n_spins : int
        N ≥ 2.
    order : int or {p: β_p}
        Order of the glass, or a mixture.
    temperature : float
        Above :func:`second_moment_temperature`, where W is dominated by q near 0; in the units of
        ``convention``.
    convention : {"abc", "cs"}
        Normalisation of energies and temperatures.

    Returns
    -------
    float
        Δe, to be added to −βξ(1).

    Raises
    ------
    ArgumentError
        Fewer than two spins, an order below 2, a temperature that is too low, another convention.

    Examples
    --------
    >>> round(finite_size_correction(100, 3, 2.0), 6)
    0.000187
    """
    n = checks.integer("n_spins", n_spins, minimum=2)
    mixture = mixture_of(order)
    t = conventions.to_abc_energy(checks.real("temperature", temperature, above=0), convention)
    bound = second_moment_temperature(order)
    if t <= bound:
        raise ArgumentError(
            "temperature",
            f"above {conventions.from_abc_energy(bound, convention):.6g}, below which rare instances dominate "
            "the second moment of Z; there the energy is only known to be at least that of N = infinity",
            temperature,
        )
    return conventions.from_abc_energy(_mean_covariance(n, mixture, t) / t, convention)


def second_moment_temperature(order: Order, convention: str = "abc") -> float:
    """Temperature above which E[Z²]/(E Z)² stays finite as N → ∞: T_2² = max_q ξ(q)/(−½ ln(1−q²)).

    It lies above T_s; between them the free energy is still −β/2, but E[Z²] is that of rare instances.

    Parameters, errors and units are those of :func:`dynamical_temperature`.

    Examples
    --------
    >>> round(second_moment_temperature(3), 4)
    1.011
    """
    mixture = mixture_of(order)

    def squared(q: NDArray[np.float64]) -> NDArray[np.float64]:
        return -2.0 * mixture.covariance(q) / np.log1p(-(q**2))

    return conventions.from_abc_energy(math.sqrt(highest(squared, 2 * quadratic(mixture))[1]), convention)


def _mean_covariance(n: int, mixture: Mixture, temperature: float) -> float:
    """⟨ξ(q)⟩ over sin^(N−2)θ exp(Nβ²ξ(cos θ)), θ the angle between two points: trapezoids, even steps in θ."""
    # The peak at θ = π/2 has the width 1/sqrt(N); a smooth peak needs few points for every digit.
    points = max(20_001, 2 * int(40 * math.sqrt(n)) + 1)
    checks.room("n_spins", n, 8 * 8 * points)
    angle = np.linspace(0.0, np.pi, points)
    covariance = mixture.covariance(np.cos(angle))
    exponent = n / temperature / temperature * covariance  # a square could be too large for a float
    if n > 2:
        with np.errstate(divide="ignore"):
            exponent = exponent + (n - 2) * np.log(np.sin(angle))
    weight = np.exp(exponent - exponent.max())
    weight[[0, -1]] *= 0.5
    return float(weight @ covariance / weight.sum())
