"""Replicas that are trained together, one launch of the kernel after another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import Replicas, Rule

from ..arrays import sealed
from ..landscape.samples import Samples
from ..machines import operation
from .ensemble import Ensemble
from .flat import gradients_per_step
from .plan import Plan

#: Floating-point operations of one launch for a core: a second or so, after which progress and Ctrl-C have their turn.
LAUNCH_OPERATIONS = 1e11


class Group:
    """Replicas in flight: parameters without dead inputs, moments, both held where they are trained; history."""

    def __init__(self, plan: Plan, low: int, high: int):
        self.plan = plan
        self.replicas = plan.replicas[low:high]
        self.initial = plan.initial(low, high)
        points = np.array(plan.train.compress(self.initial))  # a copy also where nothing is left out
        moments = plan.n_moments
        rows, dim = points.shape
        first, second = (np.zeros((rows, dim if moments > m else 0), plan.dtype) for m in range(2))
        self.alive = np.ones(rows, bool)
        self.kernel = operation("training", plan.device)
        self.held = self.kernel.hold(Replicas(points, first, second, self.alive, self.replicas))
        history = (rows, plan.epochs + 1)
        self.train_loss, self.train_accuracy = np.full(history, np.nan), np.full(history, np.nan)
        self.test_loss, self.test_accuracy = np.full(history, np.nan), np.full(history, np.nan)
        self.snapshots: NDArray[Any] | None = None
        if plan.snapshot_epochs is not None:
            shape = (rows, plan.snapshot_epochs.size, plan.network.n_params)
            self.snapshots = np.full(shape, np.nan, plan.dtype)

    def full_points(self) -> NDArray[Any]:
        """Parameters (G, dim), dead inputs included, NaN where a replica has diverged."""
        points = self.kernel.fetch(self.held.points)
        full = points.copy()
        if self.plan.train.keep is not None:
            full = self.initial.copy()
            full[:, self.plan.train.keep] = points
        full[~self.alive] = np.nan
        return full

    def run_epoch(self, epoch: int) -> None:
        """One pass over the training set."""
        self.run_steps(epoch, 0, self.plan.steps_per_epoch)

    def run_steps(self, epoch: int, first: int, last: int) -> None:
        """Steps ``first`` … ``last`` − 1 of an epoch: all of as many replicas as go together, then of the next."""
        plan = self.plan
        function = plan.train.architecture, plan.train.prepared("training")
        coefficients = plan.coefficients(epoch)[:last]
        count, stride = self.kernel.portion(
            self.held.points.shape, plan.steps_per_epoch, plan.batch_size, LAUNCH_OPERATIONS
        )
        for begin in range(0, self.replicas.size, count):
            some = slice(begin, begin + count)
            for low in range(first, last, stride):
                rule = Rule(plan.optimizer.rule, coefficients[low : low + stride])
                replicas = Replicas(*(field[some] for field in self.held))
                self.kernel.descend(replicas, rule, plan.batches(epoch, low), *function)

    def record(self, epoch: int) -> None:
        """Loss and accuracy after ``epoch`` epochs, and the snapshot, where they were asked for."""
        plan = self.plan
        last = epoch == plan.epochs
        if plan.evaluate == "both" or (plan.evaluate == "final" and last):
            self._evaluate(plan.train, self.train_loss[:, epoch], self.train_accuracy[:, epoch])
        if plan.evaluate in ("both", "test") or (plan.evaluate == "final" and last):
            self._evaluate(plan.test, self.test_loss[:, epoch], self.test_accuracy[:, epoch])
        for column in (self.train_loss, self.train_accuracy, self.test_loss, self.test_accuracy):
            column[~self.alive, epoch] = np.nan
        if self.snapshots is not None and plan.snapshot_epochs is not None:
            place = np.flatnonzero(plan.snapshot_epochs == epoch)
            if place.size:
                self.snapshots[:, place[0]] = self.full_points()

    def _evaluate(self, samples: Samples, loss: NDArray[np.float64], accuracy: NDArray[np.float64]) -> None:
        mlp = operation("mlp", self.plan.device)
        loss[:], accuracy[:] = mlp.losses(self.held.points, samples.architecture, samples.prepared("mlp"))
        self.alive &= np.isfinite(loss)

    def ensemble(self) -> Ensemble:
        """The group as a result."""
        plan = self.plan
        return Ensemble(
            params=sealed(self.full_points()),
            initial=sealed(self.initial) if plan.keep_initial else None,
            snapshots=None if self.snapshots is None else sealed(self.snapshots),
            snapshot_epochs=plan.snapshot_epochs,
            train_loss=self.train_loss,
            test_loss=self.test_loss,
            train_accuracy=self.train_accuracy,
            test_accuracy=self.test_accuracy,
            diverged=~self.alive,
            replicas=self.replicas.copy(),
            widths=plan.network.widths,
            bias=plan.network.bias,
            loss=plan.loss,
            batch_size=plan.batch_size,
            learning_rate=float(plan.rates.max()),
            gradients_per_step=gradients_per_step(plan.optimizer),
            provenance=plan.provenance(),
        )
