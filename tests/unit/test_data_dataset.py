"""A data set holds what was given, or says which array does not fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from spinland.data import Dataset
from spinland.errors import ArgumentError


def _parts(**changes):
    parts = {
        "x_train": np.arange(12.0).reshape(6, 2),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.ones((3, 2)),
        "y_test": np.array([0, 2, 1]),
    }
    return {**parts, **changes}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8, np.float16, bool, ">f8"])
def test_inputs_of_any_real_type_become_float32(dtype):
    x = np.asfortranarray(np.arange(12).reshape(6, 2)).astype(dtype, order="F")
    before = x.copy()
    dataset = Dataset("mine", **_parts(x_train=x))
    assert dataset.x_train.dtype == np.float32
    assert dataset.x_train.flags.c_contiguous
    assert np.array_equal(dataset.x_train, before.astype(np.float32))
    assert np.array_equal(x, before)
    assert x.dtype == np.dtype(dtype)


def test_classification_counts_its_classes():
    dataset = Dataset("mine", **_parts(y_test=np.array([0, 4, 1], np.uint8)))
    assert dataset.task == "classification"
    assert (dataset.n_inputs, dataset.n_outputs, dataset.n_classes) == (2, 5, 5)
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.int64
    assert repr(dataset) == "Dataset('mine', 6 training and 3 test samples, 2 inputs, 5 classes)"


def test_regression_has_targets_and_no_classes():
    dataset = Dataset("mine", **_parts(y_train=np.zeros((6, 3)), y_test=np.zeros((3, 3), int)))
    assert dataset.task == "regression"
    assert (dataset.n_outputs, dataset.n_classes) == (3, None)
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.float32
    assert "3 targets" in repr(dataset)


def test_lists_are_arrays_too():
    dataset = Dataset("lists", [[0, 1], [1, 0]], [0, 1], [[1, 1]], [1])
    assert dataset.x_train.tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("changes", "argument", "message"),
    [
        ({"x_train": np.zeros(6)}, "x_train", r"shape \(6,\)"),
        ({"x_train": np.zeros((6, 2, 2))}, "x_train", "flatten"),
        ({"x_train": np.zeros((0, 2)), "y_train": np.zeros(0, int)}, "x_train", "not empty"),
        ({"x_test": np.zeros((3, 0))}, "x_test", "not empty"),
        ({"x_test": np.zeros((3, 5))}, "x_test", "2 inputs as in x_train"),
        ({"x_train": np.full((6, 2), np.nan)}, "x_train", "12 NaN or infinite"),
        ({"x_train": np.full((6, 2), 1e300)}, "x_train", "finite"),
        ({"x_test": np.full((3, 2), -np.inf)}, "x_test", "finite"),
        ({"x_train": np.full((6, 2), 1j)}, "x_train", "complex"),
        ({"x_train": np.full((6, 2), "1")}, "x_train", "real numbers"),
        ({"x_train": [[1, 2], [3]]}, "x_train", "array of numbers"),
        ({"x_train": None}, "x_train", "real numbers"),
        ({"y_train": np.zeros(5, int)}, "y_train", "each of the 6 samples in x_train"),
        ({"y_test": np.zeros((3, 1, 1))}, "y_test", "each of the 3"),
        ({"y_train": 3}, "y_train", "each of the 6"),
        ({"y_train": np.array([0, 1, 2, 0, -1, 2])}, "y_train", "labels of 0 or more, got -1"),
        ({"y_train": np.array([0, 1, 2, 0, 1, 2**63], np.uint64)}, "y_train", "labels of 0 or more"),
        ({"y_train": np.zeros(6)}, "y_train", r"y\[:, None\]"),
        ({"y_train": np.zeros((6, 0))}, "y_train", "at least one target"),
        ({"y_train": np.full((6, 1), np.nan), "y_test": np.zeros((3, 1))}, "y_train", "finite"),
        ({"y_train": np.zeros((6, 2)), "y_test": np.zeros((3, 1))}, "y_test", "same kind"),
        ({"y_train": np.zeros((6, 2))}, "y_test", "same kind"),
        ({"n_classes": 2}, "y_train", "labels of 0 to 1, got 2"),
        ({"n_classes": 3, "y_test": np.array([0, 3, 1])}, "y_test", "labels of 0 to 2, got 3"),
        ({"n_classes": 2.5}, "n_classes", "whole number"),
        ({"n_classes": 3, "y_train": np.zeros((6, 1)), "y_test": np.zeros((3, 1))}, "n_classes", "None"),
        ({"name": ""}, "name", "not empty"),
        ({"name": 3}, "name", "text"),
    ],
)
def test_what_does_not_fit_is_named(changes, argument, message):
    parts = {"name": "mine", **_parts(**changes)}
    with pytest.raises(ArgumentError, match=message) as caught:
        Dataset(**parts)
    assert caught.value.argument == argument


def test_fields_cannot_be_exchanged():
    dataset = Dataset("mine", **_parts())
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.x_train = np.zeros((6, 2))


def test_fingerprint_is_that_of_the_numbers():
    dataset = Dataset("mine", **_parts())
    assert Dataset("yours", **_parts()).fingerprint == dataset.fingerprint
    for field in ("x_train", "y_train", "x_test", "y_test"):
        changed = _parts()
        changed[field] = changed[field].copy()
        changed[field].flat[0] += 1
        assert Dataset("mine", **changed).fingerprint != dataset.fingerprint


def test_subset_takes_the_first_samples_and_keeps_the_classes():
    dataset = Dataset("mine", **_parts())
    part = dataset.subset(2, 1)
    assert np.array_equal(part.x_train, dataset.x_train[:2])
    assert np.array_equal(part.y_train, dataset.y_train[:2])
    assert np.array_equal(part.x_test, dataset.x_test[:1])
    assert np.array_equal(part.y_test, dataset.y_test[:1])
    assert part.n_classes == 3
    assert len(dataset.subset(n_test=2).x_train) == 6
    assert len(dataset.subset(n_train=2).x_test) == 3
    for wrong in (0, 7, 2.0):
        with pytest.raises(ArgumentError, match="n_train"):
            dataset.subset(wrong)
    with pytest.raises(ArgumentError, match="n_test"):
        dataset.subset(n_test=4)
