"""Which points a study joins by lines, and where it looks on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def disjoint_pairs(points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Starts and ends of lines between points, first to second, third to fourth, …; one left over is left out.

    No two lines share a point, so that their heights are independent and their standard error is that of so many
    numbers. A chain 1–2–3–… would use every inner point twice.
    """
    half = len(points) // 2
    return points[: 2 * half : 2], points[1 : 2 * half : 2]


def places(n: int) -> NDArray[np.float64]:
    """``n`` ≥ 3 evenly spaced places on a line, 0 and 1 among them exactly, with about a quarter beyond each end."""
    inside = round(2 * (n - 1) / 3) + 1
    before = (n - inside) // 2
    return np.arange(-before, n - before) / (inside - 1)
