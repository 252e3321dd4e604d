"""Glasses in motion: descent, equilibrium, ageing, overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..checks import choice, float_array, integer, real
from ..errors import ArgumentError
from .inputs import independent, listing, matched, takes
from .labels import ENERGY, OVERLAP, named_levels
from .labels import value_label as label_of
from .style import (
    GREY,
    INK,
    band,
    category,
    context,
    error_words,
    legend,
    ordered_colours,
    panel,
    spread_band,
)

TIME = r"time $t$"


def _curve(name: str, theory: ArrayLike) -> tuple[Any, Any]:
    """Abscissa and ordinate (2, T) of a theory curve."""
    x, y = float_array(name, theory, shape=(2, None), finite=False)
    return x, y


def _levels(ax: Axes, levels: dict[str, float]) -> None:
    """Horizontal lines with their names at the right edge, outside the axes where they hide nothing.

    Of several, the lowest has its name below the line and the others above: −E_0 and −E_inf are close together.
    """
    lowest = min(levels.values(), default=0.0)
    for name, level in levels.items():
        side = "center" if len(levels) == 1 else "top" if level == lowest else "bottom"
        ax.axhline(level, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)), zorder=0.5)
        ax.annotate(
            name, (1.0, level), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va=side, ha="left", color=INK, fontsize=10, annotation_clip=False,
        )  # fmt: skip


def _inside(ax: Axes, location: Any, title: str = "") -> None:
    """Legend within the axes: the room on the right belongs to the names of the levels."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc=location, title=title or None, alignment="left")


@takes("GradientFlow or Langevin", "times", "mean", "error", several=True)
@context()
def descent_curve(
    flow: Any,
    ax: Axes | None = None,
    *,
    theory: ArrayLike | None = None,
    levels: dict[str, float] | None = None,
    labels: Sequence[str] | None = None,
    spread: bool = True,
    value_label: str | None = None,
) -> Axes:
    r"""Energy e(t) of descent or of Langevin dynamics: mean, a band of one standard error, and the spread.

    Parameters
    ----------
    flow : GradientFlow, Langevin, or a sequence of them
        Fields ``times``, ``energies``; properties ``mean``, ``error``, (T,). Without ``energies`` there is no spread.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    theory : array (2, n), optional
        Times and energies of a theory, drawn as a black line.
    levels : dict of str to float, optional
        Horizontal lines, such as ``{"$-E_\infty$": -1.633}``.
    labels : sequence of str, optional
        Name of each result.
    spread : bool
        Whether to draw pale bands from the 16th to the 84th percentile: of the instances, each averaged over its
        starts or walkers, or of the starts or walkers of the only one.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Axes
        Where it was drawn; time 0 has no place on its logarithmic axis.

    Raises
    ------
    ArgumentError
        No result, another number of labels, a theory of another shape, or levels that are no mapping.
    """
    items = listing("flow", flow)
    names = matched("labels", labels, len(items))
    reference = _curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    _levels(ax, named)
    whose: list[str] = []
    for item, name, colour in zip(items, names, ordered_colours(len(items)), strict=True):
        later = item.times > 0
        rows, those = independent(item)
        if spread and spread_band(ax, item.times[later], rows[:, later], colour):
            whose.append(those)
        band(
            ax, item.times[later], item.mean[later], item.error[later], label=name or "measured", color=colour
        )  # fmt: skip
    if reference is not None:
        later = reference[0] > 0
        ax.plot(
            reference[0][later], reference[1][later], color=INK, linewidth=1.1, linestyle="--",
            label=r"theory, $N\to\infty$",
        )  # fmt: skip
    ax.set_xscale("log")
    ax.margins(x=0.01)
    ax.set_xlabel(TIME)
    ax.set_ylabel(label_of(items, value_label))
    _inside(ax, "upper right", error_words(" or ".join(dict.fromkeys(whose)), bool(whose)))
    return ax


@takes("Langevin", "waiting_times", "correlations")
@context()
def ageing_curves(
    langevin: Any, ax: Axes | None = None, *, versus: str = "ratio", theory: ArrayLike | None = None
) -> Axes:
    """Two-time correlation C(t_w + t, t_w): one curve for each waiting time, with a band of one standard error.

    Parameters
    ----------
    langevin : Langevin
        Fields ``times`` (T,), ``waiting_times`` (K,); properties ``correlation``, ``correlation_error`` (K, T).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    versus : {"ratio", "time"}
        Abscissa: t/t_w, in which ageing curves fall onto each other, or t. At t_w = 0 there is no ratio.
    theory : array (2, n), optional
        Abscissa and correlation of a theory.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        A run without waiting times, an unknown abscissa.
    """
    choice("versus", versus, ("ratio", "time"))
    waits = np.asarray(langevin.waiting_times)
    kept = np.flatnonzero(waits > 0) if versus == "ratio" else np.arange(len(waits))
    if len(kept) == 0:
        raise ArgumentError("langevin", "a run with waiting times", f"waiting times {waits.tolist()}")
    reference = _curve("theory", theory) if theory is not None else None
    ax = panel(ax)
    ax.axhline(0, color=GREY, linewidth=0.6)
    later = langevin.times > 0
    mean, error = langevin.correlation, langevin.correlation_error
    for k, colour in zip(kept, ordered_colours(len(kept)), strict=True):
        x = langevin.times[later] / (waits[k] if versus == "ratio" else 1.0)
        band(ax, x, mean[k][later], error[k][later], color=colour, label=f"{waits[k]:g}")
    if reference is not None:
        ax.plot(*reference, color=INK, linewidth=1.1, linestyle="--", label="theory")
    ax.set_xscale("log")
    ax.set_xlabel(r"ratio $t/t_w$" if versus == "ratio" else TIME)
    ax.set_ylabel(r"correlation $C(t_w+t,\, t_w)$")
    ax.margins(x=0.01)
    legend(ax, r"waiting time $t_w$")
    return ax


@takes("ReplicaExchange", "temperatures", "overlap_density")
@context()
def overlap_distribution_curves(
    exchange: Any,
    ax: Axes | None = None,
    *,
    bins: int = 50,
    levels: dict[str, float] | None = None,
    folded: bool | None = None,
) -> Axes:
    """P(q) of two copies of one instance, one curve for each temperature, with a band of one standard error.

    Parameters
    ----------
    exchange : ReplicaExchange
        Field ``temperatures`` (K,), method ``overlap_density(bins, folded=...)``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    bins : int
        Bins between −1 and 1, or between 0 and 1.
    levels : dict of str to float, optional
        Vertical lines, such as q_EA of a theory.
    folded : bool, optional
        Draw P(|q|); by itself for a glass of even order, where q and −q are equally likely.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        There is one copy only.
    """
    choice("folded", folded, (None, True, False))
    folded = bool(getattr(exchange, "symmetric", False)) if folded is None else folded
    edges, density, error = exchange.overlap_density(integer("bins", bins, minimum=1), folded=folded)
    named = named_levels(levels)
    ax = panel(ax)
    middle = (edges[1:] + edges[:-1]) / 2
    temperatures = np.asarray(exchange.temperatures)
    for k, colour in enumerate(ordered_colours(len(temperatures))):
        band(ax, middle, density[k], error[k], color=colour, label=f"{temperatures[k]:.3g}")
    for name, level in named.items():
        ax.axvline(level, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)), zorder=0.5)
        ax.annotate(
            name, (level, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
            ha="center", va="bottom", color=INK, fontsize=10,
        )  # fmt: skip
    ax.set_xlim(0 if folded else -1, 1)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(OVERLAP.replace("$q$", "$|q|$") if folded else OVERLAP)
    ax.set_ylabel(r"density $P(|q|)$" if folded else r"density $P(q)$")
    legend(ax, r"temperature $T$")
    return ax


@takes("ReplicaExchange", "temperatures", "swap_acceptance", several=True)
@context()
def energy_temperature(
    exchange: Any,
    ax: Axes | None = None,
    *,
    theory: ArrayLike | None = None,
    levels: dict[str, float] | None = None,
    labels: Sequence[str] | None = None,
    value_label: str | None = None,
) -> Axes:
    """Equilibrium energy against temperature, with errors.

    Parameters
    ----------
    exchange : ReplicaExchange or sequence of ReplicaExchange
        Field ``temperatures``; properties ``mean``, ``error`` (K,).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    theory : array (2, n), optional
        Temperatures and energies of a theory, drawn as a black line.
    levels : dict of str to float, optional
        Horizontal lines, such as the ground-state energy.
    labels : sequence of str, optional
        Name of each result.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the results carry.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No result, another number of labels, a theory of another shape, or levels that are no mapping.
    """
    items = listing("exchange", exchange)
    names = matched("labels", labels, len(items))
    reference = _curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    _levels(ax, named)
    if reference is not None:
        ax.plot(*reference, color=INK, linewidth=1.1, linestyle="--", label=r"theory, $N\to\infty$")
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        ax.errorbar(
            item.temperatures, item.mean, item.error, color=category(k)["color"], linestyle="none",
            marker="os^Dv"[k % 5], label=name or "measured",
        )  # fmt: skip
    ax.set_xlabel(r"temperature $T$")
    ax.set_ylabel(label_of(items, value_label))
    _inside(ax, "upper left")
    return ax


@takes("DescentScaling", "sizes", "energy_error", "lowest")
@context()
def descent_sizes(scaling: Any, ax: Axes | None = None, *, levels: dict[str, float] | None = None) -> Axes:
    """Energies that descent reaches against 1/N: along the flow, in its minima, in the lowest of them.

    Parameters
    ----------
    scaling : DescentScaling
        Fields ``sizes``, ``minima``, ``lowest`` with errors, ``times``, ``energies``, ``energy_error``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    levels : dict of str to float, optional
        Horizontal lines, such as −E_inf and −E_0.

    Returns
    -------
    Axes
        Where it was drawn.
    """
    named = named_levels(levels)
    ax = panel(ax)
    _levels(ax, named)
    x = 1 / np.asarray(scaling.sizes)
    last = f"flow at $t = {scaling.times[-1]:.3g}$"
    lowest = f"lowest minimum of {scaling.n_starts} starts"
    series = (
        (last, scaling.energies[:, -1], scaling.energy_error[:, -1]),
        ("minima", scaling.minima, scaling.minima_error),
        (lowest, scaling.lowest, scaling.lowest_error),
    )
    for k, (name, value, error) in enumerate(series):
        ax.errorbar(
            x, value, error, color=category(k)["color"], linestyle="none", marker="os^"[k],
            label=name, fillstyle="none" if k == 0 else "full", markersize=7 if k == 0 else 5,
        )  # fmt: skip
    ax.set_xlim(left=0, right=1.08 * x.max())
    ax.set_xlabel(r"inverse number of spins $1/N$")
    ax.set_ylabel(ENERGY)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.2, handletextpad=0.3)
    return ax


@takes("DescentScaling", "sizes", "energy_error", "lowest")
@context()
def descent_approach(
    scaling: Any,
    ax: Axes | None = None,
    *,
    theory: ArrayLike | None = None,
    levels: dict[str, float] | None = None,
    power: float = 2 / 3,
) -> Axes:
    """Energy along the flow against t^{−2/3}, one curve for each number of spins: a straight line if N is infinite.

    Parameters
    ----------
    scaling : DescentScaling
        Fields ``sizes``, ``times``, ``energies``, ``energy_error``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    theory : array (2, n), optional
        Times (not powers) and energies of a theory.
    levels : dict of str to float, optional
        Horizontal lines, such as −E_inf.
    power : float
        Exponent of the abscissa, above 0; 2/3 of Cugliandolo and Kurchan for order 3 and more.

    Returns
    -------
    Axes
        Where it was drawn: times of 1 and later.

    Raises
    ------
    ArgumentError
        No time is as late as 1, or the power is not above 0.
    """
    power = real("power", power, above=0)
    late = scaling.times >= 1
    if not late.any():
        raise ArgumentError("scaling", "times of 1 or later", scaling.times.tolist())
    reference = _curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    _levels(ax, named)
    x = scaling.times[late] ** -power
    for k, colour in enumerate(ordered_colours(len(scaling.sizes))):
        band(
            ax, x, scaling.energies[k][late], scaling.energy_error[k][late], color=colour,
            label=f"$N = {scaling.sizes[k]}$",
        )  # fmt: skip
    if reference is not None:
        later = reference[0] >= 1
        ax.plot(
            reference[0][later] ** -power, reference[1][later], color=INK, linewidth=1.1, linestyle="--",
            label=r"theory, $N\to\infty$",
        )  # fmt: skip
    ax.set_xlim(left=0)
    ax.set_xlabel(r"$t^{-2/3}$" if abs(power - 2 / 3) < 1e-9 else rf"$t^{{-{power:.3g}}}$")
    ax.set_ylabel(ENERGY)
    _inside(ax, "upper left")
    return ax
