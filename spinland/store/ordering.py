"""A file anew with its results in a given order: its bytes are those of one into which they were put in this order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from .catalogue import COMPLETE, META, results_in
from .checksums import CHECKS, set_checked_text
from .commit import locked, replaced
from .container import FORMAT_MARK, changed, get_text, make_group, opened, set_text
from .groups import Place, allocate, stored, write_arrays, write_record
from .loading import find
from .rows import DIGEST, DONE, ROW_CHECKS, ROWS


def names_in_order(path: Path) -> list[str]:
    """Names of all results, finished or not, in the order in which they were put into the file."""
    with opened(path) as (file, _):
        places = {name: h5py.h5o.get_info(group.id).addr for name, group in results_in(file)}
    return sorted(places, key=places.__getitem__)


def put_in_order(path: Path, names: Iterable[str], meta: Mapping[str, Any]) -> bool:
    """Make a file anew, its results in an order, one commit after the other as `Store` makes them.

    Parameters
    ----------
    path : Path
        The file.
    names : iterable of str
        Its results, all of them.
    meta : mapping
        What the new file tells of itself.

    Returns
    -------
    bool
        False where other programs have put something into the file, which would be lost: it is then left as it is.

    Raises
    ------
    StoreError
        It cannot be read or written; it is then as it was.
    """
    with locked(path), opened(path) as (old, raw):
        if _holds_more(old):
            return False
        with replaced(path) as partial:
            with changed(partial):
                pass
            with changed(partial, beneath=partial) as file:
                set_checked_text(file, META, json.dumps(dict(meta), sort_keys=True))
            for name in names:
                with changed(partial, beneath=partial) as file:
                    places = _again(path, name, old[name], make_group(file, name), raw)
                with open(partial, "r+b") as target:
                    write_arrays(target.fileno(), places, raw)
    return True


def _again(path: Path, name: str, source: h5py.Group, group: h5py.Group, raw: BinaryIO) -> list[Place]:
    """Make the structure of a result as `Store.save` or `Store.reserve` made it."""
    found = find(path, name, source, raw)
    places = write_record(group, found.record)
    if found.rows is not None:
        for item in (DONE, ROW_CHECKS):
            places += allocate(group, item, stored(path, source[item]))
        for text in (ROWS, DIGEST):
            set_text(group, text, get_text(source, text))
    set_text(group, CHECKS, get_text(source, CHECKS))
    if found.rows is None:
        group.attrs[COMPLETE] = True
    return places


def _holds_more(file: h5py.File) -> bool:
    """Whether there is something else than folders of results."""
    results = {name for name, _ in results_in(file)}
    folders = {name[:end] for name in results for end, letter in enumerate(name) if letter == "/"}
    if set(file.attrs) - {FORMAT_MARK, META, f"{META}_check"} or any(file[folder].attrs for folder in folders):
        return True
    there = {f"{folder}/{part}" if folder else part for folder in ("", *folders) for part in file[folder or "/"]}
    return not there <= results | folders
