"""Paths between solutions: a landscape along them, and the height of what they go over."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..errors import ArgumentError
from .inputs import field_label, field_of, listing, mean_error, takes
from .labels import change_label
from .labels import value_label as label_of
from .lines import loss_above_accuracy
from .style import GREY, PALETTE, band, category, context, error_words, legend, panel, spread_band, wants_log

LENGTH = "share of the path's length"
_FIELDS = "alphas", "values", "accuracy", "barrier", "excess"


def _along(ax: Axes, items: list[Any], quantity: str, *, log: bool | None, spread: bool, label: str | None) -> None:
    """Mean and standard error over the paths of each profile."""
    shown, means = False, []
    for number, item in enumerate(items):
        rows = np.atleast_2d(field_of(item, quantity))
        mean, error = mean_error(rows)
        look = category(number)
        if spread and len(rows) > 1:
            shown |= spread_band(ax, item.alphas, rows, look["color"])
        band(ax, item.alphas, mean, error, label=item.label or None, **look)
        means.append(mean)
    if log or (log is None and quantity == "loss" and wants_log(np.concatenate(means))):
        ax.set_yscale("log")
    ax.set_xlabel(LENGTH)
    ax.set_ylabel(field_label(items, quantity, label))
    ax.margins(x=0.01)
    several = any(np.ndim(item.values) == 2 and len(item.values) > 1 for item in items)
    legend(ax, error_words("paths", shown) if several else "")


@takes("PathProfile", *_FIELDS, several=True)
@context()
def path_profiles(
    profiles: Any,
    figure: FigureBase | None = None,
    *,
    log: bool | None = None,
    spread: bool = True,
    value_label: str | None = None,
) -> FigureBase:
    """Loss above accuracy along paths, by share of their length; the value alone where no accuracy has a meaning.

    Parameters
    ----------
    profiles : PathProfile or sequence of PathProfile
        Of several paths the mean is drawn, with a band of one standard error, and their spread. Each is called by its
        ``label``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    log : bool, optional
        Logarithmic loss; by itself if it is positive and spans a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the paths.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No profiles.
    """
    items = listing("profiles", profiles)

    def draw(ax: Axes, some: list[Any], quantity: str) -> None:
        of_loss = quantity == "loss"
        _along(ax, some, quantity, log=log if of_loss else False, spread=spread, label=value_label if of_loss else None)

    return loss_above_accuracy(figure, items, 7.2, draw)


@takes("PathProfile", *_FIELDS, several=True)
@context()
def path_barriers(profiles: Any, ax: Axes | None = None, *, log: bool = False, unit: str | None = None) -> Axes:
    """Barriers on several kinds of paths: each path, and their mean with its error, by both definitions.

    Parameters
    ----------
    profiles : PathProfile or sequence of PathProfile
        One for each kind, called by its ``label``. Errors count that paths may share solutions.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    log : bool
        Logarithmic abscissa; barriers that are not above 0 are then left out.
    unit : str, optional
        Unit of the barrier, in place of that which the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No profiles.
    """
    items = listing("profiles", profiles)
    ax = panel(ax, (8.2, 1.6 + 0.42 * len(items)))
    kinds = (("barrier", "above the mean of the ends", "o"), ("excess", "above their linear interpolation", "s"))
    for k, (field, words, marker) in enumerate(kinds):
        for place, item in enumerate(items):
            numbers = np.asarray(getattr(item, field), dtype=float)
            at = place + 0.28 * (k - 0.5)
            mean, error = item.mean_of(numbers)
            ax.plot(numbers, np.full(len(numbers), at), ".", color=PALETTE[k], alpha=0.3, markersize=4)
            label = words if place == 0 else None
            look: dict[str, Any] = {"color": PALETTE[k], "marker": marker, "linestyle": "none", "label": label}
            ax.errorbar(mean, at, xerr=np.nan_to_num(error), **look)
    if log:
        ax.set_xscale("log")
    else:
        ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(items)), labels=[item.label or f"paths {k + 1}" for k, item in enumerate(items)])
    ax.set_ylim(len(items) - 0.4, -0.6)
    ax.set_ylabel("kind of path")
    ax.set_xlabel(change_label("barrier", items, unit))
    legend(ax, "mean ± error, each path")
    return ax


@takes("Band", "images", "values", "arc_length", "highest")
@context()
def band_profile(band: Any, ax: Axes | None = None, *, saddle: Any = None, value_label: str | None = None) -> Axes:
    """Values of the images of an elastic band, by their distance from the start along the band.

    Parameters
    ----------
    band : Band
        From :func:`spinland.elastic_band`.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    saddle : Saddle, optional
        The saddle that was found from its highest image: its value is drawn, its index told.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the result carries.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Something else than a saddle.
    """
    if saddle is not None and not (hasattr(saddle, "index") and hasattr(saddle, "value")):
        raise ArgumentError("saddle", "a Saddle", saddle)
    ax = panel(ax)
    ax.plot(band.arc_length, band.values, "-o", color=PALETTE[0], label="images")
    if saddle is not None:
        place = float(band.arc_length[band.highest])
        words = f"saddle of index {saddle.index}"
        ax.plot(place, saddle.value, "D", color=PALETTE[1], markersize=7, label=words)
    ax.set_xlabel("length along the band")
    ax.set_ylabel(label_of([band], value_label))
    legend(ax)
    return ax
