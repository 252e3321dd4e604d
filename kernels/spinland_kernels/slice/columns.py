"""Blocks of the slice kernel: units lie in rows, samples in columns, so that every loop runs along samples.

``z`` (K+1, M, T) holds the first layer's pre-activations of the origin and of the K directions, for M units
and a tile of T samples. Coefficients ``c`` come padded with zeros to an even number, at least two.
Workspaces are indexed, not passed row by row: a view costs reference counting, which matters at this grain.
"""

import numpy as np

from ..blas import gemm
from ..jit import block, vector_block
from ..mlp import formula, layers
from .formula import exp_of_negative

#: Hidden units whose activations are held at once: eight weights fit the vector registers beside the sums.
GROUP = 8


@block
def preactivations(vector, bias, x, z):
    """First layer's pre-activations z (M, T) = W X' + b of one vector of parameters, for inputs x (T, D)."""
    units, fan_in = z.shape[0], x.shape[1]
    if bias:
        for m in range(units):
            z[m, :] = vector[units * fan_in + m]
    gemm(False, True, layers.weight_of(vector, 0, fan_in, units), x, bias, z)


@vector_block
def combine(z, c, first, floors, h):
    """Rows ``first``, ... of max(z_0 + Σ c_k z_k, floor) into h (rows, T).

    ``floors`` (2,): what holds until the last direction is added, -inf, and after it, 0 for a ReLU. Two
    directions are added in one pass over a row: a line or a plane needs no more than one.
    """
    last = z.shape[0] - 1
    for j in range(h.shape[0]):
        m = first + j
        for k in range(0, c.shape[0], 2):
            one, two = min(k + 1, last), min(k + 2, last)  # a padded coefficient is zero, whatever it meets
            floor = floors[1] if k + 2 == c.shape[0] else floors[0]
            if k == 0:
                for t in range(h.shape[1]):
                    v = z[0, m, t] + c[k] * z[one, m, t] + c[k + 1] * z[two, m, t]
                    h[j, t] = v if not v <= floor else floor
            else:
                for t in range(h.shape[1]):
                    v = h[j, t] + c[k] * z[one, m, t] + c[k + 1] * z[two, m, t]
                    h[j, t] = v if not v <= floor else floor


@vector_block
def add_scaled(c, v, out):
    """out += c v."""
    for i in range(out.shape[0]):
        out[i] += c * v[i]


@block
def combine_tail(vectors, c, begin, out):
    """Entries ``begin``, ... of v_0 + Σ c_k v_k into ``out``: the parameters of the layers after the first."""
    out[:] = 0
    for k in range(vectors.shape[0]):
        add_scaled(c[k - 1] if k > 0 else out.dtype.type(1), vectors[k, begin:], out)


@vector_block
def add_group(weight, first, h, out):
    """out (k, T) += weight[:, first : first + 8] h (8, T), each output row read and written once."""
    for o in range(out.shape[0]):
        a, b, c, d = weight[o, first], weight[o, first + 1], weight[o, first + 2], weight[o, first + 3]
        e, f, g, i = weight[o, first + 4], weight[o, first + 5], weight[o, first + 6], weight[o, first + 7]
        for t in range(out.shape[1]):
            low = a * h[0, t] + b * h[1, t] + c * h[2, t] + d * h[3, t]
            high = e * h[4, t] + f * h[5, t] + g * h[6, t] + i * h[7, t]
            out[o, t] += low + high


@vector_block
def add_unit(weight, unit, h, out):
    """out (k, T) += weight[:, unit] h (1, T)."""
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] += weight[o, unit] * h[0, t]


@block
def output_of_one_hidden_layer(z, c, floors, later, bias, h, out):
    """Outputs (k, T) of a network with one hidden layer, whose activations never leave the first cache.

    A product with so few rows as there are outputs runs far below the speed of a matrix product: the
    library copies the large factor before it multiplies. Here eight units at a time are combined and added to
    all outputs.
    """
    units, outputs = z.shape[1], out.shape[0]
    weight = layers.matrix(later, 0, outputs, units)
    for o in range(outputs):
        out[o, :] = later[outputs * units + o] if bias else 0
    grouped = units - units % GROUP
    group = layers.matrix(h, 0, GROUP, out.shape[1])
    for first in range(0, grouped, GROUP):
        combine(z, c, first, floors, group)
        add_group(weight, first, group, out)
    single = layers.matrix(h, 0, 1, out.shape[1])
    for unit in range(grouped, units):
        combine(z, c, unit, floors, single)
        add_unit(weight, unit, single, out)


@block
def output_of_deep_network(z, c, floors, later, widths, bias, work):
    """Outputs (k, T) of any network: the first layer combined, the others multiplied; a view of ``work``."""
    samples = z.shape[2]
    half = work.shape[0] // 2
    here = 0
    h = layers.matrix(work, 0, widths[1], samples)
    combine(z, c, 0, floors, h)
    offset = 0
    for layer in range(1, widths.shape[0] - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        if layer > 1:
            layers.rectify(h)
        here = half - here
        out = layers.matrix(work, here, fan_out, samples)
        if bias:
            for j in range(fan_out):
                out[j, :] = later[offset + fan_in * fan_out + j]
        gemm(False, False, layers.weight_of(later, offset, fan_in, fan_out), h, bias, out)
        offset += layers.layer_size(fan_in, fan_out, bias)
        h = out
    return h


@vector_block
def largest(out, top, ties):
    """Largest output of each sample, and how many equal it; each (T,)."""
    for t in range(out.shape[1]):
        top[t] = out[0, t]
        ties[t] = 0
    for o in range(1, out.shape[0]):
        for t in range(out.shape[1]):
            top[t] = max(top[t], out[o, t])
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            ties[t] += 1.0 if out[o, t] == top[t] else 0.0


@vector_block
def exponentials(out, top, rest):
    """Σ exp(z − top) of each sample over the outputs below the largest, into ``rest`` (T,)."""
    rest[:] = 0
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            below = np.float64(out[o, t]) - top[t]
            weight = exp_of_negative(below)  # also of the largest: a call behind a branch is not vectorised
            rest[t] += 0.0 if below == 0 else weight


@vector_block
def squares(out, targets, first, rest):
    """Σ (z − target)² of each sample into ``rest`` (T,)."""
    for t in range(out.shape[1]):
        rest[t] = 0
        for o in range(out.shape[0]):
            difference = np.float64(out[o, t] - targets[first + t, o])
            rest[t] += difference * difference


@block
def is_first_top(out, label, t, top, ties):
    """Whether ``label`` is the first of the largest outputs of sample t."""
    if out[label, t] != top:
        return False
    if ties > 1:
        for o in range(label):
            if out[o, t] == top:
                return False
    return True


@block
def score(out, labels, targets, kind, first, top, ties, rest):
    """Summed loss (float64) and right answers of outputs (k, T) from sample ``first``; as ``layers.score``.

    ``top``, ``ties`` and ``rest`` (T,) in float64 are workspace.
    """
    samples = out.shape[1]
    largest(out, top, ties)
    correct = 0
    if labels.shape[0] > 0:
        for t in range(samples):
            if is_first_top(out, labels[first + t], t, top[t], ties[t]):
                correct += 1
    loss = 0.0
    if kind == layers.CROSS_ENTROPY:
        exponentials(out, top, rest)
        for t in range(samples):
            # all but one of the largest belong to the sum over the others, each with exp(0)
            others = rest[t] + (ties[t] - 1)
            loss += formula.cross_entropy(top[t], np.float64(out[labels[first + t], t]), others)
    else:
        squares(out, targets, first, rest)
        for t in range(samples):
            loss += rest[t] / out.shape[0]
    return loss, correct
