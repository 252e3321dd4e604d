"""The first layer's weight in panels of units, and its products with lists of inputs.

A panel holds up to VECTORS vectors of units: for each input a row of their weights, the last panel filled up with
zeros to whole vectors. Drawn for vectors of 2 numbers and panels of 2 vectors:

    weight (units = 5, inputs = 3)      panel 0: units 0 … 3             panel 1: unit 4

      a0 a1 a2                            a0 b0  c0 d0   input 0           e0 0
      b0 b1 b2                            a1 b1  c1 d1   input 1           e1 0
      c0 c1 c2                            a2 b2  c2 d2   input 2           e2 0
      d0 d1 d2
      e0 e1 e2                          at number 0                      at number 4 · inputs

So an input's products, in the forward pass and in the gradient, are those of one number with a row whose sums stay
in registers (:mod:`.product`), and an input that is zero costs nothing. The panel that begins at unit ``first``
begins at number ``first · inputs``: all before it are full.

The inputs of a sample are added in rising order, one fused operation each, whatever the panels and blocks.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from ..jit import block, loop
from ..lanes.formula import not_below
from ..vectors import BYTES
from .product import VECTORS, sparse_product


def padded(units: int, itemsize: int) -> int:
    """Units, filled up to whole vectors."""
    lanes = BYTES // itemsize
    return -(-int(units) // lanes) * lanes


def widest_row(itemsize: int) -> int:
    """Units of a full panel."""
    return VECTORS * BYTES // itemsize


@block
def units_in(itemsize):
    """Units of a full panel, in compiled code."""
    return VECTORS * BYTES // itemsize


@block
def lanes_in(itemsize):
    """Units of a vector."""
    return BYTES // itemsize


@block
def vectors_of(first, units, itemsize):
    """Vectors in a row of the panel that begins at unit ``first``."""
    lanes = lanes_in(itemsize)
    return min((units - first + lanes - 1) // lanes, VECTORS)


@block
def copy_panel(weight, first, panels, into):
    """Copy the units ``first``, ... of a weight (units, inputs) into their panel, or back."""
    units, inputs = weight.shape
    step = lanes_in(weight.itemsize)
    lanes = step * vectors_of(first, units, weight.itemsize)
    for part in range(0, lanes, step):
        low = first + part
        high = min(low + step, units)
        for j in range(inputs):
            place = first * inputs + j * lanes + part
            for unit in range(low, high):
                if into:
                    panels[place + unit - low] = weight[unit, j]
                else:
                    weight[unit, j] = panels[place + unit - low]
            if into:
                for lane in range(high - low, step):
                    panels[place + lane] = 0


@loop
def copy_panels(points, inputs, units, panels, into):
    """Copy the first weights of points (B, dim) into their panels (B, size), or back."""
    wide = units_in(points.itemsize)
    each = (units + wide - 1) // wide
    for item in prange(points.shape[0] * each):
        b, first = item // each, item % each * wide
        copy_panel(points[b, : units * inputs].reshape((units, inputs)), first, panels[b], into)


@block
def _table(numbers, rows, lanes):
    """View of a workspace as rows of a panel; with an index of its own for each axis loops vectorise."""
    return numbers[: rows * lanes].reshape((rows, lanes))


@block
def _begin(sums, bias):
    """Every row of ``sums`` becomes the bias of the panel's units, zero beyond them and without a bias."""
    for i in range(sums.shape[0]):
        for c in range(bias.shape[0]):
            sums[i, c] = bias[c]
        for c in range(bias.shape[0], sums.shape[1]):
            sums[i, c] = 0


@block
def _keep(sums, out, first, floor):
    """max(sums, floor) into the columns of the panel's units; NaN stays."""
    count = min(sums.shape[1], out.shape[1] - first)
    for i in range(out.shape[0]):
        for c in range(count):
            out[i, first + c] = not_below(sums[i, c], floor)


@block
def outputs(panels, inputs, bias, lists, low, sums, out, rectified):
    """X W' + b (rows, units) for the samples ``low``, ... of ``lists``; below zero set to zero if ``rectified``.

    ``bias`` is (units,) or empty; ``sums`` has room for a full panel's row for each sample.
    """
    rows, units = out.shape
    floor = out.dtype.type(0) if rectified else out.dtype.type(-np.inf)
    for first in range(0, units, units_in(out.itemsize)):
        width = vectors_of(first, units, out.itemsize)
        lanes = width * lanes_in(out.itemsize)
        table = _table(sums, rows, lanes)
        _begin(table, bias[first : first + lanes])
        for b in range(lists.starts.shape[0]):
            cell = b * lists.starts.shape[1] + low
            at = first * inputs + b * lists.columns * lanes
            sparse_product(lists, cell, rows, panels, at, sums, 0, width)
        _keep(table, out, first, floor)


@block
def load(delta, first, lanes, packed):
    """The columns of a panel's units of delta (rows, units) as rows of lanes, filled up with zeros."""
    table = _table(packed, delta.shape[0], lanes)
    count = min(lanes, delta.shape[1] - first)
    for i in range(table.shape[0]):
        for c in range(count):
            table[i, c] = delta[i, first + c]
        for c in range(count, lanes):
            table[i, c] = 0


@block
def add_gradient(lists, low, high, inputs, packed, gradient, at, width):
    """Add delta' X of samples ``low`` … ``high`` − 1 for the ``inputs`` (first, number), a row of a panel for each.

    ``lists`` are those of the inputs, cut into blocks of samples; ``low`` is where a block begins. ``packed`` holds
    delta (:func:`load`), and the rows begin at number ``at`` of ``gradient``.
    """
    first, count = inputs
    lanes = width * lanes_in(packed.itemsize)
    for b in range(low // lists.columns, (high + lists.columns - 1) // lists.columns):
        cell = b * lists.starts.shape[1] + first
        sparse_product(lists, cell, count, packed, (b * lists.columns - low) * lanes, gradient, at, width)
