"""Replicas trained in step on the card; the order of their samples is that of the cores (:mod:`.orders`).

Two ways, chosen by shapes, and by the precision that was asked for:

    small   a replica's weights, moments and batch fit into the shared memory of a block (:mod:`.small`): one block
            a replica, and one launch for all steps
    large   else, and where tensor cores are to multiply (:mod:`.large`): each step is a few launches, of all replicas
            together

Parameters and moments of held replicas stay on the card (:func:`hold`); those of others go up before the first step and
come down after the last. A replica's bits depend on its number, the seed and the data alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import jit_cuda, memory
from ..networks import EXACT, Batches, Network, Replicas, Rule, Samples, size_of
from . import large, small
from .blocks import State
from .orders import set_order
from .threads import Resident

MOST, TIMES = 4096, 16
"""Replicas of a group at most, and how often the memory that the cores take for one: 132 multiprocessors hold 528
blocks of small networks, and a step of large ones should last longer than its launches."""

CORES = 100
"""Cores that a card is worth, where it counts how long a launch lasts."""


class Prepared(NamedTuple):
    """Samples made ready for the card.

    Attributes
    ----------
    samples : Samples
        As they were given.
    resident : Resident
        The same on the card.
    arena : Arena
        Workspaces.
    """

    samples: Samples
    resident: Resident
    arena: memory.Arena


def prepare(samples: Samples) -> Prepared:
    """Samples on the card, for any number of calls."""
    labels = memory.resident(samples.labels) if samples.labels.size else jit_cuda.put(np.zeros(1, np.int64))
    outputs = samples.targets.shape[1]
    none = np.zeros((1, outputs), samples.x.dtype)
    targets = memory.resident(samples.targets) if len(samples.targets) else jit_cuda.put(none)
    resident = Resident(memory.resident(samples.x), labels, targets, int(samples.kind), outputs, samples.precision)
    return Prepared(samples, resident, memory.Arena())


def hold(replicas: Replicas) -> Replicas:
    """The replicas where this machine trains them: the card keeps their points and moments."""
    vectors = replicas.points, replicas.first, replicas.second
    points, first, second = (jit_cuda.put(vector) if vector.size else vector for vector in vectors)
    return replicas._replace(points=points, first=first, second=second)


def fetch(points: Any) -> NDArray[Any]:
    """Points of held replicas, for the processor."""
    return jit_cuda.get(points)


def group_size(network: Network, samples: Samples, moments: int, batch_size: int, budget: int) -> int:
    """Replicas whose state should be there at once: half of the card's free memory holds it.

    Parameters
    ----------
    network, samples : Network, Samples
        What is trained.
    moments : int
        How many the optimiser has.
    batch_size : int
        Samples of a batch.
    budget : int
        Bytes for the parameters and moments of what the cores train together; a card has a multiple of it.

    Returns
    -------
    int
        At least one.
    """
    (n, _), dtype = samples.x.shape, samples.x.dtype
    batch, state = min(batch_size, n), size_of(network) * dtype.itemsize * (1 + moments)
    work = [] if _is_small(network, moments, batch, samples) else large.room(network, 1, batch, n, dtype)
    each = state + 4 * n + sum(shape[0] * dtype.itemsize for shape, _ in work)
    return max(1, min(MOST, jit_cuda.free() // 2 // each, TIMES * budget // state))


def portion(shape: tuple[int, int], steps: int, batch_size: int, operations: float) -> tuple[int, int]:
    """How many replicas go together, and for how many of an epoch's steps: all, as long as a launch does not last.

    Parameters
    ----------
    shape : (G, dim)
        Replicas and their parameters.
    steps, batch_size : int
        Of an epoch and of a step.
    operations : float
        Of one launch, for each core that a card is worth.

    Returns
    -------
    tuple of two int
        At least one each.
    """
    replicas, dim = shape
    whole = int(CORES * operations / (replicas * dim * (6.0 * batch_size + 100)))
    return replicas, max(1, min(whole, steps))


def _is_small(network: Network, moments: int, batch: int, samples: Samples) -> bool:
    """Which of the two ways is gone."""
    return samples.precision == EXACT and small.fits(network, moments, batch, samples.x.dtype.itemsize)


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
    if not replicas.alive.any() or not len(rule.coefficients):
        return
    vectors = [vector for vector in (replicas.points, replicas.first, replicas.second) if vector.size]
    strangers = [vector for vector in vectors if isinstance(vector, np.ndarray)]  # others lie on the card
    (count, _), dtype, moments = replicas.points.shape, replicas.points.dtype, len(vectors) - 1
    n = len(prepared.samples.x)
    batch = min(batches.size, n)
    inside = _is_small(network, moments, batch, prepared.samples)
    plan = small.plan_of(network, moments, batch) if inside else None
    work = [((len(plan.table), 8), np.int32)] if plan is not None else large.room(network, count, batch, n, dtype)
    rooms: list[memory.Wanted] = [(vector.shape, dtype) for vector in strangers]
    rooms += [((count,), np.int32), ((count, n), np.int32), ((count,), np.int64), (rule.coefficients.shape, dtype)]
    there = prepared.arena.take(*rooms, *work)
    for vector, on_card in zip(strangers, there, strict=False):
        jit_cuda.put(vector, on_card)
    alive, order, numbers, coefficients, *work = there[len(strangers) :]
    jit_cuda.put(replicas.alive.astype(np.int32), alive)
    jit_cuda.put(rule.coefficients, coefficients)
    set_order(order, jit_cuda.put(replicas.numbers, numbers), batches)
    rising = iter(there)
    lying = [next(rising) if isinstance(vector, np.ndarray) else vector for vector in vectors]
    state = State(*[*lying, lying[0], lying[0]][:3])  # what an optimiser lacks is never touched
    step = state, alive, order, Rule(rule.optimiser, coefficients), batches
    if plan is not None:
        table = jit_cuda.put(plan.table, work[0])
        small.descend(*step, prepared.resident, plan._replace(table=table))
    else:
        large.descend(*step, network, prepared.resident, work)
    for vector, on_card in zip(strangers, there, strict=False):
        jit_cuda.get(on_card, vector)
    replicas.alive[:] = jit_cuda.get(alive) != 0
