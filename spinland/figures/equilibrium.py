"""A glass in equilibrium: overlaps of two copies, energy against temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..checks import choice, integer
from .inputs import listing, matched, takes
from .labels import OVERLAP, named_levels
from .labels import value_label as label_of
from .levels import draw_levels, inner_legend, name_above, theory_curve
from .style import GREY, INK, band, category, context, legend, ordered_colours, panel


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
        name_above(ax, name, level)
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
    reference = theory_curve("theory", theory) if theory is not None else None
    named = named_levels(levels)
    ax = panel(ax)
    draw_levels(ax, named)
    if reference is not None:
        ax.plot(*reference, color=INK, linewidth=1.1, linestyle="--", label=r"theory, $N\to\infty$")
    for k, (item, name) in enumerate(zip(items, names, strict=True)):
        ax.errorbar(
            item.temperatures,
            item.mean,
            item.error,
            color=category(k)["color"],
            linestyle="none",
            marker="os^Dv"[k % 5],
            label=name or "measured",
        )
    ax.set_xlabel(r"temperature $T$")
    ax.set_ylabel(label_of(items, value_label))
    inner_legend(ax, "upper left")
    return ax
