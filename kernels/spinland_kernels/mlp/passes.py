"""Passes of a tile of samples through a network: forward, backward, and both along a direction.

With a_0 = x, z_l = W_l a_{l−1} + b_l, a_l = max(z_l, 0), and δ_l the derivative of the loss by z_l:

    forward            z_l, a_l        from the inputs up
    backward           δ_{l−1} = (W_l' δ_l) [a_{l−1} > 0],     gradient of W_l: δ_l a_{l−1}',   of b_l: δ_l
    forward tangent    R z_l = W_l R a_{l−1} + V_l a_{l−1} + c_l     for a vector of weights V and biases c
    backward tangent   R δ_{l−1} = (W_l' R δ_l + V_l' δ_l) [a_{l−1} > 0]
    Hessian product    R δ_l a_{l−1}' + δ_l R a_{l−1}'

The R-operator is that of Pearlmutter (Neural Computation 6, 1994). Where the samples are sparse a gradient holds
the first weight in panels, then the other parameters (see :mod:`.groups`).
"""

from ..blas import gemm
from ..jit import block
from ..networks import CROSS_ENTROPY
from ..sparse import panels as first_layer
from . import layers, scores


@block
def _first_outputs(point, panels, network, data, low, rectified, sums, z):
    """X W' + b of the samples ``low``, ... into z (T, M); ``panels`` of the weight are empty for dense samples."""
    fan_in, units = network.widths[0], network.widths[1]
    if data.rows.starts.shape[0] == 0:
        layers.affine(point, 0, network.bias, data.samples.x[low : low + z.shape[0]], z)
        if rectified:
            layers.rectify(z)
    else:
        bias = layers.bias_of(point, 0, fan_in, units, network.bias)
        first_layer.outputs(panels, fan_in, bias, data.rows, low, sums, z, rectified)


@block
def forward(point, panels, network, data, low, high, work):
    """Activations of samples ``low`` … ``high`` − 1; returns where the outputs begin."""
    widths, count = network.widths, high - low
    z = layers.matrix(work.acts, 0, count, widths[1])
    hidden = widths.shape[0] > 2
    _first_outputs(point, panels, network, data, low, hidden, work.sums, z)
    offset = layers.layer_size(widths[0], widths[1], network.bias)
    begin = count * widths[1] if hidden else 0
    return layers.forward_from(point, network, z, work.acts, 1, offset, begin)


@block
def backward(point, network, count, lowest, output, work):
    """Derivatives of the hidden layers from the last down to number ``lowest``; the first has number 1."""
    widths = network.widths
    offset = point.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, lowest - 1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, network.bias)
        delta = layers.matrix(work.deltas, begin, count, fan_out)
        begin -= count * fan_in
        below = layers.matrix(work.deltas, begin, count, fan_in)
        gemm(False, False, delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
        layers.gate(below, layers.matrix(work.acts, begin, count, fan_in))


@block
def add_later(deltas, acts, output, network, count, with_bias, gradient):
    """Add delta' a for every weight but the first, and sums of delta for every bias ``with_bias``.

    Returns where the bias of the first layer begins in ``gradient``.
    """
    widths = network.widths
    offset = gradient.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, -1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        delta = layers.matrix(deltas, begin, count, fan_out)
        if network.bias:
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
def _add_first(delta, data, low, high, packed, gradient):
    """gradient += delta' X: as a weight (M, D), or in panels where the samples are sparse."""
    units, fan_in = delta.shape[1], data.samples.x.shape[1]
    if data.rows.starts.shape[0] == 0:
        gemm(True, False, delta, data.samples.x[low:high], True, gradient.reshape((units, fan_in)))
        return
    zero = 0
    for first in range(0, units, first_layer.units_in(delta.itemsize)):
        width = first_layer.vectors_of(first, units, delta.itemsize)
        first_layer.load(delta, first, width * first_layer.lanes_in(delta.itemsize), packed)
        inputs = zero, fan_in
        first_layer.add_gradient(data.columns, low, high, inputs, packed, gradient, first * fan_in, width)


@block
def add_gradient(deltas, acts, output, network, data, low, high, sums, gradient):
    """Add a tile's gradient; ``deltas`` holds the derivatives of all layers."""
    count = high - low
    first = add_later(deltas, acts, output, network, count, True, gradient)
    delta = layers.matrix(deltas, 0, count, network.widths[1])
    _add_first(delta, data, low, high, sums, gradient[:first])


@block
def forward_tangent(point, vector, panels, network, data, low, high, work):
    """Derivatives of every layer along ``vector``, whose first layer lies in ``panels``."""
    widths, count = network.widths, high - low
    tangent = layers.matrix(work.tangents, 0, count, widths[1])
    _first_outputs(vector, panels, network, data, low, False, work.sums, tangent)
    offset = layers.layer_size(widths[0], widths[1], network.bias)
    begin = 0
    for layer in range(1, widths.shape[0] - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        activation = layers.matrix(work.acts, begin, count, fan_in)
        layers.gate(tangent, activation)
        begin += count * fan_in
        out = layers.matrix(work.tangents, begin, count, fan_out)
        layers.affine(vector, offset, network.bias, activation, out)
        gemm(False, True, tangent, layers.weight_of(point, offset, fan_in, fan_out), True, out)
        offset += layers.layer_size(fan_in, fan_out, network.bias)
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
def output_delta(output, network, data, low, high, work):
    """Derivative of the mean loss by the outputs of samples ``low`` … ``high`` − 1, into ``deltas``."""
    count, k = high - low, network.widths[-1]
    z, delta = layers.matrix(work.acts, output, count, k), layers.matrix(work.deltas, output, count, k)
    scores.output_delta(z, data.samples, low, data.samples.x.shape[0], work.scores, delta)


@block
def output_tangent(output, network, data, low, high, work):
    """Derivative of the outputs' delta along the vector, into ``r_deltas``; ``scores`` as it was left for delta."""
    count, k, n_samples = high - low, network.widths[-1], data.samples.x.shape[0]
    delta = layers.matrix(work.deltas, output, count, k)
    tangent = layers.matrix(work.tangents, output, count, k)
    out = layers.matrix(work.r_deltas, output, count, k)
    if data.samples.kind == CROSS_ENTROPY:
        at_label = scores.probabilities_at_labels(work.scores, count, k)
        _cross_entropy_tangent(delta, tangent, data.samples.labels, low, n_samples, at_label, out)
    else:
        for i in range(count):
            for j in range(k):
                out[i, j] = 2 * tangent[i, j] / (n_samples * k)


@block
def backward_tangent(point, vector, network, count, output, work):
    """Derivatives along ``vector`` of what :func:`backward` computes, for all hidden layers."""
    widths = network.widths
    offset = point.shape[0]
    begin = output
    for layer in range(widths.shape[0] - 2, 0, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, network.bias)
        delta = layers.matrix(work.deltas, begin, count, fan_out)
        r_delta = layers.matrix(work.r_deltas, begin, count, fan_out)
        begin -= count * fan_in
        below = layers.matrix(work.r_deltas, begin, count, fan_in)
        gemm(False, False, r_delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
        gemm(False, False, delta, layers.weight_of(vector, offset, fan_in, fan_out), True, below)
        layers.gate(below, layers.matrix(work.acts, begin, count, fan_in))
