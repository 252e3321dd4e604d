"""Blocks from which every network kernel is built: one layer, one activation, on a tile of samples.

    samples as rows      Z (T, out) = X W' + b        what a product with a weight (out, in) wants
    samples as columns   Z (out, T) = W A + b         a unit is one contiguous row; loops over samples vectorise

A layer's parameters begin at number ``offset`` of a flat point: the weight (out, in) row by row, then the bias.
"""

import numpy as np

from ..blas import gemm
from ..jit import block
from ..lanes.formula import not_below
from .formula import layer_size


def tile_rows(n_samples: int) -> int:
    """Samples in a tile: eight tiles at least where there are enough samples, at most 1024 rows each.

    A function of the number of samples alone: sums have the same order on any number of threads.
    """
    return int(min(1024, max(32, -(-n_samples // 128) * 16)))


def widest(widths: np.ndarray) -> int:
    """Width of the widest layer beyond the inputs."""
    return int(max(widths[1:]))


def kept(widths: np.ndarray) -> int:
    """Entries that the outputs of all layers take for one sample."""
    return int(sum(widths[1:]))


@block
def matrix(work, offset, rows, columns):
    """View of a workspace as a (rows, columns) matrix."""
    return work[offset : offset + rows * columns].reshape((rows, columns))


@block
def weight_of(point, offset, fan_in, fan_out):
    """View of a layer's weight, (out, in)."""
    return point[offset : offset + fan_in * fan_out].reshape((fan_out, fan_in))


@block
def bias_of(point, offset, fan_in, fan_out, bias):
    """View of a layer's bias (out,), empty without one."""
    begin = offset + fan_in * fan_out
    return point[begin : begin + (fan_out if bias else 0)]


@block
def affine(point, offset, bias, x, z):
    """Z (T, out) = X W' + b of samples as rows."""
    fan_in, fan_out = x.shape[1], z.shape[1]
    b = bias_of(point, offset, fan_in, fan_out, bias)
    if bias:
        for i in range(z.shape[0]):
            for j in range(fan_out):
                z[i, j] = b[j]
    gemm(False, True, x, weight_of(point, offset, fan_in, fan_out), bias, z)


@block
def affine_columns(point, offset, bias, a, transpose, z):
    """Z (out, T) = W A + b of samples as columns; A is (in, T), or samples as rows (T, in) to ``transpose``."""
    fan_out = z.shape[0]
    fan_in = a.shape[1] if transpose else a.shape[0]
    b = bias_of(point, offset, fan_in, fan_out, bias)
    if bias:
        for o in range(fan_out):
            for t in range(z.shape[1]):
                z[o, t] = b[o]
    gemm(False, transpose, weight_of(point, offset, fan_in, fan_out), a, bias, z)


@block
def rectify(z):
    """max(z, 0) in place; NaN stays NaN."""
    zero = z.dtype.type(0)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = not_below(z[i, j], zero)


@block
def gate(delta, activation):
    """Set ``delta`` to zero where the unit was silent."""
    zero = delta.dtype.type(0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            delta[i, j] = zero if activation[i, j] <= 0 else delta[i, j]  # a store for each: vectorises


@block
def add_column_sums(delta, out):
    """Add the sum over samples, one after the other, to ``out``."""
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            out[j] += delta[i, j]


@block
def forward_from(point, network, z, acts, first, offset, begin):
    """Layers ``first`` and above, whose parameters begin at ``offset``, from the activations ``z`` below.

    Layer by layer is kept in ``acts`` from ``begin`` on; returns where the outputs begin.
    """
    widths, bias = network.widths, network.bias
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
