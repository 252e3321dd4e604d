"""Hierarchy of the solutions: dendrogram and ordered matrix (figure 5 of arXiv:2407.20724), null models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import FigureBase
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import squareform

from ..checks import float_array
from ..errors import ArgumentError
from .inputs import listing
from .style import GREY, INK, PALETTE, SEQUENTIAL, canvas, context, dress, panel, undress_bar

_HEIGHTS = {
    "euclidean": r"distance $d_{ab} = |w_a - w_b|$",
    "sqeuclidean": r"squared distance $|w_a - w_b|^2$",
    "cosine": r"distance $1 - q_{ab}$",
}
_MOST_NAMED = 40
_MOST_STEMS = 150


@context()
def dendrogram_matrix(
    hierarchy: Any,
    figure: FigureBase | None = None,
    *,
    matrix: ArrayLike | None = None,
    matrix_label: str | None = None,
) -> FigureBase:
    """Dendrogram of the replicas, above and beside their matrix in the order of its leaves.

    The diagonal is left grey. The colours span the central 99% of the other entries; entries beyond have the
    colour of the end, and an arrow on the colour bar says so. The axis of the merge heights starts below the
    lowest merge; where that is not 0, it is cut, marked and said so. Above 150 replicas the stems of the leaves
    are shortened.

    Parameters
    ----------
    hierarchy : Hierarchy
        Fields ``linkage`` (R−1, 4), ``order`` (R,), ``distances`` (condensed, or None), ``method``,
        ``metric``, ``cophenetic_correlation``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    matrix : array_like (R, R), optional
        Shown in place of the distances, such as the overlaps; in the order of the replicas, not of the leaves.
    matrix_label : str, optional
        What ``matrix`` holds.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        ``matrix`` has another shape, or it is not given and the hierarchy holds no distances.
    """
    order = np.asarray(hierarchy.order)
    n = len(order)
    square = _square(hierarchy, matrix, n)[np.ix_(order, order)]
    figure = canvas(figure, (7.6, 7.05))
    grid = figure.add_gridspec(2, 3, width_ratios=(1.4, 5, 0.2), height_ratios=(1.4, 5))
    field = dress(figure.add_subplot(grid[1, 1]), grid=False)
    top = dress(figure.add_subplot(grid[0, 1], sharex=field), grid=False)
    side = dress(figure.add_subplot(grid[1, 0], sharey=field), grid=False)
    _matrix(figure, field, figure.add_subplot(grid[1, 2]), square, matrix_label or _HEIGHTS[hierarchy.metric])
    _trees(top, side, np.asarray(hierarchy.linkage), order)
    if n <= _MOST_NAMED:
        field.set_xticks(np.arange(n), labels=[str(k) for k in order], rotation=90, fontsize=8)
    else:
        field.set_xticks([])
    field.set_yticks([])
    field.set_xlabel("replica $a$, in the order of the tree")
    corner = figure.add_subplot(grid[0, 0])
    corner.axis("off")
    corner.text(0.0, 1.0, f"{n} replicas\n{hierarchy.method} linkage", va="top", fontsize=9)
    corner.text(0.0, 0.0, f"cophenetic\ncorrelation {hierarchy.cophenetic_correlation:.2f}", va="bottom", fontsize=9)
    return figure


def _square(hierarchy: Any, matrix: ArrayLike | None, n: int) -> NDArray[np.float64]:
    """The matrix to show, (n, n)."""
    if matrix is not None:
        return float_array("matrix", matrix, shape=(n, n))
    if hierarchy.distances is None:
        raise ArgumentError("matrix", "a matrix to show, since this hierarchy holds no distances", "None")
    return np.asarray(squareform(np.asarray(hierarchy.distances, dtype=float)))


def _matrix(figure: FigureBase, ax: Axes, bar_ax: Axes, square: NDArray[np.float64], label: str) -> None:
    """Draw the ordered matrix and its colour bar."""
    n = len(square)
    off = square[~np.eye(n, dtype=bool)]
    low, high = np.quantile(off, (0.005, 0.995))
    beyond_low, beyond_high = off.min() < low, off.max() > high
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    shown = np.ma.masked_array(square, np.eye(n, dtype=bool))
    image = ax.imshow(shown, cmap=SEQUENTIAL, vmin=low, vmax=high, aspect="auto", origin="upper")
    ax.set_facecolor("0.85")
    for spine in ax.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, cax=bar_ax, extend=extend[bool(beyond_low), bool(beyond_high)])
    undress_bar(bar)
    bar.set_label(label)


def branches(linkage: NDArray[Any], order: NDArray[Any], stem: float | None = None) -> NDArray[np.float64]:
    """Corners (R−1, 4, 2) of the brackets of a dendrogram.

    Leaf k of ``order`` stands at abscissa k; its stem goes down to height 0, or is ``stem`` long.
    """
    n = len(order)
    place, height = np.zeros(2 * n - 1), np.zeros(2 * n - 1)
    place[order] = np.arange(n)
    corners = np.empty((n - 1, 4, 2))
    for k in range(n - 1):
        i, j, merge = int(linkage[k, 0]), int(linkage[k, 1]), linkage[k, 2]
        place[n + k], height[n + k] = 0.5 * (place[i] + place[j]), merge
        foot_i, foot_j = (merge - stem if stem is not None and m < n else height[m] for m in (i, j))
        corners[k] = [(place[i], foot_i), (place[i], merge), (place[j], merge), (place[j], foot_j)]
    return corners


def _trees(top: Axes, side: Axes, linkage: NDArray[Any], order: NDArray[Any]) -> None:
    """Draw the dendrogram above and to the left of the matrix."""
    n = len(order)
    low, high = float(linkage[:, 2].min()), float(linkage[:, 2].max())
    span = high - low or 0.1 * abs(high) or 1.0
    # Nearly equal heights would be one flat line on an axis from 0.
    floor = 0.0 if low < 0.5 * high else low - 0.12 * span
    ceiling = high + 0.06 * span
    # Full stems of very many leaves would be a grey wall.
    corners = branches(linkage, order, 0.04 * span if n > _MOST_STEMS else None)
    line = {"colors": INK, "linewidths": float(np.clip(60 / n, 0.4, 1.1)), "capstyle": "butt"}
    top.add_collection(LineCollection(list(corners), **line), autolim=False)
    side.add_collection(LineCollection(list(corners[:, :, ::-1]), **line), autolim=False)
    top.set_ylim(floor, ceiling)
    side.set_xlim(ceiling, floor)
    # One scale of heights, under the tree at the side; the tree above has the same.
    side.xaxis.set_major_locator(MaxNLocator(3))
    side.spines["left"].set_visible(False)
    side.tick_params(left=False, labelleft=False)
    side.set_ylabel("replica $b$, in the same order")
    side.set_xlabel("merge height")
    top.spines[["left", "bottom"]].set_visible(False)
    top.tick_params(bottom=False, labelbottom=False, left=False, labelleft=False)
    if floor > 0:
        cut = {"marker": [(-0.5, -1), (0.5, 1)], "markersize": 8, "linestyle": "none", "color": INK, "clip_on": False}
        side.plot([0.92, 0.97], [0, 0], transform=side.transAxes, **cut)
        side.set_xlabel("merge height\n(not from 0)")


@context()
def ultrametricity_null(
    measured: tuple[str, float, float],
    nulls: Sequence[tuple[str, float, float]],
    ax: Axes | None = None,
    *,
    quantity: str = "deviation from ultrametricity",
) -> Axes:
    """A measured number of the tree against what null models give.

    Parameters
    ----------
    measured : (str, float, float)
        Name, value, and standard error (bootstrap over replicas).
    nulls : sequence of (str, float, float)
        For each null model its name, the mean, and the standard deviation over its draws.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : str
        What is compared; label of the axis.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No null models.
    """
    rows = [measured, *listing("nulls", list(nulls))]
    ax = panel(ax, (6.4, 1.3 + 0.5 * len(rows)))
    place = np.arange(len(rows))
    _, value, error = measured
    if np.isfinite(error):
        ax.axvspan(value - error, value + error, color=PALETTE[1], alpha=0.18, linewidth=0)
    ax.axvline(value, color=PALETTE[1], linewidth=0.8)
    for k, (_, value, error) in enumerate(rows):
        ax.errorbar(
            value,
            k,
            xerr=error if np.isfinite(error) else None,
            color=PALETTE[1] if k == 0 else GREY,
            marker="D" if k == 0 else "o",
            markersize=6,
            elinewidth=1.6,
        )
    ax.set_yticks(place, labels=[f"{row[0]}\n(± {'error' if k == 0 else 'std'})" for k, row in enumerate(rows)])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(quantity)
    return ax
