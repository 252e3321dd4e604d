"""Stochastic Lanczos quadrature of an operator, its extreme pairs taken out first.

The density is broadened: ρ(x) = (1/K) Σ_j φ_w(x − λ_j), φ_w the normal density of standard deviation w, which is
stated. It has two parts (Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 1075 (2017), for the second):

    extreme pairs   k of them, converged, exactly
    the rest        for each probe ω, orthogonal to these, the nodes θ and weights τ² of its Lanczos matrix:
                    (K − k)/K Σ_i τ_i² φ_w(x − θ_i), averaged over probes

Lanczos is run without reorthogonalisation. That brings copies of converged Ritz values, whose weights share that of
the one: the quadrature stays what it is, and memory that of three vectors for each probe. The ghosts that matter would
be copies of the outliers, which are kept out by projection.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ..errors import ArgumentError
from .operators import BLOCK, Array, Operator

_PER_WIDTH = 4  # points of the grid for each broadening width
_BEYOND = 6  # widths that the grid goes beyond eigenvalues
_NARROWEST = 1e-5  # width, as a share of the range of the rest

FIRST = 1 << 20
"""Number of the first probe: they follow the vectors that a search for eigenpairs starts from."""


class Quadrature(NamedTuple):
    """Nodes and weights of each probe, from the tridiagonal matrices of so many steps of Lanczos.

    Attributes
    ----------
    diagonal, beside : array (P, S)
        Of the matrices of P probes; ``beside[p, i]`` is zero where the probe's space ends after step i.
    """

    diagonal: Array
    beside: Array

    def nodes(self, steps: int) -> tuple[Array, Array]:
        """Nodes and weights (P, steps) after so many steps; nodes beyond the end of a probe's space weigh nothing."""
        found = [eigh_tridiagonal(d[:steps], b[: steps - 1]) for d, b in zip(self.diagonal, self.beside, strict=True)]
        return np.array([values for values, _ in found]), np.array([inner[0] ** 2 for _, inner in found])


def tridiagonal(operator: Operator, n_probes: int, n_steps: int, seed: int, block: int) -> Quadrature:
    """Lanczos's three terms for the probes of a block, which go side by side: number ``block`` of `BLOCK` each."""
    low = block * BLOCK
    now = operator.probes(FIRST + low, min(BLOCK, n_probes - low), seed) / np.sqrt(operator.size)
    diagonal, beside = np.zeros((2, len(now), n_steps))
    before, scale = np.zeros_like(now), 0.0
    for step in range(n_steps):
        after = operator(now)
        diagonal[:, step] = np.einsum("ij,ij->i", after, now)
        after -= diagonal[:, step, None] * now + (beside[:, step - 1, None] * before if step else 0.0)
        norms = np.linalg.norm(after, axis=1)
        scale = max(scale, float(np.abs(diagonal[:, step]).max()), float(norms.max()))
        norms[norms <= operator.rounding * scale] = 0.0
        beside[:, step] = norms
        before, now = now, np.divide(after, norms[:, None], out=np.zeros_like(after), where=norms[:, None] > 0)
    return Quadrature(diagonal, beside)


def broadened(places: Array, weights: Array, grid: Array, width: float) -> Array:
    """Σ_j weight_j φ_w(x − place_j) at the points x of a grid."""
    out = np.zeros(len(grid))
    for place, weight in zip(places, weights, strict=True):
        low, high = np.searchsorted(grid, (place - 9 * width, place + 9 * width))
        z = (grid[low:high] - place) / width
        out[low:high] += weight * np.exp(-0.5 * z * z)
    return out / (np.sqrt(2 * np.pi) * width)


class Parts:
    """What the density is put together from: extremes (k,), the quadrature of the rest, if any, and the width."""

    def __init__(self, extremes: Array, rest: Quadrature | None, size: int, width: float | None, n_steps: int):
        self.extremes, self.rest, self.size = extremes, rest, size
        nodes, weights = rest.nodes(n_steps) if rest else (np.empty((1, 0)), np.empty((1, 0)))
        real = nodes[weights > 1e-14]
        self.range = (float(real.min()), float(real.max())) if real.size else (extremes.min(), extremes.max())
        share = 1 - len(extremes) / size
        self.mean = float(share * np.mean(np.sum(nodes * weights, axis=1)) + extremes.sum() / size)
        scale = max(float(np.abs(extremes).max(initial=0.0)), *np.abs(self.range), np.finfo(float).tiny)
        if width is not None and width < _NARROWEST * (self.range[1] - self.range[0]):
            raise ArgumentError("width", f"at least {_NARROWEST:g} of the range of the spectrum", width)
        self.width = max(3 * (self.range[1] - self.range[0]) / n_steps, 1e-6 * scale) if width is None else width
        self.n_steps, self.share = n_steps, share

    def grid(self) -> Array:
        """Places about the bulk and about each extreme, the more the narrower the width."""
        around = sorted([self.range, *((value, value) for value in self.extremes.tolist())])
        step, beyond = self.width / _PER_WIDTH, _BEYOND * self.width
        windows: list[list[float]] = []
        for low, high in around:
            if windows and low - beyond <= windows[-1][1]:
                windows[-1][1] = max(windows[-1][1], high + beyond)
            else:
                windows.append([low - beyond, high + beyond])
        return np.concatenate([np.linspace(low, high, int(np.ceil((high - low) / step)) + 1) for low, high in windows])

    def _of_probes(self, grid: Array, steps: int) -> Array:
        """Share of each probe in the density, (P, G)."""
        assert self.rest is not None
        nodes, weights = self.rest.nodes(steps)
        return self.share * np.stack(
            [broadened(at, weight, grid, self.width) for at, weight in zip(nodes, weights, strict=True)]
        )

    def density(self, grid: Array) -> tuple[Array, Array]:
        """The density and its error on a grid."""
        exact = broadened(self.extremes, np.full(len(self.extremes), 1 / self.size), grid, self.width)
        if self.rest is None:
            return exact, np.zeros(len(grid))
        probes = self._of_probes(grid, self.n_steps)
        fewer = self._of_probes(grid, max(2, 3 * self.n_steps // 4)).mean(axis=0)
        spread = probes.std(axis=0, ddof=1) / np.sqrt(len(probes))
        return exact + probes.mean(axis=0), np.sqrt(spread**2 + (probes.mean(axis=0) - fewer) ** 2)
