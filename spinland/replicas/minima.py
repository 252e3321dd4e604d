"""Minima of a spherical glass: to a glass what an ensemble of trained replicas is to a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..dynamics.distinct import distinct
from ..dynamics.minimizer import minimize
from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from ..provenance import record_on
from ..results import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class MinimaEnsemble(Result):
    """Minima of one instance, found from random starts; ``hierarchy`` and its kin take it as they take an Ensemble.

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

        Two descents have found one minimum where they end within 1e-6 of the radius of each other in float64,
        1e-2 in float32.

        A minimum found twice is an ultrametric pair by construction: trees and triangles are of
        ``params[distinct]``.
        """
        return distinct(self.params, self.symmetric)[0]


def glass_minima(
    glass: SphericalSpinGlass, n: int, seed: int = 0, *, tolerance: float = 1e-10, max_steps: int = 500
) -> MinimaEnsemble:
    """Descend from random points of the sphere to minima of a spherical glass, as `minimize` does.

    Parameters
    ----------
    glass : SphericalSpinGlass
        The instance.
    n : int
        Number of starts. Start i is ``glass.random_points(n, seed)[i]``, a function of (seed, i).
    seed : int
        64-bit seed of the starts.
    tolerance : float
        |∇H|/√N below which a descent is at its end. In float32 rounding may end it before.
    max_steps : int
        Newton steps after which descents end where they are; ``gradient_norms`` tells.

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
    found = minimize(glass, starts, tolerance, max_steps)
    arguments = {"n": n, "tolerance": tolerance, "max_steps": max_steps, "order": glass.order}
    return MinimaEnsemble(
        params=found.points,
        initial=starts,
        values=found.values,
        gradient_norms=found.gradient_norms,
        symmetric=glass.symmetric,
        provenance=record_on(glass, "glass_minima", arguments, seed=seed),
    )
