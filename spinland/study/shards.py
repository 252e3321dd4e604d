"""Shards: what one of N processes makes of a file, in a file of its own, without knowing of the others.

    s.h5                      read where it is there, never written
    s.shard-017-of-200.h5     ensemble   replicas 16, 216, 416, … alone, in rising order
                              stages     17th, 217th, … of those that s.h5 lacks and has all needs of

So after a merge the same command makes of each shard what can be made then. What a shard shall make is settled when it
begins, and kept in it: it goes on with the same, whatever becomes of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import checks
from ..chapters.book import Book
from ..chapters.chapter import Say, Step
from ..chapters.settings import Settings
from ..chapters.training import Training
from ..environment import current
from ..errors import ArgumentError, StoreError
from ..formatting import a_noun
from ..paths import beside
from ..store.container import FORMAT
from ..store.hdf5 import Store
from .opening import begun_elsewhere, described, unlike

OWN = ("shard", "plan", "rooms", "tasks", "ready", "chapters")
"""What a shard alone tells of itself."""


class ShardStore(Store):
    """The store of a shard, with all that the file which it is of holds.

    Parameters
    ----------
    path : Path
        The shard.
    start : Store, optional
        The file, opened for reading; None before there is one.
    """

    def __init__(self, path: Path, start: Store | None):
        super().__init__(path)
        self.start = start

    @property
    def own(self) -> frozenset[str]:
        """Names of the results that the shard itself holds."""
        return frozenset(super().names())

    @property
    def lent(self) -> frozenset[str]:
        """Names of the results that the file holds."""
        return frozenset() if self.start is None else frozenset(self.start.names())

    def names(self) -> tuple[str, ...]:
        """Names of the results of both, sorted."""
        return tuple(sorted(self.own | self.lent))

    def load(self, name: str, mmap: bool = False) -> Any:
        """A result of the file, or else of the shard: an ensemble of the file is whole."""
        if self.start is not None and name in self.lent:
            return self.start.load(name, mmap)
        return super().load(name, mmap)


@dataclass(frozen=True)
class Shard:
    """The K-th of N shards.

    Attributes
    ----------
    number, count : int
        K, from 1, and N.
    """

    number: int
    count: int

    @classmethod
    def of(cls, value: Any) -> Shard:
        """A shard as a user names it.

        Raises
        ------
        ArgumentError
            No pair of whole numbers (K, N) with 1 ≤ K ≤ N.
        """
        expected = "whole numbers K, N with 1 <= K <= N"
        try:
            number, count = (checks.integer("shard", item, minimum=1, maximum=10**6) for item in value)
        except (TypeError, ValueError):
            raise ArgumentError("shard", expected, value) from None
        if number > count:
            raise ArgumentError("shard", expected, value)
        return cls(number, count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def path(self, whole: Path) -> Path:
        """Where it lies: beside the file that it is of."""
        return beside(whole, f".shard-{self.number:0{len(str(self.count))}}-of-{self.count}.h5")

    def facts(self, config: Settings, facts: dict[str, Any]) -> dict[str, Any]:
        """What its file tells of itself: a kind of its own, which nobody takes for that of the whole."""
        own = {"of": config.kind, "number": self.number, "count": self.count}
        return facts | {"kind": f"{config.kind} shard {self}", "shard": own}

    def forget_finished(self, path: Path, facts: dict[str, Any]) -> None:
        """Remove a shard that has made all that it shall: ``overwrite`` makes it anew."""
        if path.exists() and (store := Store(path, "r")).meta.get("kind") == facts["kind"] and not unmade(store):
            path.unlink()

    def start(self, whole: Path, config: Settings, facts: dict[str, Any], *, device: str, mixed: bool) -> Store | None:
        """The file that it is of, opened for reading; None before there is one.

        Raises
        ------
        StoreError
            The file is something else, or was begun elsewhere.
        """
        if not whole.exists():
            return None
        store = Store(whole, "r")
        found = store.meta
        if not found and not store.names() and not store.pending():  # killed before it could say what it is
            return None
        if found.get("kind") != config.kind or store.format != FORMAT:
            raise StoreError(whole, f"holds something else than {a_noun(config.kind)}; choose another file")
        reason = unlike(found, described(config, facts) | {"defaults": type(config)().as_dict()})
        reason = reason or begun_elsewhere(found, current(device), mixed)
        if reason:
            raise StoreError(whole, f"{reason}: shard {self} would not fit to it")
        return store

    def tasks(self, book: Book, steps: Sequence[Step], chosen: Sequence[str], say: Say) -> list[Step]:
        """What it shall make, in the order of the plan; kept in it.

        Parameters
        ----------
        book : Book
            Whose store is a `ShardStore`.
        steps : sequence of Step
            The whole plan.
        chosen : sequence of str
            Names of the chapters that it is of.
        say : callable
            Is told what it comes to.
        """
        store: ShardStore = book.store  # type: ignore[assignment]
        meta = store.meta
        names, known = meta.get("tasks", []), set(chosen) <= set(meta.get("chapters", ()))
        if not (known and unmade(store)):
            ensembles, ready = ([], []) if known and store.start is None else self._new(store, steps)
            asked = {*names, *ensembles, *ready[self.number - 1 :: self.count]}
            plan = [step.name for step in steps]
            plan += [name for name in meta.get("plan", ()) if name not in plan]
            names = [name for name in plan if name in asked]
            rooms = {step.name: step.n_replicas for step in steps if isinstance(step, Training)}
            chapters = sorted({*chosen, *meta.get("chapters", ())})
            now = {"tasks": names, "plan": plan, "rooms": meta.get("rooms", {}) | rooms, "chapters": chapters}
            store.set_meta(meta | now | {"ready": ready or meta.get("ready", [])})
        if not unmade(store):
            say(f"{store.path}: there is nothing more to be made in shard {self}")
        shares = {step.name: self._share(step) for step in steps}
        return [step for name in names if (step := shares.get(name)) is not None]

    def _share(self, step: Step) -> Step | None:
        return step.shared(self.number, self.count) if isinstance(step, Training) else step

    def _new(self, store: ShardStore, steps: Sequence[Step]) -> tuple[list[str], list[str]]:
        """What the file lacks and allows to make: ensembles that this shard has a part of, other results."""
        there, planned = store.lent, {step.name for step in steps}
        ensembles, ready = [], []
        for step in steps:
            if step.name in there or step.partial:  # findings are made of all
                continue
            if isinstance(step, Training):
                ensembles += [step.name] if self._share(step) else []
            elif all(name in there or name not in planned for name in step.needs):
                ready.append(step.name)
        return ensembles, ready


def unmade(store: Store) -> list[str]:
    """Names of what a shard shall make and has not made yet, but for what could not be made."""
    meta = store.meta
    there = store.own if isinstance(store, ShardStore) else set(store.names())
    return [name for name in meta.get("tasks", ["everything"]) if name not in there and name not in meta["failed"]]
