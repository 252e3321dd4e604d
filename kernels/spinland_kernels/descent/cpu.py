"""Replicas trained in step on the cores: each core takes whole replicas, one after another.

A replica's bits depend on its number, the seed and the data alone, not on its neighbours or the threads.

Where most inputs are zero the first layer works with lists of the others (:mod:`.sparse`, :mod:`.panels`); its
weight and moments then lie in panels while the steps are taken.
"""

import numba
import numpy as np
from numba import prange

from ..blas import gemm, single_threaded
from ..jit import block, loop
from ..mlp import layers, scores
from ..philox.cpu import permute
from . import blocks, panels, sparse
from .sparse import lists_of_samples

__all__ = ["descend", "lists_of_samples"]


@block
def _forward(point, widths, bias, x, listed, panel_work, acts, rows):
    """Forward pass that keeps every layer in ``acts``; returns where the outputs (rows, k) begin."""
    inputs, units = widths[0], widths[1]
    first, offset, begin, z = 0, 0, 0, x
    if listed:
        weight, _, _, batch, _, sums, _ = panel_work
        z = layers.matrix(acts, 0, rows, units)
        hidden = widths.shape[0] > 2
        offset = inputs * units
        panels.forward(
            weight, inputs, point[offset : offset + (units if bias else 0)], batch, sums, z, hidden
        )
        first, offset, begin = 1, layers.layer_size(inputs, units, bias), rows * units if hidden else 0
    return layers.forward_from(point, widths, bias, z, acts, first, offset, begin)


@block
def _backward(
    point, first, second, widths, bias, x, listed, panel_work, acts, output, deltas, gradient, rule, c, rows,
):  # fmt: skip
    """Backward pass in which every layer takes its step as soon as the layer below has its delta."""
    last = widths.shape[0] - 2
    half = deltas.shape[0] // 2
    delta = layers.matrix(acts, output, rows, widths[last + 1])
    offset = point.shape[0]
    begin = output
    here = 0
    for step in range(last + 1):
        layer = last - step
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, bias)
        activation, below = x, delta
        if layer > 0:
            begin -= rows * fan_in
            activation = layers.matrix(acts, begin, rows, fan_in)
            below = layers.matrix(deltas, here, rows, fan_in)
            gemm(False, False, delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
            layers.gate(below, activation)
            here = half - here
        if layer == 0 and listed:
            weight, weight_first, weight_second, _, by_input, sums, _ = panel_work
            panels.update_weight(
                weight, weight_first, weight_second, fan_in, by_input, delta, sums, gradient, rule, c
            )
        else:
            blocks.update_weight(point, first, second, offset, delta, activation, gradient, rule, c)
        if bias:
            blocks.update_bias(point, first, second, offset + fan_in * fan_out, delta, gradient, rule, c)
        delta = below


@block
def _step(
    point, first, second, widths, bias, x, listed, panel_work, labels, targets, kind, acts, deltas, gradient,
    rule, c, rows,
):  # fmt: skip
    """One batch: forward, loss derivative, backward with the update; False where outputs are not finite."""
    output = _forward(point, widths, bias, x, listed, panel_work, acts, rows)
    if not blocks.all_finite(acts[output : output + rows * widths[-1]]):
        return False
    z = layers.matrix(acts, output, rows, widths[-1])
    scores.output_delta(z, labels, targets, kind, 0, rows, deltas, z)
    _backward(
        point, first, second, widths, bias, x, listed, panel_work, acts, output, deltas, gradient, rule, c, rows
    )  # fmt: skip
    return True


@block
def _descend(
    point, first, second, widths, bias, x, lists, labels, targets, kind, batch, low, order, batch_x,
    batch_labels, batch_targets, acts, deltas, gradient, work, rule, coefficients,
):  # fmt: skip
    """Steps of one replica; False as soon as it has diverged."""
    n = x.shape[0]
    listed = lists[0].shape[0] > 0
    for step in range(coefficients.shape[0]):
        begin = (low + step) * batch
        rows = min(batch, n - begin)
        samples = order[begin : begin + rows]
        blocks.gather_answers(labels, targets, samples, batch_labels, batch_targets)
        if listed and (rows < n or step == 0):
            sparse.gather_lists(lists, samples, work[3], work[4], work[6], widths[0])
        elif rows < n:
            blocks.gather(x, samples, batch_x)
        fine = _step(
            point, first, second, widths, bias, batch_x[:rows] if rows < n else x, listed, work, batch_labels,
            batch_targets, kind, acts, deltas, gradient, rule, coefficients[step], rows,
        )  # fmt: skip
        if not fine:
            return False
    return blocks.all_finite(point) and blocks.all_finite(work[0])


@block
def _set_order(order, seed, purpose, replica, epoch, shuffled):
    """Order of the samples in an epoch."""
    if shuffled:
        permute(order, seed, purpose, replica, epoch)
    else:
        for i in range(order.shape[0]):
            order[i] = i


@loop
def _descents(
    points, first, second, alive, replicas, seed, purpose, epoch, widths, bias, x, lists, labels, targets, kind,
    batch, low, rule, coefficients, order, batch_x, batch_labels, batch_targets, acts, deltas, gradient,
    weight, weight_first, weight_second, batch_lists, lists_by_input, sums, tile,
):  # fmt: skip
    workers = order.shape[0]
    for w in prange(workers):
        for r in range(w, points.shape[0], workers):
            if alive[r]:
                work = (
                    weight[r], weight_first[r], weight_second[r],
                    (batch_lists[0][w], batch_lists[1][w], batch_lists[2][w]),
                    (lists_by_input[0][w], lists_by_input[1][w], lists_by_input[2][w]), sums[w], tile[w],
                )  # fmt: skip
                _set_order(order[w], seed, purpose, replicas[r], epoch, batch < x.shape[0])
                alive[r] = _descend(
                    points[r], first[r], second[r], widths, bias, x, lists, labels, targets, kind, batch, low,
                    order[w], batch_x[w], batch_labels[w], batch_targets[w], acts[w], deltas[w], gradient[w],
                    work, rule, coefficients,
                )  # fmt: skip


@loop
def _copy_panels(points, inputs, units, panel_sets, into):
    for r in prange(points.shape[0]):
        panels.copy_panels(layers.weight_of(points[r], 0, inputs, units), panel_sets[r], into)


def _aligned(workers, size, dtype):
    """Workspace (workers, size) whose rows begin where a cache line begins: vectors then lie in one line."""
    dtype = np.dtype(dtype)
    lane = 64 // dtype.itemsize
    size = -(-size // lane) * lane
    memory = np.empty(workers * size + lane, dtype)
    start = -memory.ctypes.data % 64 // dtype.itemsize
    return memory[start : start + workers * size].reshape(workers, size)


def _panel_work(workers, rows, widths, lists, vectors, dtype):
    """Workspaces of the first layer in panels.

    Weight and moments of each replica; for each worker lists by sample and by input, sums, a tile of inputs.
    """
    cuts = lists[0]
    listed = cuts.shape[0] > 0
    size = int(widths[0]) * panels.lanes_of_all(widths[1], dtype.itemsize) if listed else 0
    most = rows * int((cuts[:, -1] - cuts[:, 0]).max()) + 1 if listed else 0
    n_blocks = cuts.shape[1] - 1
    lengths = rows * n_blocks + 1, -(-rows // sparse.SAMPLES) * n_blocks * sparse.INPUTS + 1
    return (
        *(_aligned(len(v), size if v.size else 0, dtype) for v in vectors),
        *(
            (
                np.empty((workers, length), np.int64),
                _aligned(workers, most, np.int32),
                _aligned(workers, most, dtype),
            )
            for length in lengths
        ),
        _aligned(workers, rows * panels.most_lanes(dtype.itemsize) if listed else 0, dtype),
        _aligned(workers, rows * sparse.INPUTS if listed else 0, dtype),
    )


def descend(
    points, first, second, alive, replicas, seed, purpose, epoch, batch, low, rule, coefficients, lists,
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
    lists : tuple of three arrays
        What :func:`lists_of_samples` makes of ``x``.
    widths, bias, x, labels, targets, kind
        Network and samples, as for :func:`spinland_kernels.mlp.cpu.losses`.
    """
    n, rows = x.shape[0], min(batch, x.shape[0])
    workers = min(numba.get_num_threads(), points.shape[0])
    gathered = rows if rows < n and lists[0].shape[0] == 0 else 0
    widths = layers.as_widths(widths)
    work = _panel_work(workers, rows, widths, lists, (points, first, second), x.dtype)
    in_panels = [(v, p) for v, p in zip((points, first, second), work, strict=False) if p.size]
    for vector, panel_set in in_panels:
        _copy_panels(vector, widths[0], widths[1], panel_set, True)
    with single_threaded():
        _descents(
            points, first, second, alive, np.asarray(replicas, np.int64), np.uint64(seed), purpose, epoch,
            widths, bias, x, lists, labels, targets, kind, batch, low, rule, coefficients,
            np.empty((workers, n), np.int64),
            np.empty((workers, gathered, x.shape[1]), x.dtype),
            np.empty((workers, rows if labels.size else 0), np.int64),
            np.empty((workers, rows if targets.size else 0, widths[-1]), x.dtype),
            _aligned(workers, rows * layers.kept(widths), x.dtype),
            _aligned(workers, max(2 * rows * layers.widest(widths), scores.work_size(rows, int(widths[-1]))), x.dtype),
            _aligned(workers, max(blocks.BLOCK, int(widths.max())), x.dtype),
            *work,
        )  # fmt: skip
    for vector, panel_set in in_panels:
        _copy_panels(vector, widths[0], widths[1], panel_set, False)
