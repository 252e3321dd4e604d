"""Frames of planes: axes and the values on their grid, directions and coordinates of three points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..landscape.protocol import Landscape
from ..landscape.spaces import Space
from ..quantities import quantity_of
from .scan import scan_over

_COLLINEAR = 1e-6  # height of a triangle over its longest side below which it counts as flat


def coordinates(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Coordinates along an axis, a copy."""
    given = checks.float_array(name, value, shape=(None,)).copy()
    if given.size == 0:
        raise ArgumentError(name, "at least one number", "none")
    return given


def axes_around(
    points: NDArray[np.float64], n: int | Sequence[int], margin: float, *, equal: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two axes that hold all points (m, 2) with a margin about them, of ``equal`` width on all sides or not."""
    margin = checks.real("margin", margin, minimum=0, maximum=1e6)
    words = "one number of grid points or two"
    given = checks.listing("n", n, words) if isinstance(n, (list, tuple, np.ndarray)) else [n, n]
    if len(given) != 2:
        raise ArgumentError("n", words, n)
    sizes = [checks.integer("n", size, minimum=2) for size in given]
    checks.room("n", n, 8 * 8 * sizes[0] * sizes[1])
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    pad = margin * (np.full(2, extent.max()) if equal else extent)
    first, second = (np.linspace(low[k] - pad[k], high[k] + pad[k], sizes[k]) for k in range(2))
    return first, second


def grid_values(
    landscape: Landscape,
    origin: NDArray[Any],
    directions: NDArray[Any],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    executor: Executor | None,
) -> dict[str, Any]:
    """Axes, values and accuracies of the grid, as fields of :class:`~spinland.probes.planes.Plane`."""
    grid = np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1).reshape(-1, 2)
    origin, directions, grid = landscape.geometry.space.family(origin, directions, grid)
    along = directions.astype(landscape.dtype, copy=False)
    values, accuracy = scan_over(landscape, origin, along, grid, executor, "plane")
    shape = (len(a), len(b))
    return {
        "a": a,
        "b": b,
        "values": values.reshape(shape),
        "accuracy": accuracy.reshape(shape),
        **quantity_of(landscape),
    }


def triangle(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Orthonormal basis (2, dim) of the plane of three points, and their coordinates (3, 2)."""
    u, v = corners[1] - corners[0], corners[2] - corners[0]
    longest = max(np.linalg.norm(u), np.linalg.norm(v), np.linalg.norm(v - u))
    base = float(np.linalg.norm(u))
    if base <= _COLLINEAR * longest:
        raise ArgumentError("three", "three points not on one line")
    u = u / base
    foot = float(v @ u)
    v = v - foot * u
    height = float(np.linalg.norm(v))
    if height <= _COLLINEAR * longest:
        raise ArgumentError("three", "three points not on one line")
    return np.stack([u, v / height]), np.array([[0, 0], [base, 0], [foot, height]])


def spherical_triangle(
    space: Space, corners: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
    """Normalised mean (dim,) of three points on a sphere, two directions there (2, dim), their coordinates (3, 2)."""
    radius = space.unit(corners[0])
    mean = corners.astype(np.float64).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length <= _COLLINEAR * radius:
        raise ArgumentError("three", "three points whose mean is not the centre of the sphere")
    centre = (mean * (radius / length)).astype(corners.dtype)
    ways = space.chart(centre, corners, "three")
    try:
        along, flat = triangle(ways)
    except ArgumentError:
        raise ArgumentError("three", "three points not on one great circle") from None
    # flat has its origin at the first point, the picture at the mean.
    return centre, radius * along, flat + along @ ways[0]
