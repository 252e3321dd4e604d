"""A file without one of its results: everything else is copied, also what other programs have put there."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from ..errors import StoreError
from .container import FORMAT_MARK, make_group
from .groups import Place, allocate, where


def copy_others(path: Path, old: h5py.File, new: h5py.File, left_out: str) -> list[Place]:
    """Make all of a file but one result in an empty file.

    Arrays get their space; the bytes are copied afterwards, as after `groups.write_record`. Data of other programs
    that are not plain arrays are copied by HDF5, through memory.

    Raises
    ------
    StoreError
        Something cannot be copied.
    """
    places: list[Place] = []
    seen = set()
    waiting = [(old["/"], new["/"], "")]
    while waiting:
        source, target, prefix = waiting.pop()
        address = h5py.h5o.get_info(source.id).addr
        if address in seen:
            raise StoreError(path, f"{prefix!r} is a second name of another group; remove it first")
        seen.add(address)
        _copy_attributes(source, target)
        for name in source:
            if prefix + name == left_out:
                continue
            link = source.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                target[name] = link
            elif isinstance(source[name], h5py.Group):
                waiting.append((source[name], make_group(target, name), f"{prefix}{name}/"))
            else:
                places += _copy_item(source, target, name)
    return places


def _copy_item(source: h5py.Group, target: h5py.Group, name: str) -> list[Place]:
    item = source[name]
    try:
        array = where(item)
    except (TypeError, ValueError):  # chunked, of another type, a committed type: not one of ours
        there = _bytes(name)
        h5py.h5o.copy(source.id, there, target.id, there)
        return []
    places = allocate(target, name, array)
    _copy_attributes(item, target[name])
    return places


def _copy_attributes(source: h5py.HLObject, target: h5py.HLObject) -> None:
    for name in source.attrs:
        if name == FORMAT_MARK:  # a new file has it already
            continue
        old = source.attrs.get_id(name)
        space = old.get_space()
        new = h5py.h5a.create(target.id, _bytes(name), old.get_type(), space)
        if space.get_simple_extent_type() != h5py.h5s.NULL:
            content = np.empty(old.shape, old.dtype)
            old.read(content)
            new.write(content)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
