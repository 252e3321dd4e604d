"""Minima of a spherical glass: to a glass what an ensemble of trained replicas is to a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from ..progress import track
from ..provenance import record
from ..results import Result
from .gram import overlaps

_FIRST_STEP = 0.05  # of the descent, in the time of dσ/dt = −∇H
_LONGEST_STEP = 2.0
_SAME = 1 - 1e-4  # overlap above which two descents have found one minimum


@dataclass(frozen=True, eq=False, kw_only=True)
class MinimaEnsemble(Result):
    """Minima of one instance, found from random starts; ``hierarchy(minima)`` and its kin take it as they take an Ensemble.

    Attributes
    ----------
    params : (R, N) array
        The minima, one for each start: deep ones of small instances occur more than once.
    initial : (R, N) array
        Where the descents started, uniform on the sphere.
    values : (R,) float64
        Energies per spin, in the convention of :class:`SphericalSpinGlass`.
    gradient_norms : (R,) float64
        |∇H|/√N on the sphere; 0 at a stationary point, O(1) at a random one.
    symmetric : bool
        Whether H(−σ) = H(σ), all orders being even: then overlaps mean something up to their sign, and
        ``overlaps(minima, unsigned=True)``, ``pair_statistics(minima, unsigned=True)`` and
        ``hierarchy(minima, metric="projective")`` are what to look at.
    """

    params: NDArray[Any]
    initial: NDArray[Any]
    values: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    symmetric: bool

    @property
    def distinct(self) -> NDArray[np.int64]:
        """Numbers (D,) of the minima that no earlier start had found, ±σ being one where ``symmetric``.

        A minimum found twice is an ultrametric pair by construction: trees and triangles are of
        ``params[distinct]``.
        """
        q = overlaps(self.params, unsigned=self.symmetric) if len(self.params) > 1 else np.ones((1, 1))
        return np.flatnonzero(~np.any(np.tril(q > _SAME, -1), axis=1))


def glass_minima(
    glass: SphericalSpinGlass, n: int, seed: int = 0, *, tolerance: float = 1e-7, max_steps: int = 5000
) -> MinimaEnsemble:
    """Descend from random points of the sphere to minima of a spherical glass.

    Parameters
    ----------
    glass : SphericalSpinGlass
        The instance.
    n : int
        Number of starts. Start i is ``glass.random_points(n, seed)[i]``, a function of (seed, i).
    seed : int
        64-bit seed of the starts.
    tolerance : float
        Largest |∇H|/√N at which a descent is at its end.
    max_steps : int
        Steps after which descents end where they are; ``gradient_norms`` tells.

    Returns
    -------
    MinimaEnsemble

    Raises
    ------
    ArgumentError
        Not a glass, no starts, a tolerance that is not positive.

    Examples
    --------
    >>> import spinland as sl
    >>> minima = sl.glass_minima(sl.SphericalSpinGlass(20, 3, seed=1), n=5)
    >>> minima.params.shape
    (5, 20)
    """
    if not isinstance(glass, SphericalSpinGlass):
        raise ArgumentError("glass", "a SphericalSpinGlass", glass)
    n = checks.integer("n", n, minimum=1, maximum=2**32 - 1)
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_steps = checks.integer("max_steps", max_steps, minimum=1)
    starts = glass.random_points(n, seed)
    points = _descend(glass, starts, tolerance, max_steps)
    values, gradients = glass.value_and_gradient(points)
    arguments = {"n": n, "tolerance": tolerance, "max_steps": max_steps, "order": glass.order}
    return MinimaEnsemble(
        params=points, initial=starts, values=np.asarray(values), gradient_norms=_force(glass, gradients),
        symmetric=all(p % 2 == 0 for p in glass.mixture),
        provenance=record(
            "glass_minima", arguments, seed=seed, data=glass.fingerprint, device=glass.device, dtype=glass.dtype
        ),
    )  # fmt: skip


def _force(glass: SphericalSpinGlass, gradients: NDArray[Any]) -> NDArray[np.float64]:
    """|∇H|/√N (B,) from gradients of the value."""
    return np.asarray(np.linalg.norm(gradients.astype(np.float64), axis=1) * np.sqrt(glass.dim))


def _descend(
    glass: SphericalSpinGlass, starts: NDArray[Any], tolerance: float, max_steps: int
) -> NDArray[Any]:
    """Barzilai and Borwein's steps (IMA J. Numer. Anal. 8, 141, 1988), each point with its own, on the sphere."""
    points, active = starts.copy(), np.arange(len(starts))
    gradients = glass.gradient(points) * glass.dim
    steps = np.full(len(starts), _FIRST_STEP)
    with track(max_steps, "descent") as advance:
        for _ in range(max_steps):
            force = np.linalg.norm(gradients[active].astype(np.float64), axis=1) / np.sqrt(glass.dim)
            active = active[force > tolerance]
            if not len(active):
                break
            here, slope = points[active], gradients[active]
            there = glass.geometry.retract(here - (steps[active, None] * slope).astype(glass.dtype))
            after = glass.gradient(there) * glass.dim
            moved, bent = there - here, after - glass.geometry.tangent(there, slope)
            curved = np.sum(moved * bent, axis=1)
            ratio = np.sum(moved * moved, axis=1) / np.where(curved > 0, curved, 1.0)
            steps[active] = np.where(curved > 0, np.minimum(ratio, _LONGEST_STEP), 2 * _FIRST_STEP)
            points[active], gradients[active] = there, after
            advance()
    return points
