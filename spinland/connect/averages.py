"""Averages of weights, and of predictions: of the snapshots of one training, or of any points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, provenance
from ..data.loading import dataset_of
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..machines import single_threaded
from ..probes.flatness import flatness
from ..progress import track
from ..results import Result
from ..training.ensemble import Ensemble

_TILE = 1024
"""Samples whose outputs are computed together: part of the last bits."""


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


@dataclass(frozen=True, eq=False, kw_only=True)
class EnsembleCurve(Result):
    """What ensembles of 1, 2, … members predict: as many forward passes as members.

    Attributes
    ----------
    accuracy, loss : float64 arrays (G, K)
        Of the mean probabilities of the first 1 … K members of each of G groups, on the test set.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"accuracy": ("group", "member"), "loss": ("group", "member")}

    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]


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


def ensemble_predictions(network: ReLUNetwork, points: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Mean over points of the probabilities of the classes: what an ensemble predicts.

    Probabilities are averaged, not outputs, so that every member counts as much as it is sure.

    Parameters
    ----------
    network : ReLUNetwork
        Architecture.
    points : array (dim,), (K, dim) or (..., K, dim)
        Members. Leading axes are ensembles of their own.
    x : array (n, inputs)
        Samples.

    Returns
    -------
    float64 array (n, classes) or (..., n, classes)
        Probabilities; each row adds up to 1.

    Raises
    ------
    ArgumentError
        Points or samples of another shape.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> digits = sl.load_dataset("digits")
    >>> sl.ensemble_predictions(network, network.initialize(3), digits.x_test).shape
    (360, 10)
    """
    checks.instance("network", network, ReLUNetwork)
    members = checks.float_array("points", points, dtype=np.float64 if _wide(points) else np.float32)
    if members.ndim < 1 or members.shape[-1] != network.n_params:
        raise ArgumentError("points", f"shape (..., {network.n_params})", f"shape {members.shape}")
    members = np.atleast_2d(members)
    samples = checks.float_array("x", x, dtype=members.dtype, shape=(None, network.widths[0]))
    if not members.size or not len(samples):
        raise ArgumentError("points" if not members.size else "x", "one at least", "none")
    shape = *members.shape[:-2], len(samples), network.widths[-1]
    checks.room("points", members, 8 * float(np.prod(shape)))
    found = np.zeros(shape)
    for place in np.ndindex(*members.shape[:-2]):
        found[place] = mean_probabilities(network, members[place], samples)
    return found


def _wide(points: ArrayLike) -> bool:
    return arrays.given("points", points).dtype != np.float32


def mean_probabilities(network: ReLUNetwork, members: NDArray[Any], x: NDArray[Any]) -> NDArray[np.float64]:
    """Mean probabilities (n, classes) of members (K, dim); nothing is checked."""
    total = np.zeros((len(x), network.widths[-1]))
    with single_threaded():  # the same bits on any number of cores
        for point in members:
            layers = [
                (point[weight].reshape(shape), None if bias is None else point[bias])
                for weight, bias, shape in network.spans
            ]
            for low in range(0, len(x), _TILE):
                total[low : low + _TILE] += _probabilities(layers, x[low : low + _TILE])
    return total / len(members)


def _probabilities(layers: list[tuple[Any, Any]], x: NDArray[Any]) -> NDArray[np.float64]:
    """Softmax of the outputs of one network."""
    for number, (weight, bias) in enumerate(layers):
        x = x @ weight.T
        if bias is not None:
            x += bias
        if number < len(layers) - 1:
            np.maximum(x, 0, out=x)
    outputs = x.astype(np.float64)
    outputs -= outputs.max(axis=1, keepdims=True)
    np.exp(outputs, out=outputs)
    return np.asarray(outputs / outputs.sum(axis=1, keepdims=True))


def ensemble_curve(network: ReLUNetwork, points: ArrayLike, dataset: Any) -> EnsembleCurve:
    """Test accuracy and loss of ensembles against the number of their members, that is of forward passes.

    Parameters
    ----------
    network : ReLUNetwork
        Architecture.
    points : array (K, dim) or (G, K, dim)
        Members of one group, or of several: independent solutions, points of a simplex, snapshots.
    dataset : Dataset, str, or (x_train, y_train, x_test, y_test)
        A classification, whose test samples count.

    Returns
    -------
    EnsembleCurve

    Raises
    ------
    ArgumentError
        Points of another shape, a regression.
    """
    checks.instance("network", network, ReLUNetwork)
    data = dataset_of("dataset", dataset)
    if data.task != "classification":
        raise ArgumentError("dataset", "a classification", data.task)
    dtype = np.float64 if _wide(points) else np.float32
    members = checks.float_array("points", points, dtype=dtype, ndim=(2, 3))
    if members.shape[-1] != network.n_params or not members.size:
        raise ArgumentError("points", f"shape (K, {network.n_params}) or (G, K, ...)", f"shape {members.shape}")
    groups = members.reshape(-1, *members.shape[-2:])
    x, y = np.asarray(data.x_test, dtype), data.y_test
    accuracy, loss = np.empty((2, *groups.shape[:2]))
    for g, group in enumerate(groups):
        total = np.zeros((len(x), network.widths[-1]))
        for k, member in enumerate(group):
            total += mean_probabilities(network, member[None], x)
            accuracy[g, k], loss[g, k] = _judged(total / (k + 1), y)
    made = provenance.record("ensemble_curve", {"points": members}, data=data.fingerprint, dtype=dtype)
    return EnsembleCurve(accuracy=accuracy, loss=loss, provenance=made)


def _judged(probabilities: NDArray[np.float64], y: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy and cross-entropy of probabilities (n, classes)."""
    right = probabilities[np.arange(len(y)), y]
    loss = -np.log(np.maximum(right, np.finfo(float).tiny)).mean()
    return float((probabilities.argmax(axis=1) == y).mean()), float(loss)


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
    hits, together = _judged(probabilities, y)
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
