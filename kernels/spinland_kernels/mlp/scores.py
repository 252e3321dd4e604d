"""The derivative of the loss by a tile of outputs (k, T), one sample in each column, and its own along a vector.

Loops along samples vectorise, as those of the loss (:mod:`.columns`). The scratch of a tile:

    at_label    T     derivative of the loss by the label's output, were it another's: p / n
    others      3 × T
"""

from ..elementary import exp_of_negative
from ..jit import block
from ..networks import CROSS_ENTROPY
from . import columns
from .formula import exponential_single

#: Numbers of scratch for each sample.
SCRATCH = 4


@block
def _exponentials_single(z, top):
    """exp(z − top) in place of the outputs, in float32."""
    for o in range(z.shape[0]):
        for t in range(top.shape[0]):
            z[o, t] = exponential_single(z[o, t] - top[t])


@block
def _exponentials_double(z, top):
    """The same in float64."""
    for o in range(z.shape[0]):
        for t in range(top.shape[0]):
            z[o, t] = exp_of_negative(z[o, t] - top[t])


@block
def _sums(z, total):
    """Sum over outputs."""
    for t in range(total.shape[0]):
        total[t] = 0
    for o in range(z.shape[0]):
        for t in range(total.shape[0]):
            total[t] += z[o, t]


@block
def _scale(z, at_label, total, n_samples):
    """Divide by the sums and the number of samples."""
    one, n = total.dtype.type(1), total.dtype.type(n_samples)
    for t in range(total.shape[0]):
        total[t] = one / total[t] / n
        at_label[t] *= total[t]
    for o in range(z.shape[0]):
        for t in range(total.shape[0]):
            z[o, t] *= total[t]


@block
def _cross_entropy_delta(z, labels, n_samples, at_label, total):
    """(p − onehot)/n in place of the outputs of samples ``labels``; ``at_label`` gets the labels' p / n.

    At the label it is −Σ p over the others: p − 1 would lose the digits of what is left to learn where p is
    near one, and p could not be had back from it where p is near zero.
    """
    columns.tops(z, total)
    if z.itemsize == 4:
        _exponentials_single(z, total)
    else:
        _exponentials_double(z, total)
    for t in range(labels.shape[0]):
        at_label[t] = z[labels[t], t]
        z[labels[t], t] = 0
    _sums(z, total)
    for t in range(labels.shape[0]):
        z[labels[t], t] = -total[t]
        total[t] += at_label[t]
    _scale(z, at_label, total, n_samples)


@block
def _clear_beyond(rows, z):
    """Columns from ``rows`` on become zero."""
    for o in range(z.shape[0]):
        for t in range(rows, z.shape[1]):
            z[o, t] = 0


@block
def output_delta(z, samples, first, rows, n_samples, scratch):
    """Derivative of the mean loss over ``n_samples`` by the outputs z (k, T), in their place.

    The first ``rows`` columns are samples ``first``, ...; the others become zero. ``scratch`` is (SCRATCH, T).
    """
    if samples.kind == CROSS_ENTROPY:
        _cross_entropy_delta(z, samples.labels[first : first + rows], n_samples, scratch[0], scratch[1])
    else:
        for o in range(z.shape[0]):
            for t in range(rows):
                z[o, t] = 2 * (z[o, t] - samples.targets[first + t, o]) / (n_samples * z.shape[0])
    _clear_beyond(rows, z)


@block
def _exchange(delta, labels, at_label):
    """The labels' entries of δ, and what stands in ``at_label``."""
    for t in range(labels.shape[0]):
        delta[labels[t], t], at_label[t] = at_label[t], delta[labels[t], t]


@block
def _of_most_probable(share, tangent, most, at_most):
    """Tangent of the output with the largest share into ``at_most``; ``most`` is workspace."""
    for t in range(most.shape[0]):
        most[t], at_most[t] = share[0, t], tangent[0, t]
    for o in range(1, share.shape[0]):
        for t in range(most.shape[0]):
            more = share[o, t] > most[t]
            most[t] = share[o, t] if more else most[t]
            at_most[t] = tangent[o, t] if more else at_most[t]


@block
def _cross_entropy_tangent(share, tangent, n_samples, at_most, along):
    """R(δ) = p (R(z) − p·R(z)) / n in place of R(z), with the shares p / n.

    R(z) is taken from that of the most probable output: where its p is near one, what is left of R(z) − p·R(z)
    would be rounding.
    """
    n = share.dtype.type(n_samples)
    for t in range(along.shape[0]):
        along[t] = 0
    for o in range(share.shape[0]):
        for t in range(along.shape[0]):
            along[t] += share[o, t] * (tangent[o, t] - at_most[t])
    for o in range(share.shape[0]):
        for t in range(along.shape[0]):
            tangent[o, t] = share[o, t] * (tangent[o, t] - at_most[t] - n * along[t])


@block
def output_tangent(delta, tangent, samples, first, rows, n_samples, scratch):
    """Derivative of :func:`output_delta` along the vector, in place of that of the outputs.

    ``delta`` and ``scratch`` are as it left them.
    """
    if samples.kind == CROSS_ENTROPY:
        labels = samples.labels[first : first + rows]
        _exchange(delta, labels, scratch[0])
        _of_most_probable(delta, tangent, scratch[1], scratch[2])
        _cross_entropy_tangent(delta, tangent, n_samples, scratch[2], scratch[3])
        _exchange(delta, labels, scratch[0])
    else:
        for o in range(tangent.shape[0]):
            for t in range(rows):
                tangent[o, t] = 2 * tangent[o, t] / (n_samples * tangent.shape[0])
    _clear_beyond(rows, tangent)
