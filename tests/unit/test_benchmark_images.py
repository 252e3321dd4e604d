"""The benchmarks take MNIST from where spinland finds it, and otherwise draw images on which programs agree."""

from __future__ import annotations

import numpy as np
import pytest

import spinland as sl
from benchmarks import images, training
from spinland.data import is_local
from tests.unit.test_data_sources import _FILES, _write, cache, small_mnist  # noqa: F401


@pytest.fixture(autouse=True)
def fresh():
    """Samples found before are forgotten."""
    images.images.cache_clear()
    yield
    images.images.cache_clear()


@pytest.mark.usefixtures("small_mnist")
@pytest.mark.parametrize("place", ["data", "data/mnist", "cache/spinland/mnist"])
def test_mnist_is_found_where_spinland_finds_it(tmp_path, monkeypatch, place):
    assert images.source() == "images like MNIST's"
    _write(tmp_path / place)
    monkeypatch.setenv("SPINLAND_DATA", str(tmp_path / "data"))
    assert images.source() == "MNIST"
    data = sl.load_dataset("mnist")
    x, y = images.images(5)
    np.testing.assert_array_equal(x, data.x_test[:5])
    np.testing.assert_array_equal(y, data.y_test[:5])
    np.testing.assert_array_equal(images.images(9, train=True)[1], data.y_train[:9])


@pytest.mark.usefixtures("small_mnist")
def test_damaged_files_of_the_cache_are_not_taken_and_nothing_is_downloaded(tmp_path):
    name = next(iter(_FILES))
    _write(tmp_path / "cache/spinland/mnist", {**_FILES, name: _FILES[name][:-3]})
    assert not is_local("mnist")
    assert images.images(3)[0].shape == (3, 784)  # no server answers here


def test_drawn_images_are_as_empty_as_mnist_and_the_first_of_more():
    x, y = images.drawn(3000)
    assert x.dtype == np.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert 0.17 < np.count_nonzero(x) / x.size < 0.22  # 0.191 in MNIST's test images
    assert 60 <= np.count_nonzero(~x.any(axis=0)) <= 120  # 116 there
    assert np.bincount(y).min() > 240
    few, labels = images.drawn(50)
    np.testing.assert_array_equal(few, x[:50])
    np.testing.assert_array_equal(labels, y[:50])
    assert not np.array_equal(images.drawn(50, train=True)[1], labels)


def test_drawn_images_can_be_learnt():
    trained = sl.train(
        sl.ReLUNetwork((784, 32, 10)), (*images.drawn(6400, True), *images.drawn(1000)), 2, epochs=1, seed=1
    )
    assert (trained.test_accuracy[:, -1] > 0.85).all()


def test_two_roundings_of_the_training_end_in_one_result():
    """What is compared with PyTorch and JAX, here between float types: random labels drove them apart by 0.02."""
    x, y = images.drawn(6400, True)
    network, outputs = sl.ReLUNetwork((784, 512, 10)), []
    for dtype in ("float32", "float64"):
        trained = sl.train(
            network, (x, y, x[:1], y[:1]), 2, batch_size=32, epochs=1, seed=1, evaluate="none", dtype=dtype
        )
        outputs.append(training._outputs(network, trained.params.astype(float), x.astype(float)))
    gap = np.abs(outputs[0] - outputs[1]).max() / np.abs(outputs[1]).max()
    assert gap < training._CHAOS / 100
