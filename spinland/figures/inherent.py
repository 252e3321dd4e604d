"""Where descent comes to rest, against the temperature of its start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from .inputs import listing, matched, takes
from .labels import ENERGY
from .levels import draw_levels, name_above
from .style import GREY, INK, band, canvas, context, dress, ordered_colours


@takes("InherentEnergies", "temperatures", "sizes", "energies", several=True)
@context()
def inherent_energies(
    found: Any,
    figure: FigureBase | None = None,
    *,
    thresholds: Sequence[float] | None = None,
    onsets: Sequence[float] | None = None,
    titles: Sequence[str] | None = None,
) -> FigureBase:
    """Energies at rest against 1/T of the start: a curve for each size, and their limit; a panel for each result.

    Parameters
    ----------
    found : InherentEnergies, or a sequence of them
        Fields ``temperatures`` (K,), ``sizes`` (S,); properties ``mean``, ``error`` (S, K); method ``limit``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    thresholds : sequence of float, optional
        Energy of the threshold of each, a dashed line.
    onsets : sequence of float, optional
        Dynamical temperature of each, a vertical line.
    titles : sequence of str, optional
        Name of each.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Titles, thresholds or temperatures that are not as many as results.
    """
    results = listing("found", found)
    given = (("thresholds", thresholds), ("onsets", onsets), ("titles", titles))
    levels, onset, names = (matched(name, values, len(results)) for name, values in given)
    figure = canvas(figure, (1.2 + 4.6 * len(results), 4.4))
    panels = np.atleast_1d(figure.subplots(1, len(results)))
    for ax, result, level, at, name in zip(panels, results, levels, onset, names, strict=True):
        _panel(dress(ax), result)
        if level is not None:
            draw_levels(ax, {r"$e_\mathrm{th}$": float(level)})
        if at is not None:
            ax.axvline(1 / at, color=GREY, linewidth=0.8, linestyle=":")
            name_above(ax, "$1/T_d$", 1 / at)
        if name is not None:
            ax.set_title(name, loc="left")
    return figure


def _panel(ax: Axes, result: Any) -> None:
    inverse = 1 / np.asarray(result.temperatures)  # infinity is 0
    for k, colour in enumerate(ordered_colours(len(result.sizes))):
        label = f"$N$ = {result.sizes[k]}"
        band(ax, inverse, result.mean[k], result.error[k], color=colour, label=label, marker="o", markersize=3.5)
    ax.errorbar(inverse, *result.limit(), color=INK, marker="s", linestyle="none", label=r"$N\to\infty$")
    ax.set_xlabel("$1/T$ of the start")
    ax.set_ylabel(f"at rest: {ENERGY}")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.22 * (high - low))  # room for the legend
    ax.legend(loc="upper right", ncols=2, fontsize=9)
