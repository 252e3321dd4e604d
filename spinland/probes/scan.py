"""Evaluate a slice of a landscape at many points, in blocks, with progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape, Slice
from ..landscape.work import over
from ..progress import Advance

BLOCK = 4096  # points evaluated at once: enough to make up for what a network computes once for each call


def scan_slice(
    landscape: Landscape,
    origin: NDArray[Any],
    directions: NDArray[Any],
    coefficients: NDArray[np.float64],
    advance: Advance,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and accuracies, each (P,), at origin (dim,) + Σ c_k directions (K, dim) for coefficients (P, K)."""
    family = landscape.slice(origin, directions)
    values, accuracy = np.empty(len(coefficients)), np.empty(len(coefficients))
    for low in range(0, len(coefficients), BLOCK):
        part = coefficients[low : low + BLOCK]
        values[low : low + BLOCK], accuracy[low : low + BLOCK] = family.evaluate(part)
        advance(len(part))
    return values, accuracy


@dataclass(frozen=True)
class _Family:
    """Points (P, K) of an affine family, whose slice is made once, here or in a worker."""

    origin: NDArray[Any]
    directions: NDArray[Any]
    coefficients: NDArray[np.float64]
    made: list[Slice] = field(default_factory=list, init=False)

    def slice(self, landscape: Landscape) -> Slice:
        """The landscape on it."""
        if not self.made:
            self.made.append(landscape.slice(self.origin, self.directions))
        return self.made[0]


def scan_over(
    landscape: Landscape,
    origin: NDArray[Any],
    directions: NDArray[Any],
    coefficients: NDArray[np.float64],
    executor: Executor | None,
    description: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and accuracies as `scan_slice` has them, over an executor or here, with progress of its own."""
    family, n = _Family(origin, directions, coefficients), len(coefficients)
    values, accuracy = gathered(n, over(_scanned, landscape, n, executor, family, description=description, size=BLOCK))
    return values, accuracy


def _scanned(landscape: Landscape, rows: NDArray[np.int64], family: _Family, *, advance: Advance) -> tuple[Any, Any]:
    values, accuracy = family.slice(landscape).evaluate(family.coefficients[rows])
    advance(len(rows))
    return values, accuracy
