"""Results that grow row by row, in place, for computations too long to lose.

The datasets have their space in the file from the beginning, and one byte per row says whether the row is whole. A row
is written straight to its place, its byte afterwards; HDF5's own structures are never touched, so the
file stays readable at every instant.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks
from ..arrays import given
from ..errors import ArgumentError, StoreError
from ..results import Result
from .checksums import CHECKS, DAMAGED, checks_of, crc, row_crc
from .commit import failures_named, locked, write_bytes
from .container import get_text, holds_checks, opened, refuse_old, set_text
from .groups import Place, allocate, stored, write_record
from .mapping import Blank, Record, Stored, field_names, flat_bytes, read_bytes, record_of_fields

DONE = "spinland_rows_done"
"""Dataset of one byte per row, 1 when the row is whole; groups without it were saved at once."""

ROW_CHECKS = "spinland_rows_checks"
"""Dataset of the CRC-32 of each row: of its number and of its bytes in all fields, in the order of their names."""

ROWS = "spinland_rows"
"""Attribute: JSON list of the fields that are written row by row, sorted."""

DIGEST = "spinland_digest"
"""Attribute: hash of all that was known when the space was reserved."""


@dataclass(frozen=True)
class Rows:
    """What is written of a result: fields by rows, one mark per row, one checksum per row (None in old files)."""

    fields: tuple[str, ...]
    done: NDArray[np.uint8]
    checks: NDArray[np.uint32] | None


def rows_of(path: Path, group: h5py.Group, raw: BinaryIO) -> Rows | None:
    """Read the marks and checksums of a group's rows, None if the group was saved at once.

    Raises
    ------
    StoreError
        They do not fit the group.
    """
    if DONE not in group:
        return None
    fields = json.loads(get_text(group, ROWS))
    done = read_bytes(raw, stored(path, group[DONE]))
    checks = read_bytes(raw, stored(path, group[ROW_CHECKS])) if holds_checks(group.file) else None
    lengths = {stored(path, group[field]).shape[:1] for field in fields}
    if (
        not fields
        or fields != sorted(fields)
        or lengths != {done.shape}
        or done.dtype != np.uint8
        or not (done <= 1).all()
        or (checks is not None and (checks.shape, checks.dtype) != (done.shape, np.uint32))
    ):
        raise StoreError(path, f"{group.name[1:]!r} is damaged: the marks of its rows make no sense; {DAMAGED}")
    return Rows(tuple(fields), done, checks)


def progress(done: NDArray[np.uint8]) -> str:
    """Say how many rows there are."""
    return f"incomplete: {int(done.sum())} of {done.size} rows"


def blank_record(
    kind: type[Result], n_rows: int, rows: Mapping[str, tuple[tuple[int, ...], DTypeLike]], fields: Mapping[str, Any]
) -> Record:
    """Describe a result of which some arrays are not known yet; arguments as in `Store.reserve`."""
    if not (isinstance(kind, type) and issubclass(kind, Result)):
        raise ArgumentError("kind", "a class of results", kind)
    checks.integer("n_rows", n_rows, minimum=1, maximum=2**31 - 1)
    checks.room("n_rows", n_rows, 16 * n_rows)  # the marks are written as one
    defaults = {f.name: f.default for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    fields = {name: value for name, value in defaults.items() if name not in rows} | dict(fields)
    both, wanted = rows.keys() & fields.keys(), set(field_names(kind))
    if both:
        raise ArgumentError("fields", f"no field that is also in rows, but {min(both)!r} is")
    if rows.keys() | fields.keys() != wanted or not rows:
        odd = min(wanted ^ (rows.keys() | fields.keys()), default="no rows")
        raise ArgumentError("rows and fields", f"together the fields of {kind.__name__}", f"a difference in {odd!r}")
    blanks = {}
    for name, (shape, dtype) in rows.items():
        lengths = tuple(checks.integer(f"rows[{name!r}]", length, minimum=0) for length in shape)
        blanks[name] = Blank((n_rows, *lengths), np.dtype(dtype))
        if blanks[name].dtype.kind not in "biuf":
            raise ArgumentError(f"rows[{name!r}]", "a numeric or boolean type", blanks[name].dtype.name)
    return record_of_fields(kind, {field: (blanks | fields)[field] for field in field_names(kind)})


def write_blank(group: h5py.Group, record: Record, row_fields: Sequence[str]) -> list[Place]:
    """Make the structure of a reserved result in an empty group, all rows marked missing."""
    places = write_record(group, record)
    first = record.arrays[row_fields[0]]
    marks = np.zeros(first.shape[0], np.uint8)
    places += allocate(group, DONE, marks)
    places += allocate(group, ROW_CHECKS, np.zeros(first.shape[0], np.uint32))
    set_text(group, ROWS, json.dumps(list(row_fields)))
    set_text(group, DIGEST, record.digest)
    set_text(group, CHECKS, checks_of(record, row_fields))
    return places


@dataclass(frozen=True)
class _Places:
    """Where the rows of a group lie in the file of the present commit, and which of them are whole."""

    arrays: dict[str, Stored]
    marks: int
    checks: int
    done: NDArray[np.uint8]


def _look_up(path: Path, name: str) -> _Places:
    with opened(path) as (file, raw):
        refuse_old(path, file)
        group = file.get(name)
        rows = rows_of(path, group, raw) if isinstance(group, h5py.Group) else None
        if rows is None:
            raise StoreError(path, f"{name!r} is not a result that is written row by row")
        arrays = {field: stored(path, group[field]) for field in rows.fields}
        marks, checks = (group[item].id.get_offset() for item in (DONE, ROW_CHECKS))
        return _Places(arrays, marks, checks, rows.done)


class RowWriter:
    """Writes the rows of a reserved result; `Store.reserve` and `Store.row_writer` make it.

    Nothing stays open between calls: every write looks up where the rows lie now, so other results can be
    saved into the same file meanwhile.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        Name of the result.
    n_rows : int
        Number of rows, missing ones included.
    """

    def __init__(self, path: Path, name: str):
        self.path = path
        self.name = name
        self.n_rows = _look_up(path, name).done.size

    def missing(self) -> NDArray[np.int64]:
        """Find the rows that are not written yet, in rising order."""
        return np.flatnonzero(_look_up(self.path, self.name).done == 0)

    def write(self, rows: int | Sequence[int] | NDArray[np.int64], **arrays: ArrayLike) -> None:
        """Write one row or several.

        The data and their checksum reach the disk before their mark does, so a marked row is whole even after
        a power cut.

        Parameters
        ----------
        rows : int or sequence of int
            Which rows, counted from 0.
        **arrays : array_like
            All fields that were reserved by rows. For one row, each has the shape of a row; for
            several, the rows lead. A type that could lose something on the way (float64 to float32) is refused.

        Raises
        ------
        ArgumentError
            A row out of range or given twice, a field missing or unknown, a wrong shape or type.
        StoreError
            A row is written already, the result is no longer there, or the file cannot be written.
        """
        with locked(self.path):
            places = _look_up(self.path, self.name)
            indices = self._indices(rows, places.done)
            blocks = _blocks(places.arrays, arrays, indices.size, one=np.ndim(rows) == 0)
            with failures_named(self.path, "written"):
                descriptor = os.open(self.path, os.O_RDWR)
                try:
                    for field, block in blocks.items():
                        _write_rows(descriptor, places.arrays[field], indices, block)
                    for index, check in zip(indices, _row_checks(indices, blocks), strict=True):
                        write_bytes(descriptor, memoryview(check.tobytes()), places.checks + 4 * int(index))
                    os.fdatasync(descriptor)
                    for index in indices:
                        write_bytes(descriptor, memoryview(b"\1"), places.marks + int(index))
                finally:
                    os.close(descriptor)

    def finish(self) -> None:
        """Make sure that every row is there and on the disk.

        Raises
        ------
        StoreError
            Rows are missing.
        """
        with locked(self.path):
            done = _look_up(self.path, self.name).done
            if not done.all():
                raise StoreError(self.path, f"{self.name!r} is {progress(done)}")
            with failures_named(self.path, "written"):
                descriptor = os.open(self.path, os.O_RDWR)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def _indices(self, rows: int | Sequence[int] | NDArray[np.int64], done: NDArray[np.uint8]) -> NDArray[np.int64]:
        listed = np.atleast_1d(given("rows", rows)).tolist()
        indices = np.array([checks.integer("rows", row, minimum=0, maximum=done.size - 1) for row in listed], np.int64)
        if np.unique(indices).size != indices.size:
            raise ArgumentError("rows", "every row once", rows)
        written = indices[done[indices] != 0]
        if written.size:
            raise StoreError(self.path, f"row {written[0]} of {self.name!r} is written already")
        return indices


def _blocks(places: dict[str, Stored], arrays: dict[str, ArrayLike], n_rows: int, one: bool) -> dict[str, NDArray[Any]]:
    """Check what is to be written; every block comes out as (rows, ...) in the type of the file."""
    odd = places.keys() ^ arrays.keys()
    if odd:
        raise ArgumentError(min(odd), f"exactly the reserved fields {', '.join(sorted(places))}")
    blocks = {}
    for field, place in places.items():
        block = given(field, arrays[field])
        shape = place.shape[1:] if one else (n_rows, *place.shape[1:])
        if block.shape != shape:
            raise ArgumentError(field, f"shape {shape}", f"shape {block.shape}")
        if not np.can_cast(block.dtype, place.dtype, "safe"):
            raise ArgumentError(field, f"type {place.dtype.name}", block.dtype.name)
        blocks[field] = np.ascontiguousarray(block, place.dtype).reshape(n_rows, *place.shape[1:])
    return blocks


def _row_checks(indices: NDArray[np.int64], blocks: dict[str, NDArray[Any]]) -> NDArray[np.uint32]:
    """Checksums of rows; computed from memory, so that bytes which change on their way to the disk are found."""
    checks = np.empty(indices.size, "<u4")
    for i, index in enumerate(indices):
        checks[i] = row_crc(int(index))
        for field in sorted(blocks):
            checks[i] = crc(flat_bytes(blocks[field][i : i + 1]), int(checks[i]))
    return checks


def _write_rows(descriptor: int, place: Stored, indices: NDArray[np.int64], block: NDArray[Any]) -> None:
    if place.offset is None:  # rows without bytes
        return
    row_bytes = place.nbytes // place.shape[0]
    for i, index in enumerate(indices):
        row = block[i : i + 1]  # a slice: taking a single number out of the array would change its byte order
        write_bytes(descriptor, flat_bytes(row), place.offset + int(index) * row_bytes)
