"""Lists of the samples' numbers other than zero.

A list holds the numbers of a sample and the inputs to which they belong, in rising order, and is cut where a
new block of inputs begins: what the numbers of a block are multiplied with stays in the first cache.
"""

import numpy as np
from numba import prange

from ..jit import block, loop

INPUTS = 64  # inputs in a block: their weights in a panel of 256 bytes are half of the first cache
SAMPLES = 64  # samples in a part of a batch
MOST = 0.4  # share of numbers other than zero up to which the lists are faster than matrix products


@loop
def _count(x, ends):
    for i in prange(x.shape[0]):
        for b in range(ends.shape[1]):
            total = 0
            for j in range(b * INPUTS, min((b + 1) * INPUTS, x.shape[1])):
                total += x[i, j] != 0
            ends[i, b] = total


@loop
def _list(x, cuts, places, values):
    for i in prange(x.shape[0]):
        at = cuts[i, 0]
        for j in range(x.shape[1]):
            if x[i, j] != 0:
                places[at] = j
                values[at] = x[i, j]
                at += 1


def lists_of_samples(x):
    """Numbers other than zero of the samples ``x`` (n, d), or empty lists where most are not zero.

    Returns
    -------
    cuts : int64 array (n, ceil(d / INPUTS) + 1), or (0, 1)
        Where the inputs of each block begin in the lists; the last column is where the sample ends.
    places : int32 array
        The inputs.
    values : float array
        Their numbers.
    """
    n, d = x.shape
    counts = np.empty((n, -(-d // INPUTS)), np.int64)
    _count(x, counts)
    total = int(counts.sum())
    if total > MOST * x.size:
        return np.empty((0, 1), np.int64), np.empty(0, np.int32), np.empty(0, x.dtype)
    cuts = np.zeros((n, counts.shape[1] + 1), np.int64)
    ends = np.cumsum(counts).reshape(counts.shape)
    cuts[:, 1:] = ends
    cuts[1:, 0] = ends[:-1, -1]
    places, values = np.empty(total, np.int32), np.empty(total, x.dtype)
    _list(x, cuts, places, values)
    return cuts, places, values


@block
def _list_columns(tile, low, high, width, cuts, cell, to, samples, numbers):
    """Append the numbers of ``width`` columns, rows ``low ... high-1`` of a tile; returns where the lists end.

    Every number is written, and the next overwrites it if it was zero: quicker than a branch. Unsigned indices
    spare the question whether they count from the end.
    """
    end = np.uint64(to)
    for j in range(INPUTS):
        cuts[cell + j] = end
        if j < width:
            for i in range(low, high):
                value = tile[np.uint64(i * INPUTS + j)]
                numbers[end] = value
                samples[end] = np.int32(i - low)
                end += np.uint64(value != 0)
    return np.int64(end)


@block
def gather_lists(whole, order, batch, by_input, tile, inputs):
    """Lists of the samples ``order``, by sample and by input.

    List b rows + i of ``batch`` is that of sample i in block b of inputs, its places counted from the beginning
    of the block. List (b parts + p) INPUTS + j of ``by_input`` is that of input j of the block in part p of the
    samples, its places counted from the beginning of the part. ``tile`` holds rows · INPUTS numbers.
    """
    cuts, places, values = whole
    batch_cuts, batch_places, batch_values = batch
    ends, samples, numbers = by_input
    rows = order.shape[0]
    at, to, cell = 0, 0, 0
    for b in range(cuts.shape[1] - 1):
        first = b * INPUTS
        for i in range(rows * INPUTS):
            tile[i] = 0
        for i in range(rows):
            batch_cuts[b * rows + i] = at
            for k in range(cuts[order[i], b], cuts[order[i], b + 1]):
                place = places[np.uint64(k)] - first
                batch_places[np.uint64(at)] = place
                batch_values[np.uint64(at)] = values[np.uint64(k)]
                tile[np.uint64(i * INPUTS + place)] = values[np.uint64(k)]
                at += 1
        for low in range(0, rows, SAMPLES):
            high = min(low + SAMPLES, rows)
            to = _list_columns(tile, low, high, inputs - first, ends, cell, to, samples, numbers)
            cell += INPUTS
    batch_cuts[(cuts.shape[1] - 1) * rows] = at
    ends[cell] = to
