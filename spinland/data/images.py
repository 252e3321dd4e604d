"""MNIST and Fashion-MNIST: from four IDX files to a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .dataset import Dataset
from .fetching import fetch
from .idx import read_idx
from .sources import find_files, source

_N_CLASSES = 10


def image_dataset(name: str, data_dir: str | Path | None = None) -> Dataset:
    """Read the images and labels; pixels are divided by 255.

    Looks in ``data_dir``, which must then hold the files, else in ``$SPINLAND_DATA``, else in the user's cache,
    and downloads to the cache what is not there. The order of the files is kept.

    Raises
    ------
    DataError
        A file is missing, damaged, or not what its place asks for.
    """
    paths = find_files(name, data_dir)
    if paths is None:
        folder = fetch(name)
        paths = [folder / file.name for file in source(name).files]
    x_train, y_train = _read_part(paths[0], paths[1])
    x_test, y_test = _read_part(paths[2], paths[3])
    if x_train.shape[1:] != x_test.shape[1:]:
        problem = f"images of {x_test.shape[1:]} pixels, but those for training have {x_train.shape[1:]}"
        raise DataError(paths[2], problem)
    return Dataset(name, _scale(x_train), y_train, _scale(x_test), y_test, n_classes=_N_CLASSES)


def _read_part(image_path: Path, label_path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images = _read_bytes(image_path, 3, "images")
    labels = _read_bytes(label_path, 1, "labels")
    if len(images) != len(labels):
        raise DataError(label_path, f"{len(labels)} labels for the {len(images)} images of {image_path.name}")
    if labels.max() >= _N_CLASSES:
        at = int(np.argmax(labels >= _N_CLASSES))
        problem = f"label {labels[at]} of sample {at} is out of range 0 to {_N_CLASSES - 1}"
        raise DataError(label_path, problem)
    return images, labels


def _read_bytes(path: Path, ndim: int, what: str) -> NDArray[Any]:
    array = read_idx(path)
    if array.dtype != np.uint8 or array.ndim != ndim:
        problem = f"not a file of {what}: expected unsigned bytes of {ndim} dimensions"
        raise DataError(path, f"{problem}, got {array.dtype} of shape {array.shape}")
    return array


def _scale(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    pixels = images.reshape(len(images), -1).astype(np.float32)
    pixels /= 255
    return pixels
