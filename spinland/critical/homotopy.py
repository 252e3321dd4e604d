"""All complex critical points of a pure glass: eigenpairs of its coupling tensor by homotopy continuation.

With σ = √N x the critical points of H(σ) ∝ J x^p on the sphere are the real solutions of J x^{p−1} = λ x. Over
the complex numbers, and up to scale, a generic symmetric tensor has exactly ((p−1)^N − 1)/(p−2) of them
(Cartwright and Sturmfels, Linear Algebra Appl. 438, 942, 2013; for this glass Becker, Zhang and Lee,
Phys. Rev. Lett. 124, 108301, 2020). The diagonal tensor x_i^{p−1} = λ x_i has as many, all known and all
regular. Along (1−t) γ D + t J with a random complex γ each is continued to one of J (Sommese and Wampler,
"The Numerical Solution of Systems of Polynomials", 2005). Finding as many different ones as there are
proves that none is missing (see :mod:`spinland.critical.certificates`).
"""

from __future__ import annotations

from itertools import product
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.types import Homotopy

from .. import rng
from ..machines import operation
from ..progress import track
from .certificates import Certificate, certify

TOLERANCES = (1e-4, 1e-6, 1e-8)
"""Largest first correction of a step in the first attempt and in those that follow where paths met."""

Complex = NDArray[np.complex128]


def start_pairs(n: int, order: int, gamma: complex) -> Complex:
    """All eigenpairs (x, λ) of γD, |x| = 1, each once: (((p−1)^N − 1)/(p−2), N+1).

    Each entry of x is 0 or one of the (p−2)-th roots of unity times a common factor, the first of them 1.
    """
    roots = np.exp(2j * np.pi * np.arange(order - 2) / (order - 2))
    rows = []
    for first in range(n):
        rest = list(product(range(order - 1), repeat=n - first - 1))
        x = np.zeros((len(rest), n + 1), np.complex128)
        x[:, first] = 1
        if first < n - 1:
            x[:, first + 1 : n] = np.append(0, roots)[np.array(rest)]
        rows.append(x)
    starts = np.concatenate(rows)
    size = np.count_nonzero(starts, axis=1)
    starts[:, :n] /= np.sqrt(size)[:, None]
    starts[:, n] = gamma * size ** (-(order - 2) / 2)
    return starts


def complex_eigenpairs(tensors: NDArray[np.float64], seed: int, device: str = "cpu") -> list[Certificate]:
    """Eigenpairs of each of A symmetric tensors (A, N, …, N) of order 3 or more, with what certifies them.

    Paths that meet, or are lost, are followed once more with shorter steps and another γ; what all attempts
    found is joined.
    """
    count, n, order = len(tensors), tensors.shape[1], tensors.ndim - 1
    scale = np.sqrt(n * factorial(order) * np.mean(tensors.reshape(count, -1) ** 2, axis=1))
    flat = tensors.reshape(count, -1) / np.where(scale > 0, scale, 1)[:, None]
    cubes = flat.reshape(tensors.shape)
    kernel = operation("eigenpairs", device)
    found: list[Certificate] = []
    todo = np.arange(count)
    for attempt, tolerance in enumerate(TOLERANCES):
        angle = 2 * np.pi * rng.uniforms(seed, rng.Purpose.HOMOTOPY, 0, attempt, 1)[0]
        gamma = complex(np.exp(1j * angle))
        starts = start_pairs(n, order, gamma)
        pairs = np.repeat(starts[None], len(todo), axis=0)
        status = _follow(kernel, Homotopy(flat[todo], order, gamma, tolerance), pairs)
        for k, a in enumerate(todo):
            ends = pairs[k, status[k] == kernel.FOLLOWED]
            if attempt == 0:
                found.append(certify(cubes[a], ends, len(starts)))
            else:
                found[a] = certify(cubes[a], np.concatenate([found[a].pairs, ends]), len(starts))
        todo = np.array([a for a in todo if not found[a].complete], dtype=np.int64)
        if not len(todo):
            break
    return found


def _follow(kernel: Any, homotopy: Homotopy, pairs: NDArray[np.complex128]) -> NDArray[Any]:
    """Follow all paths (A, P, N + 1) to their ends, in place; what became of each, (A, P).

    Paths do not see each other, so nothing depends on how many are followed together.
    """
    parts = []
    with track(pairs.shape[0] * pairs.shape[1], "paths to critical points") as advance:
        for low in range(0, pairs.shape[1], kernel.PATHS):
            block = np.ascontiguousarray(pairs[:, low : low + kernel.PATHS])
            parts.append(kernel.track(block, homotopy))
            pairs[:, low : low + kernel.PATHS] = block
            advance(block.shape[0] * block.shape[1])
    return np.concatenate(parts, axis=1)
