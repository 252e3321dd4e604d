"""One step of a replica: forward, loss, and backward with the update, in products that stay in registers.

Samples lie in lanes: a batch of T is filled up to whole vectors, T', with what is there. What a product reads row by
row must lie so, and the passes want it the one way and the other:

    forward     z_l = W_l a_{l−1} + b_l                   a as columns: (M, T')
    backward    δ_{l−1} = (W_l' δ_l) [a_{l−1} > 0]        δ as columns: (M, T')
    gradient    δ_l a_{l−1}', a row for each unit         a as rows: (T, M'), filled up to whole vectors

so activations are interleaved once (:mod:`..lanes.interleaving`), and weights are read as they lie in a point. The
first layer of sparse samples lies in panels, and its products are those of lists (:mod:`.lists`) with rows.

By hand, because a library packs both factors of a product before it multiplies: a step of 64-32-10 with 32 samples
took 1.3 times as long with it, of 200-256-10 1.5 times, and with 512 samples still 1.1 times. A gradient is used for
the optimiser's step while it is in the first-level cache, PART numbers at a time.
"""

import numpy as np

from ..jit import block
from ..lanes import panels
from ..lanes.interleaving import turn
from ..lanes.product import Begin, Rows, Spread, table_product
from ..mlp import layers, scores
from ..mlp.formula import layer_size
from ..networks import Samples
from ..sparse import layer as lists
from ..sums import sums_of_rows
from ..vectors import BYTES
from . import blocks
from . import lists as gathered

#: Numbers of a gradient that are formed before the optimiser's step, 16 KiB in float32.
PART = 4096


@block
def _copy_rows(x, order, rows):
    """The samples ``order`` of x."""
    for i in range(order.shape[0]):
        sample = order[i]  # read once, or the loop does not vectorise
        for j in range(x.shape[1]):
            rows[i, j] = x[sample, j]


@block
def _copy_truth(samples, order, work):
    """Labels and targets of the samples ``order``."""
    labels, targets = samples.labels, samples.targets
    for i in range(order.shape[0]):
        sample = order[i]
        if labels.shape[0] > 0:
            work.labels[i] = labels[sample]
        for j in range(targets.shape[1] if targets.shape[0] > 0 else 0):
            work.targets[i, j] = targets[sample, j]


@block
def gather(data, order, inputs, work):
    """The samples ``order`` where :func:`step` finds them: lists, or rows and columns; and what they should give."""
    x, buffers = data.samples.x, work.buffers
    _copy_truth(data.samples, order, buffers)
    if data.lists.starts.shape[0] > 0:
        gathered.gather(data.lists, order, inputs, work.rows, work.columns, buffers.tile)
    else:
        wide, width = panels.padded(order.shape[0], x.itemsize), panels.padded(inputs, x.itemsize)
        _copy_rows(x, order, layers.matrix(buffers.x, 0, wide, width))
        turn(buffers.x, 0, (wide, width), buffers.acts, 0)


@block
def _layer(point, offset, fans, bias, wide, acts, at, to, floor):
    """max(W a + b, floor) of the columns that begin at ``at``; W begins at ``offset`` of the point."""
    fan_in, fan_out = fans
    bias_at = offset + fan_in * fan_out
    if not bias:
        bias_at = -1
        for i in range(fan_out * wide):
            acts[to + i] = 0
    factors, size = Spread(offset, fan_in, 1), (fan_out, fan_in, wide)
    table_product(point, factors, Begin(bias_at, -1), acts, Rows(at, wide), acts, Rows(to, wide), size, floor)


@block
def _first_of_lists(point, weight, network, count, wide, rectified, work, to):
    """The first layer of sparse samples, formed in panels, as columns."""
    (inputs, units), rows, zero = (network.widths[0], network.widths[1]), work.buffers.turned, 0
    bias = layers.bias_of(point, 0, inputs, units, network.bias)
    last = inputs * panels.padded(units, rows.itemsize)
    weight[last : last + bias.shape[0]] = bias
    lists.outputs(work.rows, 0, weight, (count, inputs, units), rows)
    if rectified:
        layers.rectify(rows[: count * panels.padded(units, rows.itemsize)])
    for first in range(zero, units, panels.units_in(rows.itemsize)):
        lanes = panels.lanes_of(first, units, rows.itemsize)
        turn(rows, first * count, (wide, lanes), work.buffers.acts, to + first * wide)


@block
def _forward(point, first_weight, network, batch, listed, work):
    """Activations of all layers as columns; returns where the outputs begin."""
    widths, acts, (count, wide) = network.widths, work.buffers.acts, batch
    last = widths.shape[0] - 2
    offset, at, to = 0, 0, 0 if listed else panels.padded(widths[0], acts.itemsize) * wide
    for layer in range(last + 1):
        fans, hidden = (widths[layer], widths[layer + 1]), layer < last
        if layer == 0 and listed:
            _first_of_lists(point, first_weight, network, count, wide, hidden, work, to)
        else:
            floor = acts.dtype.type(0 if hidden else -np.inf)
            _layer(point, offset, fans, network.bias, wide, acts, at, to, floor)
        offset += layer_size(fans[0], fans[1], network.bias)
        at = to
        to += panels.padded(fans[1], acts.itemsize) * wide
    return at


@block
def _update_weight(state, offset, fans, delta, delta_at, batch, rows, gradient, optimiser, c):
    """Gradient of a weight (out, in) from delta (out, T') and what lies below as ``rows`` (T, in'), and the step."""
    (fan_in, fan_out), (count, wide) = fans, batch
    width = panels.padded(fan_in, gradient.itemsize)
    most = max(1, PART // width)
    unlimited, zero = gradient.dtype.type(-np.inf), 0
    for low in range(zero, fan_out, most):
        units = min(most, fan_out - low)
        for i in range(units * width):
            gradient[i] = 0
        factors, size = Spread(delta_at + low * wide, wide, 1), (units, count, width)
        table_product(
            delta, factors, Begin(-1, -1), rows, Rows(zero, width), gradient, Rows(zero, width), size, unlimited
        )
        if width == fan_in:
            blocks.update(state, offset + low * fan_in, offset + (low + units) * fan_in, gradient, optimiser, c)
        else:
            for u in range(units):
                at = offset + (low + u) * fan_in
                blocks.update(state, at, at + fan_in, gradient[u * width :], optimiser, c)


@block
def _update_panels(state, fans, delta, delta_at, batch, work, optimiser, c):
    """The same for the weight in panels of sparse samples, from delta in panels."""
    (fan_in, fan_out), (count, wide) = fans, batch
    buffers, zero = work.buffers, 0
    delta[delta_at + fan_out * wide : delta_at + panels.padded(fan_out, delta.itemsize) * wide] = 0  # fills up a vector
    for first in range(zero, fan_out, panels.units_in(delta.itemsize)):
        lanes = panels.lanes_of(first, fan_out, delta.itemsize)
        turn(delta, delta_at + first * wide, (lanes, wide), buffers.turned, 0)
        gathered.update_weight(state, first, (fan_in, lanes), work.columns, count, buffers, optimiser, c)


@block
def _update_bias(state, offset, units, delta, delta_at, wide, gradient, optimiser, c):
    """Gradient of a bias, the sum of delta over samples, and the step along it."""
    sums_of_rows(delta, delta_at, wide // (BYTES // delta.itemsize), gradient, units)
    blocks.update(state, offset, offset + units, gradient, optimiser, c)


@block
def _below(point, offset, fans, delta, delta_at, wide, acts, at, out, to):
    """(W' δ) [a > 0] of the layer below, whose activations begin at ``at``, into ``out`` from ``to`` on."""
    fan_in, fan_out = fans
    for i in range(fan_in * wide):
        out[to + i] = 0
    factors, size, unlimited = Spread(offset, 1, fan_in), (fan_in, fan_out, wide), out.dtype.type(-np.inf)
    table_product(point, factors, Begin(-1, -1), delta, Rows(delta_at, wide), out, Rows(to, wide), size, unlimited)
    layers.gate(out[to : to + fan_in * wide], acts[at : at + fan_in * wide])


@block
def _backward(state, first_state, network, batch, listed, at, work, optimiser, c):
    """Backward pass in which every layer takes its step as soon as the layer below has its delta.

    The derivatives by the outputs begin at number ``at`` of the activations.
    """
    widths, (_, wide), buffers = network.widths, batch, work.buffers
    delta, delta_at, here, half = buffers.acts, at, 0, buffers.deltas.shape[0] // 2
    offset = state.point.shape[0]
    for layer in range(widths.shape[0] - 2, -1, -1):
        fans = widths[layer], widths[layer + 1]
        offset -= layer_size(fans[0], fans[1], network.bias)
        rows = buffers.x
        if layer > 0:
            rows, width = buffers.turned, panels.padded(fans[0], delta.itemsize)
            at -= width * wide
            turn(buffers.acts, at, (width, wide), rows, 0)
            _below(state.point, offset, fans, delta, delta_at, wide, buffers.acts, at, buffers.deltas, here)
        if layer == 0 and listed:
            _update_panels(first_state, fans, delta, delta_at, batch, work, optimiser, c)
        else:
            _update_weight(state, offset, fans, delta, delta_at, batch, rows, buffers.gradient, optimiser, c)
        if network.bias:
            begin = offset + fans[0] * fans[1]
            _update_bias(state, begin, fans[1], delta, delta_at, wide, buffers.gradient, optimiser, c)
        delta, delta_at = buffers.deltas, here
        here = half - here


@block
def _all_finite(z, count):
    """Whether the first ``count`` columns of z hold neither NaN nor infinity."""
    others = 0
    for o in range(z.shape[0]):
        for t in range(count):
            others += z[o, t] - z[o, t] != 0
    return others == 0


@block
def step(state, first_state, network, data, count, work, optimiser, c):
    """One batch of ``count`` samples that :func:`gather` has laid ready: False where outputs are not finite."""
    k, buffers = network.widths[-1], work.buffers
    listed, wide = data.lists.starts.shape[0] > 0, panels.padded(count, buffers.acts.itemsize)
    output = _forward(state.point, first_state.point, network, (count, wide), listed, work)
    z = layers.matrix(buffers.acts, output, k, wide)
    if not _all_finite(z, count):
        return False
    batch = Samples(data.samples.x, buffers.labels, buffers.targets, data.samples.kind, data.samples.precision)
    scores.output_delta(z, batch, 0, count, count, layers.matrix(buffers.scratch, 0, scores.SCRATCH, wide))
    _backward(state, first_state, network, (count, wide), listed, output, work, optimiser, c)
    return True
