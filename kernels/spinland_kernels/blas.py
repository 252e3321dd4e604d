"""Matrix products inside compiled code, one thread each, with strides and accumulation.

Numba's ``np.dot`` can neither add to its output nor read a block of a larger matrix. The symbol that it
calls itself (``numba_xxgemm``, the BLAS that SciPy brings) can do both, and a call by name keeps the
caller cacheable.
"""

from __future__ import annotations

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
    "numba_xxgemm",
    types.intc(_CHAR, _CHAR, _CHAR, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT, _INT),
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
        n, m, k,
        scale.ctypes.data, b.ctypes.data, ldb, a.ctypes.data, lda,
        scale.ctypes.data + size, c.ctypes.data, ldc,
    )  # fmt: skip


@cache
def _controller() -> ThreadpoolController:
    import scipy.linalg.cython_blas  # noqa: F401  SciPy's BLAS must be loaded to be found

    return ThreadpoolController()


@contextmanager
def single_threaded() -> Iterator[None]:
    """Run every BLAS on one thread: the cores are busy with whole items, and the bits stay the same."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
