"""Replicas of optimisers that need several gradients for a step.

The kernel of the training gives the gradient of a batch at the points that are held: with momentum 0 and rate 0 its
buffer is the gradient, and the points stay. What is made of it is NumPy's, in the kernels' arithmetic, number by number
or replica by replica: so the bits of a replica depend on nothing else.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import MOMENTUM, N_COEFFICIENTS, Replicas, Rule

from .. import rng
from ..rng import Purpose
from .flat import SAM, EntropySGD, ReplicatedSGD
from .group import Group
from .plan import Plan
from .steps import step


class StepwiseGroup(Group):
    """Replicas in flight whose steps are put together of gradients.

    The base moves the points of ``moving``, those of the replicas where nothing else is said; ``kept`` is where the
    step began.
    """

    def __init__(self, plan: Plan, low: int, high: int):
        super().__init__(plan, low, high)
        self.moving = self.movers()
        points, self.base = self.moving.points, plan.optimizer.base
        self.kept = np.empty_like(points)
        rows = [len(points) if self.base.n_moments > m else 0 for m in range(2)]
        self.moments = [np.zeros((n, points.shape[1]), plan.dtype) for n in rows]
        coefficients = np.zeros((1, N_COEFFICIENTS), plan.dtype)
        coefficients[0, 4] = 1
        self.still = Rule(MOMENTUM, coefficients)
        self.ordered = -1

    def movers(self) -> Replicas:
        """What the base moves."""
        return self.held

    def gradient(self, epoch: int, number: int) -> NDArray[Any]:
        """Gradient (G, dim) at the moving points, of batch ``number`` in an epoch's order; the next overwrites it."""
        plan = self.plan
        batches = plan.batches(epoch, number)
        if epoch != self.ordered:  # an order takes longer than a step: it is drawn once for all launches of an epoch
            self.moving = self.moving._replace(orders=plan.orders(epoch, self.moving.numbers))
            self.ordered = epoch
        self.kernel.descend(self.moving, self.still, batches, plan.train.architecture, plan.train.prepared("training"))
        return self.moving.first

    def run_steps(self, epoch: int, first: int, last: int) -> None:
        """Steps ``first`` … ``last`` − 1 of an epoch, one after another."""
        coefficients = self.plan.coefficients(epoch)
        with np.errstate(over="ignore", invalid="ignore"):  # what diverges is found by the next gradient
            for number in range(first, last):
                np.copyto(self.kept, self.moving.points)
                slopes = self.slopes(epoch, number)
                np.copyto(self.moving.points, self.kept)
                step(self.base.rule, coefficients[number], self.moving.points, slopes, self.moments)
            self.settle()
        self.alive &= np.isfinite(self.held.points).all(axis=1)

    def slopes(self, epoch: int, number: int) -> NDArray[Any]:
        """What the base takes for the gradient (G, dim) at ``kept``, in step ``number`` of an epoch."""
        raise NotImplementedError

    def settle(self) -> None:
        """After the last of some steps: bring the replicas to where what moves has come."""


class SharpnessAwareGroup(StepwiseGroup):
    """Replicas of :class:`~spinland.training.flat.SAM`."""

    def slopes(self, epoch: int, number: int) -> NDArray[Any]:
        """Gradient at the distance ρ up the slope of the same batch."""
        first = self.gradient(epoch, number)
        lengths = np.sqrt(np.square(first, dtype=np.float64).sum(axis=1))
        up = np.divide(self.plan.optimizer.rho, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        self.held.points[:] += up.astype(self.plan.dtype)[:, None] * first
        return self.gradient(epoch, number)


class LocalEntropyGroup(StepwiseGroup):
    """Replicas of :class:`~spinland.training.flat.EntropySGD`."""

    def __init__(self, plan: Plan, low: int, high: int):
        super().__init__(plan, low, high)
        self.mean, self.noise = np.empty_like(self.kept), np.empty_like(self.kept)

    def slopes(self, epoch: int, number: int) -> NDArray[Any]:
        """γ (w − μ) after L steps of Langevin dynamics, each on the next batch of the training set."""
        rule: EntropySGD = self.plan.optimizer
        steps, w, real = self.plan.steps_per_epoch, self.held.points, self.plan.dtype.type
        outer = epoch * steps + number
        gamma = real(rule.scope(outer))
        np.copyto(self.mean, w)
        for inner in range(rule.n_langevin):
            times, batch = divmod(number * rule.n_langevin + inner, steps)
            slopes = self.gradient(epoch * rule.n_langevin + times, batch)
            w -= real(rule.langevin_rate) * (slopes + gamma * (w - self.kept))
            if rule.noise:
                at = outer * rule.n_langevin + inner
                rng.fill_normals(self.noise, self.plan.seed, Purpose.ENTROPY, self.replicas, at)
                w += real(rule.noise * math.sqrt(rule.langevin_rate)) * self.noise
            self.mean += real(rule.average) * (w - self.mean)
        return gamma * (self.kept - self.mean)


class CoupledGroup(StepwiseGroup):
    """Replicas of :class:`~spinland.training.flat.ReplicatedSGD`: each is the centre of y copies that move::

    moving   replica 0: copy 0 | copy 1 | … | copy y−1 | replica 1: copy 0 | …        rows of (G y, dim)
    held     replica 0: their centre                   | replica 1: …                 rows of (G, dim)
    """

    def movers(self) -> Replicas:
        """The copies, all at the starting point of their replica, each with an order of the samples of its own."""
        y = self.plan.optimizer.n_coupled
        points = np.repeat(self.held.points, y, axis=0)
        numbers = (self.replicas[:, None] * y + np.arange(y)).ravel()
        nothing = np.zeros((len(points), 0), points.dtype)
        return self.kernel.hold(Replicas(points, np.zeros_like(points), nothing, np.ones(len(points), bool), numbers))

    def slopes(self, epoch: int, number: int) -> NDArray[Any]:
        """Gradient of each copy's own batch, and the pull to the centre."""
        step = epoch * self.plan.steps_per_epoch + number
        gamma = self.plan.dtype.type(self.plan.optimizer.scope(step))
        away = self._by_replica(self.kept) - self._centre()[:, None]
        return self.gradient(epoch, number) + gamma * away.reshape(self.kept.shape)

    def settle(self) -> None:
        """Replicas go to the centres of their copies, and diverge with any of these."""
        self.held.points[:] = self._centre()
        self.alive &= self.moving.alive.reshape(len(self.alive), -1).all(axis=1)

    def _by_replica(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows of copies as (G, y, dim)."""
        return rows.reshape(len(self.replicas), self.plan.optimizer.n_coupled, -1)

    def _centre(self) -> NDArray[Any]:
        """Mean (G, dim) of the copies in their float type, summed in float64 one after another."""
        copies = self._by_replica(self.moving.points)
        total = copies[:, 0].astype(np.float64)
        for a in range(1, copies.shape[1]):
            total += copies[:, a]
        total /= copies.shape[1]
        return total.astype(self.plan.dtype)


def group_of(plan: Plan) -> type[Group]:
    """How the replicas of a plan are trained."""
    kinds: dict[type, type[Group]] = {
        SAM: SharpnessAwareGroup,
        EntropySGD: LocalEntropyGroup,
        ReplicatedSGD: CoupledGroup,
    }
    return kinds.get(type(plan.optimizer), Group)
