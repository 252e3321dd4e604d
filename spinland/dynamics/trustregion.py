"""Newton's method with a trust region on a sphere or in flat space, many starts side by side.

Absil, Baker and Gallivan, Found. Comput. Math. 7, 303 (2007): Newton's equation is solved by conjugate
gradients cut off at the region's edge or at negative curvature (Steihaug, SIAM J. Numer. Anal. 20, 626
(1983)). It needs products with the Hessian only, leaves saddles and ends quadratically.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..progress import Advance
from .hamiltonian import Array, Hamiltonian, dots, norms

_ACCEPT = 0.1  # share of the promised decrease that must come true
_FORCING = 0.1  # residual of Newton's equation relative to the gradient, at least
_PATIENCE = 4  # steps refused one after the other at the level of rounding


class TrustRegion:
    """State of S starts: points, values, gradients, trust radii.

    Attributes
    ----------
    points, raw, gradient : array (S, dim)
        Where they are; the gradient of H as the landscape gives it, and its tangential part.
    values, slope : array (S,)
        Value; |∇H| / sqrt(extent).
    iterations : integer array (S,)
        Newton steps tried.
    stalled : bool array (S,)
        Rounding lets them go no further.
    """

    def __init__(self, hamiltonian: Hamiltonian, points: Array):
        self.hamiltonian = hamiltonian
        self.sphere = hamiltonian.radii(points)
        self.points = hamiltonian.retract(points, self.sphere)
        self.values, self.raw = hamiltonian.raw(self.points)
        self.gradient = hamiltonian.tangent(self.points, self.raw)
        self.slope = hamiltonian.gradient_norms(self.gradient)
        n = len(points)
        self.widest = np.where(hamiltonian.space.curved, self.sphere, np.inf)
        self.trust = np.where(hamiltonian.space.curved, self.sphere, np.maximum(1.0, norms(self.points))) / 8
        self.iterations, self.refused = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.stalled = ~np.isfinite(self.values) | ~np.isfinite(self.slope)
        self.rounding = 64 * float(np.finfo(hamiltonian.landscape.dtype).eps)

    def run(self, tolerance: float, max_iterations: int, advance: Advance) -> None:
        """Newton steps until each start has a slope below ``tolerance``, stalls or has had its share.

        ``advance`` is told how many starts came to rest.
        """
        left = len(self.values)
        while True:
            going = (self.slope >= tolerance) & ~self.stalled & (self.iterations < max_iterations)
            before, left = left, int(np.count_nonzero(going))
            advance(before - left)
            if left == 0:
                return
            self._step(np.flatnonzero(going))

    def _step(self, rows: NDArray[np.int64]) -> None:
        step, promised = self._newton(rows)
        length = norms(step)
        points = self.hamiltonian.retract(self.points[rows] + step, self.sphere[rows])
        values, raw = self.hamiltonian.raw(points)
        gradient = self.hamiltonian.tangent(points, raw)
        slope = self.hamiltonian.gradient_norms(gradient)
        extent = self.hamiltonian.extent
        gained = extent * (self.values[rows] - values)
        # Below this the difference of two values is rounding; then the gradient tells what is progress.
        noise = extent * self.rounding * np.maximum(1.0, np.abs(self.values[rows]))
        blind = promised <= noise
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(blind, np.where(slope < 0.9 * self.slope[rows], 1.0, -1.0), gained / promised)
        good = np.isfinite(values) & np.isfinite(slope) & (ratio > _ACCEPT)
        edge = length >= 0.99 * self.trust[rows]
        self.trust[rows] = np.where(
            ~(ratio >= 0.25), 0.25 * length, np.where((ratio > 0.75) & edge, 2 * self.trust[rows], self.trust[rows])
        )
        self.trust[rows] = np.minimum(self.trust[rows], self.widest[rows])
        self.iterations[rows] += 1
        self.refused[rows] = np.where(good | ~blind, 0, self.refused[rows] + 1)
        tiny = self.trust[rows] <= np.finfo(float).eps * np.maximum(1e-3, norms(self.points[rows]))
        self.stalled[rows] = (self.refused[rows] >= _PATIENCE) | tiny
        taken = rows[good]
        self.points[taken], self.values[taken] = points[good], values[good]
        self.raw[taken], self.gradient[taken], self.slope[taken] = raw[good], gradient[good], slope[good]

    def _newton(self, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Steps (B, dim) within the trust radii, and the decrease of H that the quadratic model promises."""
        hamiltonian = self.hamiltonian
        points, raw, gradient = self.points[rows], self.raw[rows], self.gradient[rows]
        trust, first = self.trust[rows], norms(gradient)
        goal = first * np.minimum(_FORCING, self.slope[rows])
        step, curved = np.zeros_like(gradient), np.zeros_like(gradient)  # curved: Hessian times step
        residual, along = gradient.copy(), -gradient
        square = dots(residual, residual)
        live = np.arange(len(rows))
        for _ in range(hamiltonian.dim):
            vectors = along[live]
            product = hamiltonian.hessian_products(points[live], vectors, raw[live])
            curvature = dots(vectors, product)
            reach = _to_edge(step[live], vectors, trust[live])
            with np.errstate(divide="ignore", invalid="ignore"):
                share = square[live] / curvature
            out = ~(curvature > 0) | ~(share < reach)
            share = np.where(out, reach, share)[:, None]
            step[live] += share * vectors
            curved[live] += share * product
            residual[live] += share * product
            new = dots(residual[live], residual[live])
            going = ~out & (np.sqrt(new) > goal[live])
            with np.errstate(divide="ignore", invalid="ignore"):
                along[live] = -residual[live] + (new / square[live])[:, None] * vectors
            square[live] = new
            live = live[going]
            if len(live) == 0:
                break
        return step, -(dots(gradient, step) + 0.5 * dots(step, curved))


def _to_edge(step: Array, vectors: Array, trust: Array) -> Array:
    """Largest t with |step + t vector| = trust, (B,)."""
    a, b = dots(vectors, vectors), dots(step, vectors)
    c = np.maximum(trust * trust - dots(step, step), 0.0)
    # The form without cancellation, whichever the sign of b.
    root = np.sqrt(b * b + a * c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b > 0, c / (b + root), (root - b) / a)
