"""Matrix products inside compiled code, one thread each, with strides and accumulation.

    C = A B,  C = Aᵀ B,  C = A Bᵀ   or   C += …        A, B and C blocks of larger matrices

Numba's ``np.dot`` can neither add to its output nor read a block of a larger matrix. The symbol that it
calls itself (``numba_xxgemm``, the BLAS that SciPy brings) can do both, and a call by name keeps the
caller cacheable.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numba import types
from threadpoolctl import ThreadpoolController

from .jit import block

_CHAR, _INT = types.char, types.intp
_xxgemm: Any = types.ExternalFunction(
    "numba_xxgemm", types.intc(_CHAR, _CHAR, _CHAR, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT)
)


@block
def gemm(transpose_a, transpose_b, a, b, accumulate, c):
    """C = op(A) op(B), or C += op(A) op(B) with ``accumulate``; row-major, unit stride along rows.

    ``a``, ``b`` and ``c`` are two-dimensional of one float type; each may be a block of a larger matrix.
    """
    m, n = c.shape
    k = a.shape[0] if transpose_a else a.shape[1]
    if m == 0 or n == 0:
        return
    if k == 0:
        if not accumulate:
            c[:, :] = 0
        return
    size = c.itemsize
    scale = np.empty(2, c.dtype)
    scale[0] = 1
    scale[1] = 1 if accumulate else 0
    # Row-major C = A B is column-major C' = B' A'. A leading dimension must be at least the row length,
    # also where there is but one row, whose stride NumPy leaves undefined.
    lda = max(a.strides[0] // size, a.shape[1])
    ldb = max(b.strides[0] // size, b.shape[1])
    ldc = max(c.strides[0] // size, n)
    _xxgemm(
        ord("s") if size == 4 else ord("d"),
        ord("t") if transpose_b else ord("n"),
        ord("t") if transpose_a else ord("n"),
        n,
        m,
        k,
        scale.ctypes.data,
        b.ctypes.data,
        ldb,
        a.ctypes.data,
        lda,
        scale.ctypes.data + size,
        c.ctypes.data,
        ldc,
    )


class _Limit:
    """BLAS on one thread as long as anybody wants it, over all threads of this process.

    The first to come remembers how many threads each library had, the last to go gives them back: what overlaps
    changes nothing under another's feet. An interrupt at any point leaves at worst what the next to go mends.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users: dict[object, int] = {}  # and their threads
        self.before: list[tuple[Any, int]] = []

    def enter(self, user: object) -> None:
        libraries = _libraries()
        with self.lock:
            self.users[user] = threading.get_ident()
            if not self.before:
                self.before = [(library, library.num_threads) for library in libraries]
            for library in libraries:
                if library.num_threads != 1:
                    _set_threads(library, 1)

    def leave(self, user: object) -> None:
        with self.lock:
            self.users.pop(user, None)
            self._give_back()

    def _give_back(self) -> None:
        if not self.users:
            for library, threads in self.before:
                if threads != 1:
                    _set_threads(library, threads)
            self.before = []

    def after_fork(self) -> None:
        """In the child: the other threads are gone, and so is what they wanted."""
        self.lock = threading.Lock()
        here = threading.get_ident()
        self.users = {user: thread for user, thread in self.users.items() if thread == here}
        self._give_back()


def _set_threads(library: Any, number: int) -> None:
    """From whichever thread: threadpoolctl 3.8 obeys only the first that ever asked, and says nothing to others."""
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(number)
    release(force=True)


_limit = _Limit()
os.register_at_fork(after_in_child=_limit.after_fork)


@cache
def _libraries() -> tuple[Any, ...]:
    import scipy.linalg.cython_blas  # noqa: F401  SciPy's BLAS must be loaded to be found

    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return tuple(library for library in found if library.num_threads is not None)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Run every BLAS on one thread: the cores are busy with whole items, and the bits stay the same.

    Holds for the whole process, for as long as any thread is inside. May be nested.
    """
    user = object()
    try:
        _limit.enter(user)
        yield
    finally:
        _limit.leave(user)
