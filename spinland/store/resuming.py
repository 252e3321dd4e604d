"""Going on with a result of which rows are missing: the same computation, on which processor, with which libraries."""

from __future__ import annotations

import json
from pathlib import Path

import h5py

from .. import environment
from ..errors import StoreError
from .catalogue import results_in
from .checksums import CHECKS, renewed
from .commit import replaced
from .container import changed, get_text, opened, set_text
from .groups import read_record
from .loading import Found, find
from .mapping import Record
from .rows import DIGEST

_PROVENANCE, _FIELD = "provenance", "environment"


def take_up(path: Path, name: str, record: Record, mixed: bool) -> bool:
    """Whether a reservation of the same computation is there; its provenance tells where its rows are made.

    To be used under the lock.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        The result.
    record : Record
        What is to be reserved.
    mixed : bool
        Rows from several processors, or made with several libraries, may stand beside each other.

    Raises
    ------
    StoreError
        Another computation, one that an earlier spinland began, or the rows were begun elsewhere and must not be mixed.
    """
    with opened(path) as (file, raw):
        group = dict(results_in(file)).get(name)
        if group is None:
            return False
        found = find(path, name, group, raw)
        if found.rows is None or found.rows.done.all():
            return False
        if found.record.module is not None:
            raise StoreError(
                path, f"{name!r} was begun by an earlier spinland, which finishes it; take another name or file"
            )
        if get_text(group, DIGEST) != record.digest:
            raise StoreError(
                path, f"{name!r} was begun with other arguments; go on with the same ones, or take another name or file"
            )
        environments = _environments(path, name, found, record, mixed)
    if environments is not None:
        with replaced(path) as partial, changed(partial, beneath=path) as file:
            _note(path, file[name], found, environments)
    return True


def _environments(path: Path, name: str, found: Found, record: Record, mixed: bool) -> str | None:
    """What the provenance has to say when the rows go on here; None if it says so already."""
    assert found.rows is not None
    here = record.children[_PROVENANCE].attributes[_FIELD]
    before = found.record.children[_PROVENANCE].attributes[_FIELD].splitlines()
    if here in before:
        return None
    if not found.rows.done.any():
        return str(here)
    if not mixed:
        raise StoreError(
            path,
            f"rows of {name!r} were made elsewhere ({_words(before[-1] if before else '', here)}): those that are "
            "missing would differ in their last digits; go on there, or with mixed=True, which its provenance tells",
        )
    return "\n".join([*before, here])


def _words(before: str, here: str) -> str:
    try:
        return environment.difference(json.loads(before), json.loads(here))
    except ValueError:  # a provenance that the caller made without our record
        return f"{before or 'nothing known'}, here {here or 'nothing known'}"


def _note(path: Path, group: h5py.Group, found: Found, environments: str) -> None:
    assert found.rows is not None
    assert found.checks is not None
    set_text(group[_PROVENANCE], _FIELD, environments)
    set_text(group, CHECKS, renewed(read_record(path, group), found.checks, found.rows.fields))
