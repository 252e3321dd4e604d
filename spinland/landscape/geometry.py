"""Where points live: flat space with its groups of coordinates, or a sphere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Owner, given
from ..checks import float_array, real
from ..errors import ArgumentError
from .spaces import FlatSpace, SphericalSpace, norms


@dataclass(frozen=True, eq=False)
class Euclidean(Owner):
    """Flat parameter space.

    Attributes
    ----------
    filters : tuple of index arrays
        Groups of coordinates that are normalised together ("filters": the incoming weights and the bias
        of one neuron). Empty: the whole vector is one group.
    layers : tuple of index arrays
        The same, a layer at a time.
    """

    radius: ClassVar[None] = None

    filters: tuple[NDArray[np.int64], ...] = field(default=(), repr=False)
    layers: tuple[NDArray[np.int64], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("filters", "layers"):
            object.__setattr__(self, name, _groups(name, getattr(self, name)))
        super().__post_init__()

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What distinguishes this space from others, for a fingerprint: its groups."""
        counts = np.array([len(self.filters), len(self.layers)])
        return (np.asarray("euclidean"), counts, *map(np.asarray, (*self.filters, *self.layers)))

    def retract(self, points: ArrayLike) -> NDArray[Any]:
        """The points as they are, in an array of its own: every vector lies in flat space."""
        return np.array(_vectors("points", points))

    def tangent(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """The vectors as they are, in an array of its own: every vector is tangent."""
        return np.array(_vectors("vectors", vectors))

    @property
    def space(self) -> FlatSpace:
        """How one moves here."""
        return FlatSpace()


@dataclass(frozen=True)
class Sphere:
    """Sphere |w| = radius about the origin.

    Attributes
    ----------
    radius : float or None
        None: the sphere through whatever point is given.
    """

    filters: ClassVar[tuple[NDArray[np.int64], ...]] = ()
    layers: ClassVar[tuple[NDArray[np.int64], ...]] = ()

    radius: float | None = None

    def __post_init__(self) -> None:
        if self.radius is not None:
            real("radius", self.radius, above=0)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What distinguishes this space from others, for a fingerprint: its radius, NaN for any."""
        return np.asarray("sphere"), np.asarray(np.nan if self.radius is None else float(self.radius))

    def retract(self, points: ArrayLike, radius: ArrayLike | None = None) -> NDArray[Any]:
        """Scale points (..., dim) back to the sphere.

        Raises
        ------
        ArgumentError
            No radius is known, or a point is the origin.
        """
        target = self.radius if radius is None else radius
        if target is None:
            raise ArgumentError("radius", "a radius, here or of the sphere")
        points = _vectors("points", points)
        norm = norms(points)
        if not np.all((norm > 0) & np.isfinite(norm)):
            raise ArgumentError("points", "finite points other than the origin of the sphere")
        lengths = float_array("radius", target)
        if lengths.ndim and lengths.shape != points.shape[:-1]:
            raise ArgumentError("radius", f"a number or shape {points.shape[:-1]}", f"shape {lengths.shape}")
        if not np.all(lengths > 0):
            raise ArgumentError("radius", "radii above 0", float(lengths.min()))
        return self.space.scaled(points, lengths)

    def tangent(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Part of the vectors (..., dim) orthogonal to the points (..., dim)."""
        points, vectors = _vectors("points", points), _vectors("vectors", vectors)
        if points.shape[-1] != vectors.shape[-1] or not _fit(points.shape, vectors.shape):
            raise ArgumentError("vectors", f"vectors at points of shape {points.shape}", f"shape {vectors.shape}")
        return self.space.tangent(points, vectors)

    @property
    def space(self) -> SphericalSpace:
        """How one moves here."""
        return SphericalSpace(self.radius)


Geometry: TypeAlias = Euclidean | Sphere
"""Where points may live."""


def _vectors(name: str, value: ArrayLike) -> NDArray[Any]:
    """Vectors (..., dim) in float32 if they came so, else in float64."""
    dtype = np.float32 if getattr(value, "dtype", None) == np.float32 else np.float64
    array = float_array(name, value, dtype=dtype, finite=False)
    if array.ndim == 0:
        raise ArgumentError(name, "vectors (..., dim)", "one number")
    return array


def _fit(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes can be broadcast together."""
    return all(1 in (a, b) or a == b for a, b in zip(one[::-1], other[::-1], strict=False))


def _groups(name: str, value: Any) -> tuple[NDArray[np.int64], ...]:
    """Groups of coordinates as index vectors."""
    if not isinstance(value, (tuple, list)):
        raise ArgumentError(name, "a tuple of arrays of coordinates", value)
    groups = []
    for i, group in enumerate(value):
        index = given(f"{name}[{i}]", group)
        if index.ndim != 1 or index.dtype.kind not in "iu" or (index.size and index.min() < 0):
            raise ArgumentError(f"{name}[{i}]", "a vector of coordinates of 0 or more", f"{index.dtype} {index.shape}")
        groups.append(index)
    return tuple(groups)
