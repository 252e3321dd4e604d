"""Averages of weights, and what snapshots of a training are worth one by one, averaged, and as an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, provenance
from ..data.loading import dataset_of
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..probes.flatness import flatness
from ..progress import track
from ..results import Result
from ..training.ensemble import Ensemble
from .predictions import judged, mean_probabilities


@dataclass(frozen=True, eq=False, kw_only=True)
class SnapshotAverages(Result):
    """What the snapshots of trainings, their average and their ensemble are worth; rows are replicas.

    Columns of the arrays (R, 4) are `WAYS`: the last snapshot; a snapshot by itself, on average; the average of the
    weights; the ensemble, the mean of the probabilities.

    Attributes
    ----------
    epochs : int64 array (K,)
        Of the snapshots that enter.
    passes : int64 array (4,)
        Forward passes that a prediction costs: 1, 1, 1, K.
    test_loss, test_accuracy : float64 arrays (R, 4)
        On the test set. The ensemble's loss is that of the mean probabilities.
    train_loss : float64 array (R, 4)
        On the training set.
    radii : float64 array (D,)
        Relative distances of the flatness.
    rise : float64 array (R, 2, D)
        Mean rise of the training loss at these distances along filter-normalised directions, of the last snapshot and
        of the average (:func:`flatness`), with the same random numbers for both.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "test_loss": ("replica", "way"),
        "test_accuracy": ("replica", "way"),
        "train_loss": ("replica", "way"),
        "passes": ("way",),
    }

    epochs: NDArray[np.int64]
    passes: NDArray[np.int64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    radii: NDArray[np.float64]
    rise: NDArray[np.float64]


WAYS = ("last snapshot", "one snapshot", "average of weights", "ensemble of snapshots")
"""What is compared."""


def weight_average(snapshots: ArrayLike | Ensemble, start: int = 0) -> NDArray[np.float64]:
    """Mean of points in float64: stochastic weight averaging (Izmailov et al., arXiv:1803.05407).

    A running mean in float32 drifts; this one is the mean of its snapshots to the last bits of float64.

    Parameters
    ----------
    snapshots : Ensemble, or array (K, dim) or (R, K, dim)
        Trained replicas with snapshots, or points.
    start : int
        First snapshot that enters: of an ensemble its epoch, of an array its place. When averaging begins matters more
        than how long it goes on.

    Returns
    -------
    float64 array (R, dim), or (dim,) for points (K, dim)
        NaN for a replica that diverged.

    Raises
    ------
    ArgumentError
        An ensemble without snapshots, or no snapshot from ``start`` on.

    Examples
    --------
    >>> import spinland as sl
    >>> sl.weight_average([[1.0, 2.0], [3.0, 2.0], [5.0, 8.0]], start=1)
    array([4., 5.])
    """
    points, _ = _snapshots(snapshots, start)
    return np.asarray(points.mean(axis=-2, dtype=np.float64))


def _snapshots(snapshots: ArrayLike | Ensemble, start: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Points (..., K, dim) that enter, and their epochs or places."""
    start = checks.integer("start", start, minimum=0)
    if isinstance(snapshots, Ensemble):
        if snapshots.snapshots is None or snapshots.snapshot_epochs is None:
            raise ArgumentError("snapshots", "an ensemble trained with snapshots", "one without")
        points, epochs = snapshots.snapshots, np.asarray(snapshots.snapshot_epochs)
    else:
        given = arrays.given("snapshots", snapshots)
        dtype = given.dtype if given.dtype == np.float32 else np.float64
        points = checks.float_array("snapshots", snapshots, dtype=dtype, ndim=(2, 3))
        epochs = np.arange(points.shape[-2])
    there = epochs >= start
    if not there.any():
        raise ArgumentError("start", f"at most {epochs[-1] if len(epochs) else 0}, the last snapshot", start)
    return points[..., there, :], epochs[there]


def snapshot_averages(
    ensemble: Ensemble,
    dataset: Any,
    start: int = 0,
    radii: ArrayLike = (0.1, 0.2),
    n_directions: int = 10,
    seed: int = 0,
    *,
    device: str = "cpu",
    precision: str | None = None,
) -> SnapshotAverages:
    """Compare the snapshots of each replica, their average and their ensemble: loss, accuracy, flatness.

    Parameters
    ----------
    ensemble : Ensemble
        Replicas of a classification trained with snapshots; at a constant rate for an average, at the minima of a
        cyclical one for an ensemble (:class:`Cyclic`, :class:`Sawtooth`).
    dataset : Dataset, str, or (x_train, y_train, x_test, y_test)
        What they were trained on.
    start : int
        First epoch whose snapshot enters.
    radii, n_directions, seed
        Of the flatness (:func:`flatness`).
    device, precision : str
        Where losses are computed, and in what, as for :class:`NetworkLandscape`.

    Returns
    -------
    SnapshotAverages
        NaN for replicas that diverged.

    Raises
    ------
    ArgumentError
        A regression, an ensemble without snapshots, or with none from ``start`` on.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> rate = sl.Descending(0.2, 0.05, until_epoch=4)
    >>> ensemble = sl.train(network, "digits", 3, sl.SGD(rate), epochs=8, snapshots=range(4, 9))
    >>> sl.snapshot_averages(ensemble, "digits", start=4).test_accuracy.shape
    (3, 4)
    """
    checks.instance("ensemble", ensemble, Ensemble)
    data = dataset_of("dataset", dataset)
    if data.task != "classification" or ensemble.loss != "cross_entropy":
        raise ArgumentError("dataset", "a classification, learnt by cross-entropy", data.task)
    with checks.renamed(snapshots="ensemble"):
        points, epochs = _snapshots(ensemble, start)
    alive = ~ensemble.diverged
    average = points.mean(axis=1, dtype=np.float64).astype(points.dtype)
    rows: dict[str, NDArray[np.float64]] = {
        name: np.full((len(alive), len(WAYS)), np.nan) for name in ("test_loss", "test_accuracy", "train_loss")
    }
    network, dtype = ensemble.network, points.dtype
    train, test = (
        NetworkLandscape(network, x, y, dtype=dtype, device=device, precision=precision)
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
    )
    with track(int(alive.sum()), "averages") as advance:
        for r in np.flatnonzero(alive):
            rows["test_loss"][r], rows["test_accuracy"][r] = _ways(
                test, points[r], average[r], data.x_test, data.y_test
            )
            rows["train_loss"][r] = _ways(train, points[r], average[r], data.x_train, data.y_train)[0]
            advance()
    rise, distances = _rises(train, points[alive, -1], average[alive], radii, n_directions, seed)
    whole = np.full((len(alive), *rise.shape[1:]), np.nan)
    whole[alive] = rise
    arguments = {"start": start, "radii": distances, "n_directions": n_directions, "trained": ensemble.provenance}
    made = provenance.record(
        "snapshot_averages",
        arguments,
        seed=seed,
        data=data.fingerprint,
        device=device,
        dtype=dtype,
        precision=train.precision,
    )
    return SnapshotAverages(
        epochs=epochs, passes=np.array([1, 1, 1, len(epochs)]), **rows, radii=distances, rise=whole, provenance=made
    )


def _ways(
    landscape: NetworkLandscape, points: NDArray[Any], average: NDArray[Any], x: NDArray[Any], y: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loss and accuracy (4,) of the ways for the snapshots (K, dim) of one replica."""
    loss, accuracy = landscape.evaluate(np.concatenate([points, average[None]]))
    probabilities = mean_probabilities(landscape.network, points, np.asarray(x, points.dtype))
    hits, together = judged(probabilities, y)
    return (
        np.array([loss[-2], loss[:-1].mean(), loss[-1], together]),
        np.array([accuracy[-2], accuracy[:-1].mean(), accuracy[-1], hits]),
    )


def _rises(
    landscape: NetworkLandscape, last: NDArray[Any], average: NDArray[Any], radii: Any, n_directions: Any, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rises (R, 2, D) of last snapshots and averages, and the radii."""
    if not len(last):
        distances = checks.float_array("radii", radii, ndim=(0, 1)).reshape(-1)
        return np.empty((0, 2, len(distances))), distances
    both = [flatness(landscape, some, radii, n_directions, seed) for some in (last, average)]
    return np.stack([one.rise for one in both], axis=1), both[0].radii
