"""Arcs of great circles, by which one moves on a sphere.

A tangent vector v at a point x of the sphere |x| = R leads along a great circle to
exp_x(v) = cos(|v|/R) x + R sin(|v|/R) v/|v|, at the angle |v|/R from x; the logarithm is its inverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError

_OPPOSITE = 1e-7  # |a + b| of unit vectors below which two points count as opposite


def tangents(origin: NDArray[Any], directions: NDArray[Any], name: str = "directions") -> NDArray[np.float64]:
    """Parts of directions (K, dim) orthogonal to a point (dim,), in float64.

    Raises
    ------
    ArgumentError
        A direction that goes along the point, with nothing orthogonal to it.
    """
    x = origin.astype(np.float64) / np.linalg.norm(origin.astype(np.float64))
    along = directions.astype(np.float64)
    lengths = np.linalg.norm(along, axis=1)
    for _ in range(2):  # twice: what is left of a nearly radial direction is mostly rounding
        along = along - (along @ x)[:, None] * x
    if np.any(np.linalg.norm(along, axis=1) <= 1e-7 * lengths):
        raise ArgumentError(name, "directions that do not go along the radius")
    return along


def orthonormal(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gram and Schmidt's orthonormal form of linearly independent vectors (K, dim)."""
    basis = np.empty_like(vectors)
    for k, vector in enumerate(vectors):
        rest = vector / np.linalg.norm(vector)
        for _ in range(2):
            rest = rest - basis[:k].T @ (basis[:k] @ rest)
        basis[k] = rest / np.linalg.norm(rest)
    return basis


def exponential_family(
    origin: NDArray[Any], directions: NDArray[Any], coordinates: ArrayLike, radius: float
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Vectors (K+1, dim) and coefficients (P, K+1) of the points exp(Σ c_k directions_k) on a sphere.

    Parameters
    ----------
    origin : array (dim,)
        A point of the sphere.
    directions : array (K, dim)
        Tangent vectors; of length ``radius`` each, their coordinates are angles in radians.
    coordinates : array (P, K)
        Coordinates c.
    radius : float
        Radius R of the sphere.
    """
    c = checks.float_array("coordinates", coordinates, ndim=2)
    along = directions.astype(np.float64)
    angle = np.sqrt(np.maximum(np.einsum("pk,kl,pl->p", c, along @ along.T, c), 0)) / radius
    # numpy's sinc is sin(πx)/(πx)
    coefficients = np.column_stack([np.cos(angle), np.sinc(angle / np.pi)[:, None] * c])
    return np.vstack([origin[None], directions.astype(origin.dtype)]), coefficients


def logarithms(origin: NDArray[Any], points: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Tangent vectors (m, dim) at a point that lead to the points (m, dim), their length the angle in radians.

    Raises
    ------
    ArgumentError
        A point opposite to the origin: every direction leads there.
    """
    x = origin.astype(np.float64)
    x = x / np.linalg.norm(x)
    unit = points.astype(np.float64)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    apart, together = np.linalg.norm(unit - x, axis=1), np.linalg.norm(unit + x, axis=1)
    if np.any(together < _OPPOSITE):
        raise ArgumentError(name, "points that are not opposite to each other on the sphere")
    across = unit - (unit @ x)[:, None] * x
    across -= (across @ x)[:, None] * x
    length = np.linalg.norm(across, axis=1)
    scale = np.divide(2 * np.arctan2(apart, together), length, out=np.ones_like(length), where=length > 0)
    return np.asarray(scale[:, None] * across)
