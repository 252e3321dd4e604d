"""Hierarchy of the solutions: dendrogram and ordered matrix (figure 5 of arXiv:2407.20724)."""

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
from ..formatting import plus_minus
from .inputs import takes
from .style import INK, SEQUENTIAL, canvas, context, dress, undress_bar

_HEIGHTS = {
    "euclidean": r"distance $d_{ab} = |w_a - w_b|$",
    "sqeuclidean": r"squared distance $|w_a - w_b|^2$",
    "cosine": r"distance $1 - q_{ab}$",
    "projective": r"distance $\min |w_a \pm w_b|$",
    "given": r"distance $d_{ab}$",
    "balanced": r"distance $d_{ab}$ of balanced networks",
    "symmetric": r"distance modulo symmetries $d_{ab}$",
}
REPLICAS = ("replica", "replicas")
"""What the leaves of a tree are called."""

_MOST_NAMED = 40
_MOST_STEMS = 150


@takes("Hierarchy", "linkage", "order", "method")
@context()
def dendrogram_matrix(
    hierarchy: Any,
    figure: FigureBase | None = None,
    *,
    matrix: ArrayLike | None = None,
    matrix_label: str | None = None,
    labels: Sequence[str] | None = None,
    called: tuple[str, str] = REPLICAS,
) -> FigureBase:
    """Dendrogram of the replicas, above and beside their matrix in the order of its leaves.

    The diagonal is left grey. The colours span the central 99% of the other entries; entries beyond have the
    colour of the end, and an arrow on the colour bar says so. The axis of the merge heights starts below the
    lowest merge; where that is not 0, it is cut, marked and said so. Above 150 replicas the stems of the leaves
    are shortened. A hierarchy that was made from vectors holds no distances: without ``matrix``, its tree
    stands alone.

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
    labels : sequence of str, optional
        Name of each replica, in the order of the replicas; by default its number. Above 40 replicas there is
        no room for names.
    called : (str, str)
        What a leaf is called, and several.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        ``matrix`` has another shape, or another number of labels.
    """
    order = np.asarray(hierarchy.order)
    n = len(order)
    names = _names(labels, order)
    if matrix is None and hierarchy.distances is None:
        return _tree_alone(canvas(figure, (7.6, 4.0)), hierarchy, order, names, called)
    square = _square(hierarchy, matrix, n)[np.ix_(order, order)]
    figure = canvas(figure, (7.6, 7.05))
    grid = figure.add_gridspec(2, 3, width_ratios=(1.4, 5, 0.2), height_ratios=(1.4, 5))
    field = dress(figure.add_subplot(grid[1, 1]), grid=False)
    top = dress(figure.add_subplot(grid[0, 1], sharex=field), grid=False)
    side = dress(figure.add_subplot(grid[1, 0], sharey=field), grid=False)
    _matrix(figure, field, figure.add_subplot(grid[1, 2]), square, matrix_label or _HEIGHTS[hierarchy.metric])
    _trees(top, side, np.asarray(hierarchy.linkage), order)
    side.set_ylabel(f"{called[0]} $b$, in the same order")
    _name_leaves(field, names)
    field.set_yticks([])
    field.set_xlabel(f"{called[0]} $a$, in the order of the tree")
    corner = figure.add_subplot(grid[0, 0])
    corner.axis("off")
    corner.text(0.0, 1.0, f"{n} {called[1]}\n{hierarchy.method} linkage", va="top", fontsize=9)
    if np.isfinite(hierarchy.cophenetic_correlation):
        number = plus_minus(hierarchy.cophenetic_correlation, hierarchy.cophenetic_correlation_error)
        corner.text(0.0, 0.0, f"cophenetic\ncorrelation\n{number}", va="bottom", fontsize=9)
    return figure


def _names(labels: Sequence[str] | None, order: NDArray[Any]) -> list[str]:
    """Names of the leaves in their order; their numbers where no names are given."""
    if labels is None:
        return [str(k) for k in order]
    given = [labels] if isinstance(labels, str) else [str(label) for label in labels]
    if len(given) != len(order):
        raise ArgumentError("labels", f"one for each of {len(order)} replicas", f"{len(given)}")
    return [given[k] for k in order]


def _name_leaves(ax: Axes, names: list[str]) -> None:
    """Names under the leaves, where there is room for them."""
    if len(names) <= _MOST_NAMED:
        ax.set_xticks(np.arange(len(names)), labels=names, rotation=90, fontsize=8)
    else:
        ax.set_xticks([])


def _square(hierarchy: Any, matrix: ArrayLike | None, n: int) -> NDArray[np.float64]:
    """The matrix to show, (n, n)."""
    if matrix is not None:
        return float_array("matrix", matrix, shape=(n, n))
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


def _tree_alone(
    figure: FigureBase, hierarchy: Any, order: NDArray[Any], names: list[str], called: tuple[str, str]
) -> FigureBase:
    """Draw the dendrogram without a matrix."""
    ax = dress(figure.subplots(), grid=False)
    floor = _tree(ax, np.asarray(hierarchy.linkage), order)
    ax.set_xlim(-0.5, len(order) - 0.5)
    _name_leaves(ax, names)
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel(f"{called[0]} $a$, in the order of the tree")
    ax.set_ylabel("merge height" + (" (not from 0)" if floor > 0 else ""))
    ax.set_title(f"{len(order)} {called[1]}, {hierarchy.method} linkage", loc="left")
    return figure


def _tree(ax: Axes, linkage: NDArray[Any], order: NDArray[Any], *, sideways: bool = False) -> float:
    """Draw the dendrogram, root at the top or at the left; return where its axis of heights begins."""
    n = len(order)
    low, high = float(linkage[:, 2].min()), float(linkage[:, 2].max())
    span = high - low or 0.1 * abs(high) or 1.0
    # Nearly equal heights would be one flat line on an axis from 0.
    floor = 0.0 if low < 0.5 * high else low - 0.12 * span
    # Full stems of very many leaves would be a grey wall.
    corners = branches(linkage, order, 0.04 * span if n > _MOST_STEMS else None)
    lines = LineCollection(
        list(corners[:, :, ::-1] if sideways else corners), colors=INK, linewidths=float(np.clip(60 / n, 0.4, 1.1))
    )
    ax.add_collection(lines, autolim=False)
    if sideways:
        ax.set_xlim(high + 0.06 * span, floor)
    else:
        ax.set_ylim(floor, high + 0.06 * span)
    return floor


def _trees(top: Axes, side: Axes, linkage: NDArray[Any], order: NDArray[Any]) -> None:
    """Draw the dendrogram above and to the left of the matrix."""
    floor = _tree(top, linkage, order)
    _tree(side, linkage, order, sideways=True)
    # One scale of heights, under the tree at the side; the tree above has the same.
    side.xaxis.set_major_locator(MaxNLocator(3))
    side.spines["left"].set_visible(False)
    side.tick_params(left=False, labelleft=False)
    side.set_xlabel("merge height")
    top.spines[["left", "bottom"]].set_visible(False)
    top.tick_params(bottom=False, labelbottom=False, left=False, labelleft=False)
    if floor > 0:
        cut: dict[str, Any] = {
            "marker": [(-0.5, -1), (0.5, 1)],
            "markersize": 8,
            "linestyle": "none",
            "color": INK,
            "clip_on": False,
        }
        side.plot([0.92, 0.97], [0, 0], transform=side.transAxes, **cut)
        side.set_xlabel("merge height\n(not from 0)")
