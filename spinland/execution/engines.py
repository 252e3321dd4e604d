"""What carries tasks: anything with ``submit(function, *arguments)`` that returns a future."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Protocol

from ..errors import ArgumentError

UNKNOWN = 64
"""Workers of an engine that does not say how many it has."""

_LOOK_AGAIN_S = 5.0


class Executor(Protocol):
    """PEP 3148: of ``concurrent.futures``, Dask, mpi4py, Parsl, executorlib, or yours.

    An attribute ``n_workers`` tells how many tasks run at a time, where it is there, and ``threads`` how many threads
    the kernels of each may use.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Start ``fn(*args)`` somewhere; returns its future."""
        ...


class Engine:
    """An executor as the coordinator sees it.

    Parameters
    ----------
    executor : Executor or a client of Dask

    Attributes
    ----------
    cores : int
        Cores of a worker, as far as is known: those of this machine where nothing is.

    Raises
    ------
    ArgumentError
        It cannot be used.
    """

    def __init__(self, executor: Any):
        self._client = None
        if callable(getattr(executor, "get_executor", None)):  # a client of Dask, whose own futures are others
            self._client = executor
            executor = executor.get_executor(pure=False)
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise ArgumentError("executor", "something with submit(function, *arguments) -> future", executor)
        self._executor = executor
        if self._client is None:
            self._client = getattr(executor, "_client", None)
        self._counted = -_LOOK_AGAIN_S
        self._number = UNKNOWN
        self.cores = len(os.sched_getaffinity(0))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Start a task; returns a future with ``add_done_callback``, ``result`` and ``cancel``."""
        future = self._executor.submit(function, *arguments)
        missing = [name for name in ("add_done_callback", "result", "cancel") if not hasattr(future, name)]
        if missing:
            raise ArgumentError("executor", "one whose futures are those of PEP 3148", f"no {missing[0]} in {future!r}")
        return future

    @property
    def n_workers(self) -> int:
        """Workers that there are now, one at least."""
        if time.monotonic() - self._counted >= _LOOK_AGAIN_S:
            self._counted = time.monotonic()
            self._number = max(1, self._count())
            self.cores = self.threads or self.cores
        return self._number

    def _count(self) -> int:
        if self._client is not None and hasattr(self._client, "nthreads"):
            found = self._client.nthreads()
            self.cores = max(found.values(), default=self.cores)
            return len(found)
        for name in ("n_workers", "num_workers", "_max_workers"):
            number = getattr(self._executor, name, None)
            if isinstance(number, int):
                return number
        return UNKNOWN

    @property
    def threads(self) -> int | None:
        """Threads for the kernels of a task; None leaves it to the worker."""
        given = getattr(self._executor, "threads", None)
        if isinstance(given, int):
            return given
        if isinstance(self._executor, ProcessPoolExecutor):  # all of them on this machine
            return max(1, len(os.sched_getaffinity(0)) // self.n_workers)
        return None
