"""Minima and what stands between them: the disconnectivity graph, and the way over a permutation saddle."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import FigureBase
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..formatting import number
from .hierarchy import branches
from .inputs import takes
from .labels import value_label as label_of
from .style import GREY, INK, PALETTE, canvas, context, dress

_MOST_NAMED = 40


@takes("Tree", "minima", "linkage", "order", "n_joined")
@context()
def disconnectivity_graph(
    tree: Any, figure: FigureBase | None = None, *, hierarchy: Any = None, value_label: str | None = None
) -> FigureBase:
    """Disconnectivity graph of minima; beside it the tree of the distances between them.

    Each line ends below at the energy of its minimum; two are joined at the energy of the lowest saddle by which one
    comes from one to the other. What no known saddle joins meets at a dashed line above all.

    Parameters
    ----------
    tree : Tree
        From :func:`spinland.disconnectivity`.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    hierarchy : Hierarchy, optional
        Of the same minima in the same order; the correlation of the heights in both trees is told.
    value_label : str, optional
        Label of the energies, in place of the quantity and the unit that the tree carries.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        A hierarchy of another number of minima.
    """
    figure = canvas(figure, (5.6 if hierarchy is None else 9.6, 4.6))
    if hierarchy is None:
        _graph(dress(figure.subplots(), grid=False), tree, value_label)
        return figure
    if not hasattr(hierarchy, "linkage") or len(hierarchy.linkage) != len(tree.linkage):
        raise ArgumentError("hierarchy", f"a Hierarchy of {len(tree.minima)} minima", hierarchy)
    left, right = (dress(ax, grid=False) for ax in figure.subplots(1, 2))
    _graph(left, tree, value_label)
    _distances(right, hierarchy)
    left.set_title("joined over saddles", loc="left")
    if hierarchy.cophenetic is not None:
        same = tree.faithfulness(hierarchy.cophenetic)
        right.set_title(f"joined by distance; correlation of heights {number(same, 2)}", loc="left")
    return figure


def _graph(ax: Axes, tree: Any, value_label: str | None) -> None:
    """Draw the tree of energies."""
    linkage, minima, n = np.array(tree.linkage), np.asarray(tree.minima), len(tree.minima)
    known = np.isfinite(linkage[:, 2])
    highest = max(float(linkage[known, 2].max(initial=-np.inf)), float(minima.max()))
    span = highest - float(minima.min()) or 1.0
    linkage[~known, 2] = highest + 0.12 * span
    place, foot = np.empty(2 * n - 1), np.empty(2 * n - 1)
    place[np.asarray(tree.order)], foot[:n] = np.arange(n), minima
    lines = []
    for k, (i, j, height, _) in enumerate(linkage):
        a, b = int(i), int(j)
        place[n + k], foot[n + k] = 0.5 * (place[a] + place[b]), height
        lines.append([(place[a], foot[a]), (place[a], height), (place[b], height), (place[b], foot[b])])
    styles = ["-" if joined else (0, (4, 3)) for joined in known]
    width = float(np.clip(60 / n, 0.4, 1.3))
    ax.add_collection(LineCollection(lines, colors=INK, linewidths=width, linestyles=styles), autolim=False)
    ax.plot(place[:n], minima, ".", color=PALETTE[0], markersize=float(np.clip(200 / n, 2, 8)))
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(float(minima.min()) - 0.06 * span, float(linkage[:, 2].max()) + 0.06 * span)
    _leaves(ax, np.asarray(tree.order))
    ax.set_ylabel(label_of([tree], value_label))


def _distances(ax: Axes, hierarchy: Any) -> None:
    """Draw the tree of distances."""
    linkage, order = np.asarray(hierarchy.linkage), np.asarray(hierarchy.order)
    width = float(np.clip(60 / len(order), 0.4, 1.3))
    ax.add_collection(LineCollection(list(branches(linkage, order)), colors=INK, linewidths=width), autolim=False)
    ax.set_xlim(-0.5, len(order) - 0.5)
    ax.set_ylim(0, 1.06 * float(linkage[:, 2].max()))
    _leaves(ax, order)
    ax.set_ylabel(f"distance at the merge ({hierarchy.method} linkage)")


def _leaves(ax: Axes, order: NDArray[Any]) -> None:
    """Numbers of the minima under the leaves, where there is room."""
    if len(order) <= _MOST_NAMED:
        ax.set_xticks(np.arange(len(order)), labels=[str(k) for k in order], fontsize=8)
    else:
        ax.set_xticks([])
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel("minimum, in the order of the tree")


@takes("PermutationSaddle", "places", "values", "gradient_norms", "index", "plateau")
@context()
def permutation_path(saddle: Any, figure: FigureBase | None = None, *, value_label: str | None = None) -> FigureBase:
    """The way from a network to its copy with two units exchanged: loss, gradient norm and index of the Hessian.

    From the solution the two units come together at the permutation point, and part with their places exchanged. The
    level line is the plateau on which merged units share their outgoing weights in other ways; dotted lines are breaks.

    Parameters
    ----------
    saddle : PermutationSaddle
        From :func:`spinland.permutation_saddle`.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    value_label : str, optional
        Label of the loss, in place of the quantity and the unit that the result carries.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    figure = canvas(figure, (7.2, 7.4))
    ratios = {"height_ratios": (1.7, 1, 1)}
    upper, middle, lower = (dress(ax) for ax in figure.subplots(3, 1, sharex=True, gridspec_kw=ratios))
    there = np.asarray(saddle.places)
    whole = np.concatenate([there, 2 - there[-2::-1]])
    for ax, numbers, marker in (
        (upper, saddle.values, ""),
        (middle, saddle.gradient_norms, "."),
        (lower, saddle.index, "."),
    ):
        there_and_back = np.concatenate([numbers, np.asarray(numbers)[-2::-1]])
        if ax is middle:
            there_and_back = np.where(there_and_back > 0, there_and_back, np.nan)
        ax.plot(whole, there_and_back, marker=marker, color=PALETTE[0])
    upper.plot(1 + np.linspace(-0.3, 0.3, len(saddle.plateau)), saddle.plateau, color=PALETTE[1], label="plateau")
    upper.plot(1, saddle.value, "o", color=PALETTE[1], label=f"permutation point, index {_index(saddle)}")
    upper.legend(loc="lower center")
    upper.set_ylabel(label_of([saddle], value_label))
    if saddle.residual > 0:
        middle.plot(1, saddle.residual, "o", color=PALETTE[1])
    middle.set_yscale("log")
    middle.set_ylabel(r"gradient norm $|\nabla L|$")
    lower.plot(1, _index(saddle), "o", color=PALETTE[1])
    lower.set_ylabel("negative\neigenvalues")
    lower.yaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in (upper, middle, lower):
        for place in [] if saddle.breaks is None else saddle.breaks[:, 0]:
            for edge in (place, 2 - place):
                ax.axvline(edge, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    lower.set_xticks([0, 1, 2], labels=["solution", "permutation point", "exchanged"])
    lower.set_xlabel(f"way on which units {saddle.units[0]} and {saddle.units[1]} change places")
    return figure


def _index(saddle: Any) -> int:
    """Negative eigenvalues at the permutation point, those that were counted as zero left out."""
    size = np.sort(np.abs(saddle.eigenvalues))
    zero = float(size[saddle.n_zero - 1]) if saddle.n_zero else 0.0
    return int(np.sum(np.asarray(saddle.eigenvalues) < -zero))
