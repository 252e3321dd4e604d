"""Fits of laws to points with errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def power_law(x: NDArray[Any], y: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[float, float, float]:
    """Exponent γ, its error and the factor a of the best y = a x^γ for three points or more, errors above 0.

    Weighted least squares of the logarithms. Where the points scatter by more than their errors, so does the
    exponent: its error is multiplied by (χ²/dof)^(1/2) if that is above 1.
    """
    u, v, weight = np.log(x), np.log(y), (y / error) ** 2
    middle, height = np.average(u, weights=weight), np.average(v, weights=weight)
    square = weight @ (u - middle) ** 2
    slope = weight @ ((u - middle) * (v - height)) / square
    misfit = weight @ (v - height - slope * (u - middle)) ** 2 / (len(u) - 2)
    return float(slope), float(np.sqrt(max(1.0, misfit) / square)), float(np.exp(height - slope * middle))


def log_slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Exponent γ of y ∝ x^γ and its standard error, from the scatter of the logarithms about the best line.

    Positive x and y, all of one weight; NaN for fewer than three, or where x is the same everywhere.
    """
    u, v = np.log(x), np.log(y)
    if len(u) < 3 or not np.ptp(u) > 0:
        return float("nan"), float("nan")
    u, v = u - u.mean(), v - v.mean()
    square = u @ u
    slope = float(u @ v / square)
    left = v - slope * u
    return slope, float(np.sqrt(left @ left / (len(u) - 2) / square))
