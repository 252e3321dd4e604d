"""Planes through a landscape: random, through three points, along a trajectory.

In flat space a point of a plane is origin + a d1 + b d2. On a sphere it is where the great circle from the
origin in the tangent direction a d1 + b d2 arrives, at the angle |a d1 + b d2|/R: (a, b) are geodesic normal
coordinates about the origin (the azimuthal equidistant projection of cartographers). All such points lie in the
span of origin, d1 and d2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..landscape.protocol import Landscape
from ..provenance import record_on
from ..quantities import Measured
from .components import principal_components
from .directions import random_directions
from .frames import axes_around, coordinates, grid_values, spherical_triangle, triangle
from .inputs import a_landscape


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane(Measured):
    """A landscape on a plane: ``values[i, j]`` belongs to ``a[i]`` and ``b[j]``.

    Attributes
    ----------
    a, b : array (na,), (nb,)
        Coordinates along the two directions.
    values, accuracy : array (na, nb)
        Value and accuracy. Accuracy is NaN where it has no meaning.
    points : array (n, 2) or None
        Coordinates of points with a name.
    point_labels : tuple of str
        Their names.
    path : array (m, 2) or None
        A trajectory, projected on the plane.
    path_values : array (m,) or None
        Values at the trajectory's own points, which lie off the plane.
    explained : array (2,) or None
        Share of the trajectory's variance along each direction.
    a_label, b_label : str
        Names of the directions.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "a": ("a",),
        "b": ("b",),
        "values": ("a", "b"),
        "accuracy": ("a", "b"),
    }

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    points: NDArray[np.float64] | None = None
    point_labels: tuple[str, ...] = ()
    path: NDArray[np.float64] | None = None
    path_values: NDArray[np.float64] | None = None
    explained: NDArray[np.float64] | None = None
    a_label: str = ""
    b_label: str = ""


def plane(
    landscape: Landscape,
    origin: ArrayLike,
    directions: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    executor: Executor | None = None,
) -> Plane:
    """Evaluate a landscape on a grid of origin + a direction_0 + b direction_1.

    Parameters
    ----------
    landscape : Landscape
        Any landscape. On a sphere the points are those of the great circles that leave the origin along
        a direction_0 + b direction_1, so that they stay on it.
    origin : array (dim,)
        Where both coordinates are zero.
    directions : array (2, dim)
        Taken as they are: neither scaled nor made orthogonal. On a sphere only their tangent part counts;
        with the length of the radius, as :func:`random_directions` makes them, coordinates are angles in
        radians, with unit length they are lengths of arc.
    a, b : array (na,), (nb,)
        Coordinates along the two directions.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Plane
        Values (na, nb).

    Raises
    ------
    ArgumentError
        Another shape, numbers that are not finite, an empty axis; on a sphere a point off it, or a direction
        along the radius.

    Examples
    --------
    >>> import spinland as sl
    >>> saddle = sl.FunctionLandscape(lambda w: w[:, 0] ** 2 - w[:, 1], dim=2)
    >>> sl.plane(saddle, [0, 0], [[1, 0], [0, 1]], a=[0, 1, 2], b=[0, 1]).values
    array([[ 0., -1.],
           [ 1.,  0.],
           [ 4.,  3.]])
    """
    a_landscape(landscape)
    at = checks.float_array("origin", origin, dtype=landscape.dtype, shape=(landscape.dim,))
    checks.squarable("origin", at, landscape.dim)
    along = checks.float_array("directions", directions, dtype=landscape.dtype, shape=(2, landscape.dim))
    a_axis, b_axis = coordinates("a", a), coordinates("b", b)
    made = record_on(landscape, "plane", {"origin": at, "directions": along, "a": a_axis, "b": b_axis})
    at = landscape.geometry.space.on("origin", at)
    along = landscape.geometry.space.directions(at, along)
    return Plane(**grid_values(landscape, at, along, a_axis, b_axis, executor), provenance=made)


def random_plane(
    landscape: Landscape,
    origin: ArrayLike,
    seed: int = 0,
    *,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    normalize: str | None = "auto",
    executor: Executor | None = None,
) -> Plane:
    """Evaluate a landscape on the plane of two random directions about a point.

    Li et al., "Visualizing the loss landscape of neural nets" (arXiv:1712.09913).

    Parameters
    ----------
    landscape, origin, seed, normalize
        As in :func:`random_directions`.
    a, b : array (na,), (nb,), optional
        Coordinates in units of the directions; 41 from -1 to 1 by default. On a sphere the directions are
        tangent and orthogonal, and the unit is one radian.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.
    """
    a_landscape(landscape)
    at = checks.float_array("origin", origin, dtype=landscape.dtype, shape=(landscape.dim,))
    checks.squarable("origin", at, landscape.dim)
    a_axis = coordinates("a", np.linspace(-1, 1, 41) if a is None else a)
    b_axis = coordinates("b", np.linspace(-1, 1, 41) if b is None else b)
    along = random_directions(landscape, at, 2, seed, normalize)
    arguments = {"origin": at, "a": a_axis, "b": b_axis, "normalize": normalize}
    space = landscape.geometry.space
    at = space.on("origin", at)
    along = space.unit(at) * space.frame(at, along)
    return Plane(
        **grid_values(landscape, at, along, a_axis, b_axis, executor),
        points=np.zeros((1, 2)),
        point_labels=("origin",),
        a_label="random direction 1" + space.unit_label,
        b_label="random direction 2" + space.unit_label,
        provenance=record_on(landscape, "random_plane", arguments, seed=seed),
    )


def plane_through(
    landscape: Landscape,
    three: ArrayLike,
    n: int | Sequence[int] = 41,
    margin: float = 0.5,
    labels: Sequence[str] = ("1", "2", "3"),
    *,
    executor: Executor | None = None,
) -> Plane:
    """Evaluate a landscape on the plane through three points.

    The axes are orthonormal, so that distances in the picture are distances in the space: the first goes from
    the first point to the second (Garipov et al., "Loss surfaces, mode connectivity, and fast ensembling of DNNs",
    arXiv:1802.10026). The first point is where both coordinates are zero.

    On a sphere the picture is the part of it in the span of the three points, seen from their normalised mean,
    where both coordinates are zero: distances from there are true angles, in radians, and the first axis is
    parallel to the way from the first point to the second. Three points at right angles, such as minima
    of a glass, stand at 0.955 rad.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    three : array (3, dim)
        The points, not on one line.
    n : int or (int, int)
        Grid points along both axes, or along each.
    margin : float
        How far the grid goes beyond the points on every side, as a share of the longer side of the box that holds
        them. Basins are about as large in all directions and reach beyond the solutions in them: half of the
        longer side shows them whole, even where one solution is nearly between the two others.
    labels : three str
        Names of the points.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Plane
        With ``points`` (3, 2) and their names.

    Raises
    ------
    ArgumentError
        Other shapes, or points on one line; on a sphere points off it, on one great circle or with mean zero.
    """
    a_landscape(landscape)
    corners = checks.float_array("three", three, dtype=landscape.dtype, shape=(3, landscape.dim))
    checks.squarable("three", corners, landscape.dim)
    names = tuple(str(label) for label in checks.listing("labels", labels, "three names"))
    if len(names) != 3:
        raise ArgumentError("labels", "three names", f"{len(names)}")
    arguments = {"three": corners, "n": n, "margin": margin}
    space = landscape.geometry.space
    corners = space.on("three", corners, together=True)
    if space.curved:
        origin, along, points = spherical_triangle(space, corners)
    else:
        origin = corners[0]
        along, points = triangle(corners.astype(np.float64))
    a_axis, b_axis = axes_around(points, n, margin, equal=True)
    return Plane(
        **grid_values(landscape, origin, along, a_axis, b_axis, executor),
        points=points,
        point_labels=names,
        a_label=f"{space.measure} along {names[0]} to {names[1]}{space.unit_label}",
        b_label=f"{space.measure} across{space.unit_label}",
        provenance=record_on(landscape, "plane_through", arguments),
    )


def trajectory_plane(
    landscape: Landscape,
    trajectory: Any,
    n: int | Sequence[int] = 41,
    margin: float = 0.25,
    *,
    replica: int = 0,
    executor: Executor | None = None,
) -> Plane:
    """Evaluate a landscape on the plane in which a trajectory moves most, through its last point.

    The directions are the first two principal components of the trajectory's points less the last one
    (Li et al., arXiv:1712.09913, section 7), of unit length: coordinates are distances. On a sphere the points
    are replaced by their logarithms at the last one, the tangent vectors that lead to them along great
    circles (principal geodesic analysis; Fletcher et al., IEEE Trans. Med. Imaging 23, 995, 2004), and
    coordinates are angles in radians.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    trajectory : array (m, dim), or Ensemble
        At least three points, not all on one line; or an ensemble that was trained with ``snapshots``.
    n : int or (int, int)
        As in :func:`plane_through`.
    margin : float
        How far the grid goes beyond the points, as a share of their extent along each axis.
    replica : int
        Place of the replica in an ensemble whose snapshots are taken.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Plane
        With the projected ``path`` (m, 2), the values at its true points and the ``explained`` variance.

    Raises
    ------
    ArgumentError
        Fewer than three points, or all on one line; on a sphere points off it or opposite to the last.
    """
    a_landscape(landscape)
    if hasattr(trajectory, "snapshots"):
        trajectory = _snapshots(trajectory, replica)
    steps = checks.float_array("trajectory", trajectory, dtype=landscape.dtype, shape=(None, landscape.dim))
    checks.squarable("trajectory", steps, steps.size)
    if len(steps) < 3:
        raise ArgumentError("trajectory", "at least three points", f"{len(steps)}")
    arguments = {"trajectory": steps, "n": n, "margin": margin}
    space = landscape.geometry.space
    steps = space.on("trajectory", steps, together=True)
    moved = space.chart(steps[-1], steps, "trajectory")
    along, explained, rank = principal_components(moved, 2)
    if rank < 2:
        raise ArgumentError("trajectory", "points that are not all on one line")
    path = np.stack([along @ (step.astype(np.float64) - moved[-1]) for step in moved])
    a_axis, b_axis = axes_around(path, n, margin)
    return Plane(
        **grid_values(landscape, steps[-1], space.unit(steps[0]) * along, a_axis, b_axis, executor),
        path=path,
        path_values=np.array([landscape.value(step) for step in steps]),
        explained=explained,
        a_label="principal component 1" + space.unit_label,
        b_label="principal component 2" + space.unit_label,
        provenance=record_on(landscape, "trajectory_plane", arguments),
    )


def _snapshots(ensemble: Any, replica: int) -> NDArray[Any]:
    """Points (m, dim) that a replica of an ensemble went through."""
    if ensemble.snapshots is None:
        raise ArgumentError("trajectory", "an ensemble with snapshots, as train(..., snapshots=True) keeps them")
    last = len(ensemble.snapshots) - 1
    return np.asarray(ensemble.snapshots[checks.integer("replica", replica, minimum=0, maximum=last)])
