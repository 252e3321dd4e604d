"""Matrices of second derivatives, from one pass over the rows."""

import numpy as np

from ..jit import block, vector_block
from .rows import next_triangle, row_of


@vector_block
def _row(a, x, factor, out):
    """out += factor · a; returns Σ_k a_k x_k."""
    total = x[0] * 0
    for k in range(a.shape[0]):
        total += a[k] * x[k]
        out[k] += factor * a[k]
    return total


@vector_block
def _axpy(a, factor, out):
    for k in range(a.shape[0]):
        out[k] += factor * a[k]


@block
def _without(index, x, a, b):
    """Product of the coordinates of all indices of a row but those in places ``a`` and ``b``."""
    product = x[0] * 0 + 1
    for c in range(index.shape[0]):
        if c not in (a, b):
            product *= x[index[c]]
    return product


@block
def second_derivatives(couplings, start, stop, n, order, x, out):
    """Σ_S a_S ∂²(Π σ_i) of the couplings of rank ``start`` to ``stop`` into ``out`` (n, n); returns Σ_S a_S Π σ_i.

    Each row adds three kinds: both derivatives among its first indices (once for its sum), one there and one
    in the last place (a whole row of the matrix).
    """
    for i in range(n):
        for j in range(n):
            out[i, j] = 0
    energy = 0.0
    index = np.empty(order - 1, np.int64)
    rank = start
    if start < stop:
        row_of(start, order, n, index)
    while rank < stop:
        row = index[order - 2]
        a = couplings[rank - start : rank - start + row + 1]
        rank += row + 1
        total = _row(a, x, _without(index, x, 0, 0), out[index[0]])
        for first in range(1, order - 1):
            _axpy(a, _without(index, x, first, first), out[index[first]])
            for second in range(first):
                out[index[second], index[first]] += total * _without(index, x, first, second)
        energy += np.float64(total) * _without(index, x, -1, -1)
        if row + 1 < (index[order - 3] + 1 if order > 2 else n):
            index[order - 2] += 1
        else:
            next_triangle(index)
    for i in range(n):
        for j in range(i + 1):
            both = out[i, j] + out[j, i]
            out[i, j] = both
            out[j, i] = both
    return energy
