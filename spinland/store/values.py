"""The dataclass that a record describes: found by its name, of whatever version, made of what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from ..result_names import Registered, find
from .mapping import Record


def value_of(path: Path, name: str, record: Record, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Any:
    """Make the dataclass that a record describes.

    A field that a newer version has added takes its default; other changes are made by the upgrades of the class.

    Parameters
    ----------
    path : Path
        The file, for messages.
    name : str
        The result, for messages.
    record : Record
        As `read_record` returns it.
    arrays : mapping
        Contents of its arrays, and of those within: path of the field, such as ``inner/values``, to array.
    prefix : str
        Path of this record within the result.

    Raises
    ------
    StoreError
        The class is unknown, of a newer version, its fields are others, or it refuses their values.
    """
    kind = _class(path, name, record)
    values: dict[str, Any] = {field: _plain_value(record, field) for field in record.attributes}
    for field in record.arrays:
        values[field] = _decoded(record.kinds[field], arrays[prefix + field])
    for field, child in record.children.items():
        values[field] = value_of(path, name, child, arrays, f"{prefix}{field}/")
    try:
        values = kind.stored_as.upgraded(values, record.version)
        _check_fields(path, name, record, kind, values)
        return kind(**values)
    except StoreError:
        raise
    except Exception as error:  # whatever the class raises for values that it was never meant to see
        raise StoreError(path, f"{name!r}: {record.name} cannot be made from what is stored: {error}") from error


def _class(path: Path, name: str, record: Record) -> type[Registered]:
    """The class of a record; formats 1 and 2 tell it by its qualified name."""
    known_as = record.name if record.module is None else record.name.rpartition(".")[2]
    try:
        kind = find(known_as)
    except LookupError as error:
        raise StoreError(path, f"{name!r}: {error}") from error
    if record.version > kind.stored_as.version:
        raise StoreError(
            path,
            f"{name!r}: {known_as} is stored in its version {record.version}, and here it is known up to version "
            f"{kind.stored_as.version}; a newer one reads it",
        )
    return kind


def _check_fields(path: Path, name: str, record: Record, kind: type[Registered], values: Mapping[str, Any]) -> None:
    known = {field.name: field for field in fields(kind) if field.init}  # type: ignore[arg-type]
    needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    for problem, which in (("missing", needed - values.keys()), ("unknown", values.keys() - known.keys())):
        if which:
            raise StoreError(
                path, f"{name!r}: field {min(which)!r} of {record.name} is {problem}; was it made by another version?"
            )


def _plain_value(record: Record, name: str) -> Any:
    kind, value = record.kinds[name], record.attributes[name]
    if kind == "none":
        return None
    if kind == "number":
        return value.item()
    return _tuples(json.loads(value)) if kind == "tuple" else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _decoded(kind: str, content: NDArray[Any]) -> NDArray[Any]:
    if not kind.startswith("text"):
        return content
    if content.dtype.kind != "S":
        raise ValueError(f"text should be bytes, not {content.dtype}")
    return np.char.decode(content, "utf-8").astype(f"U{kind.removeprefix('text')}")
