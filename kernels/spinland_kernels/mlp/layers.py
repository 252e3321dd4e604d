"""Blocks from which every network kernel is built: one layer, one activation, one loss, on a tile of samples.

A point is flat: for each layer the weight (out, in) row by row, then the bias, if there is one.
``kind`` is the loss: 0 cross-entropy with integer ``labels`` (n,), 1 mean squared error with ``targets``
(n, k). The array that does not apply is empty. With both, the labels serve the accuracy.
"""

import math

import numpy as np

from ..blas import gemm
from ..jit import block
from . import formula

CROSS_ENTROPY = 0
MEAN_SQUARED_ERROR = 1


def tile_rows(n_samples):
    """Samples in a tile: eight tiles at least where there are enough samples, at most 1024 rows each.

    A function of the number of samples alone: sums have the same order on any number of threads.
    """
    return int(min(1024, max(32, -(-n_samples // 128) * 16)))


def n_groups(n_samples):
    """Groups of tiles in which gradients are summed before they are added up: at most 8."""
    return min(8, -(-n_samples // tile_rows(n_samples)))


@block
def weight_of(point, offset, fan_in, fan_out):
    """View of a layer's weight, (out, in)."""
    return point[offset : offset + fan_in * fan_out].reshape((fan_out, fan_in))


@block
def layer_size(fan_in, fan_out, bias):
    """Number of parameters of a layer."""
    return fan_out * (fan_in + 1) if bias else fan_out * fan_in


@block
def affine(point, offset, bias, x, z):
    """Z = X W' + b for the layer whose parameters begin at ``offset``."""
    fan_in, fan_out = x.shape[1], z.shape[1]
    if bias:
        b = point[offset + fan_in * fan_out : offset + (fan_in + 1) * fan_out]
        for i in range(z.shape[0]):
            for j in range(fan_out):
                z[i, j] = b[j]
    gemm(False, True, x, weight_of(point, offset, fan_in, fan_out), bias, z)


@block
def rectify(z):
    """ReLU in place."""
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = formula.relu(z[i, j])


@block
def gate(delta, activation):
    """Set ``delta`` to zero where the unit was silent."""
    zero = delta.dtype.type(0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            delta[i, j] = zero if activation[i, j] <= 0 else delta[i, j]  # a store for each: vectorises


@block
def add_column_sums(delta, out):
    """Add the sum over samples to ``out``."""
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            out[j] += delta[i, j]


@block
def row_top(z, i):
    """Index of the largest entry of row i; the first of equals."""
    best = 0
    for j in range(1, z.shape[1]):
        if z[i, j] > z[i, best]:
            best = j
    return best


@block
def score(z, labels, targets, kind, first):
    """Summed loss (float64) and number of right answers of a tile of outputs that begins at sample ``first``."""
    rows, k = z.shape
    loss = 0.0
    correct = 0
    for i in range(rows):
        top = row_top(z, i)
        if labels.shape[0] > 0 and labels[first + i] == top and not math.isnan(z[i, top]):
            correct += 1
        if kind == 0:
            rest = z[i, 0] * 0
            for j in range(k):
                if j != top:
                    rest += math.exp(z[i, j] - z[i, top])
            loss += formula.cross_entropy(z[i, top], z[i, labels[first + i]], rest)
        else:
            square = 0.0
            for j in range(k):
                difference = z[i, j] - targets[first + i, j]
                square += difference * difference
            loss += square / k
    return loss, correct


@block
def softmax_rows(z):
    """Turn logits into probabilities, in place."""
    rows, k = z.shape
    for i in range(rows):
        top = z[i, row_top(z, i)]
        total = top * 0
        for j in range(k):
            z[i, j] = math.exp(z[i, j] - top)
            total += z[i, j]
        for j in range(k):
            z[i, j] /= total


@block
def output_delta(z, labels, targets, kind, first, n_samples):
    """Derivative of the mean loss over ``n_samples`` by the outputs, in place of the outputs."""
    rows, k = z.shape
    if kind == 0:
        softmax_rows(z)
        for i in range(rows):
            z[i, labels[first + i]] -= 1
            for j in range(k):
                z[i, j] /= n_samples
    else:
        for i in range(rows):
            for j in range(k):
                z[i, j] = 2 * (z[i, j] - targets[first + i, j]) / (n_samples * k)


@block
def matrix(work, offset, rows, columns):
    """View of a workspace as a (rows, columns) matrix."""
    return work[offset : offset + rows * columns].reshape((rows, columns))


@block
def forward(point, widths, bias, x, work):
    """Outputs (T, k) of a tile, in one of two halves of ``work`` (2 T max width)."""
    rows = x.shape[0]
    half = work.shape[0] // 2
    here = 0
    offset = 0
    z = x
    for layer in range(widths.shape[0] - 1):
        out = matrix(work, here, rows, widths[layer + 1])
        affine(point, offset, bias, z, out)
        if layer < widths.shape[0] - 2:
            rectify(out)
        offset += layer_size(widths[layer], widths[layer + 1], bias)
        here = half - here
        z = out
    return z


@block
def forward_from(point, widths, bias, z, acts, first, offset, begin):
    """Layers ``first`` and above, whose parameters begin at ``offset``, from the activations ``z`` below.

    Layer by layer is kept in ``acts`` from ``begin`` on; returns where the outputs begin.
    """
    rows = z.shape[0]
    for layer in range(first, widths.shape[0] - 1):
        out = matrix(acts, begin, rows, widths[layer + 1])
        affine(point, offset, bias, z, out)
        if layer < widths.shape[0] - 2:
            rectify(out)
            begin += rows * widths[layer + 1]
        offset += layer_size(widths[layer], widths[layer + 1], bias)
        z = out
    return begin


@block
def forward_keeping(point, widths, bias, x, acts):
    """Like :func:`forward`, keeping every layer in ``acts``; returns where the outputs begin."""
    return forward_from(point, widths, bias, x, acts, 0, 0, 0)


def widest(widths):
    """Width of the widest layer beyond the inputs."""
    return int(max(widths[1:]))


def kept(widths):
    """Entries that :func:`forward_keeping` needs for one sample."""
    return int(sum(widths[1:]))


def as_widths(widths):
    """Widths as kernels want them."""
    return np.asarray(widths, np.int64)
