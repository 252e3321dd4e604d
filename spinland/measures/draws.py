"""Expected rise under noise: means over pairs of opposite displacements, in which the slope drops out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import budget, rng
from ..landscape.protocol import Landscape
from ..statistics.uncertainty import standard_error

Array = NDArray[np.float64]


def noise_rises(
    landscape: Landscape, point: Array, level: float, sigma: float, n_draws: int, seed: int, relative: bool
) -> tuple[float, float]:
    """Mean of [f(w + σξ) + f(w − σξ)]/2 − f(w) over normal ξ and its standard error.

    ``relative`` multiplies ξ_i by |w_i|. On a sphere the point goes along the great circle of the tangential part of
    σξ. Draw i is a function of (seed, i): the same for all points.
    """
    rises, space = np.empty(n_draws), landscape.geometry.space
    for block in budget.blocks(n_draws, budget.WALKERS, 6 * 8 * landscape.dim):
        normal = np.empty((block.stop - block.start, landscape.dim))
        rng.fill_normals(normal, seed, rng.Purpose.SHARPNESS, np.arange(block.start, block.stop), 0)
        normal *= sigma * np.abs(point) if relative else sigma
        both = np.concatenate([space.moved(point, normal), space.moved(point, -normal)])
        values = np.asarray(landscape.value(both), np.float64).reshape(2, -1)
        rises[block] = values.mean(axis=0) - level
    return float(rises.mean()), float(standard_error(rises))
