"""Simplexes of low loss: how values are spread in them, and how large they are, beside random ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import FigureBase

from .inputs import listing, matched, mean_error, measured, takes
from .labels import value_label
from .style import GREY, PALETTE, canvas, context, dress, ordered_colours, wants_log


@takes("SimplexValues", "values", "log_volume", "dimension", several=True)
@context()
def simplex_spread(
    grown: Any,
    null: Sequence[Any] | None = None,
    figure: FigureBase | None = None,
    *,
    labels: Sequence[str] | None = None,
) -> FigureBase:
    """Values at points drawn uniformly from complexes that were grown, and from their null models.

    Left: the share of the points below each value; dashed for the null models. Middle: the mean with its standard error
    against the dimension of the simplexes. Right: their size as a length, V^(1/k), by which different dimensions may be
    compared.

    Parameters
    ----------
    grown : SimplexValues or sequence of SimplexValues
        Fields ``values``, ``log_volume``, ``dimension``.
    null : sequence of SimplexValues, optional
        Of random vertices at the same distances, one for each.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        What each is called; its dimension by default.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("grown", grown)
    names = matched("labels", labels, len(items))
    random = [] if null is None else matched("null", null, len(items))
    figure = canvas(figure, (13.0, 3.9))
    left, middle, right = (dress(ax) for ax in figure.subplots(1, 3))
    for group, dashes in ((items, "-"), (random, "--")):
        for item, name, colour in zip(group, names, ordered_colours(len(items)), strict=False):
            values = np.sort(measured("grown", item.values))
            share = (np.arange(len(values)) + 1) / len(values)
            words = (name or f"$k$ = {item.dimension}") if group is items else None
            left.step(values, share, where="post", color=colour, linestyle=dashes, label=words)
    for group, colour, words in ((items, PALETTE[0], "grown"), (random, GREY, "random vertices")):
        if not group:
            continue
        dimensions = [item.dimension for item in group]
        means = [mean_error(item.values) for item in group]
        middle.errorbar(dimensions, *np.array(means).T, color=colour, marker="o", label=words)
        right.plot(dimensions, [_side(item) for item in group], color=colour, marker="o", label=words)
    label = value_label(items, None)
    if wants_log(np.concatenate([item.values for item in (*items, *random)])):
        left.set_xscale("log")
        middle.set_yscale("log")
    left.set_xlabel(label)
    left.set_ylabel("share of points below")
    left.legend(loc="lower right", fontsize=9)
    middle.set_ylabel(label)
    right.set_ylabel("size $V^{1/k}$")
    for ax in (middle, right):
        ax.set_xlabel("dimension $k$ of the simplexes")
        ax.set_xticks(sorted({item.dimension for item in items}))
        ax.legend(loc="best", fontsize=9)
    return figure


def _side(item: Any) -> float:
    return float(np.exp(item.log_volume / item.dimension)) if item.dimension else float("nan")
