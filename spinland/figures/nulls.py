"""A number of the tree of solutions against what null models give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..checks import choice, real
from ..errors import ArgumentError
from .arguments import with_checked_arguments
from .style import GREY, PALETTE, context, panel

_MEASURES = {
    "deviation": r"deviation from ultrametricity $\langle (d_3-d_2)/(d_3-d_1)\rangle$",
    "relative_deviation": r"relative deviation $\langle (d_3-d_2)/d_3\rangle$",
    "share": "share of ultrametric triangles",
}
_NAMES = {
    "shuffled cosines": "shuffled cosines,\nthe same norms",
    "Gaussian directions": "Gaussian directions,\nthe same norms",
    "shuffled": "shuffled distances",  # the null models in files of format 1
    "gaussian": "Gaussian points\nof the same spectrum",
}

Row = tuple[str, float, float]


@with_checked_arguments
@context()
def ultrametricity_null(
    result: Any,
    ax: Axes | None = None,
    *,
    measure: str = "deviation",
    label: str | None = None,
    name: str = "trained replicas",
) -> Axes:
    """Measured ultrametricity with its error, against the null models.

    The measured number has its error over replicas; a null model is drawn as mean and standard
    deviation over its draws, with the draws themselves as faint dots.

    Parameters
    ----------
    result : Ultrametricity or sequence of (str, float, float)
        The test; or rows of name, value and error, the measured one first, then the null models with their
        standard deviations.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    measure : {"deviation", "relative_deviation", "share"}
        Which number of an Ultrametricity.
    label : str, optional
        Label of the abscissa, in place of the name of the measure.
    name : str
        Name of what an Ultrametricity was measured on.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Unknown measure, or no null model.
    """
    choice("measure", measure, _MEASURES)
    rows, draws = _rows(result, measure, name)
    if len(rows) < 2:
        raise ArgumentError("result", "a measured row and at least one null model", f"{len(rows)} rows")
    ax = panel(ax, (6.4, 1.4 + 0.55 * len(rows)))
    _, value, error = rows[0]
    if np.isfinite(error):
        ax.axvspan(value - error, value + error, color=PALETTE[1], alpha=0.18, linewidth=0)
    ax.axvline(value, color=PALETTE[1], linewidth=0.8)
    for k, (_, value, error) in enumerate(rows):
        ax.errorbar(
            value,
            k,
            xerr=error if np.isfinite(error) else None,
            color=PALETTE[1] if k == 0 else GREY,
            marker="D" if k == 0 else "o",
            markersize=6,
            elinewidth=1.6,
        )
    for k, one in enumerate(draws, start=1):
        ax.plot(one, np.full(len(one), k + 0.28), ".", color=GREY, markersize=4, alpha=0.5)
    names = [f"{row[0]}\n(± {'error' if k == 0 else 'std'})" for k, row in enumerate(rows)]
    ax.set_yticks(np.arange(len(rows)), labels=names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label or _MEASURES[measure])
    return ax


def _rows(result: Any, measure: str, name: str) -> tuple[list[Row], NDArray[np.float64]]:
    """Rows to draw, the measured one first, and the single draws (M, n) of the null models."""
    if isinstance(result, Sequence):
        for row in result:
            if not isinstance(row, (list, tuple)) or len(row) != 3:
                raise ArgumentError("result", "rows of name, value and error", row)
            real("result", row[1])
        return [(str(label), real("result", value), float(error)) for label, value, error in result], np.empty((0, 0))
    if not hasattr(result, "null_models"):
        raise ArgumentError("result", "an Ultrametricity or rows of name, value and error", result)
    draws = np.asarray(getattr(result, f"null_{measure}"), dtype=float)
    spread = draws.std(axis=1, ddof=1) if draws.shape[1] > 1 else np.full(len(draws), np.nan)
    rows = [(name, getattr(result, measure), getattr(result, f"{measure}_error"))]
    rows += [
        (_NAMES.get(name, name), float(mean), float(std))
        for name, mean, std in zip(result.null_models, draws.mean(axis=1), spread, strict=True)
    ]
    return rows, draws
