"""Noise of stochastic gradient descent: its covariance, the Hessian beside it, and what the steps of training do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from ..checks import boolean
from ..formatting import p_text, plus_minus
from .inputs import listing, matched, measured, takes
from .style import GREY, INK, PALETTE, band, canvas, context, dress, legend, log_name, log_ticks, outline, panel

_EPOCHS = "epochs"
_PALE = 0.75


def _logarithmic(axis: Axis, scale: Callable[[str], None]) -> None:
    """A logarithmic axis with round numbers at its ticks, as many as have room."""
    scale("log")
    low, high = axis.get_view_interval()
    ticks = log_ticks(float(low), float(high))
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([log_name(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())


@takes("GradientNoise", "values", "n_live", several=True)
@context()
def gradient_spectrum(
    noise: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, threshold: bool = True
) -> Axes:
    """Eigenvalues of the covariance of the samples' gradients, the largest being 1, against their number.

    Parameters
    ----------
    noise : GradientNoise or sequence of them
        Fields ``values`` (M,), ``n_live`` and ``rank``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Names in the legend.
    threshold : bool
        Whether to draw a line at the share of the largest below which float32 tells nothing, dim · ε.

    Returns
    -------
    Axes
    """
    items, threshold = listing("noise", noise), boolean("threshold", threshold)
    ax = panel(ax)
    for number, (item, label) in enumerate(zip(items, matched("labels", labels, len(items)), strict=True)):
        values = measured("noise", item.values)
        kept = values > 0
        colour = PALETTE[number % len(PALETTE)]
        words = f"rank {item.rank}, effective {item.effective_rank:.3g}"
        name = words if label is None else f"{label}: {words}"
        ax.plot(np.flatnonzero(kept) + 1, values[kept] / values[0], color=colour, label=name)
        if threshold:
            edge = item.n_live * float(np.finfo(np.float32).eps)
            ax.axhline(edge, color=colour, linewidth=1, linestyle=":")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=1e-9)
    ax.set_xlabel("number of the eigenvalue")
    ax.set_ylabel(r"$\lambda_k\,/\,\lambda_1$ of the covariance $D$")
    ax.legend(loc="lower left")
    return ax


@takes("GradientNoise", "hessian_values", "hessian_noise", "curvature")
@context()
def noise_alignment(noise: Any, ax: Axes | None = None) -> Axes:
    """Noise against curvature: of eigenvectors of the Hessian, and of modes of the noise.

    Parameters
    ----------
    noise : GradientNoise
        Fields ``hessian_values``, ``hessian_noise``, ``curvature`` (K,), ``values``, ``exponent``, ``exponent_error``,
        ``alignment``, ``overlap``, ``uniform_overlap``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.

    Returns
    -------
    Axes
    """
    ax = panel(ax, (6.8, 4.6))
    bends, spread = np.asarray(noise.hessian_values), np.asarray(noise.hessian_noise)
    own, values = np.asarray(noise.curvature), np.asarray(noise.values)[: len(noise.curvature)]
    up, along = bends > 0, own > 0
    measured("noise", np.where(up, bends, np.nan))
    ax.plot(bends[up], spread[up], "o", color=PALETTE[0], label="eigenvectors of $H$")
    ax.plot(own[along], values[along], "s", color=PALETTE[1], markerfacecolor="none", label="modes of $D$")
    if np.isfinite(noise.exponent):
        x = np.geomspace(bends[up].min(), bends[up].max(), 20)
        height = np.mean(np.log(spread[up])) - noise.exponent * np.mean(np.log(bends[up]))
        words = rf"$\gamma$ = {plus_minus(noise.exponent, noise.exponent_error)}"
        ax.plot(x, np.exp(height) * x**noise.exponent, color=GREY, linewidth=1.2, label=words)
    _logarithmic(ax.xaxis, ax.set_xscale)
    ax.set_yscale("log")
    ax.set_xlabel("curvature $u'Hu$")
    ax.set_ylabel("variance of the gradients $u'Du$")
    ax.set_title(
        f"alignment {noise.alignment:.2f}; overlap of leading spaces {noise.overlap:.2f}, "
        f"by chance {noise.uniform_overlap:.2g}",
        loc="left",
        fontsize=10,
    )
    ax.legend(loc="upper left")
    return ax


@takes("Increments", "lags", "autocorrelation", "spectrum", several=True)
@context()
def increment_correlation(
    increments: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None, fixed: bool = True
) -> FigureBase:
    """Autocorrelation of the increments of training, and their power at all frequencies.

    Bands are one standard error. The grey band holds 99 % of the autocorrelations of independent increments; the dotted
    line is that of batches without replacement whose gradients do not change with the point.

    Parameters
    ----------
    increments : Increments or sequence of them
        Fields ``lags``, ``autocorrelation``, ``autocorrelation_error``, ``band``, ``frequencies``, ``spectrum``,
        ``spectrum_error``, ``spacing``, ``sampling``, ``steps_per_epoch``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        Names in the legend; how batches were drawn by default.
    fixed : bool
        Whether to draw the dotted line, where there are epochs of two steps or more.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items, fixed = listing("increments", increments), boolean("fixed", fixed)
    figure = canvas(figure, (12.0, 4.4))
    left, right = (dress(ax) for ax in figure.subplots(1, 2))
    for number, (item, label) in enumerate(zip(items, matched("labels", labels, len(items)), strict=True)):
        colour, name = PALETTE[number % len(PALETTE)], label or item.sampling or None
        times = np.asarray(item.lags) * item.spacing
        band(left, times, item.autocorrelation, item.autocorrelation_error, color=colour, label=name)
        band(right, item.frequencies, item.spectrum, item.spectrum_error, color=colour, label=name)
    first = items[0]
    times, half = np.asarray(first.lags) * first.spacing, np.asarray(first.band)
    left.fill_between(times, -half, half, color=GREY, alpha=0.18, linewidth=0, zorder=0, label="independent, 99 %")
    if fixed and first.steps_per_epoch > 1 and first.spacing < 1:
        fine = np.asarray(first.lags)
        expected = -np.maximum(1 - fine / first.steps_per_epoch, 0) / (first.steps_per_epoch - 1)
        left.plot(times, expected, color=INK, linewidth=1.2, linestyle=":", label="reshuffled, fixed gradients")
    left.axhline(0, color=INK, linewidth=0.6)
    unit = _EPOCHS if first.steps_per_epoch > 1 else "records"
    left.set_xlabel(rf"lag $\tau$ ({unit})")
    left.set_ylabel(r"autocorrelation of increments $\rho(\tau)$")
    right.axhline(1, color=INK, linewidth=0.6)
    right.set_xlabel(f"frequency (periods per {unit.removesuffix('s')})")
    right.set_ylabel("power of increments / mean")
    _logarithmic(right.xaxis, right.set_xscale)
    legend(right)
    left.legend(loc="lower right")
    return figure


@takes("NoiseModes", "variance", "width", "exponent", several=True)
@context()
def variance_flatness(
    modes: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None
) -> FigureBase:
    """Variance and correlation time of the principal modes of training against the width of the valley along each.

    Parameters
    ----------
    modes : NoiseModes or sequence of them
        Fields ``variance``, ``width``, ``time`` (R, K), ``exponent``, ``exponent_error``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        Names in the legend.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("modes", modes)
    figure = canvas(figure, (12.0, 4.4))
    left, right = (dress(ax) for ax in figure.subplots(1, 2))
    for number, (item, label) in enumerate(zip(items, matched("labels", labels, len(items)), strict=True)):
        colour = PALETTE[number % len(PALETTE)]
        width, variance = np.ravel(measured("modes", item.width)), np.ravel(item.variance)
        words = rf"$\psi$ = {plus_minus(item.exponent, item.exponent_error)}"
        name = words if label is None else f"{label}: {words}"
        left.plot(width, variance, "o", color=colour, markersize=4, alpha=_PALE, label=name)
        right.plot(width, np.ravel(item.time), "o", color=colour, markersize=4, alpha=_PALE)
        known = np.isfinite(width)
        if np.isfinite(item.exponent):
            x = np.geomspace(width[known].min(), width[known].max(), 20)
            height = np.mean(np.log(variance[known])) + item.exponent * np.mean(np.log(width[known]))
            left.plot(x, np.exp(height) * x**-item.exponent, color=colour, linewidth=1.2)
    for ax in (left, right):
        _logarithmic(ax.xaxis, ax.set_xscale)
        _logarithmic(ax.yaxis, ax.set_yscale)
        ax.set_xlabel("width $F$ of the valley along the mode")
    left.set_ylabel(r"variance $\sigma^2$ of the mode")
    right.set_ylabel("correlation time of the mode (epochs)")
    left.legend(loc="best")
    return figure


@takes("Current", "statistic", "p", "null", several=True)
@context()
def current_test(current: Any, figure: FigureBase | None = None, *, labels: Sequence[str] | None = None) -> FigureBase:
    """Antisymmetric part of the lagged covariance beside what it is where blocks of the record run backwards.

    Parameters
    ----------
    current : Current or sequence of them
        Fields ``statistic``, ``p``, ``null`` (S,), ``p_shuffled``, ``null_shuffled`` (S,), ``lag``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    labels : sequence of str, optional
        Titles; how batches were drawn by default.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    items = listing("current", current)
    figure = canvas(figure, (4.8 * len(items) + 1.8, 3.8))
    places = figure.subplots(1, len(items), squeeze=False)[0]
    for ax, item, label in zip(places, items, matched("labels", labels, len(items)), strict=True):
        dress(ax)
        reversed_, shuffled = np.asarray(item.null), np.asarray(item.null_shuffled)
        most = max(float(reversed_.max()), float(shuffled.max()), item.statistic)
        edges = np.linspace(0, 1.05 * most, 41)
        for values, colour, name in ((reversed_, PALETTE[0], "reversed"), (shuffled, GREY, "shuffled")):
            density, _ = np.histogram(values, edges, density=True)
            outline(ax, density, edges, colour, name, alone=name == "reversed")
        ax.axvline(item.statistic, color=PALETTE[1], linewidth=1.8, label="as recorded")
        ax.set_xlabel(r"$|C(\tau) - C(\tau)'|\,/\,2|C(0)|$")
        ax.set_ylabel("density")
        given = label or item.sampling
        ax.set_title(f"{given}: {p_text(item.p)}" if given else p_text(item.p), loc="left")
        ax.yaxis.set_major_locator(MaxNLocator(5))
    legend(places[-1])
    return figure


@takes("Diffusion", "times", "displacement", "exponent", several=True)
@context()
def displacement_growth(diffusion: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None) -> Axes:
    """Mean squared displacement of replicas against time.

    Parameters
    ----------
    diffusion : Diffusion or sequence of them
        Fields ``times`` (L,), ``displacement`` (R, L), ``exponent``, ``exponent_error``, ``sampling``.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Names in the legend; how batches were drawn by default.

    Returns
    -------
    Axes
    """
    items = listing("diffusion", diffusion)
    ax = panel(ax)
    for number, (item, label) in enumerate(zip(items, matched("labels", labels, len(items)), strict=True)):
        colour = PALETTE[number % len(PALETTE)]
        name = rf"$\alpha$ = {plus_minus(item.exponent, item.exponent_error)}"
        given = label or item.sampling
        rows = np.asarray(item.displacement)
        ax.plot(item.times, rows.mean(axis=0), "o-", color=colour, label=f"{given}: {name}" if given else name)
        ax.plot(item.times, rows.T, color=colour, linewidth=0.7, alpha=0.5)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(f"time ({_EPOCHS})" if items[0].sampling else "time (records)")
    ax.set_ylabel(r"$\langle|w(t_0+t) - w(t_0)|^2\rangle$")
    ax.legend(loc="upper left")
    return ax
