"""Loss, accuracy and the derivative of the loss of a tile of outputs (T, k), by loops along samples.

Outputs are copied into columns (k, T) first: loops over a few outputs do not vectorise, loops over samples do.
"""

import math

from ..jit import block, vector_block
from . import columns, layers
from .formula import exponential_single

LANES = 8  # to a multiple of which a tile's samples are filled up


def work_size(rows, outputs):
    """Numbers of workspace for a tile of ``rows`` samples."""
    return -(-rows // LANES) * LANES * (outputs + 3)


@block
def _turn(z, turned):
    for t in range(z.shape[0]):
        for o in range(z.shape[1]):
            turned[o, t] = z[t, o]


@block
def _turn_back(turned, z):
    for t in range(z.shape[0]):
        for o in range(z.shape[1]):
            z[t, o] = turned[o, t]


@vector_block
def _exponentials_single(turned, top, total):
    """exp(z − top) in place of the outputs, and their sum over outputs, in float32."""
    for t in range(top.shape[0]):
        total[t] = 0
    for o in range(turned.shape[0]):
        for t in range(top.shape[0]):
            term = exponential_single(turned[o, t] - top[t])
            turned[o, t] = term
            total[t] += term


@block
def _exponentials_double(turned, top, total):
    """The same with the exponential of the C library."""
    for t in range(top.shape[0]):
        total[t] = 0
        for o in range(turned.shape[0]):
            turned[o, t] = math.exp(turned[o, t] - top[t])
            total[t] += turned[o, t]


@block
def score(z, labels, targets, kind, first, work):
    """Summed loss (float64) and right answers of outputs z (T, k) that begin at sample ``first``.

    ``work`` has room for :func:`work_size` numbers.
    """
    rows, k = z.shape
    wide = -(-rows // LANES) * LANES
    turned = layers.matrix(work, 0, k, wide)
    _turn(z, turned)
    for o in range(k):
        for t in range(rows, wide):
            turned[o, t] = -o  # no ties, which would have to be broken
    return columns.score(turned, labels, targets, kind, first, rows, layers.matrix(work, k * wide, 3, wide))


@vector_block
def _divide(turned, total, n_samples):
    for o in range(turned.shape[0]):
        for t in range(turned.shape[1]):
            turned[o, t] = turned[o, t] / total[t] / n_samples


@block
def output_delta(z, labels, targets, kind, first, n_samples, work, delta):
    """Derivative of the mean loss over ``n_samples`` by the outputs z (T, k), into ``delta``; ``work`` as above."""
    rows, k = z.shape
    if kind == layers.CROSS_ENTROPY:
        turned = layers.matrix(work, 0, k, rows)
        top, total = work[k * rows : (k + 1) * rows], work[(k + 1) * rows : (k + 2) * rows]
        _turn(z, turned)
        columns.tops(turned, top)
        if z.itemsize == 4:
            _exponentials_single(turned, top, total)
        else:
            _exponentials_double(turned, top, total)
        count = z.dtype.type(n_samples)
        for t in range(rows):
            turned[labels[first + t], t] -= total[t]
        _divide(turned, total, count)
        _turn_back(turned, delta)
    else:
        for t in range(rows):
            for o in range(k):
                delta[t, o] = 2 * (z[t, o] - targets[first + t, o]) / (n_samples * k)
