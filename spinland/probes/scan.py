"""Evaluate a slice of a landscape at many points, in blocks, with progress."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..landscape.protocol import Landscape
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
