"""Take chapters to their end, from wherever their file stands."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import checks
from ..chapters.book import Book
from ..chapters.chapter import Chapter, Say, Step
from ..chapters.settings import Settings
from ..compiling.recipes import Task
from ..compiling.workers import compiling_beside
from ..environment import current, difference
from ..errors import ArgumentError, StoreError
from ..formatting import a_noun
from ..provenance import version
from ..store.commit import real_path, reserved
from ..store.container import FORMAT
from ..store.hdf5 import Store


def run(
    config: Settings,
    out: str | os.PathLike[str],
    chapters: Sequence[Chapter],
    book: Callable[[Store], Book],
    facts: dict[str, Any],
    *,
    wanted: tuple[str, ...] | None,
    device: str,
    overwrite: bool,
    mixed: bool,
    say: Say,
) -> int:
    """Fill a file with the results of chapters, or go on with it.

    Parameters
    ----------
    config : Settings
        Settings of the file.
    out : path-like
        The file.
    chapters : sequence of Chapter
        All that it may hold.
    book : callable
        Makes the book of a store.
    facts : dict
        More about the file, kept in it.
    wanted : tuple of str, optional
        Names of the chapters that shall be made, all by default.
    device, overwrite, mixed, say
        As of `open_file`.

    Returns
    -------
    int
        Number of results made now.
    """
    names = tuple(chapter.name for chapter in chapters)
    chosen = names if wanted is None else _chosen(wanted, names)
    path = real_path(out, "out")
    overwrite, mixed = checks.boolean("overwrite", overwrite), checks.boolean("mixed", mixed)
    with reserved(path):
        store = open_file(path, config, facts, chosen, device=device, overwrite=overwrite, mixed=mixed, say=say)
        if store is None:
            return 0
        opened = book(store)
        steps = plan(opened, chosen)
        for chapter in opened.chapters:
            asked = wanted is not None or not chapter.asked_by
            if chapter.name in chosen and asked and not chapter.all_steps(opened):
                how = f"; {chapter.asked_by} asks for it" if chapter.asked_by else ""
                say(f"{chapter.title}: there is nothing in this file to make it of{how}")
        with compiling_beside(kernels(opened, steps)):
            made = complete(opened, steps, say)
        done = {*store.meta.get("chapters", ()), *chosen}
        store.set_meta(store.meta | {"finished": True, "chapters": [name for name in names if name in done]})
        return made


def _chosen(wanted: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of chapters in the order of the page."""
    asked = {checks.choice("chapters", name, names) for name in checks.entries("chapters", wanted, "names")}
    if not asked:
        raise ArgumentError("chapters", f"at least one of {', '.join(names)}", "none")
    return tuple(name for name in names if name in asked)


def plan(book: Book, chosen: Sequence[str]) -> list[Step]:
    """All steps of the chosen chapters and what they need of others, each after those that it needs.

    Parameters
    ----------
    book : Book
        What they are about.
    chosen : sequence of str
        Names of those that are wanted.
    """
    of_chapters = {chapter.name: chapter.all_steps(book) for chapter in book.chapters}
    steps = {step.name: step for own in of_chapters.values() for step in own}
    ordered: dict[str, Step] = {}

    def add(step: Step) -> None:
        if step.name in ordered:
            return
        for name in step.needs:
            if name in steps or name not in book:  # an atlas has its solutions from another file
                add(steps[name])
        ordered[step.name] = step

    for name, own in of_chapters.items():
        if name in chosen:
            for step in own:
                add(step)
    return list(ordered.values())


def kernels(book: Book, steps: Sequence[Step]) -> list[Task]:
    """What compiles the kernels of these steps, in the order of the chapters.

    Parameters
    ----------
    book : Book
        What they are about.
    steps : sequence of Step
        All that is planned.
    """
    planned = {step.name for step in steps}
    chapters = [chapter for chapter in book.chapters if not planned.isdisjoint(s.name for s in chapter.steps(book))]
    needed = [
        (subject.dtype, recipe)
        for subject in book.subjects
        if subject.device == "cpu"
        for chapter in chapters
        for recipe in chapter.kernels.get(subject.kind, ())
    ]
    return list(dict.fromkeys(needed))


def complete(book: Book, steps: Sequence[Step], say: Say) -> int:
    """Make every result that is missing; one that cannot be made is told and does not stop the others.

    Parameters
    ----------
    book : Book
        What they are about.
    steps : sequence of Step
        In an order that respects what they need.
    say : callable
        Is told what goes on, a line at a time.

    Returns
    -------
    int
        Number of results made now.
    """
    store = book.store
    failed: dict[str, str] = {}
    made = 0
    for i, step in enumerate(steps, 1):
        if step.name in book:
            continue
        start = time.monotonic()
        lost = [name for name in step.needs if name in failed]
        try:
            if lost and not step.partial:
                failed[step.name] = f"needs {lost[0]}, which could not be made"
            else:
                step.make(book, say)
        except ArgumentError as error:
            failed[step.name] = str(error)
        finally:
            book.forget()
        if step.name in failed:
            say(f"[{i:>2}/{len(steps)}] {step.title}: cannot be made: {failed[step.name]}")
            continue
        made += 1
        if step.title:
            say(f"[{i:>2}/{len(steps)}] {step.title} ({time.monotonic() - start:.1f} s)")
    planned = {step.name for step in steps}
    before = {name: why for name, why in store.meta["failed"].items() if name not in planned}
    store.set_meta(store.meta | {"failed": before | failed})
    return made


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
        More about it, kept in the file; ``data``, a fingerprint, must agree as well.
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
        The file belongs to something else, was begun elsewhere, or is damaged.
    """
    meta = {"kind": config.kind, "config": config.as_dict(), "version": version(), **facts}
    here = current(device)
    meta |= {"finished": False, "failed": {}, "environments": [here]}
    if path.exists():
        store = Store(path)
        found = store.meta
        old = store.format != FORMAT
        if not found and not store.names() and not store.pending() and not old:
            store.set_meta(meta)  # killed before it could say what it is
            return store
        reason = _OLD if old else _difference(found, meta | {"defaults": type(config)().as_dict()})
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


_OLD = (
    "was made by an earlier spinland, whose files are of another format: spinland report shows it, that version "
    "finishes it; choose another file, or --overwrite"
)


def _obstacle(store: Store, found: dict[str, Any], here: dict[str, str], mixed: bool) -> str:
    """In words, why an unfinished file of the same settings must not be taken up; empty if it may."""
    before = found.get("environments") or [{}]
    if here not in before and not mixed:
        return (
            f"was begun elsewhere ({difference(before[-1], here)}): what is missing would differ in its last "
            "digits from what is there; go on where it was begun, or here with --mixed, which the file then tells, "
            "or begin anew with --overwrite"
        )
    try:
        store.verify()
    except StoreError as error:
        return str(error).removeprefix(f"{store.path}: ")
    return ""


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


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, why a file is not the one that is wanted; empty if it is."""
    kind = wanted["kind"]
    if found.get("kind") != kind:
        return _or_else(f"holds something else than {a_noun(kind)}" if found else f"holds results that no {kind} made")
    # A chapter that was added since the file was made has settings that the file does not know.
    before = wanted["defaults"] | found["config"]
    changed = [
        f"{key} = {before[key]!r}, not {value!r}"
        for key, value in wanted["config"].items()
        if before[key] != value and key != "data_dir"
    ]
    if changed:
        return _or_else(f"is {a_noun(kind)} with " + "; ".join(changed))
    if found.get("data") != wanted.get("data"):
        return _or_else(f"is {a_noun(kind)} of other data under the same name")
    if found["version"] != wanted["version"]:
        return _or_else(f"was made by spinland {found['version']}, this is {wanted['version']}")
    return ""


def _or_else(reason: str) -> str:
    return f"{reason}; choose another file, or --overwrite"
