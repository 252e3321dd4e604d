"""Matrices of second derivatives, from one pass over the rows.

    H_ij = Σ_S a_S ∂²(Π σ) / ∂σ_i ∂σ_j

One row shares its first indices i_1 … i_{p−1}, its couplings a_k stand side by side, and its sum is t = Σ_k a_k σ_k.
The product of the coordinates of the first indices but some is P with these left out:

    H[i_a, i_b] += t · P(without a, b)                    two first indices
    H[i_a, :]   += a_: · P(without a)                     a first index and the last place, a whole row at once

Both halves of the matrix are then added. The full tensor would be read p! times as long.
"""

import numpy as np

from ..jit import block
from ..sums import dot
from .lanes import add_multiple
from .rows import next_triangle, row_of


@block
def _without(index, x, a, b):
    """Product of the coordinates of all indices of a row but those in places ``a`` and ``b``."""
    product = x[0] * 0 + 1
    for c in range(index.shape[0]):
        if c not in (a, b):
            product *= x[index[c]]
    return product


@block
def second_derivatives(chunk, x, out):
    """Σ_S a_S ∂²(Π σ_i) of one chunk of couplings into ``out`` (n, n); returns Σ_S a_S Π σ_i.

    Each row adds three kinds: both derivatives among its first indices (once for its sum), one there and one
    in the last place (a whole row of the matrix).
    """
    n, order = chunk.n, chunk.order
    for i in range(n):
        for j in range(n):
            out[i, j] = 0
    energy = 0.0
    index = np.empty(order - 1, np.int64)
    rank = chunk.start
    if rank < chunk.stop:
        row_of(rank, order, n, index)
    while rank < chunk.stop:
        row = index[order - 2]
        a = chunk.values[rank - chunk.start : rank - chunk.start + row + 1]
        rank += row + 1
        total = dot(a, x, row + 1)
        for first in range(order - 1):
            add_multiple(out[index[first]], _without(index, x, first, first), a, row + 1)
            for second in range(first):
                out[index[second], index[first]] += total * _without(index, x, first, second)
        energy += total * _without(index, x, -1, -1)
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
