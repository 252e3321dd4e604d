"""Pairs of trained solutions: distances (figure 4 of arXiv:2407.20724), their spread, and P(q)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from ..checks import integer, real
from ..formatting import plus_minus
from ..statistics.fits import power_law
from ..statistics.histograms import equal_edges, histogram_bins
from .inputs import listing, matched, measured, takes
from .labels import DISTANCE, WIDTH
from .style import GREY, PALETTE, context, legend, log_name, log_ticks, ordered_colours, outline, panel, powers_of_two


@takes("PairStatistics", "distances", "mean_distance", several=True)
@context()
def distance_histogram(
    statistics: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    n_bins: int | None = None,
    relative: bool = False,
) -> Axes:
    """Distribution of the distances between solutions, one histogram for each ensemble.

    A thin line marks each mean. There are no error bars on the bins: pairs share replicas, so counts of
    pairs are no independent counts.

    Parameters
    ----------
    statistics : PairStatistics or sequence of PairStatistics
        Usually one for each width.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Name of each, such as ``"M = 128"``.
    n_bins : int, optional
        Number of bins of each histogram, between its smallest and largest distance; by default as many as its
        number of replicas allows.
    relative : bool
        Distances in units of their mean, so that the shapes of different widths lie on each other.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No statistics, another number of labels, or no bins.
    """
    items = listing("statistics", statistics)
    names = matched("labels", labels, len(items))
    if n_bins is not None:
        integer("n_bins", n_bins, minimum=1)
    ax = panel(ax)
    for item, name, colour in zip(items, names, ordered_colours(len(items)), strict=True):
        mean = item.mean_distance
        distances = measured("statistics", item.distances) / (mean if relative else 1.0)
        bins = histogram_bins(item.n_replicas) if n_bins is None else n_bins
        density, edges = np.histogram(distances, bins=equal_edges(distances, bins), density=True)
        outline(ax, density, edges, colour, name, alone=len(items) == 1)
        if not relative:
            ax.axvline(mean, color=colour, linewidth=0.9, linestyle=":")
    ax.set_ylim(bottom=0)
    ax.set_xlabel(r"relative distance $d_{ab}/\langle d\rangle$" if relative else DISTANCE)
    ax.set_ylabel("density of pairs")
    legend(ax)
    return ax


@takes("PairStatistics", "relative_spread", "relative_spread_error", several=True)
@context()
def width_spread(statistics: Any, widths: Sequence[int], ax: Axes | None = None, *, guide: float | None = None) -> Axes:
    """Relative width of the distribution of distances, std(d)/⟨d⟩, against the number M of hidden neurons.

    From three widths on the power law that fits best is drawn, and its exponent told with its error; a misfit
    widens the error by the root of χ² per degree of freedom.

    Parameters
    ----------
    statistics : sequence of PairStatistics
        One for each width.
    widths : sequence of int
        M of each.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    guide : float, optional
        Exponent of a dotted power law drawn through the point of the smallest width, to compare with: −0.5 is
        the law of vectors with independent entries, whose number grows as M.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No statistics, or another number of widths.
    """
    items = listing("statistics", statistics)
    width = np.array([integer("widths", m, minimum=1) for m in matched("widths", widths, len(items))])
    order = np.argsort(width)
    width = width[order]
    ratio, error = (
        np.array([getattr(items[k], field) for k in order], dtype=float)
        for field in ("relative_spread", "relative_spread_error")
    )
    ax = panel(ax)
    fitted = len(np.unique(width)) > 2 and bool((error > 0).all() and np.isfinite(error).all())
    line = "none" if fitted else "-"
    ax.errorbar(width, ratio, error, color=PALETTE[0], marker="o", linestyle=line, label="measured")
    if fitted:
        slope, slope_error, level = power_law(width, ratio, error)
        told = rf"$\propto M^{{\gamma}}$, $\gamma$ = {plus_minus(slope, slope_error)}"
        ax.plot(width, level * width**slope, color=GREY, linestyle="--", linewidth=1.0, label=told)
    if guide is not None:
        guide = real("guide", guide)  # a fraction has no such format
        law = ratio[0] * (width / width[0]) ** guide
        ax.plot(width, law, color=GREY, linestyle=":", linewidth=1.2, label=rf"$M^{{{guide:g}}}$, for comparison")
    if guide is not None or fitted:
        legend(ax)
    powers_of_two(ax, width)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    if high < 30 * low:  # plain numbers; over decades the powers of ten that matplotlib writes are as good
        ticks = log_ticks(low, high)
        ax.yaxis.set_major_locator(FixedLocator(ticks))
        ax.yaxis.set_major_formatter(FixedFormatter([log_name(t) for t in ticks]))
        ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(WIDTH)
    ax.set_ylabel(r"relative spread $\mathrm{std}(d_{ab})\,/\,\langle d_{ab}\rangle$")
    return ax


@takes("OverlapDistribution", "edges", "density", several=True)
@context()
def overlap_histogram(distribution: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None) -> Axes:
    """Distribution P(q) of the overlaps between replicas, with its errors.

    Parameters
    ----------
    distribution : OverlapDistribution or sequence of OverlapDistribution
        Fields ``edges`` (B+1,), ``density`` (B,) and ``density_error`` (B,).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Name of each.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No distribution, or another number of labels.
    """
    items = listing("distribution", distribution)
    names = matched("labels", labels, len(items))
    ax = panel(ax)
    for item, name, colour in zip(items, names, ordered_colours(len(items)), strict=True):
        edges = np.asarray(item.edges)
        density = measured("distribution", item.density)
        outline(ax, density, edges, colour, name, alone=len(items) == 1)
        ax.errorbar(
            0.5 * (edges[1:] + edges[:-1]), density, item.density_error, color=colour, linestyle="none", elinewidth=0.9
        )
    ax.set_ylim(bottom=0)
    folded = all(getattr(item, "unsigned", False) for item in items)
    product = r"|w_a\cdot w_b|" if folded else r"w_a\cdot w_b"
    letter = "|q_{ab}|" if folded else "q_{ab}"
    ax.set_xlabel(rf"overlap ${letter} = {product}\,/\,|w_a||w_b|$")
    ax.set_ylabel(r"$P(|q|)$" if folded else r"$P(q)$")
    legend(ax)
    return ax
