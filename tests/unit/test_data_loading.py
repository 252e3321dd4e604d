"""Data sets by name, from an .npz file, from arrays; the bundled ones."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from spinland.data import NAMES, Dataset, as_dataset, load_dataset
from spinland.errors import ArgumentError, DataError


def _arrays():
    x = np.arange(24.0).reshape(8, 3)
    return {"x_train": x, "y_train": np.arange(8) % 2, "x_test": x[:2], "y_test": np.array([0, 1])}


def _rows(x):
    return sorted(map(tuple, np.asarray(x).tolist()))


def test_import_leaves_the_slow_parts_alone():
    code = "import sys, spinland.data; print([m for m in ('pooch', 'sklearn', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_digits_are_all_there_once_and_split_class_by_class():
    digits = load_dataset()
    bundled = datasets.load_digits()
    assert (digits.name, digits.n_inputs, digits.n_classes) == ("digits", 64, 10)
    assert (digits.x_train.shape, digits.x_test.shape) == ((1438, 64), (359, 64))
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 1
    ours = np.vstack([np.c_[digits.x_train * 16, digits.y_train], np.c_[digits.x_test * 16, digits.y_test]])
    assert _rows(ours) == _rows(np.c_[bundled.data, bundled.target])
    for label, count in enumerate(np.bincount(bundled.target)):
        assert (digits.y_test == label).sum() == round(count / 5)


def test_digits_are_shuffled_and_always_the_same():
    assert load_dataset("digits").fingerprint == "cc102afb49bc1626"
    assert (np.diff(load_dataset("digits").y_test) < 0).any()


def test_linnerud_is_standardised_by_its_training_part():
    linnerud = load_dataset("linnerud")
    assert (linnerud.task, linnerud.n_inputs, linnerud.n_outputs) == ("regression", 3, 3)
    assert (len(linnerud.x_train), len(linnerud.x_test)) == (15, 5)
    raw = datasets.load_linnerud()
    for train, test, table in (
        (linnerud.x_train, linnerud.x_test, raw.data),
        (linnerud.y_train, linnerud.y_test, raw.target),
    ):
        assert np.allclose(train.mean(axis=0), 0, atol=1e-6)
        assert np.allclose(train.std(axis=0), 1, atol=1e-6)
        # The same affine map takes every original row to one of ours.
        scale = np.ptp(table, axis=0) / np.ptp(np.vstack([train, test]), axis=0)
        restored = np.vstack([train, test]) * scale
        restored += table.min(axis=0) - restored.min(axis=0)
        assert _rows(np.round(restored)) == _rows(table)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ArgumentError) as caught:
        load_dataset("minst")
    assert all(name in str(caught.value) for name in NAMES)
    assert str(caught.value).endswith("got minst")
    with pytest.raises(ArgumentError, match="name"):
        load_dataset(None)


@pytest.mark.parametrize("name", ["digits", "mnist", "linnerud", "some.npz"])
def test_options_are_refused_where_there_are_none(name):
    with pytest.raises(ArgumentError, match=r"noise: expected nothing, as .* takes no options"):
        load_dataset(name, noise=0.5)


def test_a_wrong_option_of_the_teacher_is_answered_with_the_right_ones():
    with pytest.raises(ArgumentError, match=r"n_trian: .*n_inputs, hidden, n_outputs, n_train"):
        load_dataset("teacher", n_trian=3)


def test_own_arrays_stand_for_a_data_set():
    parts = tuple(_arrays().values())
    dataset = as_dataset(parts)
    assert np.array_equal(dataset.x_train, parts[0])
    assert np.array_equal(dataset.y_test, parts[3])
    assert as_dataset(list(parts)).fingerprint == dataset.fingerprint
    assert as_dataset(dataset) is dataset
    assert as_dataset("linnerud").fingerprint == load_dataset("linnerud").fingerprint


@pytest.mark.parametrize("value", [None, 3, (1, 2, 3), {"x_train": 1}, np.zeros((4, 2))])
def test_what_is_no_data_set_is_refused(value):
    with pytest.raises(ArgumentError, match="value: expected a Dataset"):
        as_dataset(value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_file(tmp_path, save):
    path = tmp_path / "mine.npz"
    save(path, **_arrays())
    dataset = load_dataset(path)
    assert dataset.name == "mine"
    assert dataset.fingerprint == Dataset("other", **_arrays()).fingerprint
    assert as_dataset(str(path)).fingerprint == dataset.fingerprint


def test_npz_faults_name_the_file_and_the_fault(tmp_path):
    path = tmp_path / "mine.npz"

    def refused(problem):
        with pytest.raises(DataError, match=problem) as caught:
            load_dataset(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert str(caught.value).count(str(path)) == 1

    refused("no such file")
    path.write_bytes(b"PK not really")
    refused("not an .npz file, or truncated")
    np.savez(path, x_train=np.zeros((2, 2)), x_test=np.zeros((2, 2)))
    refused("has no array y_train, y_test")
    np.savez(path, **{**_arrays(), "y_test": np.array([0, -1])})
    refused("y_test: expected labels of 0 or more")
    np.savez(path, **{**_arrays(), "x_train": np.array([None])})
    refused("damaged or no plain .npz file")
    path.unlink()
    path.mkdir()
    refused("cannot be read")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_npz_file_is_refused_or_harmless(tmp_path, save):
    path = tmp_path / "mine.npz"
    save(path, **_arrays())
    whole = path.read_bytes()
    expected = load_dataset(path).fingerprint
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError):
            load_dataset(path)
    refused = 0
    for at in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[at] ^= 0x41
        path.write_bytes(damaged)
        try:
            assert load_dataset(path).fingerprint == expected
        except DataError:
            refused += 1
    assert refused > 50
