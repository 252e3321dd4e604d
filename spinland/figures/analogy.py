"""How wrong the assumptions of the mapping from network to glass are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from ..errors import ArgumentError
from .inputs import listing, matched, takes
from .style import GREY, INK, category, context, panel

_HEADING = 0.9  # rows that the name of an assumption takes


@takes("MappingAssumptions", "measures", several=True)
@context()
def mapping_assumptions(
    result: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, details: bool = True
) -> Axes:
    """Every measure of the assumptions of the mapping, from 0 (holds) to 1 (fails), with its standard error.

    Parameters
    ----------
    result : MappingAssumptions or sequence of MappingAssumptions
        One set of networks or several to compare, as before and after training.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    labels : sequence of str, optional
        Name of each result.
    details : bool
        Whether to write the plain quantities of the last result on the right.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        No result, results of different measures, or another number of labels.
    """
    items = listing("result", result)
    names = matched("labels", labels, len(items))
    tables = [item.measures for item in items]
    statements = [[m.statement for m in table] for table in tables]
    if any(one != statements[0] for one in statements):
        raise ArgumentError("result", "results with the same measures", f"{[len(s) for s in statements]}")
    rows, headings = _places([m.assumption for m in tables[0]])
    ax = panel(ax, (12.0 if details else 8.5, 1.6 + 0.34 * (rows[-1] + 1)))
    _scale(ax, rows, statements[0])
    for name, y in headings:
        ax.annotate(
            name,
            (0, y),
            (-6, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="center",
            fontweight="bold",
            color=INK,
        )
    for k, (table, label) in enumerate(zip(tables, names, strict=True)):
        shift = 0.22 * (k - (len(tables) - 1) / 2)
        ax.errorbar(
            [m.value for m in table],
            rows + shift,
            xerr=[np.nan_to_num(m.error) for m in table],
            color=category(k)["color"],
            marker="os^Dv"[k % 5],
            markersize=7,
            linestyle="none",
            elinewidth=1.5,
            label=label,
            zorder=3,
        )
    if details:
        _write_details(ax, rows, [m.detail for m in tables[-1]], names[-1])
    if any(names):
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(items), borderaxespad=0.2)
    return ax


def _places(assumptions: list[str]) -> tuple[np.ndarray, list[tuple[str, float]]]:
    """Ordinate of each measure, and name and ordinate of the headings between them."""
    rows: list[float] = []
    headings: list[tuple[str, float]] = []
    y = 0.0
    for k, name in enumerate(assumptions):
        if k == 0 or name != assumptions[k - 1]:
            headings.append((name, y))
            y += _HEADING
        rows.append(y)
        y += 1.0
    return np.array(rows), headings


def _scale(ax: Axes, rows: np.ndarray, statements: list[str]) -> None:
    ax.set_xlim(-0.025, 1.025)  # room for whole markers at the ends
    ax.set_ylim(rows[-1] + 0.6, -0.6)
    ax.set_yticks(rows, labels=statements)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.hlines(rows, 0, 1, color="0.91", linewidth=0.6, zorder=0)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=["0\nholds", "0.25", "0.5", "0.75", "1\nfails"])
    ax.set_xlabel("how wrong")


def _write_details(ax: Axes, rows: np.ndarray, details: list[str], label: str | None) -> None:
    where = blended_transform_factory(ax.transAxes, ax.transData)
    if label:
        ax.text(1.04, rows[0] - _HEADING, f"{label}:", transform=where, va="center", fontsize=9.5, color=GREY)
    for y, text in zip(rows, details, strict=True):
        ax.text(1.04, y, text, transform=where, va="center", fontsize=9.5, color=INK)
