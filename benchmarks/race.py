"""Contenders in turn: their ratios, whether they agree, and what memory they take."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter, sleep
from typing import Any

import numpy as np

from .compare import Contender, Disagreement, Operation, off_by
from .outcomes import Entry, Outcome
from .processes import Runner

_PAUSE = 0.2  # seconds after which the waiting threads of the contender before no longer spin


def _entry(contender: Contender) -> Entry:
    return Entry(contender.name, contender.told, share=contender.share * contender.processes)


def _start(contender: Contender, say: Callable[[str], None]) -> tuple[Runner | None, Entry]:
    entry = _entry(contender)
    if contender.needs and find_spec(contender.needs) is None:
        entry.error = f"{contender.needs} is missing"
        return None, entry
    say(f"preparing {' '.join(filter(None, (contender.name, contender.told)))}")
    try:
        runner = Runner(contender)
    except Exception as error:  # noqa: BLE001  a broken peer is recorded, ours stops the run
        entry.error = str(error).splitlines()[-1] if str(error) else repr(error)
        say(f"{contender.name} {contender.told}: {error}")
        return None, entry
    entry.first = runner.first
    return runner, entry


def _measure(entry: Entry, runner: Runner, found: np.ndarray, ours: np.ndarray) -> None:
    """``found`` (rounds, 3): seconds, bytes added, peak; ``ours`` (rounds,) seconds."""
    entry.seconds = float(np.median(found[:, 0]))
    low, middle, high = np.percentile(found[:, 0] / ours, [25, 50, 75])
    entry.low, entry.ratio, entry.high = float(low), float(middle), float(high)
    entry.grown, entry.peak = (float(value) for value in found[:, 1:].max(axis=0))
    entry.notes = runner.ask("notes")[0]
    entry.off = entry.notes.pop("off", entry.off)  # of a contender that has compared by itself


def run(operation: Operation, peaks: dict[str, float], say: Callable[[str], None] = lambda _: None) -> Outcome:
    """All contenders in turn, ``rounds`` times.

    Raises
    ------
    Disagreement
        If a contender's result differs from ours by more than the tolerance.
    RuntimeError
        If ours breaks. A peer that breaks is recorded with its error.
    """
    load = os.getloadavg()[0]
    racing: list[tuple[Runner, Entry]] = []
    absent: list[Entry] = []
    try:
        for contender in (operation.ours, *operation.peers):
            runner, entry = _start(contender, say)
            entry.aim = operation.aims.get(contender.name)
            if runner is not None:
                racing.append((runner, entry))
                _compare(operation, contender, entry, runner, racing[0][0])
            elif contender is operation.ours:
                raise RuntimeError(f"{operation.name}: {entry.error}")
            else:
                absent.append(entry)
        waiting = _in_turn(operation.rounds, racing, say)
    finally:
        for runner, _ in racing:
            runner.end()
    ours, *others = (entry for _, entry in racing)
    return Outcome(
        operation.name,
        operation.work,
        ours,
        others + absent,
        _limits(operation, ours, peaks),
        operation.tolerance,
        operation.unit,
        operation.count,
        operation.rounds,
        load,
        operation.remark,
        waiting,
    )


def _in_turn(rounds: int, racing: list[tuple[Runner, Entry]], say: Callable[[str], None]) -> float:
    """Time all, one after the other, so many times; the largest share of a core that those who waited took."""
    found, waiting = np.empty((rounds, len(racing), 3)), np.empty((rounds, len(racing)))
    for turn in range(rounds):
        say(f"round {turn + 1} of {rounds}")
        for i, (runner, _) in enumerate(racing):
            if rounds > 1:  # the time of a single one is no measurement
                sleep(_PAUSE)
            others = [other for other, _ in racing if other is not runner]
            before, start = sum(other.used() for other in others), perf_counter()
            found[turn, i] = runner.time()
            waiting[turn, i] = (sum(other.used() for other in others) - before) / (perf_counter() - start)
    for i, (runner, entry) in enumerate(racing):
        _measure(entry, runner, found[:, i], found[:, 0, 0])
    return float(np.median(waiting, axis=0).max())


def _compare(operation: Operation, contender: Contender, entry: Entry, runner: Runner, first: Runner) -> None:
    if not contender.compared or runner is first or runner.result is None or first.result is None:
        return
    reference = first.result
    if contender.share < 1 and runner.result.shape != reference.shape:
        reference = reference[: len(runner.result)]  # the part that it has done
    entry.off = off_by(runner.result, reference)
    allowed = operation.tolerance if contender.tolerance is None else contender.tolerance
    if not entry.off <= allowed:
        raise Disagreement(
            f"{operation.name}: {contender.name} {contender.told} is off by {entry.off:.2g}, more than {allowed:.2g}"
        )


def _limits(operation: Operation, ours: Entry, peaks: dict[str, float]) -> list[dict[str, Any]]:
    """Fractions of the peaks that were measured."""
    return [
        {
            "peak": bound.peak,
            "amount": bound.amount,
            "rate": 1e-9 * bound.amount / ours.seconds,
            "fraction": 1e-9 * bound.amount / ours.seconds / peaks[bound.peak],
            "aim": bound.aim,
        }
        for bound in operation.bounds
        if bound.peak in peaks
    ]
