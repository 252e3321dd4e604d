"""Network layers on a tile of samples with the samples along rows: matrices are (units, T).

One unit is then one contiguous row, which is what an exchange of units moves, and loops over samples
vectorise.
"""

import math

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


@vector_block
def _tops(z, top):
    """Largest output of each sample."""
    for t in range(z.shape[1]):
        top[t] = z[0, t]
    for o in range(1, z.shape[0]):
        for t in range(z.shape[1]):
            top[t] = max(top[t], z[o, t])


@vector_block
def _rests_single(z, top, rest):
    """log(1 + Σ exp(z − top)), the sum over all outputs but one that is the largest, in float32."""
    one, zero = z.dtype.type(1), z.dtype.type(0)
    for t in range(z.shape[1]):
        rest[t] = -one
    for o in range(z.shape[0]):
        for t in range(z.shape[1]):
            # One term for each that equals the largest, exactly; less the one that is left out.
            rest[t] += one if z[o, t] == top[t] else zero
    for o in range(z.shape[0]):
        for t in range(z.shape[1]):
            term = formula.exponential_single(z[o, t] - top[t])
            rest[t] += zero if z[o, t] == top[t] else term
    for t in range(z.shape[1]):
        rest[t] = formula.log1p_single(rest[t])


@block
def _rests_double(z, top, rest):
    """The same with the functions of the C library."""
    for t in range(z.shape[1]):
        ties = -1
        total = 0.0
        for o in range(z.shape[0]):
            if z[o, t] == top[t]:
                ties += 1
            else:
                total += math.exp(z[o, t] - top[t])
        rest[t] = math.log1p(ties + total)


@block
def _is_first(z, t, label):
    """Whether no output before the label's equals it: the first of equals wins."""
    for o in range(label):  # noqa: SIM110  compiled code has no generators
        if z[o, t] == z[label, t]:
            return False
    return True


@block
def score(z, labels, targets, kind, first, top, rest):
    """Summed loss (float64) and number of right answers of outputs (k, T) that begin at sample ``first``."""
    k, rows = z.shape
    loss = 0.0
    correct = 0
    if labels.shape[0] > 0:
        _tops(z, top)
        for t in range(rows):
            label = labels[first + t]
            if z[label, t] == top[t] and _is_first(z, t, label):
                correct += 1
    if kind == 0:
        if z.itemsize == 4:
            _rests_single(z, top, rest)
        else:
            _rests_double(z, top, rest)
        for t in range(rows):
            loss += (top[t] - z[labels[first + t], t]) + rest[t]
    else:
        for t in range(rows):
            square = 0.0
            for o in range(k):
                difference = z[o, t] - targets[first + t, o]
                square += difference * difference
            loss += square / k
    return loss, correct
