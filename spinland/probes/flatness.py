"""Flatness of solutions (protocol 4): how much the loss rises at a given relative distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..machines import single_threaded
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics.uncertainty import standard_error
from . import inputs


@dataclass(frozen=True, eq=False, kw_only=True)
class Flatness(Measured):
    """Rise of the loss about points, at equal relative distances.

    Attributes
    ----------
    radii : array (K,)
        Relative distances |δw|/|w|; on a sphere, angles in radians.
    values : array (P,)
        Loss at the points.
    rise, rise_error : array (P, K)
        Mean of L(w + r d) − L(w) over random directions d with |d| = |w|, and its standard error over
        directions (NaN for one direction). The smaller, the flatter. On a sphere w + r d is replaced by
        cos r w + sin r d with tangent d.
    kind : "filter" or "walk"
        How directions are drawn.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "radii": ("radii",),
        "values": ("point",),
        "rise": ("point", "radii"),
        "rise_error": ("point", "radii"),
    }

    radii: NDArray[np.float64]
    values: NDArray[np.float64]
    rise: NDArray[np.float64]
    rise_error: NDArray[np.float64]
    kind: str


def flatness(
    landscape: Landscape,
    points: ArrayLike,
    radii: ArrayLike,
    n_directions: int,
    seed: int = 0,
    kind: str = "filter",
    *,
    executor: Executor | None = None,
) -> Flatness:
    """Mean rise of the loss along random directions, at equal relative distance from each point.

    On a sphere the way leads along great circles, and r is the angle: the overlap with the point is cos r.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    points : array (P, dim) or (dim,)
        Solutions to compare.
    radii : float or array (K,)
        Relative distances r = |δw|/|w|, increasing, not negative.
    n_directions : int
        Random directions for each point. All points get the same Gaussian numbers (common random
        numbers), which takes part of the noise out of comparisons.
    seed : int
        64-bit seed. Direction i is a function of (seed, i) and of the point.
    kind : "filter" or "walk"
        "filter": each filter of d (a neuron's incoming weights and bias) has the norm of that filter of w
        (Li et al., arXiv:1712.09913), so |d| = |w|. The rise is still no property of the function: factors
        exp(g/2), g normal, on the hidden neurons of 64-32-10 change it by 130 to 170 % on average. "walk": d is
        isotropic with |d| = |w|, the displacement of a random walk, since a sum
        of Gaussian steps is one Gaussian displacement. In a landscape without filters both are the same.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Flatness

    Raises
    ------
    ArgumentError
        A point at zero or off the landscape's sphere, radii that are negative or do not increase.

    Examples
    --------
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=2)
    >>> sl.flatness(bowl, [3.0, 4.0], radii=[0, 0.1], n_directions=1000, kind="walk").rise.round(2)
    array([[0.  , 0.13]])
    """
    landscape = inputs.a_landscape(landscape)
    space = landscape.geometry.space
    at = inputs.origins(landscape, points, "points")
    if not np.all(at.any(axis=1)):
        raise ArgumentError("points", "points other than zero: distances are relative", "the zero vector")
    at = space.on("points", at)
    distances = inputs.ascending("radii", radii, minimum=0)
    n_directions = checks.integer("n_directions", n_directions, minimum=1, maximum=2**32 - 1)
    seed = rng.seed64("seed", seed)
    checks.choice("kind", kind, ("filter", "walk"))
    values = np.asarray(landscape.value(at))
    checks.room("n_directions", n_directions, 2 * 8 * n_directions * len(at) * len(distances))
    plan = _Plan(at, values, distances, seed, kind)
    (rises,) = gathered(
        n_directions, over(_rises, landscape, n_directions, executor, plan, description="flatness", ticks=len(at))
    )
    arguments: dict[str, Any] = {"points": at, "radii": distances, "n_directions": n_directions, "kind": kind}
    return Flatness(
        radii=distances,
        values=values,
        rise=rises.mean(axis=0),
        rise_error=standard_error(rises),
        kind=kind,
        **quantity_of(landscape),
        provenance=record_on(landscape, "flatness", arguments, seed=seed),
    )


@dataclass(frozen=True)
class _Plan:
    """Points (P, dim) with their ``values`` (P,), and ``radii`` (K,)."""

    points: NDArray[Any]
    values: NDArray[np.float64]
    radii: NDArray[np.float64]
    seed: int
    kind: str


def _rises(
    landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64]]:
    """Rises (R, P, K) along the directions ``rows``."""
    space = landscape.geometry.space
    group = _filter_numbers(landscape) if plan.kind == "filter" else np.zeros(landscape.dim, np.int64)
    norms = [_norms(point, group) for point in plan.points]
    rises = np.empty((len(rows), len(plan.points), len(plan.radii)))
    for place, i in enumerate(rows):
        numbers = rng.normals(plan.seed, rng.Purpose.FLATNESS, int(i), 0, landscape.dim)
        numbers /= _norms(numbers, group)[group]
        for p, point in enumerate(plan.points):
            direction = numbers * norms[p][group]
            with single_threaded():  # scalar products of long vectors depend on the threads of BLAS
                # On a sphere distances are relative by its radius; in flat space directions have the norms of filters.
                length = float(np.linalg.norm(point.astype(np.float64))) if space.curved else 1.0
                way = length * space.frame(point, direction[None])
                origin, along, coefficients = space.family(point, way, plan.radii[:, None])
            line = landscape.slice(origin, along.astype(landscape.dtype))
            rises[place, p] = line.value(coefficients) - plan.values[p]
            advance()
    return (rises,)


def _filter_numbers(landscape: Landscape) -> NDArray[np.int64]:
    """Number of the filter of each coordinate, (dim,); all zero where there are no filters."""
    group = np.zeros(landscape.dim, np.int64)
    for number, index in enumerate(landscape.geometry.filters):
        group[index] = number
    return group


def _norms(vector: NDArray[Any], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Norm of each group of coordinates."""
    return np.sqrt(np.bincount(group, weights=np.asarray(vector, np.float64) ** 2))
