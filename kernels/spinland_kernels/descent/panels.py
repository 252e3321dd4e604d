"""The first layer while it is trained: its weight in panels of units, multiplied by lists of numbers.

A panel holds the weights of up to four vectors of units: for each input a row of them, filled up with zeros to
whole vectors. So an input's products, in the forward pass and in the gradient, are those of one number with a
row whose sums stay in registers, and an input that is zero costs nothing.
"""

from ..jit import block
from ..mlp.lists import MOST, sparse_product
from ..vectors import BYTES
from . import blocks
from .sparse import INPUTS, SAMPLES

#: Inputs whose gradient is formed before the optimiser's step, a divisor of ``INPUTS``: it stays in the first cache.
ROWS = 32


def lanes_of_all(width, itemsize):
    """Units, filled up to whole vectors."""
    lanes = BYTES // itemsize
    return -(-int(width) // lanes) * lanes


def most_lanes(itemsize):
    """Units of the widest panel."""
    return MOST * BYTES // itemsize


@block
def vectors_of(low, width, itemsize):
    """Vectors in a row of the panel that begins at unit ``low``."""
    lanes = BYTES // itemsize
    return min((width - low + lanes - 1) // lanes, MOST)


@block
def _multiply(width, out, lists, cell, count, table, table_at):
    """out[r] += Σ_k values[k] table[places[k]] for rows of ``width`` vectors, k in list ``cell + r``."""
    cuts, places, values = lists
    sparse_product(cuts, cell, cell + count, values, places, table, table_at, out, 0, width)


@block
def copy_panels(weight, panels, into):
    """Copy a weight (units, inputs) ``into`` panels, or back."""
    units, inputs = weight.shape
    step = BYTES // weight.itemsize
    at = 0
    for low in range(0, units, step * MOST):
        lanes = step * vectors_of(low, units, weight.itemsize)
        for part in range(0, lanes, step):
            for j in range(inputs):
                place = at + j * lanes + part
                for unit in range(low + part, min(low + part + step, units)):
                    if into:
                        panels[place + unit - low - part] = weight[unit, j]
                    else:
                        weight[unit, j] = panels[place + unit - low - part]
                if into:
                    for lane in range(units - low - part, step):
                        panels[place + lane] = 0
        at += inputs * lanes


@block
def _begin_sums(sums, bias, low, lanes, rows):
    """Every row of ``sums`` is the bias of the panel's units, or zero."""
    for i in range(rows):
        for c in range(lanes):
            sums[i * lanes + c] = 0
        for c in range(min(lanes, bias.shape[0] - low)):
            sums[i * lanes + c] = bias[low + c]


@block
def _keep_sums(sums, out, low, lanes, rectify):
    """Outputs of the panel's units, rectified or not."""
    zero = out.dtype.type(0)
    for i in range(out.shape[0]):
        for c in range(min(lanes, out.shape[1] - low)):
            z = sums[i * lanes + c]
            out[i, low + c] = zero if rectify and z <= 0 else z


@block
def forward(panels, inputs, bias, lists, sums, out, rectify):
    """Outputs (rows, units) of the layer for a batch's lists; a bias (units,) or an empty one."""
    rows, units = out.shape
    step = BYTES // out.itemsize
    at = 0
    for low in range(0, units, step * MOST):
        width = vectors_of(low, units, out.itemsize)
        lanes = width * step
        _begin_sums(sums, bias, low, lanes, rows)
        for first in range(0, inputs, INPUTS):
            cell = first // INPUTS * rows
            _multiply(width, sums, lists, cell, rows, panels, at + first * lanes)
        _keep_sums(sums, out, low, lanes, rectify)
        at += inputs * lanes


@block
def _pack(delta, low, lanes, packed):
    """Columns of a panel's units, filled up with zeros."""
    rows, units = delta.shape
    for i in range(rows):
        for c in range(min(lanes, units - low)):
            packed[i * lanes + c] = delta[i, low + c]
        for c in range(units - low, lanes):
            packed[i * lanes + c] = 0


@block
def update_weight(panels, first_moment, second_moment, inputs, lists, delta, packed, gradient, rule, c):
    """Gradient of the weight from delta (rows, units) and the step along it, a block of inputs at a time."""
    rows, units = delta.shape
    step = BYTES // delta.itemsize
    at = 0
    for low in range(0, units, step * MOST):
        width = vectors_of(low, units, delta.itemsize)
        lanes = width * step
        _pack(delta, low, lanes, packed)
        for first in range(0, inputs, ROWS):
            count = min(first + ROWS, inputs) - first
            size = count * lanes
            for i in range(size):
                gradient[i] = 0
            parts = (rows + SAMPLES - 1) // SAMPLES
            for part in range(parts):
                cell = (first // INPUTS * parts + part) * INPUTS + first % INPUTS
                _multiply(width, gradient, lists, cell, count, packed, part * SAMPLES * lanes)
            here = at + first * lanes
            blocks.update(panels, first_moment, second_moment, here, here + size, gradient[:size], rule, c)
        at += inputs * lanes
