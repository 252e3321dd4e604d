"""What was made of a plan and what could not be, told in the order of the plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from ..chapters.book import Book
from ..chapters.chapter import Say, Step
from ..errors import ArgumentError


class Ledger:
    """The steps of a plan and how each came out.

    Parameters
    ----------
    book : Book
        What they are about.
    steps : sequence of Step
        In an order that respects what they need.
    say : callable
        Is told what goes on, a line at a time.

    Attributes
    ----------
    failed : dict
        Why results could not be made, by name.
    """

    def __init__(self, book: Book, steps: Sequence[Step], say: Say):
        self.book, self.steps, self.say = book, steps, say
        self.failed: dict[str, str] = {}
        self._causes: dict[str, str] = {}  # of each that failed, itself or by what it needs
        self._numbers = {step.name: i for i, step in enumerate(steps, 1)}
        self._made = 0

    def obstacle(self, step: Step) -> str:
        """Name of a result that a step needs and that could not be made; empty where there is none."""
        lost = [name for name in step.needs if name in self.failed]
        return lost[0] if lost and not step.partial else ""

    def make(self, step: Step) -> None:
        """Make a step here."""
        start, error = time.monotonic(), None
        try:
            if not self.obstacle(step):
                step.make(self.book, self.say)
        except ArgumentError as problem:
            error = problem
        self.settle(step, time.monotonic() - start, error)

    def settle(self, step: Step, seconds: float, error: ArgumentError | None = None) -> None:
        """Note how a step came out: what it needs was lost, it raised an error, or its result is in the file."""
        self.book.forget()
        lost, name = self.obstacle(step), step.name
        if lost:
            self.failed[name] = f"needs {lost}, which could not be made"
            self._causes[name] = self._causes[lost]
        elif error is not None:
            self.failed[name] = self._causes[name] = str(error)
        else:
            self._made += 1
            if step.title:
                self.say(f"{self._place(name)} {step.title} ({seconds:.1f} s)")
            return
        if Counter(self._causes.values())[self._causes[name]] == 1:
            self.say(f"{self._place(name)} {step.title}: cannot be made: {self.failed[name]}")

    def _place(self, name: str) -> str:
        return f"[{self._numbers[name]:>2}/{len(self.steps)}]"

    def close(self) -> int:
        """Keep what failed in the file, tell what failed for the same reason; returns how many were made."""
        for cause, number in Counter(self._causes.values()).items():
            if number > 1:
                self.say(f"{number - 1} more cannot be made for the same reason: {cause}")
        store = self.book.store
        before = {name: why for name, why in store.meta["failed"].items() if name not in self._numbers}
        store.set_meta(store.meta | {"failed": before | self.failed})
        return self._made
