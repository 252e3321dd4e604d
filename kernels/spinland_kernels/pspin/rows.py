"""Where rows of couplings lie, and the cut of all of them into chunks.

Order 3, four spins; every number is the rank of an index set (i_1, i_2, i_3), every block a triangle:

    i_1 = 0     i_1 = 1     i_1 = 2        i_1 = 3
    0           1           4              10               row i_2 = 0
                2  3        5  6           11 12                i_2 = 1
                            7  8  9        13 14 15             i_2 = 2
                                           16 17 18 19          i_2 = 3

Ranks run on from row to row and from triangle to triangle, and so does memory. A chunk begins where a band of rows
does; where that is depends on the size of the glass alone.
"""

import numpy as np

from ..jit import block
from . import formula
from .triangle import BAND


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
def last_row(low, high, size):
    """The row below ``high`` before which rows from ``low`` on hold ``size`` couplings, or ``high``."""
    while (high * (high + 1) - low * (low + 1)) // 2 > size:
        high -= 1
    return high


@block
def bounds(n, order, chunks, out):
    """Ranks (chunks + 1,) at which the chunks begin: whole bands, about equally many couplings in each."""
    total = formula.sets_below(n, order)
    index = np.empty(order - 1, np.int64)
    for c in range(chunks):
        start = row_of((total * c) // chunks, order, n, index)
        row = index[order - 2]
        low = row - row % BAND
        out[c] = start - (row * (row + 1) - low * (low + 1)) // 2
    out[chunks] = total
