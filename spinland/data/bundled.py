"""Data sets that come with scikit-learn, split reproducibly."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rng
from .dataset import Dataset
from .streams import Stream

_SPLIT_SEED = 0
_N_TEST_LINNERUD = 5


def digits() -> Dataset:
    """1797 images of 8 × 8 pixels of the ten digits; pixels / 16, so in [0, 1].

    Split 80/20 by a fixed shuffle, class by class: of the n samples of a digit the first round(n/5) in shuffled
    order are for testing. 1438 training and 359 test samples, both in shuffled order.

    Source: UCI "Optical recognition of handwritten digits" (test part), E. Alpaydin and C. Kaynak, 1998.
    """
    table = _table("digits.csv.gz", delimiter=",")
    x, labels = table[:, :-1], table[:, -1]
    order = rng.permutation(_SPLIT_SEED, rng.Purpose.DATA, Stream.DIGITS_SPLIT, 0, len(labels))
    x, labels = x[order] / 16, labels[order].astype(np.int64)
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        test[members[: round(len(members) / 5)]] = True
    return Dataset("digits", x[~test], labels[~test], x[test], labels[test], n_classes=10)


def linnerud() -> Dataset:
    """Three exercises (inputs) and three body measures (targets) of 20 men; a regression.

    Split by a fixed shuffle: 15 for training, 5 for testing. Every column is standardised with mean and standard
    deviation of the training part.

    Source: A. C. Linnerud, as in M. Tenenhaus, La régression PLS, 1998.
    """
    x, y = (_table(f"linnerud_{part}.csv", skiprows=1) for part in ("exercise", "physiological"))
    order = rng.permutation(_SPLIT_SEED, rng.Purpose.DATA, Stream.LINNERUD_SPLIT, 0, len(x))
    test, train = order[:_N_TEST_LINNERUD], order[_N_TEST_LINNERUD:]
    x, y = _standardise(x, train), _standardise(y, train)
    return Dataset("linnerud", x[train], y[train], x[test], y[test])


def _table(name: str, **form: Any) -> NDArray[np.float64]:
    """A table that lies in scikit-learn, read without importing it: that takes longer than a small study."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-learn is not installed, which spinland takes its small data sets from")
    return np.loadtxt(Path(package.origin).parent / "datasets" / "data" / name, **form)


def _standardise(columns: NDArray[np.float64], train: NDArray[np.int64]) -> NDArray[np.float64]:
    part = columns[train]
    return (columns - part.mean(axis=0)) / part.std(axis=0)
