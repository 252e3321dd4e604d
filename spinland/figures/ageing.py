"""Ageing of a glass: the correlation of two times."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..checks import choice
from ..errors import ArgumentError
from .inputs import takes
from .labels import TIME
from .levels import theory_curve
from .style import GREY, INK, band, context, legend, ordered_colours, panel


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
    reference = theory_curve("theory", theory) if theory is not None else None
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
