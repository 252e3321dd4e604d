"""Passes of samples through a network in NumPy, for what no kernel gives: what enters each layer, probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Pass(NamedTuple):
    """A forward pass: what enters each layer (n, M_l), and the outputs (n, C)."""

    inputs: list[NDArray[Any]]
    outputs: NDArray[Any]


def forward(layers: Sequence[tuple[NDArray[Any], NDArray[Any] | None]], x: NDArray[Any]) -> Pass:
    """Samples (n, inputs) through layers (weight, bias), in the float type of both."""
    inputs, last = [], x
    for number, (weight, bias) in enumerate(layers):
        inputs.append(last)
        last = last @ weight.T
        if bias is not None:
            last += bias
        if number < len(layers) - 1:
            np.maximum(last, 0, out=last)
    return Pass(inputs, last)


def softmax(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities (n, C) of outputs (n, C), in float64."""
    wide = outputs.astype(np.float64)
    shifted = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
