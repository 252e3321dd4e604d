"""The samples of the benchmarks: MNIST where it is found, otherwise images of the same shape and emptiness."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import spinland as sl


def folder() -> Path | None:
    """Where MNIST's files lie: ``SPINLAND_DATA``, or ``../shared/data/mnist`` beside the checkout."""
    named = os.environ.get("SPINLAND_DATA")
    places = [Path(named)] if named else []
    places.append(Path(__file__).parents[2] / "shared" / "data" / "mnist")
    return next((place for place in places if place.is_dir() and any(place.glob("t10k-images*"))), None)


def source() -> str:
    """What :func:`images` gives, in words."""
    return "MNIST" if folder() else "images like MNIST's"


@cache
def images(n: int, train: bool = False) -> tuple[Any, Any]:
    """Inputs (n, 784) float32 in 0 ... 1 and labels (n,): the first ``n`` of MNIST's test or training samples.

    Without MNIST, uniform numbers of which four fifths are zero, and a border that always is, as in MNIST.
    """
    if there := folder():
        data = sl.load_dataset("mnist", data_dir=there)
        x, y = (data.x_train, data.y_train) if train else (data.x_test, data.y_test)
        return np.ascontiguousarray(x[:n], np.float32), y[:n]
    draw = np.random.default_rng(0)
    x = draw.random((n, 784), np.float32) * (draw.random((n, 784)) < 0.2)
    border = np.zeros((28, 28), bool)
    border[2:26, 2:26] = True
    return x * border.ravel(), draw.integers(0, 10, n)
