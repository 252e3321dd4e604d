"""Processes that compile kernels into the cache while another computes.

A worker is a fresh interpreter (no copy of this one), so that threads, notebooks and scripts without ``if __name__ ==
"__main__"`` are no concern. It takes tasks from a pipe that all workers share, one after the other, until the pipe is
empty. It says what it compiled on its standard output and nothing else. Nobody depends on it: a kernel that a worker
had begun when it died is compiled by whoever needs it (:mod:`spinland_kernels.claims`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from ..execution.interpreters import environment_of

RECORD = 64
"""Bytes of a task in the pipe: all tasks together fit into the smallest pipe there is, so that writing never waits."""

MOST_WORKERS = 4
"""Beside a computation: the largest kernel takes a sixth of all, and each worker some 300 MB of memory."""


def cores() -> int:
    """Cores that the user gave to this process: of the kernels' threads, ``OMP_NUM_THREADS`` and its affinity."""
    import numba

    named = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    given = [numba.get_num_threads(), len(os.sched_getaffinity(0))]
    return min(*given, int(named)) if named.isdecimal() and int(named) else min(given)


class Workers:
    """Worker processes, killed when the ``with`` block ends.

    Parameters
    ----------
    tasks : sequence of (float type, recipe)
        What they take, the first first.
    number : int
        How many processes.
    heard : bool
        Whether `lines` will be read.

    Raises
    ------
    OSError
        No process could be started.
    """

    def __init__(self, tasks: Sequence[tuple[str, str]], number: int, heard: bool = False):
        from spinland_kernels import diskcache

        self._owner = os.getpid()
        self._processes: list[subprocess.Popen[bytes]] = []
        source, sink = os.pipe()
        try:
            os.write(sink, b"".join(_record(task) for task in tasks))
        finally:
            os.close(sink)
        hear, tell = os.pipe()
        self._output = os.fdopen(hear, encoding="utf-8", errors="replace")
        try:
            words = [sys.executable, "-P", "-W", "ignore", "-m", f"{__package__}.worker"]
            for _ in range(min(number, len(tasks))):
                self._processes.append(
                    subprocess.Popen(
                        [*words, diskcache.source_hash(), str(self._owner)],
                        stdin=source,
                        stdout=tell if heard else subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        env=environment_of(1),
                    )
                )
        except OSError:
            self.stop()
            raise
        finally:
            os.close(source)
            os.close(tell)

    def lines(self) -> Iterator[str]:
        """What the workers say, as they say it, until all have ended."""
        yield from (line.rstrip("\n") for line in self._output)

    def codes(self) -> list[int]:
        """Exit codes of the workers, once they have ended."""
        return [process.wait() for process in self._processes]

    def stop(self) -> None:
        """Kill what still runs."""
        if os.getpid() != self._owner:  # a forked child: they are not its own
            return
        for process in self._processes:
            with suppress(OSError):
                process.kill()
        for process in self._processes:
            process.wait()
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _record(task: tuple[str, str]) -> bytes:
    return "\t".join(task).encode().ljust(RECORD)


@contextmanager
def compiling_beside(tasks: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Compile what these tasks need in processes beside this one, from the first kernel that must be compiled here.

    With all kernels in the cache no process is started, nor with one core, nor where nothing can be kept. Tasks are
    taken from the last to the first: this process compiles what it needs from the first on, and they meet between.

    Parameters
    ----------
    tasks : sequence of (float type, recipe)
        In the order in which they will be needed.
    """
    from spinland_kernels import diskcache, jit

    started: list[Workers] = []

    def start(name: str) -> None:
        number = min(cores() - 1, MOST_WORKERS)
        if started or number < 1 or not sys.executable or diskcache.folder_in_use()[0] is None:
            return
        with suppress(OSError):
            started.append(Workers(tasks[::-1], number))

    forget = jit.on_compile(start, lambda name, seconds: None)
    try:
        yield
    finally:
        forget()
        for workers in started:
            workers.stop()
