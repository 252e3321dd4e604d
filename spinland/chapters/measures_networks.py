"""Networks whose measures of flatness are compared: on which samples, and when in their training."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import ShortRunWarning


def part_of(dataset: Any, samples: int) -> sl.Dataset:
    """The first samples of the training set; all others are the test."""
    n = min(samples, len(dataset.x_train))
    x, y = (np.concatenate([part[n:], test]) for part, test in _both(dataset))
    return sl.Dataset(dataset.name, dataset.x_train[:n], dataset.y_train[:n], x, y, dataset.n_classes)


def _both(dataset: Any) -> tuple[tuple[Any, Any], ...]:
    return (dataset.x_train, dataset.x_test), (dataset.y_train, dataset.y_test)


def matched(ensembles: list[Any]) -> list[NDArray[np.int64]]:
    """First epoch (R,) of each setting at which a replica's training loss is no higher than all reach at some time.

    −1 for replicas that diverged.
    """
    losses = [np.asarray(ensemble.train_loss)[:, 1:] for ensemble in ensembles]
    lowest = [loss[~e.diverged].min(axis=1) for loss, e in zip(losses, ensembles, strict=True)]
    level = np.concatenate(lowest).max(initial=-np.inf)
    return [
        np.where(ensemble.diverged, -1, 1 + np.argmax(loss <= level, axis=1))
        for loss, ensemble in zip(losses, ensembles, strict=True)
    ]


def pull_about(landscape: Any, points: NDArray[Any]) -> float:
    """γ at which walkers go about a tenth of the norm of points (P, dim) away."""
    return float(landscape.dim / (0.01 * float(np.mean(np.sum(np.asarray(points, np.float64) ** 2, axis=1)))))


def room_about(landscape: Any, points: NDArray[Any], gamma: float, draws: int, seed: int) -> NDArray[np.float64]:
    """Local entropy (P,) as a rise.

    The temperature is 1/n of a loss over n samples, and that at which the value of a glass is of order one.
    """
    temperature = 1 / getattr(landscape, "n_samples", 1)
    with warnings.catch_warnings():  # its errors are not printed: those that are come from replicas
        warnings.simplefilter("ignore", ShortRunWarning)
        room = sl.local_entropy(
            landscape, points, gamma, temperature, n_nodes=3, n_steps=max(10, draws), n_chains=1, seed=seed
        )
    return np.asarray(room.rise)


def _points(protocol: str, ensembles: list[Any], again: list[Any]) -> NDArray[Any]:
    """Networks (S, R, dim) of a protocol; NaN for those that diverged."""
    if protocol == "updates":
        return np.stack([np.asarray(ensemble.params) for ensemble in ensembles])
    if protocol == "epochs":
        return np.stack([np.asarray(ensemble.snapshots[:, 1]) for ensemble in ensembles])
    rows = []
    for epochs, ensemble in zip(matched(ensembles), again, strict=True):
        place = np.searchsorted(ensemble.snapshot_epochs, np.maximum(epochs, ensemble.snapshot_epochs[0]))
        chosen = np.array(ensemble.snapshots)[np.arange(len(epochs)), place]
        chosen[epochs < 0] = np.nan
        rows.append(chosen)
    return np.stack(rows)


class Networks:
    """The networks of a protocol: points of all settings in a row, those that did not diverge, and both losses."""

    def __init__(self, subject: Any, found: tuple[Any, ...], dataset: Any, protocol: str, samples: int, n: int):
        ensembles = found[:n]
        points = _points(protocol, list(ensembles), list(found[n:]))
        self.part, self._subject, self._shape = part_of(dataset, samples), subject, points.shape[:2]
        rows = points.reshape(-1, points.shape[-1])
        self._alive = np.isfinite(rows).all(axis=1)
        self.points = rows[self._alive]
        self.starts = np.concatenate([np.asarray(ensemble.snapshots[:, 0]) for ensemble in ensembles])[self._alive]
        self.landscape = self._on(self.part.x_train, self.part.y_train)

    def _on(self, x: Any, y: Any) -> Any:
        subject = self._subject
        return sl.NetworkLandscape(
            subject.network, x, y, dtype=subject.dtype, device=subject.device, precision=subject.precision
        )

    def quality(self, by: str, which: slice = slice(None)) -> NDArray[np.float64]:
        """Accuracy, or minus the loss, (S, R) on some of the test."""
        loss, accuracy = self._on(self.part.x_test[which], self.part.y_test[which]).evaluate(self.points)
        return self.table(accuracy if by == "accuracy" else -loss)

    def table(self, values: Any) -> NDArray[np.float64]:
        """Values of the points as (S, R), NaN for those that diverged."""
        whole = np.full(len(self._alive), np.nan)
        whole[self._alive] = values
        return whole.reshape(self._shape)

    def ranked(self, values: Mapping[str, Any], quality: Any, settings: Any, seed: int) -> sl.MeasureComparison:
        """How measures (S, R) rank with a quality."""
        sizes, rates = zip(*settings, strict=True)
        loss = self.table(self.landscape.value(self.points))
        return sl.compare_measures(values, quality, loss, sizes, rates, seed=seed)
