"""What a worker does with a task: one at a time, on its own threads, after it has shown that its bits are ours."""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .orders import Done, Failed, Lacking, Order, Refused, Reply, difference, here
from .parcels import Sealed, Shelf


class _Place:
    """What this process has, and whose turn it is."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.shelf = Shelf()
        self.agreed: dict[tuple[str, str], str] = {}  # of a work and the hash of its canary: in what this differs


_place = _Place()


def _after_fork() -> None:
    """In a forked child: another thread of the parent may have had its turn."""
    global _place
    _place = _Place()


os.register_at_fork(after_in_child=_after_fork)


def perform(order: Order) -> Reply:
    """Do a task, or say why not. Never raises what the work itself raises: that comes back.

    Parameters
    ----------
    order : Order

    Returns
    -------
    Lacking, Refused, Failed or Done
    """
    with _place.turn:
        shelf = _place.shelf
        shelf.put(order.buffers)
        lacking = dict.fromkeys((*shelf.lacking(order.about), *shelf.lacking(order.work)))
        if lacking:
            return Lacking(tuple(lacking), str(getattr(_of_dask(), "address", "")))
        told: list[tuple[type[Warning], str]] = []
        try:
            with on_threads(order.threads), _noted(told, order):
                about = shelf.opened(order.about)
                differs = _differs(order, about)
                if differs:
                    return Refused(here(), differs)
                function, more = shelf.opened(order.work)
                begin = time.perf_counter()
                found = function(about, order.rows, *more)
                seconds = time.perf_counter() - begin
            return Done(Sealed.of(found), seconds, here(), tuple(told))
        except Exception as error:  # noqa: BLE001 (told where the results are gathered)
            return Failed(portable(error))


def portable(error: Exception) -> Exception:
    """An error that survives its journey, in other words if need be."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 (an error of somebody's own class)
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _differs(order: Order, about: Any) -> str:
    """In what the numbers of this process differ, found out once."""
    key = order.about.digest, order.standard.digest
    if key not in _place.agreed:
        _place.agreed[key] = difference(order.standard, about)
    return _place.agreed[key]


@contextmanager
def _noted(told: list[tuple[type[Warning], str]], order: Order) -> Iterator[None]:
    """Keep warnings for whoever gathers the results; in the same process they go their own way."""
    if here() == order.sender:
        yield
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told += dict.fromkeys((item.category, str(item.message)) for item in caught)


@contextmanager
def on_threads(asked: int | None) -> Iterator[None]:
    """Kernels on as many threads as the worker may use.

    That is what was asked for, else what the engine says (a worker of Dask has a number of threads), else what Numba
    has. Numba never looks at the number that engines set for OpenMP.
    """
    import numba

    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(asked or _given() or before, most)))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _given() -> int | None:
    """Threads that Dask gave to the worker that this is, None elsewhere."""
    worker = _of_dask()
    return None if worker is None else int(worker.state.nthreads)


def _of_dask() -> Any:
    """The worker of Dask that this is, None elsewhere."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.get_worker()
    except (ValueError, AttributeError):  # not on a worker
        return None
