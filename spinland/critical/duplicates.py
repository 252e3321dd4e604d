"""Ends of the search that are one and the same critical point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAME = 1e-6
"""Distance, in units of the radius, below which two ends are one point."""

_BLOCK = 256


def distinct(
    points: NDArray[np.float64], lines: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Different points, or different lines ±σ, among points (B, N) of one norm.

    Returns
    -------
    first : (K,) int64
        The first of each.
    label : (B,) int64
        Which of the K each point is.
    sign : (B,) int64
        1, or −1 for one at the other end of the line.
    """
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    first = np.empty(0, np.int64)
    label, sign = np.zeros(len(unit), np.int64), np.ones(len(unit), np.int64)
    for low in range(0, len(unit), _BLOCK):
        block = np.arange(low, min(low + _BLOCK, len(unit)))
        known = len(first)
        new: list[int] = []
        candidates = np.concatenate([first, block])
        near = _near(unit, block, candidates, lines)
        for row, i in enumerate(block):
            usable = np.concatenate([np.arange(known), known + np.array(new, np.int64) - low]).astype(
                np.int64
            )
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
    unit: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64], lines: bool
) -> NDArray[np.bool_]:
    """Which points a lie at points b (A, B)."""
    cosine = unit[a] @ unit[b].T
    near = (np.abs(cosine) if lines else cosine) > 1 - 1e-9
    rows, columns = np.nonzero(near)
    # 1 − cos has lost half of the digits: measure what is close again.
    sign = np.where(cosine[rows, columns] > 0, 1.0, -1.0)[:, None]
    apart = np.linalg.norm(unit[a[rows]] - sign * unit[b[columns]], axis=1)
    near[rows, columns] = apart < SAME
    return near
