"""The first layer of a batch whose inputs are mostly zero.

Its weight and moments lie in panels (:mod:`..lanes.panels`) while the steps are taken. Each batch takes the lists of
its samples out of those of all (forward pass), and turns them into lists by input (gradient):

    whole.starts[b, sample]        block b of the inputs of any sample
         │  copy the samples of the batch, block by block
         ▼
    rows.starts[b, i]              block b of sample i of the batch
         │  spread PART samples of a block over a tile (PART, block), read it column by column
         ▼
    columns.starts[p, j]           input j in part p of the samples

The gradient is used for the optimiser's step as soon as that of a few inputs is there, while it is in the
first-level cache.
"""

import numpy as np

from ..jit import block
from ..sparse import layer
from . import blocks

#: Samples in a part of a batch: of the widest panels delta and the tile take 16 and 32 KiB in float32 with AVX2.
PART = 64

#: Inputs whose gradient is formed before the optimiser's step: of the widest panels 8 KiB with AVX2.
INPUTS = 32


@block
def _gather(whole, order, rows):
    """Lists of the samples ``order`` out of ``whole``. Unsigned indices are never asked for their sign."""
    at = 0
    for b in range(whole.starts.shape[0]):
        for i in range(order.shape[0]):
            rows.starts[b, i] = at
            for z in range(whole.starts[b, order[i]], whole.starts[b, order[i] + 1]):
                rows.places[np.uint64(at)] = whole.places[np.uint64(z)]
                rows.values[np.uint64(at)] = whole.values[np.uint64(z)]
                at += 1
        rows.starts[b, order.shape[0]] = at


@block
def _spread(rows, b, low, count, tile):
    """The numbers of block ``b`` of ``count`` samples, from ``low`` on, among zeros: tile (count, columns)."""
    width = rows.columns
    for k in range(count * width):
        tile[k] = 0
    for i in range(count):
        for z in range(rows.starts[b, low + i], rows.starts[b, low + i + 1]):
            tile[np.uint64(i * width + rows.places[np.uint64(z)])] = rows.values[np.uint64(z)]


@block
def _list_columns(tile, width, count, starts, columns, to):
    """Append the lists of the tile's columns, as many as ``starts`` has room for; returns where they end.

    Every number is written, and the next overwrites it if it was zero: quicker than a branch.
    """
    end = np.uint64(to)
    for j in range(starts.shape[0]):
        starts[j] = end
        for i in range(count):
            value = tile[np.uint64(i * width + j)]
            columns.values[end] = value
            columns.places[end] = i
            end += np.uint64(value != 0)
    return np.int64(end)


@block
def gather(whole, order, inputs, rows, columns, tile):
    """Lists of the samples ``order``, by sample and by input, out of those of all; ``tile`` is workspace."""
    _gather(whole, order, rows)
    to, n = 0, order.shape[0]
    for low in range(0, n, columns.columns):
        count = min(columns.columns, n - low)
        part = low // columns.columns
        for b in range(rows.starts.shape[0]):
            first = b * rows.columns
            last = min(first + rows.columns, inputs)
            _spread(rows, b, low, count, tile)
            to = _list_columns(tile, rows.columns, count, columns.starts[part, first:last], columns, to)
        columns.starts[part, inputs] = to


@block
def update_weight(state, first_unit, shape, columns, rows, work, optimiser, c):
    """Gradient of a panel of the weight and the step along it, some inputs at a time.

    ``shape`` is (inputs, lanes) of the panel that begins at unit ``first_unit``; delta lies in ``work.turned``, a row
    of lanes for each of the ``rows`` samples.
    """
    (inputs, lanes), gradient, zero = shape, work.gradient, 0
    for first in range(zero, inputs, INPUTS):
        some = first, min(INPUTS, inputs - first)
        size = some[1] * lanes
        gradient[:size] = 0
        layer.add_gradient(columns, 0, rows, some, work.turned, 0, gradient, 0, lanes)
        at = first_unit * inputs + first * lanes
        blocks.update(state, at, at + size, gradient, optimiser, c)
