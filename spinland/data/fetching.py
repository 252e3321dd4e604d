"""Download the published files with their checksums, and check those that are there."""

from __future__ import annotations

import http.client
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from ..paths import user_path
from ..progress import track
from .sources import Source, SourceFile, cache_folder, file_sha256, find_files, locate_each, source

_CHUNK = 1 << 16
_TIMEOUT = 30.0  # seconds without a byte


class FileCheck(NamedTuple):
    """What :func:`verify` says of one file.

    ``status`` is ``"ok"``, ``"missing"``, ``"wrong checksum"`` or ``"no known checksum"`` (an unzipped file
    whose checksum nobody published).
    """

    file: Path
    status: str


class _DownloadFailed(Exception):
    """One mirror did not deliver; the text says why."""


def fetch(name: str, data_dir: str | Path | None = None, base_url: str | None = None) -> Path:
    """Download what is missing of a published data set; each file is checked by SHA-256.

    A file gets its name only after its checksum was found right, so an interrupted or wrong download never
    looks whole. A damaged file in the cache is replaced; one in ``data_dir`` is the user's and is not.

    Parameters
    ----------
    name : str
        ``"mnist"`` or ``"fashion_mnist"``.
    data_dir : path-like, optional
        The files go to its subfolder ``name``; by default to the user's cache.
    base_url : str, optional
        Web folder of the files; by default ``$SPINLAND_MNIST_URL`` or ``$SPINLAND_FASHION_MNIST_URL``, and
        else the public mirrors.

    Returns
    -------
    Path
        Folder that holds the four files.

    Raises
    ------
    ArgumentError
        Unknown name.
    DataError
        No mirror delivers the right file, a file of another checksum is in the way, or the folder cannot be
        written.
    """
    wanted = source(name)
    folder = cache_folder(name) if data_dir is None else user_path("data_dir", data_dir) / name
    override = base_url or os.environ.get(wanted.url_variable)
    urls = (override,) if override else wanted.urls
    for file in wanted.files:
        path = folder / file.name
        if path.is_file():
            if file_sha256(path) == file.sha256:
                continue
            if data_dir is not None:
                raise DataError(path, f"checksum differs from the published {name!r}; move the file away first")
        _fetch_file(file, folder, urls, wanted)
    return folder


def verify(name: str, data_dir: str | Path | None = None) -> list[FileCheck]:
    """Compare the files of a published data set with their known checksums.

    Looks in ``data_dir`` if given, else in ``$SPINLAND_DATA`` and the user's cache, whichever holds more.

    Raises
    ------
    ArgumentError
        Unknown name.
    DataError
        A file is there but cannot be read.
    """
    return [_check(file, path) for file, path in locate_each(name, data_dir)]


def is_local(name: str, data_dir: str | Path | None = None) -> bool:
    """Whether :func:`spinland.load_dataset` finds a published data set without a download.

    It looks where that does: in ``data_dir`` if given, else in the folder of ``$SPINLAND_DATA``, then in the
    user's cache, there for files of the right checksum.

    Raises
    ------
    ArgumentError
        Unknown name.
    DataError
        A file is there but cannot be read; ``data_dir`` was named and does not hold the files.
    """
    if find_files(name, data_dir) is not None:
        return True
    folder = cache_folder(name)
    return all(_check(file, folder / file.name).status == "ok" for file in source(name).files)


def _check(file: SourceFile, path: Path) -> FileCheck:
    if not path.is_file():
        return FileCheck(path, "missing")
    known = file.known_sha256(path)
    if not known:
        return FileCheck(path, "no known checksum")
    return FileCheck(path, "ok" if file_sha256(path) == known else "wrong checksum")


def _fetch_file(file: SourceFile, folder: Path, urls: tuple[str, ...], wanted: Source) -> None:
    problems = []
    for url in urls:
        address = f"{url.rstrip('/')}/{file.name}"
        try:
            _retrieve(file, folder, address)
            return
        except _DownloadFailed as error:
            problems.append(f"{address}: {error}")
        except OSError as error:
            raise DataError(folder, f"cannot be written ({error.strerror or error})") from None
    raise DataError(
        folder / file.name,
        f"could not be downloaded ({'; '.join(problems)}); get the files of {wanted.name!r} by other means and name "
        f"their folder in data_dir or $SPINLAND_DATA, or a mirror in ${wanted.url_variable}",
    )


def _retrieve(file: SourceFile, folder: Path, address: str) -> None:
    """Let pooch download to a temporary name, compare the checksum and move the file to its place."""
    import pooch  # costs a tenth of a second, and only downloads need it

    with _quiet(pooch.get_logger()):
        try:
            pooch.retrieve(address, f"sha256:{file.sha256}", file.name, folder, downloader=_Downloader(file))
        except ValueError:
            # The downloader turns every fault of its own into _DownloadFailed, so this is pooch's checksum.
            raise _DownloadFailed("the file there has a wrong SHA-256 checksum") from None


class _Downloader:
    """pooch's downloader protocol on urllib, with our progress."""

    def __init__(self, file: SourceFile):
        self.file = file

    def __call__(self, url: str, output_file: str, pooch: object = None) -> None:
        with open(output_file, "wb") as output:
            try:
                # Some servers unzip on the way unless told not to.
                request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
                response = urllib.request.urlopen(request, timeout=_TIMEOUT)
            except urllib.error.HTTPError as error:
                error.close()
                raise _DownloadFailed(f"the server answers {error.code} {error.reason}") from None
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise _DownloadFailed(f"cannot be reached ({getattr(error, 'reason', error)})") from None
            with response, track(self.file.size, f"downloading {self.file.name}") as advance:
                received = 0
                for chunk in _chunks(response):
                    output.write(chunk)
                    received += len(chunk)
                    advance(len(chunk))
        announced = response.headers.get("Content-Length")
        if announced is not None and announced.isdigit() and received != int(announced):
            raise _DownloadFailed(f"the connection ended after {received} of {announced} bytes")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Bytes from the network; its faults are told apart from those of the disk that they are written to."""
    while True:
        try:
            chunk = response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _DownloadFailed(f"the connection broke ({error})") from None
        if not chunk:
            return
        yield chunk


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """No chat on stderr; problems come as exceptions."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
