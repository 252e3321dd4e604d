"""Arrays of random numbers on the processor.

    number i of stream (seed, purpose, replica, step)  =  f(words of block i / 4)        see ``formula``

Every number is a function of its address: rows are cut into CHUNKs, the threads share them out, and none waits for
another or for a state. Whole numbers and shuffles take half a block each, 64 bits.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop, serial_loop
from . import formula
from .normals import normals_into

Replicas = NDArray[np.int64] | Sequence[int]

CHUNK = 4096  # numbers in one parallel item, a multiple of 4


@loop
def _fill_normals(out, seed, purpose, replicas, step, start):
    rows, n = out.shape
    chunks = (n + CHUNK - 1) // CHUNK
    for item in prange(rows * chunks):
        row = item // chunks
        low = (item % chunks) * CHUNK
        high = min(low + CHUNK, n)
        normals_into(out[row, low:high], 1.0, seed, purpose, replicas[row], step, start + low)


def fill_normals(out: NDArray[Any], seed: int, purpose: int, replicas: Replicas, step: int, start: int = 0) -> None:
    """Row r of ``out`` (rows, n) gets normals ``start ...`` of stream (seed, purpose, replicas[r], step)."""
    _fill_normals(out, np.uint64(seed), purpose, np.asarray(replicas, np.int64), step, start)


@serial_loop
def _fill_uniforms(out, seed, purpose, replicas, step, start):
    for row in range(out.shape[0]):
        for i in range(out.shape[1]):
            number = start + i
            w = formula.words(seed, number // 4, step, replicas[row], purpose)
            out[row, i] = formula.unit(w[number % 4])


def fill_uniforms(out: NDArray[Any], seed: int, purpose: int, replicas: Replicas, step: int, start: int = 0) -> None:
    """Row r of ``out`` (rows, n) gets numbers uniform on (0, 1) of stream (seed, purpose, replicas[r], step)."""
    _fill_uniforms(out, np.uint64(seed), purpose, np.asarray(replicas, np.int64), step, start)


@block
def permute(out, seed, purpose, replica, step):
    """Fisher-Yates shuffle of 0 ... n-1 into ``out``; element i uses half a block of the stream."""
    n = out.shape[0]
    for i in range(n):
        out[i] = i
    for i in range(n - 1, 0, -1):
        w = formula.words(seed, i // 2, step, replica, purpose)
        if i % 2 == 0:
            j = formula.bounded(w[0], w[1], i + 1)
        else:
            j = formula.bounded(w[2], w[3], i + 1)
        k = np.int64(j)
        out[i], out[k] = out[k], out[i]


@serial_loop
def _fill_permutation(out, seed, purpose, replica, step):
    permute(out, seed, purpose, replica, step)


def fill_permutation(out: NDArray[np.int64], seed: int, purpose: int, replica: int, step: int) -> None:
    """Random permutation of 0 ... n-1 into the int64 array ``out``."""
    _fill_permutation(out, np.uint64(seed), purpose, replica, step)


@serial_loop
def _fill_integers(out, seed, purpose, replica, step, bound):
    for i in range(out.shape[0]):
        w = formula.words(seed, i // 2, step, replica, purpose)
        if i % 2 == 0:
            out[i] = formula.bounded(w[0], w[1], bound)
        else:
            out[i] = formula.bounded(w[2], w[3], bound)


def fill_integers(out: NDArray[np.int64], seed: int, purpose: int, replica: int, step: int, bound: int) -> None:
    """Whole numbers uniform on 0 ... bound-1 into the int64 array ``out``."""
    _fill_integers(out, np.uint64(seed), purpose, replica, step, bound)


@serial_loop
def _words(seed, block, step, replica, purpose):
    return formula.words(seed, block, step, replica, purpose)


def words(seed: int, block: int, step: int, replica: int, purpose: int) -> tuple[int, int, int, int]:
    """Four 32-bit words of one block of one stream."""
    a, b, c, d = _words(np.uint64(seed), block, step, replica, purpose)
    return int(a), int(b), int(c), int(d)
