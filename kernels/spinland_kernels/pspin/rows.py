"""Where rows of couplings lie, and the cut of all of them into chunks."""

import numpy as np

from ..jit import block
from . import formula
from .triangle import PANEL


@block
def row_of(rank, order, n, index):
    """Set ``index`` (order − 1,) to the first indices of the set of this rank; returns the rank of its row."""
    left = rank
    start = 0
    high = n
    for a in range(order - 1):
        i = formula.largest_with_rank(left, order - a, high)
        below = formula.sets_below(i, order - a)
        index[a] = i
        left -= below
        start += below
        high = i + 1
    return start


@block
def next_triangle(index):
    """Step to the triangle that follows, in all but the last place of ``index``; returns the level that changed.

    The row, in the last place, becomes 0. −1: there is but one triangle, at order 2.
    """
    last = index.shape[0] - 1
    index[last] = 0
    for a in range(last - 1, 0, -1):
        if index[a] < index[a - 1]:
            index[a] += 1
            for b in range(a + 1, last):
                index[b] = 0
            return a
    if last > 0:
        index[0] += 1
        for b in range(1, last):
            index[b] = 0
        return 0
    return -1


@block
def bounds(n, order, chunks, out):
    """Ranks (chunks + 1,) at which the chunks begin: whole panels, about equally many couplings in each."""
    total = formula.sets_below(n, order)
    index = np.empty(order - 1, np.int64)
    for c in range(chunks):
        start = row_of((total * c) // chunks, order, n, index)
        row = index[order - 2]
        low = row - row % PANEL
        out[c] = start - (row * (row + 1) - low * (low + 1)) // 2
    out[chunks] = total
