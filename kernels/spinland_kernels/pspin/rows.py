"""Rows of couplings: their indices, their multiplicities, their numbers."""

import math

import numpy as np

from ..jit import block
from ..philox import formula as philox
from ..philox.cpu import normals_into
from . import formula

GAUSSIAN, SIGNS = 0, 1


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
def next_row(index):
    """Step to the row that follows; returns the first level that changed."""
    for a in range(index.shape[0] - 1, 0, -1):
        if index[a] < index[a - 1]:
            index[a] += 1
            for b in range(a + 1, index.shape[0]):
                index[b] = 0
            return a
    index[0] += 1
    for b in range(1, index.shape[0]):
        index[b] = 0
    return 0


@block
def orderings(index, last):
    """Number of ordered tuples that have the indices ``index`` and ``last``: p! over the factorials of repeats."""
    p = index.shape[0] + 1
    result = 1.0
    run = 1
    previous = -1
    for a in range(p):
        i = index[a] if a < p - 1 else last
        run = run + 1 if i == previous else 1
        result *= (a + 1) / run
        previous = i
    return result


@block
def draw_row(out, index, start, seed, purpose, disorder):
    """Couplings of one row into ``out`` (i_{p−1} + 1,): sqrt(orderings) times a normal number or a sign.

    The sum of the orderings of one set is normal with that variance, so one number stands for all.
    """
    last = out.shape[0] - 1
    scale = math.sqrt(orderings(index, -1))
    if disorder == GAUSSIAN:
        normals_into(out, scale, seed, purpose, 0, 0, start)
    else:
        words = philox.words(seed, start // 128, 0, 1, purpose)
        for k in range(last + 1):
            rank = start + k
            if k > 0 and rank % 128 == 0:
                words = philox.words(seed, rank // 128, 0, 1, purpose)
            out[k] = scale * formula.sign_of(words, rank)
    out[last] *= math.sqrt(orderings(index, index[index.shape[0] - 1])) / scale


@block
def bounds(n, order, chunks, out):
    """Ranks (chunks + 1,) at which the chunks begin: whole rows, about equally many couplings in each."""
    total = formula.sets_below(n, order)
    index = np.empty(order - 1, np.int64)
    for c in range(chunks):
        out[c] = row_of((total * c) // chunks, order, n, index)
    out[chunks] = total
