"""Couplings from their ranks: normal numbers and signs, many at once.

Coupling ``rank`` has number ``rank`` of the stream (seed, purpose), replica 0 for normals and 1 for signs. Four
normals come from one Philox block, 128 signs from one:

    words of block k    a  31 … 1 0     b  31 … 1 0     c  31 … 1 0     d  31 … 1 0
    signs               128k + 31 … 0   … 63 … 32       … 95 … 64       … 127 … 96        bit 1: −1, bit 0: +1
"""

import math

import numpy as np
from numba import float64, int32, int64, uint64

from ..jit import block
from ..philox.normals import fill_words, normals_into
from ..types import GAUSSIAN
from .formula import orderings

_SIGNS = 128  # in one Philox block
_BLOCKS = 32  # Philox blocks at once: their signs, 32 kB, stay in the nearest cache


@block
def _signs_of(words, count, out):
    for b in range(count):
        for w in range(4):
            word = int64(words[w, b])
            at = _SIGNS * b + 32 * w
            for k in range(32):
                out[at + k] = float64(int32(1 - 2 * ((word >> k) & 1)))


@block
def _signs_into(out, seed, purpose, start):
    """Signs ``start`` … of a stream."""
    words = np.empty((4, _BLOCKS), np.uint64)
    drawn = np.empty(_SIGNS * _BLOCKS)
    end = start + out.shape[0]
    for first in range(start // _SIGNS, (end + _SIGNS - 1) // _SIGNS, _BLOCKS):
        count = min(_BLOCKS, (end + _SIGNS - 1) // _SIGNS - first)
        fill_words(words, count, seed, first, 0, 1, purpose)
        _signs_of(words, count, drawn)
        shift = _SIGNS * first - start
        for k in range(max(0, -shift), min(_SIGNS * count, end - _SIGNS * first)):
            out[k + shift] = drawn[k]


@block
def draw_rows(out, index, low, high, rank, couplings):
    """Couplings of rows ``low`` … ``high − 1`` of one triangle, the first of rank ``rank``: sqrt(orderings) z.

    The sum of the orderings of one set is normal with that variance, so one number stands for all. ``index``
    (order − 1,) holds the indices of the triangle and room for that of a row; ``couplings`` names the stream.
    """
    seed = uint64(couplings.seed)
    if couplings.disorder == GAUSSIAN:
        normals_into(out, 1.0, seed, couplings.purpose, 0, 0, rank)
    else:
        _signs_into(out, seed, couplings.purpose, rank)
    at = 0
    for row in range(low, high):
        index[index.shape[0] - 1] = row
        scale = math.sqrt(orderings(index, -1))
        for k in range(at, at + row):
            out[k] *= scale
        out[at + row] *= math.sqrt(orderings(index, row))
        at += row + 1
