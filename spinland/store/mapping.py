"""A dataclass as a record that a file can hold: arrays become datasets, everything small becomes attributes.

The kinds of fields, and what each is in the file:

====== ===========================================================================================
array  dataset of the same name, contiguous, of the same type and shape
text   array of strings: dataset of fixed-length UTF-8; the kind is "text<width>"
number attribute: bool, int or float
string attribute
none   attribute without a value
tuple  attribute: JSON text; numbers, strings, booleans, None and tuples of them
group  a dataclass within, as a group of the same name
====== ===========================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from ..arrays import sealed
from ..errors import ArgumentError, StoreError
from ..provenance import Provenance, fingerprint
from ..results import Result, result_class
from .container import LARGE


@dataclass(frozen=True)
class Stored:
    """Where an array lies in the file; ``offset`` is None if it has no bytes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int | None

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Blank:
    """An array of which only the shape and the type are known yet."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


Array = NDArray[Any] | Stored | Blank


def is_array(kind: str) -> bool:
    """Whether a field of this kind is a dataset."""
    return kind == "array" or kind.startswith("text")


def flat_bytes(array: NDArray[Any]) -> memoryview:
    """View the bytes of a C-contiguous array."""
    return array.reshape(-1).view(np.uint8).data


def read_bytes(raw: BinaryIO, place: Stored) -> NDArray[Any]:
    """Read an array from where it lies in a file."""
    array = np.empty(place.shape, place.dtype)
    raw.seek(place.offset or 0)
    if raw.readinto(flat_bytes(array)) != place.nbytes:  # type: ignore[attr-defined]
        raise OSError("the file ends within an array")
    return array


@dataclass(frozen=True)
class Record:
    """What a group holds, in the file's own terms."""

    module: str
    name: str
    kinds: dict[str, str]
    attributes: dict[str, Any]
    arrays: Mapping[str, Array]
    children: Mapping[str, Record]

    @property
    def digest(self) -> str:
        """Hash of all that is known: equal records of blank arrays promise the same computation."""
        attributes = {
            key: None if isinstance(value, h5py.Empty) else str(value)
            for key, value in self.attributes.items()
        }
        arrays = {
            key: [value.dtype.str, value.shape] if isinstance(value, (Blank, Stored)) else fingerprint(value)
            for key, value in self.arrays.items()
        }
        children = {key: child.digest for key, child in self.children.items()}
        text = json.dumps([self.module, self.name, self.kinds, attributes, arrays, children], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def record_of(value: Result | Provenance) -> Record:
    """Describe a result for the file."""
    return record_of_fields(type(value), {field: getattr(value, field) for field in field_names(type(value))})


def field_names(kind: type) -> tuple[str, ...]:
    """Names of the fields that make up a value of a dataclass."""
    return tuple(field.name for field in fields(kind) if field.init)


def record_of_fields(kind: type, values: Mapping[str, Any]) -> Record:
    """Describe the fields of a class.

    Raises
    ------
    ArgumentError
        A field has a value of a type that files cannot hold.
    """
    record = Record(kind.__module__, kind.__qualname__, {}, {}, arrays := {}, children := {})
    for name, value in values.items():
        label = f"{kind.__name__}.{name}"
        if isinstance(value, (np.ndarray, Blank)):
            record.kinds[name], arrays[name] = _array(label, value)
        elif isinstance(value, (Result, Provenance)):
            record.kinds[name], children[name] = "group", record_of(value)
        else:
            record.kinds[name], record.attributes[name] = _attribute(label, value)
    return record


def _array(label: str, value: NDArray[Any] | Blank) -> tuple[str, NDArray[Any] | Blank]:
    kind, itemsize = value.dtype.kind, value.dtype.itemsize
    if (
        isinstance(value, np.ma.MaskedArray)
        or kind not in "biufSU"
        or itemsize > (8 if kind in "biuf" else 1 << 31)
    ):
        raise ArgumentError(
            label, "an array of booleans, integers, floats of up to 64 bits or strings", value.dtype.name
        )
    if isinstance(value, Blank):
        return "array", value
    if kind == "U":
        text = np.char.encode(value, "utf-8")
        return f"text{itemsize // 4}", text.astype(f"S{max(1, text.dtype.itemsize)}")
    return "array", value if itemsize else value.astype("S1")


def _attribute(label: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return "none", h5py.Empty("u1")
    if isinstance(value, bool):
        return "number", np.bool_(value)
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 64:
            raise ArgumentError(label, "an integer of 64 bits", value)
        return "number", np.int64(value) if value < 1 << 63 else np.uint64(value)
    if isinstance(value, float):
        return "number", np.float64(value)
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ArgumentError(label, "text without null characters and lone surrogates", value)
        return "string", value
    if isinstance(value, tuple):
        return "tuple", json.dumps(_plain_tuple(label, value))
    raise ArgumentError(
        label,
        "an array, number, string, boolean, None, a tuple of these without arrays, or a result",
        type(value).__name__,
    )


def _plain_tuple(label: str, value: tuple[Any, ...]) -> list[Any]:
    items = [item.item() if isinstance(item, np.generic) else item for item in value]
    for item in items:
        if not (item is None or isinstance(item, (bool, int, float, str, tuple))):
            raise ArgumentError(
                label, "numbers, strings, booleans, None or tuples in a tuple", type(item).__name__
            )
    return [_plain_tuple(label, item) if isinstance(item, tuple) else item for item in items]


def value_of(path: Path, record: Record, raw: BinaryIO, *, mmap: bool) -> Any:
    """Make the dataclass that a record describes.

    Parameters
    ----------
    path : Path
        The file, for messages.
    record : Record
        As `read_record` returns it.
    raw : binary file
        Where the arrays lie.
    mmap : bool
        Map arrays of at least `container.LARGE` bytes into memory, read-only, instead of reading them.

    Raises
    ------
    StoreError
        The class is unknown, its fields are others, or it refuses their values.
    """
    kind = Provenance if (record.module, record.name) == _PROVENANCE else _class(path, record)
    names = set(field_names(kind))
    for problem, which in (
        ("missing", names - record.kinds.keys()),
        ("unknown", record.kinds.keys() - names),
    ):
        if which:
            raise StoreError(
                path, f"{record.name}: field {min(which)!r} is {problem}; was it made by another version?"
            )
    values: dict[str, Any] = {name: _plain_value(record, name) for name in record.attributes}
    for name, array in record.arrays.items():
        values[name] = _read_array(record.kinds[name], array, raw, mmap)
    for name, child in record.children.items():
        values[name] = value_of(path, child, raw, mmap=mmap)
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        raise StoreError(path, f"{record.name} cannot be made from what is stored: {error}") from error


_PROVENANCE = (Provenance.__module__, Provenance.__qualname__)


def _class(path: Path, record: Record) -> type:
    try:
        return result_class(record.module, record.name)
    except LookupError as error:
        raise StoreError(path, str(error)) from error


def _plain_value(record: Record, name: str) -> Any:
    kind, value = record.kinds[name], record.attributes[name]
    if kind == "none":
        return None
    if kind == "number":
        return value.item()
    return _tuples(json.loads(value)) if kind == "tuple" else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _read_array(kind: str, array: Array, raw: BinaryIO, mmap: bool) -> NDArray[Any]:
    assert isinstance(array, Stored)
    if array.offset is None:
        content: NDArray[Any] = np.empty(array.shape, array.dtype)
    elif mmap and array.nbytes >= LARGE and kind == "array":
        return np.memmap(raw, array.dtype, "r", array.offset, array.shape)
    else:
        content = read_bytes(raw, array)
    if kind.startswith("text"):
        return np.char.decode(content, "utf-8").astype(f"U{kind.removeprefix('text')}")
    return sealed(content)
