"""The parts of a training: replicas that are trained together, here or elsewhere, and all of them as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels import networks

from .. import budget, checks
from ..arrays import sealed
from ..execution.crew import spread
from ..machines import operation
from ..progress import Advance, track
from .ensemble import Ensemble
from .group import Group
from .plan import Plan
from .stepwise import group_of

_CANARY = 2, 5
"""Replicas and steps of the piece of a training that workers are compared by."""


def _default_group(plan: Plan) -> int:
    kernel, network = operation("training", plan.device), networks.network_of(plan.network.widths, plan.network.bias)
    return int(kernel.group_size(network, plan.train.given, plan.n_kept, plan.batch_size, budget.GROUP))


def groups(plan: Plan, group_size: int | None, kind: type[Group] = Group) -> Iterator[Ensemble]:
    """The parts of a training, ``group_size`` replicas each; what is wrong with that number is said at the call."""
    size = _default_group(plan) if group_size is None else checks.integer("group_size", group_size, minimum=1)
    return _trained(plan, size, kind)


def _trained(plan: Plan, group_size: int, kind: type[Group]) -> Iterator[Ensemble]:
    total = plan.replicas.size
    with track(total * plan.epochs, f"training {total} replicas") as advance:
        for low in range(0, total, group_size):
            yield _train_group(kind(plan, low, min(low + group_size, total)), advance)


def _train_group(group: Group, advance: Advance) -> Ensemble:
    group.record(0)
    for epoch in range(group.plan.epochs):
        if group.alive.any():
            group.run_epoch(epoch)
            group.record(epoch + 1)
        advance(group.replicas.size)
    return group.ensemble()


def trained(plan: Plan, rows: NDArray[np.int64], group_size: int | None = None) -> Ensemble:
    """The replicas at some places of a plan: what a worker does."""
    part = plan.of_rows(rows)
    return collect(groups(part, group_size, group_of(part)), part.replicas)


def canary(plan: Plan) -> list[NDArray[Any]]:
    """The first steps of the first replicas, and their losses: the same bits wherever the whole has the same bits."""
    n_replicas, n_steps = _CANARY
    part = plan.of_rows(np.arange(min(n_replicas, plan.replicas.size)))
    group = group_of(part)(part, 0, part.replicas.size)
    if part.epochs:
        group.run_steps(0, 0, min(n_steps, part.steps_per_epoch))
    mlp = operation("mlp", part.device)
    samples = part.train.architecture, part.train.prepared("mlp")
    return [group.full_points(), *mlp.losses(group.held.points, *samples)]


def groups_elsewhere(plan: Plan, group_size: int | None, executor: Any) -> Iterator[Ensemble]:
    """The parts of a training as workers finish them."""
    if group_size is not None:
        checks.integer("group_size", group_size, minimum=1)
    more = () if group_size is None else (group_size,)
    total = plan.replicas.size
    words = f"training {total} replicas"
    for _, part in spread(trained, plan, total, executor, canary, more=more, device=plan.device, description=words):
        yield replace(part, provenance=plan.provenance())


def collect(
    parts: Iterator[Ensemble], replicas: NDArray[np.int64], sink: Callable[[Ensemble], None] | None = None
) -> Ensemble:
    """All parts as one, in any order; each is copied to its place and let go: memory holds the whole but once.

    Parameters
    ----------
    parts : iterator of Ensemble
    replicas : int array (R,)
        Numbers of the replicas, in the order of the whole.
    sink : callable, optional
        Gets every part.
    """
    place = {int(number): row for row, number in enumerate(replicas)}
    whole: dict[str, Any] = {}
    for part in parts:
        if sink is not None:
            sink(part)
        rows = [place[int(number)] for number in part.replicas]
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray) and field.name != "snapshot_epochs":
                if field.name not in whole:
                    whole[field.name] = np.empty((len(place), *value.shape[1:]), value.dtype)
                whole[field.name][rows] = value
    for array in whole.values():
        sealed(array)
    return replace(part, **whole)
