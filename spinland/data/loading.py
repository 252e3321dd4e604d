"""The one door to every data set: by name, by file, or from arrays."""

from __future__ import annotations

import inspect
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..errors import ArgumentError, DataError
from ..paths import user_path
from .dataset import Dataset
from .sources import DOWNLOADS

NAMES = ("digits", *DOWNLOADS, "linnerud", "teacher")
"""Names that :func:`load_dataset` knows."""

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")

DatasetLike = Dataset | str | Path | Sequence[ArrayLike]


def load_dataset(name: str | Path = "digits", data_dir: str | Path | None = None, **options: Any) -> Dataset:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        ``"digits"`` (bundled, 1438 + 359 images of 8 × 8 pixels), ``"mnist"`` and ``"fashion_mnist"``
        (60000 + 10000 images of 28 × 28 pixels), ``"linnerud"`` (bundled, regression, 15 + 5 samples),
        ``"teacher"`` (a random ReLU network), or the path of an ``.npz`` file that holds the arrays ``x_train``,
        ``y_train``, ``x_test`` and ``y_test``.
    data_dir : path-like, optional
        Folder of the MNIST or Fashion-MNIST files, there or in a subfolder of the data set's name, zipped or
        not. By default that of ``$SPINLAND_DATA``, then the user's cache; what is not there is downloaded.
        Data sets that need no files ignore it.
    **options
        Of ``"teacher"``: ``n_inputs``, ``hidden``, ``n_outputs``, ``n_train``, ``n_test``, ``task``, ``noise``,
        ``seed``. The others have none.

    Returns
    -------
    Dataset

    Raises
    ------
    ArgumentError
        Unknown name or option.
    DataError
        A file is missing from ``data_dir``, damaged, or cannot be downloaded.

    Examples
    --------
    >>> import spinland as sl
    >>> digits = sl.load_dataset("digits")
    >>> digits.x_train.shape, digits.x_test.shape, digits.n_classes
    ((1438, 64), (359, 64), 10)
    """
    if not isinstance(name, str | Path):
        raise ArgumentError("name", "the name of a data set, or the path of an .npz file", name)
    if data_dir is not None:
        data_dir = user_path("data_dir", data_dir)
    if str(name).endswith(".npz"):
        _refuse_options(str(name), options, ())
        return _read_npz(user_path("name", name))
    if name not in NAMES:
        known = ", ".join(map(repr, NAMES))
        raise ArgumentError("name", f"one of {known}, or the path of an .npz file", name)
    if name in DOWNLOADS:
        from .images import image_dataset

        _refuse_options(str(name), options, ())
        return image_dataset(str(name), data_dir)
    maker = _maker(str(name))
    _refuse_options(str(name), options, tuple(inspect.signature(maker).parameters))
    return maker(**options)


def as_dataset(value: DatasetLike, data_dir: str | Path | None = None) -> Dataset:
    """Whatever stands for a data set, as one.

    Parameters
    ----------
    value : Dataset, str, path-like or sequence of four arrays
        A data set as it is; a name or ``.npz`` path for :func:`load_dataset`; or the arrays ``x_train``,
        ``y_train``, ``x_test``, ``y_test`` in this order.
    data_dir : path-like, optional
        As in :func:`load_dataset`.

    Returns
    -------
    Dataset

    Raises
    ------
    ArgumentError
        Nothing of this, or arrays that :class:`Dataset` refuses.
    DataError
        As in :func:`load_dataset`.
    """
    return dataset_of("value", value, data_dir)


def dataset_of(argument: str, value: DatasetLike, data_dir: str | Path | None = None) -> Dataset:
    """:func:`as_dataset` of what came for an argument of this name."""
    if isinstance(value, Dataset):
        return value
    if isinstance(value, str | Path):
        with checks.renamed(name=argument):
            return load_dataset(value, data_dir)
    if isinstance(value, tuple | list) and len(value) == len(_ARRAYS):
        with checks.renamed(**{name: f"{argument}[{i}], {name}" for i, name in enumerate(_ARRAYS)}):
            return Dataset("arrays", *value)
    got = f"{len(value)} items" if isinstance(value, tuple | list) else type(value).__name__
    expected = f"a Dataset, a name, an .npz path, or the arrays ({', '.join(_ARRAYS)})"
    raise ArgumentError(argument, expected, got)


def _maker(name: str) -> Callable[..., Dataset]:
    """Function that makes the data set; imported here because random numbers bring in the compiler."""
    if name == "teacher":
        from .teacher import teacher_dataset

        return teacher_dataset
    from . import bundled

    return {"digits": bundled.digits, "linnerud": bundled.linnerud}[name]


def _refuse_options(name: str, options: dict[str, Any], known: tuple[str, ...]) -> None:
    takes = f"options {', '.join(known)}" if known else "no options"
    for option, value in options.items():
        if option not in known:
            raise ArgumentError(option, f"nothing, as {name!r} takes {takes}", value)


def _read_npz(path: Path) -> Dataset:
    try:
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                raise DataError(path, "not an .npz file, or truncated")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                missing = [key for key in _ARRAYS if key not in archive]
                if missing:
                    raise DataError(path, f"has no array {', '.join(missing)}; it needs {', '.join(_ARRAYS)}")
                arrays = [archive[key] for key in _ARRAYS]
        return Dataset(path.stem, *arrays)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(path, "no such file") from None
    except ArgumentError as error:
        raise DataError(path, str(error)) from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from None
    except (ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        # What zip and NumPy say of damaged members, pickles, and compressions or passwords they cannot undo.
        raise DataError(path, f"damaged or no plain .npz file ({error})") from None
