"""Names beside points of a plane, where they cover neither points nor each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

HALO = [patheffects.withStroke(linewidth=2.6, foreground="white")]
"""White about a mark or a name, so that it is legible on any colour."""

_SIZE = 11.0  # of the names, in points
_WIDE = 0.6  # width of a letter on average, in units of the size
_MARK = 4.0  # radius of a mark, in points
_SIDE, _ABOVE = 8.0, 6.0  # from a point to its name, in points


def name_points(ax: Axes, points: ArrayLike, names: Sequence[str], others: ArrayLike | None = None) -> None:
    """Write names beside points, each on the side where it covers least and, of equal ones, towards the middle.

    Limits and aspect of the axes must be what they will be.

    Parameters
    ----------
    ax : Axes
    points : (n, 2)
    names : sequence of str
        One for each.
    others : (m, 2), optional
        Points without a name that shall not be covered either.
    """
    places = _in_points(ax, np.asarray(points, dtype=float).reshape(-1, 2))
    rest = np.empty((0, 2)) if others is None else _in_points(ax, np.asarray(others, dtype=float).reshape(-1, 2))
    size = _size(ax)
    taken: list[NDArray[np.float64]] = []
    for k, (place, name) in enumerate(zip(places, names, strict=True)):
        marks = np.concatenate([np.delete(places, k, axis=0), rest])
        extent = np.array([_WIDE * _SIZE * len(name), _SIZE])
        sides = _sides(place, size)
        boxes = [_box(place, side, extent) for side in sides]
        best = int(np.argmin([_covered(box, size, marks, taken) for box in boxes]))
        taken.append(boxes[best])
        x, y = sides[best]
        ax.annotate(
            name,
            np.asarray(points, dtype=float).reshape(-1, 2)[k],
            xytext=(_SIDE * x, _ABOVE * y if x else (_ABOVE + 2) * y),
            textcoords="offset points",
            ha=("center", "left", "right")[x],
            va=("center", "bottom", "top")[y],
            path_effects=HALO,
            zorder=8,
        )


def _size(ax: Axes) -> NDArray[np.float64]:
    """Width and height of the axes in points; those of one unit are alike where the aspect is fixed."""
    box = ax.get_window_extent()
    whole: Any = ax.get_figure(root=True)
    size = np.array([box.width, box.height]) * 72 / whole.dpi
    if ax.get_aspect() == 1:
        span = _span(ax)
        size = span * (size / span).min()
    return np.asarray(size)


def _span(ax: Axes) -> NDArray[np.float64]:
    return np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])


def _in_points(ax: Axes, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of the axes in typographic points from their lower left corner."""
    corner = np.array([ax.get_xlim()[0], ax.get_ylim()[0]])
    return np.asarray((places - corner) / _span(ax) * _size(ax))


def _sides(place: NDArray[np.float64], size: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The eight sides of a point, those towards the middle of the axes first."""
    x, y = (1 if p <= 0.5 * s else -1 for p, s in zip(place, size, strict=True))
    return [(x, y), (x, -y), (-x, y), (-x, -y), (x, 0), (0, y), (-x, 0), (0, -y)]


def _box(place: NDArray[np.float64], side: tuple[int, int], extent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners (2, 2), low and high, of a name beside a point."""
    offset = np.array([_SIDE, _ABOVE]) * side
    middle = place + offset + 0.5 * extent * side
    return np.array([middle - 0.5 * extent, middle + 0.5 * extent])


def _covered(box: Any, size: Any, marks: NDArray[np.float64], taken: Sequence[NDArray[np.float64]]) -> float:
    """What a name would hide: its area beyond the axes and on other names, and its own for each mark in it.

    For a mark beside it, to which it might seem to belong, a quarter more.
    """
    low, high = box
    area = float(np.prod(high - low))
    inside = float(np.prod(np.maximum(np.minimum(high, size) - np.maximum(low, 0.0), 0.0)))
    names = sum(float(np.prod(np.maximum(np.minimum(high, b) - np.maximum(low, a), 0.0))) for a, b in taken)
    hidden, near = (int(((marks > low - by) & (marks < high + by)).all(axis=1).sum()) for by in (_MARK, 3 * _MARK))
    return area - inside + names + area * hidden + 0.25 * area * near
