"""Training recorded step by step: where replicas go near the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks
from ..arrays import sealed
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..progress import track
from ..results import Result
from ..training.group import Group
from ..training.loop import warn_of_diverged
from ..training.optimizers import SGD, Optimizer
from ..training.plan import Plan
from ..training.settings import TrainingSettings


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectory(Result):
    """Parameters of replicas after every few steps of a training.

    Attributes
    ----------
    points : float array (R, T + 1, P)
        The recorded parameters, the start first. NaN for a replica that diverged.
    places : int64 array (P,) or None
        Which parameters they are; None: all.
    mean : (R, dim) float64
        Mean of all parameters over the records.
    every : int
        Steps from one record to the next.
    per_epoch : int
        Records in an epoch.
    sampling : "reshuffled" or "replacement"
        How batches were drawn.
    batch_size : int
        Samples in a batch.
    learning_rate : float
        Largest learning rate.
    train_loss, train_accuracy : (R,)
        After the last step.
    diverged : bool array (R,)
        Replicas that became infinite or NaN.
    replicas : int64 array (R,)
        Their numbers.
    """

    points: NDArray[Any]
    places: NDArray[np.int64] | None
    mean: NDArray[np.float64]
    every: int
    per_epoch: int
    sampling: str
    batch_size: int
    learning_rate: float
    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    diverged: NDArray[np.bool_]
    replicas: NDArray[np.int64]

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch."""
        return self.every * self.per_epoch


_SGD = SGD(0.1)


def record_trajectory(
    network: ReLUNetwork,
    dataset: Any,
    initial: ArrayLike,
    optimizer: Optimizer = _SGD,
    batch_size: int = 32,
    epochs: int = 10,
    seed: int = 0,
    *,
    every: int = 1,
    layer: int | None = None,
    sampling: str = "reshuffled",
    loss: str | None = None,
    dtype: DTypeLike = "float32",
    device: str = "cpu",
    precision: str | None = None,
) -> Trajectory:
    """Train replicas from given points and record where they are after every few steps.

    The steps are those of :func:`train` from the same ``initial``, seed and order of samples, to the bit.

    Parameters
    ----------
    network, dataset, optimizer, batch_size, epochs, seed, loss, dtype, device, precision
        As for :func:`train`.
    initial : float array (R, dim)
        Where the R replicas start.
    every : int
        Steps from one record to the next; a divisor of the steps of an epoch.
    layer : int, optional
        Record the weights of this layer alone, 0 being the first; all parameters by default.
    sampling : "reshuffled" or "replacement"
        Whether an epoch meets every sample once, or each sample of a batch is drawn from all.

    Returns
    -------
    Trajectory

    Warns
    -----
    DivergenceWarning
        Names replicas that became infinite or NaN; their records are NaN.

    Raises
    ------
    ArgumentError
        Names the argument that does not fit.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 4, 10))
    >>> found = sl.record_trajectory(network, "digits", network.initialize(2), epochs=1, every=15)
    >>> found.points.shape
    (2, 4, 310)
    """
    checks.instance("network", network, ReLUNetwork)
    start, _ = checks.point_batch("initial", initial, network.n_params, dtype=checks.float_type("dtype", dtype))
    if not len(start):
        raise ArgumentError("initial", "at least one point", "none")
    settings = TrainingSettings(
        n_replicas=len(start),
        optimizer=optimizer,
        batch_size=batch_size,
        epochs=checks.integer("epochs", epochs, minimum=1),
        seed=seed,
        loss=loss,
        dtype=dtype,
        initial=start,
        evaluate="final",
        device=device,
        precision=precision,
        sampling=sampling,
    )
    plan = _RecordedPlan(network, dataset, settings, every, layer)
    recorder = _Recorder(plan)
    with track(len(start) * plan.epochs, f"recording {len(start)} replicas") as advance:
        for epoch in range(plan.epochs):
            recorder.run_epoch(epoch)
            advance(len(start))
    recorder.record(plan.epochs)
    found = recorder.trajectory()
    warn_of_diverged(found)
    return found


class _RecordedPlan(Plan):
    """The plan of a training that is recorded after ``every`` few steps, of all parameters or those at ``places``."""

    function = "record_trajectory"
    looks_around = False

    def __init__(self, network: ReLUNetwork, dataset: Any, settings: TrainingSettings, every: int, layer: int | None):
        super().__init__(network, dataset, settings)
        self.every = checks.integer("every", every, minimum=1)
        if self.steps_per_epoch % self.every:
            raise ArgumentError("every", f"a divisor of the {self.steps_per_epoch} steps of an epoch", every)
        self.places: NDArray[np.int64] | None = None
        if layer is not None:
            number = checks.integer("layer", layer, minimum=0, maximum=network.n_layers - 1)
            weight = network.spans[number].weight
            self.places = np.arange(weight.start, weight.stop)
        size = network.n_params if self.places is None else self.places.size
        records = float(self.replicas.size) * (self.epochs * self.per_epoch + 1)
        checks.room("epochs", self.epochs, records * size * self.dtype.itemsize)

    @property
    def per_epoch(self) -> int:
        """Records in an epoch."""
        return self.steps_per_epoch // self.every

    def arguments(self) -> dict[str, Any]:
        """What was asked for, for the record."""
        return {**super().arguments(), "every": self.every, "places": self.places}


class _Recorder(Group):
    """All replicas in flight, and their records."""

    def __init__(self, plan: _RecordedPlan):
        super().__init__(plan, 0, plan.replicas.size)
        self.every, self.places = plan.every, plan.places
        dim = plan.network.n_params
        shape = plan.replicas.size, plan.epochs * plan.per_epoch + 1, dim if plan.places is None else len(plan.places)
        self.points, self.total = np.empty(shape, plan.dtype), np.zeros((shape[0], dim))
        self.count = 0
        self._keep()

    def _keep(self) -> None:
        full = self.full_points()
        self.points[:, self.count] = full if self.places is None else full[:, self.places]
        self.total += full
        self.count += 1

    def run_epoch(self, epoch: int) -> None:
        """One pass over the training set, recorded."""
        for first in range(0, self.plan.steps_per_epoch, self.every):
            if self.alive.any():
                self.run_steps(epoch, first, first + self.every)
            self._keep()

    def trajectory(self) -> Trajectory:
        """The records as a result."""
        plan = self.plan
        self.points[~self.alive] = np.nan
        return Trajectory(
            points=sealed(self.points),
            places=self.places,
            mean=self.total / self.count,
            every=self.every,
            per_epoch=plan.steps_per_epoch // self.every,
            sampling="replacement" if plan.replacement else "reshuffled",
            batch_size=plan.batch_size,
            learning_rate=float(plan.rates.max()),
            train_loss=self.train_loss[:, -1],
            train_accuracy=self.train_accuracy[:, -1],
            diverged=~self.alive,
            replicas=self.replicas.copy(),
            provenance=plan.provenance(),
        )
