"""One-dimensional slices: Goodfellow's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from numpy.typing import NDArray

from .inputs import field_label, field_of, listing, mean_error, takes
from .labels import ALPHA
from .style import GREY, band, canvas, category, context, dress, error_words, legend, panel, spread_band, wants_log


@takes("Line", "alphas", "values", "accuracy", "label", several=True)
@context()
def line_profile(
    lines: Any,
    ax: Axes | None = None,
    *,
    quantity: str = "loss",
    log: bool | None = None,
    spread: bool = True,
    value_label: str | None = None,
) -> Axes:
    """Loss or accuracy along straight lines from α = 0 to α = 1.

    Parameters
    ----------
    lines : Line or sequence of Line
        A line of a batch, (B, A), is drawn as mean and band of one standard error over the batch, and their
        spread.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : {"loss", "accuracy"}
        What to draw.
    log : bool, optional
        Logarithmic ordinate; by itself if the loss is positive and spans a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the lines of a batch.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No lines, unknown quantity, or an accuracy that has no meaning here.
    """
    items = listing("lines", lines)
    samples = [np.atleast_2d(field_of(item, quantity)) for item in items]
    means: list[NDArray[np.float64]] = []
    ax, shown = panel(ax), False
    for k, (item, rows) in enumerate(zip(items, samples, strict=True)):
        at = np.argsort(item.alphas)
        x, (mean, error), look = np.asarray(item.alphas)[at], mean_error(rows[:, at]), category(k)
        means.append(mean)
        if spread and spread_band(ax, x, rows[:, at], look["color"]):
            shown = True
        # A curve of several lines has a legend that says so, even if it has no name.
        band(ax, x, mean, error, label=item.label or (f"{len(rows)} lines" if len(rows) > 1 else None), **look)
    if log or (log is None and quantity == "loss" and wants_log(np.concatenate(means))):
        ax.set_yscale("log")
    first = min(float(np.min(item.alphas)) for item in items)
    last = max(float(np.max(item.alphas)) for item in items)
    for end in (0.0, 1.0):
        if first < end < last:
            ax.axvline(end, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_xlabel(ALPHA)
    ax.set_ylabel(field_label(items, quantity, value_label))
    ax.margins(x=0.01)
    legend(ax, error_words("lines", shown) if any(len(rows) > 1 for rows in samples) else "")
    return ax


@takes("Line", "alphas", "values", "accuracy", "label", several=True)
@context()
def line_panels(
    lines: Any,
    figure: FigureBase | None = None,
    *,
    log: bool | None = None,
    spread: bool = True,
    value_label: str | None = None,
) -> FigureBase:
    """Loss above accuracy along straight lines, on one abscissa; loss alone where no accuracy has a meaning.

    Parameters
    ----------
    lines : Line or sequence of Line
        As for :func:`line_profile`.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    log : bool, optional
        Logarithmic loss; by itself if it is positive and spans a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the lines of a batch.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No lines.
    """
    items = listing("lines", lines)

    def draw(ax: Axes, some: list[Any], quantity: str) -> None:
        of_loss: dict[str, Any] = {"log": log, "value_label": value_label} if quantity == "loss" else {}
        line_profile(some, ax, quantity=quantity, spread=spread, **of_loss)

    return loss_above_accuracy(figure, items, 6.4, draw)


def loss_above_accuracy(
    figure: FigureBase | None, items: list[Any], width: float, draw: Callable[[Axes, list[Any], str], None]
) -> FigureBase:
    """Two panels on one abscissa, one of the loss and one of the accuracy; that of the loss alone without accuracies.

    Parameters
    ----------
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    items : list of results
        With ``accuracy``, NaN where it has no meaning.
    width : float
        Of a new figure, in inches.
    draw : callable
        Called with axes, the items to draw, and "loss" or "accuracy".
    """
    with_accuracy = [item for item in items if np.isfinite(item.accuracy).any()]
    figure = canvas(figure, (width, 5.6 if with_accuracy else 4.0))
    if not with_accuracy:
        draw(dress(figure.subplots()), items, "loss")
        return figure
    upper, lower = (dress(ax) for ax in figure.subplots(2, 1, sharex=True))
    draw(upper, items, "loss")
    draw(lower, with_accuracy, "accuracy")
    upper.set_xlabel("")
    upper.tick_params(labelbottom=False)
    twice = lower.get_legend()
    if twice is not None and len(with_accuracy) == len(items):
        twice.remove()  # the same names as above
    return figure
