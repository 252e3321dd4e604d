"""The data set: training and test samples, checked once on construction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, provenance
from ..errors import ArgumentError


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(arrays.Owner):
    """Training and test samples of a classification or regression task.

    Whole numbers of shape (n,) in ``y`` are labels and make the task a classification; numbers of shape
    (n, k) are targets and make it a regression. The arrays given are copied, unless they are read-only, as
    those of another data set or a memory map; those kept are read-only, so that whoever takes them can share
    them.

    Parameters
    ----------
    name : str
        Name shown in reports.
    x_train : array, (n, d)
        Inputs, kept as float32.
    y_train : array, (n,) or (n, k)
        Labels 0 ... n_classes-1, kept as int64, or targets, kept as float32.
    x_test : array, (m, d)
        Test inputs.
    y_test : array, (m,) or (m, k)
        Test labels or targets.
    n_classes : int, optional
        Number of classes; by default the largest label of both parts plus one. Always None for regression.

    Raises
    ------
    ArgumentError
        Shapes that do not belong together, an empty part, NaN or infinity, labels that are negative, not
        whole numbers or not below ``n_classes``.
    """

    name: str
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    n_classes: int | None = None

    def __post_init__(self) -> None:
        """Convert and check every field."""
        if not isinstance(self.name, str) or not self.name:
            raise ArgumentError("name", "a text that is not empty", self.name)
        x_train, x_test = _inputs("x_train", self.x_train), _inputs("x_test", self.x_test)
        if x_train.shape[1] != x_test.shape[1]:
            raise ArgumentError("x_test", f"{x_train.shape[1]} inputs as in x_train", f"shape {x_test.shape}")
        y_train = _outputs("y_train", self.y_train, "x_train", len(x_train))
        y_test = _outputs("y_test", self.y_test, "x_test", len(x_test))
        if y_train.ndim != y_test.ndim or y_train.shape[1:] != y_test.shape[1:]:
            expected = f"the same kind of labels or targets as y_train, shape {y_train.shape}"
            raise ArgumentError("y_test", expected, f"shape {y_test.shape}")
        n_classes = _count_classes(self.n_classes, y_train, y_test)
        fields = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
        for field, value in {**fields, "n_classes": n_classes}.items():
            object.__setattr__(self, field, value)  # the dataclass is frozen for everybody else
        super().__post_init__()

    def __repr__(self) -> str:
        """Sizes instead of the arrays."""
        outputs = f"{self.n_outputs} {'classes' if self.task == 'classification' else 'targets'}"
        return (
            f"Dataset({self.name!r}, {len(self.x_train)} training and {len(self.x_test)} test samples, "
            f"{self.n_inputs} inputs, {outputs})"
        )

    @property
    def n_inputs(self) -> int:
        """Number of inputs per sample, d."""
        return int(self.x_train.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of classes, or of targets per sample."""
        return int(self.y_train.shape[1]) if self.n_classes is None else self.n_classes

    @property
    def task(self) -> Literal["classification", "regression"]:
        """What is asked: a label or real targets."""
        return "regression" if self.n_classes is None else "classification"

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the four arrays and the number of classes, 16 hexadecimal digits; the name does not enter."""
        classes = 0 if self.n_classes is None else self.n_classes
        return provenance.fingerprint(self.x_train, self.y_train, self.x_test, self.y_test, classes)

    def subset(self, n_train: int | None = None, n_test: int | None = None) -> Dataset:
        """Take the first ``n_train`` training and ``n_test`` test samples; None keeps all of that part.

        The number of classes stays, also when the subset misses some.

        Raises
        ------
        ArgumentError
            A number below one or above what is there.
        """
        train = len(self.x_train) if n_train is None else n_train
        test = len(self.x_test) if n_test is None else n_test
        train = checks.integer("n_train", train, minimum=1, maximum=len(self.x_train))
        test = checks.integer("n_test", test, minimum=1, maximum=len(self.x_test))
        parts = self.x_train[:train], self.y_train[:train], self.x_test[:test], self.y_test[:test]
        return Dataset(self.name, *parts, n_classes=self.n_classes)


def _float32(name: str, array: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite and are refused as such
        return checks.float_array(name, array, dtype=np.float32, keep=True)


def _inputs(name: str, value: ArrayLike) -> NDArray[np.float32]:
    array = arrays.numeric(name, value)
    if array.ndim != 2 or 0 in array.shape:
        expected = "samples by inputs, shape (n, d), not empty (flatten images to one row per sample)"
        raise ArgumentError(name, expected, f"shape {array.shape}")
    return _float32(name, array)


def _outputs(name: str, value: ArrayLike, inputs: str, n_samples: int) -> NDArray[Any]:
    array = arrays.numeric(name, value)
    if array.ndim not in (1, 2) or len(array) != n_samples:
        expected = f"one label or row of targets for each of the {n_samples} samples in {inputs}"
        raise ArgumentError(name, expected, f"shape {array.shape}")
    if array.ndim == 2:
        if array.shape[1] == 0:
            raise ArgumentError(name, "at least one target per sample", f"shape {array.shape}")
        return _float32(name, array)
    if array.dtype.kind == "f":
        # One column of real numbers could be labels read as floats as well: the user has to say.
        expected = "labels of a whole-number type, shape (n,), or targets, shape (n, k) (one target: y[:, None])"
        raise ArgumentError(name, expected, f"type {array.dtype}, shape {array.shape}")
    labels = np.ascontiguousarray(array, dtype=np.int64)
    if array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
        raise ArgumentError(name, "labels of 0 or more, below 2^63", int(array.max()))
    if labels.min() < 0:
        raise ArgumentError(name, "labels of 0 or more", int(labels.min()))
    return labels


def _count_classes(given: int | None, y_train: NDArray[Any], y_test: NDArray[Any]) -> int | None:
    if y_train.ndim == 2:
        if given is not None:
            raise ArgumentError("n_classes", "None, as y holds targets and not labels", given)
        return None
    if given is None:
        return int(max(y_train.max(), y_test.max())) + 1
    n_classes = checks.integer("n_classes", given, minimum=1)
    for name, labels in (("y_train", y_train), ("y_test", y_test)):
        if labels.max() >= n_classes:
            raise ArgumentError(name, f"labels of 0 to {n_classes - 1}", int(labels.max()))
    return n_classes
