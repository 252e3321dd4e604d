"""Replicas that were trained alike, and their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..landscape.network import ReLUNetwork
from ..results import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Ensemble(Result):
    """Trained replicas of one network.

    Attributes
    ----------
    params : float array (R, dim)
        Parameters after the last epoch. NaN in the row of a replica that diverged.
    initial : float array (R, dim) or None
        Parameters before training, where they were asked for.
    snapshots : float array (R, K, dim) or None
        Parameters after the epochs ``snapshot_epochs``; epoch 0 is the initialisation.
    snapshot_epochs : int64 array (K,) or None
        Epochs of the snapshots.
    train_loss, test_loss, train_accuracy, test_accuracy : float64 arrays (R, E + 1)
        After every epoch; column 0 at initialisation. NaN where it was not computed or after divergence.
    diverged : bool array (R,)
        Replicas whose parameters, outputs or loss became infinite or NaN.
    replicas : int64 array (R,)
        Number of each replica; with the seed it addresses its initialisation and its order of samples.
    widths, bias
        The network.
    loss : str
        ``"cross_entropy"`` or ``"mse"``.
    batch_size : int
        Samples in a batch.
    learning_rate : float
        Largest learning rate of the training.
    gradients_per_step : int
        Gradients of a batch that a step of the optimiser evaluates; 1 in files of earlier versions.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "replicas": ("replicas",),
        "diverged": ("replicas",),
        "train_loss": ("replicas", "epoch"),
        "test_loss": ("replicas", "epoch"),
        "train_accuracy": ("replicas", "epoch"),
        "test_accuracy": ("replicas", "epoch"),
    }

    params: NDArray[Any]
    initial: NDArray[Any] | None
    snapshots: NDArray[Any] | None
    snapshot_epochs: NDArray[np.int64] | None
    train_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    diverged: NDArray[np.bool_]
    replicas: NDArray[np.int64]
    widths: tuple[int, ...]
    bias: bool
    loss: str
    batch_size: int
    learning_rate: float
    gradients_per_step: int = 1

    @property
    def network(self) -> ReLUNetwork:
        """The architecture."""
        return ReLUNetwork(self.widths, self.bias)

    @property
    def n_replicas(self) -> int:
        """Number of replicas."""
        return self.params.shape[0]

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return self.train_loss.shape[1] - 1

    @property
    def gradient_evaluations(self) -> NDArray[np.int64]:
        """Gradients of every training sample that were evaluated up to each epoch (E + 1,): what a comparison costs."""
        return self.gradients_per_step * np.arange(self.epochs + 1)
