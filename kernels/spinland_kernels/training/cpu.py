"""Replicas trained in step on the cores: each core takes whole replicas, one after another.

A replica's bits depend on its number, the seed and the data alone, not on its neighbours or the threads.

A step of the plain rule, with L the mean loss of a batch: w ← w − rate ∂L/∂w; the others are in :mod:`.formula`.
Every layer takes its step as soon as the layer below has its derivative, so a gradient is used before it leaves
the caches. Where most inputs are zero the first layer works with lists (:mod:`.lists`).
"""

from __future__ import annotations

from typing import Any

from numba import prange
from numpy.typing import NDArray

from ..blas import gemm, single_threaded
from ..jit import block, loop
from ..mlp import layers, scores
from ..networks import Batches, Network, Replicas, Rule, Samples
from ..philox.cpu import permute
from ..sparse import panels as first_layer
from . import blocks, lists
from .blocks import State
from .work import Prepared, make_panels, make_work, of_replica, of_worker, prepared_of


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return prepared_of(samples)


@block
def _forward(point, panels, network, x, listed, work):
    """Forward pass that keeps every layer in ``acts``; returns where the outputs (rows, k) begin."""
    widths, bias, rows = network.widths, network.bias, x.shape[0]
    inputs, units = widths[0], widths[1]
    first, offset, begin, z = 0, 0, 0, x
    if listed:
        z = layers.matrix(work.buffers.acts, 0, rows, units)
        hidden = widths.shape[0] > 2
        b = layers.bias_of(point, 0, inputs, units, bias)
        first_layer.outputs(panels, inputs, b, work.rows, 0, work.buffers.sums, z, hidden)
        first, offset, begin = 1, layers.layer_size(inputs, units, bias), rows * units if hidden else 0
    return layers.forward_from(point, network, z, work.buffers.acts, first, offset, begin)


@block
def _backward(state, panels, network, x, listed, output, work, optimiser, c):
    """Backward pass in which every layer takes its step as soon as the layer below has its delta."""
    widths, rows = network.widths, x.shape[0]
    last = widths.shape[0] - 2
    half = work.buffers.deltas.shape[0] // 2
    delta = layers.matrix(work.buffers.acts, output, rows, widths[last + 1])
    offset = state.point.shape[0]
    begin = output
    here = 0
    for step in range(last + 1):
        layer = last - step
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, network.bias)
        activation, below = x, delta
        if layer > 0:
            begin -= rows * fan_in
            activation = layers.matrix(work.buffers.acts, begin, rows, fan_in)
            below = layers.matrix(work.buffers.deltas, here, rows, fan_in)
            gemm(False, False, delta, layers.weight_of(state.point, offset, fan_in, fan_out), False, below)
            layers.gate(below, activation)
            here = half - here
        if layer == 0 and listed:
            lists.update_weight(
                panels, fan_in, work.columns, delta, work.buffers.sums, work.buffers.gradient, optimiser, c
            )
        else:
            blocks.update_weight(state, offset, delta, activation, work.buffers.gradient, optimiser, c)
        if network.bias:
            blocks.update_bias(state, offset + fan_in * fan_out, delta, work.buffers.gradient, optimiser, c)
        delta = below


@block
def _step(state, panels, network, batch, listed, work, optimiser, c):
    """One batch: forward, loss derivative, backward with the update; False where outputs are not finite."""
    rows, k = batch.x.shape[0], network.widths[-1]
    output = _forward(state.point, panels.point, network, batch.x, listed, work)
    if not blocks.all_finite(work.buffers.acts[output : output + rows * k]):
        return False
    z = layers.matrix(work.buffers.acts, output, rows, k)
    scores.output_delta(z, batch, 0, rows, work.buffers.deltas, z)
    _backward(state, panels, network, batch.x, listed, output, work, optimiser, c)
    return True


@block
def _copy_batch(samples, order, listed, work):
    """Labels, targets and, where they are multiplied as they are, inputs of the samples ``order``."""
    labels, targets = samples.labels, samples.targets
    for i in range(order.shape[0]):
        sample = order[i]
        if labels.shape[0] > 0:
            work.buffers.labels[i] = labels[sample]
        for j in range(targets.shape[1] if targets.shape[0] > 0 else 0):
            work.buffers.targets[i, j] = targets[sample, j]
        for j in range(0 if listed or work.buffers.x.shape[0] == 0 else samples.x.shape[1]):
            work.buffers.x[i, j] = samples.x[sample, j]


@block
def _steps(state, panels, rule, batches, network, data, work):
    """Steps of one replica; False as soon as it has diverged."""
    n = data.samples.x.shape[0]
    listed = data.lists.starts.shape[0] > 0
    for step in range(rule.coefficients.shape[0]):
        begin = (batches.begin + step) * batches.size
        rows = min(batches.size, n - begin)
        order = work.buffers.order[begin : begin + rows]
        _copy_batch(data.samples, order, listed, work)
        if listed and (rows < n or step == 0):
            lists.gather(data.lists, order, network.widths[0], work.rows, work.columns, work.buffers.tile)
        x = data.samples.x[:rows] if listed or rows == n else work.buffers.x[:rows]  # of lists, the shape alone
        batch = Samples(x, work.buffers.labels, work.buffers.targets, data.samples.kind)
        if not _step(state, panels, network, batch, listed, work, rule.optimiser, rule.coefficients[step]):
            return False
    return blocks.all_finite(state.point) and blocks.all_finite(panels.point)


@block
def _set_order(order, batches, replica):
    """Order of the samples in an epoch."""
    if batches.size < order.shape[0]:
        permute(order, batches.seed, batches.purpose, replica, batches.epoch)
    else:
        for i in range(order.shape[0]):
            order[i] = i


@loop
def _descend(replicas, panels, rule, batches, network, samples, of_all, buffers, rows, columns):
    alive, workers = replicas.alive, buffers.order.shape[0]  # written through the tuple, it would be lost
    for w in prange(workers):
        same, own = Prepared(samples, of_all), of_worker(buffers, rows, columns, w)
        whole = State(replicas.points, replicas.first, replicas.second)
        for r in range(w, replicas.points.shape[0], workers):
            if alive[r]:
                state, first_layer_state = of_replica(whole, r), of_replica(panels, r)
                _set_order(own.buffers.order, batches, replicas.numbers[r])
                alive[r] = _steps(state, first_layer_state, rule, batches, network, same, own)


def _in_panels(replicas: Replicas, network: Network, panels: State, into: bool) -> None:
    """Copy first weights and their moments into panels, or back."""
    inputs, units = int(network.widths[0]), int(network.widths[1])
    vectors: tuple[NDArray[Any], ...] = replicas.points, replicas.first, replicas.second
    for vector, panel in zip(vectors, panels, strict=True):
        if panel.size:
            first_layer.copy_panels(vector, inputs, units, panel, into)


def descend(replicas: Replicas, rule: Rule, batches: Batches, network: Network, prepared: Prepared) -> None:
    """Take a step with every living replica for each row of the rule's coefficients, in place.

    Parameters
    ----------
    replicas : Replicas
        Points, moments, and whether they are alive: changed in place.
    rule : Rule
        Optimiser, and its numbers for each step.
    batches : Batches
        Which steps of which epoch.
    network : Network
        Architecture.
    prepared : Prepared
        What :func:`prepare` makes of the samples.
    """
    buffers, rows, columns = make_work(replicas, batches, network, prepared)
    panels = make_panels(replicas, network, prepared)
    _in_panels(replicas, network, panels, True)
    with single_threaded():
        _descend(replicas, panels, rule, batches, network, *prepared, buffers, rows, columns)
    _in_panels(replicas, network, panels, False)
