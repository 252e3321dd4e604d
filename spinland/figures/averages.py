"""Averages of weights and ensembles beside the snapshots that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from .inputs import listing, matched, mean_error, takes
from .style import canvas, category, context, dress, legend

_WAYS = "last", "one", "average", "ensemble"


@takes("SnapshotAverages", "test_loss", "test_accuracy", "rise", "radii", several=True)
@context()
def snapshot_comparison(
    averages: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None, unit: str = "nats"
) -> FigureBase:
    """Test accuracy, test loss and flatness of snapshots, of their average and of their ensemble.

    Means over replicas with their standard errors; a training with one snapshot is a line across. Right: how much the
    training loss rises at relative distances from the last snapshot (open, dashed) and from the average (full).

    Parameters
    ----------
    averages : SnapshotAverages or sequence of SnapshotAverages
        Fields ``test_accuracy``, ``test_loss`` (R, 4), ``rise`` (R, 2, D), ``radii``, ``passes``; of several rates,
        say.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        What each is called.
    unit : str
        Unit of the loss.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("averages", averages)
    names = matched("labels", labels, len(items))
    figure = canvas(figure, (13.5, 3.9))
    left, middle, right = (dress(ax) for ax in figure.subplots(1, 3))
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        shift = 0.12 * (k - (len(items) - 1) / 2)
        _by_way(left, item, "test_accuracy", k, shift)
        _by_way(middle, item, "test_loss", k, shift)
        _rises(right, item, k, name)
    suffix = f" ({unit})" if unit else ""
    left.set_ylabel("test accuracy")
    middle.set_ylabel(f"test loss{suffix}")
    for ax in (left, middle):
        ax.set_xlabel("of the snapshots")
    right.set_ylabel(f"rise of the training loss{suffix}")
    right.set_xlabel("relative distance")
    legend(right)
    return figure


def _by_way(ax: Axes, item: Any, field: str, number: int, shift: float) -> None:
    """Four means; of a training with one snapshot the one that there is, across."""
    mean, error = mean_error(getattr(item, field))
    if item.passes[-1] == 1:
        colour = category(number)["color"]
        ax.axhline(mean[0], color=colour, linestyle="--", linewidth=1.2)
        ax.axhspan(mean[0] - error[0], mean[0] + error[0], color=colour, alpha=0.15, linewidth=0)
        return
    style = {"color": category(number)["color"], "marker": "o", "linestyle": "none"}
    ax.errorbar(np.arange(len(_WAYS)) + shift, mean, error, **style)
    ax.set_xticks(range(len(_WAYS)), _WAYS, fontsize=9)
    ax.set_xlim(-0.5, len(_WAYS) - 0.5)


def _rises(ax: Axes, item: Any, number: int, label: str | None) -> None:
    colour = category(number)["color"]
    kinds = (("last", "--", "white"), ("average", "-", colour))
    for which, (name, dashes, face) in enumerate(kinds[: 1 if item.passes[-1] == 1 else 2]):
        mean, error = mean_error(item.rise[:, which])
        words = f"{label}, {name}" if label else name
        ax.errorbar(item.radii, mean, error, color=colour, linestyle=dashes, marker="o", mfc=face, label=words)


@takes("EnsembleCurve", "accuracy", "loss", several=True)
@context()
def ensemble_passes(
    curves: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None, unit: str = "nats"
) -> FigureBase:
    """Test accuracy and loss of ensembles against the number of forward passes.

    Means over groups with their standard errors.

    Parameters
    ----------
    curves : EnsembleCurve or sequence of EnsembleCurve
        Fields ``accuracy`` and ``loss`` (G, K).
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        What each is called.
    unit : str
        Unit of the loss.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("curves", curves)
    names = matched("labels", labels, len(items))
    figure = canvas(figure, (10.5, 3.9))
    left, right = (dress(ax) for ax in figure.subplots(1, 2))
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        passes = np.arange(1, item.accuracy.shape[1] + 1)
        for ax, values in ((left, item.accuracy), (right, item.loss)):
            mean, error = mean_error(values)
            ax.errorbar(passes, mean, error, marker="o", label=name, **category(k))
    left.set_ylabel("test accuracy")
    right.set_ylabel(f"test loss ({unit})" if unit else "test loss")
    for ax in (left, right):
        ax.set_xlabel("forward passes")
    legend(right)
    return figure
