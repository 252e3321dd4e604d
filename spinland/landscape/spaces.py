"""How one moves in flat space and on a sphere: what probes and dynamics ask of a geometry.

Both classes offer the same. Arguments are arrays that the callers have checked, points and vectors by rows.
Coordinates in flat space are lengths; on a sphere they are angles, and straight lines are great circles.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ArgumentError
from . import arcs

OFF_SPHERE = {np.dtype(np.float64): 1e-5, np.dtype(np.float32): 1e-3}
"""How far |w|²/R² of a point may be off 1, by float type, and still count as on the sphere."""


class FlatSpace:
    """Flat space, where most has nothing to do."""

    curved = False
    measure = "distance"
    unit_label = ""

    def refuse_off(self, name: str, points: NDArray[Any], dtype: DTypeLike) -> None:
        """Nothing: every point lies in flat space."""

    def on(self, name: str, points: NDArray[Any], *, together: bool = False) -> NDArray[Any]:
        """The points as they are."""
        return points

    def radii(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Norms (B,) of points (B, dim)."""
        return norms(points)

    def scaled(self, points: NDArray[Any], radii: NDArray[np.float64]) -> NDArray[Any]:
        """A copy of the points, which may be worked in."""
        return points.copy()

    def tangent(self, points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
        """The vectors as they are."""
        return vectors

    def bend(self, points: NDArray[Any], gradients: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any] | float:
        """What the space adds to a Hessian times vectors: nothing."""
        return 0.0

    def unit(self, point: NDArray[Any]) -> float:
        """Length of a step of coordinate 1."""
        return 1.0

    def directions(self, origin: NDArray[Any], directions: NDArray[Any]) -> NDArray[Any]:
        """The directions as they are."""
        return directions

    def frame(self, origin: NDArray[Any], directions: NDArray[Any]) -> NDArray[Any]:
        """The directions as they are."""
        return directions

    def moved(self, origin: NDArray[Any], steps: NDArray[Any]) -> NDArray[Any]:
        """A point (dim,) after each of the steps (n, dim)."""
        return np.asarray(origin + steps)

    def chart(self, origin: NDArray[Any], points: NDArray[Any], name: str) -> NDArray[Any]:
        """The points (m, dim) as they are."""
        return points

    def family(
        self, origin: NDArray[Any], directions: NDArray[Any], coordinates: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
        """Origin, vectors and coefficients of the points origin + Σ c_k directions_k: as they came."""
        return origin, directions, coordinates


class SphericalSpace:
    """The sphere |w| = R about the origin; without a radius, that through each point."""

    curved = True
    measure = "angle"
    unit_label = " (rad)"

    def __init__(self, radius: float | None):
        self.radius = None if radius is None else float(radius)

    def refuse_off(self, name: str, points: NDArray[Any], dtype: DTypeLike) -> None:
        """Refuse points (..., dim) that are off the sphere by more than rounding in a float type.

        Raises
        ------
        ArgumentError
            There is such a point, or the centre of the sphere. ``name`` is the argument's.
        """
        self._refuse(name, _squares(points), self.radius, dtype)

    def on(self, name: str, points: NDArray[Any], *, together: bool = False) -> NDArray[Any]:
        """Points (..., dim) brought exactly onto the sphere; ``together``: onto that through the first of them.

        Raises
        ------
        ArgumentError
            A point off the sphere by more than rounding in its float type, or the centre.
        """
        squares, radius = _squares(points), self.radius
        if radius is None and together:
            radius = float(np.sqrt(squares.flat[0]))
        self._refuse(name, squares, radius, points.dtype)
        return points if radius is None else self.scaled(points, np.asarray(radius))

    def radii(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Radii (B,) of the spheres of points (B, dim): the sphere's own, or their norms."""
        return norms(points) if self.radius is None else np.full(len(points), self.radius)

    def scaled(self, points: NDArray[Any], radii: NDArray[np.float64]) -> NDArray[Any]:
        """Points (..., dim) brought to radii (...)."""
        return np.asarray(points * (radii / norms(points))[..., None], dtype=points.dtype)

    def tangent(self, points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
        """Parts of vectors (..., dim) orthogonal to the points (..., dim)."""
        return vectors - _shares(points, vectors) * points

    def bend(self, points: NDArray[Any], gradients: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any] | float:
        """What the sphere adds to a Hessian times tangent vectors (B, dim): −(x·∇f/|x|²) v.

        The Hessian on the sphere is P(∇²f − x·∇f/|x|²)P, with P for `tangent`; f is a function of flat space, and
        a gradient that is tangential already has nothing to add.
        """
        return np.asarray(-(_shares(points, gradients) * vectors))

    def unit(self, point: NDArray[Any]) -> float:
        """Length of a step of coordinate 1 at a point (dim,): of one radian."""
        return float(norms(point)) if self.radius is None else self.radius

    def directions(self, origin: NDArray[Any], directions: NDArray[Any]) -> NDArray[np.float64]:
        """Parts of directions (K, dim) along the sphere at a point (dim,).

        Raises
        ------
        ArgumentError
            A direction that goes along the radius.
        """
        return arcs.tangents(origin, directions)

    def frame(self, origin: NDArray[Any], directions: NDArray[Any]) -> NDArray[np.float64]:
        """The same, made orthonormal one after the other."""
        return arcs.orthonormal(arcs.tangents(origin, directions))

    def moved(self, origin: NDArray[Any], steps: NDArray[Any]) -> NDArray[np.float64]:
        """A point (dim,) of the sphere after each of the steps (n, dim), which are taken along great circles."""
        origins = np.broadcast_to(origin, steps.shape)
        along = self.tangent(origins, steps)
        size = float(self.radii(origin[None])[0])
        lengths = np.linalg.norm(along, axis=1, keepdims=True)
        angle = lengths / size
        return np.asarray(np.cos(angle) * origins + size * np.sin(angle) * along / np.where(lengths > 0, lengths, 1.0))

    def chart(self, origin: NDArray[Any], points: NDArray[Any], name: str) -> NDArray[np.float64]:
        """Tangent vectors (m, dim) that lead from a point to points (m, dim), as long as the angle.

        Raises
        ------
        ArgumentError
            A point opposite to the origin.
        """
        return arcs.logarithms(origin, points, name)

    def family(
        self, origin: NDArray[Any], directions: NDArray[Any], coordinates: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
        """Origin, vectors and coefficients of the points exp(Σ c_k directions_k), for coordinates (P, K).

        The directions are tangent at the origin, a point of the sphere; the origin that is returned is the centre.
        """
        radius = float(np.linalg.norm(origin.astype(np.float64)))
        return (np.zeros_like(origin), *arcs.exponential_family(origin, directions, coordinates, radius))

    def _refuse(self, name: str, squares: NDArray[np.float64], radius: float | None, dtype: DTypeLike) -> None:
        if not np.all(squares > 0):
            raise ArgumentError(name, "points other than the centre of the sphere", "the zero vector")
        if radius is not None:
            refuse_ratios(name, squares / radius**2, radius, dtype)


Space: TypeAlias = FlatSpace | SphericalSpace


def norms(points: NDArray[Any]) -> NDArray[np.float64]:
    """|w| of points (..., dim) in float64; each depends on its own row alone, bit by bit."""
    return np.asarray(np.sqrt(_squares(points)))


def refuse_ratios(name: str, ratios: NDArray[np.float64], radius: float, dtype: DTypeLike) -> None:
    """Refuse points whose |w|²/R², given in any shape, is off 1 by more than rounding in a float type.

    Raises
    ------
    ArgumentError
        There is such a point. ``radius`` is told.
    """
    off = np.abs(ratios - 1)
    if off.size and off.max() > OFF_SPHERE[np.dtype(dtype)]:
        raise ArgumentError(
            name,
            f"points on the sphere of radius {radius:g}; landscape.geometry.retract brings them there",
            f"|w|²/R² = {ratios.flat[off.argmax()]:.7g}",
        )


def _squares(points: NDArray[Any]) -> NDArray[np.float64]:
    wide = points.astype(np.float64, copy=False)
    return np.asarray(np.sum(wide * wide, axis=-1))


def _shares(points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
    """x·v/|x|² of rows, (..., 1)."""
    return np.asarray(
        np.sum(points * vectors, axis=-1, keepdims=True) / np.sum(points * points, axis=-1, keepdims=True)
    )
