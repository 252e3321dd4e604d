"""A training as it was asked for, checked before anything is computed."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels.networks import NO_ORDERS, Batches

from .. import arrays, checks, provenance, rng
from ..data.dataset import Dataset
from ..data.loading import dataset_of
from ..errors import ArgumentError, DeviceUnavailable
from ..landscape.network import ReLUNetwork, initial_points
from ..landscape.samples import LOSSES, Samples, default_loss
from .flat import FLAT, ReplicatedSGD, described
from .optimizers import SGD, Adam
from .schedules import step_rates
from .settings import EVALUATIONS, SAMPLINGS, TrainingSettings

MAX_REPLICA = 2**32 - 1


class Plan:
    """Checked arguments of a training, and its samples as the kernels want them.

    Class attributes ``function``, the public function that it is of, ``drops_dead``, whether inputs that are zero in
    every sample may be left out, and ``looks_around``, whether a step may evaluate several gradients, are other ones
    for trainings of another kind.

    Parameters
    ----------
    network : ReLUNetwork
        Its inputs and outputs fit the data.
    dataset : Dataset, str, or (x_train, y_train, x_test, y_test)
        What to learn.
    settings : TrainingSettings
        How.

    Raises
    ------
    ArgumentError
        Names the argument that does not fit.
    DeviceUnavailable
        The device is not there, or the optimiser has no form for it.
    """

    function: ClassVar[str] = "train"
    drops_dead: ClassVar[bool] = True
    looks_around: ClassVar[bool] = True

    def __init__(self, network: ReLUNetwork, dataset: Any, settings: TrainingSettings):
        optimizer = settings.optimizer
        around = FLAT if self.looks_around else ()
        if isinstance(optimizer, around) and str(settings.device).startswith("cuda"):
            raise DeviceUnavailable(f"device: {type(optimizer).__name__} runs on the processor only; use 'cpu'")
        self.device = checks.device(settings.device)
        self.dtype = checks.float_type("dtype", settings.dtype)
        self.precision = checks.precision(settings.precision, self.dtype, self.device)
        if not isinstance(network, ReLUNetwork):
            raise ArgumentError("network", "a ReLUNetwork", network)
        if not isinstance(optimizer, (SGD, Adam, *around)):
            expected = (
                "SGD, Adam, AdamW, SAM, EntropySGD or ReplicatedSGD" if self.looks_around else "SGD, Adam or AdamW"
            )
            raise ArgumentError("optimizer", expected, optimizer)
        self.network = network
        self.optimizer: Any = optimizer
        self.dataset = dataset_of("dataset", dataset)
        _check_widths(network, self.dataset)
        self.loss = _choose_loss(settings.loss, self.dataset)
        n_train = len(self.dataset.x_train)
        self.batch_size = checks.integer("batch_size", settings.batch_size, minimum=1, maximum=n_train)
        self.steps_per_epoch = -(-n_train // self.batch_size)
        self.replacement = checks.choice("sampling", settings.sampling, SAMPLINGS) == "replacement"
        if self.replacement and self.batch_size == n_train:
            raise ArgumentError("sampling", "'reshuffled' where one batch holds all samples", settings.sampling)
        self.epochs = checks.integer("epochs", settings.epochs, minimum=0)
        checks.room("epochs", settings.epochs, 4 * 8 * self.epochs * self.steps_per_epoch)
        self.seed = rng.seed64("seed", settings.seed)
        self.replicas = _replica_numbers(settings.n_replicas, settings.replicas)
        if isinstance(optimizer, ReplicatedSGD):
            _check_copies(self.replicas, optimizer.n_coupled)
        self.snapshot_epochs = _snapshot_epochs(settings.snapshots, self.epochs)
        self.evaluate = checks.choice("evaluate", settings.evaluate, EVALUATIONS)
        self.keep_initial = checks.boolean("keep_initial", settings.keep_initial)
        self.own_initial: NDArray[Any] | None = None
        if settings.initial is not None:
            shape = (self.replicas.size, network.n_params)
            self.own_initial = checks.float_array("initial", settings.initial, dtype=self.dtype, shape=shape)
        # One epoch at least, so that a training of no epochs has a learning rate to report.
        self.rates = step_rates(self.optimizer.learning_rate, self.steps_per_epoch, max(1, self.epochs))
        self._prepare_samples()

    def _prepare_samples(self) -> None:
        data, where = self.dataset, (self.device, self.precision)
        self.train, self.test = (
            Samples(self.network, x, y, self.loss, self.dtype, *where, drop_dead=False, names=names)
            for x, y, names in (
                (data.x_train, data.y_train, ("x_train", "y_train")),
                (data.x_test, data.y_test, ("x_test", "y_test")),
            )
        )
        # The weights of an input that is zero in every sample get no gradient: they move by weight decay only.
        if self.drops_dead and self.optimizer.weight_decay == 0:
            live = np.any(self.train.x != 0, axis=0) | np.any(self.test.x != 0, axis=0)
            if live.any() and not live.all():
                self.train.drop_inputs(live)
                self.test.drop_inputs(live)

    @property
    def n_moments(self) -> int:
        """Vectors as long as the parameters that are kept beside them."""
        return self.optimizer.n_moments

    @property
    def n_kept(self) -> int:
        """The same, with those of a step that is put together of several gradients."""
        return self.n_moments + (self.optimizer.n_kept if isinstance(self.optimizer, FLAT) else 0)

    def of_rows(self, rows: NDArray[np.int64]) -> Plan:
        """The same training of the replicas at these places alone."""
        part = copy.copy(self)
        part.replicas = self.replicas[rows]
        part.own_initial = None if self.own_initial is None else self.own_initial[rows]
        return part

    def initial(self, low: int, high: int) -> NDArray[Any]:
        """Starting points (high - low, dim) of the replicas at places ``low ... high-1``."""
        if self.own_initial is not None:
            return self.own_initial[low:high].copy()
        return initial_points(self.network, self.replicas[low:high], self.seed, self.dtype)

    def coefficients(self, epoch: int) -> NDArray[Any]:
        """Numbers of the optimiser's rule for the steps of an epoch, in the float type of the weights."""
        first = epoch * self.steps_per_epoch
        rates = self.rates[first : first + self.steps_per_epoch]
        with np.errstate(over="ignore"):  # what a rate too large for the float type does is seen by the first step
            return self.optimizer.coefficients(rates, first).astype(self.dtype)

    def batches(self, epoch: int, begin: int) -> Batches:
        """Batches of an epoch from step ``begin`` on, as the kernels draw them."""
        purpose = rng.Purpose.NOISE if self.replacement else rng.Purpose.SHUFFLE
        return Batches(np.uint64(self.seed), int(purpose), epoch, self.batch_size, begin, self.replacement)

    def orders(self, epoch: int, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """Order (G, n) of the samples in an epoch for replicas of these numbers, as the kernels draw it."""
        n = len(self.train.x)
        if self.batch_size >= n:
            return NO_ORDERS
        orders = np.empty((len(numbers), n), np.int32)
        for row, number in zip(orders, numbers.tolist(), strict=True):
            if self.replacement:
                row[:] = rng.integers(self.seed, rng.Purpose.NOISE, number, epoch, n, n)
            else:
                row[:] = rng.permutation(self.seed, rng.Purpose.SHUFFLE, number, epoch, n)
        return orders

    def arguments(self) -> dict[str, Any]:
        """What was asked for, for the record."""
        return {
            "widths": self.network.widths,
            "bias": self.network.bias,
            "optimizer": described(self.optimizer, self.rates),
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "loss": self.loss,
            "evaluate": self.evaluate,
            "initial": self.own_initial,
            # The records of trainings that have nothing of it stay as they were before it could be asked for.
            **({"sampling": "replacement"} if self.replacement else {}),
        }

    def provenance(self) -> provenance.Provenance:
        """Record of everything but the number of replicas: the same for a group as for the whole."""
        data, device = self.dataset.fingerprint, self.device
        return provenance.record(
            self.function,
            self.arguments(),
            seed=self.seed,
            data=data,
            device=device,
            dtype=self.dtype,
            precision=self.precision,
        )


def _check_widths(network: ReLUNetwork, data: Dataset) -> None:
    if network.widths[0] != data.n_inputs:
        raise ArgumentError("network", f"{data.n_inputs} inputs, as the data set has", f"{network.widths[0]}")
    outputs = network.widths[-1]
    if data.task == "classification" and outputs < data.n_outputs:
        raise ArgumentError("network", f"at least {data.n_outputs} outputs, one for each class", f"{outputs}")
    if data.task == "regression" and outputs != data.n_outputs:
        raise ArgumentError("network", f"{data.n_outputs} outputs, as the data set has", f"{outputs}")


def _choose_loss(loss: str | None, data: Dataset) -> str:
    if loss is None:
        return default_loss(data.y_train)
    checks.choice("loss", loss, LOSSES)
    if loss == "cross_entropy" and data.task == "regression":
        raise ArgumentError("loss", "'mse' for a regression", loss)
    return loss


def _replica_numbers(n_replicas: int | None, replicas: ArrayLike | None) -> NDArray[np.int64]:
    if replicas is None:
        if n_replicas is None:
            raise ArgumentError("n_replicas", "a number of replicas, or their numbers as replicas")
        return np.arange(checks.integer("n_replicas", n_replicas, minimum=1, maximum=MAX_REPLICA + 1))
    given: Any = arrays.given("replicas", replicas).tolist()
    if not isinstance(given, list) or not given:
        raise ArgumentError("replicas", "a sequence of replica numbers", replicas)
    numbers = [checks.integer(f"replicas[{i}]", r, minimum=0, maximum=MAX_REPLICA) for i, r in enumerate(given)]
    if len(set(numbers)) < len(numbers):
        raise ArgumentError("replicas", "every number once", replicas)
    if n_replicas is not None and checks.integer("n_replicas", n_replicas) != len(numbers):
        raise ArgumentError("n_replicas", f"{len(numbers)}, as many as replicas, or None", n_replicas)
    return np.array(numbers, np.int64)


def _check_copies(replicas: NDArray[np.int64], n_coupled: int) -> None:
    """Refuse replicas whose copies, numbered one after another, have larger numbers than there are."""
    most = (MAX_REPLICA + 1) // n_coupled - 1
    if replicas.max() > most:
        raise ArgumentError("replicas", f"numbers of at most {most}, as each has {n_coupled} copies", replicas.max())


def _snapshot_epochs(snapshots: bool | Iterable[int] | None, epochs: int) -> NDArray[np.int64] | None:
    if snapshots is None or snapshots is False:
        return None
    if snapshots is True:
        return np.arange(epochs + 1)
    given = checks.entries("snapshots", snapshots, "epochs, True or None")
    chosen = [checks.integer(f"snapshots[{i}]", e, minimum=0, maximum=epochs) for i, e in enumerate(given)]
    if not chosen or sorted(set(chosen)) != chosen:
        raise ArgumentError("snapshots", "epochs in ascending order, each once", given)
    return np.array(chosen, np.int64)
