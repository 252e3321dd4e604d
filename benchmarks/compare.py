"""Contenders in turn, their ratios, whether they agree, and what memory they take.

An operation file defines ``operations(quick)``, a list of :class:`Operation`, and ``scaling(quick)``, a list of
:class:`Scaling`. A contender is named by the function that makes it, ``"benchmarks.planes:torch_loop"``: called in a
process of its own with the contender's arguments, it makes the data and returns a function without arguments that
does the work once and returns what it computed, or None where there is nothing to compare. Attributes ``notes`` (a
dictionary) of the returned function go into the record.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from . import worker

_PAUSE = 0.2  # seconds after which the waiting threads of the contender before no longer spin
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = tuple(sorted({1, CORES}))  # what a peer is given in turn: one core, and all


class Disagreement(AssertionError):
    """A contender computed something else."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    ``setting`` tells contenders of one name apart ("2 threads", "compiled"): of them the quickest is quoted.
    """

    name: str
    factory: str
    arguments: dict[str, Any] = field(default_factory=dict)
    setting: str = ""
    threads: int = CORES
    processes: int = 1  # that work at the same time, each with ``threads``
    share: float = 1.0  # of the whole work that one call of one process does; its time is scaled to the whole
    needs: str = ""  # module without which there is no such contender
    pinned: bool = False  # to as many cores as it has threads, for libraries that count the cores themselves
    tolerance: float | None = None  # in place of the operation's
    compared: bool = True  # its result with ours


def in_threads(contender: Contender) -> list[Contender]:
    """The contender with one thread and with as many as there are cores; its setting says which."""
    return [
        replace(
            contender,
            threads=threads,
            setting=", ".join(filter(None, (contender.setting, f"{threads} thread{'s' * (threads > 1)}"))),
        )
        for threads in THREADS
    ]


@dataclass(frozen=True)
class Bound:
    """What an operation must cost at least, of one of the machine's peaks (a name in :mod:`.machine`)."""

    peak: str
    amount: float  # floating-point operations, or bytes, of the whole work
    aim: float | None = None  # fraction of the peak to reach


@dataclass(frozen=True)
class Operation:
    """One line of the table: the work, who does it, what they must agree to, and what it must cost."""

    name: str
    work: str
    ours: Contender
    peers: tuple[Contender, ...] = ()
    aims: dict[str, float] = field(default_factory=dict)  # by the name of a peer
    tolerance: float = 0.0  # largest difference allowed, as a share of the largest number of our result
    bounds: tuple[Bound, ...] = ()
    unit: str = ""  # of which the work has ``count``
    count: float = 1.0
    rounds: int = 7
    remark: str = ""


def tried(operation: Operation) -> Operation:
    """The operation for a trial: one round, and of contenders that differ in their threads the first."""
    first: dict[tuple[str, str, str], Contender] = {}
    for peer in operation.peers:
        first.setdefault((peer.name, peer.factory, repr(peer.arguments)), peer)
    return replace(operation, peers=tuple(first.values()), rounds=1)


@dataclass(frozen=True)
class Scaling:
    """Cost of our contender against one of its arguments."""

    name: str
    axis: str
    factory: str
    argument: str
    values: tuple[int, ...]
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entry:
    """What was measured of one contender; ``ratio`` is its time over ours, median and quartiles."""

    name: str
    setting: str = ""
    seconds: float = float("nan")  # of the whole work
    ratio: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    off: float = float("nan")  # largest difference from our result over our largest number
    first: float = float("nan")  # seconds of the first call, compiling included
    grown: float = float("nan")  # bytes by which a call raises the memory of the process
    peak: float = float("nan")  # bytes of the whole process
    share: float = 1.0
    aim: float | None = None
    error: str = ""  # why it did not take part
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """A measured operation."""

    name: str
    work: str
    ours: Entry
    peers: list[Entry]
    limits: list[dict[str, Any]]
    tolerance: float
    unit: str
    count: float
    rounds: int
    load: float
    remark: str
    waiting: float = float("nan")
    """Largest share of a core that all waiting contenders together took while another one was timed."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def off_by(result: Any, reference: Any) -> float:
    """Largest difference, as a share of the largest number of the reference; infinite for another shape."""
    result, reference = np.asarray(result, np.float64), np.asarray(reference, np.float64)
    if result.shape != reference.shape:
        return float("inf")
    return float(abs(result - reference).max() / abs(reference).max())


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Process:
    def __init__(self, target: Callable[..., None], threads: int, *arguments: Any):
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        with _environment(threads):
            self.process = context.Process(target=target, args=(there, *arguments), daemon=True)
            self.process.start()
        there.close()

    def receive(self) -> Any:
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise RuntimeError(f"its process ended with {self.process.exitcode}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        with suppress(OSError):
            self.pipe.send("stop")
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class _Runner:
    """A contender in its processes."""

    def __init__(self, contender: Contender):
        self.contender = contender
        cores = sorted(os.sched_getaffinity(0))[: contender.threads] if contender.pinned else None
        self.processes = [
            _Process(worker.serve, contender.threads, contender.factory, contender.arguments, cores)
            for _ in range(contender.processes)
        ]
        answers = [one.receive() for one in self.processes]
        self.first, self.result = answers[0]

    def ask(self, order: str) -> list[Any]:
        """The answers of all processes, which work at the same time."""
        for one in self.processes:
            one.pipe.send(order)
        return [one.receive() for one in self.processes]

    def time(self) -> tuple[float, float, float]:
        """Seconds of the whole work, bytes that a call adds, and the peak of the processes."""
        seconds, grown, peak = zip(*self.ask("time"), strict=True)
        return max(seconds) / (self.contender.share * self.contender.processes), sum(grown), sum(peak)

    def used(self) -> float:
        """Seconds of processor time that the processes have taken so far."""
        return sum(_used(one.process.pid) for one in self.processes)

    def end(self) -> None:
        for one in self.processes:
            one.end()


def _used(pid: int | None) -> float:
    """Seconds of processor time of a process (Linux); NaN elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _entry(contender: Contender) -> Entry:
    return Entry(contender.name, contender.setting, share=contender.share * contender.processes)


def _start(contender: Contender, say: Callable[[str], None]) -> tuple[_Runner | None, Entry]:
    entry = _entry(contender)
    if contender.needs and find_spec(contender.needs) is None:
        entry.error = f"{contender.needs} is missing"
        return None, entry
    say(f"preparing {' '.join(filter(None, (contender.name, contender.setting)))}")
    try:
        runner = _Runner(contender)
    except Exception as error:  # noqa: BLE001  a broken peer is recorded, ours stops the run
        entry.error = str(error).splitlines()[-1] if str(error) else repr(error)
        say(f"{contender.name} {contender.setting}: {error}")
        return None, entry
    entry.first = runner.first
    return runner, entry


def _measure(entry: Entry, runner: _Runner, found: np.ndarray, ours: np.ndarray) -> None:
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
    runners: list[_Runner] = []
    entries: list[Entry] = []
    absent: list[Entry] = []
    try:
        for contender in (operation.ours, *operation.peers):
            runner, entry = _start(contender, say)
            if runner is None and contender is operation.ours:
                raise RuntimeError(f"{operation.name}: {entry.error}")
            entry.aim = operation.aims.get(contender.name)
            if runner is None:
                absent.append(entry)
                continue
            runners.append(runner)
            entries.append(entry)
            _compare(operation, contender, entry, runner, runners[0])
        found = np.empty((operation.rounds, len(runners), 3))
        waiting = np.empty((operation.rounds, len(runners)))
        for turn in range(operation.rounds):
            say(f"round {turn + 1} of {operation.rounds}")
            for i, runner in enumerate(runners):
                if operation.rounds > 1:  # the time of a single one is no measurement
                    sleep(_PAUSE)
                others = [other for other in runners if other is not runner]
                before, start = sum(other.used() for other in others), perf_counter()
                found[turn, i] = runner.time()
                waiting[turn, i] = (sum(other.used() for other in others) - before) / (perf_counter() - start)
        for i, (entry, runner) in enumerate(zip(entries, runners, strict=True)):
            _measure(entry, runner, found[:, i], found[:, 0, 0])
    finally:
        for runner in runners:
            runner.end()
    return Outcome(
        operation.name,
        operation.work,
        entries[0],
        entries[1:] + absent,
        _limits(operation, entries[0], peaks),
        operation.tolerance,
        operation.unit,
        operation.count,
        operation.rounds,
        load,
        operation.remark,
        float(np.median(waiting, axis=0).max()),
    )


def _compare(operation: Operation, contender: Contender, entry: Entry, runner: _Runner, first: _Runner) -> None:
    if not contender.compared or runner is first or runner.result is None or first.result is None:
        return
    reference = first.result
    if contender.share < 1 and runner.result.shape != reference.shape:
        reference = reference[: len(runner.result)]  # the part that it has done
    entry.off = off_by(runner.result, reference)
    allowed = operation.tolerance if contender.tolerance is None else contender.tolerance
    if not entry.off <= allowed:
        raise Disagreement(
            f"{operation.name}: {contender.name} {contender.setting} is off by {entry.off:.2g}, more than {allowed:.2g}"
        )


def _limits(operation: Operation, ours: Entry, peaks: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {
            "peak": bound.peak,
            "amount": bound.amount,
            "rate": 1e-9 * bound.amount / ours.seconds,
            "fraction": 1e-9 * bound.amount / ours.seconds / peaks[bound.peak],
            "aim": bound.aim,
        }
        for bound in operation.bounds
    ]


def quickest(peers: list[Entry]) -> list[Entry]:
    """Of the peers of one name the setting that is hardest for us; one that broke where none ran."""
    best: dict[str, Entry] = {}
    for entry in peers:
        found = best.get(entry.name)
        if found is None or (not entry.error and (found.error or entry.ratio < found.ratio)):
            best[entry.name] = entry
    return list(best.values())


@dataclass
class Measured:
    """Cost against size: seconds (values,) and the slope of log(seconds) against log(size) over the larger half."""

    name: str
    axis: str
    values: list[int]
    seconds: list[float]
    arguments: dict[str, Any]  # that stayed the same
    slope: float
    fitted: int  # index of the first size that the slope was fitted to

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(scaling: Scaling, threads: int, calls: int = 5) -> Measured:
    """Time our contender at each size, all in one process: the best of so many calls."""
    process = _Process(
        worker.sweep, threads, scaling.factory, scaling.arguments, scaling.argument, list(scaling.values), calls
    )
    try:
        seconds = [float(process.receive()) for _ in scaling.values]
    finally:
        process.end()
    half = min(len(seconds) // 2, max(0, len(seconds) - 3))
    logs = np.log(np.array(scaling.values[half:], float)), np.log(seconds[half:])
    slope = float(np.polyfit(*logs, 1)[0]) if len(seconds) > 1 else float("nan")
    return Measured(scaling.name, scaling.axis, list(scaling.values), seconds, scaling.arguments, slope, half)
