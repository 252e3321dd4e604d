"""Loss, accuracy and the derivative of the loss of a tile of outputs (T, k), by loops along samples.

Outputs are copied into columns (k, T) first: loops over a few outputs do not vectorise, loops over samples do. The
workspace of a tile, with T' the samples filled up to a multiple of LANES:

    score           | outputs as columns: k × T' | 3 × T', see :mod:`.columns` |
    output_delta    | outputs as columns: k × T  | probability of the label: T | sum over outputs: T |
"""

from ..elementary import exp_of_negative
from ..jit import block
from ..networks import CROSS_ENTROPY
from . import columns, layers
from .formula import exponential_single

LANES = 8  # to a multiple of which a tile's samples are filled up


def work_size(rows: int, outputs: int) -> int:
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


@block
def _exponentials_single(turned, top):
    """exp(z − top) in place of the outputs, in float32."""
    for o in range(turned.shape[0]):
        for t in range(top.shape[0]):
            turned[o, t] = exponential_single(turned[o, t] - top[t])


@block
def _exponentials_double(turned, top):
    """The same in float64."""
    for o in range(turned.shape[0]):
        for t in range(top.shape[0]):
            turned[o, t] = exp_of_negative(turned[o, t] - top[t])


@block
def score(z, samples, first, work):
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
    return columns.score(turned, samples, first, rows, layers.matrix(work, k * wide, 3, wide))


@block
def _sums(turned, total):
    """Sum over outputs."""
    for t in range(total.shape[0]):
        total[t] = 0
    for o in range(turned.shape[0]):
        for t in range(total.shape[0]):
            total[t] += turned[o, t]


@block
def _invert(at_label, total, n_samples):
    """Probabilities of the labels, and 1/(n Σ) in place of the sums."""
    one, n = total.dtype.type(1), total.dtype.type(n_samples)
    for t in range(total.shape[0]):
        at_label[t] /= total[t]
        total[t] = one / total[t] / n


@block
def _multiply(turned, factor):
    for o in range(turned.shape[0]):
        for t in range(turned.shape[1]):
            turned[o, t] *= factor[t]


@block
def _cross_entropy_delta(turned, labels, first, n_samples, at_label, total):
    """(p − onehot)/n in place of the outputs; ``at_label`` gets the labels' probabilities p, ``total`` is workspace.

    At the label it is −Σ p over the others: p − 1 would lose the digits of what is left to learn where p is
    near one, and p could not be had back from it where p is near zero.
    """
    columns.tops(turned, total)
    if turned.itemsize == 4:
        _exponentials_single(turned, total)
    else:
        _exponentials_double(turned, total)
    for t in range(turned.shape[1]):
        label = labels[first + t]
        at_label[t] = turned[label, t]
        turned[label, t] = 0
    _sums(turned, total)
    for t in range(turned.shape[1]):
        turned[labels[first + t], t] = -total[t]
        total[t] += at_label[t]
    _invert(at_label, total, n_samples)
    _multiply(turned, total)


@block
def probabilities_at_labels(work, rows, k):
    """Where :func:`output_delta` leaves the labels' probabilities (T,) in its workspace, for cross-entropy."""
    return work[k * rows : (k + 1) * rows]


@block
def output_delta_columns(z, samples, n_samples, work):
    """Derivative of the mean loss over ``n_samples`` by the outputs z (k, T), in their place; ``work`` is 2 × T."""
    k, rows = z.shape
    if samples.kind == CROSS_ENTROPY:
        _cross_entropy_delta(z, samples.labels, 0, n_samples, work[:rows], work[rows : 2 * rows])
    else:
        for o in range(k):
            for t in range(rows):
                z[o, t] = 2 * (z[o, t] - samples.targets[t, o]) / (n_samples * k)


@block
def output_delta(z, samples, first, n_samples, work, delta):
    """Derivative of the mean loss over ``n_samples`` by the outputs z (T, k), into ``delta``; ``work`` as above."""
    rows, k = z.shape
    if samples.kind == CROSS_ENTROPY:
        turned = layers.matrix(work, 0, k, rows)
        _turn(z, turned)
        at_label = probabilities_at_labels(work, rows, k)
        total = work[(k + 1) * rows : (k + 2) * rows]
        _cross_entropy_delta(turned, samples.labels, first, n_samples, at_label, total)
        _turn_back(turned, delta)
    else:
        for t in range(rows):
            for o in range(k):
                delta[t, o] = 2 * (z[t, o] - samples.targets[first + t, o]) / (n_samples * k)
