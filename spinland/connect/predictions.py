"""Predictions of several networks together: the mean of their probabilities."""

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
from ..landscape.passes import forward, softmax
from ..machines import single_threaded
from ..results import Result

_TILE = 1024
"""Samples whose outputs are computed together: part of the last bits."""


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
    (359, 10)
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
                total[low : low + _TILE] += softmax(forward(layers, x[low : low + _TILE]).outputs)
    return total / len(members)


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
            accuracy[g, k], loss[g, k] = judged(total / (k + 1), y)
    made = provenance.record("ensemble_curve", {"points": members}, data=data.fingerprint, dtype=dtype)
    return EnsembleCurve(accuracy=accuracy, loss=loss, provenance=made)


def judged(probabilities: NDArray[np.float64], y: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy and cross-entropy of probabilities (n, classes)."""
    right = probabilities[np.arange(len(y)), y]
    loss = -np.log(np.maximum(right, np.finfo(float).tiny)).mean()
    return float((probabilities.argmax(axis=1) == y).mean()), float(loss)
