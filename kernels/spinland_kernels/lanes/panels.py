"""Matrices in panels of a few units, and their products, whose sums stay in registers.

A panel holds up to VECTORS vectors of units, the last of them filled up to a whole vector: row by row the numbers of
its units. Drawn for vectors of 2 numbers and panels of 2 vectors:

    matrix (rows = 3, units = 5)         panel 0: units 0 … 3            panel 1: unit 4

      a0 b0 c0 d0 e0                       a0 b0  c0 d0   row 0            e0 ·
      a1 b1 c1 d1 e1                       a1 b1  c1 d1   row 1            e1 ·
      a2 b2 c2 d2 e2                       a2 b2  c2 d2   row 2            e2 ·

                                         at number 0                     at number 4 · rows

The panel that begins at unit ``first`` begins at number ``first · rows``: all before it are full. Rows are samples, of
the values of a layer, or inputs, of its weight turned round, so that a product's row of sums is a row of a panel
whatever is multiplied (:mod:`.product`, and :mod:`..sparse` where most numbers are zero). What fills up a panel is
never a factor of what is asked for.
"""

from __future__ import annotations

import numpy as np

from ..jit import arithmetic, block
from ..vectors import BYTES, REGISTER, REGISTERS, SHUFFLE
from .interleaving import interleave
from .product import Begin, Rows, Spread, table_product

#: Most vectors in a row: their sums take half of the registers, 4 vectors with AVX2, and 8 keep both units busy.
VECTORS = min(8, REGISTERS * REGISTER // BYTES // 2)


@arithmetic
def lanes_in(itemsize):
    """Numbers of a vector."""
    return BYTES // itemsize


@arithmetic
def padded(units, itemsize):
    """Units, filled up to whole vectors."""
    lanes = lanes_in(itemsize)
    return (units + lanes - 1) // lanes * lanes


@arithmetic
def units_in(itemsize):
    """Units of a full panel."""
    return VECTORS * lanes_in(itemsize)


@arithmetic
def lanes_of(first, units, itemsize):
    """Numbers in a row of the panel that begins at unit ``first``."""
    return min(units_in(itemsize), padded(units - first, itemsize))


@block
def _panel(numbers, at, rows, lanes):
    """View of a panel (rows, lanes); with an index of its own for each axis loops vectorise."""
    return numbers[at : at + rows * lanes].reshape((rows, lanes))


@block
def copy_rows(matrix, panels, to):
    """A matrix (rows, units) as panels, from number ``to`` on, filled up with zeros."""
    rows, units = matrix.shape
    for first in range(0, units, units_in(matrix.itemsize)):
        lanes = lanes_of(first, units, matrix.itemsize)
        panel, count = _panel(panels, to + rows * first, rows, lanes), min(lanes, units - first)
        for i in range(rows):
            for c in range(count):
                panel[i, c] = matrix[i, first + c]
            for c in range(count, lanes):
                panel[i, c] = 0


@block
def copy_panel(weight, first, panels, to, into):
    """The units ``first``, ... of a weight (units, inputs), turned round, into their panel, or back.

    The panels of the weight begin at number ``to``.
    """
    units, inputs = weight.shape
    step, group = lanes_in(weight.itemsize), SHUFFLE // weight.itemsize
    lanes = lanes_of(first, units, weight.itemsize)
    for part in range(0, lanes, step):
        low = first + part
        high = min(low + step, units)
        done = inputs // group * group if into and high - low == step else 0
        if done > 0:
            interleave(weight, Rows(low * inputs, inputs), panels, Rows(to + first * inputs + part, lanes), done)
        for j in range(done, inputs):
            place = to + first * inputs + j * lanes + part
            for unit in range(low, high):
                if into:
                    panels[place + unit - low] = weight[unit, j]
                else:
                    weight[unit, j] = panels[place + unit - low]
            if into:
                for lane in range(high - low, step):
                    panels[place + lane] = 0


@block
def multiply(a, of, b, b_at, begin, shape, out, to, floor):
    """out = max(begin + A B, floor) of A (rows, depth) and B (depth, units), in panels; ``shape`` is those three.

    ``of`` (:class:`.product.Rows`) says where the rows of A lie, one panel after the other where its step is zero. All
    sums begin with the row (units,) at number ``begin`` of the array ``b``, or, where it is negative, with out.
    """
    rows, depth, units = shape
    wide, unlimited = units_in(out.itemsize), out.dtype.type(-np.inf)
    most = wide if of.step == 0 else depth
    for first in range(0, units, wide):
        lanes = lanes_of(first, units, out.itemsize)
        place = Rows(to + rows * first, lanes)
        for low in range(0, depth, most):
            some = min(most, depth - low)
            factors = Spread(of.at + rows * low, of.step or lanes_of(low, depth, out.itemsize), 1)
            least = floor if low + some == depth else unlimited
            row = Rows(b_at + depth * first + low * lanes, lanes)
            start = Begin(-1, begin + first if begin >= 0 and low == 0 else -1)
            table_product(a, factors, start, b, row, out, place, (rows, some, lanes), least)


@block
def multiply_turned(a, of, b, b_at, shape, out, to):
    """out += A' B of A (rows, depth) and B (rows, units) likewise; ``shape`` is those three."""
    rows, depth, units = shape
    wide, unlimited = units_in(out.itemsize), out.dtype.type(-np.inf)
    most = wide if of.step == 0 else depth
    for first in range(0, units, wide):
        lanes = lanes_of(first, units, out.itemsize)
        row = Rows(b_at + rows * first, lanes)
        for low in range(0, depth, most):
            some = min(most, depth - low)
            factors = Spread(of.at + rows * low, 1, of.step or lanes_of(low, depth, out.itemsize))
            place = Rows(to + depth * first + low * lanes, lanes)
            table_product(a, factors, Begin(-1, -1), b, row, out, place, (some, rows, lanes), unlimited)


@block
def add_rows(one, a, at, shape, out, to):
    """out (units,), from number ``to`` on, += the sum over rows of A (rows, units) in panels; ``one`` holds a 1."""
    rows, units = shape
    for first in range(0, units, units_in(out.itemsize)):
        lanes = lanes_of(first, units, out.itemsize)
        row, size, zero = Rows(at + rows * first, lanes), (1, rows, lanes), 0
        unlimited = out.dtype.type(-np.inf)
        table_product(one, Spread(zero, 0, 0), Begin(-1, -1), a, row, out, Rows(to + first, lanes), size, unlimited)
