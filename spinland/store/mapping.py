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
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..provenance import Provenance, fingerprint
from ..result_names import Registered
from ..results import Result


@dataclass(frozen=True)
class Stored:
    """Where an array lies in the file; ``offset`` is None if it has no bytes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int | None

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.dtype.itemsize * math.prod(self.shape)


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
    """Read an array from where it lies in a file.

    Raises
    ------
    OSError
        The file ends within it.
    """
    if (place.offset or 0) + place.nbytes > os.fstat(raw.fileno()).st_size:
        raise OSError("the file ends within an array")
    array = np.empty(place.shape, place.dtype)
    raw.seek(place.offset or 0)
    if raw.readinto(flat_bytes(array)) != place.nbytes:  # type: ignore[attr-defined]
        raise OSError("the file ends within an array")
    return array


@dataclass(frozen=True)
class Record:
    """What a group holds, in the file's own terms.

    Attributes
    ----------
    name : str
        Name of the class in files.
    version : int
        Version of its fields.
    kinds : dict
        Field to its kind.
    attributes, arrays, children : mapping
        Field to what it holds.
    module : str, optional
        In a group of format 1 or 2, the module in which the class was defined. It finds no class any more, but is
        part of what was hashed.
    """

    name: str
    version: int
    kinds: dict[str, str]
    attributes: dict[str, Any]
    arrays: Mapping[str, Array]
    children: Mapping[str, Record]
    module: str | None = None

    def structure(self, environment: bool = True) -> list[Any]:
        """All but the bytes of arrays, as JSON can hold it; the environment of a provenance may be left out."""
        left_out = set() if environment or self.name != Provenance.stored_as.name else {"environment"}
        kinds = {key: kind for key, kind in self.kinds.items() if key not in left_out}
        attributes = {
            key: None if isinstance(value, h5py.Empty) else str(value)
            for key, value in self.attributes.items()
            if key not in left_out
        }
        arrays = {key: [value.dtype.str, list(value.shape)] for key, value in self.arrays.items()}
        children = {key: child.structure(environment) for key, child in self.children.items()}
        stored_as = [self.name, self.version] if self.module is None else [self.module, self.name]
        return [*stored_as, kinds, attributes, arrays, children]

    @property
    def digest(self) -> str:
        """Hash of all that is known: equal records of blank arrays promise the same computation."""
        text = json.dumps([self.structure(environment=False), self._known()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _known(self) -> list[Any]:
        arrays = {k: fingerprint(array) for k, array in self.arrays.items() if isinstance(array, np.ndarray)}
        return [arrays, {key: child._known() for key, child in self.children.items()}]


def record_of(value: Result | Provenance) -> Record:
    """Describe a result for the file."""
    return record_of_fields(type(value), {field: getattr(value, field) for field in field_names(type(value))})


def field_names(kind: type) -> tuple[str, ...]:
    """Names of the fields that make up a value of a dataclass."""
    return tuple(field.name for field in fields(kind) if field.init)


def record_of_fields(kind: type[Registered], values: Mapping[str, Any]) -> Record:
    """Describe the fields of a class.

    Raises
    ------
    ArgumentError
        A field has a value of a type that files cannot hold.
    """
    stored_as = kind.stored_as
    record = Record(stored_as.name, stored_as.version, {}, {}, arrays := {}, children := {})
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
    if isinstance(value, np.ma.MaskedArray) or kind not in "biufSU" or itemsize > (8 if kind in "biuf" else 1 << 31):
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
            raise ArgumentError(label, "numbers, strings, booleans, None or tuples in a tuple", type(item).__name__)
    return [_plain_tuple(label, item) if isinstance(item, tuple) else item for item in items]
