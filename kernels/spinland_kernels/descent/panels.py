"""The first layer while it is trained: its weight in panels of units, multiplied by lists of numbers.

A panel holds the weights of up to four vectors of units: for each input a row of them, filled up with zeros to
whole vectors. So an input's products, in the forward pass and in the gradient, are those of one number with a
row whose sums stay in registers, and an input that is zero costs nothing.
"""

from .. import vectors
from ..jit import block
from ..mlp import layers
from . import blocks
from .sparse import BATCH

#: Rows of a panel whose gradient is formed before the optimiser's step: they stay in the first cache.
ROWS = 32


def lanes_of_all(width, itemsize):
    """Units, filled up to whole vectors."""
    lanes = vectors.BYTES // itemsize
    return -(-int(width) // lanes) * lanes


def most_lanes(itemsize):
    """Units of the widest panel."""
    return vectors.MOST_VECTORS * vectors.BYTES // itemsize


@block
def vectors_of(low, width, itemsize):
    """Vectors in a row of the panel that begins at unit ``low``."""
    lanes = vectors.BYTES // itemsize
    return min((width - low + lanes - 1) // lanes, vectors.MOST_VECTORS)


@block
def add_listed(count, out, out_at, values, places, first, last, rows, rows_at):
    """out[out_at:] += Σ_k values[k] rows[places[k]] for rows of ``count`` vectors."""
    if count == 4:
        vectors.add_4_listed_rows(out, out_at, values, places, first, last, rows, rows_at)
    elif count == 3:
        vectors.add_3_listed_rows(out, out_at, values, places, first, last, rows, rows_at)
    elif count == 2:
        vectors.add_2_listed_rows(out, out_at, values, places, first, last, rows, rows_at)
    else:
        vectors.add_1_listed_row(out, out_at, values, places, first, last, rows, rows_at)


@block
def copy_panels(weight, panels, into):
    """Copy a weight (units, inputs) ``into`` panels, or back."""
    units, inputs = weight.shape
    step = vectors.BYTES // weight.itemsize
    at = 0
    for low in range(0, units, step * vectors.MOST_VECTORS):
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
def forward_listed(panels, bias, lists, order, sums, out, rectify):
    """Outputs (rows, units) of the layer for the samples ``order``; a bias (units,) or none."""
    cuts, places, values = lists
    rows, units = out.shape
    step = vectors.BYTES // out.itemsize
    at = 0
    for low in range(0, units, step * vectors.MOST_VECTORS):
        count = vectors_of(low, units, out.itemsize)
        lanes = count * step
        _begin_sums(sums, bias, low, lanes, rows)
        for b in range(cuts.shape[1] - 1):
            for i in range(rows):
                sample = order[i]
                add_listed(
                    count, sums, i * lanes, values, places, cuts[sample, b], cuts[sample, b + 1], panels, at
                )
        _keep_sums(sums, out, low, lanes, rectify)
        at += panels.shape[0] // lanes_total(units, step) * lanes


@block
def lanes_total(units, step):
    """Units, filled up to whole vectors."""
    return (units + step - 1) // step * step


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
def update_listed(panels, first, second, by_input, delta, packed, gradient, rule, c):
    """Gradient of the layer's weight from delta (rows, units) and the step along it, rows of a panel at a time."""
    ends, samples, numbers = by_input
    rows, units = delta.shape
    step = vectors.BYTES // delta.itemsize
    parts = (rows + BATCH - 1) // BATCH
    inputs = panels.shape[0] // lanes_total(units, step)
    at = 0
    for low in range(0, units, step * vectors.MOST_VECTORS):
        count = vectors_of(low, units, delta.itemsize)
        lanes = count * step
        _pack(delta, low, lanes, packed)
        for begin in range(0, inputs, ROWS):
            end = min(begin + ROWS, inputs)
            part = gradient[: (end - begin) * lanes]
            for i in range(part.shape[0]):
                part[i] = 0
            for b in range(parts):
                for j in range(begin, end):
                    cell = j * parts + b
                    add_listed(
                        count, part, (j - begin) * lanes, numbers, samples, ends[cell], ends[cell + 1],
                        packed, b * BATCH * lanes,
                    )  # fmt: skip
            blocks.update(panels, first, second, at + begin * lanes, at + end * lanes, part, rule, c)
        at += inputs * lanes
