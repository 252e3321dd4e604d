"""Where the files of MNIST and Fashion-MNIST come from, what they must be, and where they may lie."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..checks import choice
from ..errors import DataError
from ..paths import user_path

DATA_VARIABLE = "SPINLAND_DATA"
"""Environment variable with a folder of data files."""


@dataclass(frozen=True)
class SourceFile:
    """One published file.

    Attributes
    ----------
    name : str
        File name, ending in ``.gz``.
    size : int
        Bytes of the published file.
    sha256 : str
        Its checksum.
    plain_sha256 : str
        Checksum of the unzipped file, empty where it is not known.
    """

    name: str
    size: int
    sha256: str
    plain_sha256: str = ""

    @property
    def plain_name(self) -> str:
        """Name of the unzipped file."""
        return self.name.removesuffix(".gz")

    def known_sha256(self, path: Path) -> str:
        """Checksum that ``path``, zipped or not by its name, should have; empty if not known."""
        return self.sha256 if path.suffix == ".gz" else self.plain_sha256


@dataclass(frozen=True)
class Source:
    """A published data set of four IDX files.

    Attributes
    ----------
    name : str
        Name of the data set, also of its subfolder.
    urls : tuple of str
        Folders on the web that hold the files, tried in this order.
    files : tuple of SourceFile
        Training images, training labels, test images, test labels.
    """

    name: str
    urls: tuple[str, ...]
    files: tuple[SourceFile, ...] = field(repr=False)

    @property
    def url_variable(self) -> str:
        """Environment variable that replaces ``urls``: ``SPINLAND_MNIST_URL`` and so on."""
        return f"SPINLAND_{self.name.upper()}_URL"


# Checksums and sizes of MNIST: of the files themselves. Those of Fashion-MNIST: published by several projects
# in agreement, beside the MD5 sums in the README of zalandoresearch/fashion-mnist.
_SOURCES = {
    "mnist": Source(
        "mnist",
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        (
            SourceFile(
                "train-images-idx3-ubyte.gz",
                9912422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            SourceFile(
                "train-labels-idx1-ubyte.gz",
                28881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            SourceFile(
                "t10k-images-idx3-ubyte.gz",
                1648877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            SourceFile(
                "t10k-labels-idx1-ubyte.gz",
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
    ),
    "fashion_mnist": Source(
        "fashion_mnist",
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        (
            SourceFile(
                "train-images-idx3-ubyte.gz",
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            SourceFile(
                "train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            SourceFile(
                "t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            SourceFile(
                "t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        ),
    ),
}

DOWNLOADS = tuple(_SOURCES)
"""Names of the data sets that lie in files and can be fetched."""


def source(name: str) -> Source:
    """Look up a published data set.

    Raises
    ------
    ArgumentError
        ``name`` is none of :data:`DOWNLOADS`.
    """
    return _SOURCES[choice("name", name, DOWNLOADS)]


def cache_folder(name: str) -> Path:
    """Folder of the user's cache for one data set.

    Raises
    ------
    DataError
        There is no home directory, and no ``XDG_CACHE_HOME`` in its place.
    """
    import pooch  # costs a tenth of a second, and only downloads need it

    try:
        return Path(pooch.os_cache("spinland")) / name
    except RuntimeError:
        problem = f"no home directory to keep data in; name data_dir, or set ${DATA_VARIABLE} or $XDG_CACHE_HOME"
        raise DataError("~/.cache", problem) from None


def find_files(name: str, data_dir: str | Path | None = None) -> list[Path] | None:
    """Find the four files in ``data_dir`` or, if that is None, in the folder of ``$SPINLAND_DATA``.

    Each folder is searched in its subfolder called ``name`` first, then directly. All four files must lie in
    the same place; each may be zipped or not, the zipped one goes first.

    Returns
    -------
    list of Path or None
        In the order of ``Source.files``; None when ``data_dir`` is None and nothing was found.

    Raises
    ------
    DataError
        ``data_dir`` was named and does not hold all the files, or holds those of another data set.
    """
    place = _named_folder(data_dir)
    if place is None:
        return None
    wanted = source(name)
    for folder in _folders(place, name):
        found = list(_present(wanted, folder))
        if len(found) == len(wanted.files):
            other = _other_set(name, found[-1])
            if other is None:
                return found
            if data_dir is not None:
                raise DataError(folder, f"these are the files of {other!r}, but {name!r} was asked for")
    if data_dir is None:
        return None
    raise DataError(place, _describe_missing(wanted, place))


def locate_each(name: str, data_dir: str | Path | None = None) -> list[tuple[SourceFile, Path]]:
    """Each published file with the path where it lies or, if it is missing, where it was expected.

    Looks where :func:`find_files` does, then in the cache; the place that holds most files is taken.
    """
    wanted = source(name)
    place = _named_folder(data_dir)
    folders = list(_folders(place, name)) if place is not None else []
    if data_dir is None:
        folders.append(cache_folder(name))
    folder = max(folders, key=lambda candidate: len(list(_present(wanted, candidate))))
    return [(file, _path_of(file, folder) or folder / file.name) for file in wanted.files]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises
    ------
    DataError
        It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from None


def _named_folder(data_dir: str | Path | None) -> Path | None:
    """The folder that was named in an argument or, if none was, in ``$SPINLAND_DATA``."""
    if data_dir is not None:
        return user_path("data_dir", data_dir)
    place = os.environ.get(DATA_VARIABLE)
    return user_path(f"${DATA_VARIABLE}", place) if place else None


def _folders(place: Path, name: str) -> Iterator[Path]:
    yield place / name
    yield place


def _path_of(file: SourceFile, folder: Path) -> Path | None:
    candidates = (folder / file.name, folder / file.plain_name)
    return next((path for path in candidates if path.is_file()), None)


def _present(wanted: Source, folder: Path) -> Iterator[Path]:
    paths = (_path_of(file, folder) for file in wanted.files)
    return (path for path in paths if path is not None)


def _describe_missing(wanted: Source, place: Path) -> str:
    if not place.is_dir():
        return "no such folder" if not place.exists() else "not a folder"
    most = max(_folders(place, wanted.name), key=lambda folder: len(list(_present(wanted, folder))))
    missing = [file.name for file in wanted.files if _path_of(file, most) is None]
    return (
        f"files of {wanted.name!r} missing here or in its subfolder {wanted.name}/: "
        f"{', '.join(missing)} (each with or without .gz)"
    )


def _other_set(name: str, test_labels: Path) -> str | None:
    """MNIST and Fashion-MNIST use the same file names: a folder of the one must not pass for the other."""
    digest = file_sha256(test_labels)
    for other in _SOURCES.values():
        if other.name != name and digest in (other.files[-1].sha256, other.files[-1].plain_sha256):
            return other.name
    return None
