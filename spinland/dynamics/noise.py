"""Brownian motion on a sphere or in flat space, and the gradient step between two pieces of it.

The step of Langevin dynamics is noise of dt/2, descent of dt by Heun's method, noise of dt/2 (Strang). Its error
is O(dt²), in equilibrium averages too, if that of the noise is. On the sphere a tangential normal vector ξ of
angle √x, x = 2T t |ξ|²/R², moves the point by the angle θ with

    cos θ = (1 − x/(n + 1))^{(n+1)/2},   n coordinates.

The law of one step is a mixture of rotations, so all that counts is the law of u = 1 − cos θ. This choice has
E[u] = (n − 1) T t/R² − (n − 1)² (T t/R²)²/2 + O(t³), which is that of Brownian motion, whose E[cos θ] is
exp(−(n − 1) T t/R²); E[u²] is right to the same order for any choice. Moving along the geodesic by √x, or along
the tangent followed by rescaling, has another t² and is of first order only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..rng import Purpose, fill_normals
from .hamiltonian import Array, Hamiltonian, norms


def diffuse(hamiltonian: Hamiltonian, points: Array, radii: Array, variance: float, normal: Array) -> Array:
    """Points (W, dim) after Brownian motion of ``variance`` 2T t per coordinate, from standard normal numbers."""
    if not hamiltonian.space.curved:
        return points + np.sqrt(variance) * normal
    tangent = hamiltonian.tangent(points, normal)
    length = norms(tangent)
    square = variance * (length / radii) ** 2
    n = hamiltonian.dim
    cosine = _whole_power(np.maximum(1 - square / (n + 1), 0.0), n + 1)
    sine = np.sqrt(np.maximum(1 - cosine * cosine, 0.0))
    aside = np.where(length > 0, radii * sine / np.where(length > 0, length, 1.0), 0.0)
    return hamiltonian.retract(cosine[:, None] * points + aside[:, None] * tangent, radii)


def _whole_power(base: Array, twice: int) -> Array:
    """base^(twice/2) by multiplication and square roots alone, whose bits are those of every processor lane."""
    result = np.sqrt(base) if twice % 2 else np.ones_like(base)
    factor, power = base.copy(), twice // 2
    while power:
        if power % 2:
            result = result * factor
        factor, power = factor * factor, power // 2
    return np.asarray(result)


def descend(hamiltonian: Hamiltonian, points: Array, radii: Array, dt: float) -> Array:
    """One step of Heun's method along −P∇H.

    Raises
    ------
    ArgumentError
        The force changes by more than itself within the step: it is too large for the dynamics.
    """
    first = -hamiltonian.gradient(points)
    ahead = hamiltonian.retract(points + dt * first, radii)
    change = -hamiltonian.gradient(ahead) - first
    size, moved = norms(change), norms(first)
    rounding = 1e-6 * np.maximum(np.sqrt(hamiltonian.dim), norms(points))  # what lies below is no sign of anything
    if not np.all((size <= moved) | (dt * moved + dt * size <= rounding)):
        raise ArgumentError("dt", "a time step within which the force changes little", dt)
    return hamiltonian.retract(points + dt * (first + 0.5 * change), radii)


def langevin_step(
    hamiltonian: Hamiltonian,
    points: Array,
    radii: Array,
    temperature: float,
    dt: float,
    seed: int,
    walkers: NDArray[np.int64],
    step: int,
    purpose: Purpose = Purpose.THERMAL,
) -> Array:
    """Points after noise, descent and noise; the numbers are a function of (seed, purpose, walker, step)."""
    if temperature == 0:
        return descend(hamiltonian, points, radii, dt)
    normal = np.empty((len(points), 2, hamiltonian.dim))
    fill_normals(normal.reshape(len(points), -1), seed, purpose, walkers, step)
    points = diffuse(hamiltonian, points, radii, temperature * dt, normal[:, 0])
    points = descend(hamiltonian, points, radii, dt)
    return diffuse(hamiltonian, points, radii, temperature * dt, normal[:, 1])
