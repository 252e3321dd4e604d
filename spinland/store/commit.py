"""Atomic changes of a file: one writer at a time, on a copy that takes the file's place when it is whole."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..paths import user_path

LOCK_PATIENCE = 300.0
"""Seconds to wait for another writer before giving up."""

_NO_RANGE_COPY = {errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL}


@contextmanager
def failures_named(path: Path, action: str) -> Iterator[None]:
    """Turn an OSError of the body into a StoreError that names the file.

    Raises
    ------
    StoreError
        ``"<path>: cannot be <action>: <reason of the system>"``.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(path, f"cannot be {action}: {error.strerror or error}") from error


def real_path(path: Any, name: str = "path") -> Path:
    """The file that a path means, ``~`` and links resolved: locks and commits are about the file, not its names.

    Raises
    ------
    ArgumentError
        Not a path, or one that no file can have.
    """
    return Path(os.path.realpath(user_path(name, path)))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file's writers; wait while another one holds it.

    The lock is taken on ``<path>.lock``, not on the file: HDF5 locks the file itself whenever somebody
    reads it, and a commit gives the file another inode. The holder removes the lock file before letting go, so
    whoever gets a lock must check that it is on the file that is there now.

    Raises
    ------
    StoreError
        Another writer kept the lock for `LOCK_PATIENCE` seconds, or the folder cannot be written.
    """
    lock = _beside(path, ".lock")
    with failures_named(path, "locked for writing"):
        descriptor = _acquire(path, lock, LOCK_PATIENCE)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


@contextmanager
def reserved(path: Path) -> Iterator[None]:
    """Keep a file to this process for a long run of commits; others may read it meanwhile.

    Raises
    ------
    StoreError
        Another process has reserved it, or no lock can be had beside it.
    """
    lock = _beside(path, ".running")
    with failures_named(path, "reserved for writing"):
        descriptor = _acquire(path, lock, patience=0)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _beside(path: Path, suffix: str) -> Path:
    """Name of a file beside the real one, the same for all links to it."""
    real = real_path(path)
    return real.with_name(real.name + suffix)


def _acquire(path: Path, lock: Path, patience: float) -> int:
    deadline = time.monotonic() + patience
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same_file(descriptor, lock):
                return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                since = f" for {patience:g} s" if patience else ""
                raise StoreError(path, f"another process has been writing to it{since}; stop it or wait") from None
            time.sleep(0.002)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield the path of an empty new file; when the body ends without error, it takes the place of `path`.

    A link stays one: the file that it leads to is replaced. To be used under `locked`. A process killed in
    the body leaves the new file behind, and the next one that writes begins by removing it.

    Raises
    ------
    StoreError
        No space, no permission: the new file is removed and the old one is as it was.
    """
    path = real_path(path)
    partial = _beside(path, ".partial")
    try:
        with failures_named(path, "written"):
            partial.unlink(missing_ok=True)
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                with suppress(FileNotFoundError):
                    os.fchmod(descriptor, stat.S_IMODE(os.stat(path).st_mode))
                yield partial
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(partial, path)
            _sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_range(source: int, start: int, target: int, to: int, length: int) -> None:
    """Copy bytes between two open files, holes left as holes.

    The kernel copies, and shares blocks instead where the file system can.

    Parameters
    ----------
    source, target : int
        File descriptors.
    start, to : int
        Offsets in them.
    length : int
        Number of bytes.
    """
    end = start + length
    position = start
    while position < end:
        try:
            position = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                break
            raise
        stop = min(os.lseek(source, position, os.SEEK_HOLE), end)
        while position < stop:
            copied = _copy_some(source, position, target, to + position - start, stop - position)
            if copied == 0:
                raise OSError(errno.EIO, "the file became shorter while it was copied")
            position += copied
    if os.fstat(target).st_size < to + length:
        os.ftruncate(target, to + length)


def _copy_some(source: int, position: int, target: int, to: int, length: int) -> int:
    try:
        return os.copy_file_range(source, target, length, position, to)
    except OSError as error:
        if error.errno not in _NO_RANGE_COPY:
            raise
    os.lseek(target, to, os.SEEK_SET)
    return os.sendfile(target, source, position, length)


def write_bytes(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all of a flat byte view at an offset (one system call writes 2 GiB at most)."""
    while len(data):
        written = os.pwrite(descriptor, data[: 1 << 30], offset)
        data = data[written:]
        offset += written
