"""What a chapter is: steps that make its results, a finding from them, and a section of the page."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from ..errors import DivergenceWarning
from ..provenance import record
from ..results import Result
from .findings import Finding
from .sections import Section

Say = Callable[[str], None]


class Step(Protocol):
    """One thing that is made and kept in the file."""

    @property
    def name(self) -> str:
        """Where it is kept."""
        ...

    @property
    def title(self) -> str:
        """What it is, for the progress display; empty if it tells so itself."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the results that it is made from."""
        ...

    @property
    def partial(self) -> bool:
        """Whether it can be made although some of these could not."""
        ...

    def make(self, book: Any, say: Say) -> None:
        """Make it and keep it in the file of the book."""
        ...


@contextmanager
def divergence_told(title: str, say: Say) -> Iterator[None]:
    """What diverges while a result is made is told, a line at a time, as all else that goes on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DivergenceWarning)
        try:
            yield
        finally:
            for item in caught:
                if issubclass(item.category, DivergenceWarning):
                    say(f"warning: {title}: {item.message}")
    for item in caught:
        if not issubclass(item.category, DivergenceWarning):
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)


@dataclass(frozen=True)
class Stage:
    """A step that makes one result, declared: it can be made in any process that has the book.

    Attributes
    ----------
    name, title : str
        Where it is kept, and what it is.
    compute : callable
        A function of a module, called as ``compute(subject, *needed results, **arguments)``, without the subject where
        there is none.
    needs : tuple of str
        Names of the results that it is made from.
    arguments : mapping
        Plain values.
    subject : str
        Key of the subject it looks at, empty for none.
    """

    name: str
    title: str
    compute: Callable[..., Result]
    needs: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    partial: ClassVar[bool] = False

    def given(self, book: Any) -> Mapping[str, Any]:
        """What it is called with beside its subject and what it needs."""
        return self.arguments

    def made(self, book: Any, results: Sequence[Any], say: Say) -> Result:
        """The result, from those that it needs: in any process that has the book, be it without its file."""
        subject = [book.subject(self.subject)] if self.subject else []
        with divergence_told(self.title, say):
            return self.compute(*subject, *results, **self.given(book))

    def make(self, book: Any, say: Say) -> None:
        """Compute the result and keep it."""
        book.store.save(self.name, self.made(book, [book.load(name) for name in self.needs], say))


@dataclass(frozen=True)
class DataStage(Stage):
    """A stage that is given the data of the study as ``dataset``, besides its arguments."""

    def given(self, book: Any) -> Mapping[str, Any]:
        """Its arguments, and the data."""
        return {**self.arguments, "dataset": book.dataset}


def no_open_settings(book: Any) -> dict[str, Any]:
    """Values of no settings."""
    return {}


def nothing_of_others(book: Any) -> tuple[str, ...]:
    """Names of no results."""
    return ()


@dataclass(frozen=True)
class Chapter:
    """One subject of study.

    Attributes
    ----------
    name : str
        What ``--chapters`` calls it.
    title : str
        What it is about, in a few words.
    steps : callable
        All that it makes in a book, in an order that respects what they need.
    find : callable
        Its finding, from the results that a book has; returns None if there is nothing to say.
    write : callable
        Its section of the page; returns None if there is nothing to show.
    values : callable
        Settings that were left open, with the values that they come to in a book.
    reads : callable
        Names of results of other chapters that its finding is made from.
    kernels : mapping
        Recipes of `spinland.compiling` that compile all that it computes with, by the kind of landscape.
    asked_by : str
        Setting that is empty by default and asks for it; empty for a chapter that is made unless it is left out.
    """

    name: str
    title: str
    steps: Callable[[Any], Iterator[Step]]
    find: Callable[[Any], Finding | None] | None
    write: Callable[[Any], Section | None]
    values: Callable[[Any], dict[str, Any]] = no_open_settings
    reads: Callable[[Any], tuple[str, ...]] = nothing_of_others
    kernels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked_by: str = ""

    @property
    def finding_name(self) -> str:
        """Where its finding is kept."""
        return f"findings/{self.name}"

    def all_steps(self, book: Any) -> list[Step]:
        """What it makes, and its finding last."""
        steps = list(self.steps(book))
        if not steps or self.find is None:
            return steps
        return [*steps, Judgement(self, (*(step.name for step in steps), *self.reads(book)))]


@dataclass(frozen=True)
class Judgement:
    """The step that states what a chapter has found, from as many of its results as could be made."""

    chapter: Chapter
    needs: tuple[str, ...]
    partial: ClassVar[bool] = True
    title: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Where the finding is kept."""
        return self.chapter.finding_name

    def make(self, book: Any, say: Say) -> None:
        """State it, keep it and tell it."""
        found = self.chapter.find(book) if self.chapter.find else None
        if found is not None:
            made = record(
                "finding",
                {"chapter": self.chapter.name, "results": [name for name in self.needs if name in book]},
                seed=book.config.seed,
                data=book.facts.get("data", ""),
                dtype="float64",
            )
            book.store.save(self.name, replace(found, provenance=made))
            say(f"{self.chapter.title}: {found.headline}")
