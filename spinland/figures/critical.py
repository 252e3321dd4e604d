"""Critical points of the glass: their index against their energy, and how many there are of each index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from ..arrays import given
from ..checks import float_array, real
from ..errors import ArgumentError
from ..formatting import plus_minus
from ..statistics.histograms import histogram_bins
from .inputs import listing, matched, takes
from .labels import ENERGY
from .style import GREY, INK, PALETTE, canvas, category, context, dress, legend, ordered_colours, panel


@takes("CriticalPoints", "energy", "index", "eigenvalues")
@context()
def index_energy(
    critical: Any, figure: FigureBase | None = None, *, layers: ArrayLike = (), threshold: float | None = None
) -> FigureBase:
    """Fraction of negative directions against energy, with the number of critical points over it.

    For many spins the critical points of index k lie between −E_k and −E_inf: the layers of Auffinger, Ben
    Arous and Černý, arXiv:1003.1129. Energies above 0 mirror those below.

    Parameters
    ----------
    critical : CriticalPoints
        Fields ``energy``, ``index`` (M,) and ``n_spins``.
    figure : Figure, optional
        Where to draw; a new one if it is not given.
    layers : array (K,)
        E_0, E_1, … as ``theory.layer_energy`` gives them: negative, the ground state first.
    threshold : float, optional
        Energy −E_inf, as ``theory.threshold_energy`` gives it.

    Returns
    -------
    Figure

    Raises
    ------
    ArgumentError
        Not the critical points of one instance, or none.
    """
    energy, index = np.asarray(critical.energy), np.asarray(critical.index)
    if not len(energy):
        raise ArgumentError("critical", "at least one critical point", "none")
    levels = float_array("layers", layers, ndim=1)
    edge = None if threshold is None else real("threshold", threshold)
    figure = canvas(figure, (7.6, 5.2))
    stairs = len(levels) > 0 and edge is not None
    places = [["top", "key"], ["main", "stairs" if stairs else "key"]]
    parts = figure.subplot_mosaic(places, height_ratios=(1, 2.6), width_ratios=(1, 0.36))  # type: ignore[arg-type]
    top, main, key = dress(parts["top"]), dress(parts["main"]), parts["key"]
    key.set_axis_off()
    top.sharex(main)
    top.tick_params(labelbottom=False)
    fraction = index / (critical.n_spins - 1)
    top.hist(energy, bins=histogram_bins(len(energy)), color=PALETTE[0], alpha=0.75)
    top.set_ylabel("points")
    main.plot(
        energy,
        fraction,
        linestyle="none",
        marker="|",
        markersize=float(np.clip(180 / critical.n_spins, 4, 16)),
        markeredgewidth=0.7,
        color=PALETTE[0],
        alpha=float(np.clip(600 / len(energy), 0.15, 0.8)),
        rasterized=len(energy) > 5000,
    )
    present = np.unique(index)
    mean = [energy[index == k].mean() for k in present]
    main.plot(
        mean,
        present / (critical.n_spins - 1),
        "o-",
        color=INK,
        markersize=4,
        linewidth=1,
        markerfacecolor="white",
        label="mean energy",
    )
    for ax in (top, main):
        if len(levels):
            ax.axvline(-abs(levels[0]), color=INK, linewidth=1.1, label="$-E_0$")
        if edge is not None:
            for side, name in ((-1, r"$\pm E_\infty$"), (1, None)):
                ax.axvline(side * abs(edge), color=PALETTE[1], linewidth=1.1, linestyle="--", label=name)
    if edge is not None and stairs:
        _staircase(dress(parts["stairs"], grid=False), energy, index, levels, abs(edge))
    main.set_xlabel(ENERGY)
    main.set_ylabel(r"index$\,/\,(N-1)$")
    main.set_ylim(-0.04, 1.04)
    handles, names = main.get_legend_handles_labels()
    key.legend(handles, names, loc="upper left", borderaxespad=0.0, title=f"$N$ = {critical.n_spins}", alignment="left")
    return figure


def _staircase(ax: Axes, energy: NDArray[Any], index: NDArray[Any], levels: NDArray[np.float64], edge: float) -> None:
    """Magnified: where each index may be for many spins, from −E_k to −E_inf, and the points that are there."""
    colours = ordered_colours(len(levels))
    span = abs(levels[0]) - edge
    for k, level in enumerate(levels):
        ax.plot([-abs(level), -edge], [k, k], color=colours[k], linewidth=5, alpha=0.55, solid_capstyle="butt")
        ax.annotate(
            f"$-E_{{{k}}}$", (-abs(level), k), (-4, 0), textcoords="offset points", ha="right", va="center", fontsize=9
        )
    ax.plot(energy, index, linestyle="none", marker="|", markersize=8, color=PALETTE[0])
    ax.axvline(-edge, color=PALETTE[1], linewidth=1.1, linestyle="--")
    ax.set_xlim(-abs(levels[0]) - 0.45 * span, -edge + 0.35 * span)
    ax.set_ylim(-0.7, len(levels) - 0.3)
    ax.xaxis.set_major_locator(MaxNLocator(2))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params(labelsize=8.5)
    ax.set_xlabel(ENERGY, fontsize=9)
    ax.set_ylabel("index", fontsize=9, labelpad=2)
    ax.set_title(r"layers for $N \to \infty$", fontsize=10)


@takes("CriticalCounts", "n_spins", "n_complete", "mean_total", several=True)
@context()
def index_counts(
    counts: Any,
    ax: Axes | None = None,
    *,
    theory: Sequence[ArrayLike] | ArrayLike | None = None,
    labels: Sequence[str] | None = None,
) -> Axes:
    """Mean number of critical points of each index with standard errors, beside its exact value.

    Parameters
    ----------
    counts : CriticalCounts or sequence of CriticalCounts
        Properties ``mean``, ``error`` (N,), ``mean_total``, ``total_error``, ``n_complete``, ``n_instances``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    theory : array (N,) or sequence of arrays, optional
        Exact means by index, one array for each of the counts.
    labels : sequence of str, optional
        Name of each; by default its number of spins.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        No counts, another number of labels, or a theory of another length.
    """
    items = listing("counts", counts)
    names = matched("labels", labels, len(items))
    exact = [None] * len(items) if theory is None else _exact(theory, items)
    ax = panel(ax)
    if theory is not None:
        ax.plot([], [], color=INK, linewidth=1.2, label="exact mean")
    for k, (item, name, values) in enumerate(zip(items, names, exact, strict=True)):
        look = category(k)
        index = np.arange(item.n_spins)
        if values is not None:
            ax.plot(index, values, color=look["color"], linewidth=1.2)
        unfinished = "" if item.n_complete == item.n_instances else f", {item.n_complete} complete"
        ax.errorbar(
            index,
            item.mean,
            item.error,
            color=look["color"],
            linestyle="none",
            marker="os^Dv"[k % 5],
            markerfacecolor="white",
            label=f"{name or f'N = {item.n_spins}'}: {plus_minus(item.mean_total, item.total_error)} in all\n"
            f"({item.n_instances} instances{unfinished})",
        )
    ax.set_xlabel("index")
    ax.set_ylabel("mean number of critical points")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(bottom=0)
    ax.axhline(0, color=GREY, linewidth=0.6)
    legend(ax)
    return ax


def _exact(theory: Any, items: list[Any]) -> list[NDArray[np.float64]]:
    """Exact means of each of the counts; those of a single one may stand alone."""
    if not isinstance(theory, (list, tuple)):
        theory = np.atleast_1d(given("theory", theory))
    rows = list(theory)
    if len(items) == 1 and not any(isinstance(row, (list, tuple)) or getattr(row, "ndim", 0) for row in rows):
        rows = [theory]
    if len(rows) != len(items):
        raise ArgumentError("theory", f"one array for each of {len(items)} counts", f"{len(rows)}")
    return [float_array("theory", row, shape=(item.n_spins,)) for row, item in zip(rows, items, strict=True)]
