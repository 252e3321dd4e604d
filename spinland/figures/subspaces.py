"""What few random directions suffice for: networks in subspaces, glasses on sections of their sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..formatting import plus_minus
from ..statistics.logistic import Logistic
from .inputs import mean_error, takes
from .labels import value_label
from .style import GREY, PALETTE, canvas, context, dress, legend, panel, wants_log

_BASELINES = "100 %", "direct training"


@takes("IntrinsicDimension", "dimensions", "success", "required")
@context()
def dimension_curve(found: Any, figure: FigureBase | None = None, *, unit: str = "nats") -> FigureBase:
    """Accuracy, loss and the probability of success against the dimension of a random subspace.

    Left: mean test accuracy with its standard error, that of direct training, and the accuracies that are asked for,
    one for each baseline, with the dimension at which the mean reaches them. Middle: the losses. Right: the share of
    replicas that reach them, and the logistic curves fitted.

    Parameters
    ----------
    found : IntrinsicDimension
        Fields ``dimensions`` (K,), ``accuracy``, ``train_loss``, ``test_loss`` (K, R), ``direct``, ``required``,
        ``crossing``, ``success``, ``midpoint``, ``width``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    unit : str
        Unit of the loss.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.
    """
    figure = canvas(figure, (13.0, 4.8))
    left, middle, right = (dress(ax) for ax in figure.subplots(1, 3))
    _accuracies(left, found)
    for values, colour, label in ((found.train_loss, PALETTE[0], "training"), (found.test_loss, PALETTE[1], "test")):
        mean, error = mean_error(values.T)
        middle.errorbar(found.dimensions, mean, error, color=colour, marker="o", label=label)
    if wants_log([found.train_loss, found.test_loss], 1):  # not where all replicas diverged
        middle.set_yscale("log")
    middle.set_ylabel(f"loss ({unit})" if unit else "loss")
    middle.legend(loc="best")
    _successes(right, found)
    for ax in (left, middle, right):
        if not np.isfinite(ax.dataLim.minposx):  # a logarithmic axis wants limits where nothing was drawn
            ax.set_xlim(0.9 * found.dimensions[0], 1.1 * found.dimensions[-1])
        ax.set_xscale("log")
        ax.set_xlabel("dimension $d$ of the subspace")
    return figure


def _accuracies(ax: Axes, found: Any) -> None:
    mean, error = mean_error(found.accuracy.T)
    ax.errorbar(found.dimensions, mean, error, color=PALETTE[0], marker="o", label="in subspaces")
    ax.axhline(float(np.nanmean(found.direct)), color=GREY, linewidth=1.2, linestyle="--", label="direct training")
    for k, baseline in enumerate(_BASELINES):
        words = f"{100 * found.threshold:g} % of {baseline}"
        if np.isfinite(found.crossing[k]):
            words += f": $d$ = {plus_minus(found.crossing[k], found.crossing_error[k])}"
            ax.plot([found.crossing[k]] * 2, [0, found.required[k]], color=PALETTE[k + 1], linewidth=1, linestyle=":")
        ax.axhline(found.required[k], color=PALETTE[k + 1], linewidth=1, linestyle=":", label=words)
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("test accuracy")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.01), fontsize=9)  # above: below it would hide points


def _successes(ax: Axes, found: Any) -> None:
    first, last = np.log(found.dimensions[[0, -1]]).tolist()
    logs = np.linspace(first, last, 200)
    for k, baseline in enumerate(_BASELINES):
        ax.plot(found.dimensions, found.success[k], "o", color=PALETTE[k + 1], label=baseline)
        if np.isfinite(found.midpoint[k]):
            curve = Logistic(found.midpoint[k], np.nan, found.width[k], np.nan)
            ax.plot(np.exp(logs), curve(logs), color=PALETTE[k + 1])
    ax.set_ylim(-0.03, 1.03)
    ax.set_ylabel("share of replicas that succeed")
    ax.legend(loc="best", title=f"{100 * found.threshold:g} % of", alignment="left")


@takes("SectionMinima", "dimensions", "values", "dim")
@context()
def section_energies(found: Any, ax: Axes | None = None, *, label: str = "") -> Axes:
    """Value of minima on random linear sections of a sphere against their share of its dimensions.

    The curve is sqrt(n/N) times the mean of minima of the whole sphere: what a glass of n spins would have, but for
    what its size does to the minimum.

    Parameters
    ----------
    found : SectionMinima
        Fields ``dimensions`` (K,), ``values`` (K, S), ``dim``, ``whole``.
    ax : Axes, optional
        Where to draw; a new one if it is not given.
    label : str
        What the minima are called.

    Returns
    -------
    Axes
        Where it was drawn.
    """
    ax = panel(ax)
    share = found.dimensions / found.dim
    mean, error = mean_error(found.values.T)
    ax.errorbar(share, mean, error, color=PALETTE[0], marker="o", linestyle="none", label=label or "minima on sections")
    whole = float(mean[-1]) if found.dimensions[-1] == found.dim else found.whole
    if np.isfinite(whole):
        line = np.linspace(0, 1.03 * share[-1], 200)
        ax.plot(line, np.sqrt(line) * whole, color=GREY, label=r"$\sqrt{n/N}$ times the whole")
    ax.set_xlim(0, 1.03 * share[-1])
    ax.set_xlabel("share of dimensions $n/N$")
    ax.set_ylabel(value_label([found], None))
    legend(ax)
    return ax
