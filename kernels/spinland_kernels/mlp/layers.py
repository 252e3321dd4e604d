"""Blocks from which network kernels are built: a layer's parameters, its product on a library, its activation.

A layer's parameters begin at number ``offset`` of a flat point: the weight (out, in) row by row, then the bias.
"""

import numpy as np

from ..blas import gemm
from ..jit import block
from ..lanes.formula import not_below


def tile_rows(n_samples: int) -> int:
    """Samples in a tile: eight tiles at least where there are enough samples, at most 256 each.

    A function of the number of samples alone: sums have the same order on any number of threads.
    """
    return int(min(256, max(32, -(-n_samples // 128) * 16)))


def widest(widths: np.ndarray) -> int:
    """Width of the widest layer beyond the inputs."""
    return int(max(widths[1:]))


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
    zero, flat = z.dtype.type(0), z.reshape(z.size)
    for i in range(flat.shape[0]):
        flat[i] = not_below(flat[i], zero)


@block
def gate(delta, activation):
    """Set ``delta`` to zero where the unit was silent."""
    zero = delta.dtype.type(0)
    for i in range(delta.shape[0]):
        delta[i] = zero if activation[i] <= 0 else delta[i]  # a store for each: vectorises
