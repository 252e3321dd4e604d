"""Kernels in company: in forked processes, and called from several threads at once.

A forked process is a copy with one thread. GNU OpenMP, the usual threading layer of Numba, does not survive that:
the first parallel loop in the child ends it by a signal, and whoever waits for its answer waits for ever. The same
holds for locks that another thread held at the fork. So a child that cannot work is told so, in words.

The layer ``workqueue``, which Numba takes where there is no OpenMP, ends the process when two threads enter loops
at once. There they take turns.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_HOW = 'start processes with multiprocessing.get_context("spawn") (or "forkserver"), or fork before the first kernel'


class _Company:
    """Who is inside a kernel in this process, and whether it may run any."""

    def __init__(self) -> None:
        self.refusal = ""
        self.inside: set[int] = set()  # threads
        self.turns: threading.RLock | None = None  # where only one thread may be inside
        self.knows_layer = False
        self.looking = threading.Lock()

    def look_at_layer(self) -> None:
        with self.looking:
            if not self.knows_layer:
                numba.get_num_threads()  # starts the threads, if they are not running yet
                if numba.threading_layer() == "workqueue":
                    self.turns = threading.RLock()
                self.knows_layer = True


_here = _Company()


def _after_fork() -> None:
    """In the child: locks and threads of the parent are gone."""
    global _here
    before, _here = _here, _Company()
    _here.refusal = before.refusal
    if before.inside - {threading.get_ident()}:
        _here.refusal = f"this process was forked while another thread was inside a kernel; {_HOW}"
    try:
        layer = numba.threading_layer()
    except ValueError:  # no threads yet
        return
    if layer == "omp":
        _here.refusal = (
            f"this process was forked after its parent had used kernels, whose threads (OpenMP) do not survive it; "
            f"{_HOW}, or set NUMBA_THREADING_LAYER=workqueue before Python starts"
        )


os.register_at_fork(after_in_child=_after_fork)


def in_company(dispatcher: Any, function: F, parallel: bool) -> F:
    """Make an entry point that may be called from any thread and, where it cannot work, says why.

    Parameters
    ----------
    dispatcher
        What Numba made of ``function``; an attribute of the result under the same name.
    function : function
        Lends name and documentation.
    parallel : bool
        Whether it starts threads.

    Returns
    -------
    function
        It raises RuntimeError in a forked process whose parent had used kernels.
    """

    @wraps(function)
    def entry_point(*args: Any) -> Any:
        here = _here
        if here.refusal:
            raise RuntimeError(here.refusal)
        if parallel and not here.knows_layer:
            here.look_at_layer()
        thread = threading.get_ident()
        here.inside.add(thread)
        try:
            if parallel and here.turns is not None:
                with here.turns:
                    return dispatcher(*args)
            return dispatcher(*args)
        finally:
            here.inside.discard(thread)

    entry_point.dispatcher = dispatcher  # type: ignore[attr-defined]
    return cast(F, entry_point)
