"""What one thread of the card does of a step: one parameter, or the outputs of one sample."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import uint64

from ..jit_cuda import device
from ..networks import ADAM, CROSS_ENTROPY, MOMENTUM
from . import formula


class Resident(NamedTuple):
    """Samples on the card; of labels and targets, the one that does not apply has one entry.

    Attributes
    ----------
    x : float array (n, D)
        Inputs.
    labels : int64 array (n,) or (1,)
        Classes.
    targets : float array (n, k) or (1, k)
        Outputs that are wanted.
    kind : int
        CROSS_ENTROPY with labels, or MEAN_SQUARED_ERROR with targets.
    outputs : int
        k.
    precision : int
        Of products, where replicas go in step.
    """

    x: Any
    labels: Any
    targets: Any
    kind: int
    outputs: int
    precision: int


sgd = device(formula.sgd)
momentum = device(formula.momentum)
decayed = device(formula.decayed)
adam_moments = device(formula.adam_moments)
adam = device(formula.adam)


@device
def numbers_of(rule, step):
    """The optimiser's numbers for one step, in registers."""
    c = rule.coefficients
    return c[step, 0], c[step, 1], c[step, 2], c[step, 3], c[step, 4], c[step, 5], c[step, 6], c[step, 7]


@device
def take_step(weights, at, first, at_first, second, at_second, g, optimiser, c):
    """One parameter's step along its derivative ``g``, in place; moments that an optimiser lacks are not touched."""
    w = weights[at]
    if optimiser == ADAM:
        rate, decay, shrink, rest_1, beta_2, rest_2, scale, eps = c
        along = decayed(w, g, decay)
        m, v = adam_moments(along, first[at_first], second[at_second], rest_1, beta_2, rest_2)
        first[at_first], second[at_second] = m, v
        weights[at] = adam(w, m, v, rate, shrink, scale, eps)
    elif optimiser == MOMENTUM:
        weights[at], first[at_first] = momentum(w, g, first[at_first], c[0], c[1], c[2], c[3], c[4])
    else:
        weights[at] = sgd(w, g, c[0], c[1])


@device
def _cross_entropy(z, at, apart, k, label, count, out, to, out_apart):
    """(p − onehot)/count; at the label −Σ p over the others, as p − 1 would lose the digits of what is left."""
    number = z.dtype.type
    top = z[uint64(at)]
    for o in range(1, k):
        top = max(top, z[uint64(at + o * apart)])
    others, own = number(0), number(0)
    for o in range(k):
        e = number(math.exp(z[uint64(at + o * apart)] - top))
        if o == label:
            own = e
        else:
            others += e
        out[uint64(to + o * out_apart)] = e
    factor = number(1) / (others + own) / number(count)
    for o in range(k):
        out[uint64(to + o * out_apart)] *= factor
    out[uint64(to + label * out_apart)] = -others * factor


@device
def output_delta(z, at, apart, samples, sample, count, out, to, out_apart):
    """Derivative of the mean loss of ``count`` samples by the outputs of one: number o of z at ``at + o·apart``.

    ``out`` may be z. The sample is the given one of all.
    """
    if samples.kind == CROSS_ENTROPY:
        label = samples.labels[sample]
        _cross_entropy(z, at, apart, samples.outputs, label, count, out, to, out_apart)
    else:
        number = z.dtype.type
        for o in range(samples.outputs):
            off = z[uint64(at + o * apart)] - samples.targets[sample, o]
            out[uint64(to + o * out_apart)] = number(2) * off / number(count * samples.outputs)
