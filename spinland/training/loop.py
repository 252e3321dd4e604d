"""Training of replicas: many copies of a network, each from its own start with its own order of samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from ..errors import DivergenceWarning
from ..execution.engines import Executor
from ..landscape.network import ReLUNetwork
from .ensemble import Ensemble
from .flat import TrainingOptimizer
from .parts import collect, groups, groups_elsewhere
from .plan import Plan
from .settings import ADAM, TrainingSettings
from .stepwise import group_of


def train_groups(
    network: ReLUNetwork,
    dataset: Any,
    n_replicas: int | None = None,
    optimizer: TrainingOptimizer = ADAM,
    batch_size: int = 32,
    epochs: int = 10,
    seed: int = 0,
    *,
    loss: str | None = None,
    dtype: DTypeLike = "float32",
    replicas: ArrayLike | None = None,
    snapshots: bool | Iterable[int] | None = None,
    keep_initial: bool = False,
    initial: ArrayLike | None = None,
    evaluate: str = "both",
    device: str = "cpu",
    precision: str | None = None,
    sampling: str = "reshuffled",
    group_size: int | None = None,
    executor: Executor | None = None,
) -> Iterator[Ensemble]:
    """Train replicas and yield them as they finish, a group at a time.

    Arguments are checked at the call, the training runs while the groups are asked for. Moments exist for
    the group in flight alone. A group that holds diverged replicas gives no warning: see its ``diverged``.

    Parameters
    ----------
    network, dataset, n_replicas, optimizer, batch_size, epochs, seed, loss, dtype
        As for :func:`train`.
    replicas, snapshots, keep_initial, initial, evaluate, device, precision, sampling
        As for :func:`train`.
    group_size : int, optional
        Replicas in a group; as many as fit in some memory by default. The bits do not depend on it.
    executor : Executor, optional
        Train elsewhere, as for :func:`train`.

    Yields
    ------
    Ensemble
        The next replicas, in the order of their numbers as given; with an executor as they come.
    """
    settings = TrainingSettings(
        n_replicas=n_replicas,
        optimizer=optimizer,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        loss=loss,
        dtype=dtype,
        replicas=replicas,
        snapshots=snapshots,
        keep_initial=keep_initial,
        initial=initial,
        evaluate=evaluate,
        device=device,
        precision=precision,
        sampling=sampling,
    )
    plan = Plan(network, dataset, settings)
    if executor is not None:
        return groups_elsewhere(plan, group_size, executor)
    return groups(plan, group_size, group_of(plan))


def train(
    network: ReLUNetwork,
    dataset: Any,
    n_replicas: int | None = None,
    optimizer: TrainingOptimizer = ADAM,
    batch_size: int = 32,
    epochs: int = 10,
    seed: int = 0,
    *,
    loss: str | None = None,
    dtype: DTypeLike = "float32",
    replicas: ArrayLike | None = None,
    snapshots: bool | Iterable[int] | None = None,
    keep_initial: bool = False,
    initial: ArrayLike | None = None,
    evaluate: str = "both",
    device: str = "cpu",
    precision: str | None = None,
    sampling: str = "reshuffled",
    group_size: int | None = None,
    sink: Callable[[Ensemble], None] | None = None,
    executor: Executor | None = None,
) -> Ensemble:
    """Train replicas of a network by stochastic gradient descent.

    Replica r begins at ``network.initialize(1, seed, first=r)`` and meets the samples of epoch e (from 0) in
    the order ``rng.permutation(seed, Purpose.SHUFFLE, r, e, n)``; it is the same bit for bit alone or among
    others, on any number of threads. The gradient is that of the mean loss over the batch.

    Parameters
    ----------
    network : ReLUNetwork
        Architecture; its inputs and outputs fit the data.
    dataset : Dataset, str, or (x_train, y_train, x_test, y_test)
        What to learn.
    n_replicas : int
        Number of replicas. May be left out where ``replicas`` is given.
    optimizer : SGD, Adam, AdamW, SAM, EntropySGD or ReplicatedSGD
        Update of the parameters, with the learning rate or its schedule. A step of the last three evaluates several
        gradients (``Ensemble.gradient_evaluations``), on the processor only.
    batch_size : int
        From 1 to the number of training samples; the last batch of an epoch may be smaller. One batch of
        all samples is not shuffled.
    epochs : int
        Passes over the training set; 0 gives the initialisation.
    seed : int
        64-bit seed of initialisations and orders of samples.
    loss : "cross_entropy" or "mse", optional
        By default cross-entropy for labels and mean squared error for targets.
    dtype : "float32" or "float64"
        Float type of parameters and computation.
    replicas : integer array (R,), optional
        Numbers of the replicas, 0 ... n_replicas-1 by default.
    snapshots : True or sequence of int, optional
        Epochs after which to keep all parameters; 0 is the initialisation, True means every epoch.
    keep_initial : bool
        Whether to keep the starting points.
    initial : float array (R, dim), optional
        Starting points in place of random ones.
    evaluate : "both", "test", "final" or "none"
        After which epochs to compute loss and accuracy: on both sets after each, on the test set after each,
        on both sets after the last, never. What is not computed is NaN.
    device : "cpu", "cuda" or "cuda:1"
        Where the replicas are trained and evaluated. The order of samples is the same everywhere; the bits of the
        parameters are the same on cards of one kind.
    precision : "float32", "tf32" or "3xtf32", optional
        In what a card multiplies layers, as for :class:`NetworkLandscape`; by default in ``dtype``.
    sampling : "reshuffled" or "replacement"
        Whether an epoch meets every sample once, in a new order, or each sample of a batch is drawn from all:
        sample i of epoch e is then number i of ``rng.integers(seed, Purpose.NOISE, r, e, n, n)``.
    group_size : int, optional
        Replicas that are trained at a time. The bits do not depend on it.
    sink : callable, optional
        Gets every group of finished replicas as an :class:`Ensemble`, as :func:`train_groups` yields it.
    executor : Executor, optional
        Train elsewhere, some replicas with each task: a client of Dask, a pool of ``concurrent.futures``,
        :class:`LocalWorkers`, anything with ``submit(function, *arguments) -> future``. The bits are the same: a worker
        that would make others is refused.

    Returns
    -------
    Ensemble
        Parameters and history of all replicas.

    Warns
    -----
    DivergenceWarning
        Names replicas whose loss, outputs or parameters became infinite or NaN. They are stopped, their
        rows are NaN; the others go on.

    Raises
    ------
    ArgumentError
        Names the argument that does not fit.
    DeviceUnavailable
        The device is not there.
    DeviceMemoryError
        The card has not the memory for a group: choose a smaller ``group_size``.
    WorkerMismatch
        A worker of the executor makes other numbers.
    WorkersLost
        Its workers die, and no task comes back.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> ensemble = sl.train(network, "digits", 4, sl.Adam(1e-3), epochs=2)
    >>> ensemble.params.shape
    (4, 610)
    """
    settings = TrainingSettings(
        n_replicas=n_replicas,
        optimizer=optimizer,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        loss=loss,
        dtype=dtype,
        replicas=replicas,
        snapshots=snapshots,
        keep_initial=keep_initial,
        initial=initial,
        evaluate=evaluate,
        device=device,
        precision=precision,
        sampling=sampling,
    )
    plan = Plan(network, dataset, settings)
    if executor is None:
        parts = groups(plan, group_size, group_of(plan))
    else:
        parts = groups_elsewhere(plan, group_size, executor)
    ensemble = collect(parts, plan.replicas, sink)
    warn_of_diverged(ensemble)
    return ensemble


def warn_of_diverged(trained: Any) -> None:
    """Warn whoever called the public function, where replicas of an ensemble or a trajectory have diverged."""
    if trained.diverged.any():
        numbers = ", ".join(map(str, trained.replicas[trained.diverged]))
        warnings.warn(f"diverged replicas, now NaN: {numbers}", DivergenceWarning, stacklevel=3)
