"""What a task, a row, a first transfer cost, in seconds of one core and in bytes, measured on this machine."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import spinland as sl
from spinland.execution import crew as crews
from spinland.execution.orders import Done
from spinland.execution.parcels import packed
from spinland.provenance import record
from spinland.results import Result
from spinland.training import parts
from spinland.training.plan import Plan
from spinland.training.settings import TrainingSettings

from .. import images
from . import engines, works

ENGINES: tuple[Callable[[int], AbstractContextManager[engines.Measured]], ...] = (engines.local, engines.dask)
WORKERS = 2
ROW_BYTES = 4_000, 200_000, 1_600_000
LARGE = 64_000_000
"""Bytes of a reply from whose cost that of a byte is taken."""

MORE = 16
"""Rows of a write of several."""

ABOUT = {"nothing": 0}


class Inside:
    """An engine in this process: whatever remains belongs to the coordinator."""

    n_workers, threads = 2, 1

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Do it, with the bytes that would travel."""
        future: Future[Any] = Future()
        there, given = pickle.loads(pickle.dumps((function, arguments), protocol=5))
        future.set_result(pickle.loads(pickle.dumps(there(*given), protocol=5)))
        return future


def tasks(found: engines.Measured, n: int, nbytes: int) -> dict[str, float]:
    """Tasks of one row each: seconds of the coordinator, of the scheduler, and on the clock, for a task."""
    with patch.object(crews, "TASK_S", 1e-9):
        crew = crews.Crew(found.executor)
        for rows in (4 * WORKERS, n):  # a few first, so that all workers are there
            crew.add(crews.Work(works.rows_of, ABOUT, np.arange(rows), works.canary, (nbytes,)))
            begin = _clocks(found)
            for _ in crew.results():
                pass
            spent = [end - start for start, end in zip(begin, _clocks(found), strict=True)]
    return dict(zip(("coordinator", "wall", "scheduler"), (value / n for value in spent), strict=True))


def _clocks(found: engines.Measured) -> list[float]:
    scheduler = 0.0 if found.scheduler is None else engines.processor_time(found.scheduler)
    return [time.process_time(), time.perf_counter(), scheduler]


def of_engine(found: engines.Measured, quick: bool) -> dict[str, Any]:
    """A task without content, and what a byte of its reply adds."""
    n, few = (40, 2) if quick else (1000, 12)
    empty, large = tasks(found, n, 8), tasks(found, few, LARGE)
    bytes_ = {f"{name}_byte": max(0.0, (large[name] - empty[name]) / LARGE) for name in empty}
    return {"name": found.name, **empty, **bytes_, **_bare(found, n)}


def _bare(found: engines.Measured, n: int) -> dict[str, float]:
    """The same without us: submit, and wait for the result."""
    executor = found.executor.get_executor(pure=False) if found.scheduler else found.executor
    begin = time.process_time()
    for low in range(0, n, 2 * WORKERS):
        futures = [executor.submit(works.rows_of, ABOUT, np.arange(1)) for _ in range(low, min(n, low + 2 * WORKERS))]
        for future in futures:
            future.result()
    return {"bare": (time.process_time() - begin) / n}


def traffic() -> dict[str, int]:
    """Bytes of a task without content, to the worker and back."""
    orders: list[tuple[int, int]] = []

    class Counting(Inside):
        def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
            future = super().submit(function, *arguments)
            if isinstance(future.result(), Done):
                orders.append(tuple(len(pickle.dumps(x, protocol=5)) for x in (arguments, future.result())))  # type: ignore[arg-type]
            return future

    for _ in crews.spread(works.rows_of, ABOUT, 8, Counting(), works.canary, description="counted"):
        pass
    return {"there": max(there for there, _ in orders), "back": max(back for _, back in orders)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows(Result):
    """What is written."""

    params: NDArray[np.float32]


def file(row_bytes: int, quick: bool) -> dict[str, float]:
    """Rows into a file: seconds for a write of one row, and for each further row of the same write."""
    n, length = 3 if quick else 30, row_bytes // 4
    block = np.ones((MORE, length), np.float32)
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        writer = sl.Store(Path(folder) / "rows.h5").reserve(
            "rows",
            Rows,
            n * (1 + MORE),
            rows={"params": ((length,), np.float32)},
            fields={"provenance": record("benchmark")},
        )
        first = _median(lambda i: writer.write(i, params=block[0]), range(n))
        several = _median(lambda i: writer.write(np.arange(i, i + MORE), params=block), range(n, n + n * MORE, MORE))
    return {"bytes": row_bytes, "one": first, "more": max(0.0, (several - first) / (MORE - 1))}


def _median(call: Callable[[int], Any], arguments: Iterable[int]) -> float:
    taken = []
    for argument in arguments:
        begin = time.perf_counter()
        call(argument)
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken))


def memory(n: int, row_bytes: int = 4_000) -> dict[str, float]:
    """By how many bytes this process has grown, and at most, while so many rows came and were let go."""
    crew = crews.Crew(Inside())
    crew.add(crews.Work(works.rows_of, ABOUT, np.arange(n), works.canary, (row_bytes,)))
    sizes = []
    with patch.object(crews, "REPLY_BYTES", 16 * row_bytes):
        for made in crew.results():
            sizes.append(resident())
            assert made.found.nbytes == len(made.rows) * row_bytes
    settled = sizes[len(sizes) // 10 :]
    return {"rows": n, "bytes": row_bytes, "most": max(settled) - settled[0], "grown": settled[-1] - settled[0]}


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def data_set(quick: bool) -> dict[str, Any]:
    """A training on images as large as MNIST: its canary, and its first journey to the workers of each engine."""
    n = 2_000 if quick else 60_000
    data = sl.Dataset("images", *images.images(n, train=True), *images.images(n // 6))
    plan = Plan(sl.ReLUNetwork((784, 32, 10)), data, TrainingSettings(n_replicas=100, epochs=1))
    parts.canary(plan)  # compiles
    begin = time.process_time()
    parts.canary(plan)
    canary = time.process_time() - begin
    begin = time.process_time()
    parcel, arrays = packed("plan", plan)
    packing = time.process_time() - begin
    there = {"bytes": sum(view.nbytes for view in arrays.values()), "skeleton": len(parcel.skeleton)}
    found: dict[str, Any] = {"canary": canary, "packing": packing, **there, "journeys": []}
    for engine in ENGINES:
        with engine(WORKERS) as measured:
            tasks(measured, 4, 8)  # the workers are there
            found["journeys"].append({"name": measured.name, **_journey(measured, plan)})
    return found


def _journey(found: engines.Measured, plan: Plan) -> dict[str, float]:
    """Seconds until the first reply of a work about a plan, until each worker has replied, and of a task after it."""
    crew = crews.Crew(found.executor)
    crew.add(crews.Work(works.worker_of, plan, np.arange(WORKERS * 20), parts.canary))
    begin, seen, first, all_ = time.perf_counter(), set[int](), 0.0, 0.0
    with patch.object(crews, "TASK_S", 1e-9):
        for made in crew.results():
            now = time.perf_counter() - begin
            first = first or now
            all_ = all_ if made.found in seen else now
            seen.add(made.found)
    later = tasks_about(found, plan)
    return {"first": first, "all": all_, "workers": len(seen), "later": later}


def tasks_about(found: engines.Measured, plan: Plan, n: int = 40) -> float:
    """Seconds of the coordinator for a task about what all workers have."""
    crew = crews.Crew(found.executor)
    crew.add(crews.Work(works.rows_of, plan, np.arange(n), parts.canary))
    results = crew.results()
    with patch.object(crews, "TASK_S", 1e-9):
        next(results)
        begin = time.process_time()
        count = sum(1 for _ in results)
    return (time.process_time() - begin) / max(1, count)


def measured(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """All of it."""
    found: dict[str, Any] = {"engines": []}
    for engine in ENGINES:
        with engine(WORKERS) as one:
            say(f"tasks over {one.name}")
            found["engines"].append(of_engine(one, quick))
    say("rows into a file")
    found |= {"traffic": traffic(), "files": [file(row_bytes, quick) for row_bytes in ROW_BYTES]}
    say("memory")
    found["memory"] = memory(2_000 if quick else 100_000)
    say("a data set")
    found["data"] = data_set(quick)
    return found
