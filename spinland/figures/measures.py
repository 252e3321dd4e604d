"""Measures of flatness: what rescaling makes of them, and how they go with generalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from ..formatting import plus_minus
from .inputs import listing, matched, takes
from .style import GREY, PALETTE, canvas, context, dress, legend, log_name, log_ticks, ordered_colours, wants_log

_KIND_WORDS = {
    "all": "all networks",
    "within": "within one setting",
    "batch_size": "batch size alone",
    "learning_rate": "rate alone",
    "at_fixed_loss": "at fixed training loss",
}


@takes("DinhTable", "before", "layer", "units")
@context()
def dinh_changes(table: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None) -> FigureBase:
    """Each measure after a rescaling of neurons over the measure before: 1 for a property of the function.

    Parameters
    ----------
    table : DinhTable
        Fields ``measures``, ``before``, ``layer``, ``units`` (K, P), ``alpha``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of K str, optional
        What the measures are called.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    names = [
        label or name
        for label, name in zip(matched("labels", labels, len(table.measures)), table.measures, strict=True)
    ]
    figure = canvas(figure, (8.5, 0.34 * len(names) + 1.3))
    ax = dress(figure.subplots())
    rows = np.arange(len(names), dtype=float)[::-1]
    ax.axvline(1.0, color=GREY, linewidth=1.0)
    for shift, colour, marker, after, word in (
        (0.13, PALETTE[0], "o", table.layer, rf"layer times $\alpha$ = {table.alpha:g}"),
        (-0.13, PALETTE[1], "s", table.units, "a factor for each neuron"),
    ):
        ratio = np.asarray(after) / np.asarray(table.before)
        places = np.repeat(rows[:, None] + shift, ratio.shape[1], axis=1)
        style: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "markersize": 4.5,
            "alpha": 0.7,
            "linestyle": "none",
        }
        ax.plot(ratio.ravel(), places.ravel(), label=word, **style)
    ax.set_xscale("log")
    ticks = log_ticks(*ax.get_xlim())
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter([log_name(tick) for tick in ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_yticks(rows, names)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlabel("measure after the rescaling / before")
    legend(ax)
    return figure


@takes("MeasureComparison", "values", "quality", "tau")
@context()
def measure_scatter(
    comparison: Any,
    figure: FigureBase | None = None,
    *,
    labels: Sequence[str] | None = None,
    quality_label: str = "test accuracy",
) -> FigureBase:
    """Each measure against the test accuracy, a point for each network, settings by colour.

    Parameters
    ----------
    comparison : MeasureComparison
        Fields ``measures``, ``values`` (K, S, R), ``quality`` (S, R), ``batch_sizes``, ``learning_rates`` (S,),
        ``tau``, ``error`` (K, 5).
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of K str, optional
        What the measures are called.
    quality_label : str
        What stands on the ordinates.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    k = len(comparison.measures)
    names = [label or name for label, name in zip(matched("labels", labels, k), comparison.measures, strict=True)]
    columns = min(4, k)
    n_rows = -(-k // columns)
    figure = canvas(figure, (3.1 * columns + 1.6, 2.75 * n_rows))
    axes = np.atleast_1d(figure.subplots(n_rows, columns, sharey=True, squeeze=False)).ravel()
    settings = list(zip(comparison.batch_sizes, comparison.learning_rates, strict=True))
    colours = ordered_colours(len(settings))
    for index, ax in enumerate(axes):
        if index >= k:
            ax.set_axis_off()
            continue
        dress(ax)
        values = np.asarray(comparison.values[index])
        for s, (size, rate) in enumerate(settings):
            style = {"color": colours[s], "marker": "o", "markersize": 3.5, "linestyle": "none", "alpha": 0.8}
            ax.plot(values[s], comparison.quality[s], label=f"{size:g}, {rate:g}", **style)
        if wants_log(values):
            ax.set_xscale("log")
        else:
            ax.xaxis.set_major_locator(MaxNLocator(3))
        ax.set_xlabel(names[index])
        ax.set_title(_told(comparison, index), loc="left", fontsize=9)
        if index % columns == 0:
            ax.set_ylabel(quality_label)
    if len(settings) > 1:
        legend(axes[columns - 1], "batch size, rate")
    return figure


def _told(comparison: Any, index: int) -> str:
    """τ over all, and within one setting where there are several."""
    whole = rf"$\tau$ = {plus_minus(comparison.tau[index, 0], comparison.error[index, 0])}"
    if len(comparison.batch_sizes) < 2:
        return whole
    return f"{whole}\nwithin: {plus_minus(comparison.tau[index, 1], comparison.error[index, 1])}"


@takes("MeasureComparison", "measures", "tau", "error", several=True)
@context()
def measure_correlations(
    comparisons: Any,
    figure: FigureBase | None = None,
    *,
    titles: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
) -> FigureBase:
    """Kendall's τ of each measure and generalisation, with errors: a panel for each comparison.

    Parameters
    ----------
    comparisons : MeasureComparison or sequence of MeasureComparison
        Fields ``measures``, ``kinds``, ``tau``, ``error`` (K, 5). Rows are the measures of the last of them.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    titles : sequence of str, optional
        What each comparison is called.
    labels : sequence of K str, optional
        What the measures of the last comparison are called.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("comparisons", comparisons)
    heads = matched("titles", titles, len(items))
    rows = items[-1].measures
    names = [label or name for label, name in zip(matched("labels", labels, len(rows)), rows, strict=True)]
    figure = canvas(figure, (3.6 * len(items) + 4.0, 0.46 * len(rows) + 1.6))
    axes = figure.subplots(1, len(items), sharex=True, sharey=True, squeeze=False)[0]
    for ax, item, head in zip(axes, items, heads, strict=True):
        dress(ax)
        ax.axvline(0.0, color=GREY, linewidth=1.0)
        for kind, name in enumerate(item.kinds):
            shift = 0.3 - 0.15 * kind
            places = [
                len(rows) - 1 - rows.index(measure) + shift if measure in rows else np.nan for measure in item.measures
            ]
            style = {"color": PALETTE[kind], "marker": "osD^v"[kind], "markersize": 4.5, "linestyle": "none"}
            ax.errorbar(item.tau[:, kind], places, xerr=item.error[:, kind], label=_KIND_WORDS[name], **style)
        ax.set_xlim(-1.05, 1.05)
        ax.set_xlabel(r"Kendall's $\tau$" + "\n" + r"$\leftarrow$ flatter is better")
        ax.set_title(head or "", loc="left")
    axes[0].set_yticks(range(len(rows)), names[::-1])
    axes[0].set_ylim(-0.6, len(rows) - 0.4)
    legend(axes[-1], "pairs of networks")
    return figure
