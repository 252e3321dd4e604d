"""Replicas trained in step on the cores: each core takes whole replicas, one after another.

A replica's bits depend on its number, the seed and the data alone, not on its neighbours or the threads.

A step of the plain rule, with L the mean loss of a batch: w ← w − rate ∂L/∂w; the others are in :mod:`.formula`.
Every layer takes its step as soon as the layer below has its derivative, so a gradient is used before it leaves
the caches. Where most inputs are zero the first layer works with lists (:mod:`.lists`).
"""

from __future__ import annotations

from typing import Any

import numba
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop
from ..lanes.panels import copy_panel, units_in
from ..mlp.layers import weight_of
from ..networks import Batches, Network, Replicas, Rule, Samples, size_of
from ..philox.cpu import draw, permute
from . import blocks, columns
from .blocks import State
from .work import Prepared, make_panels, make_work, of_replica, of_worker, prepared_of

#: Replicas of a group at most.
MOST = 64


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return prepared_of(samples)


def group_size(network: Network, samples: Samples, moments: int, batch_size: int, budget: int) -> int:
    """Replicas whose state should be there at once.

    Parameters
    ----------
    network, samples : Network, Samples
        What is trained.
    moments : int
        How many the optimiser has.
    batch_size : int
        Samples of a batch.
    budget : int
        Bytes for the parameters and moments.

    Returns
    -------
    int
        At least one; a multiple of the threads.
    """
    threads, dim = numba.get_num_threads(), size_of(network)
    most = max(1, budget // (dim * samples.x.itemsize * (2 + moments)))
    return max(1, min(MOST, most) // threads) * threads


def portion(shape: tuple[int, int], steps: int, batch_size: int, operations: float) -> tuple[int, int]:
    """How many replicas go together, and for how many of an epoch's steps.

    A replica's state should be in the caches for many steps before the next one's takes its place.

    Parameters
    ----------
    shape : (G, dim)
        Replicas and their parameters.
    steps, batch_size : int
        Of an epoch and of a step.
    operations : float
        Of one launch, for each thread.

    Returns
    -------
    tuple of two int
        At least one each.
    """
    threads, (replicas, dim) = numba.get_num_threads(), shape
    whole = int(operations * threads / (dim * (6.0 * batch_size + 100)))  # steps of a launch, over all its replicas
    together = max(1, min(whole // steps, replicas) // threads) * threads
    return together, max(1, whole // together)


def hold(replicas: Replicas) -> Replicas:
    """The replicas where this machine trains them: on the cores, as they are."""
    return replicas


def fetch(points: NDArray[Any]) -> NDArray[Any]:
    """Points of held replicas, for the processor."""
    return points


@block
def _steps(state, panels, rule, batches, network, data, work):
    """Steps of one replica; False as soon as it has diverged."""
    n = data.samples.x.shape[0]
    for step in range(rule.coefficients.shape[0]):
        begin = (batches.begin + step) * batches.size
        order = work.buffers.order[begin : min(begin + batches.size, n)]
        if order.shape[0] < n or step == 0:
            columns.gather(data, order, network.widths[0], work)
        count, c = order.shape[0], rule.coefficients[step]
        if not columns.step(state, panels, network, data, count, work, rule.optimiser, c):
            return False
    return blocks.all_finite(state.point) and blocks.all_finite(panels.point)


@block
def _set_order(order, batches, replica, kept, r):
    """Order of the samples in an epoch, row ``r`` of those that were kept if there are any."""
    if kept.shape[0] > 0:
        for i in range(order.shape[0]):
            order[i] = kept[r, i]
    elif batches.replacement:
        draw(order, batches.seed, batches.purpose, replica, batches.epoch, order.shape[0])
    elif batches.size < order.shape[0]:
        permute(order, batches.seed, batches.purpose, replica, batches.epoch)
    else:
        for i in range(order.shape[0]):
            order[i] = i


@loop
def _descend(replicas, panels, rule, batches, network, samples, of_all, buffers, by_sample, by_input):
    alive, workers = replicas.alive, buffers.order.shape[0]  # written through the tuple, it would be lost
    for w in prange(workers):
        same, own = Prepared(samples, of_all), of_worker(buffers, by_sample, by_input, w)
        whole = State(replicas.points, replicas.first, replicas.second)
        for r in range(w, replicas.points.shape[0], workers):
            if alive[r]:
                state, first_layer_state = of_replica(whole, r), of_replica(panels, r)
                _set_order(own.buffers.order, batches, replicas.numbers[r], replicas.orders, r)
                alive[r] = _steps(state, first_layer_state, rule, batches, network, same, own)


@loop
def _copy_panels(points, network, panels, into):
    """Copy the first weights of points (B, dim) into their panels (B, size), or back."""
    inputs, units, wide = network.widths[0], network.widths[1], units_in(points.itemsize)
    each = (units + wide - 1) // wide
    for item in prange(points.shape[0] * each):
        b, first = item // each, item % each * wide
        copy_panel(weight_of(points[b], 0, inputs, units), first, panels[b], 0, into)


def _in_panels(replicas: Replicas, network: Network, panels: State, into: bool) -> None:
    """Copy first weights and their moments into panels, or back."""
    vectors: tuple[NDArray[Any], ...] = replicas.points, replicas.first, replicas.second
    for vector, panel in zip(vectors, panels, strict=True):
        if panel.size:
            _copy_panels(vector, network, panel, into)


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
    buffers, by_sample, by_input = make_work(replicas, batches, network, prepared)
    panels = make_panels(replicas, network, prepared)
    _in_panels(replicas, network, panels, True)
    _descend(replicas, panels, rule, batches, network, *prepared, buffers, by_sample, by_input)
    _in_panels(replicas, network, panels, False)
