"""The file that chapters are kept in: new, as it was left, or refused because it is something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..chapters.chapter import Say
from ..chapters.settings import Settings
from ..environment import current, difference
from ..errors import StoreError
from ..formatting import a_noun
from ..provenance import version
from ..store.container import FORMAT
from ..store.hdf5 import Store


def open_file(
    path: Path,
    config: Settings,
    facts: dict[str, Any],
    wanted: tuple[str, ...],
    *,
    device: str,
    overwrite: bool,
    mixed: bool,
    say: Say,
) -> Store | None:
    """The file of a plan: new, or as it was left; None when it is finished and shall stay.

    A file that was left is compared with its checksums before anything is made from it.

    Parameters
    ----------
    path : path
        The file.
    config : Settings
        A file with other settings is not taken up.
    facts : dict
        More about it, kept in the file; ``data``, a fingerprint, must agree as well. A shard is of another ``kind``
        than its settings.
    wanted : tuple of str
        Names of the chapters that shall be made.
    device : str
        Where; a card is told of beside the processor.
    overwrite : bool
        Replace a finished file, or one that cannot be taken up.
    mixed : bool
        Go on although it was begun on another processor or with other libraries; the file then tells.
    say : callable
        Is told what goes on.

    Raises
    ------
    StoreError
        The file belongs to something else, which ``overwrite`` does not replace either; it was begun elsewhere, or is
        damaged.
    """
    meta = described(config, facts)
    here = current(device)
    meta |= {"finished": False, "failed": {}, "environments": [here]}
    if path.exists():
        store = _own(path, meta["kind"], overwrite)
        found = store.meta
        old = store.format != FORMAT
        if not found and not store.names() and not store.pending() and not old:
            store.set_meta(meta)  # killed before it could say what it is
            return store
        reason = _or_else(_OLD if old else unlike(found, meta | {"defaults": type(config)().as_dict()}))
        finished = not reason and found["finished"] and set(wanted) <= set(found.get("chapters", wanted))
        if finished and not overwrite:
            say(f"{path} is finished; --overwrite makes it anew")
            return None
        lost = [] if reason or not overwrite else sorted(set(found.get("chapters", ())) - set(wanted))
        if lost:
            raise StoreError(
                path,
                f"holds other chapters too ({', '.join(lost)}), which --overwrite would lose; choose another file, or "
                "make all of them anew, without --chapters",
            )
        if not reason and not finished:
            reason = _obstacle(store, found, here, mixed)
            if not reason:
                return _taken_up(store, found, here, say)
        if reason and not overwrite:
            raise StoreError(path, reason)
        path.unlink()
    store = Store(path)
    store.set_meta(meta)
    return store


def described(config: Settings, facts: dict[str, Any]) -> dict[str, Any]:
    """What a file tells of itself that does not change."""
    return {"kind": config.kind, "config": config.as_dict(), "version": version(), **facts}


def _own(path: Path, kind: str, overwrite: bool) -> Store:
    """The store of a file that is there; what another command or program made is refused whatever is asked for."""
    asked = ", and --overwrite replaces nothing else" if overwrite else ""
    try:
        store = Store(path)
        found = store.meta
    except StoreError as error:
        if not overwrite:
            raise
        raise StoreError(path, f"{str(error).removeprefix(f'{path}: ')}{asked}; choose another file") from None
    if found.get("kind") != kind and (found or store.names() or store.pending()):
        reason = f"holds something else than {a_noun(kind)}" if found else f"holds results that no {kind} made"
        if store.format != FORMAT:
            reason = _OLD
        raise StoreError(path, f"{reason}{asked}; choose another file")
    return store


_OLD = (
    "was made by an earlier spinland, whose files are of another format: spinland report shows it, that version "
    "finishes it"
)


def _obstacle(store: Store, found: dict[str, Any], here: dict[str, str], mixed: bool) -> str:
    """In words, why an unfinished file of the same settings must not be taken up; empty if it may."""
    if elsewhere := begun_elsewhere(found, here, mixed):
        return f"{elsewhere}, or begin anew with --overwrite"
    try:
        store.verify()
    except StoreError as error:
        return str(error).removeprefix(f"{store.path}: ")
    return ""


def begun_elsewhere(found: dict[str, Any], here: dict[str, str], mixed: bool) -> str:
    """In words, why a file must not be gone on with in this environment; empty if it may."""
    before = found.get("environments") or [{}]
    if here in before or mixed:
        return ""
    return (
        f"was begun elsewhere ({difference(before[-1], here)}): what is missing would differ in its last "
        "digits from what is there; go on where it was begun, or here with --mixed, which the file then tells"
    )


def _taken_up(store: Store, found: dict[str, Any], here: dict[str, str], say: Say) -> Store:
    say(f"going on with {store.path}: {len(store.names())} results are there")
    before = found.get("environments", [])
    now = found | {"finished": False}
    if here not in before:
        say("warning: it was begun on another processor or with other libraries; the file tells which")
        now |= {"environments": [*before, here]}
    if now != found:
        store.set_meta(now)
    return store


def unlike(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, why a file is not the one that is wanted; empty if it is.

    Parameters
    ----------
    found, wanted : dict
        What a file tells of itself, and what the other one does; ``defaults`` of this one are for settings that the
        file does not know: of a chapter that was added since it was made.
    """
    kind = wanted["kind"]
    before = wanted.get("defaults", {}) | found["config"]
    changed = [
        f"{key} = {before[key]!r}, not {value!r}"
        for key, value in wanted["config"].items()
        if before[key] != value and key != "data_dir"
    ]
    if changed:
        return f"is {a_noun(kind)} with " + "; ".join(changed)
    if found.get("data") != wanted.get("data"):
        return f"is {a_noun(kind)} of other data under the same name"
    if found["version"] != wanted["version"]:
        return f"was made by spinland {found['version']}, this is {wanted['version']}"
    return ""


def _or_else(reason: str) -> str:
    return f"{reason}; choose another file, or --overwrite" if reason else ""
