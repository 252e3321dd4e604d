"""Paths trained side by side on the cores: each core takes whole paths, one after another.

A step looks at one point of a path, on one batch of samples. Its gradient is that of the training's kernel, which keeps
it; then all control vectors take their step, and the next point is formed, in one pass (:mod:`.blocks`).

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
from ..networks import KEEP, N_COEFFICIENTS, Batches, Network, Paths, Replicas, Rule, Samples
from ..philox.cpu import permute
from ..training import blocks as training
from ..training import columns
from ..training.blocks import State
from ..training.work import Prepared, make_work, of_worker, prepared_of
from . import blocks
from .work import make_room


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
    parts = (out.shape[1] + blocks.PART - 1) // blocks.PART
    for item in prange(out.shape[0] * parts):
        r, low = item // parts, item % parts * blocks.PART
        high = min(low + blocks.PART, out.shape[1])
        blocks.combine(controls[r], places[r, step], out[r], low, high)


def points(paths: Paths, step: int) -> NDArray[Any]:
    """The points (R, dim) that a step looks at."""
    out = np.empty((len(paths.controls), paths.controls.shape[2]), paths.controls.dtype)
    _points(paths.controls, paths.places, step, out)
    return out


@loop
def _follow(paths, gradients, step, optimiser, c):
    for r in prange(gradients.shape[0]):
        if paths.alive[r]:
            passed = np.empty(blocks.PART, gradients.dtype)
            moments = paths.first[r], paths.second[r], paths.free
            shares, rule = paths.places[r, step], (optimiser, c, passed)
            blocks.follow(paths.controls[r], moments, shares, gradients[r], rule)


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
def _all_finite(controls, free, begin):
    finite = True
    for f in range(free.shape[0]):
        finite = finite and training.all_finite(controls[free[f], begin:])
    return finite


@block
def _steps(path, path_panels, at, at_panels, rule, batches, network, data, work, passed):
    """Steps of one path; False as soon as it has diverged. Entries before ``begin`` lie in panels."""
    controls, first, second, free, places, number = path
    listed, n, c = data.lists.starts.shape[0] > 0, data.samples.x.shape[0], rule.coefficients
    begin = network.widths[0] * network.widths[1] if listed else 0
    moments, panel_moments = (first, second, free), (path_panels[1], path_panels[2], free)
    silent, per_epoch, zero = np.zeros(N_COEFFICIENTS, controls.dtype), (n + batches.size - 1) // batches.size, 0
    blocks.combine(controls, places[0], at.point, begin, at.point.shape[0])
    blocks.combine(path_panels[0], places[0], at_panels.point, zero, at_panels.point.shape[0])
    for s in range(places.shape[0]):
        epoch, within = (batches.begin + s) // per_epoch, (batches.begin + s) % per_epoch
        if within == 0 or s == 0:
            _set_order(work.buffers.order, batches, number, batches.epoch + epoch)
        order = work.buffers.order[within * batches.size : min((within + 1) * batches.size, n)]
        if order.shape[0] < n or s == 0:
            columns.gather(data, order, network.widths[0], work)
        if not columns.step(at, at_panels, network, data, order.shape[0], work, KEEP, silent):
            return False
        here, there = places[s], places[min(s + 1, places.shape[0] - 1)]
        step = rule.optimiser, c[s], passed
        blocks.follow_and_combine(controls, moments, here, there, at, begin, step)
        blocks.follow_and_combine(path_panels[0], panel_moments, here, there, at_panels, zero, step)
    return _all_finite(controls, free, begin) and _all_finite(path_panels[0], free, zero)


@loop
def _descend(paths, room, rule, batches, network, samples, of_all, buffers, by_sample, by_input):
    alive, workers = paths.alive, buffers.order.shape[0]  # written through the tuple, it would be lost
    for w in prange(workers):
        same, own = Prepared(samples, of_all), of_worker(buffers, by_sample, by_input, w)
        none, dim = room.point[w, :0], paths.controls.shape[2]
        at = State(room.point[w, :dim], room.gradient[w, :dim], none)
        at_panels = State(room.point_panels[w], room.gradient_panels[w], none)
        for r in range(w, paths.controls.shape[0], workers):
            if alive[r]:
                path = paths.controls[r], paths.first[r], paths.second[r], paths.free, paths.places[r], paths.numbers[r]
                panels = room.controls[r], room.first[r], room.second[r]
                alive[r] = _steps(path, panels, at, at_panels, rule, batches, network, same, own, room.passed[w])


@loop
def _copy_panels(vectors, network, panels, into):
    """Copy the first weights of vectors (B, dim) into their panels (B, size), or back."""
    inputs, units, wide = network.widths[0], network.widths[1], units_in(vectors.itemsize)
    each = (units + wide - 1) // wide
    for item in prange(vectors.shape[0] * each):
        b, first = item // each, item % each * wide
        copy_panel(weight_of(vectors[b], 0, inputs, units), first, panels[b], 0, into)


def _in_panels(paths: Paths, network: Network, room: Any, into: bool) -> None:
    """Copy the first weights of control vectors and moments into panels, or back."""
    for vectors, panels in ((paths.controls, room.controls), (paths.first, room.first), (paths.second, room.second)):
        if panels.size:
            flat = vectors.reshape(-1, vectors.shape[-1]), panels.reshape(-1, panels.shape[-1])
            _copy_panels(flat[0], network, flat[1], into)


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
    _in_panels(paths, network, room, True)
    _descend(paths, room, rule, batches, network, *prepared, buffers, by_sample, by_input)
    _in_panels(paths, network, room, False)
