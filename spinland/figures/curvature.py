"""Curvature: the density of the eigenvalues of a Hessian, and what becomes of it along training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import ArrayLike

from ..checks import float_array
from ..checks import listing as numbers
from ..errors import ArgumentError
from .inputs import listing, matched, measured, takes
from .labels import symbol
from .style import DIVIDE, GREY, INK, category, context, legend, panel, wants_log


@takes("SpectralDensity", "grid", "density", "outliers", several=True)
@context()
def spectral_density(
    densities: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, theory: ArrayLike | None = None
) -> Axes:
    """Density of the eigenvalues of Hessians, with bands of one error, and marks at the outliers.

    Eigenvalues are those of H = extent · value. Where outliers lie far beyond the rest, the abscissa is linear within
    ten widths of zero and logarithmic beyond.

    Parameters
    ----------
    densities : SpectralDensity or sequence of them
        Fields ``grid``, ``density``, ``error``, ``width``, ``outliers``, ``extent``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        What each is called.
    theory : array (2, n), optional
        Eigenvalue and density of a theory.

    Returns
    -------
    Axes
        Where it was drawn.
    """
    items = listing("densities", densities)
    names = matched("labels", labels, len(items))
    ax = panel(ax, (7.2, 4.2))
    top = 0.0
    for i, (item, name) in enumerate(zip(items, names, strict=True)):
        x, style = item.extent * item.grid, category(i)
        y, error = item.density / item.extent, item.error / item.extent
        top = max(top, float(y.max()))
        ax.plot(x, y, label=name, **style)
        ax.fill_between(x, y - error, y + error, color=style["color"], alpha=0.28, linewidth=0)
        if len(item.outliers):
            marks = np.full(len(item.outliers), 1.6 * 1.4**i / (item.n_directions * item.width * item.extent))
            words = "outliers" if len(items) == 1 else None
            ax.plot(item.extent * item.outliers, marks, "v", color=style["color"], markersize=6, label=words)
    if theory is not None:
        x, y = float_array("theory", theory, shape=(2, None), finite=False)
        ax.plot(x, y, color=INK, linewidth=1.1, linestyle="--", label="theory")
    least = min(0.05 / (item.n_directions * item.width * item.extent) for item in items)
    ax.set_yscale("log")
    ax.set_ylim(least, 2.5 * top)
    if any(_is_wide(item) for item in items):
        _wide(ax, items)
    letter = _letter(items[0])
    ax.set_xlabel(rf"eigenvalue $\lambda$ of the Hessian of ${letter}$")
    ax.set_ylabel(r"density $\rho(\lambda)$")
    legend(ax)
    return ax


def _letter(item: Any) -> str:
    """What the Hessian is of: the energy of a value per spin, else the value."""
    return "H" if item.extent > 1 else symbol(item.quantity) or "f"


def _wide(ax: Axes, items: Sequence[Any]) -> None:
    """An abscissa that is linear about zero and logarithmic beyond, with ticks at decades beyond."""
    threshold = 10 * max(item.width * item.extent for item in items)
    ends = min(item.extent * item.grid[0] for item in items), max(item.extent * item.grid[-1] for item in items)
    ax.set_xscale("symlog", linthresh=threshold)
    ax.set_xlim(1.5 * min(ends[0], 0.0) - threshold / 10, 1.5 * max(ends[1], 0.0) + threshold / 10)
    decades = [10.0**k for k in range(-12, 13) if threshold <= 10.0**k]
    ticks = [0.0, *(sign * value for sign in (-1, 1) for value in decades if value <= abs(ends[sign > 0]))]
    ax.xaxis.set_major_locator(FixedLocator(sorted(ticks)))
    ax.xaxis.set_minor_locator(NullLocator())


def _is_wide(item: Any) -> bool:
    """Whether outliers lie so far out that the rest would be a line."""
    return bool(len(item.outliers)) and float(np.abs(item.outliers).max()) > DIVIDE * 6 * item.width


@takes("CurvatureHistory", "times", "largest", "residual_norm", several=True)
@context()
def stability_edge(
    histories: Any,
    learning_rates: Sequence[float],
    ax: Axes | None = None,
    *,
    momentum: float = 0.0,
    labels: Sequence[str] | None = None,
    time_label: str = "steps of gradient descent",
) -> Axes:
    r"""Largest eigenvalue of the Hessian over the one at which gradient descent leaves a quadratic valley.

    Parameters
    ----------
    histories : CurvatureHistory or sequence of them
        Fields ``times`` (P,), ``largest`` (P, n).
    learning_rates : sequence of float
        η of each.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    momentum : float
        β of all.
    labels : sequence of str, optional
        What each is called; its η by default.
    time_label : str
        What the times are.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Another number of rates than of histories.
    """
    items = listing("histories", histories)
    rates = numbers("learning_rates", learning_rates, "a learning rate for each history")
    if len(rates) != len(items):
        raise ArgumentError("learning_rates", f"one for each of {len(items)} histories", len(rates))
    names = matched("labels", labels, len(items))
    ax = panel(ax)
    ax.axhline(1.0, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)))
    for i, (item, rate, name) in enumerate(zip(items, rates, names, strict=True)):
        words = rf"$\eta = {rate:.3g}$" if name is None else name
        ax.plot(item.times, item.stability(rate, momentum), marker=".", label=words, **category(i))
    _times(ax, items, time_label)
    ax.set_ylim(bottom=0)
    below = "2" if momentum == 0 else r"(2 + 2\beta)"
    ax.set_ylabel(rf"$\lambda_{{\max}}\, \eta / {below}$")
    legend(ax)
    return ax


@takes("CurvatureHistory", "times", "largest", "residual_norm", several=True)
@context()
def gauss_newton_share(
    histories: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    time_label: str = "steps of gradient descent",
) -> Axes:
    """|R|/|H|: what the Gauss–Newton matrix leaves of the Hessian, as the ratio of largest eigenvalues by size.

    Parameters
    ----------
    histories : CurvatureHistory or sequence of them
        Fields ``times``, ``hessian_norm``, ``residual_norm`` (P,).
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        What each is called.
    time_label : str
        What the times are.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        A history without the split.
    """
    items = listing("histories", histories)
    names = matched("labels", labels, len(items))
    ax = panel(ax)
    shares = [measured("histories", item.residual_share) for item in items]
    for i, (item, share, name) in enumerate(zip(items, shares, names, strict=True)):
        ax.plot(item.times, share, marker=".", label=name, **category(i))
    _times(ax, items, time_label)
    if wants_log(np.concatenate(shares)):
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.set_ylabel(r"$|R| / |H|$")
    legend(ax)
    return ax


def _times(ax: Axes, items: Sequence[Any], label: str) -> None:
    """The abscissa: logarithmic beyond the first time where times span so much."""
    times = np.concatenate([item.times for item in items])
    later = times[times > 0]
    if wants_log(later) and times.min() >= 0:
        ax.set_xscale("symlog", linthresh=float(later.min()))
        ax.set_xlim(left=0)
    ax.set_xlabel(label)
