"""Shards put together: rows to their places, results in the order of the plan, whatever came when.

Nothing is computed here, so it does not matter on which machine: findings, which are made of all, are left to the study
that goes on with the file. What comes before results that the plan makes earlier is put into the file all the same,
which then tells so (`EARLY`), and whoever fills the gap puts the file in order. So its bytes are those of one process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks, progress
from ..chapters.chapter import Say
from ..errors import ArgumentError, StoreError
from ..store.commit import real_path, reserved
from ..store.hdf5 import Store
from ..store.merging import are_same, copy_rows, first_difference, reserve_like, written
from .order import EARLY, in_plan_order, put_in_plan_order
from .shard_files import Part, check_fit, opened
from .shards import unmade


def merge_shards(
    out: str | os.PathLike[str],
    shards: Sequence[str | os.PathLike[str]],
    *,
    mixed: bool = False,
    say: Say = lambda text: None,
) -> tuple[str, ...]:
    """Put shards into the file that they are of: the bytes are those of a file made in one process.

    The shards are read and not changed, in any order; it can be done again with more of them. Nothing is put into the
    file unless all that are given fit to it and to each other. Findings, and what no shard has made, are left to the
    study, glass or atlas that goes on with the file.

    Parameters
    ----------
    out : path-like
        The file; it is made if there is none.
    shards : sequence of path-like
        Files that ``run_study``, ``run_glass`` or ``run_atlas`` made with ``shard``, finished or not.
    mixed : bool
        Put together what was made on several processors or with several libraries; the file then tells.
    say : callable
        Is told what goes on, a line at a time.

    Returns
    -------
    tuple of str
        What is missing of what the shards make, in words; empty when nothing is.

    Raises
    ------
    ArgumentError
        No shards, or the file is among them.
    StoreError
        A file is no shard, is damaged, belongs to other settings, data or versions, was made elsewhere (without
        ``mixed``), or two hold the same replica or result with other bytes. The file is then as it was.
    """
    mixed = checks.boolean("mixed", mixed)
    whole = real_path(out, "out")
    paths = sorted({real_path(path, "shards") for path in checks.entries("shards", shards, "files")})
    if not paths:
        raise ArgumentError("shards", "at least one file", "none")
    if whole in paths:
        raise ArgumentError("out", "another file than the shards, which are read and not changed", str(out))
    with reserved(whole):
        parts = opened(paths)
        before = _before(whole)
        check_fit(whole, before, parts, mixed)
        return _Merge(whole, before, parts).done(say)


def _before(whole: Path) -> Store | None:
    """The file as it is, compared with its checksums; None before it holds anything."""
    if not whole.exists():
        return None
    store = Store(whole)
    if not store.meta and not store.names() and not store.pending():
        return None
    store.verify()
    return store


@dataclass(frozen=True)
class _Rows:
    """Rows of an ensemble that a shard brings, and the numbers of the replicas, which are their places in the whole."""

    name: str
    part: Part
    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]


class _Merge:
    """Shards on their way into a file.

    Parameters
    ----------
    whole : Path
        The file.
    before : Store or None
        What is there of it.
    parts : sequence of Part
        Shards that fit to it, in their order.
    """

    def __init__(self, whole: Path, before: Store | None, parts: Sequence[Part]):
        self.whole, self.before, self.parts = whole, before, parts
        self.plan = max((part.meta["plan"] for part in parts), key=len)
        for part in parts:
            odd = [name for name in part.meta["plan"] if name not in self.plan]
            if odd:
                raise StoreError(
                    part.store.path, f"is of other chapters than the rest ({odd[0]}); merge those of a kind at a time"
                )
        self.rooms: dict[str, int] = {}
        for part in parts:
            self.rooms |= part.meta["rooms"]
        self._there = frozenset() if before is None else frozenset(before.names())
        self._begun_there = self._there if before is None else self._there | before.pending().keys()

    def done(self, say: Say) -> tuple[str, ...]:
        """Put all into the file; returns what is missing, in words."""
        rows = [some for name in self.rooms for some in self._new_rows(name)]
        results = self._new_results()
        store, gaps = self._begun(), self._gaps(rows, results)
        if gaps and EARLY not in store.meta:
            store.set_meta(store.meta | {EARLY: True})
        self._put(store, rows, results)
        put_in_plan_order(store, self.plan, self.rooms, gaps=gaps)
        say(f"new: {sum(some.numbers.size for some in rows):,} replicas and {len(results)} other results")
        there = {*store.names()} & {*self.plan}
        say(f"{self.whole} holds {len(there)} of {len(self.plan)} results")
        return self._missing(store)

    def _new_rows(self, name: str) -> list[_Rows]:
        """What shards bring of an ensemble that the file lacks; all else that they hold of it is compared.

        Raises
        ------
        StoreError
            The same replica has other bytes elsewhere.
        """
        total = self.rooms[name]
        owner, row = np.full(total, -1), np.zeros(total, np.int64)  # of each replica: which holder, and where in it
        holders: list[Store] = []
        if self.before is not None and name in self._begun_there:
            rows = written(self.before, name).rows
            owner[rows], row[rows] = 0, rows
            holders.append(self.before)
        new = []
        for part in (part for part in self.parts if name in part.rows):
            rows, numbers = part.rows[name], part.numbers(name)
            for i in np.unique(owner[numbers][owner[numbers] >= 0]):
                twice = np.flatnonzero(owner[numbers] == i)
                here, there = written(part.store, name), written(holders[i], name)
                odd = first_difference(here, rows[twice], there, row[numbers[twice]])
                if odd is not None:
                    raise _other_bytes(part.store, f"replica {numbers[twice[odd]]} of {name!r}", holders[i])
            fresh = np.flatnonzero(owner[numbers] < 0)
            owner[numbers[fresh]], row[numbers[fresh]] = len(holders), rows[fresh]
            holders.append(part.store)
            new.append(_Rows(name, part, rows[fresh], numbers[fresh]))
        return new

    def _new_results(self) -> dict[str, Part]:
        """Results that the file lacks, each of the first shard that has it; all others are compared."""
        found: dict[str, Part] = {}
        for part in self.parts:
            for name in part.results:
                other = self.before if name in self._there else found[name].store if name in found else None
                if other is None:
                    found[name] = part
                elif not are_same(name, part.store, other):
                    raise _other_bytes(part.store, repr(name), other)
        return found

    def _gaps(self, rows: Sequence[_Rows], results: Mapping[str, Part]) -> bool:
        """Whether the plan makes something that will not be there before something that will be."""
        will_be = self._begun_there | results.keys() | {some.name for some in rows}
        order = in_plan_order(self.plan, self.plan, self.rooms)
        last = max((i for i, name in enumerate(order) if name in will_be), default=-1)
        return any(name not in will_be for name in order[: last + 1])

    def _begun(self) -> Store:
        """The file, with the environments of all shards."""
        meta = self.parts[0].of_whole | {"environments": []} if self.before is None else self.before.meta
        environments = list(meta["environments"])
        for part in self.parts:
            environments += [one for one in part.meta["environments"] if one not in environments]
        store = Store(self.whole)
        store.set_meta(meta | {"environments": environments})
        return store

    def _put(self, store: Store, rows: Sequence[_Rows], results: Mapping[str, Part]) -> None:
        with progress.track(len(rows) + len(results), "shards to their places") as advance:
            for name in in_plan_order([*self.rooms], self.plan, self.rooms):
                self._reserve(store, name, [some.part for some in rows if some.name == name])
            for some in rows:
                if some.numbers.size:
                    part = written(some.part.store, some.name)
                    copy_rows(part, some.rows, store.row_writer(some.name), some.numbers)
                advance()
            for name in (name for name in self.plan if name in results):
                store.save(name, results[name].store.load(name, mmap=True))
                advance()

    def _reserve(self, store: Store, name: str, parts: Sequence[Part]) -> None:
        """Room for an ensemble; its provenance tells where the shards were made."""
        told: list[Any] = []
        for part in parts:
            if name not in self._there and part.meta["environments"] not in told:
                told.append(part.meta["environments"])
                reserve_like(store, name, written(part.store, name), self.rooms[name])

    def _missing(self, store: Store) -> tuple[str, ...]:
        """What is missing of what shards make, and whose it is."""
        count, there = self.parts[-1].count, set(store.names())
        failed = {name for part in self.parts for name in part.meta["failed"]} - there
        total = sum(n_rows for name, n_rows in self.rooms.items() if name not in failed)
        lost = [self._lost_rows(store, name) for name in self.rooms if name not in there | failed]
        whose = {int(number) for numbers in lost for number in np.unique(numbers % count + 1)}
        results = set[str]()
        for part in (part for part in self.parts if part.count == count):
            absent = [(i, name) for i, name in enumerate(part.meta["ready"]) if name not in there | failed]
            whose |= {i % count + 1 for i, _ in absent}
            results |= {name for _, name in absent}
        unfinished = [part for part in self.parts if unmade(part.store)]
        whose -= {part.number for part in unfinished if part.count == count}
        n_missing = sum(numbers.size for numbers in lost)
        words = {
            "missing shards": f"{ranges(sorted(whose))} of {count}" if whose else "",
            "unfinished shards": ", ".join(map(str, unfinished)),
            "missing replicas": f"{n_missing:,} of {total:,}" if n_missing else "",
            "missing results": f"{len(results)}" if results else "",
            "could not be made": ", ".join(sorted(failed)),
        }
        return tuple(f"{what}: {which}" for what, which in words.items() if which)

    def _lost_rows(self, store: Store, name: str) -> NDArray[np.int64]:
        """Numbers of the replicas of an ensemble that are not there."""
        left = np.ones(self.rooms[name], bool)
        if name in store.pending():
            left[written(store, name).rows] = False
        return np.flatnonzero(left)


def ranges(numbers: Sequence[int]) -> str:
    """Whole numbers in rising order as sbatch takes them: ``"3,17-40"``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


def _other_bytes(store: Store, what: str, other: Store) -> StoreError:
    return StoreError(store.path, f"holds {what} with other bytes than {other.path}; remove one of them")
