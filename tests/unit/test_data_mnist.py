"""The real MNIST files, where they are at hand: what they hold, and that they are the published ones."""

import gzip

import numpy as np
import pytest

from spinland.data import load_dataset, sources, verify
from spinland.errors import DataError


@pytest.mark.data
def test_real_mnist(mnist_folder):
    dataset = load_dataset("mnist", mnist_folder)
    assert dataset.x_train.shape == (60000, 784)
    assert dataset.x_test.shape == (10000, 784)
    assert dataset.x_train.dtype == np.float32
    # Widely known: the class counts, the first labels, and mean and deviation of the training pixels.
    assert np.bincount(dataset.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(dataset.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert dataset.x_train.mean(dtype=float) == pytest.approx(0.1307, abs=5e-5)
    assert dataset.x_train.std(dtype=float) == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.data
def test_real_mnist_verifies_zipped_and_plain(mnist_folder, tmp_path):
    assert [status for _, status in verify("mnist", mnist_folder)] == ["ok"] * 4
    for file in sources.source("mnist").files:
        content = gzip.decompress((mnist_folder / file.name).read_bytes())
        (tmp_path / file.name.removesuffix(".gz")).write_bytes(content)
    assert [status for _, status in verify("mnist", tmp_path)] == ["ok"] * 4
    for folder in (mnist_folder, tmp_path):
        with pytest.raises(DataError, match="files of 'mnist'"):
            load_dataset("fashion_mnist", folder)


@pytest.mark.data
def test_the_sizes_published_are_those_of_the_files(mnist_folder):
    for file in sources.source("mnist").files:
        assert (mnist_folder / file.name).stat().st_size == file.size
