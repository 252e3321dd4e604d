"""Loss, accuracy and the derivative of the loss of a tile of outputs (T, k), by loops along samples.

Outputs are copied into columns (k, T) first: loops over a few outputs do not vectorise, loops over samples do.
"""

import math

import numpy as np

from ..jit import block, vector_block
from ..swap.formula import exponential_single, log1p_single
from . import layers


@block
def _turn(z, columns):
    for t in range(z.shape[0]):
        for o in range(z.shape[1]):
            columns[o, t] = z[t, o]


@block
def _turn_back(columns, z):
    for t in range(z.shape[0]):
        for o in range(z.shape[1]):
            z[t, o] = columns[o, t]


@vector_block
def _tops(columns, top):
    """Largest output of each sample."""
    for t in range(top.shape[0]):
        top[t] = columns[0, t]
    for o in range(1, columns.shape[0]):
        for t in range(top.shape[0]):
            top[t] = max(top[t], columns[o, t])


@vector_block
def _exponentials_single(columns, top, total):
    """exp(z − top) in place of the outputs, and their sum over outputs, in float32."""
    for t in range(top.shape[0]):
        total[t] = 0
    for o in range(columns.shape[0]):
        for t in range(top.shape[0]):
            term = exponential_single(columns[o, t] - top[t])
            columns[o, t] = term
            total[t] += term


@block
def _exponentials_double(columns, top, total):
    """The same with the exponential of the C library."""
    for t in range(top.shape[0]):
        total[t] = 0
        for o in range(columns.shape[0]):
            columns[o, t] = math.exp(columns[o, t] - top[t])
            total[t] += columns[o, t]


@vector_block
def _rests_single(columns, top, rest):
    """log(1 + Σ exp(z − top)), the sum over all outputs but one that is the largest, in float32."""
    one, zero = columns.dtype.type(1), columns.dtype.type(0)
    for t in range(top.shape[0]):
        rest[t] = -one
    for o in range(columns.shape[0]):
        for t in range(top.shape[0]):
            rest[t] += one if columns[o, t] == top[t] else zero  # exact: the small terms come after these
    for o in range(columns.shape[0]):
        for t in range(top.shape[0]):
            term = exponential_single(columns[o, t] - top[t])
            rest[t] += zero if columns[o, t] == top[t] else term
    for t in range(top.shape[0]):
        rest[t] = log1p_single(rest[t])


@block
def _rests_double(columns, top, rest):
    """The same with the functions of the C library."""
    for t in range(top.shape[0]):
        ties = -1
        total = 0.0
        for o in range(columns.shape[0]):
            if columns[o, t] == top[t]:
                ties += 1
            else:
                total += math.exp(columns[o, t] - top[t])
        rest[t] = math.log1p(ties + total)


@block
def _is_right(columns, t, top, label):
    """Whether the label's output is the largest; the first of equals wins."""
    if columns[label, t] != top:
        return False
    for o in range(label):  # noqa: SIM110  compiled code has no generators
        if columns[o, t] == top:
            return False
    return True


@block
def score(z, labels, targets, kind, first, work):
    """Summed loss (float64) and right answers of outputs z (T, k) that begin at sample ``first``.

    ``work`` has room for k + 2 numbers for each sample.
    """
    rows, k = z.shape
    loss = 0.0
    correct = 0
    columns = layers.matrix(work, 0, k, rows)
    top, rest = work[k * rows : (k + 1) * rows], work[(k + 1) * rows : (k + 2) * rows]
    if labels.shape[0] > 0:
        _turn(z, columns)
        _tops(columns, top)
        for t in range(rows):
            if _is_right(columns, t, top[t], labels[first + t]):
                correct += 1
    if kind == layers.CROSS_ENTROPY:
        if z.itemsize == 4:
            _rests_single(columns, top, rest)
        else:
            _rests_double(columns, top, rest)
        for t in range(rows):
            loss += (top[t] - columns[labels[first + t], t]) + np.float64(rest[t])
    else:
        for t in range(rows):
            square = 0.0
            for o in range(k):
                difference = z[t, o] - targets[first + t, o]
                square += difference * difference
            loss += square / k
    return loss, correct


@vector_block
def _divide(columns, total, n_samples):
    for o in range(columns.shape[0]):
        for t in range(columns.shape[1]):
            columns[o, t] = columns[o, t] / total[t] / n_samples


@block
def output_delta(z, labels, targets, kind, first, n_samples, work, delta):
    """Derivative of the mean loss over ``n_samples`` by the outputs z (T, k), into ``delta``; ``work`` as above."""
    rows, k = z.shape
    if kind == layers.CROSS_ENTROPY:
        columns = layers.matrix(work, 0, k, rows)
        top, total = work[k * rows : (k + 1) * rows], work[(k + 1) * rows : (k + 2) * rows]
        _turn(z, columns)
        _tops(columns, top)
        if z.itemsize == 4:
            _exponentials_single(columns, top, total)
        else:
            _exponentials_double(columns, top, total)
        count = z.dtype.type(n_samples)
        for t in range(rows):
            columns[labels[first + t], t] -= total[t]
        _divide(columns, total, count)
        _turn_back(columns, delta)
    else:
        for t in range(rows):
            for o in range(k):
                delta[t, o] = 2 * (z[t, o] - targets[first + t, o]) / (n_samples * k)
