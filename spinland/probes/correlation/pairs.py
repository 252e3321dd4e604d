"""Pairs of points of given overlap on a sphere, and the values of a landscape there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ... import budget, checks, rng
from ...execution.engines import Executor
from ...execution.rows import gathered
from ...landscape.protocol import Landscape
from ...landscape.work import over
from ...machines import single_threaded
from ...progress import Advance

_GRIDS = (4, 8, 12, 16, 20, 24, 32, 36, 40, 48, 64, 72, 96)  # numbers of points on a great circle


@dataclass(frozen=True)
class _Plan:
    """``points`` (P, 2) of the plane of a pair, ``place`` (T, 1 + Q) of its turns among them."""

    points: NDArray[np.float64]
    place: NDArray[np.int64]
    seed: int
    radius: float


def values_at_pairs(
    landscape: Landscape,
    q: NDArray[np.float64],
    n_pairs: int,
    seed: int,
    radius: float,
    executor: Executor | None = None,
) -> NDArray[np.float64]:
    """Values at x and at y, (n_pairs, T, 1 + Q), in T orientations.

    A pair lies in the plane of x and x⊥, so a landscape that is quick on planes is quick here.
    """
    points, place = _orientations(q)
    checks.room("n_pairs", n_pairs, 3 * 8 * n_pairs * place.size)
    size = budget.fitting(budget.SPHERE_PAIRS, 8 * landscape.dim)
    plan = _Plan(points, place, seed, radius)
    (values,) = gathered(
        n_pairs, over(_values, landscape, n_pairs, executor, plan, description="correlation", size=size)
    )
    return values


def _values(
    landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64]]:
    """Values (R, T, 1 + Q) of some pairs."""
    zero = np.zeros(landscape.dim, landscape.dtype)
    values = np.empty((len(rows), *plan.place.shape))
    for pair, directions in enumerate(sphere_pairs(plan.seed, rows, landscape.dim, plan.radius)):
        plane = landscape.slice(zero, directions.astype(landscape.dtype))
        values[pair] = plane.value(plan.points)[plan.place]
        advance()
    return (values,)


def _orientations(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Different coefficients of x and x⊥ (P, 2), and where each point of the pairs is among them, (T, 1 + Q).

    On a regular grid of angles the pairs of all turns share its T points; else there are T = 4 turns.
    """
    angle = np.append(0.0, np.arccos(q))
    for turns in _GRIDS:
        steps = angle * turns / (2 * np.pi)
        if np.abs(steps - np.rint(steps)).max() < 1e-9:
            place = (np.arange(turns)[:, None] + np.rint(steps).astype(np.int64)) % turns
            at = 2 * np.pi * np.arange(turns) / turns
            return np.stack([np.cos(at), np.sin(at)], axis=1), place
    x, other = np.append(1.0, q), np.append(0.0, np.sqrt(1 - q**2))
    turned = np.stack([[x, other], [-other, x], [-x, -other], [other, -x]]).transpose(0, 2, 1)
    points, place = np.unique(turned.reshape(-1, 2) + 0.0, axis=0, return_inverse=True)  # −0 becomes 0
    return points, place.reshape(turned.shape[:2])


def sphere_pairs(seed: int, pairs: NDArray[np.int64], dim: int, radius: float) -> NDArray[np.float64]:
    """x and x⊥ of some pairs, (len(pairs), 2, dim): orthogonal, each of norm ``radius``, uniform."""
    both = np.empty((len(pairs), 2, dim))
    for step in (0, 1):
        rng.fill_normals(both[:, step], seed, rng.Purpose.PAIRS, pairs, step)
    with single_threaded():  # scalar products of long vectors depend on the threads of BLAS
        for x, other in both:
            x /= np.linalg.norm(x)
            for _ in range(2):  # twice: rounding leaves a share of x in low dimension
                other -= (other @ x) * x
                other /= np.linalg.norm(other)
    both *= radius
    return both
