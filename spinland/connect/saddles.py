"""Saddles: from a point near one to where the gradient is zero, and how many ways lead down from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..landscape.protocol import Landscape
from ..probes.inputs import a_landscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .hessians import Bend, bend, refuse_large

Array = NDArray[np.float64]

_SOFT = 1e-3  # share of the largest eigenvalue up to which a flatter direction has a longer step


@dataclass(frozen=True, eq=False, kw_only=True)
class Saddle(Measured):
    """A stationary point.

    Attributes
    ----------
    point : array (dim,)
        Where it is.
    value : float
        Value there.
    index : int
        Negative eigenvalues of the Hessian, on a sphere of the Hessian on the sphere: 1 for a transition state, 0 for
        a minimum. Those below 1e-8 of the largest count as zero.
    n_zero : int
        How many of these there are: flat directions, such as those of a symmetry.
    residual : float
        Gradient norm |∇L|; |P∇H|/√N of a glass.
    eigenvalues : array (K,)
        Of the Hessian of H = extent · value, rising; K is dim, or dim − 1 on a sphere.
    direction : array (dim,)
        Eigenvector of the lowest of them, of length 1.
    converged : bool
        Whether the residual is below the tolerance.
    n_iterations : int
        Steps taken.
    """

    point: Array
    value: float
    index: int
    n_zero: int
    residual: float
    eigenvalues: Array
    direction: Array
    converged: bool
    n_iterations: int


def saddle(
    landscape: Landscape, point: ArrayLike, *, index: int = 1, tolerance: float = 1e-8, max_iterations: int = 300
) -> Saddle:
    """Search the stationary point near ``point`` by eigenvector following, with the exact Hessian.

    Up along the ``index`` lowest eigenvectors and down along the others (C. J. Cerjan and W. H. Miller, J. Chem. Phys.
    75, 2800, 1981), within a trust radius; with a Hessian of that index this is Newton's step, which converges
    quadratically. Where it starts in a region of another index it may end elsewhere: ``Saddle.index`` is that of the
    point which was found.

    Parameters
    ----------
    landscape : Landscape
        Of float64 and at most 3000 coordinates.
    point : array (dim,)
        Where to start, such as the highest image of an elastic band.
    index : int
        How many directions to go up along.
    tolerance : float
        Gradient norm (`Saddle.residual`) at which to stop.
    max_iterations : int
        Steps at most.

    Returns
    -------
    Saddle

    Raises
    ------
    ArgumentError
        float32, too many coordinates, a point of another length or off the sphere.
    """
    a_landscape(landscape)
    refuse_large("landscape", landscape)
    start = np.array(checks.float_array("point", point, shape=(landscape.dim,)))
    checks.squarable("point", start, landscape.dim)
    space = landscape.geometry.space
    index = checks.integer("index", index, minimum=0, maximum=landscape.dim - int(space.curved))
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=0)
    space.refuse_off("point", start, landscape.dtype)
    at, here, steps = _search(landscape, start, index, tolerance, max_iterations)
    arguments = {"point": start, "index": index, "tolerance": tolerance, "max_iterations": max_iterations}
    return Saddle(
        point=at,
        value=here.value,
        index=here.index,
        n_zero=here.n_zero,
        residual=here.residual,
        eigenvalues=here.eigenvalues,
        direction=np.ascontiguousarray(here.vectors[:, 0]),
        converged=here.residual < tolerance,
        n_iterations=steps,
        **quantity_of(landscape),
        provenance=record_on(landscape, "saddle", arguments),
    )


def _search(
    landscape: Landscape, start: Array, index: int, tolerance: float, max_iterations: int
) -> tuple[Array, Bend, int]:
    """The point with the smallest gradient that was met on the way, what is there, and the steps."""
    space = landscape.geometry.space
    radii = space.radii(start[None])
    at = space.scaled(start[None], radii)[0]
    scale = float(radii[0]) if space.curved else max(1.0, float(np.linalg.norm(at)))
    trust, here = 0.1 * scale, bend(landscape, at)
    best, found, taken = at, here, 0
    while taken < max_iterations and found.residual >= tolerance and trust > 1e-14 * scale:
        step = _step(here, index)
        length = float(np.linalg.norm(step))
        if length == 0:
            break
        to = space.scaled((at + step * min(1.0, trust / length))[None], radii)[0]
        there = bend(landscape, to)
        taken += 1
        if not np.isfinite(there.residual) or there.residual > 2 * here.residual:
            trust = 0.25 * min(trust, length)
            continue
        if there.residual < 0.5 * here.residual:
            trust = min(2 * trust, 0.3 * scale)
        elif there.residual > here.residual:
            trust *= 0.7
        at, here = to, there
        if here.residual < found.residual:
            best, found = at, here
    return best, found, taken


def _step(here: Bend, index: int) -> Array:
    """Up along the lowest eigenvectors, down along the others; along flat directions as if they were a little bent."""
    sign = np.where(np.arange(len(here.eigenvalues)) < index, -1.0, 1.0)
    size = np.abs(here.eigenvalues)
    # Near a point of the right index the step is Newton's, whatever the eigenvalues, but along those that are zero.
    floor = here.zero if here.index == index else _SOFT * size.max(initial=0.0)
    factors = np.where(size > here.zero, 1 / np.maximum(size, max(floor, 1e-300)), 0.0)
    return np.asarray(-(here.vectors @ (sign * factors * here.slopes)))
