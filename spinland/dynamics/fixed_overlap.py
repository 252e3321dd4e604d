"""Sampling at a fixed overlap with a reference: exact moves on the sphere that is left of a sphere.

Points σ of the sphere |σ| = R at overlap q with a reference s of the same length are

    σ = q s + (1 − q²)^½ τ,      τ on the sphere |τ| = R of all that is orthogonal to s.

τ is moved by Hamiltonian dynamics with the weight exp(−H/T) for its potential energy: kicks along the force, and
between them motion without force, which on a sphere is rotation along a great circle and therefore exact (Byrne and
Girolami, Scand. J. Stat. 40, 825 (2013)). Metropolis' rule takes away the error of the finite steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..rng import Purpose, fill_normals
from .hamiltonian import Array, Hamiltonian, dots, norms

_TARGET = 0.8  # acceptance to which steps are fitted
_FIRST = 0.05  # first step; the length of τ is R and that of a velocity about √dim
_JITTER = 0.1  # of ln(step) from one trajectory to the next, so that no trajectory closes upon itself


class FixedOverlap:
    """Chains at overlaps ``q`` (B,) with references (B, dim), all at one temperature.

    Row b depends on row b of the arguments and on its number in ``rows`` alone.
    """

    def __init__(
        self,
        hamiltonian: Hamiltonian,
        references: Array,
        q: Array,
        temperature: float,
        seed: int,
        rows: NDArray[np.int64],
        leapfrog: int,
    ):
        self.hamiltonian, self.references, self.q = hamiltonian, references, q
        self.temperature, self.seed, self.rows, self.leapfrog = temperature, seed, rows, leapfrog
        self.radii = norms(references)
        self.aside = np.sqrt(1 - q * q)
        self.log_steps = np.full(len(q), np.log(_FIRST))
        self.moves, self._fitted = 0, 0
        normal, _ = self._drawn()
        self.inner = self._on_sphere(self._inside(normal))
        self.values, self.gradient = self._seen()

    @property
    def points(self) -> Array:
        """σ (B, dim)."""
        return self._point(self.inner)

    @property
    def force(self) -> Array:
        """∂H/∂q at fixed τ, per extent, (B,): what the potential's slope is the mean of, but for the room of τ."""
        along = self.references - (self.q / self.aside)[:, None] * self.inner
        return np.asarray(dots(self.gradient, along) / self.hamiltonian.extent)

    def move(self, *, fit: bool = False) -> Array:
        """One trajectory of every chain; its probability of acceptance (B,). ``fit`` the steps to it."""
        normal, others = self._drawn()
        steps = np.exp(self.log_steps + _JITTER * others[:, 0])
        before = self.inner, self.values, self.gradient
        speed = self._tangent(normal)
        start = self._energy(speed)
        speed = self._kicked(speed, 0.5 * steps)
        for _ in range(self.leapfrog - 1):
            self.inner, speed = self._rotated(self.inner, speed, steps)
            self.gradient = self.hamiltonian.raw_gradient(self.points)  # values count at the end alone
            speed = self._kicked(speed, steps)
        self.inner, speed = self._rotated(self.inner, speed, steps)
        self.values, self.gradient = self._seen()
        speed = self._kicked(speed, 0.5 * steps)
        log_ratio = start - self._energy(speed)
        # −(z₁² + z₂²)/2 of two normal numbers is the logarithm of a uniform one.
        good = -0.5 * np.sum(others[:, 1:] ** 2, axis=1) < log_ratio
        for name, old in zip(("inner", "values", "gradient"), before, strict=True):
            new = getattr(self, name)
            setattr(self, name, np.where(good if new.ndim == 1 else good[:, None], new, old))
        chance = np.exp(np.minimum(log_ratio, 0.0))
        if fit:
            self._fitted += 1
            self.log_steps += (chance - _TARGET) / np.sqrt(self._fitted)
        return np.asarray(chance)

    def _drawn(self) -> tuple[Array, Array]:
        """Normal numbers (B, dim) for the next move, and three more."""
        normal = np.empty((len(self.rows), self.references.shape[1] + 3))
        fill_normals(normal, self.seed, Purpose.POTENTIAL, self.rows, self.moves)
        self.moves += 1
        return normal[:, :-3], normal[:, -3:]

    def _point(self, inner: Array) -> Array:
        return np.asarray(self.q[:, None] * self.references + self.aside[:, None] * inner)

    def _seen(self) -> tuple[Array, Array]:
        """Values (B,) and gradients of H (B, dim) where the chains are."""
        return self.hamiltonian.raw(self.points)

    def _inside(self, vectors: Array) -> Array:
        """Parts of vectors (B, dim) orthogonal to the references."""
        share = dots(vectors, self.references) / self.radii**2
        return np.asarray(vectors - share[:, None] * self.references)

    def _on_sphere(self, inner: Array) -> Array:
        return np.asarray(inner * (self.radii / norms(inner))[:, None])

    def _tangent(self, vectors: Array) -> Array:
        """Parts orthogonal to the references and to τ."""
        inside = self._inside(vectors)
        share = dots(inside, self.inner) / self.radii**2
        return np.asarray(inside - share[:, None] * self.inner)

    def _energy(self, speed: Array) -> Array:
        """Potential and kinetic energy, over T."""
        return np.asarray(self.hamiltonian.extent * self.values / self.temperature + 0.5 * dots(speed, speed))

    def _kicked(self, speed: Array, times: Array) -> Array:
        slope = (times * self.aside / self.temperature)[:, None] * self.gradient
        return np.asarray(speed - self._tangent(slope))

    def _rotated(self, inner: Array, speed: Array, times: Array) -> tuple[Array, Array]:
        """Motion without force: along the great circle through τ in the direction of the velocity."""
        size = norms(speed)
        angle = (times * size / self.radii)[:, None]
        there = np.cos(angle) * inner + np.sin(angle) * (self.radii / size)[:, None] * speed
        turned = np.cos(angle) * speed - np.sin(angle) * (size / self.radii)[:, None] * inner
        self.inner = self._on_sphere(self._inside(there))  # rounding would add up
        return self.inner, self._tangent(turned)
