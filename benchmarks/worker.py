"""The process in which one contender lives: it makes the data, answers with a result, and is timed in turn.

Every contender has a process of its own, so that its number of threads, its memory and what it leaves running are
its own affair.
"""

from __future__ import annotations

import os
import traceback
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

#: Shortest time that is measured, in seconds; a quicker call is repeated until it takes that long.
SHORTEST = 0.1
LONG = 0.5  # seconds from which a call is timed as it comes


def resolve(factory: str) -> Any:
    """The function named ``"module:function"``."""
    module, _, name = factory.partition(":")
    return getattr(import_module(module), name)


def _status(field: str) -> float:
    """Bytes that the kernel reports for this process (Linux); NaN elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith(field)), float("nan"))


def _forget_the_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return  # the peak then includes the first call, which compiles


class _Contest:
    def __init__(self, factory: str, arguments: dict[str, Any]):
        self.call = resolve(factory)(**arguments)
        start = perf_counter()
        result = self.call()
        self.first = perf_counter() - start
        self.result = None if result is None else np.asarray(result)

    def time(self) -> tuple[float, float, float]:
        """Seconds of a call; bytes by which calls raise the memory of the process, and the peak of all of it."""
        _forget_the_peak()
        before = _status("VmRSS")
        start = perf_counter()
        self.call()
        seconds = perf_counter() - start
        if seconds < LONG:  # what the contender before has left in the caches matters: the call above was to warm up
            repeats = max(1, int(SHORTEST / max(seconds, 1e-7)))
            start = perf_counter()
            for _ in range(repeats):
                self.call()
            seconds = (perf_counter() - start) / repeats
        peak = _status("VmHWM")
        return seconds, peak - before, peak

    def notes(self) -> dict[str, Any]:
        """What else the contender has to say."""
        return dict(getattr(self.call, "notes", {}))


def serve(pipe: Connection, factory: str, arguments: dict[str, Any], cores: list[int] | None) -> None:
    """Tell the first call's seconds and result, then answer ``time`` and ``notes`` until told to ``stop``."""
    if cores is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    try:
        contest = _Contest(factory, arguments)
        pipe.send((contest.first, contest.result))
        while (order := pipe.recv()) != "stop":
            pipe.send(getattr(contest, order)())
    except (EOFError, KeyboardInterrupt):
        return
    except BaseException:  # noqa: BLE001  whatever a peer breaks with is told, not hidden
        pipe.send(RuntimeError(traceback.format_exc().rstrip()))


def sweep(
    pipe: Connection, factory: str, arguments: dict[str, Any], argument: str, values: list[int], calls: int
) -> None:
    """Seconds of a call for each value of one argument: the best of some, compiling aside."""
    try:
        for value in values:
            contest = _Contest(factory, {**arguments, argument: value})
            pipe.send(min(contest.time()[0] for _ in range(calls)))
    except (EOFError, KeyboardInterrupt):
        return
    except BaseException:  # noqa: BLE001
        pipe.send(RuntimeError(traceback.format_exc().rstrip()))
