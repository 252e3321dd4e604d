"""The Hessian of a landscape at one point as a matrix, in coordinates of the space that the point lives in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..machines import single_threaded

Array = NDArray[np.float64]

MOST = 3000
"""Coordinates of a point whose Hessian is formed: 70 MB, and seconds for its eigenvalues."""

NEARLY_ZERO = 1e-8
"""Eigenvalues below this share of the largest, by size, count as zero."""


@dataclass(frozen=True)
class Bend:
    """Value, gradient and Hessian of H = extent · value at a point, in the eigenvectors of the Hessian.

    Attributes
    ----------
    value : float
        Of the landscape, not multiplied by its extent.
    residual : float
        |∇H| / √extent.
    eigenvalues : (K,)
        Rising; K is dim, or dim − 1 on a sphere.
    slopes : (K,)
        ∇H along the eigenvectors.
    vectors : (dim, K)
        The eigenvectors.
    """

    value: float
    residual: float
    eigenvalues: Array
    slopes: Array
    vectors: Array

    @property
    def zero(self) -> float:
        """Size below which an eigenvalue counts as zero."""
        return NEARLY_ZERO * float(np.abs(self.eigenvalues).max(initial=0.0))

    @property
    def index(self) -> int:
        """Number of negative eigenvalues."""
        return int(np.sum(self.eigenvalues < -self.zero))

    @property
    def n_zero(self) -> int:
        """Number of eigenvalues that count as zero."""
        return int(np.sum(np.abs(self.eigenvalues) <= self.zero))


def frame(point: Array, curved: bool) -> Array:
    """Orthonormal basis (dim, K) of the directions at a point: all, or those along its sphere (Householder's)."""
    whole = np.eye(len(point))
    if not curved:
        return whole
    v = point / np.linalg.norm(point)
    v[0] += -1.0 if v[0] < 0 else 1.0
    v /= np.linalg.norm(v)
    return np.asarray(whole[:, 1:] - 2 * np.outer(v, v[1:]))


def bend(landscape: Landscape, point: Array, basis: Array | None = None) -> Bend:
    """Value, gradient and Hessian at a point (dim,), in a basis (dim, K) of directions, all by default."""
    space, extent = landscape.geometry.space, landscape.extent
    directions = frame(point, space.curved) if basis is None else basis
    value, gradient = landscape.value_and_gradient(point)
    raw = extent * np.asarray(gradient, np.float64)
    rows = np.ascontiguousarray(directions.T)
    products = extent * np.asarray(landscape.hessian_product(point, rows), np.float64)
    products += space.bend(np.broadcast_to(point, rows.shape), np.broadcast_to(raw, rows.shape), rows)
    with single_threaded():
        matrix = products @ directions
        eigenvalues, inner = np.linalg.eigh((matrix + matrix.T) / 2)
        vectors = directions @ inner
        slopes = vectors.T @ raw
        tangent = directions.T @ raw
    residual = float(np.sqrt(np.sum(tangent**2) / extent))
    return Bend(float(value), residual, eigenvalues, slopes, vectors)


def refuse_large(name: str, landscape: Landscape) -> None:
    """Refuse landscapes whose Hessian would not be formed, and those of float32, whose gradients end at 1e-6 or so.

    Raises
    ------
    ArgumentError
        More than `MOST` coordinates, or another float type than float64.
    """
    if landscape.dim > MOST:
        raise ArgumentError(name, f"one of at most {MOST} coordinates, whose Hessian is formed", landscape.dim)
    if landscape.dtype != np.float64:
        raise ArgumentError(name, "one of dtype float64, to tell a gradient of zero", str(landscape.dtype))
    checks.room(name, landscape.dim, 6 * 8 * landscape.dim**2)
