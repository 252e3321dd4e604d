"""What a file holds: names, which results are whole, which names are free."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import h5py

from ..errors import ArgumentError, StoreError
from .groups import CLASS
from .rows import rows_of

COMPLETE = "spinland_complete"
"""Attribute of a group that was saved at once: the commit mark, written last."""

META = "spinland_meta"
"""Attribute of the root: what is known about the study as a whole, as JSON."""

_PART = re.compile(r"[A-Za-z0-9_.\-]+")

_MOST_FOLDERS, _LONGEST = 32, 1000  # of a new name


def check_name(name: str) -> str:
    """Refuse what is not a name of a result.

    Raises
    ------
    ArgumentError
        Other letters, an empty part, or a part that is ``.`` or ``..``.
    """
    parts = name.split("/") if isinstance(name, str) else [""]
    if not all(map(_PART.fullmatch, parts)) or {".", ".."} & set(parts):
        raise ArgumentError("name", "letters, digits and _-. with / between folders", name)
    return name


def check_new_name(name: str) -> str:
    """Refuse what is not a name of a result, or one that other programs could not read.

    Raises
    ------
    ArgumentError
        As `check_name`; or too long, or too many folders deep.
    """
    depth, length = check_name(name).count("/"), len(name)
    if depth > _MOST_FOLDERS or length > _LONGEST:
        raise ArgumentError("name", f"at most {_MOST_FOLDERS} folders and {_LONGEST} letters", f"{depth} and {length}")
    return name


def results_in(file: h5py.File) -> Iterator[tuple[str, h5py.Group]]:
    """Go through the groups that hold a result, sorted by name; what other programs have put there is passed over.

    Raises
    ------
    ValueError
        A group has two names.
    """
    waiting: list[tuple[str, h5py.Group]] = [("", file["/"])]
    seen: dict[int, str] = {}
    while waiting:
        name, group = waiting.pop()
        first = seen.setdefault(h5py.h5o.get_info(group.id).addr, name)
        if first != name:
            raise ValueError(f"{first or '/'!r} and {name!r} are one group; was it changed by another program?")
        if name and CLASS in group.attrs:
            yield name, group
            continue
        for part in sorted(group, reverse=True):
            if _PART.fullmatch(part) and isinstance(group.get(part, getlink=True), h5py.HardLink):
                item = group[part]
                if isinstance(item, h5py.Group):
                    waiting.append((f"{name}/{part}" if name else part, item))


def is_whole(path: Path, group: h5py.Group, raw: BinaryIO) -> bool:
    """Whether a result has its commit mark, or the marks of all its rows."""
    rows = rows_of(path, group, raw)
    return COMPLETE in group.attrs if rows is None else bool(rows.done.all())


def is_taken(path: Path, file: h5py.File, name: str, overwrite: bool) -> bool:
    """Whether a result of this name is there, to be overwritten.

    Raises
    ------
    StoreError
        The name cannot be used, or is taken and must not be overwritten.
    """
    results = dict(results_in(file))
    folders = [name[:end] for end, letter in enumerate(name) if letter == "/"]
    for folder in folders:
        if folder in results:
            raise StoreError(path, f"{folder!r} is a result, not a folder that could hold {name!r}")
    if name in file and name not in results:
        raise StoreError(path, f"{name!r} is a folder, not a free name")
    if name in results and not overwrite:
        raise StoreError(path, f"already holds {name!r}; overwrite=True replaces it")
    return name in results
