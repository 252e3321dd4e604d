"""Contenders in turn, their ratios, whether they agree, and what memory they take."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

_PAUSE = 0.05  # seconds after which the waiting threads of the contender before no longer spin
Call = Callable[[], Any]


class Disagreement(AssertionError):
    """A contender computed something else."""


@dataclass
class Contender:
    """One way to do the work: a call, made inside a context (its number of threads)."""

    name: str
    call: Call
    context: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass
class Row:
    """One line of the table: an operation, our time, and how much longer the peer takes (median, quartiles)."""

    operation: str
    seconds: float
    peer: str = ""
    ratio: float = float("nan")
    ratio_low: float = float("nan")
    ratio_high: float = float("nan")
    notes: dict[str, float | str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def agree(name: str, result: Any, reference: Any, tolerance: float) -> None:
    """Refuse a result that is off by more than ``tolerance`` of the largest number of the reference."""
    result, reference = np.asarray(result, np.float64), np.asarray(reference, np.float64)
    off = float(abs(result - reference).max() / abs(reference).max())
    if not off <= tolerance:
        raise Disagreement(f"{name} is off by {off:.2g}, more than {tolerance:.2g}")


def race(operation: str, ours: Contender, peers: list[Contender], rounds: int, tolerance: float) -> list[Row]:
    """All contenders in turn, ``rounds`` times; a row for each peer. All must compute the same."""
    everyone = [ours, *peers]
    with ours.context():
        reference = ours.call()
    for one in peers:
        with one.context():
            agree(f"{operation}: {one.name}", one.call(), reference, tolerance)
    times = np.empty((rounds, len(everyone)))
    for r in range(rounds):
        for i, one in enumerate(everyone):
            with one.context():
                sleep(_PAUSE)
                one.call()
                start = perf_counter()
                one.call()
                times[r, i] = perf_counter() - start
    mine = float(np.median(times[:, 0]))
    if not peers:
        return [Row(operation, mine)]
    rows = []
    for i, one in enumerate(peers, start=1):
        low, middle, high = np.percentile(times[:, i] / times[:, 0], [25, 50, 75])
        rows.append(Row(operation, mine, one.name, float(middle), float(low), float(high)))
    return rows


def best_of_each(rows: list[Row]) -> list[Row]:
    """Of rows whose peers differ in what follows the comma (threads) the one that is hardest for us."""
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = row.operation, row.peer.split(",")[0]
        if key not in best or row.ratio < best[key].ratio:
            best[key] = row
    return list(best.values())


def _high_water() -> float:
    # Not getrusage: its maximum is handed on from the parent process.
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _grown(function: Callable[..., Any], warm: tuple[Any, ...], arguments: tuple[Any, ...]) -> float:
    function(*warm)
    before = _high_water()
    function(*arguments)
    return _high_water() - before


def peak_memory(function: Callable[..., Any], warm: tuple[Any, ...], arguments: tuple[Any, ...]) -> float:
    """Bytes by which the peak memory of a fresh process grows while it calls the function (Linux).

    It is called with the small arguments ``warm`` first, so that loaded libraries do not count.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_grown, (function, warm, arguments)))
