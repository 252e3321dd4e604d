"""Paths trained side by side on the cores: each core takes whole paths, one after another.

A step looks at one point of a path, on one batch of samples. It is a step of the training whose point is combined of
vectors: where the training would move the point along a part of its gradient, the control vectors take their step and
the next point is formed of them, while that part is in the first-level cache (:mod:`..training.blocks`).

A path's bits depend on its number, the seed, its places and the data alone, not on its neighbours or the threads.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop
from ..lanes.panels import copy_panel, units_in
from ..mlp.layers import weight_of
from ..networks import N_COEFFICIENTS, Batches, Network, Paths, Replicas, Rule, Samples
from ..philox.cpu import permute
from ..training import blocks, columns
from ..training.blocks import State
from ..training.work import Prepared, make_work, of_worker, prepared_of
from . import formula
from .work import Room, make_room


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return prepared_of(samples)


def portion(shape: tuple[int, int, int], batch_size: int, operations: float) -> int:
    """Steps of R paths (R, V, dim) that one launch should take, of so many operations for each thread: at least one."""
    count, vectors, dim = shape
    rounds = -(-count // numba.get_num_threads())
    return max(1, int(operations / (rounds * dim * (6.0 * batch_size + 100 * vectors))))


@loop
def _points(controls, places, step, out):
    zero = 0
    for r in prange(out.shape[0]):
        blocks.combine(controls[r], places[r, step], out[r], zero, out.shape[1])


def points(paths: Paths, step: int) -> NDArray[Any]:
    """The points (R, dim) that a step looks at."""
    out = np.empty((len(paths.controls), paths.controls.shape[2]), paths.controls.dtype)
    _points(paths.controls, paths.places, step, out)
    return out


@loop
def _follow(paths, gradients, step, optimiser, c):
    for r in prange(gradients.shape[0]):
        if paths.alive[r]:
            some = np.empty(gradients.shape[1], gradients.dtype)
            for f in range(paths.free.shape[0]):
                k = paths.free[f]
                share = paths.places[r, step, k]
                for i in range(some.shape[0]):
                    some[i] = formula.passed_on(share, gradients[r, i])
                blocks.step_of(paths.controls[r, k], some, paths.first[r, f], paths.second[r, f], optimiser, c)


def follow(paths: Paths, gradients: NDArray[Any], step: int, rule: Rule) -> None:
    """Take step number ``step`` of the rule with every living path, given the gradients (R, dim) at its points."""
    _follow(paths, gradients, step, rule.optimiser, rule.coefficients[step])


@block
def _set_order(order, batches, path, epoch):
    """Order of the samples in an epoch."""
    if batches.size < order.shape[0]:
        permute(order, batches.seed, batches.purpose, path, epoch)
    else:
        for i in range(order.shape[0]):
            order[i] = i


@block
def _all_finite(vectors, free, begin):
    finite = True
    for f in range(free.shape[0]):
        finite = finite and blocks.all_finite(vectors[free[f], begin:])
    return finite


@block
def _steps(path, at, at_panels, rule, batches, network, data, work):
    """Steps of one path; False as soon as it has diverged. Entries before ``begin`` lie in panels."""
    free, places, number = path
    n, count, steps = data.samples.x.shape[0], places.shape[1], places.shape[0]
    begin = network.widths[0] * network.widths[1] if data.lists.starts.shape[0] > 0 else 0
    per_epoch, zero = (n + batches.size - 1) // batches.size, 0
    c = np.full((4, max(N_COEFFICIENTS, count)), -1.0).astype(places.dtype)
    c[3, :count] = 0
    for f in range(free.shape[0]):
        c[3, free[f]] = 1
    blocks.combine(at.first, places[0], at.point, begin, at.point.shape[0])
    blocks.combine(at_panels.first, places[0], at_panels.point, zero, at_panels.point.shape[0])
    for s in range(steps):
        epoch, within = (batches.begin + s) // per_epoch, (batches.begin + s) % per_epoch
        if within == 0 or s == 0:
            _set_order(work.buffers.order, batches, number, batches.epoch + epoch)
        order = work.buffers.order[within * batches.size : min((within + 1) * batches.size, n)]
        if order.shape[0] < n or s == 0:
            columns.gather(data, order, network.widths[0], work)
        c[0, :N_COEFFICIENTS] = rule.coefficients[s]
        c[1, :count], c[2, :count] = places[s], places[min(s + 1, steps - 1)]
        if not columns.step(at, at_panels, network, data, order.shape[0], work, rule.optimiser, c):
            return False
    return _all_finite(at.first, free, begin) and _all_finite(at_panels.first, free, zero)


@loop
def _descend(paths, room, rule, batches, network, samples, of_all, buffers, by_sample, by_input):
    alive, workers, dim = paths.alive, buffers.order.shape[0], paths.controls.shape[2]
    for w in prange(workers):  # ``alive`` would be lost if it were written through the tuple
        same, own = Prepared(samples, of_all), of_worker(buffers, by_sample, by_input, w)
        for r in range(w, paths.controls.shape[0], workers):
            if alive[r]:
                path = paths.free, paths.places[r], paths.numbers[r]
                at = State(room.point[w, :dim], room.vectors[r], room.second[r])
                at_panels = State(room.point_panels[w], room.vector_panels[r], room.second_panels[r])
                alive[r] = _steps(path, at, at_panels, rule, batches, network, same, own)


@loop
def _copy_panels(vectors, network, panels, into):
    """Copy the first weights of vectors (B, dim) into their panels (B, size), or back."""
    inputs, units, wide = network.widths[0], network.widths[1], units_in(vectors.itemsize)
    each = (units + wide - 1) // wide
    for item in prange(vectors.shape[0] * each):
        b, first = item // each, item % each * wide
        copy_panel(weight_of(vectors[b], 0, inputs, units), first, panels[b], 0, into)


def _brought(paths: Paths, network: Network, room: Room, into: bool) -> None:
    """Copy control vectors and moments to where they are worked with, the first weights into panels; or back."""
    _, count, dim = paths.controls.shape
    parts = [(paths.controls, room.vectors[:, :count], room.vector_panels[:, :count])]
    if paths.first.size:
        parts.append((paths.first, room.vectors[:, count:-1], room.vector_panels[:, count:-1]))
    if paths.second.size:
        parts.append((paths.second, room.second, room.second_panels))
    for own, there, panels in parts:
        if into:
            there[..., :dim] = own
        else:
            own[...] = there[..., :dim]
        for r in range(len(own)) if panels.size else ():
            _copy_panels(own[r], network, panels[r], into)


def descend(paths: Paths, rule: Rule, batches: Batches, network: Network, prepared: Prepared) -> None:
    """Take a step with every living path for each row of the rule's coefficients, in place.

    Parameters
    ----------
    paths : Paths
        Control vectors, moments, and whether they are alive: changed in place.
    rule : Rule
        Optimiser, and its numbers for each step.
    batches : Batches
        Steps ``begin …`` counted from the first one of epoch ``epoch``; they may go on into later epochs.
    network : Network
        Architecture.
    prepared : Prepared
        What :func:`prepare` makes of the samples.
    """
    none = paths.controls[:, 0, :0]
    replicas = Replicas(paths.controls[:, 0], none, none, paths.alive, paths.numbers)
    buffers, by_sample, by_input = make_work(replicas, batches, network, prepared)
    room = make_room(paths, len(buffers.order), network, prepared)
    _brought(paths, network, room, True)
    _descend(paths, room, rule, batches, network, *prepared, buffers, by_sample, by_input)
    _brought(paths, network, room, False)
