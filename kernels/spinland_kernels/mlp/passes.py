"""Passes of a tile of samples through a network: forward, backward, and both along a direction.

``acts``, ``deltas``, ``tangents`` and ``r_deltas`` hold a number for each sample and unit, layer after layer;
``output`` is where the outputs begin. The R-operator of Pearlmutter (Neural Computation 6, 1994) turns each pass
into the pass of derivatives along a vector. A gradient holds the first weight as :func:`.inputs.add_first_gradient`
wants it, then the other parameters.
"""

from ..blas import gemm
from ..jit import block
from . import layers, scores
from .inputs import add_first_gradient, first_layer


@block
def forward(point, packed, widths, bias, x, rows, low, high, panel, acts):
    """Activations of samples ``low`` … ``high`` − 1; returns where the outputs begin."""
    count = high - low
    z = layers.matrix(acts, 0, count, widths[1])
    first_layer(point, packed, bias, x, rows, low, high, widths.shape[0] > 2, panel, z)
    offset = layers.layer_size(widths[0], widths[1], bias)
    begin = count * widths[1] if widths.shape[0] > 2 else 0
    return layers.forward_from(point, widths, bias, z, acts, 1, offset, begin)


@block
def output_delta(acts, output, count, k, labels, targets, kind, first, n_samples, work, deltas):
    """Derivative of the mean loss by the outputs, into ``deltas``."""
    z, delta = layers.matrix(acts, output, count, k), layers.matrix(deltas, output, count, k)
    scores.output_delta(z, labels, targets, kind, first, n_samples, work, delta)


@block
def backward(point, widths, bias, count, lowest, acts, output, deltas):
    """Derivatives of the hidden layers from the last down to number ``lowest``; the first has number 1."""
    offset = point.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, lowest - 1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, bias)
        delta = layers.matrix(deltas, begin, count, fan_out)
        begin -= count * fan_in
        below = layers.matrix(deltas, begin, count, fan_in)
        gemm(False, False, delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
        layers.gate(below, layers.matrix(acts, begin, count, fan_in))


@block
def add_later(deltas, acts, output, widths, bias, count, with_bias, gradient):
    """Add delta' a for every weight but the first, and sums of delta for every bias ``with_bias``."""
    offset = gradient.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, -1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        delta = layers.matrix(deltas, begin, count, fan_out)
        if bias:
            offset -= fan_out
            if with_bias:
                layers.add_column_sums(delta, gradient[offset : offset + fan_out])
        if layer > 0:
            begin -= count * fan_in
            offset -= fan_in * fan_out
            activation = layers.matrix(acts, begin, count, fan_in)
            gemm(True, False, delta, activation, True, layers.weight_of(gradient, offset, fan_in, fan_out))
    return offset


@block
def add_gradient(deltas, acts, output, widths, bias, x, columns, low, high, panel, gradient):
    """Add a tile's gradient; ``deltas`` holds the derivatives of all layers."""
    count = high - low
    first = add_later(deltas, acts, output, widths, bias, count, True, gradient)
    delta = layers.matrix(deltas, 0, count, widths[1])
    add_first_gradient(delta, x, columns, low, high, panel, gradient[:first])


@block
def forward_tangent(point, vector, packed, widths, bias, x, rows, low, high, acts, panel, tangents):
    """Derivatives of every layer along ``vector``, whose first layer lies in ``packed``."""
    count = high - low
    tangent = layers.matrix(tangents, 0, count, widths[1])
    first_layer(vector, packed, bias, x, rows, low, high, False, panel, tangent)
    offset = layers.layer_size(widths[0], widths[1], bias)
    begin = 0
    for layer in range(1, widths.shape[0] - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        activation = layers.matrix(acts, begin, count, fan_in)
        layers.gate(tangent, activation)
        begin += count * fan_in
        out = layers.matrix(tangents, begin, count, fan_out)
        layers.affine(vector, offset, bias, activation, out)
        gemm(False, True, tangent, layers.weight_of(point, offset, fan_in, fan_out), True, out)
        offset += layers.layer_size(fan_in, fan_out, bias)
        tangent = out


@block
def _cross_entropy_tangent(delta, tangent, labels, first, n_samples, at_label, out):
    """R(δ) = p (R(z) − p·R(z)) / n of probabilities p = n δ, at the label ``at_label``.

    R(z) is taken from that of the most probable output: where its p is near one, what is left of R(z) − p·R(z)
    would be rounding.
    """
    for i in range(delta.shape[0]):
        label = labels[first + i]
        most, at_most = label, at_label[i] / n_samples
        for j in range(delta.shape[1]):
            if delta[i, j] > at_most:
                most, at_most = j, delta[i, j]
        along = tangent[i, 0] * 0
        for j in range(delta.shape[1]):
            share = delta[i, j] if j != label else at_label[i] / n_samples
            out[i, j] = share
            along += share * (tangent[i, j] - tangent[i, most])
        along *= n_samples
        for j in range(delta.shape[1]):
            out[i, j] *= tangent[i, j] - tangent[i, most] - along


@block
def output_tangent(deltas, tangents, output, count, k, labels, kind, first, n_samples, work, r_deltas):
    """Derivative of the outputs' delta along the vector, into ``r_deltas``; ``work`` as it was left for delta."""
    delta = layers.matrix(deltas, output, count, k)
    tangent = layers.matrix(tangents, output, count, k)
    out = layers.matrix(r_deltas, output, count, k)
    if kind == layers.CROSS_ENTROPY:
        at_label = scores.probabilities_at_labels(work, count, k)
        _cross_entropy_tangent(delta, tangent, labels, first, n_samples, at_label, out)
    else:
        for i in range(count):
            for j in range(k):
                out[i, j] = 2 * tangent[i, j] / (n_samples * k)


@block
def backward_tangent(point, vector, widths, bias, count, acts, output, deltas, r_deltas):
    """Derivatives along ``vector`` of what :func:`backward` computes, for all hidden layers."""
    offset = point.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, 0, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, bias)
        delta = layers.matrix(deltas, begin, count, fan_out)
        r_delta = layers.matrix(r_deltas, begin, count, fan_out)
        begin -= count * fan_in
        below = layers.matrix(r_deltas, begin, count, fan_in)
        gemm(False, False, r_delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
        gemm(False, False, delta, layers.weight_of(vector, offset, fan_in, fan_out), True, below)
        layers.gate(below, layers.matrix(acts, begin, count, fan_in))


@block
def sum_groups(parts, out):
    """Sum of parts (groups, n) in order, in float64, rounded once."""
    for i in range(out.shape[0]):
        total = 0.0
        for g in range(parts.shape[0]):
            total += parts[g, i]
        out[i] = total


@block
def sum_panel(parts, j, fan_in, width, weight):
    """The same for panel j of a first weight (M, D)."""
    for u in range(min(width, weight.shape[0] - j * width)):
        for p in range(fan_in):
            total = 0.0
            for g in range(parts.shape[0]):
                total += parts[g, (j * fan_in + p) * width + u]
            weight[j * width + u, p] = total
