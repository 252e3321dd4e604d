"""Network layers on a tile of samples with the samples along rows: matrices are (units, T).

One unit is then one contiguous row, which is what an exchange of units moves, and loops over samples
vectorise.
"""

from ..blas import gemm
from ..jit import block, vector_block
from ..mlp import layers
from . import formula


@vector_block
def rectify(z):
    """ReLU in place."""
    zero = z.dtype.type(0)
    for o in range(z.shape[0]):
        for t in range(z.shape[1]):
            z[o, t] = formula.rectified(z[o, t], zero)


@block
def affine(point, offset, bias, a, transpose, z):
    """Z = W A + b for the layer whose parameters begin at ``offset``; A is (in, T), or (T, in) to transpose."""
    fan_out = z.shape[0]
    fan_in = a.shape[1] if transpose else a.shape[0]
    if bias:
        b = point[offset + fan_in * fan_out : offset + (fan_in + 1) * fan_out]
        for o in range(fan_out):
            for t in range(z.shape[1]):
                z[o, t] = b[o]
    gemm(False, transpose, layers.weight_of(point, offset, fan_in, fan_out), a, bias, z)


@block
def inward(point, widths, bias, x, layer, work, z):
    """Pre-activations (M, T) of hidden layer ``layer`` for samples x (T, inputs); returns the next offset."""
    if layer == 0:
        affine(point, 0, bias, x, True, z)
        return layers.layer_size(widths[0], widths[1], bias)
    rows = x.shape[0]
    half = work.shape[0] // 2
    here = 0
    a = layers.matrix(work, 0, widths[1], rows)
    affine(point, 0, bias, x, True, a)
    offset = layers.layer_size(widths[0], widths[1], bias)
    for step in range(1, layer):
        rectify(a)
        here = half - here
        out = layers.matrix(work, here, widths[step + 1], rows)
        affine(point, offset, bias, a, False, out)
        offset += layers.layer_size(widths[step], widths[step + 1], bias)
        a = out
    rectify(a)
    affine(point, offset, bias, a, False, z)
    return offset + layers.layer_size(widths[layer], widths[layer + 1], bias)


@block
def outward(point, widths, bias, layer, offset, work, z):
    """Outputs (k, T) from pre-activations of layer ``layer`` in the first half of ``work``."""
    rows = z.shape[1]
    half = work.shape[0] // 2
    here = 0
    for step in range(layer, widths.shape[0] - 1):
        rectify(z)
        here = half - here
        out = layers.matrix(work, here, widths[step + 1], rows)
        affine(point, offset, bias, z, False, out)
        offset += layers.layer_size(widths[step], widths[step + 1], bias)
        z = out
    return z
