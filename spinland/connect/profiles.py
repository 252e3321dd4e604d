"""A landscape along paths: by arc length, with the height of what stands between the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..landscape.protocol import Landscape, Slice
from ..progress import Advance
from ..quantities import Measured
from ..statistics.uncertainty import shared_mean_error
from .curves import Curve

Array = NDArray[np.float64]

_SECTIONS, _ROUNDS = 17, 4
"""Parts that an interval is cut into, and how often. All places of a round are asked for at once: a golden section asks
for one after another, and a slice of a network takes as long for one place as for hundreds."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PathProfile(Measured):
    """A landscape along one or several paths.

    Attributes
    ----------
    alphas : array (n,)
        Shares of the length, from 0 at the start to 1 at the end, evenly spaced.
    arc_length, places : array (n,) or (B, n)
        Length of the path from its start, and the parameter t, at each of them; one row for each path where several
        were asked for. On a sphere of radius R lengths are R times the angle.
    values, accuracy : array (n,) or (B, n)
        Value and accuracy there. Accuracy is NaN where it has no meaning.
    ends : array (B, 2)
        Values at the start and at the end.
    highest, highest_at : array (B,)
        Largest value on the path, and at which share of the length. Between the neighbours of the highest of the
        ``n`` places it is looked for in finer and finer sections, to 2e-4 of their distance; it is never below that
        place.
    barrier : array (B,)
        Largest value less the mean of the two ends: what Frankle and others (arXiv:1912.05671) and Ainsworth and others
        (arXiv:2209.04836) compare. Not cut at 0: where the ends differ it is half their difference at least.
    excess : array (B,)
        Largest difference to the linear interpolation of the values at the ends, by share of the length: Entezari and
        others (arXiv:2110.06296). At least 0, its value at the ends. Looked for in the same way.
    chord : array (B,)
        Distance of the ends; on a sphere along the great circle.
    members : integer array (B, 2)
        Which solutions each path joins, by number; paths that share a solution are not independent.
    label : str
        What it is, for a figure's legend.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "alphas": ("alphas",),
        **{name: ("path", "alphas") for name in ("arc_length", "places", "values", "accuracy")},
    }

    alphas: Array
    arc_length: Array
    places: Array
    values: Array
    accuracy: Array
    ends: Array
    highest: Array
    highest_at: Array
    barrier: Array
    excess: Array
    chord: Array
    members: NDArray[np.int64]
    label: str = ""

    @property
    def length(self) -> Array:
        """Length of each path, (B,)."""
        return np.atleast_2d(self.arc_length)[:, -1].copy()

    @property
    def length_ratio(self) -> Array:
        """Length of each path over the distance of its ends, (B,); NaN for paths between equal ends."""
        return np.divide(self.length, self.chord, out=np.full(len(self.chord), np.nan), where=self.chord > 0)

    @property
    def mean_barrier(self) -> tuple[float, float]:
        """Mean of :attr:`barrier` over the paths, and its standard error."""
        return self.mean_of(self.barrier)

    @property
    def mean_excess(self) -> tuple[float, float]:
        """Mean of :attr:`excess` over the paths, and its standard error."""
        return self.mean_of(self.excess)

    def mean_of(self, numbers: ArrayLike) -> tuple[float, float]:
        """Mean of numbers (B,), one for each path, and its standard error; paths that are NaN are left out.

        Paths may share solutions (:func:`spinland.statistics.uncertainty.shared_mean_error`). The error is NaN where no
        two paths have four different ends.
        """
        numbers = checks.float_array("numbers", numbers, shape=(len(self.barrier),), finite=False)
        there = np.isfinite(numbers)
        if not there.any():
            return float("nan"), float("nan")
        return float(numbers[there].mean()), shared_mean_error(numbers[there], self.members[there])


class Curves(NamedTuple):
    """Control vectors (B, V, dim), which of the paths are lost, and where to look, in ``parts`` (P,) of the length."""

    controls: NDArray[Any]
    basis: str
    radius: float | None
    diverged: NDArray[np.bool_]
    parts: NDArray[np.float64]


def profiles(
    landscape: Landscape, rows: NDArray[np.int64], plan: Curves, *, advance: Advance
) -> list[dict[str, Any] | None]:
    """Fields of a profile for each of some paths; None for one that is lost."""
    found = []
    for b in rows:
        at = plan.controls[b].astype(landscape.dtype, copy=False)
        lost = plan.diverged[b]
        found.append(None if lost else walked(landscape, Curve(at, plan.basis, plan.radius), at[[0, -1]], plan.parts))
        advance()
    return found


def walked(landscape: Landscape, curve: Curve, ends: NDArray[Any], parts: Array) -> dict[str, Any]:
    """Fields of a profile for one path; ``ends`` (2, dim) are evaluated as they are."""
    family: Slice = landscape.slice(curve.origin, curve.directions)
    places = curve.at(parts)
    values, accuracy = (np.array(part, np.float64) for part in family.evaluate(curve.coefficients(places)))
    outer_values, outer_accuracy = landscape.evaluate(ends)
    values[[0, -1]], accuracy[[0, -1]] = outer_values, outer_accuracy
    first, last = float(values[0]), float(values[-1])

    def off_line(part: Array) -> Array:
        return np.asarray(first + part * (last - first))

    def at(part: Array) -> Array:
        return np.reshape(family.value(curve.coefficients(curve.at(part.ravel()))), part.shape)

    over = values - off_line(parts)
    top, above = int(np.argmax(values)), int(np.argmax(over))
    brackets = np.array([[parts[max(k - 1, 0)], parts[min(k + 1, len(parts) - 1)]] for k in (top, above)])
    found, where = _refined(lambda part: at(part) - np.array([[0.0], [1.0]]) * off_line(part), brackets)
    highest, highest_at = max((float(values[top]), float(parts[top])), (float(found[0]), float(where[0])))
    return {
        "arc_length": parts * curve.length,
        "places": places,
        "values": values,
        "accuracy": accuracy,
        "ends": np.array([first, last]),
        "highest": highest,
        "highest_at": highest_at,
        "barrier": highest - 0.5 * (first + last),
        "excess": max(float(over[above]), float(found[1])),
        "chord": curve.chord,
    }


def _refined(function: Callable[[Array], Array], brackets: Array) -> tuple[Array, Array]:
    """Largest values (K,) that sections of intervals (K, 2) meet, and where, of K functions (K, P) → (K, P) at once."""
    low, high, rows = brackets[:, 0].copy(), brackets[:, 1].copy(), np.arange(len(brackets))
    best, where = np.full(len(brackets), -np.inf), low.copy()
    for _ in range(_ROUNDS):
        inner = low[:, None] + (high - low)[:, None] * np.arange(1, _SECTIONS) / _SECTIONS
        values = function(inner)
        top = values.argmax(axis=1)
        better = values[rows, top] > best
        best, where = np.where(better, values[rows, top], best), np.where(better, inner[rows, top], where)
        width = (high - low) / _SECTIONS
        low, high = np.maximum(low, where - width), np.minimum(high, where + width)
    return best, where
