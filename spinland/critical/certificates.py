"""What makes approximate eigenpairs a proof: each has an exact one beside it, and these are all different.

Kantorovich's theorem, with β = |F'⁻¹|, η = |F'⁻¹ F| and a Lipschitz constant L of F' on a ball of radius r:
if βLη ≤ 1/2 and 2η ≤ r there is exactly one solution within min(r, 1/(βL)), and it lies within 2η
(Ortega, SIAM Rev. 10, 523, 1968). The numbers that enter are computed in floating point and not bounded by
interval arithmetic: the proof holds up to rounding, with the margins reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import budget

BALL = 0.1
"""Radius r of the ball on which the Lipschitz constant is taken."""

SEPARATE = 1e-6
"""Least sine of the angle between two lines that are counted as two."""


@dataclass(frozen=True)
class Certificate:
    """Different eigenpairs of one tensor.

    Attributes
    ----------
    pairs : (K, N+1) complex128
        x of norm 1, and λ; certified and different.
    real : (K,) bool
        Proved to have a real x, up to a factor.
    undecided : int
        Of these K neither proved to be real nor not to be.
    expected : int
        Number of eigenpairs of a generic tensor.
    """

    pairs: NDArray[np.complex128]
    real: NDArray[np.bool_]
    undecided: int
    expected: int

    @property
    def complete(self) -> bool:
        """Whether all complex solutions are there, and it is known which are real."""
        return len(self.pairs) == self.expected and self.undecided == 0

    def directions(self) -> NDArray[np.float64]:
        """Unit vectors (C, N) of the real solutions, one of ±x each."""
        x = self.pairs[self.real, :-1]
        # x = real vector · e^{iφ}, so that Σ x_i² = e^{2iφ}
        phase = np.exp(-0.5j * np.angle(np.sum(x * x, axis=1, keepdims=True)))
        return np.ascontiguousarray((x * phase).real)


def certify(tensor: NDArray[np.float64], pairs: NDArray[np.complex128], expected: int) -> Certificate:
    """Keep of approximate eigenpairs (B, N+1) of a tensor (N, …, N) those that are certified, each once."""
    n, order = tensor.shape[0], tensor.ndim
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    error, radius = _kantorovich(tensor, pairs)
    held = np.flatnonzero(radius > 0)
    keep = held[_different(pairs[held, :n], error[held])]
    pairs, error, radius = pairs[keep], error[keep], radius[keep]
    x, value = pairs[:, :n], pairs[:, n]
    # The conjugate of a solution is one. Brought into the same chart, it is the solution itself if that is real.
    factor = np.maximum(np.abs(np.sum(x * x, axis=1)), 1e-300)
    scale = 1 / np.where(factor > 1e-300, np.sum(x * x, axis=1).conj(), 1)
    away = np.column_stack([x.conj() * scale[:, None] - x, value.conj() * scale ** (order - 2) - value])
    distance = np.linalg.norm(away, axis=1)
    slack = 2 * order * error / factor ** (order - 1)  # how far the exact conjugate may be from there
    real = distance + slack < radius
    unreal = distance > slack + error
    return Certificate(pairs, real, int(np.sum(~real & ~unreal)), expected)


def _kantorovich(
    tensor: NDArray[np.float64], pairs: NDArray[np.complex128]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance 2η within which there is a solution, and radius within which it is the only one; 0 if none is proved."""
    n, order = tensor.shape[0], tensor.ndim
    error, radius = np.full(len(pairs), np.inf), np.zeros(len(pairs))
    lipschitz = (order - 1) * (order - 2) * np.linalg.norm(tensor) * (1 + BALL) ** (order - 3) + 1
    for part in budget.blocks(len(pairs), budget.TENSORS, 16 * n ** (order - 1)):
        derivative, value = _equations(tensor, pairs[part])
        vectors, sizes, others = np.linalg.svd(derivative)
        regular = sizes[:, -1] > 1e-14
        sizes = np.where(regular[:, None], sizes, 1)
        along = np.einsum("bij,bi->bj", vectors.conj(), value) / sizes
        newton = np.linalg.norm(np.einsum("bij,bi->bj", others.conj(), along), axis=1)
        inverse = 1 / sizes[:, -1]
        newton += 16 * np.finfo(np.float64).eps * inverse  # rounding of F
        held = regular & (inverse * lipschitz * newton <= 0.5) & (2 * newton <= BALL)
        error[part] = 2 * newton
        radius[part] = np.where(held, np.minimum(BALL, 1 / (inverse * lipschitz)), 0)
    return error, radius


def _equations(
    tensor: NDArray[np.float64], pairs: NDArray[np.complex128]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """F' (B, N+1, N+1) and F (B, N+1) of J x^{p−1} − λ x = 0, x̄·x = 1 with x̄ held fixed."""
    n, order = tensor.shape[0], tensor.ndim
    x, value = pairs[:, :n], pairs[:, n]
    contracted = np.broadcast_to(tensor.reshape(1, -1), (len(x), tensor.size))
    for _ in range(order - 2):
        contracted = np.matmul(x[:, None, :], contracted.reshape(len(x), n, -1))[:, 0]
    matrix = contracted.reshape(len(x), n, n)
    derivative = np.zeros((len(x), n + 1, n + 1), np.complex128)
    derivative[:, :n, :n] = (order - 1) * matrix - value[:, None, None] * np.eye(n)
    derivative[:, :n, n] = -x
    derivative[:, n, :n] = x.conj()
    equations = np.zeros((len(x), n + 1), np.complex128)
    equations[:, :n] = np.einsum("bij,bj->bi", matrix, x) - value[:, None] * x
    equations[:, n] = np.sum(np.abs(x) ** 2, axis=1) - 1
    return derivative, equations


def _different(x: NDArray[np.complex128], error: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first of each line among unit vectors (B, N), which are known up to ``error`` (B,)."""
    first = np.ones(len(x), bool)
    for part in budget.blocks(len(x), budget.TENSORS, 16 * len(x)):
        sine = np.sqrt(np.maximum(0.0, 1 - np.abs(x[part].conj() @ x.T) ** 2))
        close = sine <= SEPARATE + error[part, None] + error
        earlier = np.arange(len(x)) < np.arange(part.start, part.stop)[:, None]
        first[part] = ~np.any(close & earlier, axis=1)
    return np.flatnonzero(first)
