"""Swaps of hidden neurons: loss between a network and its permuted copy (figure 3 of arXiv:2407.20724)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..checks import float_array, real
from ..errors import ArgumentError
from ..statistics.uncertainty import grouped_error
from .inputs import field_label, field_of, listing, takes
from .labels import ALPHA, SWAPS, WIDTH, change_label
from .style import (
    band,
    category,
    context,
    error_words,
    legend,
    ordered_bar,
    ordered_colours,
    panel,
    powers_of_two,
    spread_band,
    wants_log,
)

_MOST_IN_LEGEND = 8


@takes("SwapInterpolation", "swaps", "alphas", "values")
@context()
def swap_curves(
    swap: Any,
    ax: Axes | None = None,
    *,
    quantity: str = "loss",
    log: bool = False,
    spread: bool = True,
    value_label: str | None = None,
) -> Axes:
    """Loss or accuracy along the line from a network (α = 0) to its copy with S pairs exchanged (α = 1).

    Parameters
    ----------
    swap : SwapInterpolation
        Mean over trials, its standard error and the spread of the trials are drawn, one curve for each S.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : {"loss", "accuracy"}
        What to draw.
    log : bool
        Logarithmic ordinate.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the trials; only up to eight S.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the result carries.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Unknown quantity, or an accuracy that has no meaning here.
    """
    samples = field_of(swap, quantity)
    # Trials of one origin share it: errors are over origins where there are several, of the accuracy too.
    mean, error = samples.mean(axis=1), grouped_error(np.moveaxis(samples, 1, 0), swap.origin_index)
    ax, shown = panel(ax), False
    colours = ordered_colours(len(swap.swaps))
    few = len(swap.swaps) <= _MOST_IN_LEGEND
    for s, colour, single, row, half in zip(swap.swaps, colours, samples, mean, error, strict=True):
        # Bands of very many curves would be one grey field.
        if spread and few and spread_band(ax, swap.alphas, single, colour):
            shown = True
        band(ax, swap.alphas, row, half, color=colour, label=f"$S$ = {s}" if few else None)
    if log:
        ax.set_yscale("log")
    ax.set_xlabel(ALPHA)
    ax.set_ylabel(field_label([swap], quantity, value_label))
    ax.set_title(rf"$M$ = {swap.width}, {np.shape(samples)[1]} trials", loc="left")
    ax.margins(x=0.01)
    if few:
        legend(ax, error_words("trials", shown))
    else:
        ordered_bar(ax, swap.swaps, colours, SWAPS)
    return ax


@takes("SwapInterpolation", "swaps", "barrier_mean", several=True)
@context()
def swap_barrier(
    swaps: Any, ax: Axes | None = None, *, log: bool | None = None, spread: bool = True, unit: str | None = None
) -> Axes:
    """Barrier against the number of swapped pairs S, one curve for each width M (or layer).

    Parameters
    ----------
    swaps : SwapInterpolation or sequence of SwapInterpolation
        Drawn in the order of their widths.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    log : bool, optional
        Logarithmic ordinate; by itself if the barriers of S > 0 are positive and span a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the trials.
    unit : str, optional
        Unit of the loss, in place of the one that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No swaps.
    """
    items = sorted(listing("swaps", swaps), key=lambda swap: (swap.width, swap.layer))
    ax, shown = panel(ax), False
    several_layers = len({swap.layer for swap in items}) > 1
    moved = [np.asarray(swap.barrier_mean)[np.asarray(swap.swaps) > 0] for swap in items]
    use_log = bool(log or (log is None and wants_log(np.concatenate(moved))))
    for swap, colour in zip(items, ordered_colours(len(items)), strict=True):
        # S = 0 has no barrier at all and no place on a logarithmic axis.
        keep = np.asarray(swap.barrier_mean) > 0 if use_log else np.full(len(swap.swaps), True)
        if spread and spread_band(ax, np.asarray(swap.swaps)[keep], np.asarray(swap.barrier).T[:, keep], colour):
            shown = True
        ax.errorbar(
            np.asarray(swap.swaps)[keep],
            np.asarray(swap.barrier_mean)[keep],
            np.asarray(swap.barrier_error)[keep],
            color=colour,
            marker="o",
            label=f"$M$ = {swap.width}" + (f", layer {swap.layer + 1}" if several_layers else ""),
        )
    if use_log:
        ax.set_yscale("log")
    ax.set_xlabel(SWAPS)
    ax.set_ylabel(change_label("barrier", items, unit))
    legend(ax, error_words("trials", shown))
    return ax


@takes("SwapInterpolation", "swaps", "barrier_mean", several=True)
@context()
def barrier_width(
    swaps: Any,
    ax: Axes | None = None,
    *,
    n_swaps: int | Sequence[int] | None = None,
    fraction: float | Sequence[float] | None = None,
    log: bool | None = None,
    spread: bool = True,
    unit: str | None = None,
) -> Axes:
    """Barrier against the width M, at a given number S of swapped pairs or at a given share S/M.

    Parameters
    ----------
    swaps : sequence of SwapInterpolation
        One or more for each width. A width that lacks the wanted S is left out of that curve.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    n_swaps : int or sequence of int, optional
        S, one curve for each.
    fraction : float or sequence of float, optional
        S/M, one curve for each; for each width the S nearest to M times the fraction, at most half a pair off.
        Give this or ``n_swaps``.
    log : bool, optional
        Logarithmic ordinate; by itself if the barriers drawn are positive and span a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the trials.
    unit : str, optional
        Unit of the loss, in place of the one that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No swaps, neither or both of ``n_swaps`` and ``fraction``, or one that no width has.
    """
    items = sorted(listing("swaps", swaps), key=lambda swap: swap.width)
    if (n_swaps is None) == (fraction is None):
        raise ArgumentError("n_swaps", "n_swaps or fraction, one of the two")
    name = "n_swaps" if fraction is None else "fraction"
    given: Any = n_swaps if fraction is None else fraction
    wanted = [real(name, value, above=0) for value in np.atleast_1d(float_array(name, given, ndim=(0, 1)))]
    if not wanted:
        raise ArgumentError(name, "one number or more", "none")
    curves = [_at(items, name, value) for value in wanted]
    ax, shown = panel(ax), False
    for index, (value, (width, mean, error, trials)) in enumerate(zip(wanted, curves, strict=True)):
        label = f"$S$ = {value:g}" if fraction is None else f"$S/M$ = {value:g}"
        if spread and spread_band(ax, width, _columns(trials), category(index)["color"]):
            shown = True
        ax.errorbar(width, mean, error, marker="o", label=label, **category(index))
    if log or (log is None and wants_log(np.concatenate([curve[1] for curve in curves]))):
        ax.set_yscale("log")
    powers_of_two(ax, [swap.width for swap in items])
    ax.set_xlabel(WIDTH)
    ax.set_ylabel(change_label("barrier", items, unit))
    legend(ax, error_words("trials", shown))
    return ax


def _columns(trials: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Trials of each width as columns (n, widths); NaN where a width has fewer than the others."""
    table = np.full((max(map(len, trials)), len(trials)), np.nan)
    for k, one in enumerate(trials):
        table[: len(one), k] = one
    return table


def _at(
    items: list[Any], name: str, value: float
) -> tuple[list[int], list[float], list[float], list[NDArray[np.float64]]]:
    """Widths, barriers, errors and the barriers of all trials, of the results that hold the wanted S."""
    width, mean, error, trials = [], [], [], []
    for swap in items:
        away = np.abs(np.asarray(swap.swaps) - (value if name == "n_swaps" else value * swap.width))
        nearest = int(np.argmin(away))
        # S = 0 exchanges nothing: never the S of a wanted share.
        if away[nearest] <= (0 if name == "n_swaps" else 0.5) and swap.swaps[nearest] > 0:
            width.append(int(swap.width))
            mean.append(float(swap.barrier_mean[nearest]))
            error.append(float(swap.barrier_error[nearest]))
            trials.append(np.asarray(swap.barrier)[nearest])
    if not width:
        raise ArgumentError(name, "an S that at least one of the swaps has", f"{value:g}")
    return width, mean, error, trials
