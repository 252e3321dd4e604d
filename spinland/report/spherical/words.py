"""Comparing a measured number with an exact one, in numbers and in words."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ...statistics import SIGNIFICANCE
from ..parts import number, p_text


def deviations(measured: ArrayLike, error: ArrayLike, exact: ArrayLike) -> NDArray[np.float64]:
    """(measured − exact)/error. Where samples did not vary: 0 if they are exact, else NaN, their error being unknown."""
    value, width, truth = (np.asarray(x, dtype=np.float64) for x in (measured, error, exact))
    difference = value - truth
    with np.errstate(divide="ignore", invalid="ignore"):
        z = difference / width
    same = np.abs(difference) <= 1e-12 * np.maximum(1.0, np.abs(truth))
    return np.where(width > 0, z, np.where(same & (width == 0), 0.0, np.nan))


def sigmas(z: float) -> str:
    """How far a number is from another in standard errors, in words."""
    if not math.isfinite(z):
        return "without an error to judge it by"
    return f"{number(abs(z), 2)} standard errors {'above' if z > 0 else 'below'}"


def chance(z: ArrayLike, n_samples: int) -> float:
    """Probability that the largest of some independent deviations is as large by chance; NaN if there is none.

    Each is taken for Student's t of ``n_samples`` − 1 degrees of freedom: errors are estimated from few samples.
    """
    values = np.abs(np.asarray(z, dtype=np.float64))
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return math.nan
    tail = 2 * float(stats.t.sf(values.max(), max(n_samples - 1, 1)))
    return -math.expm1(len(values) * math.log1p(-tail)) if tail < 1 else 1.0


def agree(z: ArrayLike, n_samples: int) -> bool:
    """Whether the largest deviation is no rarer than one case in a hundred."""
    return not chance(z, n_samples) < SIGNIFICANCE


def worst(z: ArrayLike, n_samples: int) -> str:
    """The largest of some deviations, of how many, and how rare it is, in words."""
    values = np.abs(np.asarray(z, dtype=np.float64))
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return "no deviation can be judged"
    many = "the deviation is" if len(values) == 1 else f"the largest of {len(values)} deviations is"
    return f"{many} {number(float(values.max()), 2)} standard errors, {p_text(chance(z, n_samples))} by Student's t with {max(n_samples - 1, 1)} degrees of freedom"


def curve(times: NDArray[Any], mean: NDArray[Any], error: NDArray[Any]) -> SimpleNamespace:
    """A curve with errors in the form that figures of descents take."""
    return SimpleNamespace(times=times, mean=mean, error=error)
