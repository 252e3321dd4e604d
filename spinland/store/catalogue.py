"""What a file holds: names, which results are whole, which names are free."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import h5py

from ..errors import ArgumentError, StoreError
from .container import get_text, make_group, set_text
from .groups import CLASS, Place, read_record, write_record
from .rows import DONE, copy_marks, rows_done

COMPLETE = "spinland_complete"
"""Attribute of a group that was saved at once: the commit mark, written last."""

META = "spinland_meta"
"""Attribute of the root: what is known about the study as a whole, as JSON."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]+(/[A-Za-z0-9_.\-]+)*")


def check_name(name: str) -> str:
    """Refuse what is not a name of a result.

    Raises
    ------
    ArgumentError
        Other letters, an empty part, or a part that is ``.`` or ``..``.
    """
    if not (isinstance(name, str) and _NAME.fullmatch(name)) or {".", ".."} & set(name.split("/")):
        raise ArgumentError("name", "letters, digits and _-. with / between folders", name)
    return name


def results_in(folder: h5py.Group, prefix: str = "") -> Iterator[tuple[str, h5py.Group]]:
    """Go through the groups that hold a result, sorted by name."""
    for name in sorted(folder):
        group = folder[name]
        if isinstance(group, h5py.Group):
            if CLASS in group.attrs:
                yield prefix + name, group
            else:
                yield from results_in(group, f"{prefix}{name}/")


def is_whole(path: Path, group: h5py.Group, raw: BinaryIO) -> bool:
    """Whether a result has its commit mark, or the marks of all its rows."""
    done = rows_done(path, group, raw)
    return COMPLETE in group.attrs if done is None else bool(done.all())


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


def copy_others(path: Path, old: h5py.File, new: h5py.File, left_out: str) -> list[Place]:
    """Make the structure of all results but one in an empty file, as `groups.write_record` does."""
    places: list[Place] = []
    if META in old.attrs:
        set_text(new, META, get_text(old, META))
    for name, source in results_in(old):
        if name == left_out:
            continue
        target = make_group(new, name)
        places += write_record(target, read_record(path, source))
        if DONE in source:
            places += copy_marks(path, source, target)
        else:
            target.attrs[COMPLETE] = source.attrs[COMPLETE]
    return places
