"""The engines that are measured, each with the processes that belong to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spinland as sl

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def processor_time(pid: int) -> float:
    """CPU seconds of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * _TICK_S


@dataclass(frozen=True)
class Measured:
    """An engine under measurement."""

    name: str
    executor: Any
    scheduler: int | None = None  # its process, where it has one


@contextmanager
def local(n_workers: int) -> Iterator[Measured]:
    """Processes of this machine, on one thread each."""
    with sl.LocalWorkers(n_workers, threads=1) as workers:
        yield Measured("LocalWorkers", workers)


@contextmanager
def dask(n_workers: int) -> Iterator[Measured]:
    """Dask, its scheduler and workers in processes of their own, as on several hosts."""
    from distributed import Client

    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    environment = {**os.environ, "PYTHONPATH": paths}
    with TemporaryDirectory() as folder:
        address, started = Path(folder) / "scheduler.json", list[subprocess.Popen[bytes]]()

        def start(kind: str, *words: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(address), *words]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(command, env=environment, cwd=folder, **quiet))  # type: ignore[call-overload]

        try:
            start("scheduler", "--port", "0", "--no-dashboard")
            _wait_for(address)
            for _ in range(n_workers):
                start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
            with Client(scheduler_file=str(address), set_as_default=False) as client:
                client.wait_for_workers(n_workers, timeout=60)
                yield Measured("Dask", client, started[0].pid)
        finally:
            for process in reversed(started):  # a worker that has lost its scheduler may look for it for ever
                process.kill()
                process.wait()


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.is_file():
        if time.monotonic() > end:
            raise RuntimeError("Dask's scheduler did not start")
        time.sleep(0.05)
