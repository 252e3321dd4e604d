"""Potential of the overlap with a reference: a glass beside its exact curve, a network beside the room it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import FigureBase

from ..errors import ArgumentError
from .inputs import listing, matched, takes
from .labels import value_label
from .levels import theory_curve
from .style import GREY, INK, PALETTE, band, canvas, context, dress

_OVERLAP = "overlap $q$ with the reference"


@takes("Potential", "overlap", "value", "energy", several=True)
@context()
def overlap_potential(
    found: Any,
    figure: FigureBase | None = None,
    *,
    theory: Sequence[Any] | None = None,
    labels: Sequence[str] | None = None,
    room: bool = False,
) -> FigureBase:
    """Potential V(q), and the mean value at overlap q, with bands of one standard error.

    Parameters
    ----------
    found : Potential, or a sequence of them
        Fields ``overlap``, ``value``, ``error``, ``energy``, ``energy_error``, ``room``, (Q,).
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    theory : sequence of PotentialCurve, optional
        Exact curves, dashed, one for each result, or None for those that have none.
    labels : sequence of str, optional
        Name of each result; by default its temperature.
    room : bool
        Whether to draw what V would be without a landscape, dotted.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Labels or theories that are not as many as results.
    """
    results = listing("found", found)
    names = matched("labels", labels, len(results)) if labels is not None else None
    curves = _curves(theory, len(results))
    figure = canvas(figure, (11.0, 4.4))
    left, right = (dress(ax) for ax in figure.subplots(1, 2))
    for k, result in enumerate(results):
        colour = PALETTE[k % len(PALETTE)]
        name = names[k] if names is not None else f"$T$ = {result.temperature:.4g}"
        band(left, result.overlap, result.value, result.error, color=colour, label=name, marker="o", markersize=4)
        band(right, result.overlap, result.energy, result.energy_error, color=colour, marker="o", markersize=4)
        if room:
            label = "room alone" if k == len(results) - 1 else None
            left.plot(result.overlap, result.room, color=GREY, linestyle=":", label=label)
        if curves[k] is not None:
            label = r"exact, $N\to\infty$" if k == len(results) - 1 else None
            left.plot(*curves[k], color=INK, linewidth=1.1, linestyle="--", label=label)
    left.axhline(0, color=GREY, linewidth=0.6)
    for ax in (left, right):
        ax.set_xlabel(_OVERLAP)
        ax.set_xlim(min(0.0, float(np.min([r.overlap[0] for r in results]))), 1)
    unit = results[0].unit
    left.set_ylabel("potential $V(q)$" + (f" ({unit})" if unit else ""))
    right.set_ylabel(f"mean {value_label(results, None)}")
    left.legend(loc="upper left")
    return figure


def _curves(theory: Any, n: int) -> list[Any]:
    """Overlaps and potentials of the theory of each of n results, None where there is none."""
    curves: list[Any] = []
    for curve in matched("theory", theory, n):
        if curve is None:
            curves.append(None)
            continue
        if not (hasattr(curve, "overlap") and hasattr(curve, "potential")):
            raise ArgumentError("theory", "curves as theory.franz_parisi makes them, or None", curve)
        curves.append(theory_curve("theory", np.stack([curve.overlap, curve.potential])))
    return curves
