"""What one chunk of couplings adds to energies, gradients, their derivatives along vectors, and tables.

    E = Σ_S a_S Π_{i ∈ S} σ_i        g_j = ∂E/∂σ_j        and along a vector v   Σ_j v_j ∂E/∂σ_j,   Σ_k v_k ∂g_j/∂σ_k

A chunk is walked triangle by triangle (see ``triangle``). ``index`` holds the indices of the triangle and, last,
the row. Level a stands for the first a indices: ``before[a]`` is the product of their coordinates, and ``sums[a]``
gathers what follows them, as in Horner's scheme:

    index       i_1          i_2        …     i_{p−2}  |  matrix of the last two indices: h = S x
    before      1 → σ_{i_1} → σ_{i_1} σ_{i_2} → …      |  gradient += before · h
    sums        E ← σ_{i_1} (…) ← σ_{i_2} (…) ← …      |  ½ x·h

So a step to the next triangle costs only what the levels that change cost. Vectors come in groups of ``lanes``
numbers side by side (see ``types.Vectors``): the points first, then the vectors along which derivatives are taken.
"""

import numpy as np

from ..jit import block
from ..types import GlassWork
from ..vectors import FOLD, ROWS, fma
from .lanes import add_dots, add_scaled
from .rows import last_row, next_triangle, row_of
from .triangle import BAND, multiply_lanes, multiply_one, spread


@block
def workspace(order, vectors):
    """Room for one chunk and one tile of vectors."""
    x, lanes = vectors.x, vectors.lanes
    groups = x.shape[0]
    padded = -(-(x.shape[1] // lanes) // BAND) * BAND
    return GlassWork(
        np.empty((groups, padded * lanes), x.dtype),
        np.empty((BAND, padded) if lanes > 1 else (1, 1), x.dtype),
        np.zeros(FOLD // x.itemsize * ROWS * lanes, x.dtype),
        np.zeros((order - 1, groups, lanes)),
        np.zeros((order - 1, groups, lanes)),
        np.empty((groups, lanes), x.dtype),
        np.empty(lanes),
    )


@block
def products(couplings, low, high, vectors, work):
    """h = S x for all groups, from rows ``low`` … ``high − 1`` of one triangle, the first at couplings[0]."""
    x, lanes, h = vectors.x, vectors.lanes, work.h
    padded = -(-high // BAND) * BAND * lanes
    for g in range(x.shape[0]):
        for k in range(padded):
            h[g, k] = 0
    at = 0
    for first in range(low, high, BAND):
        last = min(high, first + BAND)
        rows = couplings[at:]
        at += (last * (last + 1) - first * (first + 1)) // 2
        if lanes == 1:
            for g in range(x.shape[0]):
                multiply_one(rows, first, last, x[g], h[g])
        else:
            spread(rows, first, last, work.rectangle)
            for g in range(x.shape[0]):
                multiply_lanes(work.rectangle, first, last, x[g], h[g], work.parts)


@block
def _dots(out, x, h, length, lanes):
    """out[:] += Σ_j x[j, :] h[j, :], in float64."""
    if lanes > 1:
        add_dots(out, x, h, length)
    else:
        total = out[0]
        for j in range(length):
            total = fma_wide(x[j], h[j], total)
        out[0] = total


@block
def fma_wide(a, b, total):
    """a·b + total in float64, rounded once."""
    return fma(np.float64(a), np.float64(b), total)


@block
def _add(out, factor, h, length, lanes):
    """out[j, :] += factor[:] h[j, :]."""
    if lanes > 1:
        add_scaled(out, factor, h, length)
    else:
        by = factor[0]
        for j in range(length):
            out[j] += by * h[j]


@block
def _enter(level, index, vectors, before):
    """Products of the coordinates of the first indices, from ``level`` down."""
    x, lanes, owner = vectors.x, vectors.lanes, vectors.owner
    points = x.shape[0] - owner.shape[0]
    for a in range(level, index.shape[0] - 1):
        at = index[a] * lanes
        for g in range(points):
            for b in range(lanes):
                before[a + 1, g, b] = before[a, g, b] * x[g, at + b]
        for v in range(owner.shape[0]):
            g, w = owner[v], points + v
            for b in range(lanes):
                before[a + 1, w, b] = before[a, w, b] * x[g, at + b] + before[a, g, b] * x[w, at + b]


@block
def _leave(level, index, vectors, work, gradient):
    """Close the sums of all levels deeper than ``level``: what they hold goes up one level each."""
    x, lanes, owner = vectors.x, vectors.lanes, vectors.owner
    before, sums = work.before, work.sums
    points = x.shape[0] - owner.shape[0]
    for a in range(index.shape[0] - 2, level - 1, -1):
        at = index[a] * lanes
        for v in range(owner.shape[0]):
            g, w = owner[v], points + v
            for b in range(lanes):
                below, along = sums[a + 1, g, b], sums[a + 1, w, b]
                gradient[w, at + b] += before[a, w, b] * below + before[a, g, b] * along
                sums[a, w, b] += x[w, at + b] * below + x[g, at + b] * along
                sums[a + 1, w, b] = 0.0
        for g in range(points):
            for b in range(lanes):
                gradient[g, at + b] += before[a, g, b] * sums[a + 1, g, b]
                sums[a, g, b] += x[g, at + b] * sums[a + 1, g, b]
                sums[a + 1, g, b] = 0.0


@block
def _gather(length, vectors, work, gradient):
    """One triangle's share of energies and gradients: energy ½ x·h, gradient h, both times ``before``."""
    x, lanes, owner = vectors.x, vectors.lanes, vectors.owner
    h, factors, scratch = work.h, work.factors, work.scratch
    before, sums = work.before[work.before.shape[0] - 1], work.sums[work.sums.shape[0] - 1]
    points = x.shape[0] - owner.shape[0]
    for g in range(x.shape[0]):
        for b in range(lanes):
            factors[g, b] = before[g, b]
    for v in range(owner.shape[0]):
        g, w = owner[v], points + v
        _dots(sums[w], x[w], h[g], length, lanes)
        _add(gradient[w], factors[w], h[g], length, lanes)
        _add(gradient[w], factors[g], h[w], length, lanes)
    for g in range(points):
        for b in range(lanes):
            scratch[b] = 0.0
        _dots(scratch, x[g], h[g], length, lanes)
        for b in range(lanes):
            sums[g, b] += 0.5 * scratch[b]
        _add(gradient[g], factors[g], h[g], length, lanes)


@block
def derivatives(chunk, vectors, energy, gradient):
    """Energies (groups, lanes) and gradients (groups, n·lanes) of one chunk of couplings.

    For a group of vectors these are the derivatives of both along the vectors.
    """
    lanes, owner, order = vectors.lanes, vectors.owner, chunk.order
    groups = vectors.x.shape[0]
    work = workspace(order, vectors)
    work.before[0, : groups - owner.shape[0]] = 1.0
    for g in range(groups):
        for k in range(gradient.shape[1]):
            gradient[g, k] = 0
    index, old = np.empty(order - 1, np.int64), np.empty(order - 1, np.int64)
    rank = chunk.start
    if rank < chunk.stop:
        row_of(rank, order, chunk.n, index)
        _enter(0, index, vectors, work.before)
    while rank < chunk.stop:
        low = index[order - 2]
        high = index[order - 3] + 1 if order > 2 else chunk.n
        high = last_row(low, high, chunk.stop - rank)
        products(chunk.values[rank - chunk.start :], low, high, vectors, work)
        rank += (high * (high + 1) - low * (low + 1)) // 2
        _gather(high, vectors, work, gradient)
        for a in range(order - 1):  # a copy would be made anew for each triangle
            old[a] = index[a]
        level = max(0, next_triangle(index)) if rank < chunk.stop else 0
        _leave(level, old, vectors, work, gradient)
        if rank < chunk.stop:
            _enter(level, index, vectors, work.before)
    for g in range(groups):  # assigning arrays would compile the message for shapes that differ
        for b in range(lanes):
            energy[g, b] = work.sums[0, g, b]


@block
def _raise_table(level, index, vectors, tables):
    """Close the tables of all levels deeper than ``level``: Σ v_a(i) T[…] goes up one level each."""
    m = vectors.shape[0]
    for a in range(index.shape[0] - 2, level - 1, -1):
        size = m ** (index.shape[0] - 1 - a + 1)
        for c in range(m):
            by = np.float64(vectors[c, index[a]])
            for t in range(size):
                tables[a, c * size + t] += by * tables[a + 1, t]
        for t in range(size):
            tables[a + 1, t] = 0.0


@block
def table(chunk, vectors, out):
    """Σ_S a_S v_{a_1}(i_1) … v_{a_p}(i_p) of one chunk, the last two places symmetric, into ``out`` (m^order,).

    The m vectors go one by one, of one lane each.
    """
    order, x = chunk.order, vectors.x
    m = x.shape[0]
    work = workspace(order, vectors)
    tables = np.zeros((order - 1, m**order))
    index, old = np.empty(order - 1, np.int64), np.empty(order - 1, np.int64)
    rank = chunk.start
    if rank < chunk.stop:
        row_of(rank, order, chunk.n, index)
    while rank < chunk.stop:
        low = index[order - 2]
        high = index[order - 3] + 1 if order > 2 else chunk.n
        high = last_row(low, high, chunk.stop - rank)
        products(chunk.values[rank - chunk.start :], low, high, vectors, work)
        rank += (high * (high + 1) - low * (low + 1)) // 2
        for a in range(m):
            for b in range(m):
                total = 0.0
                for j in range(high):
                    total = fma_wide(x[a, j], work.h[b, j], total)
                tables[order - 2, a * m + b] += 0.5 * total
        for a in range(order - 1):  # a copy would be made anew for each triangle
            old[a] = index[a]
        level = max(0, next_triangle(index)) if rank < chunk.stop else 0
        _raise_table(level, old, x, tables)
    for t in range(out.shape[0]):
        out[t] = tables[0, t]
