"""A result from its group: read, compared with its checksums, made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from ..arrays import sealed
from ..errors import StoreError
from .catalogue import COMPLETE
from .checksums import arrays_of, compare_arrays, compare_rows, read_checks
from .container import LARGE, UNREADABLE
from .groups import read_record
from .mapping import Record, Stored, read_bytes
from .rows import Rows, progress, rows_of
from .values import value_of


@dataclass(frozen=True)
class Found:
    """A result as a file describes it, the description compared with its checksum.

    Attributes
    ----------
    record : Record
        Its fields; arrays as the places where they lie.
    rows : Rows or None
        What is written of a result that is written by rows.
    checks : dict or None
        Checksums, None in a file of the format without them.
    """

    record: Record
    rows: Rows | None
    checks: dict[str, Any] | None


def find(path: Path, name: str, group: h5py.Group, raw: BinaryIO) -> Found:
    """Read the description of a result.

    Raises
    ------
    StoreError
        It is damaged, or was changed by another program.
    """
    try:
        record = read_record(path, group)
        rows = rows_of(path, group, raw)
        if rows is None and COMPLETE not in group.attrs:
            raise StoreError(path, f"{name!r} has no commit mark; was the file changed by another program?")
        return Found(record, rows, read_checks(path, name, group, record, rows.fields if rows else ()))
    except UNREADABLE as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(path, f"{name!r} cannot be read: {error}") from error


def verify(path: Path, name: str, found: Found, raw: BinaryIO) -> None:
    """Compare all bytes of a result, or those of its finished rows, with their checksums.

    Raises
    ------
    StoreError
        Names what is not as it was written.
    """
    _compare(path, name, found, dict(arrays_of(found.record)), raw)  # type: ignore[arg-type]


def load(path: Path, name: str, group: h5py.Group, raw: BinaryIO, mmap: bool) -> Any:
    """Make the result that a group holds; what is handed out was compared with its checksums.

    Raises
    ------
    StoreError
        It is incomplete or damaged, or its class or fields are not known here.
    """
    found = find(path, name, group, raw)
    if found.rows is not None and not found.rows.done.all():
        raise StoreError(path, f"{name!r} is {progress(found.rows.done)}")
    try:
        arrays, compared = contents(found, raw, mmap)
        _compare(path, name, found, compared, raw)
        return value_of(path, name, found.record, arrays)
    except (*UNREADABLE, MemoryError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(path, f"{name!r} cannot be read: {error or 'too large for the memory'}") from error


def contents(
    found: Found, raw: BinaryIO, mmap: bool
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any] | Stored]]:
    """Arrays of a result by field, and the same as they are best compared with their checksums."""
    arrays: dict[str, NDArray[Any]] = {}
    compared: dict[str, NDArray[Any] | Stored] = {}
    for field, place in arrays_of(found.record):
        assert isinstance(place, Stored)
        mapped = mmap and place.nbytes >= LARGE and place.dtype.kind != "S"
        arrays[field] = _mapped(raw, place) if mapped else sealed(read_bytes(raw, place))
        compared[field] = place if mapped else arrays[field]
    return arrays, compared


def _mapped(raw: BinaryIO, place: Stored) -> NDArray[Any]:
    mapped: NDArray[Any] = np.memmap(raw, place.dtype, "r", place.offset or 0, place.shape)
    return mapped


def _compare(path: Path, name: str, found: Found, arrays: dict[str, NDArray[Any] | Stored], raw: BinaryIO) -> None:
    if found.checks is None:
        return
    compare_arrays(path, name, arrays, found.checks, raw)
    if found.rows is not None:
        ordered: Sequence[NDArray[Any] | Stored] = [arrays[field] for field in found.rows.fields]
        assert found.rows.checks is not None
        compare_rows(path, name, ordered, found.rows.done, found.rows.checks, raw)
