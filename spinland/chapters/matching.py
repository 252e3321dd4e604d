"""Networks that are compared at one training loss: which loss that is, and how they were when they first had it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import ArgumentError
from ..provenance import record
from .depth_results import MatchedReplicas

_LEARNT = 0.5
"""A network has learnt something where its loss has come below this share of that at its start."""


def common_level(ensembles: Any, setting: str) -> float:
    """Lowest training loss that all replicas of all ensembles reach, of those that learn anything.

    Raises
    ------
    ArgumentError
        None of them does; ``setting`` is what to change.
    """
    reached = []
    for ensemble in ensembles:
        loss = np.asarray(ensemble.train_loss)
        least = np.fmin.reduce(loss, axis=1)
        reached.append(least[(least <= _LEARNT * loss[:, 0]) & ~ensemble.diverged])
    lowest = np.concatenate(reached)
    if not len(lowest):
        raise ArgumentError(setting, f"enough for {_LEARNT:g} of the loss at the start", "too little")
    return float(lowest.max())


def at_level(
    own: Any, level: float, again: Callable[[list[int]], sl.Ensemble], *, seed: int, data: str, dtype: Any
) -> MatchedReplicas:
    """Replicas as they were after the first epoch with a training loss at or below a level.

    Parameters
    ----------
    own : Ensemble
        With its history of the training loss.
    level : float
    again : callable
        Trains the same replicas once more and keeps snapshots after these epochs.
    seed, data, dtype
        For the record.
    """
    loss = np.asarray(own.train_loss)
    there = (loss <= level).any(axis=1) & ~own.diverged
    first = np.argmax(loss <= level, axis=1)
    n, params = len(loss), np.full(own.params.shape, np.nan, own.params.dtype)
    rows = np.flatnonzero(there)
    if len(rows):
        epochs = np.unique(first[there])
        kept = np.asarray(again(epochs.tolist()).snapshots)
        params[rows] = kept[rows, np.searchsorted(epochs, first[rows])]

    def then(history: Any) -> NDArray[np.float64]:
        return np.where(there, np.asarray(history)[np.arange(n), first], np.nan)

    return MatchedReplicas(
        level=level,
        params=params,
        epochs=np.where(there, first, np.nan),
        train_loss=then(own.train_loss),
        test_loss=then(own.test_loss),
        test_accuracy=then(own.test_accuracy),
        learning_rate=own.learning_rate,
        provenance=record("matched_replicas", {"level": level}, seed=seed, data=data, dtype=dtype),
    )
