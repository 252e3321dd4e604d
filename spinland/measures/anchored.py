"""Walkers that springs hold to their points: Langevin dynamics of H + (Tγ/2)|x' − x|² at the temperature T."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import rng
from ..dynamics.hamiltonian import Hamiltonian, dots
from ..dynamics.noise import langevin_step
from ..landscape.protocol import Landscape

Array = NDArray[np.float64]

_HEUN = 0.4
"""Share of the time step that Heun's method takes, whose averages are off by its square for quadratic forms, too."""


_FAR = 1e20
"""Squared distance from their points in units of what the springs alone allow, beyond which walkers have run away."""


class _Held(Hamiltonian):
    """The energy with a spring of stiffness ``pull`` to an anchor for each row."""

    def __init__(self, landscape: Landscape, anchors: Array):
        super().__init__(landscape)
        self.anchors, self.pull = anchors, 0.0

    def gradient(self, points: Array) -> Array:
        """Tangential gradient of the energy and the springs together."""
        return super().gradient(points) + self.tangent(points, self.pull * (points - self.anchors))


class Anchored:
    """C walkers for each of P points, all moved together; walker c of a point of number p has the number p·C + c.

    Attributes
    ----------
    temperature : float
    shape : (P, C)
    """

    def __init__(
        self, landscape: Landscape, points: Array, rows: NDArray[np.int64], n_chains: int, temperature: float, seed: int
    ):
        self.temperature, self.shape, self._seed = temperature, (len(points), n_chains), seed
        anchors = np.repeat(points, n_chains, axis=0)
        self._held = _Held(landscape, anchors)
        self._numbers = (rows[:, None] * n_chains + np.arange(n_chains)).ravel()
        self._radii = self._held.radii(anchors)
        self._places = anchors.copy()
        self._kicks = np.zeros_like(anchors)
        self._width = 0.0
        self._free = np.empty(0)  # mean cosine of each walker on a sphere without H

    def largest_curvatures(self, steps: int) -> Array:
        """About the largest curvature of H by size (P,), by the power method."""
        held, points = self._held, self._held.anchors[:: self.shape[1]]
        vectors = self._normals(0, 0)[:: self.shape[1]]
        raw = held.raw(points)[1]
        sizes = np.zeros(len(points))
        for _ in range(steps):
            vectors = held.tangent(points, vectors)
            norms = np.sqrt(dots(vectors, vectors))
            vectors = vectors / np.where(norms > 0, norms, 1.0)[:, None]
            vectors = held.hessian_products(points, vectors, raw)
            sizes = np.sqrt(dots(vectors, vectors))
        return np.asarray(1.2 * sizes)

    def loosen(self, width: float, node: int) -> None:
        """Springs of γ' = 1/width, rising from call to call: walkers get the variance that they lack without H."""
        held, normal = self._held, self._normals(node + 1, 0)
        places = self._places + np.sqrt(width - self._width) * held.tangent(self._places, normal)
        self._places = held.retract(places, self._radii)
        self._width, held.pull = width, self.temperature / width
        self._kicks = self._normals(node + 1, 1)
        if held.space.curved:
            radii, place = np.unique(self._radii, return_inverse=True)
            self._free = np.array([_free_cosine(held.dim, float(radius) ** 2 / width) for radius in radii])[place]

    def ran_away(self) -> bool:
        """Whether walkers in flat space are where no spring holds them: so far that only a landscape without end is."""
        if self._held.space.curved:
            return False
        away = self._places - self._held.anchors
        with np.errstate(over="ignore"):
            return bool(dots(away, away).max() > _FAR * self._held.dim * self._width)

    def advance(self, dt: Array, node: int, step: int) -> Array:
        """One step of time (P,) of all walkers; φ (P, C) where they were before it."""
        move = self._on_sphere if self._held.space.curved else self._in_flat_space
        return move(np.repeat(dt, self.shape[1]), node + 1, step + 2).reshape(self.shape)

    def _in_flat_space(self, dt: Array, node: int, step: int) -> Array:
        away = self._places - self._held.anchors
        slope = Hamiltonian.gradient(self._held, self._places)
        found = dots(away, slope) / (2 * self.temperature)
        kicks = self._normals(node, step)
        noise = np.sqrt(self.temperature * dt / 2)[:, None] * (self._kicks + kicks)
        self._places = self._places - dt[:, None] * (slope + self._held.pull * away) + noise
        self._kicks = kicks
        return found

    def _on_sphere(self, dt: Array, node: int, step: int) -> Array:
        """By parts as in flat space: with c the cosine of x' and its anchor, c₀ its mean without H, k = γ'R²,

        (2kc₀ + d − 1)(⟨c⟩ − c₀) = k(1 − c₀²) − (d − 1)c₀ − ⟨k(c − c₀)² + x·∇H/T⟩, and φ = k(⟨c⟩ − c₀). The distance
        itself would bring the error of the time step times γ'.
        """
        held, square = self._held, self._radii**2
        slope = Hamiltonian.gradient(held, self._places)
        cosine = dots(self._places, held.anchors) / square
        k, c, d = square / self._width, self._free, held.dim
        pulled = k * (cosine - c) ** 2 + dots(held.anchors, slope) / self.temperature
        found = k * (k * (1 - c * c) - (d - 1) * c - pulled) / (2 * k * c + d - 1)
        self._places = langevin_step(
            held,
            self._places,
            self._radii,
            self.temperature,
            _HEUN * float(dt.min()),
            self._seed,
            self._numbers,
            _address(node, step),
            rng.Purpose.LOCAL_ENTROPY,
        )
        return np.asarray(found)

    def _normals(self, node: int, step: int) -> Array:
        out = np.empty((len(self._numbers), self._held.dim))
        rng.fill_normals(out, self._seed, rng.Purpose.LOCAL_ENTROPY, self._numbers, _address(node, step))
        return out


def _address(node: int, step: int) -> int:
    """Number of a step among those of all nodes."""
    return node << 24 | step


def _free_cosine(dim: int, k: float) -> float:
    """Mean cosine with the weight exp(k cos) on a sphere, von Mises and Fisher's: I_{d/2}(k)/I_{d/2−1}(k).

    By the continued fraction I_{ν+1}/I_ν = 1/(2(ν + 1)/k + I_{ν+2}/I_{ν+1}), from orders where the ratio is small.
    """
    ratio = 0.0
    for order in np.arange(int(dim / 2 + k) + 60, -1, -1) + dim / 2:
        ratio = 1.0 / (2 * order / k + ratio)
    return float(ratio)
