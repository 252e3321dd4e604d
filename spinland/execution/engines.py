"""What carries tasks: anything with ``submit(function, *arguments)`` that returns a future."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any, Protocol

from ..errors import ArgumentError, WorkersLost
from .orders import Order, Reply

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
    alone : bool
        Whether there was no worker when they were last counted.

    Raises
    ------
    ArgumentError
        It cannot be used.
    """

    def __init__(self, executor: Any):
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise ArgumentError("executor", "something with submit(function, *arguments) -> future", executor)
        # A client of Dask, or its executor, which would fetch every reply as soon as it is made, wanted yet or not.
        client = getattr(executor, "_client", executor)
        self._client = client if hasattr(client, "scatter") and hasattr(client, "get_executor") else None
        self._executor = executor
        self._kept: dict[str, Any] = {}  # arrays by fingerprint, as futures of Dask
        self._counted = -_LOOK_AGAIN_S
        self._number = UNKNOWN
        self.cores = len(os.sched_getaffinity(0))
        self.alone = False

    def submit(self, function: Callable[[Order], Reply], order: Order, place: str = "") -> Any:
        """Start a task; returns a future with ``add_done_callback``, ``result`` and ``cancel``.

        Arrays that go with it are not put into a task of Dask, whose scheduler would hold them once for each worker:
        one worker keeps them, and the others get them from it and from each other. Such a task goes to ``place``, the
        worker that lacks them, for Dask would give it to one that has them.
        """
        if self._client is None:
            future = self._executor.submit(function, order)
        elif order.buffers:
            kept = [self._keep(name, buffer) for name, buffer in order.buffers.items()]
            bare = replace(order, buffers={})
            where = {"workers": [place], "allow_other_workers": True} if place else {}
            future = self._client.submit(_delivered, function, bare, tuple(order.buffers), *kept, pure=False, **where)
        else:
            future = self._client.submit(function, order, pure=False)
        missing = [name for name in ("add_done_callback", "result", "cancel") if not hasattr(future, name)]
        if missing:
            raise ArgumentError("executor", "one whose futures are those of PEP 3148", f"no {missing[0]} in {future!r}")
        return future

    def _keep(self, name: str, buffer: Any) -> Any:
        """An array in the memory of a worker; put there again where the last one that had it is gone."""
        if name not in self._kept or self._kept[name].status != "finished":
            self._kept[name] = self._client.scatter(buffer, hash=False)  # type: ignore[union-attr]
        return self._kept[name]

    @property
    def n_workers(self) -> int:
        """Workers that there are now, one at least."""
        if time.monotonic() - self._counted >= _LOOK_AGAIN_S:
            self._counted = time.monotonic()
            number = self._count()
            self.alone, self._number = number == 0, max(1, number)
            self.cores = self.threads or self.cores
        return self._number

    def _count(self) -> int:
        if self._client is not None:
            try:
                found = self._client.nthreads()
            except Exception as error:  # closed, or its scheduler is gone: Dask has many errors for it
                raise WorkersLost(0, error) from error
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


def _delivered(function: Callable[[Order], Reply], order: Order, names: tuple[str, ...], *arrays: Any) -> Reply:
    """A task whose arrays have come another way."""
    return function(replace(order, buffers=dict(zip(names, arrays, strict=True))))
