"""Energy levels and complexity of the pure spherical p-spin glass in the limit N → ∞.

Equations are those of A. Auffinger, G. Ben Arous and J. Černý, "Random matrices and complexity of spin
glasses", Commun. Pure Appl. Math. 66, 165 (2013), arXiv:1003.1129 (ABC below). "Complexity" is the growth
rate of the *mean* number of critical points, lim (1/N) log E[number].
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from ..checks import float_array, integer, renamed
from .conventions import from_abc_energy, to_abc_energy
from .mixtures import Order, mixture_of


def threshold_energy(order: int, convention: str = "abc") -> float:
    """E_inf, the threshold: below the energy −E_inf critical points of high index are absent.

    Parameters
    ----------
    order : int
        p ≥ 2.
    convention : {"abc", "cs"}
        Normalisation of the energy, see :mod:`spinland.theory.conventions`.

    Returns
    -------
    float
        E_inf = 2 sqrt((p−1)/p) (ABC, equation 2.10), per spin. A positive number: the energy is −E_inf.
        At order 2 it equals the ground state, sqrt(2).

    Raises
    ------
    ArgumentError
        order < 2, or an unknown convention.

    Examples
    --------
    >>> round(threshold_energy(3), 4)
    1.633
    """
    p = integer("order", order, minimum=2)
    return from_abc_energy(2.0 * math.sqrt((p - 1) / p), convention)


def mixture_threshold(weights: Order, convention: str = "abc") -> float:
    """Threshold of a mixture: minus the energy below which the most numerous critical points are minima.

    Of Gaussian energies with E[HH'] = Nf(q), f(q) = Σ β_p² q^p, a critical point has the Hessian of a semicircle of
    radius 2√f″ about the radial force μ. Among those of energy eN the most numerous have the μ that maximises the
    complexity Σ(e, μ); it comes to 2√f″, where they are marginally stable, at (Folena, Franz and Ricci-Tersenghi,
    Phys. Rev. X 10, 031045 (2020), arXiv:1903.01421; all at q = 1)

        e = [f(f′ − f″) − f′²] / (f′ √f″)

    In a mixture, other than in a pure glass, marginal minima exist in a range of energies, and descent from starts
    equilibrated at a low temperature ends below this one.

    Parameters
    ----------
    weights : int or {p: β_p}
        Order of the glass, or a mixture, in the normalisation of ABC: the β_p of :class:`SphericalSpinGlass`.
    convention : {"abc", "cs"}
        Normalisation of the energy. In "cs" E[HH'] = (N/2) Σ β_p² q^p.

    Returns
    -------
    float
        Minus e, per spin: as for :func:`threshold_energy`, which it is for one order, the energy is minus the number.

    Raises
    ------
    ArgumentError
        An order below 2, no weight other than 0, another convention.

    Examples
    --------
    >>> round(mixture_threshold({3: 1.0, 4: 1.0}, "cs"), 5)
    1.69048
    """
    with renamed(order="weights"):
        mixture = mixture_of(weights)
    f, slope, curvature = (float(g(1.0)) for g in (mixture.covariance, mixture.slope, mixture.curvature))
    return from_abc_energy((slope**2 - f * (slope - curvature)) / (slope * math.sqrt(curvature)), convention)


def layer_energy(order: int, index: int = 0, convention: str = "abc") -> float:
    """E_k: no critical points of index k or higher lie below the energy −E_k, for N → ∞.

    Parameters
    ----------
    order : int
        p ≥ 2.
    index : int
        k ≥ 0, the number of negative eigenvalues of the Hessian. Index 0 gives the ground state.
    convention : {"abc", "cs"}
        Normalisation of the energy.

    Returns
    -------
    float
        E_k, the zero of the complexity Θ_k at or below the threshold (ABC, equation 2.17 and theorem 2.12),
        per spin. A positive number: the energy is −E_k. Decreases towards E_inf with k.

    Raises
    ------
    ArgumentError
        order < 2, index < 0, or an unknown convention.

    Examples
    --------
    >>> round(layer_energy(3), 4), round(layer_energy(3, index=1), 4)
    (1.657, 1.6529)
    """
    p = integer("order", order, minimum=2)
    k = integer("index", index, minimum=0)
    end = threshold_energy(p)
    if p == 2:  # Θ_k vanishes at the threshold itself
        return from_abc_energy(end, convention)
    high = 2.0 * end
    while float(_complexity(np.array(-high), p, k)) > 0:
        high *= 2.0
    # Beyond the threshold by s² the function is linear in s³ at first: solved in s, a simple zero.
    root = brentq(lambda s: float(_complexity(np.array(-end - s * s), p, k)), 0.0, math.sqrt(high - end), xtol=1e-15)
    return from_abc_energy(end + root * root, convention)


def complexity(
    u: ArrayLike, order: int, index: int | None = None, convention: str = "abc"
) -> NDArray[np.float64] | float:
    """Complexity Θ(u) or Θ_k(u): growth rate of the mean number of critical points with energy ≤ u.

    Parameters
    ----------
    u : float or array
        Energy per spin, any shape; finite.
    order : int
        p ≥ 2.
    index : int, optional
        k: only critical points of this index. All of them without it.
    convention : {"abc", "cs"}
        Normalisation of u.

    Returns
    -------
    float or float64 array of the shape of u
        lim (1/N) log E[number of critical points with H ≤ N u]. With E = E_inf and
        I(u) = −(u/E²) sqrt(u² − E²) − log(−u + sqrt(u² − E²)) + log E for u ≤ −E, zero above:
        Θ_k(u) = ½ log(p−1) − (p−2)/(4(p−1)) u² − (k+1) I(u) for u ≤ −E, constant above (ABC, theorem 2.5);
        Θ(u) = ½ log(p−1) − (p−2)/(4(p−1)) u² − I(u) for u ≤ 0, constant above (theorem 2.8).
        Negative where such points are exponentially unlikely.

    Raises
    ------
    ArgumentError
        order < 2, index < 0, u not finite, or an unknown convention.

    Examples
    --------
    >>> round(complexity(0.0, 3), 4), round(complexity(-1.65, 3, index=0), 4)
    (0.3466, 0.0043)
    """
    energies = to_abc_energy(float_array("u", u), convention)
    p = integer("order", order, minimum=2)
    k = None if index is None else integer("index", index, minimum=0)
    value = _complexity(energies, p, k)
    return float(value) if value.ndim == 0 else value


def _complexity(u: NDArray[np.float64], p: int, k: int | None) -> NDArray[np.float64]:
    end = threshold_energy(p)
    level = np.minimum(u, 0.0 if k is None else -end)
    rate = (1 if k is None else k + 1) * _edge_rate(u, end)
    return np.asarray(0.5 * math.log(p - 1) - (p - 2) / (4 * (p - 1)) * level**2 - rate)


def _edge_rate(u: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    """Cost I(u) of one eigenvalue outside the semicircle (ABC, equation 2.13); zero for u ≥ −E_inf."""
    v = np.maximum(-u / end, 1.0)
    # v sqrt(v²−1) − arccosh v, of which both terms cancel near the edge: (sinh 2t)/2 − t with v = cosh t.
    t = np.arccosh(v)
    near = t < 0.1
    series = t**3 * (2 / 3 + t**2 * (2 / 15 + t**2 * (4 / 315 + t**2 * (2 / 2835))))
    return np.asarray(np.where(near, series, 0.5 * np.sinh(2 * np.where(near, 0.0, t)) - t))
