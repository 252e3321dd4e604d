"""Replicas trained in step on the cores: each core takes whole replicas, one after another.

A replica's bits depend on its number, the seed and the data alone, not on its neighbours or the threads.
"""

import numba
import numpy as np
from numba import prange

from ..blas import single_threaded
from ..jit import block, loop
from ..mlp import layers
from ..philox.cpu import permute
from . import blocks


@block
def _step(point, first, second, widths, bias, x, labels, targets, kind, acts, deltas, gradient, rule, c):
    """One batch: forward, loss derivative, backward with the update; False where outputs are not finite."""
    rows = x.shape[0]
    output = layers.forward_keeping(point, widths, bias, x, acts)
    outputs = acts[output : output + rows * widths[-1]]
    if not blocks.all_finite(outputs):
        return False
    layers.output_delta(layers.matrix(acts, output, rows, widths[-1]), labels, targets, kind, 0, rows)
    blocks.backward_step(point, first, second, widths, bias, x, acts, output, deltas, gradient, rule, c)
    return True


@block
def _descend(
    point, first, second, widths, bias, x, labels, targets, kind, batch, low, order,
    batch_x, batch_labels, batch_targets, acts, deltas, gradient, rule, coefficients,
):  # fmt: skip
    """Steps of one replica; False as soon as it has diverged."""
    n = x.shape[0]
    for step in range(coefficients.shape[0]):
        begin = (low + step) * batch
        rows = min(batch, n - begin)
        if rows == n:
            fine = _step(
                point, first, second, widths, bias, x, labels, targets, kind, acts, deltas, gradient, rule,
                coefficients[step],
            )  # fmt: skip
        else:
            samples = order[begin : begin + rows]
            blocks.gather(x, labels, targets, samples, batch_x, batch_labels, batch_targets)
            fine = _step(
                point, first, second, widths, bias, batch_x[:rows], batch_labels, batch_targets, kind, acts,
                deltas, gradient, rule, coefficients[step],
            )  # fmt: skip
        if not fine:
            return False
    return blocks.all_finite(point)


@loop
def _descents(
    points, first, second, alive, replicas, seed, purpose, epoch, widths, bias, x, labels, targets, kind,
    batch, low, rule, coefficients, order, batch_x, batch_labels, batch_targets, acts, deltas, gradient,
):  # fmt: skip
    workers = order.shape[0]
    for w in prange(workers):
        for r in range(w, points.shape[0], workers):
            if alive[r]:
                if batch < x.shape[0]:
                    permute(order[w], seed, purpose, replicas[r], epoch)
                alive[r] = _descend(
                    points[r], first[r], second[r], widths, bias, x, labels, targets, kind, batch, low,
                    order[w], batch_x[w], batch_labels[w], batch_targets[w], acts[w], deltas[w], gradient[w],
                    rule, coefficients,
                )  # fmt: skip


def descend(
    points, first, second, alive, replicas, seed, purpose, epoch, batch, low, rule, coefficients,
    widths, bias, x, labels, targets, kind,
):  # fmt: skip
    """Take steps ``low ... low + S - 1`` of one epoch with every living replica, in place.

    Parameters
    ----------
    points : float array (G, dim)
        Parameters, changed in place.
    first, second : float arrays (G, dim) or (G, 0)
        Moments; those that the rule lacks are empty.
    alive : bool array (G,)
        Replicas to train. Becomes False where outputs or parameters are not finite.
    replicas : int64 array (G,)
        Numbers of the replicas.
    seed, purpose, epoch : int
        Together with the number of a replica they give its order of samples.
    batch : int
        Samples in a batch; the last batch of an epoch may be smaller. One batch of all samples keeps their order.
    low : int
        First step.
    rule : int
        SGD, MOMENTUM or ADAM of :mod:`.blocks`.
    coefficients : float array (S, 8)
        Numbers of the rule for each step.
    widths, bias, x, labels, targets, kind
        Network and samples, as for :func:`spinland_kernels.mlp.cpu.losses`.
    """
    n, rows = x.shape[0], min(batch, x.shape[0])
    workers = min(numba.get_num_threads(), points.shape[0])
    gathered = rows if rows < n else 0
    widths = layers.as_widths(widths)
    with single_threaded():
        _descents(
            points, first, second, alive, np.asarray(replicas, np.int64), np.uint64(seed), purpose, epoch,
            widths, bias, x, labels, targets, kind, batch, low, rule, coefficients,
            np.empty((workers, n if gathered else 0), np.int64),
            np.empty((workers, gathered, x.shape[1]), x.dtype),
            np.empty((workers, gathered if labels.size else 0), np.int64),
            np.empty((workers, gathered if targets.size else 0, widths[-1]), x.dtype),
            np.empty((workers, rows * layers.kept(widths)), x.dtype),
            np.empty((workers, 2 * rows * layers.widest(widths)), x.dtype),
            np.empty((workers, max(blocks.BLOCK, int(widths.max()))), x.dtype),
        )  # fmt: skip
