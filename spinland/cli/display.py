"""Progress on the terminal: bars where there is a terminal, plain lines where there is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from spinland_kernels import jit

from .. import progress

_LINE_EVERY_S = 15.0


class Terminal:
    """Shows what is going on, on standard error."""

    def __init__(self, quiet: bool = False):
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet
        self._begin = time.monotonic()
        self._compiled: list[float] = []  # seconds of each kernel
        self._announced = False

    def say(self, text: str) -> None:
        """Print a line, above the bars if there are any."""
        if not self.quiet:
            self.console.print(text)

    def install(self) -> None:
        """Show progress and compilation from now on."""
        if self.quiet:
            return
        progress.set_display(self._bar if self.console.is_terminal else self._lines)
        jit.on_compile(self._compiling, lambda name, seconds: self._compiled.append(seconds))

    def _compiling(self, name: str) -> None:
        if not self._announced:
            self._announced = True
            self.say(
                "[dim]compiling kernels for this machine: once, about a minute in all; later runs start at once[/dim]"
            )

    def tell_compiled(self) -> None:
        """Say what share of the time since the start went into compiling, if any did."""
        if self._compiled:
            seconds, all_seconds = sum(self._compiled), time.monotonic() - self._begin
            self.say(
                f"[dim]compiling kernels took {seconds:.1f} s of {all_seconds:.1f} s ({seconds / all_seconds:.0%}); "
                f"{len(self._compiled)} are kept for later runs[/dim]"
            )

    @contextmanager
    def _bar(self, total: int, description: str) -> Iterator[progress.Advance]:
        columns = (
            TextColumn("{task.description:<34}"), BarColumn(bar_width=28), MofNCompleteColumn(),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task(description, total=total)
            yield lambda n=1: bar.advance(task, n)

    @contextmanager
    def _lines(self, total: int, description: str) -> Iterator[progress.Advance]:
        done, last = 0, time.monotonic()

        def advance(n: int = 1) -> None:
            nonlocal done, last
            done += n
            if time.monotonic() - last > _LINE_EVERY_S:
                last = time.monotonic()
                self.say(f"  {description}: {done} of {total}")

        yield advance
