"""The spherical glass on the cores.

The polynomial Σ_S a_S Π σ_i over unordered index sets S is summed row by row (see ``formula``). All couplings
are cut into chunks of whole rows, whose number depends on the size of the glass alone; points go in tiles,
their coordinates side by side. An item is (tile, chunk); the chunks of a tile are added in order. So the bits
depend neither on the number of threads nor on which points go together.
"""

import numpy as np
from numba import prange

from ..jit import block, loop, serial_loop
from . import formula
from .rows import bounds, draw_row, next_row, row_of

TILE = 64  # points whose coordinates lie side by side
_CHUNK = 1 << 17  # couplings in one chunk, at least
_MOST_CHUNKS = 64
_BUFFER = 1 << 23  # numbers in the partial gradients of the tiles that go together


def n_couplings(n, order):
    """Number of couplings of one order between ``n`` spins."""
    return int(formula.sets_below(n, order))


@loop
def _fill(out, starts, n, order, seed, purpose, disorder):
    for c in prange(starts.shape[0] - 1):
        index = np.empty(order - 1, np.int64)
        rank = row_of(starts[c], order, n, index)
        while rank < starts[c + 1]:
            length = index[order - 2] + 1
            draw_row(out[rank : rank + length], index, rank, seed, purpose, disorder)
            rank += length
            next_row(index)


def _chunks(n, order):
    total = n_couplings(n, order)
    chunks = max(1, min(_MOST_CHUNKS, total // _CHUNK))
    starts = np.empty(chunks + 1, np.int64)
    _bounds(n, order, chunks, starts)
    return starts


@serial_loop
def _bounds(n, order, chunks, out):
    bounds(n, order, chunks, out)


def fill_couplings(out, n, order, seed, purpose, disorder):
    """Draw all couplings of one order: number ``rank`` of stream (seed, purpose) for each index set."""
    _fill(out, _chunks(n, order), n, order, np.uint64(seed), purpose, disorder)


@block
def _flush(level, index, points, before, sums, gradient):
    """Close the sums of all levels deeper than ``level``: what they hold goes up one level each."""
    width = points.shape[1]
    for a in range(index.shape[0] - 1, level - 1, -1):
        i = index[a]
        for b in range(width):
            gradient[i, b] += before[a, b] * sums[a + 1, b]
            sums[a, b] += points[i, b] * sums[a + 1, b]
            sums[a + 1, b] = 0.0


@block
def _enter(level, index, points, before):
    """Products of the coordinates of the leading indices, from ``level`` down."""
    for a in range(level, index.shape[0]):
        for b in range(points.shape[1]):
            before[a + 1, b] = before[a, b] * points[index[a], b]


@block
def _row(couplings, points, product, total, gradient):
    for k in range(couplings.shape[0]):
        a = couplings[k]
        for b in range(points.shape[1]):
            total[b] += a * points[k, b]
            gradient[k, b] += a * product[b]


@block
def _chunk(couplings, low, high, n, order, seed, purpose, disorder, points, energy, gradient):
    """Energy (width,) and gradient (n, width) of the rows from rank ``low`` to ``high``."""
    index = np.empty(order - 1, np.int64)
    drawn = np.empty(n, points.dtype)
    width = points.shape[1]
    before = np.ones((order, width), points.dtype)
    sums = np.zeros((order, width), points.dtype)
    gradient[:] = 0
    rank = row_of(low, order, n, index)
    _enter(0, index, points, before)
    while True:
        length = index[order - 2] + 1
        if couplings.shape[0]:
            row = couplings[rank : rank + length]
        else:
            row = drawn[:length]
            draw_row(row, index, rank, seed, purpose, disorder)
        _row(row, points, before[order - 1], sums[order - 1], gradient)
        rank += length
        if rank >= high:
            break
        old = index.copy()
        level = next_row(index)
        _flush(level, old, points, before, sums, gradient)
        _enter(level, index, points, before)
    _flush(0, index, points, before, sums, gradient)
    for b in range(width):
        energy[b] = sums[0, b]


@loop
def _partial(couplings, starts, n, order, seed, purpose, disorder, points, energy, gradient):
    tiles, chunks = energy.shape[0], energy.shape[1]
    for item in prange(tiles * chunks):
        t, c = item // chunks, item % chunks
        _chunk(
            couplings, starts[c], starts[c + 1], n, order, seed, purpose, disorder, points[t],
            energy[t, c], gradient[t, c],
        )  # fmt: skip


def energy_gradient(couplings, n, order, seed, purpose, disorder, points):
    """Polynomial Σ_S a_S Π σ_i, (B,) float64, and its gradient (B, n), at points (B, n).

    ``couplings`` holds a_S by rank, in the type of the points; empty, they are drawn where they are needed.
    """
    starts = _chunks(n, order)
    chunks = len(starts) - 1
    rows = points.shape[0]
    energies, gradients = np.empty(rows), np.empty_like(points)
    width = min(TILE, rows)
    group = max(1, _BUFFER // (chunks * n * width)) * width
    for low in range(0, rows, group):
        part = points[low : low + group]
        tiles = -(-len(part) // width)
        padded = np.zeros((tiles * width, n), points.dtype)
        padded[: len(part)] = part
        lanes = np.ascontiguousarray(padded.reshape(tiles, width, n).transpose(0, 2, 1))
        energy = np.empty((tiles, chunks, width))
        gradient = np.empty((tiles, chunks, n, width), points.dtype)
        _partial(couplings, starts, n, order, np.uint64(seed), purpose, disorder, lanes, energy, gradient)
        energies[low : low + group] = energy.sum(axis=1).reshape(-1)[: len(part)]
        total = gradient.sum(axis=1).transpose(0, 2, 1).reshape(-1, n)
        gradients[low : low + group] = total[: len(part)]
    return energies, gradients
