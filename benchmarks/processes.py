"""Processes in which contenders live, each with its own number of threads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import worker
from .compare import Contender

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


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


class Process:
    """A function in a process of its own, which talks through a pipe."""

    def __init__(self, target: Callable[..., None], threads: int, *arguments: Any):
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        with _environment(threads):
            self.process = context.Process(target=target, args=(there, *arguments), daemon=True)
            self.process.start()
        there.close()

    def receive(self) -> Any:
        """The next answer; what went wrong there is raised here."""
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise RuntimeError(f"its process ended with {self.process.exitcode}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Ask it to stop, and see to it."""
        with suppress(OSError):
            self.pipe.send("stop")
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Runner:
    """A contender in its processes."""

    def __init__(self, contender: Contender):
        self.contender = contender
        cores = sorted(os.sched_getaffinity(0))[: contender.threads] if contender.pinned else None
        self.processes = [
            Process(worker.serve, contender.threads, contender.factory, contender.arguments, cores)
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
        """End all processes."""
        for one in self.processes:
            one.end()


def _used(pid: int | None) -> float:
    """Seconds of processor time of a process (Linux); NaN elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
