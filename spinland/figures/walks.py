"""Random walks from a solution: the fan of the loss (figure 2 of arXiv:2407.20724), and ruggedness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..checks import choice, integer
from ..formatting import plus_minus
from ..quantities import quantity_of
from ..statistics.uncertainty import grouped_error
from .inputs import field_label, field_of, listing, matched, takes
from .labels import change
from .style import (
    GREY,
    band,
    canvas,
    context,
    dress,
    error_words,
    legend,
    ordered_colours,
    panel,
    spread_band,
    wants_log,
)


@takes("RandomWalk", "sigma", "values", "distance", several=True)
@context()
def walk_fan(
    walks: Any,
    ax: Axes | None = None,
    *,
    quantity: str = "loss",
    versus: str = "step",
    n_shown: int = 0,
    log: bool | None = None,
    spread: bool = True,
    labels: Sequence[str] | None = None,
    value_label: str | None = None,
) -> Axes:
    """Loss or accuracy along random walks: mean over walkers, with a band of one standard error, and their spread.

    Parameters
    ----------
    walks : RandomWalk or sequence of RandomWalk
        Usually one for each σ; drawn in the order of σ.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : {"loss", "accuracy"}
        What to draw.
    versus : {"step", "distance"}
        Abscissa: the step t, or the Euclidean distance from the start, averaged over walkers.
    n_shown : int
        So many single walkers are drawn faintly beside each mean.
    log : bool, optional
        Logarithmic ordinate; by itself if the loss is positive and its mean spans a factor of 30.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile of the walkers.
    labels : sequence of str, optional
        Name of each walk, in the order given; its σ by default.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No walks, an unknown quantity or abscissa, another number of labels, or an accuracy that has no meaning
        on the landscape.
    """
    items = listing("walks", walks)
    named = zip(items, matched("labels", labels, len(items)), strict=True)
    pairs = sorted(named, key=lambda pair: pair[0].sigma)
    ordered, names = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    choice("versus", versus, ("step", "distance"))
    integer("n_shown", n_shown, minimum=0)
    drawn = []
    for walk in ordered:
        samples = field_of(walk, quantity)
        # Walkers of one origin share it: errors are over origins where there are several, of the accuracy too.
        mean, error = samples.mean(axis=0), grouped_error(samples, walk.origin_index)
        x = np.arange(samples.shape[1]) if versus == "step" else np.mean(walk.distance, axis=0)
        drawn.append((x, samples, np.asarray(mean), np.asarray(error)))
    ax, shown = panel(ax), False
    for walk, name, (x, samples, mean, error), colour in zip(
        ordered, names, drawn, ordered_colours(len(ordered)), strict=True
    ):
        for one in samples[:n_shown]:
            ax.plot(x, one, color=colour, linewidth=0.5, alpha=0.35)
        if spread and spread_band(ax, x, samples, colour):
            shown = True
        band(ax, x, mean, error, color=colour, label=name or rf"$\sigma$ = {walk.sigma:g}")
    if log or (log is None and quantity == "loss" and wants_log(np.concatenate([d[2] for d in drawn]))):
        ax.set_yscale("log")
    ax.set_xlabel(r"step $t$" if versus == "step" else r"distance from the solution $|w_t - w_0|$")
    ax.set_ylabel(field_label(ordered, quantity, value_label))
    ax.margins(x=0.01)
    legend(ax, error_words("walkers", shown))
    return ax


@takes("Ruggedness", "lag", "autocorrelation", several=True)
@context()
def walk_ruggedness(
    ruggedness: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None
) -> FigureBase:
    """Autocorrelation of the loss along walks, and the distribution of its increments.

    Left: the autocorrelation ρ(τ) against the lag τ, with errors over walkers; a vertical line marks the
    correlation length ξ where it lies within the lags. Right: the density of the increments ΔL of one step,
    less their mean μ and in units of their standard deviation s, so that walks of different σ compare; the
    dashed curve is the normal density.

    Parameters
    ----------
    ruggedness : Ruggedness or sequence of Ruggedness
        Usually one for each σ.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        Name of each, such as ``"σ = 0.01"``.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No ruggedness, or another number of labels.
    """
    items = listing("ruggedness", ruggedness)
    names = matched("labels", labels, len(items))
    figure = canvas(figure, (9.6, 3.8))
    left, right = (dress(ax) for ax in figure.subplots(1, 2))
    lowest = np.inf
    for item, name, colour in zip(items, names, ordered_colours(len(items)), strict=True):
        length = rf"$\xi$ = {plus_minus(item.correlation_length, item.correlation_length_error)}"
        _autocorrelation(left, item, colour)
        lowest = min(lowest, _increments(right, item, f"{name}, {length}" if name else length, colour))
    quantity = ", ".join(dict.fromkeys(quantity_of(item)["quantity"] for item in items))
    left.axhline(np.exp(-1), color=GREY, linewidth=0.7, linestyle="--")
    left.annotate(r"$1/e$", (0.02, np.exp(-1)), xycoords=("axes fraction", "data"), ha="left", va="bottom", color=GREY)
    left.axhline(0, color=GREY, linewidth=0.7)
    left.set_xlabel(r"lag $\tau$ (steps)")
    left.set_ylabel(rf"autocorrelation $\rho(\tau)$ of the {quantity}")
    grid = np.linspace(-4, 4, 161)
    normal = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    right.plot(grid, normal, color=GREY, linestyle="--", linewidth=1.0, label="normal")
    right.set_yscale("log")
    if lowest < np.inf:  # an error as large as the density has no lower end on a logarithmic axis
        right.set_ylim(bottom=0.3 * lowest)
    letter = change(quantity) or r"\Delta v"
    right.set_xlabel(rf"increment of one step $({letter} - \mu)/s$")
    right.set_ylabel(r"density")
    legend(right)
    return figure


_POINTS: dict[str, Any] = {"elinewidth": 0.7, "capsize": 0, "marker": "o"}


def _autocorrelation(ax: Axes, item: Any, colour: Any) -> None:
    """ρ against the lag, and a line at the correlation length."""
    ax.errorbar(
        item.lag,
        item.autocorrelation,
        item.autocorrelation_error,
        color=colour,
        linewidth=1.2,
        markersize=2.5,
        **_POINTS,
    )
    if item.correlation_length <= np.max(item.lag):
        ax.axvline(item.correlation_length, color=colour, linewidth=0.9, linestyle=":")


def _increments(ax: Axes, item: Any, label: str, colour: Any) -> float:
    """Density of the standardised increments; the least that is above 0, infinite if there is none."""
    # Increments that are all equal have no spread to measure them in: no points, only the legend's entry.
    scale = item.increment_std if item.increment_std > 0 else np.nan
    edges = (np.asarray(item.increment_edges) - item.increment_mean) / scale
    density = np.asarray(item.increment_density) * scale
    half = np.asarray(item.increment_density_error) * scale
    middle = 0.5 * (edges[1:] + edges[:-1])
    full = density > 0  # an empty bin has no place on a logarithmic axis
    ax.errorbar(
        middle[full], density[full], half[full], color=colour, linestyle="none", markersize=3.0, label=label, **_POINTS
    )
    return float(np.min(density, where=full, initial=np.inf))
