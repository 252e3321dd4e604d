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


@block
def _uniforms_into(out, seed, purpose, replica, step, start):
    """Numbers ``start ...`` of one stream; each block is made once."""
    n = out.shape[0]
    for number in range(start // 4, (start + n + 3) // 4):
        w = formula.words(seed, number, step, replica, purpose)
        for k in range(4):
            i = 4 * number + k - start
            if 0 <= i < n:
                out[i] = formula.unit(w[k])


@loop
def _fill_uniforms(out, seed, purpose, replicas, step, start):
    rows, n = out.shape
    chunks = (n + CHUNK - 1) // CHUNK
    for item in prange(rows * chunks):
        row = item // chunks
        low = (item % chunks) * CHUNK
        high = min(low + CHUNK, n)
        _uniforms_into(out[row, low:high], seed, purpose, replicas[row], step, start + low)


def fill_uniforms(out: NDArray[Any], seed: int, purpose: int, replicas: Replicas, step: int, start: int = 0) -> None:
    """Row r of ``out`` (rows, n) gets numbers uniform on (0, 1) of stream (seed, purpose, replicas[r], step)."""
    _fill_uniforms(out, np.uint64(seed), purpose, np.asarray(replicas, np.int64), step, start)


@block
def _exchange(out, i, drawn):
    k = np.int64(drawn)
    out[i], out[k] = out[k], out[i]


@block
def permute(out, seed, purpose, replica, step):
    """Fisher-Yates shuffle of 0 ... n-1 into ``out``; element i uses half a block of the stream."""
    n = out.shape[0]
    for i in range(n):
        out[i] = i
    for pair in range((n - 1) // 2, -1, -1):
        w = formula.words(seed, pair, step, replica, purpose)
        odd, even = 2 * pair + 1, 2 * pair
        if odd < n:
            _exchange(out, odd, formula.bounded(w[2], w[3], odd + 1))
        if even > 0:
            _exchange(out, even, formula.bounded(w[0], w[1], even + 1))


@serial_loop
def _fill_permutation(out, seed, purpose, replica, step):
    permute(out, seed, purpose, replica, step)


def fill_permutation(out: NDArray[np.int64], seed: int, purpose: int, replica: int, step: int) -> None:
    """Random permutation of 0 ... n-1 into the int64 array ``out``."""
    _fill_permutation(out, np.uint64(seed), purpose, replica, step)


@block
def draw(out, seed, purpose, replica, step, bound):
    """Whole numbers uniform on 0 ... bound-1 into ``out``; each uses half a block of the stream."""
    for i in range(out.shape[0]):
        w = formula.words(seed, i // 2, step, replica, purpose)
        if i % 2 == 0:
            out[i] = formula.bounded(w[0], w[1], bound)
        else:
            out[i] = formula.bounded(w[2], w[3], bound)


@serial_loop
def _fill_integers(out, seed, purpose, replica, step, bound):
    draw(out, seed, purpose, replica, step, bound)


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
