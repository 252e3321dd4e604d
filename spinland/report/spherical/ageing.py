"""Chapter: ageing after a quench."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...figures.dynamics import ageing_curves, descent_curve
from ...figures.labels import ENERGY, plus_minus
from ...figures.theory import ageing_beside_theory
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, number, picture
from .reader import GlassReader
from .words import sigmas


def ageing_chapter(glass: GlassReader) -> Chapter | None:
    """Two-time correlation and energy after a quench from infinite temperature."""
    run, theory = glass.get(names.AGEING), glass.get(names.AGEING_THEORY)
    if run is None:
        return None
    instances, walkers = run.energies.shape[:2]
    return Chapter(
        "ageing", "Ageing", "Ageing after a quench",
        f"Langevin dynamics of {run.points.shape[-1]} spins at T = {number(run.temperature, 4)} from random points, "
        f"{walkers} walkers on each of {instances} instances, steps of {number(run.dt)} or less. C(t_w + t, t_w) is the overlap of "
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
    waits, mean, error = run.waiting_times, run.correlation, run.correlation_error
    column = int(np.argmin(np.abs(run.times - waits[len(waits) // 2])))
    t = number(float(run.times[column]))
    first, last = (
        plus_minus(mean[0, column], error[0, column]),
        plus_minus(mean[-1, column], error[-1, column]),
    )
    if len(waits) == 1:
        text = f"C(t_w + t, t_w) has come down to {first} at t_w = {number(waits[0])} and t = {t}"
    else:
        change = float(mean[-1, column] - mean[0, column])
        width = math.hypot(float(error[0, column]), float(error[-1, column]))
        verb = (
            "rises" if change > 2 * width else "falls" if change < -2 * width else "does not clearly change"
        )
        text = f"The correlation after t = {t} {verb} with the age, from {first} at t_w = {number(waits[0])} to {last} at t_w = {number(waits[-1])}"
        text += _verdict(change, width)
    if theory is not None:
        exact = theory.correlation[:, column]
        if np.isfinite(exact[[0, -1]]).all():
            text += f"; N → ∞ has {number(exact[0])}" + (
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
        return f"The energy comes to {end} at t = {number(float(run.times[-1]))}; for N → ∞, then t → ∞, it tends to {number(theory.final_energy, 4)}"
    column = int(np.flatnonzero(there)[-1])
    time, value, width = (float(x[column]) for x in (run.times, run.mean, run.error))
    exact = float(np.interp(time, theory.energy_times, theory.energy))
    gap = (value - exact) / width if width > 0 else math.nan
    text = (
        f"The energy at t = {number(time)} is {plus_minus(value, width)}, {sigmas(gap)} that of N → ∞ at the same time, "
        f"{number(exact, 4)}"
    )
    if column < len(run.times) - 1:
        text += f", and comes to {end} at t = {number(float(run.times[-1]))}, to which the equations were not followed"
    return f"{text}; {limit}"


def _verdict(change: float, error: float) -> str:
    if change > 2 * error:
        return ": the glass ages"
    return ": ageing is not resolved" if abs(change) <= 2 * error else ""


def _table(run: Any, theory: Any) -> Table:
    half = [_crossing(run.times, row, 0.5) for row in run.correlation]
    rows = []
    for k, wait in enumerate(run.waiting_times):
        exact = float("nan") if theory is None else _crossing(theory.times, theory.correlation[k], 0.5)
        last = plus_minus(run.correlation[k, -1], run.correlation_error[k, -1])
        rows.append((number(float(wait)), number(half[k]), number(exact), last))
    header = ("t_w", "t at which C = 1/2", "N → ∞", f"C at t = {number(float(run.times[-1]))}")
    return Table(
        header,
        rows,
        "– where the correlation does not fall to 1/2 within the time. Times are those of dσ/dt = −P∇H.",
    )


def _crossing(times: Any, values: Any, level: float) -> float:
    """First time at which values fall to a level, linear in between; NaN if they do not."""
    below = np.flatnonzero(values <= level)
    if len(below) == 0 or below[0] == 0:
        return math.nan
    k = int(below[0])
    share = (values[k - 1] - level) / (values[k - 1] - values[k])
    return float(times[k - 1] + share * (times[k] - times[k - 1]))
