r"""Mean number of critical points of the pure spherical p-spin glass, exact at every N.

The Kac–Rice formula turns the mean into an average over one eigenvalue of the Gaussian orthogonal ensemble
(A. Auffinger, G. Ben Arous and J. Černý, arXiv:1003.1129, theorem 2.1). A critical point of energy E per spin
has the Hessian sqrt(2p(p−1)/N) (G − x), G an (N−1)×(N−1) matrix of the ensemble of :mod:`.goe` and

    x = E sqrt(p N / (2(p−1))),

and its index is the number of eigenvalues of G below x. With ρ_k the density of the (k+1)-th smallest of the
N eigenvalues of an N×N matrix,

    E[number of index k with energy in B] = 2 sqrt(2/p) (p−1)^{N/2} ∫_{x(B)} exp(−(p−2)x²/(2p)) ρ_k(x) dx,

and for all critical points the sum of the ρ_k, the density of all eigenvalues.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from ..checks import boolean, float_array, integer, real
from ..errors import ArgumentError
from .conventions import from_abc_energy, to_abc_energy
from .goe import LARGEST_ORDERED, log_density
from .ordering import log_share, untilted

Array = NDArray[np.float64]
NODES = 12  # Gauss–Legendre nodes of a panel
PANEL = 6.0  # its length times sqrt(N): about three distances between neighbouring eigenvalues
WIDEST = 1.5  # and its largest length: the Gaussian factors have a width of order one
MARGIN = 8.0  # the densities have fallen by more than 1e-18 this far beyond the edge


_FARTHEST = 1e6  # energy per spin; none of a glass is near it


def mean_critical_points(
    n_spins: int,
    order: int,
    index: int | None = None,
    below: ArrayLike | None = None,
    convention: str = "abc",
    *,
    log: bool = False,
) -> float | Array:
    """Mean number of critical points on the sphere, over instances; both of a pair ±σ are counted.

    Parameters
    ----------
    n_spins : int
        N ≥ 2. With ``index`` at most 64.
    order : int
        p ≥ 2. Order 2 has exactly 2N critical points, two of each index, in every instance.
    index : int, optional
        Only those with this number of negative Hessian eigenvalues, 0 ≤ index ≤ N−1. All without it.
    below : float or array, optional
        Only those with an energy per spin of at most this; any shape.
    convention : {"abc", "cs"}
        Normalisation of ``below``.
    log : bool
        Natural logarithm of the number, for large N.

    Returns
    -------
    float, or float64 array of the shape of ``below``
        The mean number (or its logarithm), exact up to rounding and quadrature: relative error below 1e-10
        for all critical points, below 1e-7 by index. By index 0 (or −inf) stands for less than about
        exp(−1000).

    Raises
    ------
    ArgumentError
        N < 2, order < 2, index outside 0 … N−1, N above 64 with an index, a limit that is not finite,
        an unknown convention, or a number too large for a float without ``log``.

    Notes
    -----
    Theorem 2.1 of arXiv:1003.1129; see the module for the formula and :mod:`.goe` for the densities.

    Examples
    --------
    >>> round(mean_critical_points(2, 3), 6)  # 2 sqrt(3p − 2)
    5.291503
    >>> round(mean_critical_points(10, 3, index=0), 3)
    6.08
    """
    n, p, k = _arguments(n_spins, order, index)
    if below is None:
        to_abc_energy(0.0, convention)  # refuses an unknown convention here too
        limits = np.array(math.inf)
    else:
        given = float_array("below", below)
        if np.abs(given).max(initial=0.0) > _FARTHEST:
            raise ArgumentError("below", f"energies per spin within ±{_FARTHEST:g}", float(np.abs(given).max()))
        limits = to_abc_energy(given, convention) * _x_per_energy(n, p)
    if p == 2 and below is None:
        number = 2.0 * n if k is None else 2.0
        return math.log(number) if log else number
    if limits.size == 0:
        return _number(limits, log)
    limits = np.where(limits > math.sqrt(2.0 * n) + MARGIN, math.inf, limits)
    ends, where = np.unique(limits, return_inverse=True)
    values = (_log_prefactor(n, p) + _log_integrals(n, p, k, ends))[where].reshape(limits.shape)
    return _number(values, log)


def critical_point_density(
    energy: ArrayLike, n_spins: int, order: int, index: int | None = None, convention: str = "abc", *, log: bool = False
) -> float | Array:
    """Mean number of critical points per unit of energy per spin: the derivative of the mean number below.

    Parameters
    ----------
    energy : float or array
        Energy per spin, any shape; finite.
    n_spins, order, index, convention, log
        As for :func:`mean_critical_points`; ``convention`` is that of ``energy`` and of the density.

    Returns
    -------
    float, or float64 array of the shape of ``energy``
        Its integral over energies is ``mean_critical_points(n_spins, order, index)``.

    Raises
    ------
    ArgumentError
        As :func:`mean_critical_points`.

    Examples
    --------
    >>> round(critical_point_density(-1.5, 10, 3, index=0), 3)
    4.459
    """
    n, p, k = _arguments(n_spins, order, index)
    given = float_array("energy", energy)
    x = to_abc_energy(given, convention) * _x_per_energy(n, p)
    if x.size == 0:
        return _number(x, log)
    values = _log_weight(x.ravel(), n, p)
    if k is not None:
        values = values + log_share(x.ravel(), n, k, values, np.arange(x.size), untilted(x.ravel(), n))
    values = values.reshape(given.shape)
    per_energy = _x_per_energy(n, p) / from_abc_energy(1.0, convention)
    return _number(values + _log_prefactor(n, p) + math.log(per_energy), log)


def mean_critical_points_by_index(
    n_spins: int, order: int, below: float | None = None, convention: str = "abc"
) -> Array:
    """Mean number of critical points of every index.

    Parameters
    ----------
    n_spins, order, convention
        As for :func:`mean_critical_points`; N ≤ 64.
    below : float, optional
        Only those with an energy per spin of at most this.

    Returns
    -------
    (N,) float64
        Entry k is the number of index k; minima first. Without ``below`` entries k and N−1−k are equal.

    Raises
    ------
    ArgumentError
        As :func:`mean_critical_points`.

    Examples
    --------
    >>> mean_critical_points_by_index(3, 2)
    array([2., 2., 2.])
    """
    n = integer("n_spins", n_spins, minimum=2)
    if below is not None:
        below = real("below", below)
    return np.array([mean_critical_points(n, order, k, below, convention) for k in range(n)])


def _arguments(n_spins: int, order: int, index: int | None) -> tuple[int, int, int | None]:
    n = integer("n_spins", n_spins, minimum=2)
    p = integer("order", order, minimum=2)
    if index is None:
        return n, p, None
    k = integer("index", index, minimum=0, maximum=n - 1)
    if n > LARGEST_ORDERED and p > 2:
        raise ArgumentError(
            "n_spins", f"at most {LARGEST_ORDERED} where an index is asked for (see large_n_critical_points)", n
        )
    return n, p, k


def _x_per_energy(n: int, p: int) -> float:
    return math.sqrt(p * n / (2.0 * (p - 1)))


def _log_prefactor(n: int, p: int) -> float:
    return math.log(2.0) + 0.5 * math.log(2.0 / p) + 0.5 * n * math.log(p - 1)


def _number(values: Array, log: bool) -> float | Array:
    if not boolean("log", log):
        if np.max(values, initial=-np.inf) > math.log(np.finfo(np.float64).max):
            raise ArgumentError("log", f"True for a number as large as exp({np.max(values):.4g})", log)
        values = np.exp(values)
    return float(values) if values.ndim == 0 else values


def _log_integrals(n: int, p: int, k: int | None, ends: Array) -> Array:
    """Logarithm of ∫_{−∞}^{end} exp(−(p−2)x²/(2p)) ρ dx for each of the increasing ends."""
    key = tuple(ends.tolist())
    x, weights, counts = _nodes(n, key)
    value = _log_weight(x, n, p) + np.log(weights)
    groups = np.repeat(np.arange(len(counts)), counts)
    if k is not None:
        value = value + log_share(x, n, k, value, groups, _shares(n, key))
    pieces = [logsumexp(part) for part in np.split(value, np.cumsum(counts)[:-1])]
    return np.asarray(np.logaddexp.accumulate(pieces))


def _log_weight(x: Array, n: int, p: int) -> Array:
    return log_density(x, n) - (p - 2) / (2.0 * p) * x * x


@lru_cache(maxsize=16)
def _nodes(n: int, ends: tuple[float, ...]) -> tuple[Array, Array, list[int]]:
    """Nodes and weights from −∞ to the last end, and how many of them belong to each end."""
    edge = math.sqrt(2.0 * n)
    start = min(-edge, ends[0]) - MARGIN
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x, w, counts = [], [], []
    for end in ends:
        stop = max(edge, start) + MARGIN if end == math.inf else end
        panels = math.ceil((stop - start) / min(PANEL / math.sqrt(n), WIDEST))
        borders = np.linspace(start, stop, panels + 1)
        half = 0.5 * np.diff(borders)[:, None]
        x.append((0.5 * (borders[1:] + borders[:-1])[:, None] + half * nodes).ravel())
        w.append((half * weights).ravel())
        counts.append(x[-1].size)
        start = end
    return np.concatenate(x), np.concatenate(w), counts


@lru_cache(maxsize=16)
def _shares(n: int, ends: tuple[float, ...]) -> tuple[Array, Array]:
    """Probabilities of the indices at the nodes: they serve every order and index."""
    return untilted(_nodes(n, ends)[0], n)
