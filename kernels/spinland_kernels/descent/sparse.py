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
def gather_lists(whole, order, batch, by_input, inputs):
    """Lists of the samples ``order``, by sample and by input.

    List b rows + i of ``batch`` is that of sample i in block b of inputs, with places counted from the beginning
    of the block. List p inputs + j of ``by_input`` is that of input j in part p of the samples, with places counted
    from the beginning of the part; its cuts are one longer than needed.
    """
    cuts, places, values = whole
    batch_cuts, batch_places, batch_values = batch
    ends, samples, numbers = by_input
    rows = order.shape[0]
    for cell in range(ends.shape[0]):
        ends[cell] = 0
    at = 0
    for b in range(cuts.shape[1] - 1):
        first = b * INPUTS
        for i in range(rows):
            batch_cuts[b * rows + i] = at
            begin, end = cuts[order[i], b], cuts[order[i], b + 1]
            cell = i // SAMPLES * inputs + 2
            for k in range(end - begin):
                place = places[begin + k]
                batch_places[at + k] = place - first
                batch_values[at + k] = values[begin + k]
                ends[cell + place] += 1
            at += end - begin
    batch_cuts[(cuts.shape[1] - 1) * rows] = at
    for cell in range(1, ends.shape[0]):
        ends[cell] += ends[cell - 1]
    for b in range(cuts.shape[1] - 1):
        for i in range(rows):
            part = i // SAMPLES
            cell = part * inputs + 1 + b * INPUTS
            sample = i - part * SAMPLES
            for k in range(batch_cuts[b * rows + i], batch_cuts[b * rows + i + 1]):
                place = cell + batch_places[k]
                to = ends[place]
                samples[to] = sample
                numbers[to] = batch_values[k]
                ends[place] = to + 1
