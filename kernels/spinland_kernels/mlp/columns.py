"""Loss and accuracy of a tile of outputs (k, T), one sample in each column, by loops that vectorise.

With the largest output z* of a sample and its label y

    loss     log Σ_o exp(z_o − z_y)  =  (z* − z_y) + log(1 + Σ_{o ≠ *} exp(z_o − z*))
    scratch  | largest: T | rest: T, the sum over the others | gap: T, z* − z_y, then logarithms |

A small loss keeps its digits: the 1 of the largest output is never added to what is left. Loops run along samples:
along ten outputs a vector would be half empty, and a sum over them would have to be folded for each sample.
"""

import math

import numpy as np

from ..elementary import exp_of_negative
from ..jit import block
from ..networks import CROSS_ENTROPY
from ..sums import total
from . import formula


@block
def tops(z, top):
    """Largest output of each sample; two outputs at a time, to read ``top`` less often."""
    last = z.shape[0] - 1
    for t in range(top.shape[0]):
        top[t] = z[0, t]
    for o in range(1, z.shape[0], 2):
        other = min(o + 1, last)
        for t in range(top.shape[0]):
            top[t] = max(max(top[t], z[o, t]), z[other, t])


@block
def _add_halves(z, o, top_low, top_high, low, high):
    """One output in :func:`_rests_single`; returns at how many samples it is the largest."""
    zero = z.dtype.type(0)
    half = low.shape[0]
    count = np.int32(0)
    for t in range(half):
        a, b = z[o, t], z[o, half + t]
        first = formula.exponential_single(a - top_low[t])
        second = formula.exponential_single(b - top_high[t])
        low[t] += zero if a == top_low[t] else first
        high[t] += zero if b == top_high[t] else second
        count = np.int32(count + np.int32(a == top_low[t]) + np.int32(b == top_high[t]))
    return count


@block
def _rests_single(z, top, rest):
    """Σ exp(z − top) over the outputs below the largest, in float32; returns how many outputs are the largest.

    Two halves of the samples go side by side: one alone would read the constants of the exponential, which
    the registers do not hold, twice as often.
    """
    half = rest.shape[0] // 2
    for t in range(rest.shape[0]):
        rest[t] = 0
    equal = 0
    for o in range(z.shape[0]):
        equal += _add_halves(z, o, top[:half], top[half:], rest[:half], rest[half:])
    return equal


@block
def _rests_double(z, top, rest):
    """The same in float64."""
    equal = 0
    for t in range(rest.shape[0]):
        rest[t] = 0
    for o in range(z.shape[0]):
        for t in range(rest.shape[0]):
            below = z[o, t] - top[t]
            term = exp_of_negative(below)  # also of the largest: behind a branch it is not vectorised
            rest[t] += 0.0 if below == 0 else term
            equal += below == 0
    return equal


@block
def _logarithms_single(rest, logarithms):
    """Σ log(1 + rest), summed in float64; ``logarithms`` is workspace.

    1 + a + b + ab = (1 + a)(1 + b): four samples share a logarithm, and small rests keep their digits.
    """
    quarter = rest.shape[0] // 4
    for t in range(quarter):
        a, b, c, d = rest[t], rest[quarter + t], rest[2 * quarter + t], rest[3 * quarter + t]
        low, high = a + (b + a * b), c + (d + c * d)
        logarithms[t] = formula.log1p_single(low + (high + low * high))
    return total(logarithms, quarter)


@block
def _logarithms_double(rest):
    """The same with the logarithm of the C library."""
    summed = 0.0
    for t in range(rest.shape[0]):
        summed += math.log1p(rest[t])
    return summed


@block
def _is_first(z, t, label):
    """Whether no output before the label's equals it: the first of equals wins."""
    for o in range(label):  # noqa: SIM110  compiled code has no generators
        if z[o, t] == z[label, t]:
            return False
    return True


@block
def _break_ties(z, labels, first, rows, top, rest):
    """Add to the rests what equals the largest output, less one of them; returns the right answers."""
    correct = 0
    for t in range(rows):
        ties = -1
        for o in range(z.shape[0]):
            if z[o, t] == top[t]:
                ties += 1
        rest[t] += max(ties, 0)
        label = labels[first + t]
        if z[label, t] == top[t] and _is_first(z, t, label):
            correct += 1
    return correct


@block
def _right(z, labels, first, rows, top, gap):
    """Largest output less that of the label into ``gap``; returns at how many samples the label has the largest."""
    correct = 0
    for t in range(rows):
        at_label = z[labels[first + t], t]
        gap[t] = top[t] - at_label
        if at_label == top[t]:
            correct += 1
    for t in range(rows, gap.shape[0]):
        gap[t] = 0
    return correct


@block
def _cross_entropy(z, labels, first, rows, top, rest, gap):
    tops(z, top)
    correct = _right(z, labels, first, rows, top, gap)
    loss = total(gap, gap.shape[0])
    single = z.itemsize == 4
    equal = _rests_single(z, top, rest) if single else _rests_double(z, top, rest)
    if equal != z.shape[1] or math.isnan(loss):
        correct = _break_ties(z, labels, first, rows, top, rest)
    for t in range(rows, z.shape[1]):
        rest[t] = 0
    loss += _logarithms_single(rest, gap) if single else _logarithms_double(rest)
    return loss, correct


@block
def _squared_error(z, labels, targets, first, rows, top, rest):
    correct = 0
    if labels.shape[0] > 0:
        tops(z, top)
        correct = _break_ties(z, labels, first, rows, top, rest)
    loss = 0.0
    for t in range(rows):
        square = 0.0
        for o in range(z.shape[0]):
            difference = z[o, t] - targets[first + t, o]
            square += difference * difference
        loss += square / z.shape[0]
    return loss, correct


@block
def score(z, samples, first, rows, scratch):
    """Summed loss (float64) and number of right answers.

    Of outputs z (k, T) the first ``rows`` columns are samples ``first``, ...; T is a multiple of 4. ``scratch`` (3, T)
    holds for each sample the largest output, Σ exp(z − largest) over the others, and what is left to it of the label.
    """
    top, rest, gap = scratch[0], scratch[1], scratch[2]
    if samples.kind == CROSS_ENTROPY:
        return _cross_entropy(z, samples.labels, first, rows, top, rest, gap)
    return _squared_error(z, samples.labels, samples.targets, first, rows, top, rest)
