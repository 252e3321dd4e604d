"""Checksums: of each array or row, and of all that describes them; written with the commit mark, compared on loading.

CRC-32 of the stored bytes finds every change of up to 32 bits in a row and all others but one in four thousand
millions, at some GB/s; what is small (classes, fields, numbers, texts, types and shapes) is hashed by SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from .container import get_text, holds_checks, set_text
from .mapping import Array, Record, Stored, flat_bytes

CHECKS = "spinland_checks"
"""Attribute of a result: JSON of the CRC-32 of each array that was saved at once, and of the hash of all else."""

_BLOCK = 1 << 22

DAMAGED = "take the file from a copy of it, or remove it and make it anew"


def arrays_of(record: Record, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Go through the arrays of a record and of those within it: path of the field, array."""
    for field, array in record.arrays.items():
        yield prefix + field, array
    for field, child in record.children.items():
        yield from arrays_of(child, f"{prefix}{field}/")


def checks_of(record: Record, by_rows: Sequence[str] = ()) -> str:
    """Checksums of a record whose arrays are known, but for those that are written by rows."""
    arrays = {
        path: crc(flat_bytes(np.ascontiguousarray(array)))
        for path, array in arrays_of(record)
        if isinstance(array, np.ndarray)
    }
    return json.dumps({"arrays": arrays, "rest": _hash_of_rest(record, arrays, by_rows)})


def renewed(record: Record, checks: Mapping[str, Any], by_rows: Sequence[str]) -> str:
    """Checksums after a change of what describes the arrays."""
    arrays = checks["arrays"]
    return json.dumps({"arrays": arrays, "rest": _hash_of_rest(record, arrays, by_rows)})


def _hash_of_rest(record: Record, arrays: Mapping[str, int], by_rows: Sequence[str]) -> str:
    text = json.dumps([record.structure(), arrays, list(by_rows)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def crc(data: memoryview, begin: int = 0) -> int:
    """CRC-32 of some bytes, going on from that of the bytes before."""
    return zlib.crc32(data, begin)


def row_crc(index: int, begin: int = 0) -> int:
    """Where the CRC-32 of a row begins: with its number, so that a row in another's place is found."""
    return zlib.crc32(index.to_bytes(8, "little"), begin)


def read_checks(
    path: Path, name: str, group: h5py.Group, record: Record, by_rows: Sequence[str]
) -> dict[str, Any] | None:
    """Checksums of a result, that of its description compared; None in a file of the format without them.

    Raises
    ------
    StoreError
        They are missing, or the description is not the one that was written.
    """
    if not holds_checks(group.file):
        return None
    if CHECKS not in group.attrs:
        raise StoreError(path, f"{name!r} has no checksums; was the file changed by another program?")
    checks = json.loads(get_text(group, CHECKS))
    arrays = {field for field, _ in arrays_of(record)} - set(by_rows)
    if (
        not isinstance(checks, dict)
        or not isinstance(checks.get("arrays"), dict)
        or set(checks["arrays"]) != arrays
        or checks.get("rest") != _hash_of_rest(record, checks["arrays"], by_rows)
    ):
        raise StoreError(path, f"{name!r} is damaged: its numbers, texts or shapes are not what was written; {DAMAGED}")
    return checks


def compare_arrays(
    path: Path, name: str, arrays: Mapping[str, NDArray[Any] | Stored], checks: Mapping[str, Any], raw: BinaryIO
) -> None:
    """Compare the bytes of arrays, in memory or in the file, with their checksums.

    Raises
    ------
    StoreError
        Names the field that is not what was written.
    """
    for field, expected in checks["arrays"].items():
        array = arrays[field]
        size = array.nbytes
        if span_crc(array, raw, 0, size) != expected:
            raise StoreError(
                path, f"{name!r} is damaged: the bytes of {field!r} are not those that were written; {DAMAGED}"
            )


def compare_rows(
    path: Path,
    name: str,
    arrays: Sequence[NDArray[Any] | Stored],
    done: NDArray[np.uint8],
    checks: NDArray[np.uint32],
    raw: BinaryIO,
) -> None:
    """Compare the rows that are written with their checksums; the arrays in the order of the fields' names.

    Raises
    ------
    StoreError
        Names the row that is not what was written.
    """
    sizes = [array.nbytes // array.shape[0] for array in arrays]
    for index in np.flatnonzero(done):
        found = row_crc(int(index))
        for array, size in zip(arrays, sizes, strict=True):
            found = span_crc(array, raw, int(index) * size, size, found)
        if found != checks[index]:
            raise StoreError(
                path, f"{name!r} is damaged: the bytes of row {index} are not those that were written; {DAMAGED}"
            )


def span_crc(array: NDArray[Any] | Stored, raw: BinaryIO, first: int, length: int, begin: int = 0) -> int:
    """CRC-32 of some bytes of an array; one that lies in the file is read in blocks, not mapped.

    Raises
    ------
    OSError
        The file ends within it.
    """
    if isinstance(array, np.ndarray):
        return zlib.crc32(flat_bytes(array)[first : first + length], begin)
    while length:
        block = os.pread(raw.fileno(), min(length, _BLOCK), (array.offset or 0) + first)
        if not block:
            raise OSError("the file ends within an array")
        begin, first, length = zlib.crc32(block, begin), first + len(block), length - len(block)
    return begin


def set_checked_text(item: h5py.HLObject, name: str, text: str) -> None:
    """Set an attribute to a text, and another one to its checksum."""
    set_text(item, name, text)
    set_text(item, f"{name}_check", f"{zlib.crc32(text.encode()):08x}")


def get_checked_text(path: Path, item: h5py.HLObject, name: str) -> str:
    """Read an attribute that `set_checked_text` made.

    Raises
    ------
    StoreError
        The text is not what was written.
    """
    text = get_text(item, name)
    if holds_checks(item.file):
        check = get_text(item, f"{name}_check") if f"{name}_check" in item.attrs else "none"
        if check != f"{zlib.crc32(text.encode()):08x}":
            raise StoreError(path, f"{name!r} of the file is not what was written; {DAMAGED}")
    return text
