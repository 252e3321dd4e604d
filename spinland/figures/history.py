"""Training of an ensemble, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..quantities import UNITS
from .inputs import mean_error, takes
from .labels import axis_label
from .style import PALETTE, band, canvas, context, dress, error_words, legend, spread_band, wants_log


@takes("Ensemble", "train_loss", "diverged")
@context()
def training_history(
    ensemble: Any, figure: FigureBase | None = None, *, log: bool | None = None, spread: bool = True
) -> FigureBase:
    """Loss and accuracy against the epoch: mean over replicas, standard error and spread, training and test.

    Replicas that diverged are left out and counted in the title. Without accuracies (regression) the loss
    stands alone.

    Parameters
    ----------
    ensemble : Ensemble
        Fields ``train_loss``, ``test_loss``, ``train_accuracy``, ``test_accuracy`` (R, E+1), ``diverged`` (R,),
        ``loss``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    log : bool, optional
        Logarithmic loss; by itself if it spans a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the replicas.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    alive = ~np.asarray(ensemble.diverged, dtype=bool)
    losses = [np.asarray(rows)[alive] for rows in (ensemble.train_loss, ensemble.test_loss)]
    accuracies = [np.asarray(rows)[alive] for rows in (ensemble.train_accuracy, ensemble.test_accuracy)]
    with_accuracy = any(np.isfinite(rows).any() for rows in accuracies)
    figure = canvas(figure, (9.6, 3.8) if with_accuracy else (6.4, 4.0))
    axes = [dress(ax) for ax in np.atleast_1d(figure.subplots(1, 1 + with_accuracy))]
    shown = _curves(axes[0], losses, spread)
    if log or (log is None and wants_log(np.concatenate([mean_error(rows)[0] for rows in losses]))):
        axes[0].set_yscale("log")
    axes[0].set_ylabel(axis_label("loss", UNITS.get(ensemble.loss, ensemble.loss)))
    if with_accuracy:
        _curves(axes[1], accuracies, spread)
        axes[1].set_ylabel("accuracy")
    lost = int((~alive).sum())
    axes[0].set_title(f"{int(alive.sum())} replicas" + (f", {lost} diverged and left out" if lost else ""), loc="left")
    legend(axes[-1], error_words("replicas", shown))
    return figure


def _curves(ax: Axes, curves: list[NDArray[np.float64]], spread: bool) -> bool:
    """Training as a full line, test dashed; whether the spread of the replicas is drawn."""
    shown = False
    for rows, name, colour, dashes in zip(curves, ("training", "test"), PALETTE, ("-", "--"), strict=False):
        if np.isfinite(rows).any():
            epoch, (mean, error) = np.arange(rows.shape[1]), mean_error(rows)
            if spread and spread_band(ax, epoch, rows, colour):
                shown = True
            band(ax, epoch, mean, error, color=colour, linestyle=dashes, label=name)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0.01)
    return shown
