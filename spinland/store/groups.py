"""A record as an HDF5 group: its structure made by HDF5, the bytes of its arrays put there directly.

A group says in its attributes which class it holds (`CLASS`, `VERSION`) and of what kind each field is
(`FIELDS`, a JSON object; the kinds are listed in `mapping`). Arrays are contiguous datasets. In a group of format 1
or 2 the module of the class (`MODULE`) stands in the place of its version, which is the first.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from ..errors import StoreError
from .commit import copy_range, write_bytes
from .container import get_number, get_text, make_group, set_text
from .mapping import Array, Record, Stored, flat_bytes, is_array

CLASS, VERSION, FIELDS = "spinland_class", "spinland_version", "spinland_fields"
MODULE = "spinland_module"

NAN_FILL_LIMIT = 1 << 24
"""Blank float arrays up to this many bytes begin as NaN; longer ones as a hole in the file, which takes no space."""


Place = tuple[int, Array]
"""Where the bytes of an array belong."""


def write_record(group: h5py.Group, record: Record) -> list[Place]:
    """Make the structure of a record in an empty group.

    Returns
    -------
    list of (offset, array)
        For `write_arrays`.
    """
    places: list[Place] = []
    set_text(group, CLASS, record.name)
    group.attrs[VERSION] = np.int64(record.version)
    set_text(group, FIELDS, json.dumps(record.kinds))
    for name, value in record.attributes.items():
        if isinstance(value, str):
            set_text(group, name, value)
        else:
            group.attrs[name] = value
    for name, array in record.arrays.items():
        places += allocate(group, name, array)
    for name, child in record.children.items():
        places += write_record(make_group(group, name), child)
    return places


def allocate(group: h5py.Group, name: str, array: Array) -> list[Place]:
    """Make a contiguous dataset with its space in the file; an array without bytes has no place there."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.CONTIGUOUS)
    creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    creation.set_obj_track_times(False)
    space = h5py.h5s.create_simple(array.shape) if array.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    kind = h5py.h5t.py_create(array.dtype, logical=True)
    offset = h5py.h5d.create(group.id, name.encode(), kind, space, creation).get_offset()
    return [] if offset is None else [(offset, array)]


def write_arrays(descriptor: int, places: list[Place], source: BinaryIO | None = None) -> None:
    """Put the bytes of arrays in their places; `Stored` ones come from the file `source`."""
    for offset, array in places:
        if isinstance(array, Stored):
            if source is not None and array.offset is not None:
                copy_range(source.fileno(), array.offset, descriptor, offset, array.nbytes)
        elif isinstance(array, np.ndarray):
            write_bytes(descriptor, flat_bytes(np.ascontiguousarray(array)), offset)
        elif array.dtype.kind == "f" and Stored(array.shape, array.dtype, offset).nbytes <= NAN_FILL_LIMIT:
            write_bytes(descriptor, flat_bytes(np.full(array.shape, np.nan, array.dtype)), offset)


_MOST_NESTED = 50
_KIND = re.compile(r"array|text\d{1,9}|number|string|none|tuple|group")


def read_record(path: Path, group: h5py.Group, nested: int = 0) -> Record:
    """Read what a group holds; arrays as the places where they lie.

    Raises
    ------
    StoreError
        A field is missing or not what it should be.
    KeyError, ValueError
        An attribute is missing or not of the kind that it should be.
    """
    if nested > _MOST_NESTED:  # a group that a link makes part of itself
        raise StoreError(path, f"{group.name}: results within results, more than {_MOST_NESTED} deep")
    kinds = json.loads(get_text(group, FIELDS))
    if not isinstance(kinds, dict) or not all(
        name.isidentifier() and isinstance(kind, str) and _KIND.fullmatch(kind) for name, kind in kinds.items()
    ):
        raise StoreError(path, f"{group.name}: the list of its fields makes no sense")
    attributes: dict[str, Any] = {}
    arrays: dict[str, Stored] = {}
    children: dict[str, Record] = {}
    for name, kind in kinds.items():
        inside = kind == "group" or is_array(kind)
        if name not in (group if inside else group.attrs):
            raise StoreError(path, f"{group.name}: field {name!r} is missing")
        if inside and not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise StoreError(path, f"{group.name}: field {name!r} is a link to something else")
        if kind == "group":
            children[name] = read_record(path, group[name], nested + 1)
        elif is_array(kind):
            arrays[name] = stored(path, group[name])
        else:
            attributes[name] = _read_attribute(path, group, name, kind)
    module = get_text(group, MODULE) if MODULE in group.attrs else None
    version = _read_version(group) if module is None else 1
    return Record(get_text(group, CLASS), version, kinds, attributes, arrays, children, module)


def _read_version(group: h5py.Group) -> int:
    version = get_number(group, VERSION).item()
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"the version {version} of its class makes no sense")
    return version


def _read_attribute(path: Path, group: h5py.Group, name: str, kind: str) -> Any:
    if kind == "number":
        return get_number(group, name)
    if kind in ("string", "tuple"):
        return get_text(group, name)
    value = group.attrs[name]
    if not isinstance(value, h5py.Empty):
        raise StoreError(path, f"{group.name}: field {name!r} should be empty, but is not")
    return value


def stored(path: Path, dataset: h5py.Dataset) -> Stored:
    """Find where a dataset lies.

    Raises
    ------
    StoreError
        It is not one of ours.
    """
    try:
        return where(dataset)
    except (TypeError, ValueError) as error:
        raise StoreError(
            path, f"{dataset.name} is not a contiguous dataset; was the file changed by another program? ({error})"
        ) from None


def where(item: Any) -> Stored:
    """Find where an array lies whose bytes in the file are those in memory.

    Raises
    ------
    TypeError, ValueError
        It is something else: a group, a dataset in chunks, of another type, elsewhere, without its space.
    """
    if not isinstance(item, h5py.Dataset):
        raise TypeError("no dataset")
    creation, dtype = item.id.get_create_plist(), item.dtype
    if creation.get_layout() != h5py.h5d.CONTIGUOUS or creation.get_external_count():
        raise ValueError("in chunks or elsewhere")
    if item.shape is None or dtype.kind not in "biufS" or (dtype.kind != "S" and dtype.itemsize > 8):
        raise ValueError(f"of type {dtype}")
    plain = np.dtype(dtype.str)
    if not item.id.get_type().equal(h5py.h5t.py_create(plain, logical=True)):
        raise ValueError("of a type that is not NumPy's")
    array = Stored(item.shape, plain, item.id.get_offset())
    if array.offset is None and array.nbytes:
        raise ValueError("nothing was ever written to it")
    return array
