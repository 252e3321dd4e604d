"""Critical points of one instance of the spherical glass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import checks, rng
from ..dynamics.distinct import distinct
from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from ..machines import single_threaded
from ..provenance import Provenance, record_on
from ..results import Result
from .algebra import Solutions, solvable, solve
from .completeness import DEGENERATE, conditions, saturation, verdict
from .newton import spectra
from .search import find_points

METHODS = ("auto", "algebra", "search")
DEFAULT_STARTS = 2000

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class CriticalPoints(Result):
    """Critical points of H on the sphere, by rising energy.

    Attributes
    ----------
    points : (C, N) float64
        On the sphere |σ|² = N.
    energy : (C,) float64
        Per spin.
    index : (C,) int64
        Number of negative eigenvalues of the Hessian among the N−1 tangential directions.
    residual : (C,) float64
        |P∇H|/√N, the size of the gradient per spin.
    eigenvalues : (C, N−1) float64
        Of the Hessian of H on the sphere, rising.
    n_found : (C,) int64
        How many starts of the search ended there.
    n_starts, n_converged : int
        Starts of the search, and those that ended in a critical point; 0 without a search.
    n_complex : int or None
        Different complex solutions that were certified, up to scale; None where they were not looked for.
    complete : bool or None
        True: all are there, proved or by saturation, as ``evidence`` begins to say. False: certainly not all.
        None: unknown.
    evidence : tuple of str
        The argument.
    euler_sum, euler_target : int
        Σ (−1)^index, and what it is for a complete set, 1 + (−1)^{N−1}.
    bound : int or None
        Largest number, 2((p−1)^N − 1)/(p−2); None for a mixture.
    unseen : float
        Estimated number of points that no start met (Chao), NaN without a search.
    n_degenerate : int
        Points with an eigenvalue that is nearly 0.
    order : tuple of int
        The orders of the glass.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "energy": ("point",),
        "index": ("point",),
        "residual": ("point",),
        "n_found": ("point",),
    }

    points: Array
    energy: Array
    index: NDArray[np.int64]
    residual: Array
    eigenvalues: Array
    n_found: NDArray[np.int64]
    n_starts: int
    n_converged: int
    n_complex: int | None
    complete: bool | None
    evidence: tuple[str, ...]
    euler_sum: int
    euler_target: int
    bound: int | None
    unseen: float
    n_degenerate: int
    order: tuple[int, ...]

    @property
    def n_spins(self) -> int:
        """Number of spins N."""
        return self.points.shape[1]

    @property
    def least_eigenvalue(self) -> Array:
        """Least absolute eigenvalue of the Hessian of H on the sphere, (C,)."""
        return np.asarray(np.abs(self.eigenvalues).min(axis=1))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of critical points of each index 0 … N−1, (N,)."""
        return np.bincount(self.index, minlength=self.n_spins)


def critical_points(
    glass: SphericalSpinGlass, n_starts: int | None = None, seed: int = 0, *, method: str = "auto"
) -> CriticalPoints:
    """Minima, maxima and saddles of every index of an instance, and whether these are all.

    Parameters
    ----------
    glass : SphericalSpinGlass
        Of float64 with stored couplings.
    n_starts : int, optional
        Starts of the search. Default: 2000 where only a search is possible or asked for, else none.
    seed : int
        64-bit seed of the starts and of the homotopy.
    method : "auto", "algebra" or "search"
        "algebra" finds all complex critical points: for order 2 by the eigenvectors of the couplings, above by
        homotopy continuation (Sommese and Wampler 2005). "search" minimises |P∇H|² from many starts.
        "auto" takes algebra for pure glasses with up to 4096 complex solutions (order 3: N = 12; order 4: N = 7),
        with ``n_starts`` a search besides, and a search for all others.

    Returns
    -------
    CriticalPoints
        A search finds a sample where there are many more points than starts; ``complete`` is then None or False.

    Raises
    ------
    ArgumentError
        Not a glass, a glass of float32 or with generated couplings, n_starts below 1, a mixture or too many
        solutions for "algebra".

    Notes
    -----
    The points are the real solutions of J x^{p−1} = λ x (σ = √N x, H/N = λ/√N in units of the couplings). An
    odd H changes sign with σ, an even one does not: with a point its antipode is a critical point, and both
    are in the result.

    Examples
    --------
    >>> import spinland as sl
    >>> found = sl.critical_points(sl.SphericalSpinGlass(4, 3, seed=1))
    >>> found.complete, found.euler_sum == found.euler_target
    (True, True)
    """
    suitable(glass)
    seed = rng.seed64("seed", seed)
    checks.choice("method", method, METHODS)
    if n_starts is not None:
        n_starts = checks.integer("n_starts", n_starts, minimum=1)
    arguments = {"n_starts": n_starts, "method": method}
    provenance = record_on(glass, "critical_points", arguments, seed=seed)
    with single_threaded():
        solutions = solve([glass], seed)[0] if method != "search" and solvable(glass, method) else None
        if n_starts is None:
            n_starts = DEFAULT_STARTS if solutions is None else 0
        with checks.renamed(n="n_starts"):
            return collect(glass, solutions, n_starts, seed, provenance)


def collect(
    glass: SphericalSpinGlass, solutions: Solutions | None, n_starts: int, seed: int, provenance: Provenance
) -> CriticalPoints:
    """Join what algebra gave and what a search finds, and judge the set."""
    orders = tuple(glass.mixture)
    ends = find_points(glass, n_starts, seed) if n_starts else np.empty((0, glass.n_spins))
    known = np.empty((0, glass.n_spins)) if solutions is None else solutions.points
    candidates = np.concatenate([known, ends])
    lines = len({p % 2 for p in orders}) == 1  # then σ and −σ are critical points together
    first, label, sign = distinct(candidates, lines)
    met, side = label[len(known) :], sign[len(known) :]
    points = candidates[first]
    n_found = np.bincount(met[side > 0], minlength=len(first))
    if lines:
        points = np.concatenate([points, -points])
        n_found = np.concatenate([n_found, np.bincount(met[side < 0], minlength=len(first))])
    here = spectra(glass, points)
    order = np.argsort(here.energy, kind="stable")
    index = np.sum(here.eigenvalues < 0, axis=1)[order]
    size = np.abs(here.eigenvalues)
    n_degenerate = int(np.sum(size.min(axis=1) <= DEGENERATE * size.max(initial=0.0)))
    necessary = conditions(index, glass.n_spins, orders)
    seen = saturation(met) if n_starts else None
    complete, evidence = verdict(solutions, len(first) - len(known), necessary, n_degenerate, seen)
    return CriticalPoints(
        points=points[order],
        energy=here.energy[order],
        index=index,
        residual=here.residual[order],
        eigenvalues=here.eigenvalues[order],
        n_found=n_found[order],
        n_starts=n_starts,
        n_converged=len(ends),
        n_complex=None if solutions is None else solutions.n_complex,
        complete=complete,
        evidence=evidence,
        euler_sum=necessary.euler_sum,
        euler_target=necessary.euler_target,
        bound=necessary.bound,
        unseen=float("nan") if seen is None else seen.unseen,
        n_degenerate=n_degenerate,
        order=orders,
        provenance=provenance,
    )


def suitable(glass: SphericalSpinGlass) -> None:
    """Refuse what has no critical points that could be resolved."""
    if not isinstance(glass, SphericalSpinGlass):
        raise ArgumentError(
            "glass",
            "a SphericalSpinGlass; the flat directions of a network leave it no isolated critical points",
            type(glass).__name__,
        )
    if glass.dtype != np.float64:
        raise ArgumentError("glass", "a glass of dtype float64, to tell critical points apart", str(glass.dtype))
    if glass.generated:
        raise ArgumentError(
            "glass", "stored couplings (generated=False): they are read thousands of times", "generated couplings"
        )
    values, slopes = glass.value_and_gradient(glass.random_points(4))
    if np.abs(slopes).max() * np.sqrt(glass.n_spins) <= 1e-12 * np.abs(values).max():
        raise ArgumentError("glass", "an energy that varies on the sphere", "a constant: every point is critical")
