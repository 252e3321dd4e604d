"""Glasses on their way down: energy against time, against the number of spins, and towards the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..checks import real
from ..errors import ArgumentError
from .inputs import independent, listing, matched, takes
from .labels import ENERGY, TIME, named_levels
from .labels import value_label as label_of
from .levels import draw_levels, inner_legend, theory_curve
from .style import INK, band, category, context, error_words, ordered_colours, panel, spread_band


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
    reference = theory_curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    draw_levels(ax, named)
    whose: list[str] = []
    for item, name, colour in zip(items, names, ordered_colours(len(items)), strict=True):
        later = item.times > 0
        rows, those = independent(item)
        if spread and spread_band(ax, item.times[later], rows[:, later], colour):
            whose.append(those)
        band(ax, item.times[later], item.mean[later], item.error[later], label=name or "measured", color=colour)
    if reference is not None:
        later = reference[0] > 0
        ax.plot(
            reference[0][later],
            reference[1][later],
            color=INK,
            linewidth=1.1,
            linestyle="--",
            label=r"theory, $N\to\infty$",
        )
    ax.set_xscale("log")
    ax.margins(x=0.01)
    ax.set_xlabel(TIME)
    ax.set_ylabel(label_of(items, value_label))
    inner_legend(ax, "upper right", error_words(" or ".join(dict.fromkeys(whose)), bool(whose)))
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
    draw_levels(ax, named)
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
            x,
            value,
            error,
            color=category(k)["color"],
            linestyle="none",
            marker="os^"[k],
            label=name,
            fillstyle="none" if k == 0 else "full",
            markersize=7 if k == 0 else 5,
        )
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
    reference = theory_curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    draw_levels(ax, named)
    x = scaling.times[late] ** -power
    for k, colour in enumerate(ordered_colours(len(scaling.sizes))):
        band(
            ax,
            x,
            scaling.energies[k][late],
            scaling.energy_error[k][late],
            color=colour,
            label=f"$N = {scaling.sizes[k]}$",
        )
    if reference is not None:
        later = reference[0] >= 1
        ax.plot(
            reference[0][later] ** -power,
            reference[1][later],
            color=INK,
            linewidth=1.1,
            linestyle="--",
            label=r"theory, $N\to\infty$",
        )
    ax.set_xlim(left=0)
    ax.set_xlabel(r"$t^{-2/3}$" if abs(power - 2 / 3) < 1e-9 else rf"$t^{{-{power:.3g}}}$")
    ax.set_ylabel(ENERGY)
    inner_legend(ax, "upper left")
    return ax
