"""Networks and glasses beside each other: walks at equal overlap, planes, lines and hierarchies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..checks import integer, renamed
from .hierarchy import REPLICAS, dendrogram_matrix
from .inputs import listing, matched, takes
from .labels import OVERLAP, value_label
from .lines import line_profile
from .pairs import overlap_histogram
from .planes import plane_contour, plane_surface
from .style import GREY, INK, canvas, category, context, dress

_DASHES = ("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_NAMES = ("network", "glass")


@takes("OverlapProfile", "overlap", "rise", "typical", several=True)
@context()
def overlap_profiles(
    profiles: Any,
    figure: FigureBase | None = None,
    *,
    names: Sequence[str] = _NAMES,
    value_labels: Sequence[str] | None = None,
    orders: Sequence[int | None] = (None, 3),
    references: Sequence[int] = (2, 3),
) -> FigureBase:
    """Values along walks on a sphere against the overlap with their start, each by itself and all in one panel.

    The overlap falls from left to right, as a walk goes. A panel for each profile has the mean value with its
    standard error over origins, and a line at the value of random points. The last panel has the normalised
    rise (v − v_start)/(v_typical − v_start) of all of them, with 1 − q^p of pure spherical glasses.

    Parameters
    ----------
    profiles : OverlapProfile or sequence of OverlapProfile
        Usually of a network and of a glass.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    names : sequence of str
        Name of each.
    value_labels : sequence of str, optional
        Label of each one's value, in place of the quantity and the unit that it carries.
    orders : sequence of int or None
        Order p of each profile that is of a pure glass: its panel gets the exact conditional mean e q^p for
        walks from stationary points of mean energy e; None elsewhere.
    references : sequence of int
        Orders p of the curves 1 − q^p in the last panel.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No profiles, or another number of names, labels or orders.
    """
    items = listing("profiles", profiles)
    titles, labels = matched("names", names, len(items)), matched("value_labels", value_labels, len(items))
    powers = matched("orders", orders, len(items))
    figure = canvas(figure, (4.3 * (len(items) + 1), 3.9))
    *each, last = (dress(ax) for ax in figure.subplots(1, len(items) + 1))
    for k, (ax, item) in enumerate(zip(each, items, strict=True)):
        _bars(ax, item, "value", k, titles[k])
        ax.axhline(np.mean(item.typical), color=GREY, linewidth=0.9, linestyle=":", label="random points")
        if powers[k] is not None:
            q = np.linspace(0, 1, 201)
            ax.plot(
                q,
                np.mean(item.start) * q ** integer("orders", powers[k], minimum=1),
                color=INK,
                linewidth=1.0,
                linestyle="--",
                label=rf"exact mean $e_0\,q^{{{powers[k]}}}$",
                zorder=1,
            )
        ax.set_ylabel(value_label([item], labels[k]))
        _falling(ax, "best")
    for k, item in enumerate(items):
        _bars(last, item, "rise", k, titles[k])
    q = np.linspace(0, 1, 201)
    for k, p in enumerate(references):
        power = integer("references", p, minimum=1)
        last.plot(
            q, 1 - q**power, color=GREY, linewidth=1.1, linestyle=_DASHES[k % 4], label=rf"$1-q^{{{power}}}$", zorder=1
        )
    last.set_ylabel(r"rise $(v-v_0)\,/\,(v_{\mathrm{typical}}-v_0)$")
    _falling(last, "lower right")
    return figure


def _bars(ax: Axes, item: Any, quantity: str, k: int, name: str) -> None:
    ax.errorbar(
        item.overlap,
        getattr(item, quantity),
        getattr(item, f"{quantity}_error"),
        color=category(k)["color"],
        marker="os^Dv"[k % 5],
        markersize=4,
        linewidth=0.9,
        elinewidth=0.9,
        capsize=0,
        label=name,
    )


def _falling(ax: Axes, place: Any) -> None:
    """Overlap from 1 at the left to 0, and a legend inside, where curves that level off leave room."""
    ax.set_xlim(1.02, 0)
    ax.set_xlabel(f"{OVERLAP} with the start")
    ax.legend(loc=place)


@takes("Plane", "a", "b", "values", several=True)
@context()
def plane_pair(
    planes: Any,
    figure: FigureBase | None = None,
    *,
    names: Sequence[str] = _NAMES,
    value_labels: Sequence[str] | None = None,
    surfaces: bool = True,
) -> FigureBase:
    """Planes of several landscapes beside each other, as contours, with their surfaces underneath.

    Parameters
    ----------
    planes : Plane or sequence of Plane
        Usually of a network and of a glass.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    names : sequence of str
        Name of each.
    value_labels : sequence of str, optional
        Label of each one's value, in place of the quantity and the unit that it carries.
    surfaces : bool
        Whether to draw the surfaces too.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No planes, or another number of names or labels.
    """
    items = listing("planes", planes)
    titles, labels = matched("names", names, len(items)), matched("value_labels", value_labels, len(items))
    figure = canvas(figure, (6.3 * len(items), 10.2 if surfaces else 5.0))
    rows = figure.subfigures(2 if surfaces else 1, len(items), squeeze=False, height_ratios=(5.0, 5.2)[: 1 + surfaces])
    for k, item in enumerate(items):
        ax = plane_contour(item, rows[0, k].subplots(), value_label=labels[k])
        ax.set_title(titles[k], loc="left")
        if surfaces:
            plane_surface(item, rows[1, k], value_label=labels[k])
            field: Any = rows[1, k].axes[0]
            field.set_box_aspect((1, 1, 0.72), zoom=0.84)  # subfigures do not make room for labels in 3-D
    return figure


@takes("Line", "alphas", "values", several=True)
@context()
def line_pair(
    lines: Any,
    figure: FigureBase | None = None,
    *,
    names: Sequence[str] = _NAMES,
    value_labels: Sequence[str] | None = None,
    orders: Sequence[int | None] = (None, 3),
    spread: bool = True,
) -> FigureBase:
    """Values along great circles between solutions and between minima of a glass, beside each other.

    Parameters
    ----------
    lines : Line or sequence of Line
        Drawn as mean and band of one standard error over a batch.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    names : sequence of str
        Name of each.
    value_labels : sequence of str, optional
        Label of each one's value, in place of the quantity and the unit that it carries.
    orders : sequence of int or None
        Order p of each line that joins stationary points of a pure glass at overlap 0: it gets the exact
        conditional mean e0 cos^p(πα/2) + e1 sin^p(πα/2) for p of at least 3; None elsewhere.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the lines of a batch.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No lines, another number of names, labels or orders, or an order below 3.
    """
    items = listing("lines", lines)
    titles, labels = matched("names", names, len(items)), matched("value_labels", value_labels, len(items))
    powers = matched("orders", orders, len(items))
    figure = canvas(figure, (5.2 * len(items), 3.9))
    for k, (ax, item) in enumerate(zip(figure.subplots(1, len(items), squeeze=False)[0], items, strict=True)):
        line_profile(item, ax, value_label=labels[k], log=False, spread=spread)
        old, words = ax.get_legend(), ""
        if old is not None:
            words = old.get_title().get_text().replace("\n", " ")
            old.remove()
        if powers[k] is not None:
            _orthogonal_minima(ax, item, integer("orders", powers[k], minimum=3))
        ax.set_title("\n".join(filter(None, (titles[k], words))), loc="left")
    return figure


def _orthogonal_minima(ax: Axes, line: Any, order: int) -> None:
    """The mean energy of a pure glass on the great circle between two stationary points at right angles."""
    known = getattr(line, "ends", None)
    if known is None:  # of a result without its ends: the places nearest to them
        nearest = [int(np.argmin(np.abs(np.asarray(line.alphas) - a))) for a in (0, 1)]
        known = np.atleast_2d(line.values)[:, nearest]
    ends = np.atleast_2d(known).mean(axis=0)
    alpha = np.linspace(min(line.alphas), max(line.alphas), 201)
    c, s = np.cos(np.pi * alpha / 2), np.sin(np.pi * alpha / 2)
    ax.plot(
        alpha,
        ends[0] * c**order + ends[1] * s**order,
        color=INK,
        linewidth=1.0,
        linestyle="--",
        label="exact mean at overlap 0",
    )
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.16 * (high - low))  # room for the legend above the curves
    ax.legend(loc="upper center")


@takes("Hierarchy", "linkage", "order", "method", several=True)
@context()
def hierarchy_pair(
    hierarchies: Any,
    distributions: Any,
    matrices: Sequence[Any] | None = None,
    figure: FigureBase | None = None,
    *,
    names: Sequence[str] = ("trained networks", "minima of the glass"),
    called: Sequence[tuple[str, str]] | None = None,
) -> FigureBase:
    """Dendrograms with their ordered matrices beside each other, over the distributions P(q) of the overlaps.

    Parameters
    ----------
    hierarchies : Hierarchy or sequence of Hierarchy
        Usually of trained networks and of the minima of a glass.
    distributions : OverlapDistribution or sequence of OverlapDistribution
        One for each.
    matrices : sequence of array_like (R, R), optional
        Overlaps of each, shown in place of the distances.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    names : sequence of str
        Name of each.
    called : sequence of (str, str), optional
        What a leaf of each is called, and several; replicas by default.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No hierarchies, or another number of distributions, matrices, names or of what leaves are called.
    """
    items = listing("hierarchies", hierarchies)
    several = matched("distributions", listing("distributions", distributions), len(items))
    squares, titles = matched("matrices", matrices, len(items)), matched("names", names, len(items))
    words = matched("called", called, len(items))
    figure = canvas(figure, (6.9 * len(items), 9.4))
    rows = figure.subfigures(2, len(items), squeeze=False, height_ratios=(6.6, 2.8))
    axes = []
    for k, item in enumerate(items):
        label = None if squares[k] is None else rf"{OVERLAP}$_{{ab}}$"
        dendrogram_matrix(item, rows[0, k], matrix=squares[k], matrix_label=label, called=words[k] or REPLICAS)
        rows[0, k].suptitle(titles[k], fontsize=12)
        with renamed(distribution="distributions"):
            axes.append(overlap_histogram(several[k], dress(rows[1, k].subplots())))
    low = min(ax.get_xlim()[0] for ax in axes)
    high = max(ax.get_xlim()[1] for ax in axes)
    for ax in axes:
        ax.set_xlim(low, high)  # one scale, so that widths compare
    return figure
