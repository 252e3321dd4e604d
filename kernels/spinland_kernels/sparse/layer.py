"""The first layer's products with lists: an input that is zero costs nothing.

Forward pass and gradient multiply lists with rows of panels (:mod:`..lanes.panels`), whose sums stay in registers
(:mod:`.product`):

    lists of samples    Z (samples, units)  = X W' + b      row ``place`` of a panel of the weight for each number
    lists of inputs     G (inputs, units)  += X' δ          row ``place`` of a panel of δ

The numbers of a list are added in rising order, one fused operation each, whatever the panels and blocks.
"""

from ..jit import block
from ..lanes import panels
from .product import sparse_product


@block
def outputs(lists, low, weight, shape, out):
    """Z = X W' + b for samples ``low``, ... of ``lists``; W', b in the row behind it, and Z in panels.

    ``weight`` and ``out`` begin with them; ``shape`` is (samples, inputs, units).
    """
    rows, inputs, units = shape
    bias_at = inputs * panels.padded(units, out.itemsize)
    for first in range(0, units, panels.units_in(out.itemsize)):
        lanes = panels.lanes_of(first, units, out.itemsize)
        vectors = lanes // panels.lanes_in(out.itemsize)
        for b in range(lists.starts.shape[0]):
            cell = b * lists.starts.shape[1] + low
            at = first * inputs + b * lists.columns * lanes
            begin = bias_at + first if b == 0 else -1
            sparse_product(lists, cell, rows, weight, at, begin, out, rows * first, vectors)


@block
def add_gradient(lists, low, high, inputs, delta, at, gradient, to, lanes):
    """Add X' δ of samples ``low`` … ``high`` − 1 for the ``inputs`` (first, number), a row of a panel for each.

    ``lists`` are those of the inputs, cut into blocks of samples; ``low`` is where a block begins. A row of the panel
    has ``lanes`` numbers, and those of δ begin at number ``at`` of ``delta``, of G at ``to`` of ``gradient``.
    """
    first, count = inputs
    vectors = lanes // panels.lanes_in(delta.itemsize)
    for b in range(low // lists.columns, (high + lists.columns - 1) // lists.columns):
        cell = b * lists.starts.shape[1] + first
        begin = at + (b * lists.columns - low) * lanes
        sparse_product(lists, cell, count, delta, begin, -1, gradient, to, vectors)
