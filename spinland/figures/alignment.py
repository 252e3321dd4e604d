"""What alignment removes: distances, barriers and overlaps of networks before and after relabelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..checks import choice, float_array
from ..statistics.histograms import equal_edges, histogram_bins
from .inputs import listing, matched, mean_error, measured, takes
from .labels import WIDTH, change_label
from .style import GREY, PALETTE, category, context, error_words, legend, outline, panel, powers_of_two, spread_band

_BEFORE, _AFTER = "as labelled", "relabelling removed"


@takes("SymmetricDistances", "distances", "distances_before", "overlaps")
@context()
def alignment_distances(distances: Any, ax: Axes | None = None, *, quantity: str = "distance") -> Axes:
    """Distances, or overlaps, of all pairs of balanced networks, as they are labelled and with relabelling removed.

    Thin lines mark the means. There are no error bars on the bins: pairs share networks, so counts of pairs are no
    independent counts.

    Parameters
    ----------
    distances : SymmetricDistances
        From :func:`spinland.symmetric_distances`.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : {"distance", "overlap"}
        What to draw.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Not such distances, or another quantity.
    """
    choice("quantity", quantity, ("distance", "overlap"))
    square = np.asarray(distances.distances)
    upper = np.triu_indices(len(square), 1)
    pairs = [np.asarray(getattr(distances, name))[upper] for name in (f"{quantity}s_before", f"{quantity}s")]
    ax = panel(ax)
    for k, (values, name) in enumerate(zip(pairs, (_BEFORE, _AFTER), strict=True)):
        density, edges = np.histogram(values, equal_edges(values, histogram_bins(len(square))), density=True)
        outline(ax, density, edges, PALETTE[k], name, alone=False)
        ax.axvline(values.mean(), color=PALETTE[k], linewidth=0.9, linestyle=":")
    ax.set_ylim(bottom=0)
    words = {
        "distance": r"distance of balanced networks $|w_a - P w_b|$",
        "overlap": r"overlap $w_a\cdot P w_b\,/\,|w_a||w_b|$",
    }
    ax.set_xlabel(words[quantity])
    ax.set_ylabel("density of pairs")
    legend(ax)
    return ax


@takes("AlignedLines", "before", "after", "excess", several=True)
@context()
def alignment_barriers(
    lines: Any,
    places: ArrayLike,
    ax: Axes | None = None,
    *,
    versus: str = "width",
    spread: bool = True,
    unit: str | None = None,
) -> Axes:
    """Barriers on straight lines between networks, before and after alignment, against width or training time.

    Barriers are heights above the linear interpolation between the ends (arXiv:2110.06296), means over pairs with
    their standard errors. They are not clipped: below 0 all that lies between is lower than that line.

    Parameters
    ----------
    lines : AlignedLines or sequence of AlignedLines
        One for each width or time.
    places : (K,) array-like
        The widths M, or the epochs.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    versus : {"width", "epoch"}
        What ``places`` are.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the pairs.
    unit : str, optional
        Unit of the loss, in place of the one that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No lines, or another number of places.
    """
    choice("versus", versus, ("width", "epoch"))
    items = listing("lines", lines)
    where = float_array("places", places, ndim=1)
    matched("places", where.tolist(), len(items))
    order = np.argsort(where)
    where = where[order]
    ax, shown = panel(ax), False
    for k, (name, label) in enumerate((("excess_before", _BEFORE), ("excess", "aligned"))):
        rows = [np.asarray(getattr(items[i], name), dtype=np.float64) for i in order]
        table = _columns(rows)
        mean, error = mean_error(table)
        if spread and spread_band(ax, where, table, category(k)["color"]):
            shown = True
        ax.errorbar(where, mean, error, marker="o", label=label, **category(k))
    ax.axhline(0.0, color=GREY, linewidth=0.8)
    if versus == "width":
        powers_of_two(ax, where)
    elif len(where) > 2 and where[-1] > 20:
        ax.set_xscale("symlog", linthresh=1.0, linscale=0.5)
        ax.set_xlim(left=min(0.0, float(where[0])))
        ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel(WIDTH if versus == "width" else "epoch")
    ax.set_ylabel(change_label("barrier", [items[0].before], unit))
    legend(ax, error_words("pairs", shown))
    return ax


@takes("Alignment", "overlap", "overlap_before", several=True)
@context()
def alignment_gain(alignments: Any, ax: Axes | None = None, *, names: Sequence[str] | None = None) -> Axes:
    """Overlaps of networks with their references before and after alignment, kind beside kind.

    Alignment raises any overlap; how much it raises that of networks which have nothing in common tells how much of
    it is choice.

    Parameters
    ----------
    alignments : Alignment or sequence of Alignment
        One for each kind of pairs.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    names : sequence of str, optional
        Name of each kind.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No alignments, or another number of names.
    """
    items = listing("alignments", alignments)
    titles = [name or "" for name in matched("names", names, len(items))]
    ax = panel(ax, (7.6, 4.2))
    for x, item in enumerate(items):
        pairs = [measured("alignments", overlap) for overlap in (item.overlap_before, item.overlap)]
        for before, after in zip(*pairs, strict=True):
            ax.plot([x - 0.15, x + 0.15], [before, after], color=GREY, linewidth=0.6, alpha=0.6)
        for k, (values, label) in enumerate(zip(pairs, (_BEFORE, "aligned"), strict=True)):
            mean, error = mean_error(values)
            look: dict[str, Any] = {
                "label": label if x == 0 else None,
                "color": PALETTE[k],
                "marker": "os"[k],
                "linestyle": "none",
            }
            ax.errorbar(x + 0.3 * k - 0.15, mean, error, capsize=3, **look)
    ax.axhline(0.0, color=GREY, linewidth=0.8)
    ax.set_xticks(range(len(items)), labels=titles)
    ax.set_xlim(-0.5, len(items) - 0.5)
    ax.set_ylabel(r"overlap $w_a\cdot P w_b\,/\,|w_a||w_b|$")
    legend(ax, "mean ± standard error")
    return ax


def _columns(rows: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Several samples as columns; NaN where one has fewer than the others."""
    table = np.full((max(map(len, rows)), len(rows)), np.nan)
    for k, row in enumerate(rows):
        table[: len(row), k] = row
    return table
