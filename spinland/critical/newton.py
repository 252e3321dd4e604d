"""Newton's method on the sphere: towards critical points of every index.

With P∇H the tangential gradient of H and A its Hessian on the sphere, −A⁻¹ P∇H is Newton's step. It is used
in three forms: damped so that |P∇H|² falls (Levenberg and Marquardt; see Nocedal and Wright, "Numerical
Optimization", 2006, ch. 10), with the signs of an index that is aimed at (eigenvector following, C. J. Cerjan
and W. H. Miller, J. Chem. Phys. 75, 2800, 1981), and plain, to polish.

Every row of a batch is treated by itself: which others are beside it does not touch its bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import budget
from ..landscape.glass import SphericalSpinGlass

Array = NDArray[np.float64]

CONVERGED = 1e-9
"""Gradient per sqrt(N), relative to its typical size at random, below which plain Newton steps take over."""

_LONGEST = 0.3  # of a step, in units of sqrt(N)
_STEPS = 300  # of Levenberg and Marquardt at most


@dataclass(frozen=True)
class Spectra:
    """Gradient and Hessian of H on the sphere in the basis of the Hessian's eigenvectors.

    Attributes
    ----------
    energy : (B,)
        Per spin.
    residual : (B,)
        |P∇H|/√N.
    eigenvalues : (B, N−1)
        Of the Hessian of H, rising.
    slopes : (B, N−1)
        P∇H along the eigenvectors.
    vectors : (B, N, N−1)
        The eigenvectors, tangential, of norm 1.
    """

    energy: Array
    residual: Array
    eigenvalues: Array
    slopes: Array
    vectors: Array

    def moved(self, glass: SphericalSpinGlass, points: Array, factors: Array) -> Array:
        """Points after a step of −factors · slopes along the eigenvectors, cut to the longest step."""
        steps = -np.einsum("bij,bj->bi", self.vectors, factors * self.slopes)
        length = np.linalg.norm(steps, axis=1, keepdims=True) / np.sqrt(glass.n_spins)
        return glass.geometry.retract(points + steps / np.maximum(1.0, length / _LONGEST))


def rows_at_once(glass: SphericalSpinGlass) -> int:
    """Number of points whose Hessians are held together."""
    return budget.fitting(budget.TENSORS, 8 * glass.n_spins**2)


def typical_gradient(glass: SphericalSpinGlass) -> float:
    """Root mean square of |P∇H|/√N at random points: sqrt(ξ'(1)), from the couplings themselves."""
    gradients = glass.n_spins * glass.gradient(glass.random_points(16, 0))
    return float(np.sqrt(np.mean(gradients**2)))


def spectra(glass: SphericalSpinGlass, points: Array) -> Spectra:
    """Energy, gradient and Hessian of H on the sphere at points (B, N)."""
    n = glass.n_spins
    energy, gradient = glass.value_and_gradient(points)
    gradient = n * np.asarray(gradient)
    basis = tangent_bases(points)
    hessian = np.matmul(basis.transpose(0, 2, 1), np.matmul(n * glass.hessians(points), basis))
    eigenvalues, inner = np.linalg.eigh((hessian + hessian.transpose(0, 2, 1)) / 2)
    vectors = np.matmul(basis, inner)
    slopes = np.einsum("bij,bi->bj", vectors, gradient)
    residual = np.sqrt(np.sum(gradient**2, axis=1) / n)
    return Spectra(np.asarray(energy), residual, eigenvalues, slopes, vectors)


def tangent_bases(points: Array) -> Array:
    """Orthonormal bases (B, N, N−1) of the tangent spaces: Householder's reflections without their first column."""
    v = points / np.linalg.norm(points, axis=1, keepdims=True)
    v[:, 0] += np.where(v[:, 0] < 0, -1.0, 1.0)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    return np.asarray(np.eye(points.shape[1])[:, 1:] - 2 * v[:, :, None] * v[:, None, 1:])


def aim(glass: SphericalSpinGlass, points: Array, index: NDArray[np.int64], n_steps: int) -> Array:
    """Walk up along the ``index`` (B,) lowest eigenvectors of each point and down along the others."""
    order = np.arange(glass.n_spins - 1)
    sign = np.where(order < index[:, None], -1.0, 1.0)
    for _ in range(n_steps):
        here = spectra(glass, points)
        soft = np.maximum(here.residual, 1e-300)[
            :, None
        ]  # Newton's step where the gradient is small, shorter where it is not
        points = here.moved(glass, points, sign / (np.abs(here.eigenvalues) + soft))
    return points


def flatten(glass: SphericalSpinGlass, points: Array, scale: float) -> Array:
    """Let |P∇H|² fall from points (B, N) until it is nearly zero, or does not fall any more."""
    points = points.copy()
    active = np.arange(len(points))
    damping = np.ones(len(points))
    here = spectra(glass, points)
    for _ in range(_STEPS):
        going = (here.residual > CONVERGED * scale) & (damping < 1e12)
        active, damping = active[going], damping[going]
        if not len(active):
            break
        here = _rows(here, going)
        at = points[active]
        factors = here.eigenvalues / (here.eigenvalues**2 + (damping * here.residual**2)[:, None])
        trial = here.moved(glass, at, factors)
        there = spectra(glass, trial)
        better = there.residual < here.residual
        points[active[better]] = trial[better]
        here = _chosen(there, here, better)
        damping = np.where(better, np.maximum(damping / 5, 1e-6), damping * 4)
    return points


def polish(glass: SphericalSpinGlass, points: Array, n_steps: int = 4) -> Array:
    """Plain Newton steps, each kept where the residual falls."""
    best, here = points, spectra(glass, points)
    for _ in range(n_steps):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            factors = np.where(np.abs(here.eigenvalues) > 1e-12, 1 / here.eigenvalues, 0.0)
        trial = here.moved(glass, best, factors)
        there = spectra(glass, trial)
        better = there.residual < here.residual
        best = np.where(better[:, None], trial, best)
        here = _chosen(there, here, better)
    return best


def _rows(one: Spectra, rows: NDArray[np.bool_]) -> Spectra:
    return Spectra(one.energy[rows], one.residual[rows], one.eigenvalues[rows], one.slopes[rows], one.vectors[rows])


def _chosen(one: Spectra, other: Spectra, first: NDArray[np.bool_]) -> Spectra:
    """Row by row of the one or the other."""
    return Spectra(
        np.where(first, one.energy, other.energy),
        np.where(first, one.residual, other.residual),
        np.where(first[:, None], one.eigenvalues, other.eigenvalues),
        np.where(first[:, None], one.slopes, other.slopes),
        np.where(first[:, None, None], one.vectors, other.vectors),
    )
