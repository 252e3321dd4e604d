"""Where points live: flat space with its groups of coordinates, or a sphere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import real
from ..errors import ArgumentError

OFF_SPHERE = {np.dtype(np.float64): 1e-5, np.dtype(np.float32): 1e-3}
"""How far |w|²/R² of a point may be off 1, by float type, and still count as on the sphere."""


@dataclass(frozen=True, eq=False)
class Euclidean:
    """Flat parameter space.

    Attributes
    ----------
    filters : tuple of index arrays
        Groups of coordinates that are normalised together ("filters": the incoming weights and the bias
        of one neuron). Empty: the whole vector is one group.
    layers : tuple of index arrays
        The same, a layer at a time.
    """

    filters: tuple[NDArray[np.int64], ...] = field(default=(), repr=False)
    layers: tuple[NDArray[np.int64], ...] = field(default=(), repr=False)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What distinguishes this space from others, for a fingerprint: its groups."""
        counts = np.array([len(self.filters), len(self.layers)])
        return (np.asarray("euclidean"), counts, *map(np.asarray, (*self.filters, *self.layers)))

    def retract(self, points: NDArray[Any]) -> NDArray[Any]:
        """Return the points unchanged: every vector lies in flat space."""
        return points

    def tangent(self, points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
        """Return the vectors unchanged: every vector is tangent."""
        return vectors


@dataclass(frozen=True)
class Sphere:
    """Sphere |w| = radius about the origin.

    Attributes
    ----------
    radius : float or None
        None: the sphere through whatever point is given.
    """

    radius: float | None = None

    def __post_init__(self) -> None:
        if self.radius is not None:
            real("radius", self.radius, above=0)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What distinguishes this space from others, for a fingerprint: its radius, NaN for any."""
        return np.asarray("sphere"), np.asarray(np.nan if self.radius is None else float(self.radius))

    def retract(self, points: NDArray[Any], radius: float | NDArray[Any] | None = None) -> NDArray[Any]:
        """Scale points (..., dim) back to the sphere.

        Raises
        ------
        ArgumentError
            No radius is known, or a point is the origin.
        """
        target = self.radius if radius is None else radius
        if target is None:
            raise ArgumentError("radius", "a radius, here or of the sphere")
        norm = np.linalg.norm(np.asarray(points, np.float64), axis=-1, keepdims=True)
        if not np.all(norm > 0):
            raise ArgumentError("points", "points other than the origin of the sphere")
        return np.asarray(points * (np.asarray(target)[..., None] / norm), dtype=points.dtype)

    def tangent(self, points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
        """Part of the vectors (..., dim) orthogonal to the points (..., dim)."""
        along = np.sum(points * vectors, axis=-1, keepdims=True) / np.sum(
            points * points, axis=-1, keepdims=True
        )
        return np.asarray(vectors - along * points)
