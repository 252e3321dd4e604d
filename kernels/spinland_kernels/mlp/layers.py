"""Blocks from which every network kernel is built: one layer, one activation, one loss, on a tile of samples.

A point is flat: for each layer the weight (out, in) row by row, then the bias, if there is one.
``kind`` is the loss: 0 cross-entropy with integer ``labels`` (n,), 1 mean squared error with ``targets``
(n, k). The array that does not apply is empty. With both, the labels serve the accuracy.
"""

import numpy as np

from ..blas import gemm
from ..jit import block, vector_block
from . import formula
from .formula import layer_size

CROSS_ENTROPY = 0
MEAN_SQUARED_ERROR = 1


def tile_rows(n_samples):
    """Samples in a tile: eight tiles at least where there are enough samples, at most 1024 rows each.

    A function of the number of samples alone: sums have the same order on any number of threads.
    """
    return int(min(1024, max(32, -(-n_samples // 128) * 16)))


@block
def weight_of(point, offset, fan_in, fan_out):
    """View of a layer's weight, (out, in)."""
    return point[offset : offset + fan_in * fan_out].reshape((fan_out, fan_in))


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


@vector_block
def rectify(z):
    """ReLU in place."""
    zero = z.dtype.type(0)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = formula.not_below(z[i, j], zero)


@vector_block
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
def matrix(work, offset, rows, columns):
    """View of a workspace as a (rows, columns) matrix."""
    return work[offset : offset + rows * columns].reshape((rows, columns))


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


def widest(widths):
    """Width of the widest layer beyond the inputs."""
    return int(max(widths[1:]))


def kept(widths):
    """Entries that the outputs of all layers take for one sample."""
    return int(sum(widths[1:]))


def as_widths(widths):
    """Widths as kernels want them."""
    return np.asarray(widths, np.int64)
