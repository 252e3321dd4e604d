"""Chapter: ageing after a quench."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...figures.dynamics import ageing_curves, descent_curve
from ...figures.labels import ENERGY
from ...figures.theory import ageing_beside_theory
from ...formatting import given, number, plus_minus
from ...statistics.judging import Judged, mean_of, paired
from ...statistics.uncertainty import jackknife_error
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, picture
from .reader import GlassReader


def ageing_chapter(glass: GlassReader) -> Chapter | None:
    """Two-time correlation and energy after a quench from infinite temperature."""
    run, theory = glass.get(names.AGEING), glass.get(names.AGEING_THEORY)
    if run is None:
        return None
    instances, walkers = run.energies.shape[:2]
    return Chapter(
        "ageing", "Ageing", "Ageing after a quench",
        f"Langevin dynamics of {run.points.shape[-1]} spins at T = {given(run.temperature, 4)} from random points, "
        f"{walkers} walkers on each of {instances} instances, steps of {given(run.dt)} or less. C(t_w + t, t_w) is the overlap of "
        "the points at t_w and t_w + t. In equilibrium it would not depend on t_w; a system that ages is the slower, the older it is.",
        _finding(run, theory, glass),
        _figures(glass, run, theory),
        [_table(run, theory)],
    )  # fmt: skip


def _figures(glass: GlassReader, run: Any, theory: Any) -> list[Picture]:
    figures: list[Picture] = []
    if theory is not None:
        figures.append(
            picture(
                ageing_beside_theory(run, theory),
                "Correlation against the time t after the waiting time t_w: mean over instances, band of one standard error. Dashed: the "
                "two-time equations of Cugliandolo and Kurchan (1993), N → ∞, as far as they were followed; dotted: the overlap "
                "q_EA of the threshold states, at which a plateau forms for long waiting times.",
            )
        )
    figures.append(
        picture(
            ageing_curves(run, versus="ratio"),
            "The same against t/t_w. Curves that fall on one another mean that the age sets the pace (simple ageing).",
        )
    )
    line, levels = None, {}
    if theory is not None:
        levels = {"$e_\\mathrm{th}(T)$": theory.final_energy}
        line = np.stack([theory.energy_times, theory.energy]) if len(theory.energy) else None
    figures.append(
        picture(
            descent_curve(run, theory=line, levels=levels, value_label=ENERGY),
            "Energy per spin since the quench. For N → ∞ it tends to the threshold energy e_th(T) of this temperature (dashed level), "
            "not to that of equilibrium.",
        )
    )
    return figures


def _finding(run: Any, theory: Any, glass: GlassReader) -> str:
    waits, each = run.waiting_times, run.correlations.mean(axis=1)  # (instances, K, T)
    column = int(np.argmin(np.abs(run.times - waits[len(waits) // 2])))
    t = given(float(run.times[column]), 3)
    first, last = mean_of(each[:, 0, column]), mean_of(each[:, -1, column])
    if len(waits) == 1:
        text = f"C(t_w + t, t_w) has come down to {first} at t_w = {given(waits[0])} and t = {t}"
    else:
        change = paired(each[:, 0, column], each[:, -1, column])
        verb = change.word("falls", "does not significantly change", "rises")
        meaning = change.word("", ": ageing is not resolved", ": the glass ages")
        text = (
            f"The correlation after t = {t} {verb} with the age, by {change} from t_w = {given(waits[0])} to t_w = {given(waits[-1])} "
            f"({change.chance}){meaning}; it is {first} and {last}"
        )
    if theory is not None:
        exact = theory.correlation[:, column]
        if np.isfinite(exact[[0, -1]]).all():
            text += f", for N → ∞ {number(exact[0])}" + (
                f" and {number(exact[-1])}" if len(waits) > 1 else ""
            )
        text += ". " + _energy(run, theory)
    return text + "."


def _energy(run: Any, theory: Any) -> str:
    """The energy beside the curve for N → ∞ at the latest time for which there are both."""
    limit = f"for t → ∞ that tends to {number(theory.final_energy, 4)}"
    end = plus_minus(float(run.mean[-1]), float(run.error[-1]))
    there = len(theory.energy_times) and run.times <= theory.energy_times[-1] * (1 + 1e-12)
    if not np.any(there):
        return (
            f"The energy comes to {end} at t = {given(float(run.times[-1]))}; for N → ∞, then t → ∞, it tends to "
            f"{number(theory.final_energy, 4)}"
        )
    column = int(np.flatnonzero(there)[-1])
    time, value, width = (float(x[column]) for x in (run.times, run.mean, run.error))
    exact = float(np.interp(time, theory.energy_times, theory.energy))
    gap = Judged(value - exact, width, len(run.energies) - 1)
    text = (
        f"The energy at t = {given(time, 3)} is {plus_minus(value, width)}, {gap.word('below', 'not significantly different from', 'above')} "
        f"that of N → ∞ at the same time, {number(exact, 4)} ({gap.chance})"
    )
    if column < len(run.times) - 1:
        text += f", and comes to {end} at t = {given(float(run.times[-1]))}, to which the equations were not followed"
    return f"{text}; {limit}"


def _table(run: Any, theory: Any) -> Table:
    each = run.correlations.mean(axis=1)
    rows = []
    for k, wait in enumerate(run.waiting_times):
        exact = float("nan") if theory is None else _crossing(theory.times, theory.correlation[k], 0.5)
        half = _half_time(run.times, each[:, k])
        last = plus_minus(run.correlation[k, -1], run.correlation_error[k, -1])
        rows.append((given(float(wait)), str(half) if np.isfinite(half.value) else "–", number(exact), last))
    header = ("t_w", "t at which C = 1/2", "the same, N → ∞", f"C at t = {given(float(run.times[-1]))}")
    return Table(
        header,
        rows,
        "Means over instances; the error of the time by jackknife over instances, unknown where C does not fall to 1/2 without one "
        "of them. – where the correlation does not fall to 1/2 within the time. Times are those of dσ/dt = −P∇H.",
    )


def _half_time(times: Any, each: Any) -> Judged:
    """When the mean of curves (instances, T) has fallen to 1/2."""
    n = len(each)
    without = [_crossing(times, np.delete(each, i, axis=0).mean(axis=0), 0.5) for i in range(n)]
    return Judged(_crossing(times, each.mean(axis=0), 0.5), float(jackknife_error(np.array(without))), n - 1)


def _crossing(times: Any, values: Any, level: float) -> float:
    """First time at which values fall to a level, linear in between; NaN if they do not."""
    below = np.flatnonzero(values <= level)
    if len(below) == 0 or below[0] == 0:
        return math.nan
    k = int(below[0])
    share = (values[k - 1] - level) / (values[k - 1] - values[k])
    return float(times[k - 1] + share * (times[k] - times[k - 1]))
