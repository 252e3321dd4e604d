"""Passes of a tile of samples through a network: forward, backward, and both along a direction.

With a_0 = x, z_l = W_l a_{l−1} + b_l, a_l = max(z_l, 0), and δ_l the derivative of the loss by z_l:

    forward            z_l, a_l        from the inputs up
    backward           δ_{l−1} = (W_l' δ_l) [a_{l−1} > 0],     gradient of W_l: δ_l a_{l−1}',   of b_l: δ_l
    forward tangent    R z_l = W_l R a_{l−1} + V_l a_{l−1} + c_l     for a vector of weights V and biases c
    backward tangent   R δ_{l−1} = (W_l' R δ_l + V_l' δ_l) [a_{l−1} > 0]
    Hessian product    R δ_l a_{l−1}' + δ_l R a_{l−1}'

Two parts of a Hessian, J' L'' J of the network's Jacobian J and Σ_o L'_o ∇²z_o, are the same passes with less in them.
Both follow from R δ at the outputs being L'' R z, L'' that of the loss by the outputs, and all else that stands in R
being of the second kind:

    Gauss–Newton       without V_l' δ_l and δ_l R a_{l−1}'
    residual           without R δ at the outputs

The R-operator is that of Pearlmutter (Neural Computation 6, 1994). Points, vectors, gradients (:mod:`.points`) and the
values of all layers lie in panels, a row for each sample, so that every product is one of :mod:`..lanes.panels`; the
outputs are turned into columns for their loss (:mod:`.scores`). A library, which packs both factors of a product before
it multiplies, took 1.2 to 2 times as long for each, with 512 hidden units as with 32.
"""

import numpy as np

from ..jit import block
from ..lanes import panels
from ..lanes.interleaving import turn
from ..lanes.product import Rows
from ..networks import GAUSS_NEWTON
from ..sparse import layer as lists
from . import layers, points, scores


@block
def _first_layer(packed, network, data, low, count, out, floor):
    """out (T, M_1) = max(b + X W', floor) of the samples ``low``, ..."""
    shape = count, network.widths[0], network.widths[1]
    if data.rows.starts.shape[0] == 0:
        bias_at = shape[1] * panels.padded(shape[2], out.itemsize)
        panels.multiply(data.samples.x, Rows(low * shape[1], shape[1]), packed, 0, bias_at, shape, out, 0, floor)
        return
    lists.outputs(data.rows, low, packed, shape, out)
    if floor == 0:
        layers.rectify(out[: count * panels.padded(shape[2], out.itemsize)])


@block
def forward(packed, network, data, low, high, work):
    """Activations of samples ``low`` … ``high`` − 1; returns where the outputs begin."""
    widths, acts, count = network.widths, work.acts, high - low
    at, begin, out = 0, 0, 0
    for layer in range(widths.shape[0] - 1):
        fan_in, units = widths[layer], widths[layer + 1]
        size = panels.padded(units, acts.itemsize)
        floor = acts.dtype.type(0 if layer < widths.shape[0] - 2 else -np.inf)
        if layer == 0:
            _first_layer(packed, network, data, low, count, acts, floor)
        else:
            shape = count, fan_in, units
            panels.multiply(acts, Rows(begin, 0), packed, at, at + fan_in * size, shape, acts, out, floor)
        at += (fan_in + 1) * size
        begin, out = out, out + count * size
    return begin


@block
def outputs(values, begin, network, count, work):
    """Outputs, or derivatives by them, that begin at number ``begin`` of ``values``, as columns (k, T') of ``work``."""
    k, wide = network.widths[-1], panels.padded(count, values.itemsize)
    for first in range(0, k, panels.units_in(values.itemsize)):
        lanes = panels.lanes_of(first, k, values.itemsize)
        turn(values, begin + first * count, (wide, lanes), work, first * wide)
    return layers.matrix(work, 0, k, wide)


@block
def _from_columns(work, begin, network, count, values):
    """And back; rows beyond the last sample are written, too, and overwritten by the next panel."""
    k, wide = network.widths[-1], panels.padded(count, values.itemsize)
    for first in range(0, k, panels.units_in(values.itemsize)):
        lanes = panels.lanes_of(first, k, values.itemsize)
        turn(work, first * wide, (lanes, wide), values, begin + first * count)


@block
def output_delta(output, network, data, low, high, work):
    """Derivative of the mean loss by the outputs of samples ``low`` … ``high`` − 1, into ``deltas``."""
    count, n_samples = high - low, data.samples.x.shape[0]
    z = outputs(work.acts, output, network, count, work.outputs)
    scratch = layers.matrix(work.scratch, 0, scores.SCRATCH, z.shape[1])
    scores.output_delta(z, data.samples, low, count, n_samples, scratch)
    _from_columns(work.outputs, output, network, count, work.deltas)


@block
def output_tangent(output, network, data, low, high, work):
    """Its derivative along the vector, into ``r_deltas``; ``outputs`` and ``scratch`` as it left them."""
    count, n_samples = high - low, data.samples.x.shape[0]
    tangent = outputs(work.tangents, output, network, count, work.r_outputs)
    delta = layers.matrix(work.outputs, 0, tangent.shape[0], tangent.shape[1])
    scratch = layers.matrix(work.scratch, 0, scores.SCRATCH, tangent.shape[1])
    scores.output_tangent(delta, tangent, data.samples, low, count, n_samples, scratch)
    _from_columns(work.r_outputs, output, network, count, work.r_deltas)


@block
def backward(packed, network, count, lowest, output, work):
    """Derivatives of the hidden layers from the last down to number ``lowest``; the first has number 1."""
    widths, deltas, zero = network.widths, work.deltas, 0
    unlimited = deltas.dtype.type(-np.inf)
    begin, at = output, points.size_of(widths, deltas.itemsize, True)
    for layer in range(widths.shape[0] - 2, lowest - 1, -1):
        shape = count, widths[layer + 1], widths[layer]
        size = panels.padded(widths[layer], deltas.itemsize)
        at -= widths[layer + 1] * size
        above, begin = begin, begin - count * size
        deltas[begin:above] = zero
        panels.multiply(deltas, Rows(above, 0), packed, at, -1, shape, deltas, begin, unlimited)
        layers.gate(deltas[begin:above], work.acts[begin:above])


@block
def no_output_tangent(output, network, count, work):
    """Zeros in the place of what :func:`output_tangent` computes."""
    size, zero = count * panels.padded(network.widths[-1], work.r_deltas.itemsize), 0
    work.r_deltas[output : output + size] = zero


@block
def backward_tangent(packed, vector, network, count, output, work, part):
    """Derivatives along ``vector`` of what :func:`backward` computes, for all hidden layers; or ``part`` of them."""
    widths, r_deltas, zero = network.widths, work.r_deltas, 0
    unlimited = r_deltas.dtype.type(-np.inf)
    begin, at = output, points.size_of(widths, r_deltas.itemsize, True)
    for layer in range(widths.shape[0] - 2, 0, -1):
        shape = count, widths[layer + 1], widths[layer]
        size = panels.padded(widths[layer], r_deltas.itemsize)
        at -= widths[layer + 1] * size
        above, begin = begin, begin - count * size
        r_deltas[begin:above] = zero
        panels.multiply(r_deltas, Rows(above, 0), packed, at, -1, shape, r_deltas, begin, unlimited)
        if part != GAUSS_NEWTON:
            panels.multiply(work.deltas, Rows(above, 0), vector, at, -1, shape, r_deltas, begin, unlimited)
        layers.gate(r_deltas[begin:above], work.acts[begin:above])


@block
def forward_tangent(packed, vector, network, data, low, high, work):
    """Derivatives of every layer along ``vector``, a point in panels."""
    widths, tangents, count = network.widths, work.tangents, high - low
    unlimited = tangents.dtype.type(-np.inf)
    at, begin, out = 0, 0, 0
    for layer in range(widths.shape[0] - 1):
        fan_in, units = widths[layer], widths[layer + 1]
        shape, size = (count, fan_in, units), panels.padded(units, tangents.itemsize)
        if layer == 0:
            _first_layer(vector, network, data, low, count, tangents, unlimited)
        else:
            layers.gate(tangents[begin:out], work.acts[begin:out])
            panels.multiply(work.acts, Rows(begin, 0), vector, at, at + fan_in * size, shape, tangents, out, unlimited)
            panels.multiply(tangents, Rows(begin, 0), packed, at, -1, shape, tangents, out, unlimited)
        at += (fan_in + 1) * size
        begin, out = out, out + count * size


@block
def _add_first(deltas, network, data, low, high, gradient):
    """Gradient of the first weight += X' δ."""
    fan_in, units = network.widths[0], network.widths[1]
    count, zero = high - low, 0
    if data.rows.starts.shape[0] == 0:
        x, rows = data.samples.x, Rows(low * fan_in, fan_in)
        panels.multiply_turned(x, rows, deltas, 0, (count, fan_in, units), gradient, 0)
        return
    for first in range(0, units, panels.units_in(deltas.itemsize)):
        lanes, some = panels.lanes_of(first, units, deltas.itemsize), (zero, fan_in)
        lists.add_gradient(data.columns, low, high, some, deltas, count * first, gradient, first * fan_in, lanes)


@block
def add_later(deltas, acts, network, count, gradient):
    """Add a δ' for every weight but the first."""
    widths = network.widths
    at, below, begin = 0, 0, 0
    for layer in range(widths.shape[0] - 1):
        fan_in, units = widths[layer], widths[layer + 1]
        size = panels.padded(units, deltas.itemsize)
        if layer > 0:
            panels.multiply_turned(acts, Rows(below, 0), deltas, begin, (count, fan_in, units), gradient, at)
        at += (fan_in + 1) * size
        below, begin = begin, begin + count * size


@block
def _add_biases(deltas, network, count, one, gradient):
    """Add sums of δ for every bias."""
    widths, at, begin = network.widths, 0, 0
    for layer in range(widths.shape[0] - 1):
        units = widths[layer + 1]
        size = panels.padded(units, deltas.itemsize)
        panels.add_rows(one, deltas, begin, (count, units), gradient, at + widths[layer] * size)
        at += (widths[layer] + 1) * size
        begin += count * size


@block
def add_gradient(deltas, network, data, low, high, work, gradient):
    """Add a tile's gradient; ``deltas`` holds the derivatives of all layers."""
    _add_first(deltas, network, data, low, high, gradient)
    add_later(deltas, work.acts, network, high - low, gradient)
    if network.bias:
        _add_biases(deltas, network, high - low, work.one, gradient)
