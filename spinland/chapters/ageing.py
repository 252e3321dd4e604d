"""Ageing after a quench: two-time correlation and energy, beside the equations of N → ∞."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .. import checks
from ..errors import ArgumentError
from ..formatting import given, number, plus_minus
from ..statistics.judging import Judged, mean_of, paired
from ..statistics.uncertainty import jackknife_error
from .chapter import Chapter, Stage
from .descent import DescentSettings
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture
from .settings import number as real
from .settings import setting, several
from .spherical import SEED_AGEING, placed, sort_settings, until
from .theory.ageing import AgeingTheory, ageing_theory

AGEING_THEORY = "theory/ageing"
LANGEVIN = "ageing/langevin"
_HEADING = "Ageing"


def _temperature(name: str, value: Any) -> float | None:
    return None if value is None else checks.real(name, value, above=0)


def longest_step(order: int) -> float:
    """Longest step of Langevin dynamics: one over the largest curvature of H at a typical point, at most 0.2."""
    return min(0.2, 0.5 / math.sqrt(order * (order - 1)))


@dataclass(frozen=True)
class AgeingSettings(DescentSettings):
    """Settings of the quench; its walkers are as many as the starts of descent."""

    ageing_temperature: float | None = setting(
        None, "temperature T after the quench; default half the dynamical one", _temperature, _HEADING
    )
    waiting_times: tuple[float, ...] = setting(
        (1.0, 3.0, 10.0, 30.0), "waiting times t_w", several(real(above=0)), _HEADING
    )
    ageing_time: float = setting(50.0, "longest time t after t_w", real(above=0, maximum=1e5), _HEADING)
    time_step: float = setting(0.04, "longest step of Langevin dynamics", real(above=0), _HEADING)

    def __post_init__(self) -> None:
        super().__post_init__()
        sort_settings(self, "waiting_times")
        longest = longest_step(self.order)
        if self.time_step > longest:
            raise ArgumentError(
                "time_step",
                f"at most {longest:.3g} at order {self.order}, within which the force changes little",
                self.time_step,
            )
        if self.time_step >= self.ageing_time:
            raise ArgumentError("time_step", f"a step below ageing_time ({self.ageing_time:g})", self.time_step)


def ageing_temperature(config: AgeingSettings) -> float:
    """Temperature after the quench."""
    return config.ageing_temperature or 0.5 * sl.theory.dynamical_temperature(config.order)


def _by_theory(*, order: int, temperature: float, waiting_times: tuple[float, ...], last: float) -> AgeingTheory:
    return ageing_theory(order, temperature, np.array(waiting_times), until(last))


def _langevin(
    *,
    order: int,
    temperature: float,
    waiting_times: tuple[float, ...],
    last: float,
    n_spins: int,
    n_instances: int,
    walkers: int,
    step: float,
    seed: int,
    seeds_of_points: tuple[int, ...],
    device: str = "cpu",
) -> sl.Langevin:
    """Dynamics of the instances with this seed, from random points of their own."""
    glasses = sl.instances(n_spins, order, n_instances, seed, device=device)
    points = np.stack([glasses[0].random_points(walkers, own) for own in seeds_of_points])
    return sl.langevin(glasses, points, temperature, until(last), step, seed, waiting_times=np.array(waiting_times))


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    quench = {
        "order": c.order,
        "temperature": ageing_temperature(c),
        "waiting_times": c.waiting_times,
        "last": c.ageing_time,
    }
    yield Stage(AGEING_THEORY, "ageing by theory", _by_theory, arguments=quench)
    yield Stage(
        LANGEVIN,
        "ageing after a quench",
        _langevin,
        arguments={
            **quench,
            "n_spins": c.spins,
            "n_instances": c.instances,
            "walkers": c.starts,
            "step": c.time_step,
            "seed": book.seed(SEED_AGEING),
            "seeds_of_points": tuple(book.seed(SEED_AGEING, i) for i in range(c.instances)),
            **placed(c),
        },
    )


def _values(book: Any) -> dict[str, Any]:
    return {"ageing_temperature": ageing_temperature(book.config)}


def _find(book: Any) -> Finding | None:
    run, theory = book.get(LANGEVIN), book.get(AGEING_THEORY)
    if run is None:
        return None
    numbers = Numbers()
    text = _correlation(numbers, run, theory)
    if theory is not None:
        text += f". {_energy(numbers, run, theory)}"
    return numbers.finding("ageing", f"{text}.")


def _correlation(numbers: Numbers, run: Any, theory: Any) -> str:
    """How the correlation falls after the shortest and the longest waiting time."""
    waits, each = run.waiting_times, run.correlations.mean(axis=1)  # (instances, K, T)
    column = int(np.argmin(np.abs(run.times - waits[len(waits) // 2])))
    t = given(float(run.times[column]), 3)
    exact = np.full(len(waits), np.nan) if theory is None else theory.correlation[:, column]
    known = np.isfinite(exact[[0, -1]]).all()

    def told(k: int) -> str:
        beside = {"against": "N → ∞", "exact": exact[k]} if known else {}
        return numbers.tell(f"C at t_w = {given(waits[k])}, t = {t}", mean_of(each[:, k, column]), **beside)

    if len(waits) == 1:
        text = f"C(t_w + t, t_w) has come down to {told(0)} at t_w = {given(waits[0])} and t = {t}"
    else:
        change = paired(each[:, 0, column], each[:, -1, column])
        verb = change.word("falls", "does not significantly change", "rises")
        meaning = change.word("", ": ageing is not resolved", ": the glass ages")
        ages = f"from t_w = {given(waits[0])} to t_w = {given(waits[-1])}"
        by = numbers.tell(f"change of C at t = {t} {ages}", change, p=change.p, against="no change")
        text = (
            f"The correlation after t = {t} {verb} with the age ({ages} by {by}, {change.chance}){meaning}; "
            f"it is {told(0)} and {told(-1)}"
        )
    if known:
        text += f", for N → ∞ {number(exact[0])}" + (f" and {number(exact[-1])}" if len(waits) > 1 else "")
    return text


def _energy(numbers: Numbers, run: Any, theory: Any) -> str:
    """The energy beside the curve for N → ∞ at the latest time for which there are both."""
    limit, last = number(theory.final_energy, 4), given(float(run.times[-1]))

    def end() -> str:
        return numbers.tell(
            f"energy at t = {last}",
            float(run.mean[-1]),
            float(run.error[-1]),
            against="N → ∞, then t → ∞",
            exact=theory.final_energy,
        )

    there = len(theory.energy_times) and run.times <= theory.energy_times[-1] * (1 + 1e-12)
    if not np.any(there):
        return f"The energy comes to {end()} at t = {last}; for N → ∞, then t → ∞, it tends to {limit}"
    column = int(np.flatnonzero(there)[-1])
    time, value, width = (float(x[column]) for x in (run.times, run.mean, run.error))
    exact = float(np.interp(time, theory.energy_times, theory.energy))
    gap = Judged(value - exact, width, len(run.energies) - 1)
    told = numbers.tell(
        f"energy at t = {given(time, 3)}", value, width, p=gap.p, against="N → ∞ at the same time", exact=exact
    )
    text = (
        f"The energy at t = {given(time, 3)} is {told}, "
        f"{gap.word('below', 'not significantly different from', 'above')} "
        f"that of N → ∞ at the same time, {number(exact, 4)} ({gap.chance})"
    )
    if column < len(run.times) - 1:
        text += f", and comes to {end()} at t = {last}, to which the equations were not followed"
    return f"{text}; for t → ∞ that tends to {limit}"


def _write(book: Any) -> Section | None:
    run, theory = book.get(LANGEVIN), book.get(AGEING_THEORY)
    if run is None:
        return None
    n_instances, walkers = run.energies.shape[:2]
    return Section(
        "Ageing",
        "Ageing after a quench",
        f"Langevin dynamics of {run.points.shape[-1]} spins at T = {given(run.temperature, 4)} from random points, "
        f"{walkers} walkers on each of {n_instances} instances, steps of {given(run.dt)} or less. C(t_w + t, t_w) is "
        "the overlap of the points at t_w and t_w + t. In equilibrium it would not depend on t_w; a system that ages "
        "is the slower, the older it is.",
        _figures(run, theory),
        [_table(run, theory)],
    )


def _figures(run: Any, theory: Any) -> list[Picture]:
    figures: list[Picture] = []
    if theory is not None:
        figures.append(
            picture(
                sl.figures.ageing_beside_theory(run, theory),
                "Correlation against the time t after the waiting time t_w: mean over instances, band of one standard "
                "error. Dashed: the two-time equations of Cugliandolo and Kurchan (1993), N → ∞, as far as they were "
                "followed; dotted: the overlap q_EA of the threshold states, at which a plateau forms for long "
                "waiting times.",
            )
        )
    figures.append(
        picture(
            sl.figures.ageing_curves(run, versus="ratio"),
            "The same against t/t_w. Curves that fall on one another mean that the age sets the pace (simple ageing).",
        )
    )
    line, levels = None, {}
    if theory is not None:
        levels = {"$e_\\mathrm{th}(T)$": theory.final_energy}
        line = np.stack([theory.energy_times, theory.energy]) if len(theory.energy) else None
    figures.append(
        picture(
            sl.figures.descent_curve(run, theory=line, levels=levels, value_label=sl.figures.ENERGY),
            "Energy per spin since the quench. For N → ∞ it tends to the threshold energy e_th(T) of this temperature "
            "(dashed level), not to that of equilibrium.",
        )
    )
    return figures


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
        "Means over instances; the error of the time by jackknife over instances, unknown where C does not fall to "
        "1/2 without one of them. – where the correlation does not fall to 1/2 within the time. Times are those of "
        "dσ/dt = −P∇H.",
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


AGEING = Chapter("ageing", "ageing after a quench", _steps, _find, _write, _values, kernels={"glass": ("dynamics",)})
