"""Barriers on the way from one point to another: the ends belong to it, whatever grid is looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NEAR = 1e-9  # a place this close to an end is that end: np.linspace and np.arange miss 0 and 1 by rounding


def with_ends(alphas: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Places to be evaluated, where ``alphas`` are among them, and where the ends 0 and 1 are.

    What is asked for keeps its order; an end that is not there, up to rounding, is put behind.
    """
    every, outer = list(alphas), []
    for end in (0.0, 1.0):
        near = int(np.argmin(np.abs(alphas - end)))
        if abs(alphas[near] - end) > _NEAR:
            near = len(every)
            every.append(end)
        outer.append(near)
    return np.array(every), np.arange(len(alphas)), np.array(outer)


def barrier_height(
    alphas: NDArray[np.float64], values: NDArray[np.float64], ends: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Largest value from α = 0 to 1 less the larger of those at 0 and 1, never below 0.

    Parameters
    ----------
    alphas : array (A,)
        Places, in any order.
    values : array (..., A)
        Values there.
    ends : array (..., 2), optional
        Values at 0 and 1. Without them those of ``alphas``.

    Returns
    -------
    (...) float64
        NaN where no place lies between the ends, and without ends where ``alphas`` do not hold both.
    """
    _, _, outer = with_ends(alphas)
    if ends is None:
        if outer.max() >= len(alphas):
            return np.full(values.shape[:-1], np.nan)
        ends = values[..., outer]
    higher = ends.max(axis=-1)
    if not np.any((alphas > _NEAR) & (alphas < 1 - _NEAR)):
        return np.full(higher.shape, np.nan)
    inside = values[..., (alphas >= -_NEAR) & (alphas <= 1 + _NEAR)]
    return np.asarray(np.maximum(inside.max(axis=-1, initial=-np.inf), higher) - higher)


def above_mean(
    alphas: NDArray[np.float64], values: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Largest value strictly between α = 0 and 1 less the mean of those at 0 and 1 (Frankle et al., arXiv:1912.05671).

    Parameters
    ----------
    alphas : array (A,)
        Places, in any order.
    values : array (..., A)
        Values there.
    ends : array (..., 2)
        Values at 0 and 1.

    Returns
    -------
    (...) float64
        Below 0 where all between the ends is lower than their mean; NaN where no place lies between them.
    """
    return _highest(alphas, values - ends.mean(axis=-1, keepdims=True))


def above_line(
    alphas: NDArray[np.float64], values: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Largest height, strictly between α = 0 and 1, above (1−α) value(0) + α value(1).

    R. Entezari et al., arXiv:2110.06296.
    Arguments and NaN as in :func:`above_mean`.
    """
    return _highest(alphas, values - ((1 - alphas) * ends[..., :1] + alphas * ends[..., 1:]))


def _highest(alphas: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest of heights (..., A) strictly between 0 and 1."""
    between = (alphas > _NEAR) & (alphas < 1 - _NEAR)
    if not between.any():
        return np.full(heights.shape[:-1], np.nan)
    return np.asarray(heights[..., between].max(axis=-1))
