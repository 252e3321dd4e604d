"""Optimisers beside each other: losses and flatness of what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from ..quantities import quantity_of
from .inputs import matched, mean_error, takes
from .style import PALETTE, canvas, context, dress, log_name, log_ticks, wants_log

_PROTOCOLS = {"cost": "equal gradient evaluations", "loss": "equal training loss"}
_LOSSES = "train_loss", "test_loss", "local_entropy"
_APART, _BESIDE = 0.27, 0.14  # places of the two protocols, and how far beside them SGD at the same rate stands
_SPREAD = 0.05


@takes("OptimiserComparison", "optimizers", "quantities", "values", "beside")
@context()
def optimiser_comparison(
    comparison: Any,
    figure: FigureBase | None = None,
    *,
    labels: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> FigureBase:
    """Losses and measures of flatness by optimiser, a panel for each, at equal cost and at equal training loss.

    Mean over replicas with its standard error, and the single ones in pale; open, the first optimiser at the rate of
    the other.

    Parameters
    ----------
    comparison : OptimiserComparison
        What an atlas keeps as ``optimisers/comparison``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of K str, optional
        What the quantities are called.
    names : sequence of O str, optional
        What the optimisers are called.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    k, n = len(comparison.quantities), len(comparison.optimizers)
    titles = [a or b for a, b in zip(matched("labels", labels, k), comparison.quantities, strict=True)]
    unit = quantity_of(comparison)["unit"]
    titles = [
        f"{title} ({unit})" if unit and name in _LOSSES else title
        for title, name in zip(titles, comparison.quantities, strict=True)
    ]
    called = [a or b for a, b in zip(matched("names", names, n), comparison.optimizers, strict=True)]
    columns = min(4, k)
    rows = -(-k // columns)
    figure = canvas(figure, (3.4 * columns + 1.0, 3.1 * rows + 0.4))
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for index, ax in enumerate(axes):
        if index >= k:
            ax.set_axis_off()
            continue
        dress(ax)
        values = np.asarray(comparison.values[:, :, index])
        beside = np.asarray(comparison.beside[:, :, index])
        for p, protocol in enumerate(comparison.protocols):
            places = np.arange(n) + (2 * p - 1) * _APART
            spread = np.linspace(-_SPREAD, _SPREAD, values.shape[-1])
            style: dict[str, Any] = {"color": PALETTE[p], "marker": "os"[p], "linestyle": "none"}
            ax.plot((places[:, None] + spread).ravel(), values[p].ravel(), alpha=0.3, markersize=3, **style)
            mean, error = mean_error(values[p].T)
            ax.errorbar(places, mean, error, markersize=5, label=_PROTOCOLS[protocol], **style)
            places = places[1:] + (1 - 2 * p) * _BESIDE
            mean, error = mean_error(beside[p, 1:].T)
            label = f"{_PROTOCOLS[protocol]}, {called[0]} at the same rate"
            ax.errorbar(places, mean, error, markersize=5, markerfacecolor="white", label=label, **style)
        if wants_log(np.stack([values, beside])):
            ax.set_yscale("log")
            ticks = log_ticks(*ax.get_ylim())
            ax.yaxis.set_major_locator(FixedLocator(ticks))
            ax.yaxis.set_major_formatter(FixedFormatter([log_name(tick) for tick in ticks]))
            ax.yaxis.set_minor_locator(NullLocator())
        else:
            ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.set_xticks(range(n), called, rotation=25, ha="right")
        ax.set_xlim(-0.5, n - 0.5)
        ax.set_ylabel(titles[index])
    handles, words = axes[0].get_legend_handles_labels()
    if k < len(axes):
        axes[-1].legend(handles, words, loc="center", title="compared at")
    else:
        axes[0].legend(handles, words, loc="best", title="compared at")
    return figure
