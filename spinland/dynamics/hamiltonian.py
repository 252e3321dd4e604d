"""A landscape as dynamics sees it: an energy H, its gradient and Hessian, and where the points may go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..landscape.protocol import Landscape

Array = NDArray[np.float64]


def dots(a: Array, b: Array) -> Array:
    """Scalar products of the rows of (B, n) and (B, n); each depends on its own row alone, bit by bit."""
    return np.asarray(np.sum(a * b, axis=1))


def norms(a: Array) -> Array:
    """Euclidean norms (B,) of the rows."""
    return np.asarray(np.sqrt(dots(a, a)))


def _refuse_lost(points: Array) -> None:
    """Refuse points that a gradient of NaN or infinity has led to: the starts were finite.

    Raises
    ------
    ArgumentError
        Names the landscape, which is to blame.
    """
    if not np.isfinite(points).all():
        raise ArgumentError("landscape", "finite values and gradients along the way", "NaN or infinity")


class Hamiltonian:
    """H = extent · value at float64 points, whatever the float type of the landscape.

    A flow is followed in float64 so that small steps are not lost; the landscape rounds the points to its
    own type. Row b of each method depends on row b of its arguments alone.
    """

    def __init__(self, landscape: Landscape):
        self.landscape = landscape
        self.extent = landscape.extent
        self.dim = landscape.dim
        self.space = landscape.geometry.space

    def radii(self, points: Array) -> Array:
        """Radius of the sphere of each point, (B,): the landscape's, or its own norm; unused in flat space."""
        return self.space.radii(points)

    def retract(self, points: Array, radii: Array) -> Array:
        """Points (B, dim) scaled back to their spheres; in flat space a copy of them, which may be worked in."""
        return self.space.scaled(points, radii)

    def tangent(self, points: Array, vectors: Array) -> Array:
        """Part of the vectors that stays on the sphere; all of it in flat space."""
        return self.space.tangent(points, vectors)

    def values(self, points: Array) -> Array:
        """Values (B,), not multiplied by the extent."""
        _refuse_lost(points)
        return np.asarray(self.landscape.value(points), np.float64)

    def raw(self, points: Array) -> tuple[Array, Array]:
        """Values (B,), and the gradient of H as the landscape gives it, (B, dim)."""
        _refuse_lost(points)
        values, gradients = self.landscape.value_and_gradient(points)
        return np.asarray(values, np.float64), self.extent * np.asarray(gradients, np.float64)

    def raw_gradient(self, points: Array) -> Array:
        """The gradient of :meth:`raw` by itself, which a network has without its values for a third less."""
        _refuse_lost(points)
        return self.extent * np.asarray(self.landscape.gradient(points), np.float64)

    def value_gradient(self, points: Array) -> tuple[Array, Array]:
        """Values (B,) and the tangential gradient of H (B, dim)."""
        values, gradients = self.raw(points)
        return values, self.tangent(points, gradients)

    def gradient(self, points: Array) -> Array:
        """Tangential gradient of H, (B, dim)."""
        return self.tangent(points, self.raw_gradient(points))

    def gradient_norms(self, gradients: Array) -> Array:
        """|∇H| / sqrt(extent), (B,): of order one for a glass of any size, plain |∇L| for a network."""
        return norms(gradients) / np.sqrt(self.extent)

    def hessian_products(self, points: Array, vectors: Array, raw: Array) -> Array:
        """Hessian of H on the sphere at point b times tangent vector b; ``raw`` is the gradient of `raw`.

        Where the landscape's own Hessian is that of flat space, the curvature of the sphere is added; a
        gradient that is tangential already has nothing to add.
        """
        products = self.extent * np.asarray(self.landscape.hessian_products(points, vectors), np.float64)
        products += self.space.bend(points, raw, vectors)
        return self.tangent(points, products)
