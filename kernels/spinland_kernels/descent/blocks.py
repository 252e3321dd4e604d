"""Steps of the optimisers on stretches of a parameter vector, and one batch through a network.

``rule`` chooses the optimiser and ``c`` holds its numbers for one step, in the float type of the weights:

    SGD        rate, decay
    MOMENTUM   rate, decay, mu, share of the gradient, share of the buffer
    ADAM       rate / (1 − beta_1^t), decay, shrink, 1 − beta_1, beta_2, 1 − beta_2, 1 / sqrt(1 − beta_2^t), eps
"""

from ..blas import gemm
from ..jit import block, vector_block
from ..mlp import layers
from . import formula

SGD, MOMENTUM, ADAM = 0, 1, 2
N_COEFFICIENTS = 8

#: Entries of a gradient block, a megabyte in float32: the gradient of a large layer is used before it leaves the
#: caches. Smaller blocks lose more, because every product packs the samples anew.
BLOCK = 1 << 18


@block
def _sgd(w, g, c):
    rate, decay = c[0], c[1]
    for i in range(w.shape[0]):
        w[i] = formula.sgd(w[i], g[i], rate, decay)


@block
def _momentum(w, g, first, c):
    rate, decay, mu, along_gradient, along_buffer = c[0], c[1], c[2], c[3], c[4]
    for i in range(w.shape[0]):
        w[i], first[i] = formula.momentum(w[i], g[i], first[i], rate, decay, mu, along_gradient, along_buffer)


@block
def _adam(w, g, first, second, c):
    rate, decay, shrink, rest_1, beta_2, rest_2, scale, eps = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
    for i in range(w.shape[0]):
        w[i], first[i], second[i] = formula.adam(
            w[i], g[i], first[i], second[i], rate, decay, shrink, rest_1, beta_2, rest_2, scale, eps
        )


@block
def update(point, first, second, low, high, gradient, rule, c):
    """One optimiser step on entries ``low ... high-1`` of a point; moments that a rule lacks are empty."""
    if rule == ADAM:
        _adam(point[low:high], gradient, first[low:high], second[low:high], c)
    elif rule == MOMENTUM:
        _momentum(point[low:high], gradient, first[low:high], c)
    else:
        _sgd(point[low:high], gradient, c)


@block
def update_weight(point, first, second, offset, delta, below, gradient, rule, c):
    """Gradient delta' below of a weight (out, in) and the step along it, a block of rows at a time."""
    fan_out, fan_in = delta.shape[1], below.shape[1]
    most = max(1, gradient.shape[0] // fan_in)
    parts = (fan_out + most - 1) // most
    rows = (fan_out + parts - 1) // parts
    for low in range(0, fan_out, rows):
        high = min(low + rows, fan_out)
        part = gradient[: (high - low) * fan_in]
        gemm(True, False, delta[:, low:high], below, False, part.reshape((high - low, fan_in)))
        update(point, first, second, offset + low * fan_in, offset + high * fan_in, part, rule, c)


@block
def update_bias(point, first, second, offset, delta, gradient, rule, c):
    """Gradient of a bias, the sum of delta over samples, and the step along it."""
    part = gradient[: delta.shape[1]]
    part[:] = 0
    layers.add_column_sums(delta, part)
    update(point, first, second, offset, offset + part.shape[0], part, rule, c)


@vector_block
def all_finite(values):
    """Whether a flat array holds neither NaN nor infinity."""
    total = values.dtype.type(0)
    for i in range(values.shape[0]):
        total += values[i] * 0
    return total == 0


@block
def gather(x, order, batch_x):
    """Copy the inputs of the samples ``order`` into a buffer."""
    for i in range(order.shape[0]):
        sample = order[i]
        for j in range(x.shape[1]):
            batch_x[i, j] = x[sample, j]


@block
def gather_answers(labels, targets, order, batch_labels, batch_targets):
    """Copy the labels or targets of the samples ``order`` into buffers."""
    for i in range(order.shape[0]):
        sample = order[i]
        if labels.shape[0] > 0:
            batch_labels[i] = labels[sample]
        for j in range(targets.shape[1] if targets.shape[0] > 0 else 0):
            batch_targets[i, j] = targets[sample, j]
