"""Correlation and displacement between two times, for several dynamics in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from .inputs import listing, matched, takes
from .style import GREY, band, canvas, context, dress, ordered_colours


@takes("TwoTimeCorrelation", "waiting_times", "times", "correlation", "displacement", several=True)
@context()
def two_time_panels(
    found: Any,
    figure: FigureBase | None = None,
    *,
    titles: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
) -> FigureBase:
    """C(t_w + t, t_w) above and the mean squared displacement below, a column for each dynamics.

    One curve for each waiting time, with a band of one standard error. Guides: above the correlation of free diffusion
    from the origin, (1 + t/t_w)^(−1/2), dotted, in the colour of its waiting time; below a line of slope 1.

    Parameters
    ----------
    found : TwoTimeCorrelation, or a sequence of them
        Fields ``waiting_times`` (K,), ``times`` (T,); properties ``correlation``, ``displacement`` and their errors,
        (K, T).
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    titles : sequence of str, optional
        Name of each dynamics.
    units : sequence of str, optional
        Unit of the time of each, such as ``"epochs"``.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Titles or units that are not as many as results.
    """
    results = listing("found", found)
    names, words = matched("titles", titles, len(results)), matched("units", units, len(results))
    figure = canvas(figure, (1.2 + 4.2 * len(results), 7.0))
    panels = np.asarray(figure.subplots(2, len(results), squeeze=False))
    for k, result in enumerate(results):
        above, below = (dress(ax) for ax in panels[:, k])
        _curves(above, below, result)
        unit = f" ({words[k]})" if words[k] else ""
        for ax, label in ((above, "correlation $C(t_w + t, t_w)$"), (below, "mean squared displacement / dim")):
            ax.set_xlabel(f"time $t$ after $t_w${unit}")
            ax.set_ylabel(label)
        if names[k] is not None:
            above.set_title(names[k], loc="left")
    return figure


def _curves(above: Axes, below: Axes, result: Any) -> None:
    later = np.asarray(result.times) > 0
    t = result.times[later]
    rows = (result.correlation, result.correlation_error, result.displacement, result.displacement_error)
    for k, colour in enumerate(ordered_colours(len(result.waiting_times))):
        c, c_error, d, d_error = (values[k][later] for values in rows)
        wait = result.waiting_times[k]
        band(above, t, c, c_error, color=colour, label=f"{wait:g}")
        band(below, t, d, d_error, color=colour)
        if wait > 0:
            above.plot(t, (1 + t / wait) ** -0.5, color=colour, linewidth=0.8, linestyle=":")
    top = float(np.nanmax(result.displacement))
    below.plot(t, top * t / t[-1], color=GREY, linewidth=0.9, linestyle="--", label="slope 1")
    low = float(np.nanmin(result.displacement[:, later]))
    if low > 0:
        below.set_ylim(0.5 * low, 2 * top)
    above.axhline(0, color=GREY, linewidth=0.6)
    above.set_ylim(min(-0.03, float(np.nanmin(result.correlation)) - 0.03), 1.03)
    for ax in (above, below):
        ax.set_xscale("log")
    below.set_yscale("log")
    above.legend(loc="lower left", title="$t_w$", alignment="left", fontsize=9)
    below.legend(loc="lower right", fontsize=9)
