"""Correlation of a landscape between points of a given overlap, the mixture it shows, and its effective order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..checks import float_array, integer
from ..errors import ArgumentError
from ..formatting import plus_minus
from ..probes.correlation.mixture import mixture_correlation
from .inputs import listing, matched, takes
from .labels import OVERLAP, WIDTH
from .style import GREY, canvas, category, context, dress, legend, panel, powers_of_two, wants_log

_MARKERS = "os^Dv"


@takes("Correlation", "overlap", "correlation", several=True)
@context()
def correlation_curve(
    correlation: Any, ax: Axes | None = None, *, orders: Sequence[int] = (2, 3), labels: Sequence[str] | None = None
) -> Axes:
    """Corr(q) of the values at two points of overlap q, with errors, the fitted mixture, and q^p of pure glasses.

    Parameters
    ----------
    correlation : Correlation, MeanCorrelation, or sequence of them
        Points with errors, and a line for the mixture where one was fitted.
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
            q,
            q**p,
            color=GREY,
            linewidth=1.1,
            linestyle=("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))[k % 4],
            label=rf"$q^{{{p}}}$" if p > 1 else "$q$",
        )
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        look = category(k)
        if np.isfinite(item.mixture).all():
            ax.plot(q, mixture_correlation(q, item.mixture_order, item.mixture, item.dim), **look)
        ax.errorbar(
            item.overlap,
            item.correlation,
            item.correlation_error,
            color=look["color"],
            linestyle="none",
            marker=_MARKERS[k % 5],
            label=name or "measured",
        )
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set_xlabel(OVERLAP)
    ax.set_ylabel(r"correlation $\mathrm{Corr}(q)$")
    legend(ax)
    return ax


@takes("Correlation", "mixture", "effective_order", several=True)
@context()
def correlation_mixture(
    correlation: Any,
    figure: FigureBase | None = None,
    *,
    orders: Sequence[int] = (2, 3),
    labels: Sequence[str] | None = None,
) -> FigureBase:
    """Corr(q) with the fitted mixture, and the weights a_p of the orders with their errors.

    The legend gives the effective order Σ p a_p. Orders whose weights are all zero at the end are not drawn.

    Parameters
    ----------
    correlation : Correlation, MeanCorrelation, or sequence of them
        With a fitted mixture.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    orders : sequence of int
        Orders p of the reference curves q^p; none if empty.
    labels : sequence of str, optional
        Name of each correlation.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No correlation, another number of labels, an order below 1, or a correlation without a mixture.
    """
    items = listing("correlation", correlation)
    names = matched("labels", labels, len(items))
    for item in items:
        if not np.isfinite(item.mixture).all():
            raise ArgumentError("correlation", "a correlation with a mixture", "one whose mixture is NaN")
    figure = canvas(figure, (10.4, 3.9))
    left, right = figure.subplots(1, 2)
    correlation_curve(items, left, orders=orders, labels=labels)
    handles, texts = left.get_legend_handles_labels()
    shown = left.get_legend()
    if shown is not None:  # all is told on the right but the references, which fit into the corner
        shown.remove()
    if powers := len(texts) - len(items):
        left.legend(handles[:powers], texts[:powers], loc="upper center")  # Corr(0) is small: nothing is there
    dress(right)
    last = 1
    step = 0.8 / len(items)
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        order, weight = np.asarray(item.mixture_order), np.asarray(item.mixture)
        last = max(last, int(order[weight + item.mixture_error > 5e-3].max(initial=1)))
        told = rf"$p_\mathrm{{eff}}$ = {plus_minus(item.effective_order, item.effective_order_error)}"
        right.bar(
            order + (k - (len(items) - 1) / 2) * step,
            weight,
            0.92 * step,
            yerr=item.mixture_error,
            color=category(k)["color"],
            label=f"{name}\n{told}" if name else told,
            error_kw={"linewidth": 1.0, "capsize": 1.5},
        )
    right.set_xlim(0.4, last + 0.6)
    right.set_ylim(bottom=0)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel(r"order $p$")
    right.set_ylabel(r"weight $a_p$")
    legend(right)
    return figure


@takes("Correlation", "effective_order", grouped=True)
@context()
def effective_order_sweep(
    correlations: Any,
    values: ArrayLike,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    value_label: str = WIDTH,
) -> Axes:
    """Effective order Σ p a_p against width, depth or whatever was varied, with errors.

    Parameters
    ----------
    correlations : sequence (K,) of Correlation, or sequence of such sequences
        One for each value; several sequences are several curves, such as before and after training.
    values : array (K,)
        What was varied; on a logarithmic axis where it spans more than a factor of 30, or doubles at each step.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Name of each curve.
    value_label : str
        Label of the values.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No correlation, or another number of values or labels.
    """
    items = listing("correlations", correlations)
    series = [list(row) for row in items] if isinstance(items[0], (list, tuple)) else [items]
    at = float_array("values", values, ndim=1)
    if any(len(row) != len(at) for row in series):
        raise ArgumentError("values", f"one for each of {len(series[0])} correlations", f"{len(at)}")
    names = matched("labels", labels, len(series))
    ax = panel(ax)
    for k, (row, name) in enumerate(zip(series, names, strict=True)):
        order = [item.effective_order for item in row]
        error = [item.effective_order_error for item in row]
        ax.errorbar(at, order, error, **category(k), marker=_MARKERS[k % 5], label=name)
    if wants_log(at) or (len(at) > 2 and at.min() > 0 and np.allclose(at[1:] / at[:-1], 2)):
        powers_of_two(ax, at)
    elif np.array_equal(at, np.rint(at)):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(bottom=min(1.0, ax.get_ylim()[0]))
    ax.set_xlabel(value_label)
    ax.set_ylabel(r"effective order $p_\mathrm{eff}$")
    legend(ax)
    return ax
