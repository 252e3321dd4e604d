"""A plan over the workers of an engine: stages beside each other, replicas as they come, one writer.

What needs nothing but results that are in the file is sent out. Results are put into the file in the order of the
plan, so that its bytes are those of a run in one process; those that come early wait. Rows of ensembles have their
place and do not wait. Findings, and stages that need more than shall travel, are made here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import progress
from ..chapters.book import Book
from ..chapters.chapter import Stage, Step
from ..chapters.training import Training
from ..errors import ArgumentError
from ..execution.crew import Crew, Made, Work
from ..landscape.work import canary as canary_of
from ..results import Result
from ..store.rows import RowWriter
from ..training import parts
from .ledger import Ledger

MOST_BYTES = 512 << 20
"""Bytes of the results that a stage needs and that are sent with it; what needs more is made here."""

_PASSING = ("finished", "failed", "chapters", "environments")
"""What a file tells of itself that changes while it is made."""


@dataclass(frozen=True)
class Portable:
    """A book without its file.

    Attributes
    ----------
    kind : class
        Its class.
    config : Settings
        Its settings.
    facts : dict
        What its file tells, but for how far it is.
    more : tuple
        What its class takes beside these.
    """

    kind: type[Book]
    config: Any
    facts: dict[str, Any]
    more: tuple[Any, ...]

    @classmethod
    def of(cls, book: Book) -> Portable:
        """A book that can be sent to another process."""
        facts = {name: value for name, value in book.facts.items() if name not in _PASSING}
        more = tuple(cls.of(item) if isinstance(item, Book) else item for item in book.carried)
        return cls(type(book), book.config, facts, more)

    @cached_property
    def book(self) -> Any:
        """The book again."""
        nothing: Any = None
        more = [item.book if isinstance(item, Portable) else item for item in self.more]
        return self.kind(self.config, nothing, self.facts, *more)


def made(about: Portable, rows: NDArray[np.int64], stage: Stage, results: tuple[Any, ...]) -> tuple[Result, list[str]]:
    """A stage's result, and what there is to say of it: what a worker does."""
    told: list[str] = []
    return stage.made(about.book, results, told.append), told


def canary(about: Portable) -> list[NDArray[Any]]:
    """Values and slopes of all subjects."""
    return [part for subject in about.book.subjects for part in canary_of(subject.landscape)]


@dataclass
class _Early:
    """A result that waits for its turn."""

    result: Result | None
    told: list[str]
    seconds: float
    error: ArgumentError | None = None


class Elsewhere:
    """A plan that is made over an executor.

    Parameters
    ----------
    ledger : Ledger
        The plan.
    executor : Executor
        Where.
    """

    def __init__(self, ledger: Ledger, executor: Any):
        self.ledger, self.book = ledger, ledger.book
        self._about = Portable.of(ledger.book)
        self._crew = Crew(executor)
        self._steps: list[Step] = [step for step in ledger.steps if step.name not in self.book]
        self._sent: dict[str, float] = {}
        self._early: dict[str, _Early] = {}
        self._lost: dict[str, list[int]] = {}
        self._writers: dict[str, RowWriter] = {}
        self._advance: progress.Advance = lambda n=1, note="": None

    def complete(self) -> None:
        """Make all that is missing."""
        self._send_trainings()
        total = sum(isinstance(step, Stage) for step in self._steps) + sum(len(work.rows) for work in self._crew.works)
        with progress.track(total, "results and replicas") as advance:
            self._advance = advance
            self._settle()
            while self._steps:
                for come in self._crew.results(lambda rows, note: advance(rows, note=note)):
                    self._take(come)
                    self._settle()
                self._settle()

    def _send_trainings(self) -> None:
        for step in self._steps:
            if isinstance(step, Training):
                try:
                    plan = step.plan(self.book)
                    writer = self._writers[step.name] = step.reserve(self.book, plan)
                except ArgumentError:  # told when its turn comes
                    continue
                work = Work(parts.trained, plan, writer.missing(), parts.canary)
                if work.is_made:
                    continue
                self._sent[step.name], self._lost[step.name] = time.monotonic(), []
                work.key, work.device = step, self.book.config.device
                self._crew.add(work)

    def _send_stages(self) -> None:
        """Send all stages whose needs are in the file."""
        for step in self._steps:
            ready = isinstance(step, Stage) and step.name not in self._sent and step.name not in self._early
            if not ready or self.ledger.obstacle(step) or any(name not in self.book for name in step.needs):
                continue
            results = tuple(self.book.load(name) for name in step.needs)
            if sum(map(_size, results)) > MOST_BYTES:
                continue
            self._sent[step.name] = time.monotonic()
            work = Work(made, self._about, np.zeros(1, np.int64), canary, (step, results), self._device, step)
            self._crew.add(work)

    @property
    def _device(self) -> str:
        return str(getattr(self.book, "source", self.book).config.device)

    def _take(self, come: Made) -> None:
        """Put replicas to their place; keep the result of a stage until its turn."""
        step = come.work.key
        if come.error is not None and not isinstance(come.error, ArgumentError):
            raise come.error
        seconds = time.monotonic() - self._sent[step.name]
        if come.error is not None:
            self._early[step.name] = _Early(None, [], seconds, come.error)
        elif isinstance(step, Training):
            self._lost[step.name] += step.keep(self._writers[step.name], come.found)
            if come.work.is_made:
                self._early[step.name] = _Early(None, [], seconds)
        else:
            result, told = come.found
            self._early[step.name] = _Early(result, told, seconds)

    def _settle(self) -> None:
        """Put into the file what has its turn, and make here what is not sent."""
        while self._steps:
            self._send_stages()
            step = self._steps[0]
            if step.name in self._early:
                self._put(step, self._early.pop(step.name))
            elif step.name in self._sent:
                return
            else:
                self.ledger.make(step)
                self._advance(isinstance(step, Stage))
            self._steps.pop(0)

    def _put(self, step: Step, early: _Early) -> None:
        if early.error is None and isinstance(step, Training):
            step.finish(self._writers[step.name], sorted(self._lost[step.name]), self.ledger.say)
        elif early.result is not None:
            for line in early.told:
                self.ledger.say(line)
            self.book.store.save(step.name, early.result)
        self.ledger.settle(step, early.seconds, early.error)


def _size(result: Any) -> int:
    """Bytes of the arrays of a result."""
    values = (getattr(result, field.name) for field in fields(result))
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray))
