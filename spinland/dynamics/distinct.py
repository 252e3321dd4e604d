"""Which ends of descents and of searches are one point: the same rule for minima and for all critical points.

Two points of one norm are the same where they are closer than ``SAME`` of their radius. An isolated critical
point is met again to about the rounding of its gradient over its least eigenvalue: in double precision ends of
one minimum were found within 1e-8 of each other, in single precision within 1e-4. Different minima of glasses of
20 to 400 spins were 0.1 apart and more, different critical points of glasses of 5 to 10 spins 0.01 and more; a
pair at its birth is closer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAME = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-2}
"""Distance, in units of the radius, below which two points are one, by the float type they were found in."""

_BLOCK = 256


def distinct(points: NDArray[Any], lines: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Different points, or different lines ±σ, among points (B, N) of one norm, in float32 or float64.

    Returns
    -------
    first : (K,) int64
        The first of each, in rising order.
    label : (B,) int64
        Which of the K each point is.
    sign : (B,) int64
        1, or −1 for one at the other end of the line.
    """
    same = SAME[points.dtype]
    unit = points.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    first = np.empty(0, np.int64)
    label, sign = np.zeros(len(unit), np.int64), np.ones(len(unit), np.int64)
    for low in range(0, len(unit), _BLOCK):
        block = np.arange(low, min(low + _BLOCK, len(unit)))
        known = len(first)
        new: list[int] = []
        candidates = np.concatenate([first, block])
        near = _near(unit, block, candidates, lines, same)
        for row, i in enumerate(block):
            usable = np.concatenate([np.arange(known), known + np.array(new, np.int64) - low]).astype(np.int64)
            hits = np.flatnonzero(near[row, usable])
            if len(hits):
                label[i] = hits[0]
                sign[i] = 1 if unit[i] @ unit[candidates[usable[hits[0]]]] > 0 else -1
            else:
                label[i] = len(usable)
                new.append(int(i))
        first = np.concatenate([first, np.array(new, np.int64)])
    return first, label, sign


def _near(
    unit: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64], lines: bool, same: float
) -> NDArray[np.bool_]:
    """Which points a lie at points b (A, B)."""
    cosine = unit[a] @ unit[b].T
    near = (np.abs(cosine) if lines else cosine) > 1 - max(1e-9, same**2)
    rows, columns = np.nonzero(near)
    # 1 − cos has lost half of the digits: measure what is close again.
    sign = np.where(cosine[rows, columns] > 0, 1.0, -1.0)[:, None]
    apart = np.linalg.norm(unit[a[rows]] - sign * unit[b[columns]], axis=1)
    near[rows, columns] = apart < same
    return near
