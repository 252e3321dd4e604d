"""Descent from random points: gradient flow against time and size, beside the curve for N → ∞."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, number, plus_minus
from ..statistics.judging import Judged, independent
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .minima import levels as levels_of
from .sections import Picture, Section, Table, picture
from .settings import number as real
from .settings import setting, several, whole
from .spherical import SEED_DESCENT, SphericalSettings, sort_settings, until
from .theory.quench import quench_theory

QUENCH = "theory/quench"
SCALING = "descent/scaling"
_HEADING = "Descent"


@dataclass(frozen=True)
class DescentSettings(SphericalSettings):
    """Settings of gradient flow."""

    starts: int = setting(8, "descents of each instance, and walkers in ageing", whole(1), _HEADING)
    descent_time: float = setting(60.0, "time at which gradient flow ends", real(above=0, maximum=1e5), _HEADING)
    sizes: tuple[int, ...] | None = setting(
        None,
        "numbers of spins to compare, none for no comparison; default a quarter and a half of N, and N",
        several(whole(4), optional=True, empty=True),
        _HEADING,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        sort_settings(self, "sizes")


def sizes(config: DescentSettings) -> tuple[int, ...]:
    """Numbers of spins whose descents are compared, N itself among them."""
    n = config.spins
    smaller = config.sizes if config.sizes is not None else (max(4, n // 4), max(4, n // 2))
    return tuple(sorted({*smaller, n}))


def _scaling(
    *, order: int, sizes: tuple[int, ...], instances: int, starts: int, last: float, seed: int
) -> sl.DescentScaling:
    return sl.descent_scaling(order, sizes, instances, starts, until(last), seed)


def _steps(book: Any) -> Iterator[Stage]:
    c, compared = book.config, sizes(book.config)
    yield Stage(QUENCH, "descent by theory", quench_theory, arguments={"order": c.order, "last": c.descent_time})
    yield Stage(
        SCALING,
        f"gradient flow of {', '.join(map(str, compared))} spins",
        _scaling,
        arguments={
            "order": c.order,
            "sizes": compared,
            "instances": c.instances,
            "starts": c.starts,
            "last": c.descent_time,
            "seed": book.seed(SEED_DESCENT),
        },
    )


def _values(book: Any) -> dict[str, Any]:
    return {"sizes": list(sizes(book.config))}


def _find(book: Any) -> Finding | None:
    scaling, theory, order = book.get(SCALING), book.get(QUENCH), book.config.order
    if scaling is None:
        return None
    numbers, threshold = Numbers(), -sl.theory.threshold_energy(order)
    text = _flow(numbers, scaling, theory)
    low = _mean_minimum(scaling, -1)
    if math.isfinite(low.value):
        text += f"; {_against_threshold(numbers, low, int(scaling.sizes[-1]), threshold, order)}"
    text += "."
    if len(scaling.sizes) > 1:
        text += " " + _with_size(numbers, scaling, threshold)
    return numbers.finding("descent", text.rstrip())


def _flow(numbers: Numbers, scaling: Any, theory: Any) -> str:
    """Where the flow has come to, beside theory at the latest time for which there are both."""
    n, last = int(scaling.sizes[-1]), len(scaling.times) - 1

    def told(column: int, **beside: Any) -> str:
        energy, error = float(scaling.energies[-1, column]), float(scaling.energy_error[-1, column])
        return numbers.tell(f"energy of the flow at t = {time(column)}, {n} spins", energy, error, **beside)

    def time(column: int) -> str:
        return given(float(scaling.times[column]), 6 if column == last else 3)

    head = f"At t = {time(last)} the flow of {n} spins has come to"
    if theory is None:
        return f"{head} {told(last)} per spin"
    column = int(np.flatnonzero(scaling.times <= theory.times[-1] * (1 + 1e-12))[-1])
    exact = float(np.interp(scaling.times[column], theory.times, theory.energy))
    limit = {"against": "N → ∞", "exact": exact}
    if column == last:
        return f"{head} {told(last, **limit)} per spin, where N → ∞ has {number(exact, 4)}"
    return (
        f"{head} {told(last)} per spin (at t = {time(column)} it was at {told(column, **limit)}, where N → ∞ has "
        f"{number(exact, 4)})"
    )


def _mean_minimum(scaling: Any, k: int) -> Judged:
    """Mean energy of the minima at the k-th size, its error over instances."""
    return Judged(float(scaling.minima[k]), float(scaling.minima_error[k]), scaling.n_instances - 1)


def _against_threshold(numbers: Numbers, low: Judged, n: int, threshold: float, order: int) -> str:
    """Mean energy of the minima of the largest systems beside the threshold."""
    level = "−E_0" if order == 2 else "−E_inf"
    gap = low.less(threshold)
    told = numbers.tell(f"energy of the minima, {n} spins", low, p=gap.p, against=level, exact=threshold)
    name = f"{level} = {number(threshold, 4)}"
    verdict = f"not significantly different from {name}"
    if gap.significant:
        distance = numbers.tell(f"distance of the minima from {level}, {n} spins", gap if gap.value > 0 else -gap)
        verdict = f"short of {name} by {distance}"
        if gap.value < 0:
            verdict = f"beyond {name} by {distance}: smaller systems overshoot"
    return f"the minima below lie at {told}, {verdict} ({gap.chance})"


def _with_size(numbers: Numbers, scaling: Any, threshold: float) -> str:
    """Whether the distance from the threshold shrinks with N; sizes have instances of their own."""
    there = np.flatnonzero(np.isfinite(scaling.minima))
    if len(there) < 2:
        return ""
    ends = [int(there[0]), int(there[-1])]
    gaps = [_mean_minimum(scaling, k).less(threshold) for k in ends]
    sides = [gap if gap.value >= 0 else -gap for gap in gaps]
    change = independent(*sides)
    numbers.keep("change with N of the distance of the minima from it", change, p=change.p, against="no change")
    verdict = change.word("shrinks", "does not significantly change", "grows")
    first, last = (
        numbers.tell(f"energy of the minima less that level, {scaling.sizes[k]} spins", gap)
        for k, gap in zip(ends, gaps, strict=True)
    )
    return (
        f"The distance of the minima from it {verdict} with N: {first} for {scaling.sizes[ends[0]]} spins, {last} for "
        f"{scaling.sizes[ends[1]]} ({change.chance})."
    )


def _write(book: Any) -> Section | None:
    scaling, theory = book.get(SCALING), book.get(QUENCH)
    if scaling is None:
        return None
    line = None if theory is None else np.stack([theory.times, theory.energy])
    return Section(
        "Descent",
        "Descent from random points",
        f"Gradient flow dσ/dt = −P∇H on the sphere from {scaling.n_starts} random points of each of "
        f"{scaling.n_instances} instances, and Newton's method from where it ends. For N → ∞ the flow tends to the "
        "threshold −E_inf and never passes it; at finite N it ends in a minimum after a finite time.",
        _figures(book, scaling, line),
        [_table(scaling)],
    )


def _figures(book: Any, scaling: Any, line: Any) -> list[Picture]:
    order, levels = book.config.order, levels_of(book.config.order)
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
            sl.figures.descent_curve(
                flows,
                theory=line,
                levels=levels,
                labels=[f"$N = {n}$" for n in scaling.sizes],
                value_label=sl.figures.ENERGY,
            ),
            f"Energy per spin along gradient flow: mean over instances, band of one standard error; theory {source}.",
        )
    ]
    if (scaling.times >= 1).any():
        power = 1.0 if order == 2 else 2 / 3
        figures.append(
            picture(
                sl.figures.descent_approach(scaling, theory=line, levels=levels, power=power),
                f"The same against t^{'(−1)' if order == 2 else '(−2/3)'}: for N → ∞ the approach to the threshold is "
                "a straight line to the left edge, t → ∞. Flat ends are descents that have come to rest.",
            )
        )
    if len(scaling.sizes) > 1:
        figures.append(
            picture(
                sl.figures.descent_sizes(scaling, levels=levels),
                (
                    "Energies that are reached, against 1/N: the end of the flow, the minima below it, the lowest one "
                    "of an instance."
                ),
            )
        )
    return figures


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
    header = ("N", f"flow at t = {last}", "minima", "lowest of an instance", "std within an instance", "converged")
    return Table(
        header,
        rows,
        f"Energies per spin: means over {scaling.n_instances} instances with {scaling.n_starts} starts each, errors "
        "over instances. Converged: starts that reached a minimum, |P∇H|/√N < 10^−10.",
    )


DESCENT = Chapter(
    "descent", "descent from random points", _steps, _find, _write, _values, kernels={"glass": ("descent",)}
)
