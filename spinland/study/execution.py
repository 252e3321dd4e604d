"""Take a plan to its end, from wherever its file stands: what every command that fills a file has in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .. import checks
from ..environment import current, difference
from ..errors import ArgumentError, StoreError
from ..provenance import version
from ..results import Result
from ..store.container import FORMAT
from ..store.hdf5 import Store
from .settings import Settings

Say = Callable[[str], None]


class Step(Protocol):
    """One thing that a plan makes."""

    @property
    def name(self) -> str:
        """Where it is kept in the file."""
        ...

    @property
    def title(self) -> str:
        """What it is, for the progress display."""
        ...

    def make(self, context: Any, say: Say) -> None:
        """Make it and keep it in the file of the context."""
        ...


@dataclass(frozen=True)
class Stage:
    """A step that makes one result.

    Attributes
    ----------
    name : str
        Where it is kept.
    title : str
        What it is, for the progress display.
    compute : callable
        Makes it from the context.
    """

    name: str
    title: str
    compute: Callable[[Any], Result]

    def make(self, context: Any, say: Say) -> None:
        """Compute the result and keep it."""
        context.store.save(self.name, self.compute(context))


def complete(context: Any, plan: Sequence[Step], say: Say) -> int:
    """Make every result that is missing; one that cannot be made is told and does not stop the others.

    Parameters
    ----------
    context : object with the attribute ``store``
        What the steps share.
    plan : sequence of Step
        All steps in their order; each needs only those before it.
    say : callable
        Is told what goes on, a line at a time.

    Returns
    -------
    int
        Number of results made now.
    """
    store: Store = context.store
    failed: dict[str, str] = {}
    made = 0
    for i, step in enumerate(plan, 1):
        if step.name in store:
            continue
        start = time.monotonic()
        try:
            step.make(context, say)
        except ArgumentError as error:
            failed[step.name] = str(error)
        except StoreError as error:
            if not failed:
                raise
            failed[step.name] = f"needs a result that could not be made: {error}"
        if step.name in failed:
            say(f"[{i:>2}/{len(plan)}] {step.title}: cannot be made: {failed[step.name]}")
            continue
        made += 1
        say(f"[{i:>2}/{len(plan)}] {step.title} ({time.monotonic() - start:.1f} s)")
    store.set_meta(store.meta | {"finished": True, "failed": failed})
    return made


def open_file(
    path: Path, config: Settings, facts: dict[str, Any], *, overwrite: bool, mixed: bool, say: Say
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
        More about it, kept in the file; ``data``, a fingerprint, must agree as well.
    overwrite : bool
        Replace a finished file, or one that cannot be taken up.
    mixed : bool
        Go on although it was begun on another processor or with other libraries; the file then tells.
    say : callable
        Is told what goes on.

    Raises
    ------
    ArgumentError
        ``overwrite`` or ``mixed`` is neither True nor False.
    StoreError
        The file belongs to something else, was begun elsewhere, or is damaged.
    """
    for name, value in (("overwrite", overwrite), ("mixed", mixed)):
        checks.choice(name, value, (True, False))
    meta = {"kind": config.kind, "config": config.as_dict(), "version": version(), **facts}
    meta |= {"finished": False, "failed": {}, "environments": [current()]}
    if path.exists():
        store = Store(path)
        found = store.meta
        old = store.format != FORMAT
        if not found and not store.names() and not store.pending() and not old:
            store.set_meta(meta)  # killed before it could say what it is
            return store
        reason = _OLD if old else _difference(found, meta)
        if not reason and found["finished"] and not overwrite:
            say(f"{path} is finished; --overwrite makes it anew")
            return None
        if not reason and not found["finished"]:
            reason = _obstacle(store, found, mixed)
            if not reason:
                return _taken_up(store, found, say)
        if reason and not overwrite:
            raise StoreError(path, reason)
        path.unlink()
    store = Store(path)
    store.set_meta(meta)
    return store


_OLD = (
    "was made by an earlier spinland, whose files are of another format: spinland report shows it, that version "
    "finishes it; choose another file, or --overwrite"
)


def _obstacle(store: Store, found: dict[str, Any], mixed: bool) -> str:
    """In words, why an unfinished file of the same settings must not be taken up; empty if it may."""
    before = found.get("environments") or [{}]
    if current() not in before and not mixed:
        return (
            f"was begun elsewhere ({difference(before[-1], current())}): what is missing would differ in its last "
            "digits from what is there; go on where it was begun, or here with --mixed, which the file then tells, "
            "or begin anew with --overwrite"
        )
    try:
        store.verify()
    except StoreError as error:
        return str(error).removeprefix(f"{store.path}: ")
    return ""


def _taken_up(store: Store, found: dict[str, Any], say: Say) -> Store:
    say(f"going on with {store.path}: {len(store.names())} results are there")
    before = found.get("environments", [])
    if current() not in before:
        say("warning: it was begun on another processor or with other libraries; the file tells which")
        store.set_meta(found | {"environments": [*before, current()]})
    return store


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, why a file is not the one that is wanted; empty if it is."""
    kind = wanted["kind"]
    if found.get("kind") != kind:
        return _or_else(
            f"holds something else than a {kind}" if found else f"holds results that no {kind} made"
        )
    changed = [
        f"{key} = {found['config'].get(key)!r}, not {value!r}"
        for key, value in wanted["config"].items()
        if found["config"].get(key) != value and key != "data_dir"
    ]
    if changed:
        return _or_else(f"is a {kind} with " + "; ".join(changed))
    if found.get("data") != wanted.get("data"):
        return _or_else(f"is a {kind} of other data under the same name")
    if found["version"] != wanted["version"]:
        return _or_else(f"was made by spinland {found['version']}, this is {wanted['version']}")
    return ""


def _or_else(reason: str) -> str:
    return f"{reason}; choose another file, or --overwrite"
