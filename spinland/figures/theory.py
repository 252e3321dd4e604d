"""What theory says of the glass: complexity, critical points by depth, ageing beside its measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from numpy.typing import NDArray

from ..checks import integer, real
from ..errors import ArgumentError
from ..statistics.histograms import histogram_bins
from .inputs import listing, takes
from .labels import ENERGY, TIME, named_levels
from .levels import name_above
from .style import (
    GREY,
    INK,
    PALETTE,
    band,
    canvas,
    context,
    dress,
    error_words,
    legend,
    ordered_colours,
    outline,
    panel,
)


@takes("TheoryCard", "energy", "complexity_by_index", "layers")
@context()
def complexity_curves(card: Any, figure: FigureBase | None = None) -> FigureBase:
    """Complexity Θ(u) of all critical points, and Θ_k(u) of the lowest indices between −E_0 and −E_inf.

    Parameters
    ----------
    card : TheoryCard
        As ``theory_card(order)`` gives it. Fields ``energy``, ``complexity`` (M,), ``complexity_by_index`` (K, M),
        ``layers`` (K,), ``threshold``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    figure = canvas(figure, (9.6, 4.0))
    whole, near = (dress(ax) for ax in figure.subplots(1, 2))
    top = max(float(np.max(card.complexity)), 1e-3)
    whole.plot(card.energy, card.complexity, color=INK)
    whole.set_ylim(-0.2 * top, 1.1 * top)
    whole.set_ylabel(r"complexity $\Theta(u)$")
    colours = ordered_colours(len(card.complexity_by_index))
    for k, (curve, colour) in enumerate(zip(card.complexity_by_index, colours, strict=True)):
        near.plot(card.energy, curve, color=colour, label=rf"$\Theta_{{{k}}}$, zero at $-E_{{{k}}}$")
        near.axvline(-card.layers[k], color=colour, linewidth=0.7, linestyle=":")
    near.plot(card.energy, card.complexity, color=INK, linestyle="--", linewidth=1.1, label=r"$\Theta$, all")
    edge = float(np.max(card.complexity_by_index[:, np.searchsorted(card.energy, -card.threshold)]))
    width = max(card.ground_state - card.threshold, 0.01)
    near.set_xlim(-card.ground_state - 0.15 * width, -card.threshold + 0.5 * width)
    near.set_ylim(-0.6 * max(edge, 1e-3), 1.8 * max(edge, 1e-3))
    near.set_ylabel(r"complexity $\Theta_k(u)$")
    for ax in (whole, near):
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.axvline(-card.threshold, color=PALETTE[1], linewidth=1.1, linestyle="--", label=r"$-E_\infty$")
        ax.set_xlabel(ENERGY.replace("H/N", "u"))
    legend(near)
    return figure


@takes("DepthDependence", "depths", "log_complex")
@context()
def critical_points_depth(depth: Any, ax: Axes | None = None) -> Axes:
    """Logarithm of the number of critical points against the depth of networks with equally many weights.

    Parameters
    ----------
    depth : theory.DepthDependence
        As ``theory.critical_points_by_depth`` gives it, or the DepthTheory of a glass study.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.

    Returns
    -------
    Axes
        Where it was drawn.
    """
    ax = panel(ax)
    exponent = depth.complexity if hasattr(depth, "complexity") else depth.log_real
    for k, (curve, name) in enumerate(
        ((depth.log_complex, "complex critical points"), (exponent, "real ones, leading exponential"))
    ):
        ax.plot(depth.depths, curve, marker="os"[k], markersize=3.5, linewidth=1.2, color=PALETTE[k], label=name)
        top = int(np.argmax(curve))
        ax.plot(depth.depths[top], curve[top], marker="os"[k], markersize=8, color=PALETTE[k], fillstyle="none")
    ax.set_ylim(bottom=0)
    ax.set_xlabel("depth $H$ (weight layers)")
    ax.set_ylabel("natural logarithm of their number")
    legend(ax, f"{depth.n_parameters:,} weights".replace(",", " "))
    return ax


@takes("Langevin", "waiting_times", "correlations")
@context()
def ageing_beside_theory(langevin: Any, theory: Any, ax: Axes | None = None, *, plateau: float | None = None) -> Axes:
    """Two-time correlation C(t_w + t, t_w) against t, measured and for N → ∞, a colour for each waiting time.

    Parameters
    ----------
    langevin : Langevin
        Fields ``times`` (T,), ``waiting_times`` (K,); properties ``correlation``, ``correlation_error`` (K, T).
    theory : theory.AgeingCurve
        As ``theory.quench_correlation`` gives it at the waiting times of the run, at times of its own; or the
        AgeingTheory of a glass study.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    plateau : float, optional
        Overlap at which a line is drawn, such as ``theory.marginal_state(order, temperature).edwards_anderson``;
        that of an AgeingTheory by itself.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Not such results, other waiting times, or a plateau that is not from 0 to 1.
    """
    if not all(hasattr(theory, field) for field in ("times", "waiting_times", "correlation")):
        raise ArgumentError("theory", "an AgeingCurve or an AgeingTheory", theory)
    waits = np.asarray(langevin.waiting_times)
    if len(waits) == 0:
        raise ArgumentError("langevin", "a run with waiting times", "none")
    if not (np.shape(theory.waiting_times) == waits.shape and np.allclose(theory.waiting_times, waits)):
        raise ArgumentError(
            "theory", f"the waiting times {waits.tolist()} of the run", np.asarray(theory.waiting_times).tolist()
        )
    level = getattr(theory, "plateau", 0.0) if plateau is None else plateau
    level = real("plateau", level, minimum=0, maximum=1)
    ax = panel(ax)
    later, colours = langevin.times > 0, ordered_colours(len(langevin.waiting_times))
    mean, error = langevin.correlation, langevin.correlation_error
    for k, colour in enumerate(colours):
        band(
            ax,
            langevin.times[later],
            mean[k][later],
            error[k][later],
            color=colour,
            label=f"{langevin.waiting_times[k]:g}",
        )
        after = theory.times > 0
        ax.plot(theory.times[after], theory.correlation[k][after], color=colour, linestyle="--", linewidth=1.1)
    ax.plot([], [], color=INK, linestyle="--", linewidth=1.1, label=r"$N\to\infty$")  # of every colour
    if level > 0:
        ax.axhline(level, color=GREY, linewidth=0.9, linestyle=":", label=r"$q_\mathrm{EA}$")
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set_xscale("log")
    ax.margins(x=0.01)
    ax.set_xlabel(TIME)
    ax.set_ylabel(r"correlation $C(t_w+t,\, t_w)$")
    legend(ax, r"waiting time $t_w$" + f"\n({error_words('', False)})")
    return ax


@takes("MinimaEnsemble", "values", "params", several=True)
@context()
def minima_energies(
    minima: Any, ax: Axes | None = None, *, levels: dict[str, float] | None = None, n_bins: int | None = None
) -> Axes:
    """Energies of the minima that descents find, a histogram for each number of spins.

    Several are drawn in rows over each other, each with its baseline at its N and its highest bin at one height:
    outlines on one baseline would cross, and widths of many spins are a fraction of those of few.

    Parameters
    ----------
    minima : MinimaEnsemble or sequence of MinimaEnsemble
        Fields ``values`` (R,), ``params`` (R, N).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    levels : dict of str to float, optional
        Vertical lines, such as −E_inf and −E_0.
    n_bins : int, optional
        Number of bins between the lowest and the highest energy of each; by default as many as its number of
        descents allows.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No minima, no bins, or levels that are no mapping.
    """
    items = listing("minima", minima)
    if n_bins is not None:
        integer("n_bins", n_bins, minimum=1)
    named = named_levels(levels)
    ax = panel(ax, (6.4, max(4.0, 1.2 + 0.75 * len(items))))
    items.sort(key=lambda item: item.params.shape[1])
    sizes = [item.params.shape[1] for item in items]
    histograms = [_energies(np.asarray(item.values), n_bins) for item in items]
    if len(items) == 1:
        outline(ax, *histograms[0], ordered_colours(1)[0], f"$N = {sizes[0]}$", alone=True)
        ax.set_ylim(bottom=0)
        ax.set_ylabel("density of descents")
        legend(ax)
    else:
        _rows(ax, histograms, sizes)
    _upright(ax, named)
    ax.set_xlabel(ENERGY)
    return ax


def _energies(values: NDArray[np.float64], n_bins: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Density and edges of the histogram of one number of spins."""
    pad = max(1e-3, 0.02 * float(np.ptp(values)))  # minima that are all one still have a width to draw
    bins = histogram_bins(len(values)) if n_bins is None else n_bins
    edges = np.linspace(values.min() - pad, values.max() + pad, bins + 1)
    return np.histogram(values, bins=edges, density=True)


def _rows(ax: Axes, histograms: list[tuple[NDArray[Any], NDArray[Any]]], sizes: list[int]) -> None:
    """A row for each number of spins, the fewest at the bottom."""
    for k, ((density, edges), colour) in enumerate(zip(histograms, ordered_colours(len(sizes)), strict=True)):
        height = k + 0.85 * density / density.max()
        ax.stairs(height, edges, baseline=k, fill=True, color=colour, alpha=0.25, linewidth=0)
        ax.stairs(height, edges, baseline=k, color=colour, linewidth=1.5)
        ax.axhline(k, color=colour, linewidth=0.7)
    ax.set_yticks(np.arange(len(sizes)), labels=[str(n) for n in sizes])
    ax.set_ylim(0, len(sizes))
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    ax.set_ylabel("density of descents for each $N$")


def _upright(ax: Axes, levels: dict[str, float]) -> None:
    """Vertical lines with their names above the axes; the lower of two neighbours leans left."""
    order: Sequence[tuple[str, float]] = sorted(levels.items(), key=lambda item: item[1])
    for k, (name, level) in enumerate(order):
        ax.axvline(level, color=INK, linewidth=0.9, linestyle=(0, (5, 3)))
        side = "center" if len(order) == 1 else "right" if k == 0 else "left"
        name_above(ax, name, level, side)
