"""What one chunk of couplings adds to energies, gradients, their derivatives along vectors, and tables.

A chunk is walked triangle by triangle (see ``triangle``). ``index`` holds the indices of the triangle and, last,
the row. ``before[a]`` is the product of the coordinates of its first ``a`` indices; ``sums[a]`` gathers what
follows them. Vectors come in groups of ``lanes`` numbers side by side, (groups, n · lanes): the points first,
then the vectors along which derivatives are taken; vector group v belongs to point group ``owner[v]``.
"""

import numpy as np

from ..jit import block
from ..vectors import REGISTER, ROWS, fma
from .lanes import add_dots, add_scaled
from .rows import last_row, next_triangle, row_of
from .triangle import PANEL, multiply_lanes, multiply_one, spread


@block
def products(couplings, low, high, x, lanes, h, rectangle, parts):
    """h = S x for all groups, from rows ``low`` … ``high − 1`` of one triangle, the first at couplings[0]."""
    padded = -(-high // PANEL) * PANEL * lanes
    for g in range(x.shape[0]):
        for k in range(padded):
            h[g, k] = 0
    at = 0
    for first in range(low, high, PANEL):
        last = min(high, first + PANEL)
        rows = couplings[at:]
        at += (last * (last + 1) - first * (first + 1)) // 2
        if lanes == 1:
            for g in range(x.shape[0]):
                multiply_one(rows, first, last, x[g], h[g])
        else:
            spread(rows, first, last, rectangle)
            for g in range(x.shape[0]):
                multiply_lanes(rectangle, first, last, x[g], h[g], parts)


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
def _enter(level, index, x, lanes, owner, before):
    """Products of the coordinates of the first indices, from ``level`` down."""
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
def _leave(level, index, x, lanes, owner, before, sums, gradient):
    """Close the sums of all levels deeper than ``level``: what they hold goes up one level each."""
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
def _gather(length, x, h, lanes, owner, before, sums, factors, scratch, gradient):
    """One triangle's share of energies and gradients: energy ½ x·h, gradient h, both times ``before``."""
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
def derivatives(couplings, start, stop, n, order, x, lanes, owner, energy, gradient):  # fmt: skip
    """Energies (groups, lanes) and gradients (groups, n·lanes) of the couplings of rank ``start`` to ``stop``.

    ``couplings`` begins with that of rank ``start``. For a group of vectors these are the derivatives of both along the vectors.
    """
    groups = x.shape[0]
    index = np.empty(order - 1, np.int64)
    h, rectangle, parts = workspace(n, lanes, groups, x)
    before = np.zeros((order - 1, groups, lanes))
    before[0, : groups - owner.shape[0]] = 1.0
    sums = np.zeros((order - 1, groups, lanes))
    factors = np.empty((groups, lanes), x.dtype)
    scratch = np.empty(lanes)
    for g in range(groups):
        for k in range(gradient.shape[1]):
            gradient[g, k] = 0
    old = np.empty(order - 1, np.int64)
    rank = start
    if start < stop:
        row_of(start, order, n, index)
        _enter(0, index, x, lanes, owner, before)
    while rank < stop:
        low = index[order - 2]
        high = index[order - 3] + 1 if order > 2 else n
        high = last_row(low, high, stop - rank)
        products(couplings[rank - start :], low, high, x, lanes, h, rectangle, parts)
        rank += (high * (high + 1) - low * (low + 1)) // 2
        _gather(high, x, h, lanes, owner, before[order - 2], sums[order - 2], factors, scratch, gradient)
        for a in range(order - 1):  # a copy would be made anew for each triangle
            old[a] = index[a]
        level = max(0, next_triangle(index)) if rank < stop else 0
        _leave(level, old, x, lanes, owner, before, sums, gradient)
        if rank < stop:
            _enter(level, index, x, lanes, owner, before)
    for g in range(groups):  # assigning arrays would compile the message for shapes that differ
        for b in range(lanes):
            energy[g, b] = sums[0, g, b]


@block
def workspace(n, lanes, groups, x):
    """Room for the products, and for one panel as a rectangle."""
    padded = -(-n // PANEL) * PANEL
    h = np.empty((groups, padded * lanes), x.dtype)
    rectangle = np.empty((PANEL, padded) if lanes > 1 else (1, 1), x.dtype)
    parts = np.zeros(REGISTER // x.itemsize * ROWS * lanes, x.dtype)
    return h, rectangle, parts


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
def table(couplings, start, stop, n, order, vectors, out):
    """Σ_S a_S v_{a_1}(i_1) … v_{a_p}(i_p), the last two places symmetric, into ``out`` (m^order,); vectors (m, n)."""
    m = vectors.shape[0]
    index = np.empty(order - 1, np.int64)
    h, rectangle, parts = workspace(n, 1, m, vectors)
    tables = np.zeros((order - 1, m**order))
    old = np.empty(order - 1, np.int64)
    rank = start
    if start < stop:
        row_of(start, order, n, index)
    while rank < stop:
        low = index[order - 2]
        high = index[order - 3] + 1 if order > 2 else n
        high = last_row(low, high, stop - rank)
        products(couplings[rank - start :], low, high, vectors, 1, h, rectangle, parts)
        rank += (high * (high + 1) - low * (low + 1)) // 2
        for a in range(m):
            for b in range(m):
                total = 0.0
                for j in range(high):
                    total = fma_wide(vectors[a, j], h[b, j], total)
                tables[order - 2, a * m + b] += 0.5 * total
        for a in range(order - 1):  # a copy would be made anew for each triangle
            old[a] = index[a]
        level = max(0, next_triangle(index)) if rank < stop else 0
        _raise_table(level, old, vectors, tables)
    for t in range(out.shape[0]):
        out[t] = tables[0, t]
