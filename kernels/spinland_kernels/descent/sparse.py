"""The samples' numbers other than zero: by sample, once for a training, and by input, for every batch.

A list holds numbers and where they belong, in rising order. Lists of samples are cut where a new block of
inputs begins, lists of inputs where a new block of the batch begins: what a block multiplies stays in the
first cache.
"""

import numpy as np
from numba import prange

from ..jit import block, loop

INPUTS = 64  # inputs in a block: their weights in a panel of 256 bytes are half of the first cache
BATCH = 64  # samples in a block
MOST = 0.7  # share of numbers other than zero up to which the lists are faster than matrix products


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
def lists_of_inputs(cuts, places, values, order, ends, samples, numbers):
    """Sort the numbers of a batch by input and block of samples.

    Those of input j and block b end at ``ends[j * blocks + b + 1]`` and begin where the one before ends;
    ``samples`` are counted from the beginning of their block.
    """
    blocks = (order.shape[0] + BATCH - 1) // BATCH
    last = cuts.shape[1] - 1
    for cell in range(ends.shape[0]):
        ends[cell] = 0
    for i in range(order.shape[0]):
        b = i // BATCH
        for at in range(cuts[order[i], 0], cuts[order[i], last]):
            ends[places[at] * blocks + b + 2] += 1
    for cell in range(1, ends.shape[0]):
        ends[cell] += ends[cell - 1]
    for i in range(order.shape[0]):
        b = i // BATCH
        for at in range(cuts[order[i], 0], cuts[order[i], last]):
            cell = places[at] * blocks + b + 1
            samples[ends[cell]] = i - b * BATCH
            numbers[ends[cell]] = values[at]
            ends[cell] += 1
