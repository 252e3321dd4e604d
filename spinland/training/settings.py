"""How replicas are to be trained, in one object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from numpy.typing import ArrayLike, DTypeLike

from .flat import TrainingOptimizer
from .optimizers import Adam

#: The optimiser unless another is given.
ADAM = Adam(1e-3)
EVALUATIONS = ("both", "test", "final", "none")
SAMPLINGS = ("reshuffled", "replacement")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What :func:`spinland.training.loop.train` takes besides network and data, under the same names.

    The values are kept as they were given; :class:`spinland.training.plan.Plan` checks them against the network and
    the data, and takes what it needs of the arrays.
    """

    n_replicas: int | None = None
    optimizer: TrainingOptimizer = ADAM
    batch_size: int = 32
    epochs: int = 10
    seed: int = 0
    loss: str | None = None
    dtype: DTypeLike = "float32"
    replicas: ArrayLike | None = None
    snapshots: bool | Iterable[int] | None = None
    keep_initial: bool = False
    initial: ArrayLike | None = None
    evaluate: str = "both"
    device: str = "cpu"
    precision: str | None = None
    sampling: str = "reshuffled"
