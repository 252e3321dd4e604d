"""The curve that control vectors describe: its points as an affine family, and its length.

In flat space the points are θ_0 + Σ_{k>0} φ_k(t) d_k, where d_k = θ_k − θ_0, or the displacement itself. On a sphere
they are those of the same sum brought back to the sphere, R u/|u| with u = Σ_k φ_k(t) θ_k: the pieces of a chain are
arcs of great circles, and a curve whose control points lie on one great circle stays on it. How fast a point moves with
t has no meaning; profiles go by the length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .bases import displaced, shares

Array = NDArray[np.float64]

_CELLS = 2048  # of t over which lengths are summed: a chord is shorter than its arc by (angle)²/24
_CENTRE = 1e-6  # |u|/R below which a curve on a sphere counts as going through the centre


class Curve:
    """One path.

    Parameters
    ----------
    controls : array (V, dim)
        Control vectors, the ends first and last.
    basis : str
        One of :data:`spinland.connect.bases.BASES`.
    radius : float or None
        Of the sphere; None in flat space.

    Attributes
    ----------
    origin : array (dim,)
        Of the affine family.
    directions : array (K, dim)
        Its directions: V − 1 in flat space, V on a sphere, whose origin is the centre.
    """

    def __init__(self, controls: NDArray[Any], basis: str, radius: float | None):
        self.basis, self.radius, self.n_controls = basis, radius, len(controls)
        if radius is None:
            self.origin = controls[0]
            self.directions = np.array(controls[1:])
            self.directions[slice(-1, None) if displaced(basis) else slice(None)] -= controls[0]
        else:
            self.origin, self.directions = np.zeros_like(controls[0]), controls
        wide = self.directions.astype(np.float64)
        self.gram: Array = np.einsum("id,jd->ij", wide, wide)  # no BLAS: the bits must not depend on threads
        cells = (self.n_controls - 1) * -(-_CELLS // (self.n_controls - 1))  # bends of a chain are ends of cells
        self._t = np.arange(cells + 1) / cells
        self._length = np.concatenate([[0.0], np.cumsum(self._steps(self.coefficients(self._t)))])

    def coefficients(self, t: Array) -> Array:
        """Coefficients (P, K) of the directions at places t (P,)."""
        share = shares(self.basis, t, self.n_controls)
        if self.radius is None:
            return share[:, 1:]
        square = np.einsum("pk,kl,pl->p", share, self.gram, share)
        if np.any(square < (_CENTRE * self.radius) ** 2):
            raise ArgumentError("end", "a point that a path can reach without going through the centre of the sphere")
        return np.asarray(share * (self.radius / np.sqrt(square))[:, None])

    def _steps(self, coefficients: Array) -> Array:
        """Lengths between neighbours; on a sphere those of arcs."""
        moves = np.diff(coefficients, axis=0)
        chords = np.sqrt(np.maximum(np.einsum("pk,kl,pl->p", moves, self.gram, moves), 0))
        if self.radius is None:
            return chords
        return np.asarray(2 * self.radius * np.arcsin(np.minimum(1.0, chords / (2 * self.radius))))

    @property
    def length(self) -> float:
        """Length of the whole path."""
        return float(self._length[-1])

    @property
    def chord(self) -> float:
        """Distance of the ends: of the straight line, or of the shorter arc of the great circle."""
        ends = self.coefficients(np.array([0.0, 1.0]))
        return float(self._steps(ends)[0])

    def at(self, parts: Array) -> Array:
        """Places t where so many parts (P,) of the length lie behind; t itself on a path of no length."""
        if self.length == 0:
            return np.array(parts)
        return np.interp(parts, self._length / self.length, self._t)

    def points(self, t: Array) -> NDArray[Any]:
        """Points (P, dim) at places t (P,)."""
        out = np.repeat(self.origin[None], len(t), axis=0)
        for c, direction in zip(self.coefficients(t).T, self.directions, strict=True):
            out += c[:, None].astype(out.dtype) * direction
        return out
