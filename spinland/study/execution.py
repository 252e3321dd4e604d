"""Take chapters to their end, from wherever their file stands."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from .. import checks
from ..chapters.book import Book
from ..chapters.chapter import Chapter, Say, Step
from ..chapters.settings import Settings
from ..chapters.training import Training
from ..compiling.recipes import Task
from ..compiling.workers import compiling_beside
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..store.commit import real_path, reserved
from ..store.hdf5 import Store
from .elsewhere import Elsewhere
from .ledger import Ledger
from .opening import open_file
from .order import put_in_plan_order
from .shards import Shard, ShardStore


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
    executor: Executor | None = None,
    shard: tuple[int, int] | None = None,
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
    executor : Executor, optional
        Where to make what can be made elsewhere.
    shard : tuple of int, optional
        K and N: fill the K-th of N shards of the file instead, as far as it can be now.

    Returns
    -------
    int
        Number of results made now.
    """
    names = tuple(chapter.name for chapter in chapters)
    chosen = names if wanted is None else _chosen(wanted, names)
    whole = real_path(out, "out")
    part = None if shard is None else Shard.of(shard)
    path = whole if part is None else part.path(whole)
    overwrite, mixed = checks.boolean("overwrite", overwrite), checks.boolean("mixed", mixed)
    with reserved(path):
        start = None
        if part is not None:
            start = part.start(whole, config, facts, device=device, mixed=mixed)
            facts = part.facts(config, facts)
            if overwrite:
                part.forget_finished(path, facts)
        store = open_file(path, config, facts, chosen, device=device, overwrite=overwrite, mixed=mixed, say=say)
        if store is None:
            return 0
        if part is not None:
            opened = book(ShardStore(path, start))
            return _made(opened, part.tasks(opened, plan(opened, chosen), chosen, say), say, executor)
        opened = book(store)
        steps = plan(opened, chosen)
        _tell_chapters(opened, chosen, wanted, say)
        made = _made(opened, steps, say, executor)
        put_in_plan_order(store, [step.name for step in steps], {s.name for s in steps if isinstance(s, Training)})
        done = {*store.meta.get("chapters", ()), *chosen}
        store.set_meta(store.meta | {"finished": True, "chapters": [name for name in names if name in done]})
        return made


def _made(book: Book, steps: Sequence[Step], say: Say, executor: Executor | None) -> int:
    """Make what is missing while its kernels are compiled; returns how many results that were."""
    with compiling_beside(kernels(book, steps)):
        return complete(book, steps, say, executor)


def _tell_chapters(book: Book, chosen: Sequence[str], wanted: tuple[str, ...] | None, say: Say) -> None:
    """Tell which chapters have nothing to be made of, and which settings come to something else than was asked for."""
    for chapter in book.chapters:
        asked = wanted is not None or not chapter.asked_by
        if chapter.name in chosen and asked and not chapter.all_steps(book):
            how = f"; {chapter.asked_by} asks for it" if chapter.asked_by else ""
            say(f"{chapter.title}: there is nothing in this file to make it of{how}")
        elif chapter.name in chosen:
            _tell_others(chapter, book, say)


def _tell_others(chapter: Chapter, book: Book, say: Say) -> None:
    """Tell which settings of a chapter come to something else than was asked for, as where there are not so many."""
    asked = book.config.as_dict()
    for name, used in chapter.values(book).items():
        if asked[name] not in (None, used):
            say(f"{chapter.title}: {name} comes to {used}, where {asked[name]} was asked for")


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


def complete(book: Book, steps: Sequence[Step], say: Say, executor: Executor | None = None) -> int:
    """Make every result that is missing; what cannot be made is told, each reason once, and does not stop the others.

    Room for ensembles is made before anything else, in the order of the plan; then the file's bytes do not depend on
    when their rows come.

    Parameters
    ----------
    book : Book
        What they are about.
    steps : sequence of Step
        In an order that respects what they need.
    say : callable
        Is told what goes on, a line at a time.
    executor : Executor, optional
        Where to make what can be made elsewhere.

    Returns
    -------
    int
        Number of results made now.
    """
    for step in steps:
        if isinstance(step, Training) and step.name not in book:
            with suppress(ArgumentError):  # told when its turn comes
                step.reserve(book, step.plan(book))
    ledger = Ledger(book, steps, say)
    if executor is not None:
        Elsewhere(ledger, executor).complete()
    else:
        for step in steps:
            if step.name not in book:
                ledger.make(step)
    return ledger.close()
