"""The HDF5 file of a study: how it is made, opened, checked and changed.

HDF5 itself only ever sees metadata here. Array bytes go straight between memory and the place in the file that
HDF5 gave them, so they are the same bit for bit, and HDF5 never meets a full disk (its own close does not
survive one).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from ..errors import SpinlandError, StoreError
from .commit import copy_range, write_bytes

FORMAT = 3
"""Version of the layout of our files, in the root attribute `FORMAT_MARK`.

1. Without checksums: read as it is, never added to.
2. With checksums. A group tells the module of its class. Whoever adds to such a file makes it one of format 3.
3. A group tells the name and the version of its class; those that format 2 made may stand beside it.
"""

FORMAT_MARK = "spinland_format"

LARGE = 1 << 16
"""Arrays of at least so many bytes begin at a multiple of `PAGE`, ready to be mapped into memory."""

PAGE = 4096

# Fixed, so that the same results give the same bytes whatever the defaults of an HDF5 version are.
_SETTINGS: dict[str, Any] = {"libver": ("v108", "v108"), "alignment_threshold": LARGE, "alignment_interval": PAGE}


UNREADABLE = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError)
"""What HDF5, h5py and our reading of a file raise when it holds something odd."""


class _Overlay(io.RawIOBase):
    """A file as HDF5 sees it: reads come from the file beneath, writes stay in memory until `write_out`."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._pages: dict[int, bytearray] = {}
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def truncate(self, size: int | None = None) -> int:
        self._size = self._position if size is None else size
        return self._size

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._position))
        for page, within, done, length in _pieces(self._position, count):
            content = self._pages.get(page) or self._beneath(page)
            view[done : done + length] = content[within : within + length]
        self._position += count
        return count

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        for page, within, done, length in _pieces(self._position, len(view)):
            if page not in self._pages:
                self._pages[page] = self._beneath(page)
            self._pages[page][within : within + length] = view[done : done + length]
        self._position += len(view)
        self._size = max(self._size, self._position)
        return len(view)

    def _beneath(self, page: int) -> bytearray:
        content = os.pread(self._descriptor, PAGE, page * PAGE)
        return bytearray(content.ljust(PAGE, b"\0"))

    def write_out(self) -> None:
        """Put the changes into the file beneath."""
        os.ftruncate(self._descriptor, self._size)
        for page in sorted(self._pages):
            length = min(PAGE, self._size - page * PAGE)
            if length > 0:
                write_bytes(self._descriptor, memoryview(self._pages[page])[:length], page * PAGE)


def _pieces(position: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Split a range into (page, offset within the page, offset within the range, length)."""
    done = 0
    while done < count:
        page, within = divmod(position + done, PAGE)
        length = min(PAGE - within, count - done)
        yield page, within, done, length
        done += length


@contextmanager
def changed(path: Path, *, beneath: Path | None = None) -> Iterator[h5py.File]:
    """Open a new file to give it a structure, or more of it.

    The bytes of arrays go into it afterwards: they may share pages with the structure.

    Parameters
    ----------
    path : Path
        The new file, as `commit.replaced` yields it.
    beneath : Path or None
        Begin with a copy of this file, or with what ``path`` itself holds; None begins an empty study.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        if beneath is not None and beneath != path:
            with open(beneath, "rb") as old:
                copy_range(old.fileno(), 0, descriptor, 0, os.fstat(old.fileno()).st_size)
        overlay = _Overlay(descriptor)
        if beneath is None:
            _begin(overlay)
        with h5py.File(overlay, "r+", **_SETTINGS) as file:
            file.attrs[FORMAT_MARK] = FORMAT
            yield file
        overlay.write_out()
    finally:
        os.close(descriptor)


def _begin(overlay: _Overlay) -> None:
    """Make an HDF5 file without anything; a root group that keeps no times can only be had at this level."""
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18)
    access.set_fileobj_driver(h5py.h5fd.fileobj_driver, overlay)
    h5py.h5f.create(b"study", h5py.h5f.ACC_TRUNC, creation, access).close()


@contextmanager
def opened(path: Path) -> Iterator[tuple[h5py.File, BinaryIO]]:
    """Open a study for reading; yield it and the plain file beneath it, both of the same commit.

    Raises
    ------
    StoreError
        Not there, not readable, not HDF5, not ours, of another version, or damaged.
    """
    try:
        with open(path, "rb") as raw, _parsed(path, raw) as file:
            _check_format(path, file)
            yield file, raw
    except SpinlandError:
        raise
    except FileNotFoundError:
        raise StoreError(path, "there is no such file") from None
    except IsADirectoryError:
        raise StoreError(path, "is a folder, not a file") from None
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(path, f"cannot be read: {reason}") from error


def _parsed(path: Path, raw: BinaryIO) -> h5py.File:
    if os.fstat(raw.fileno()).st_size == 0:
        raise StoreError(path, "is empty, not an HDF5 file")
    signature = raw.read(8)
    if signature != b"\x89HDF\r\n\x1a\n":
        raise StoreError(path, "is not an HDF5 file")
    try:
        return h5py.File(raw, "r")
    except OSError as error:
        raise StoreError(path, f"is truncated or damaged: {error}") from None


def _check_format(path: Path, file: h5py.File) -> None:
    if FORMAT_MARK not in file.attrs:
        raise StoreError(path, "is an HDF5 file, but not one of spinland's")
    if format_of(file) not in range(1, FORMAT + 1):
        raise StoreError(path, f"has format {format_of(file)}; this version of spinland reads formats 1 to {FORMAT}")


def format_of(file: h5py.File) -> Any:
    """Version of the layout of a file."""
    return get_number(file, FORMAT_MARK).item()


def holds_checks(file: h5py.File) -> bool:
    """Whether a file is of a format in which everything has a checksum."""
    return bool(format_of(file) > 1)


def refuse_old(path: Path, file: h5py.File) -> None:
    """Refuse to add to a file without checksums.

    Raises
    ------
    StoreError
        Says how to go on.
    """
    if not holds_checks(file):
        raise StoreError(
            path,
            "was made by an earlier spinland, whose files hold no checksums: it can be read, not changed; copy its "
            "results to a new file (for name in old.names(): new.save(name, old.load(name)))",
        )


def make_group(parent: h5py.Group, name: str) -> h5py.Group:
    """Make a group, and the folders on its way, without times; small attributes lie in its header.

    HDF5 would move more than eight attributes to a structure of their own, which takes several KiB.
    """
    for part in name.split("/"):
        creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        creation.set_obj_track_times(False)
        creation.set_attr_phase_change(1000, 0)
        if part not in parent:
            h5py.h5g.create(parent.id, part.encode(), gcpl=creation)
        parent = parent[part]
    return parent


def set_text(item: h5py.HLObject, name: str, text: str) -> None:
    """Set an attribute to a text of fixed length.

    HDF5 keeps texts of variable length in a heap without checksums, and a wrong byte there can send its
    reader into an endless loop; those of fixed length lie under the checksum of the object's header.
    """
    content = text.encode()
    kind = h5py.string_dtype("utf-8", max(1, len(content)))
    item.attrs.create(name, content, shape=(), dtype=kind)


def get_text(item: h5py.HLObject, name: str) -> str:
    """Read an attribute that `set_text` made.

    Raises
    ------
    KeyError, ValueError
        There is none, or it is something else.
    """
    attribute = item.attrs.get_id(name)
    kind = attribute.get_type()
    if attribute.shape != () or not isinstance(kind, h5py.h5t.TypeStringID) or kind.is_variable_str():
        raise ValueError(f"the attribute {name!r} is not a text of fixed length")
    return bytes(item.attrs[name]).rstrip(b"\0").decode()


def get_number(item: h5py.HLObject, name: str) -> np.generic:
    """Read an attribute that is one number.

    Raises
    ------
    KeyError, ValueError
        There is none, or it is something else.
    """
    attribute = item.attrs.get_id(name)
    if attribute.shape != () or attribute.dtype.kind not in "biuf" or attribute.dtype.itemsize > 8:
        raise ValueError(f"the attribute {name!r} is not a number")
    number: np.generic = item.attrs[name]
    return number
