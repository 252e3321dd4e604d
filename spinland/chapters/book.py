"""A file as its chapters see it: settings, subjects, and results by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from .. import rng
from .chapter import Chapter
from .findings import Finding
from .settings import Settings, from_mapping
from .subjects import Subject

if TYPE_CHECKING:
    from ..store.hdf5 import Store


class Book:
    """What chapters plan from, are made in and write about.

    Parameters
    ----------
    config : Settings
        Its settings.
    store : Store
        Its file.
    facts : mapping
        What else the file tells of itself: the data, for a network.

    Attributes
    ----------
    settings : class
        Class of the settings; their kind is the file's.
    chapters : tuple of Chapter
        All that such a file can hold, in the order of its page.
    title, subtitle : str
        Head of the page.
    subjects : tuple of Subject
        The landscapes that the probes look at, the main one first.
    sweep : tuple of Subject
        Networks of several widths, by rising width, to be compared with each other; none for a glass.
    deep : tuple of Subject
        Networks of several depths and equally many parameters; none where none are asked for.
    """

    settings: ClassVar[type[Settings]]
    chapters: ClassVar[tuple[Chapter, ...]]
    title: str
    subtitle: str
    subjects: tuple[Subject, ...]
    sweep: tuple[Any, ...] = ()
    deep: tuple[Any, ...] = ()

    def __init__(self, config: Any, store: Store, facts: Mapping[str, Any]):
        self.config, self.store, self.facts = config, store, facts
        self._loaded: dict[str, Any] = {}
        self._names: frozenset[str] | None = None

    @classmethod
    def opened(cls, store: Store) -> Any:
        """The book of a file, as it stands."""
        meta = store.meta
        return cls(cls.config_of(meta), store, meta)

    @classmethod
    def config_of(cls, facts: Mapping[str, Any]) -> Any:
        """The settings that a file tells of."""
        known = {field.name for field in fields(cls.settings)}  # a chapter that is not here may have had more
        config = {name: value for name, value in facts["config"].items() if name.replace("-", "_") in known}
        return from_mapping(cls.settings, config)

    @property
    def words(self) -> tuple[str, ...]:
        """The command that makes such a file, before its options."""
        return "spinland", self.settings.kind

    @property
    def values(self) -> dict[str, Any]:
        """All settings as they were used: those that were left open with what they came to."""
        found: dict[str, Any] = self.config.as_dict()
        for chapter in self.chapters:
            found |= chapter.values(self)
        return found

    @property
    def compared(self) -> tuple[Subject, ...]:
        """Subjects that go through the probes which have a theory for the glass; none without a glass."""
        return self.subjects

    @property
    def with_many(self) -> tuple[Subject, ...]:
        """Subjects that have more solutions than a pair of opposite ones, as a glass of order 2 has."""
        return tuple(subject for subject in self.subjects if subject.order != 2)

    @property
    def carried(self) -> tuple[Any, ...]:
        """What its class takes beside settings, file and facts: the data, or the book that lends its solutions."""
        return ()

    def subject(self, key: str) -> Subject:
        """One of the subjects, or of those of the sweep or of several depths."""
        return next(subject for subject in (*self.subjects, *self.sweep, *self.deep) if subject.key == key)

    def seed(self, label: int, *more: int) -> int:
        """Seed of one part, derived from that of the settings."""
        return rng.derive_seed(self.config.seed, label, *more)

    def load(self, name: str) -> Any:
        """A result; large arrays stay in the file.

        Raises
        ------
        StoreError
            It is not there.
        """
        if name not in self._loaded:
            self._loaded[name] = self.store.load(name, mmap=True)
        return self._loaded[name]

    def __contains__(self, name: str) -> bool:
        if self._names is None:
            self._names = frozenset(self.store.names())
        return name in self._names

    def get(self, name: str) -> Any:
        """A result, None when it is not there (yet)."""
        return self.load(name) if name in self else None

    def all_of(self, names: Mapping[Any, str]) -> dict[Any, Any]:
        """Results that are there, by what they are of."""
        found = {key: self.get(name) for key, name in names.items()}
        return {key: result for key, result in found.items() if result is not None}

    def about(self, subjects: Iterable[Subject], part: str) -> list[tuple[Subject, Any]]:
        """Results of one kind that are there, each with its subject."""
        found = [(subject, self.get(subject.name(part))) for subject in subjects]
        return [(subject, result) for subject, result in found if result is not None]

    def of_widths(self, part: str) -> dict[int, Any]:
        """Results of one kind that are there, by the width M of the networks of the sweep."""
        return self.all_of({subject.width: subject.name(part) for subject in self.sweep})

    def forget(self) -> None:
        """Let go of what was read: a result holds the file it came from, and more results may be there."""
        self._loaded.clear()
        self._names = None

    def finding(self, chapter: Chapter) -> Finding | None:
        """What a chapter has found: as it was kept, or from the results that are there."""
        kept: Finding | None = self.get(chapter.finding_name)
        return kept if kept is not None or chapter.find is None else chapter.find(self)

    @property
    def made(self) -> tuple[str, ...] | None:
        """Names of the chapters that were asked for and made; None for all of them, and while some are being made."""
        return tuple(self.facts["chapters"]) if self.facts["finished"] and "chapters" in self.facts else None

    @property
    def unfinished(self) -> str:
        """What is missing, in words; empty for a finished file."""
        if self.facts.get("failed"):
            causes = _causes(self.facts["failed"])
            return "; ".join(f"{', '.join(names)} could not be made ({why})" for why, names in causes.items())
        if self.facts["finished"]:
            return ""
        pending = self.store.pending()
        rows = "".join(f"; {name}: {done} of {total} replicas" for name, (done, total) in pending.items())
        return f"{len(self.store.names())} results are there{rows}"


def _causes(failed: Mapping[str, str]) -> dict[str, list[str]]:
    """Why results could not be made, each reason once, and which they are: with what needs them."""
    causes: dict[str, list[str]] = {}
    for name, why in failed.items():
        while (needed := why.removeprefix("needs ").removesuffix(", which could not be made")) in failed:
            why = failed[needed]
        causes.setdefault(why, []).append(name)
    return causes
