"""Displays of progress: bars in a terminal, a bar in a notebook, lines where there is neither."""

from __future__ import annotations

import functools
import html
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from . import checks, progress
from .progress import Advance, Display, set_display

COMPILING = "compiling kernels for this machine: once, about a minute in all; later runs start at once"

_LINE_EVERY_S = 15.0
_NOTEBOOK_EVERY_S = 0.2


def printable(text: str) -> str:
    """Text for one line of a terminal: controls, line ends and bytes that are no text stand as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _Unfailing:
    """A text stream whose faults do not matter: a computation must outlive the terminal it was started from."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what the stream's encoding can hold, escapes for the rest; nothing to a closed stream."""
        with suppress(OSError, ValueError):
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def console_here() -> Console:
    """A console on standard error that takes text as it is: no markup, no names of emoji, no colour of its own."""
    if sys.stderr is None:
        return Console(quiet=True)
    stream: Any = _Unfailing(sys.stderr)
    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=True)


def display_here() -> Display:
    """The display that fits the place: notebook, terminal or neither. It tells when kernels are compiled, too."""
    _announce_compiling()
    if _in_notebook():
        return notebook_bar
    console = console_here()
    return Bars(console) if console.is_terminal else Lines(console.print)


@functools.cache
def _announce_compiling() -> None:
    """Say so when kernels are compiled, which is a minute of silence else; once in a process."""
    from spinland_kernels import jit

    told: list[str] = []

    def begun(name: str) -> None:
        if not told and progress.shown():
            told.append(name)
            console_here().print(COMPILING, style="dim")

    jit.on_compile(begun, lambda name, seconds: None)


class Bars:
    """Bars on a terminal, those of nested computations below each other.

    One live display serves all of them, as a terminal (and rich before version 14) has room for one only.
    """

    def __init__(self, console: Console):
        self._console = console
        self._lock = threading.Lock()
        self._live: Progress | None = None
        self._open = 0

    @contextmanager
    def __call__(self, total: int, description: str) -> Iterator[Advance]:
        """Show a bar until the block ends."""
        with self._lock:
            if self._live is None:
                self._live = self._new()
                self._live.start()
            live = self._live
            self._open += 1
            task = live.add_task(printable(description), total=total)
        try:

            def advance(n: int = 1, note: str = "") -> None:
                if note:
                    live.update(task, description=printable(f"{description}, {note}"))
                live.advance(task, n)

            yield advance
        finally:
            with self._lock:
                live.remove_task(task)
                self._open -= 1
                if self._open == 0:
                    self._live = None
                    live.stop()

    def _new(self) -> Progress:
        columns = (
            TextColumn("{task.description:<34}", markup=False),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        # What the computation prints goes where it always went: rich would send it after the bars, to stderr.
        to_terminal = sys.stdout is not None and sys.stdout.isatty()
        return Progress(*columns, console=self._console, transient=True, redirect_stdout=to_terminal)


class Lines:
    """A line every 15 seconds, for what no terminal shows."""

    def __init__(self, say: Callable[[str], None]):
        self._say = say

    @contextmanager
    def __call__(self, total: int, description: str) -> Iterator[Advance]:
        """Tell how far it is, until the block ends."""
        done, last = 0, time.monotonic()

        def advance(n: int = 1, note: str = "") -> None:
            nonlocal done, last
            done += n
            if time.monotonic() - last > _LINE_EVERY_S:
                last = time.monotonic()
                self._say(f"  {printable(description)}: {done} of {total}" + (f", {note}" if note else ""))

        yield advance


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs this, which shows pictures and HTML."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def notebook_bar(total: int, description: str) -> Iterator[Advance]:
    """A bar below the cell of a notebook; it goes when the work is done."""
    from IPython.display import HTML, display  # type: ignore[import-not-found, unused-ignore]

    begin = time.monotonic()

    def bar(done: int, note: str = "") -> Any:
        words = f"{description}: {done} of {total}, {time.monotonic() - begin:.0f} s"
        text = html.escape(f"{words}, {note}" if note else words)
        return HTML(f'<progress value="{done}" max="{max(total, 1)}"></progress> {text}')

    handle = display(bar(0), display_id=True)
    done, last = 0, begin

    def advance(n: int = 1, note: str = "") -> None:
        nonlocal done, last
        done += n
        if time.monotonic() - last > _NOTEBOOK_EVERY_S:
            last = time.monotonic()
            handle.update(bar(done, note))

    try:
        yield advance
    finally:
        handle.update(HTML(""))


class ShownProgress:
    """What `show_progress` returns: leaving its ``with`` block puts back the display there was before."""

    def __init__(self, before: Display | None):
        self._before = before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        set_display(self._before)


def show_progress(on: bool = True) -> ShownProgress:
    """Show how far long computations are, from now on or within a ``with`` block; off until it is called.

    In a terminal these are bars on standard error, in a notebook a bar below the cell, and elsewhere (a log
    file, say) a line every 15 seconds. The numbers computed are the same with and without.

    Parameters
    ----------
    on : bool
        False switches it off.

    Returns
    -------
    ShownProgress
        Of use in ``with sl.show_progress(): ...`` only, which ends with the block.

    Raises
    ------
    ArgumentError
        ``on`` is neither True nor False.
    """
    on = checks.boolean("on", on)
    if not on:
        return ShownProgress(set_display(None))
    return ShownProgress(set_display(display_here()))
