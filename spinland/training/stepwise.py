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

from spinland_kernels.networks import MOMENTUM, N_COEFFICIENTS, Rule

from .. import rng
from ..rng import Purpose
from .flat import SAM, EntropySGD
from .group import Group
from .plan import Plan
from .steps import step


class StepwiseGroup(Group):
    """Replicas in flight whose steps are put together of gradients; ``kept`` is where the step began."""

    def __init__(self, plan: Plan, low: int, high: int):
        super().__init__(plan, low, high)
        points, self.base = self.held.points, plan.optimizer.base
        self.kept = np.empty_like(points)
        rows = [len(points) if self.base.n_moments > m else 0 for m in range(2)]
        self.moments = [np.zeros((n, points.shape[1]), plan.dtype) for n in rows]
        coefficients = np.zeros((1, N_COEFFICIENTS), plan.dtype)
        coefficients[0, 4] = 1
        self.still = Rule(MOMENTUM, coefficients)

    def gradient(self, epoch: int, number: int) -> NDArray[Any]:
        """Gradient (G, dim) at the held points, of batch ``number`` in an epoch's order; the next overwrites it."""
        plan = self.plan
        batches = plan.batches(epoch, number)
        self.kernel.descend(self.held, self.still, batches, plan.train.architecture, plan.train.prepared("training"))
        return self.held.first

    def run_steps(self, epoch: int, first: int, last: int) -> None:
        """Steps ``first`` … ``last`` − 1 of an epoch, one after another."""
        coefficients = self.plan.coefficients(epoch)
        with np.errstate(over="ignore", invalid="ignore"):  # what diverges is found by the next gradient
            for number in range(first, last):
                np.copyto(self.kept, self.held.points)
                slopes = self.slopes(epoch, number)
                np.copyto(self.held.points, self.kept)
                step(self.base.rule, coefficients[number], self.held.points, slopes, self.moments)
        self.alive &= np.isfinite(self.held.points).all(axis=1)

    def slopes(self, epoch: int, number: int) -> NDArray[Any]:
        """What the base takes for the gradient (G, dim) at ``kept``, in step ``number`` of an epoch."""
        raise NotImplementedError


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


def group_of(plan: Plan) -> type[Group]:
    """How the replicas of a plan are trained."""
    if isinstance(plan.optimizer, SAM):
        return SharpnessAwareGroup
    return LocalEntropyGroup if isinstance(plan.optimizer, EntropySGD) else Group
