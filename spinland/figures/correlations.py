"""Correlation of a landscape between points of a given overlap, against that of the spherical glass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..checks import integer
from .inputs import listing, matched, takes
from .labels import OVERLAP
from .style import GREY, category, context, legend, panel


@takes("Correlation", "overlap", "correlation", several=True)
@context()
def correlation_curve(
    correlation: Any,
    ax: Axes | None = None,
    *,
    orders: Sequence[int] = (2, 3),
    labels: Sequence[str] | None = None,
) -> Axes:
    """Corr(q) of the values at two points of overlap q, with errors, and q^p of the spherical p-spin glass.

    Parameters
    ----------
    correlation : Correlation or sequence of Correlation
        Fields ``overlap``, ``correlation``, ``correlation_error`` (Q,).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    orders : sequence of int
        Orders p of the references; none if empty.
    labels : sequence of str, optional
        Name of each correlation.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No correlation, another number of labels, or an order below 1.
    """
    items = listing("correlation", correlation)
    names = matched("labels", labels, len(items))
    powers = [integer("orders", p, minimum=1) for p in orders]
    ax = panel(ax)
    low = min(float(np.min(item.overlap)) for item in items)
    high = max(float(np.max(item.overlap)) for item in items)
    q = np.linspace(low, high, 201)
    for k, p in enumerate(powers):
        ax.plot(
            q, q**p, color=GREY, linewidth=1.1, linestyle=("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))[k % 4],
            label=rf"$q^{{{p}}}$" if p > 1 else "$q$",
        )  # fmt: skip
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        look = category(k)
        ax.errorbar(
            item.overlap, item.correlation, item.correlation_error, color=look["color"], linestyle="none",
            marker="os^Dv"[k % 5], label=name or "measured",
        )  # fmt: skip
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set_xlabel(OVERLAP)
    ax.set_ylabel(r"correlation $\mathrm{Corr}(q)$")
    legend(ax)
    return ax
