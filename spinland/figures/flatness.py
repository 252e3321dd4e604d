"""Flatness and generalisation against batch size (protocol 4 of arXiv:2407.20724)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from ..checks import choice
from ..formatting import p_text, plus_minus
from ..quantities import quantity_of
from .inputs import mean_error, measured, takes
from .labels import axis_label, change_label
from .style import (
    PALETTE,
    canvas,
    context,
    dress,
    error_words,
    legend,
    ordered_colours,
    powers_of_two,
    spread_band,
    wants_log,
)

_WAYS = {"filter": "filter-normalised directions", "walk": "random walks"}


@takes("BatchSizeComparison", "batch_sizes", "rise_filter")
@context()
def flatness_batch(
    comparison: Any,
    figure: FigureBase | None = None,
    *,
    kind: str = "filter",
    spread: bool = True,
    unit: str | None = None,
) -> FigureBase:
    """Rise of the loss around solutions and their test accuracy against batch size, and one against the other.

    Left and middle: mean over replicas with its standard error, and the spread of the replicas. Right: one point for
    each replica; the title gives Spearman's rank correlation of rise and accuracy, with its error. A small rise is a
    flat solution. Where there is no accuracy (regression), the test loss stands for it, and ρ is that with minus the
    loss.

    Parameters
    ----------
    comparison : BatchSizeComparison
        Fields ``batch_sizes`` (B,), ``test_accuracy``, ``test_loss``, ``rise_filter``, ``rise_walk`` (B, R), and
        ``rank_filter``, ``rank_filter_error``, ``rank_filter_p``, the same of ``walk``, and ``radius``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    kind : {"filter", "walk"}
        How the rise was measured.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the replicas.
    unit : str, optional
        Unit of the loss, in place of the one that the comparison carries.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Unknown kind, or nothing was measured of it, or of both accuracy and test loss.
    """
    choice("kind", kind, _WAYS)
    rise = measured("kind", getattr(comparison, f"rise_{kind}"))
    unit = quantity_of(comparison)["unit"] if unit is None else unit
    quality, quality_label, against = _quality(comparison, unit)
    sizes = np.asarray(comparison.batch_sizes)
    figure = canvas(figure, (12.0, 3.9))
    left, middle, right = (dress(ax) for ax in figure.subplots(1, 3))
    rise_label = change_label("rise", [comparison], "") + f" at relative distance {comparison.radius:g}"
    rise_label += f" ({unit})" if unit else ""
    shown = _against_size(left, sizes, rise, rise_label, spread)
    left.set_title(_WAYS[kind], loc="left")
    _against_size(middle, sizes, quality, quality_label, spread)
    middle.set_title(error_words("replicas", shown, " "), loc="left")
    for size, x, y, colour in zip(sizes, rise, quality, ordered_colours(len(sizes)), strict=True):
        right.plot(x, y, marker="o", markersize=4, linestyle="none", color=colour, alpha=0.8, label=f"{size:g}")
    if wants_log(rise):
        left.set_yscale("log")
        right.set_xscale("log")
        right.xaxis.set_major_locator(LogLocator(numticks=6))
    right.set_xlabel(rise_label)
    right.set_ylabel(quality_label)
    rank, error, p = (getattr(comparison, f"rank_{kind}{end}") for end in ("", "_error", "_p"))
    right.set_title(rf"Spearman $\rho$ = {plus_minus(rank, error)}" + _probability(p) + against, loc="left")
    legend(right, "batch size")
    return figure


def _quality(comparison: Any, unit: str) -> tuple[NDArray[np.float64], str, str]:
    """What tells good solutions, its label, and words after ρ."""
    if np.isfinite(comparison.test_accuracy).any():
        return measured("comparison", comparison.test_accuracy), "test accuracy", ""
    return (measured("comparison", comparison.test_loss), axis_label("test loss", unit), "\nwith minus the test loss")


def _probability(p: float) -> str:
    """``", p = 0.03"``; nothing where it was not computed."""
    return f", {p_text(p)}" if np.isfinite(p) else ""


def _against_size(ax: Axes, sizes: NDArray[Any], samples: NDArray[np.float64], label: str, spread: bool) -> bool:
    """Mean over replicas and its error against batch size; whether the spread of the replicas is drawn."""
    mean, error = mean_error(samples.T)
    shown = spread and spread_band(ax, sizes, samples.T, PALETTE[0])
    ax.errorbar(sizes, mean, error, color=PALETTE[0], marker="o")
    powers_of_two(ax, sizes)
    ax.set_xlabel("batch size")
    ax.set_ylabel(label)
    return shown
