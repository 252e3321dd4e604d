"""Networks of several depths and equally many parameters beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from ..quantities import quantity_of
from .inputs import field_of, listing, matched, mean_error, takes
from .labels import value_label as label_of
from .placing import HALO
from .planes import axis_name, filled_contours, is_logarithmic, levels_of, value_ticks, whole_grid
from .style import GREY, INK, PALETTE, canvas, context, dress, log_name, log_ticks, value_bar, wants_log

_SPREAD = 0.12  # of the places of single replicas about their depth, in powers of e


@takes("DepthComparison", "depths", "log_complex", "rise_ends")
@context()
def depth_measures(comparison: Any, figure: FigureBase | None = None, *, unit: str | None = None) -> FigureBase:
    """What changes with depth at equally many parameters and one training loss, a panel for each measure.

    Mean over replicas (over pairs for barriers) with its standard error, and the single ones in pale. Roughness is the
    standard deviation of the increments of the loss along random walks. The effective order has its own error over
    pairs of points, the exponent of ageing over replicas; the theory's number has none.

    Parameters
    ----------
    comparison : DepthComparison
        What a study with ``depths`` keeps as ``depths/comparison``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    unit : str, optional
        Unit of the loss, in place of the one that the comparison carries.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    unit = quantity_of(comparison)["unit"] if unit is None else unit
    per = f" ({unit})" if unit else ""
    x = np.asarray(comparison.depths, np.float64)
    aged = comparison.ageing is not None and bool(np.isfinite(comparison.ageing).any())
    figure = canvas(figure, (12.0, 9.6) if aged else (15.2, 6.6))
    axes: Any = figure.subplots(*((3, 3) if aged else (2, 4)))
    quality = comparison.test_accuracy
    classified = bool(np.isfinite(quality).any())
    measures = (
        (quality if classified else comparison.test_loss, "test accuracy" if classified else f"test loss{per}"),
        (comparison.rise, f"rise at relative distance {comparison.radius:g}{per}"),
        (comparison.roughness, f"roughness of walks{per}"),
        (comparison.correlation_length, "correlation length (steps)"),
        (comparison.largest, r"largest eigenvalue $\lambda_{\max}$"),
    )
    for ax, (samples, label) in zip(axes.flat, measures, strict=False):
        _replicas(ax, x, np.asarray(samples), PALETTE[0])
        ax.set_ylabel(label)
        if wants_log(samples, 5.0):
            _logarithmic(ax)
    order, barrier, theory, *more = axes.flat[len(measures) :]
    _orders(order, x, comparison)
    for samples, colour, name in (
        (comparison.barrier_before, GREY, "as trained"),
        (comparison.barrier, PALETTE[0], "aligned"),
    ):
        _replicas(barrier, x, np.asarray(samples), colour, name)
    barrier.set_ylim(bottom=min(0.0, float(np.nanmin(comparison.barrier, initial=0.0))))
    barrier.set_ylabel(f"barrier{per}")
    barrier.legend(loc="best")
    theory.plot(x, comparison.log_complex, marker="s", color=PALETTE[1])
    theory.set_ylabel("log of the theory's number\nof critical points")
    for ax in more:
        _ageing(ax, x, comparison)
    for ax in axes.flat:
        _depth_axis(ax, x)
    return figure


def _ageing(ax: Axes, x: NDArray[np.float64], comparison: Any) -> None:
    """The exponent of ageing, between no ageing at 0 and full ageing at 1."""
    ax.errorbar(x, comparison.ageing, comparison.ageing_error, marker="o", color=PALETTE[0])
    for level, name in ((0.0, "none"), (1.0, "full")):
        ax.axhline(level, color=GREY, linewidth=0.9, linestyle="--")
        ax.annotate(name, (x[0] / 1.25, level), va="bottom", color=GREY, fontsize="small")
    ax.set_ylabel(r"exponent of ageing $\mu$")


def _orders(ax: Axes, x: NDArray[np.float64], comparison: Any) -> None:
    """The effective order at the start and at equal loss."""
    for name, marker, colour, end in (
        ("at the start", "s", GREY, "order_initial"),
        ("at equal loss", "o", "", "order"),
    ):
        values, error = getattr(comparison, end), getattr(comparison, f"{end}_error")
        ax.errorbar(x, values, error, marker=marker, color=colour or PALETTE[0], label=name)
    ax.set_ylabel("effective order")
    ax.legend(loc="best")


def _replicas(ax: Axes, x: NDArray[np.float64], samples: NDArray[Any], colour: str, name: str | None = None) -> None:
    """Mean and error (D,) of samples (D, R), and each of them beside its depth."""
    if not np.isfinite(samples).any():
        ax.text(0.5, 0.5, "not determined", transform=ax.transAxes, ha="center", color=GREY)
        return
    places = x[:, None] * np.exp(np.linspace(-_SPREAD, _SPREAD, samples.shape[1]) if samples.shape[1] > 1 else [0.0])
    ax.plot(places.ravel(), samples.ravel(), ".", color=colour, alpha=0.3, markersize=4)
    mean, error = mean_error(samples.T)
    ax.errorbar(x, mean, error, marker="o", color=colour, label=name)


def _logarithmic(ax: Axes) -> None:
    ax.set_yscale("log")
    ticks = log_ticks(*ax.get_ylim())
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FixedFormatter([log_name(tick) for tick in ticks]))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _depth_axis(ax: Axes, x: NDArray[np.float64]) -> None:
    dress(ax)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(x.tolist()))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{depth:g}" for depth in x]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(x.min() / 1.3, x.max() * 1.3)
    ax.set_xlabel("hidden layers")


@takes("Plane", "a", "b", "values", several=True)
@context()
def plane_row(
    planes: Any,
    figure: FigureBase | None = None,
    *,
    names: Sequence[str] | None = None,
    log: bool | None = None,
    value_label: str | None = None,
) -> FigureBase:
    """Planes in one row, as contours with one scale of colours.

    Parameters
    ----------
    planes : Plane or sequence of Plane
        From left to right; values of one quantity.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    names : sequence of str, optional
        Title of each.
    log : bool, optional
        Levels in equal ratios; by themselves if all values are positive and span a factor of 30.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the planes carry.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No planes, another number of names, or ``log`` of values that are not positive.
    """
    items = listing("planes", planes)
    titles = matched("names", names, len(items))
    for item in items:
        whole_grid(item)
    fields = [field_of(item, "loss") for item in items]
    together = np.concatenate([field.ravel() for field in fields])
    use_log = is_logarithmic(items[0], together, "loss", log)
    levels, norm = levels_of(together, use_log)
    figure = canvas(figure, (3.6 * len(items) + 1.2, 3.9))
    axes: Any = figure.subplots(1, len(items), squeeze=False)[0]
    for ax, item, field, title in zip(axes, items, fields, titles, strict=True):
        dress(ax, grid=False)
        filled = filled_contours(ax, item, field, levels, norm)
        ax.plot(0, 0, marker="+", markersize=9, color=INK, markeredgewidth=1.3, path_effects=HALO)
        ax.set_aspect("equal" if 0.5 <= np.ptp(item.b) / np.ptp(item.a) <= 2 else "auto")
        ax.set_xlabel(axis_name(item, 0))
        ax.set_title(title or "", loc="left")
    for ax, item in zip(axes, items, strict=True):
        if ax is not axes[0] and np.array_equal(item.b, items[0].b) and axis_name(item, 1) == axis_name(items[0], 1):
            ax.tick_params(labelleft=False)  # the numbers of the first
        else:
            ax.set_ylabel(axis_name(item, 1))
    value_ticks(value_bar(axes[-1], filled, label_of(items, value_label)), levels, use_log)
    return figure
