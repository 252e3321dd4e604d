"""A random ReLU network as teacher: data whose exact solution is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..machines import single_threaded
from .dataset import Dataset
from .streams import Stream

_BLOCK = 1024  # rows per matrix product, always filled: a row's bits depend neither on n nor on threads
_N_REFERENCE = 4096  # inputs that fix mean and scale of the teacher's outputs

Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def teacher_dataset(
    n_inputs: int = 20,
    hidden: Sequence[int] = (10,),
    n_outputs: int | None = None,
    n_train: int = 1000,
    n_test: int = 1000,
    task: Literal["regression", "classification"] = "regression",
    noise: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Samples of a random ReLU network: x ~ N(0, 1), y = f(x) + noise · N(0, 1).

    Sample i depends on ``seed`` and i alone: more samples extend the set and leave the first ones as they are,
    training and test samples have streams of their own.

    Parameters
    ----------
    n_inputs : int
        Inputs per sample.
    hidden : sequence of int
        Widths of the teacher's hidden layers; none of them makes a linear teacher.
    n_outputs : int, optional
        Targets (default 1) or classes (default 2, at least 2).
    n_train, n_test : int
        Samples.
    task : {"regression", "classification"}
        Targets are the outputs; labels are the place of the largest output, noise included.
    noise : float
        Standard deviation of the noise on the outputs, themselves of variance 1.
    seed : int
        Of the teacher and of the samples.

    Raises
    ------
    ArgumentError
        An argument out of its range, or a teacher whose output is constant.
    """
    checks.choice("task", task, ("regression", "classification"))
    fewest = 2 if task == "classification" else 1
    n_outputs = checks.integer("n_outputs", fewest if n_outputs is None else n_outputs, minimum=fewest)
    n_train = checks.integer("n_train", n_train, minimum=1)
    n_test = checks.integer("n_test", n_test, minimum=1)
    width = max(1, n_inputs if isinstance(n_inputs, int) else 1)
    checks.room("n_train", n_train, 3 * 4 * n_train * width)
    checks.room("n_test", n_test, 3 * 4 * n_test * width)
    noise = checks.real("noise", noise, minimum=0, maximum=1e30)
    layers = teacher_layers(n_inputs, hidden, n_outputs, seed)
    streams = ((Stream.TEACHER_TRAIN, Stream.TEACHER_TRAIN_NOISE), (Stream.TEACHER_TEST, Stream.TEACHER_TEST_NOISE))
    x_train, y_train = _samples(layers, n_train, *streams[0], noise, seed)
    x_test, y_test = _samples(layers, n_test, *streams[1], noise, seed)
    if task == "regression":
        return Dataset("teacher", x_train, y_train, x_test, y_test)
    labels_train, labels_test = y_train.argmax(axis=1), y_test.argmax(axis=1)
    return Dataset("teacher", x_train, labels_train, x_test, labels_test, n_classes=n_outputs)


def teacher_layers(n_inputs: int, hidden: Sequence[int], n_outputs: int, seed: int = 0) -> Layers:
    """Weights (out, in) and biases of the teacher, layer by layer, float64.

    Hidden weights are N(0, 2/in) with zero bias (He et al., arXiv:1502.01852). The last layer is N(0, 1/in),
    then shifted and scaled so that every output has mean 0 and variance 1 over a fixed set of 4096 inputs:
    otherwise one class of a deep teacher would take nearly all samples.

    Raises
    ------
    ArgumentError
        A width below one, or an output that does not vary.
    """
    if isinstance(hidden, str) or not isinstance(hidden, Sequence | np.ndarray):
        raise ArgumentError("hidden", "a sequence of widths", hidden)
    widths = [
        checks.integer("n_inputs", n_inputs, minimum=1),
        *(checks.integer(f"hidden[{i}]", width, minimum=1) for i, width in enumerate(hidden)),
        checks.integer("n_outputs", n_outputs, minimum=1),
    ]
    layers: Layers = []
    for depth, (fan_in, fan_out) in enumerate(pairwise(widths)):
        gain = 1.0 if depth == len(widths) - 2 else 2.0
        weight = rng.normals(seed, rng.Purpose.TEACHER, 0, depth, fan_out * fan_in).reshape(fan_out, fan_in)
        layers.append((weight * np.sqrt(gain / fan_in), np.zeros(fan_out)))
    inputs = _inputs(_N_REFERENCE, widths[0], Stream.TEACHER_REFERENCE, seed)
    outputs = _forward(layers, inputs)
    mean, deviation = outputs.mean(axis=0), outputs.std(axis=0)
    if not (deviation > 1e-6).all():
        flat = int(np.argmin(deviation))
        expected = f"widths whose teacher has no constant output (output {flat} is, with seed {seed})"
        raise ArgumentError("hidden", expected, tuple(hidden))
    weight, bias = layers[-1]
    layers[-1] = (weight / deviation[:, None], (bias - mean) / deviation)
    return layers


def _inputs(n: int, n_inputs: int, stream: Stream, seed: int) -> NDArray[np.float32]:
    return rng.normals(seed, rng.Purpose.DATA, stream, 0, n * n_inputs, dtype=np.float32).reshape(n, n_inputs)


def _samples(
    layers: Layers, n: int, inputs: Stream, disturbance: Stream, noise: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[Any]]:
    x = _inputs(n, layers[0][0].shape[1], inputs, seed)
    y = _forward(layers, x)
    if noise > 0:
        y += noise * rng.normals(seed, rng.Purpose.DATA, disturbance, 0, y.size).reshape(y.shape)
    return x, y


def _forward(layers: Layers, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Outputs (n, out) for inputs (n, in)."""
    out = np.empty((len(x), len(layers[-1][1])))
    with single_threaded():
        for start in range(0, len(x), _BLOCK):
            rows = x[start : start + _BLOCK]
            values = np.zeros((_BLOCK, x.shape[1]))
            values[: len(rows)] = rows
            for depth, (weight, bias) in enumerate(layers):
                values = values @ weight.T + bias
                if depth < len(layers) - 1:
                    np.maximum(values, 0, out=values)
            out[start : start + len(rows)] = values[: len(rows)]
    return out
