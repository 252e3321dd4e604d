"""Paths trained in step on the card; each step is a few launches for all of them together.

A step looks at one point of a path, on one batch of samples. Its gradient is that of the training of large replicas
(:mod:`..training.large`), whose points are combined anew for each step:

    controls    (R, V, dim)    moments (R, F, dim)
    points      (R, dim)       where the training has its own

    combine     w = Σ_k φ_k θ_k                               thread: a parameter of a path, V reads
    …           the launches of the training, but its update
    follow      φ_k ∂L/∂w, and the step of each free θ_k      thread: a parameter of a path, F steps

Control vectors and moments go up before the first step of a call and come down after the last. A path's bits depend on
its number, the seed, its places and the data alone. One that has diverged is computed with the others and not moved.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numba import int32, uint64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from ..memory import Wanted
from ..networks import Batches, Network, Paths, Rule, Samples
from ..training import cuda as training
from ..training import large
from ..training.blocks import State
from ..training.cuda import CORES, Prepared
from ..training.large import THREADS, total_of
from ..training.orders import set_order
from ..training.threads import numbers_of, take_step
from . import formula

added = device(formula.added)
passed_on = device(formula.passed_on)

STEPS = 4096
"""Steps of a call at most: each has some ten launches, which take a tenth of a millisecond however small they are."""

_OF_PATHS = "controls", "first", "second", "places", "alive", "numbers"  # with an axis for the paths, all but ``free``
_APART = 256  # bytes at a multiple of which an array of the workspace begins


def prepare(samples: Samples) -> Prepared:
    """Samples on the card, for any number of calls."""
    return training.prepare(samples)


def portion(shape: tuple[int, int, int], batch_size: int, operations: float) -> int:
    """Steps of R paths (R, V, dim) that one call should take: at least one.

    ``operations`` are those of a call, for each core that a card is worth.
    """
    count, vectors, dim = shape
    whole = int(CORES * operations / (count * dim * (6.0 * batch_size + 100 * vectors)))
    return max(1, min(whole, STEPS))


@kernel(THREADS)
def _combine(paths, step, out, stretches):
    r, p = cuda.blockIdx.x // stretches, int32(cuda.blockIdx.x % stretches * THREADS + cuda.threadIdx.x)
    if p < out.shape[1]:
        i, zero = uint64(p), out.dtype.type(0)
        total = zero
        for k in range(paths.controls.shape[1]):
            share = paths.places[r, step, k]
            if share != zero:
                total = added(total, share, paths.controls[r, k, i])
        out[r, i] = total


@kernel(THREADS, 5)
def _follow(paths, gradient, parts, rule, step, stretches):
    r, p = cuda.blockIdx.x // stretches, int32(cuda.blockIdx.x % stretches * THREADS + cuda.threadIdx.x)
    dim = paths.controls.shape[2]
    if p < dim and paths.alive[r] != 0:
        g, i = total_of(gradient, r, parts, p, dim), uint64(p)
        for f in range(paths.free.shape[0]):
            k = paths.free[f]
            first, second, along = paths.first[r, f], paths.second[r, f], passed_on(paths.places[r, step, k], g)
            take_step(paths.controls[r, k], i, first, i, second, i, along, rule.optimiser, numbers_of(rule, step))


def _arrays(paths: Paths) -> list[NDArray[Any]]:
    """What goes up of paths; moments that the optimiser lacks do not."""
    moments = [vectors for vectors in (paths.first, paths.second) if vectors.size]
    return [paths.controls, *moments, paths.free, paths.places, paths.alive.astype(np.int32), paths.numbers]


def _lying(paths: Paths, rooms: list[Any] | None = None) -> Paths:
    """The paths on the card, in ``rooms`` for their arrays or in memory of their own; whether they live as int32."""
    arrays = _arrays(paths)
    into = rooms or [None] * len(arrays)
    controls, *moments, free, places, alive, numbers = map(jit_cuda.put, arrays, into)
    first, second = [*moments, controls, controls][:2]  # what an optimiser lacks is never touched
    return Paths(controls, first, second, free, places, alive, numbers)


def _bring_down(lying: Paths, paths: Paths) -> None:
    """What has changed of paths that lie on the card, to where their owner has it."""
    for there, own in zip(lying[:3], paths[:3], strict=True):
        if own.size:
            jit_cuda.get(there, own)
    paths.alive[:] = jit_cuda.get(lying.alive) != 0


def _in_stretches(lying: Paths) -> tuple[int, int]:
    """Blocks for all parameters of all paths, and those of one."""
    count, _, dim = lying.controls.shape
    stretches = -(-dim // THREADS)
    return count * stretches, stretches


def points(paths: Paths, step: int) -> NDArray[Any]:
    """The points (R, dim) that a step looks at."""
    lying, (count, _, dim) = _lying(paths), paths.controls.shape
    out = jit_cuda.empty((count, dim), paths.controls.dtype)
    blocks, stretches = _in_stretches(lying)
    _combine[blocks](lying, step, out, stretches)
    return jit_cuda.get(out)


def follow(paths: Paths, gradients: NDArray[Any], step: int, rule: Rule) -> None:
    """Take step number ``step`` of the rule with every living path, given the gradients (R, dim) at its points."""
    lying, there = _lying(paths), jit_cuda.put(gradients.ravel())
    blocks, stretches = _in_stretches(lying)
    _follow[blocks](lying, there, 1, rule._replace(coefficients=jit_cuda.put(rule.coefficients)), step, stretches)
    _bring_down(lying, paths)


def _wanted(paths: Paths, rule: Rule, batch: int, network: Network, n: int) -> list[Wanted]:
    """Room for arrays of paths, their numbers of the rule, orders and points, and the workspaces of the training."""
    (count, _, dim), dtype = paths.controls.shape, paths.controls.dtype
    rooms: list[Wanted] = [(array.shape, array.dtype) for array in _arrays(paths)]
    rooms += [(rule.coefficients.shape, dtype), ((count, n), np.int32), ((count, dim), dtype)]
    return rooms + large.room(network, count, batch, n, dtype)


def _part(paths: Paths, low: int, high: int) -> Paths:
    """Paths low … high−1, as views."""
    return paths._replace(**{name: getattr(paths, name)[low:high] for name in _OF_PATHS})


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
    if not paths.alive.any() or not len(rule.coefficients):
        return
    count, n = len(paths.alive), len(prepared.samples.x)
    one = _wanted(_part(paths, 0, 1), rule, min(batches.size, n), network, n)
    each = sum(prod(shape) * np.dtype(dtype).itemsize for shape, dtype in one)
    together = prepared.arena.fitting(count, each, _APART * len(one))
    for low in range(0, count, together):
        _descend(_part(paths, low, low + together), rule, batches, network, prepared)


def _descend(paths: Paths, rule: Rule, batches: Batches, network: Network, prepared: Prepared) -> None:
    """The same with paths that the card holds together."""
    n = len(prepared.samples.x)
    size = min(batches.size, n)
    rooms, held = prepared.arena.take(*_wanted(paths, rule, size, network, n)), len(_arrays(paths))
    lying = _lying(paths, rooms[:held])
    coefficients, order, at, *work = rooms[held:]
    there = Rule(rule.optimiser, jit_cuda.put(rule.coefficients, coefficients))
    descent = large.Descent(State(at, at, at), lying.alive, order, network, prepared.resident, work)
    (blocks, stretches), per_epoch = _in_stretches(lying), -(-n // size)
    for step in range(len(rule.coefficients)):
        epoch, within = divmod(batches.begin + step, per_epoch)
        if within == 0 or step == 0:
            set_order(order, lying.numbers, batches._replace(epoch=batches.epoch + epoch))
        begin = within * size
        taken = min(size, n - begin)
        _combine[blocks](lying, step, at, stretches)
        descent.find_gradients(begin, taken)
        _follow[blocks](lying, descent.gradient, -(-taken // large.PART), there, step, stretches)
    some, vectors, dim = lying.controls.shape
    large.find_infinities(lying.controls.reshape(some * vectors, dim), lying.alive)
    _bring_down(lying, paths)
