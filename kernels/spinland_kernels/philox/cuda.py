"""Arrays of random numbers on the card.

    thread     one Philox block, four numbers of one row       number 4·block + k − start of the row, k < 4

A stream is the same as on the cores, number by number: whole numbers and uniforms bit for bit; normals may differ by
four units in the last place, where the card fuses a product and a sum. A shuffle is one thread's work, as each exchange
needs the one before; shuffles of many replicas go side by side (:func:`permute`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from . import formula

Replicas = NDArray[np.int64] | Sequence[int]

THREADS = 256

words_of = device(formula.words)
normal_pair = device(formula.normal_pair)
bounded = device(formula.bounded)
unit = device(formula.unit)


@device
def four_normals(seed, number, step, replica, purpose):
    """Numbers 4·number … 4·number + 3 of a stream of normals."""
    a, b, c, d = words_of(seed, number, step, replica, purpose)
    x, y = normal_pair(a, b)
    z, w = normal_pair(c, d)
    return x, y, z, w


@device
def four_uniforms(seed, number, step, replica, purpose):
    """Numbers 4·number … 4·number + 3 of a stream of uniforms."""
    a, b, c, d = words_of(seed, number, step, replica, purpose)
    return unit(a), unit(b), unit(c), unit(d)


@device
def permute(out, seed, purpose, replica, step):
    """Fisher-Yates shuffle of 0 ... n-1 into ``out``, by one thread."""
    n = out.shape[0]
    for i in range(n):
        out[i] = i
    for pair in range((n - 1) // 2, -1, -1):
        a, b, c, d = words_of(seed, pair, step, replica, purpose)
        odd, even = 2 * pair + 1, 2 * pair
        if odd < n:
            other = np.int64(bounded(c, d, odd + 1))
            out[odd], out[other] = out[other], out[odd]
        if even > 0:
            other = np.int64(bounded(a, b, even + 1))
            out[even], out[other] = out[other], out[even]


@device
def _put_four(out, row, first, four):
    for k in range(4):
        if 0 <= first + k < out.shape[1]:
            out[row, first + k] = four[k]


@kernel(THREADS)
def _fill_normals(out, seed, purpose, replicas, step, start, blocks):
    item = cuda.grid(1)
    row, number = item // blocks, start // 4 + item % blocks
    if row < out.shape[0]:
        _put_four(out, row, 4 * number - start, four_normals(seed, number, step, replicas[row], purpose))


@kernel(THREADS)
def _fill_uniforms(out, seed, purpose, replicas, step, start, blocks):
    item = cuda.grid(1)
    row, number = item // blocks, start // 4 + item % blocks
    if row < out.shape[0]:
        _put_four(out, row, 4 * number - start, four_uniforms(seed, number, step, replicas[row], purpose))


def _fill(fill: Any, out: NDArray[Any], stream: tuple[int, int, int], replicas: Replicas, start: int) -> None:
    """Make the numbers on the card and bring them down."""
    seed, purpose, step = stream
    blocks = (start + out.shape[1] + 3) // 4 - start // 4
    if out.size:
        drawn = jit_cuda.empty(out.shape, out.dtype)
        numbers = jit_cuda.put(np.asarray(replicas, np.int64))
        fill[-(-out.shape[0] * blocks // THREADS)](
            drawn, np.uint64(seed), int(purpose), numbers, int(step), int(start), blocks
        )
        out[...] = jit_cuda.get(drawn)


def fill_normals(out: NDArray[Any], seed: int, purpose: int, replicas: Replicas, step: int, start: int = 0) -> None:
    """Row r of ``out`` (rows, n) gets normals ``start ...`` of stream (seed, purpose, replicas[r], step)."""
    _fill(_fill_normals, out, (seed, purpose, step), replicas, start)


def fill_uniforms(out: NDArray[Any], seed: int, purpose: int, replicas: Replicas, step: int, start: int = 0) -> None:
    """Row r of ``out`` (rows, n) gets numbers uniform on (0, 1) of stream (seed, purpose, replicas[r], step)."""
    _fill(_fill_uniforms, out, (seed, purpose, step), replicas, start)


@kernel(32)
def _fill_permutation(out, seed, purpose, replica, step):
    if cuda.grid(1) == 0:
        permute(out, seed, purpose, replica, step)


def fill_permutation(out: NDArray[np.int64], seed: int, purpose: int, replica: int, step: int) -> None:
    """Random permutation of 0 ... n-1 into the int64 array ``out``."""
    shuffled = jit_cuda.empty(out.shape, out.dtype)
    _fill_permutation[1](shuffled, np.uint64(seed), int(purpose), int(replica), int(step))
    out[...] = jit_cuda.get(shuffled)


@kernel(THREADS)
def _fill_integers(out, seed, purpose, replica, step, bound):
    i = cuda.grid(1)
    if i < out.shape[0]:
        a, b, c, d = words_of(seed, i // 2, step, replica, purpose)
        high, low = (a, b) if i % 2 == 0 else (c, d)
        out[i] = bounded(high, low, bound)


def fill_integers(out: NDArray[np.int64], seed: int, purpose: int, replica: int, step: int, bound: int) -> None:
    """Whole numbers uniform on 0 ... bound-1 into the int64 array ``out``."""
    drawn = jit_cuda.empty(out.shape, out.dtype)
    blocks = -(-out.shape[0] // THREADS)
    _fill_integers[blocks](drawn, np.uint64(seed), int(purpose), int(replica), int(step), int(bound))
    out[...] = jit_cuda.get(drawn)


@kernel(32)
def _words(seed, block, step, replica, purpose, out):
    if cuda.grid(1) == 0:
        out[0], out[1], out[2], out[3] = words_of(seed, block, step, replica, purpose)


def words(seed: int, block: int, step: int, replica: int, purpose: int) -> tuple[int, int, int, int]:
    """Four 32-bit words of one block of one stream."""
    out = jit_cuda.empty(4, np.uint64)
    _words[1](np.uint64(seed), uint64(block), int(step), int(replica), int(purpose), out)
    a, b, c, d = jit_cuda.get(out).tolist()
    return a, b, c, d
