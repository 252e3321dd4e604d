"""Chapter: descent from random points."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...figures.dynamics import descent_approach, descent_curve, descent_sizes
from ...figures.labels import ENERGY
from ...figures.theory import minima_energies
from ...formatting import given, number, plus_minus
from ...statistics.judging import Judged, independent
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, picture
from .reader import GlassReader


def descent_chapter(glass: GlassReader) -> Chapter | None:
    """Gradient flow against time and size, beside the curve for N → ∞, and the minima below it."""
    scaling, theory = glass.get(names.SCALING), glass.get(names.QUENCH)
    if scaling is None:
        return None
    line = None if theory is None else np.stack([theory.times, theory.energy])
    minima = glass.minima()
    return Chapter(
        "descent", "Descent", "Descent from random points",
        f"Gradient flow dσ/dt = −P∇H on the sphere from {scaling.n_starts} random points of each of {scaling.n_instances} "
        "instances, and Newton's method from where it ends. For N → ∞ the flow tends to the threshold −E_inf and never passes "
        "it; at finite N it ends in a minimum after a finite time.",
        _finding(scaling, theory, minima, glass),
        _figures(glass, scaling, line, minima),
        [_table(scaling)],
    )  # fmt: skip


def _figures(glass: GlassReader, scaling: Any, line: Any, minima: list[Any]) -> list[Picture]:
    order, levels = glass.config.order, glass.levels
    flows = [
        SimpleNamespace(times=scaling.times, mean=energies, error=error)
        for energies, error in zip(scaling.energies, scaling.energy_error, strict=True)
    ]
    source = (
        "in closed form (Cugliandolo and Dean 1995)"
        if order == 2
        else "integrated from the two-time equations of Cugliandolo and Kurchan (1993) as far as it goes"
    )
    figures = [
        picture(
            descent_curve(
                flows,
                theory=line,
                levels=levels,
                labels=[f"$N = {n}$" for n in scaling.sizes],
                value_label=ENERGY,
            ),
            f"Energy per spin along gradient flow: mean over instances, band of one standard error; theory {source}.",
        )
    ]
    if (scaling.times >= 1).any():
        power = 1.0 if order == 2 else 2 / 3
        figures.append(
            picture(
                descent_approach(scaling, theory=line, levels=levels, power=power),
                f"The same against t^{'(−1)' if order == 2 else '(−2/3)'}: for N → ∞ the approach to the threshold is a "
                "straight line to the left edge, t → ∞. Flat ends are descents that have come to rest.",
            )
        )
    if len(scaling.sizes) > 1:
        figures.append(
            picture(
                descent_sizes(scaling, levels=levels),
                "Energies that are reached, against 1/N: the end of the flow, the minima below it, the lowest one of an instance.",
            )
        )
    if minima:
        figures.append(
            picture(
                minima_energies(minima, levels=levels),
                f"Energies of the minima below {len(minima[-1].values)} random starts of one instance of each size; "
                "a minimum that several starts reach counts each time. Several sizes: a row for each, its highest bin at one height.",
            )
        )
    return figures


def _finding(scaling: Any, theory: Any, minima: list[Any], glass: GlassReader) -> str:
    card = glass.get(names.CARD)
    n, last = int(scaling.sizes[-1]), float(scaling.times[-1])
    flow = plus_minus(float(scaling.energies[-1, -1]), float(scaling.energy_error[-1, -1]))
    text = f"At t = {given(last)} the flow of {n} spins has come to {flow} per spin"
    if theory is not None:
        text += _beside(scaling, theory)
    low = _mean_minimum(scaling, -1)
    if math.isfinite(low.value):
        text += f"; the minima below lie at {low}"
        if card is not None:
            text += ", " + _against_threshold(low, -card.threshold, card.order)
    text += "."
    if card is not None and len(scaling.sizes) > 1:
        text += " " + _with_size(scaling, -card.threshold)
    if card is not None and minima and card.order > 2:
        text += " " + _beyond(minima, -card.threshold)
    return text


def _mean_minimum(scaling: Any, k: int) -> Judged:
    """Mean energy of the minima at the k-th size, its error over instances."""
    return Judged(float(scaling.minima[k]), float(scaling.minima_error[k]), scaling.n_instances - 1)


def _beyond(minima: list[Any], threshold: float) -> str:
    """How many descents of single instances pass the threshold, which none does for N → ∞."""
    passed = [f"{int(np.sum(item.values < threshold))} of {item.params.shape[1]} spins" for item in minima]
    return f"Of {len(minima[-1].values)} descents of one instance each, these end below −E_inf: {', '.join(passed)}."


def _beside(scaling: Any, theory: Any) -> str:
    """The flow beside the theory, at the latest time for which there are both."""
    column = int(np.flatnonzero(scaling.times <= theory.times[-1] * (1 + 1e-12))[-1])
    exact = float(np.interp(scaling.times[column], theory.times, theory.energy))
    if column == len(scaling.times) - 1:
        return f", where N → ∞ has {number(exact, 4)}"
    value = plus_minus(float(scaling.energies[-1, column]), float(scaling.energy_error[-1, column]))
    return f" (at t = {given(float(scaling.times[column]), 3)} it was at {value}, where N → ∞ has {number(exact, 4)})"


def _against_threshold(low: Judged, threshold: float, order: int) -> str:
    name = f"{'−E_0' if order == 2 else '−E_inf'} = {number(threshold, 4)}"
    gap = low.less(threshold)
    return gap.word(
        f"beyond {name} by {-gap}: smaller systems overshoot",
        f"not significantly different from {name}",
        f"short of {name} by {gap}",
    ) + f" ({gap.chance})"  # fmt: skip


def _with_size(scaling: Any, threshold: float) -> str:
    """Whether the distance from the threshold shrinks with N; sizes have instances of their own."""
    there = np.flatnonzero(np.isfinite(scaling.minima))
    if len(there) < 2:
        return ""
    gaps = [_mean_minimum(scaling, int(k)).less(threshold) for k in (there[0], there[-1])]
    sides = [gap if gap.value >= 0 else -gap for gap in gaps]
    change = independent(*sides)
    verdict = change.word("shrinks", "does not significantly change", "grows")
    return (
        f"The distance of the minima from it {verdict} with N: {gaps[0]} for {scaling.sizes[there[0]]} spins, {gaps[1]} for "
        f"{scaling.sizes[there[-1]]} ({change.chance})."
    )


def _table(scaling: Any) -> Table:
    starts = scaling.n_instances * scaling.n_starts
    rows = [
        (
            str(n),
            plus_minus(scaling.energies[k, -1], scaling.energy_error[k, -1]),
            plus_minus(scaling.minima[k], scaling.minima_error[k]),
            plus_minus(scaling.lowest[k], scaling.lowest_error[k]),
            plus_minus(scaling.spread[k], scaling.spread_error[k]),
            f"{round(scaling.converged[k] * starts)} of {starts}",
        )
        for k, n in enumerate(scaling.sizes)
    ]
    last = given(float(scaling.times[-1]))
    header = (
        "N",
        f"flow at t = {last}",
        "minima",
        "lowest of an instance",
        "std within an instance",
        "converged",
    )
    return Table(
        header, rows,
        f"Energies per spin: means over {scaling.n_instances} instances with {scaling.n_starts} starts each, errors over instances. "
        "Converged: starts that reached a minimum, |P∇H|/√N < 10^−10.",
    )  # fmt: skip
