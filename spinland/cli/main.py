"""The command ``spinland``: how it ends, its errors and its exit codes.

Exit codes: 0 done, 1 failure, 2 wrong usage, 130 stopped (Ctrl-C, or a signal that asks to end).
"""

from __future__ import annotations

# Whatever is imported here is imported before Ctrl-C is dealt with: no more than what Python has loaded anyway.
import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

_LONGEST = 600
"""Characters of a message that are shown, of more the beginning and the end: some users' numbers have 6,000 digits."""

_RESUMING = ("study", "glass", "atlas", "merge")
"""Commands that go on where they were stopped."""


class Interrupts:
    """Turns signals that ask to end into KeyboardInterrupt, and remembers that one came.

    What runs when it comes (an import, a library written in C) may report it as a fault of another kind.
    """

    def __init__(self) -> None:
        self.came = False
        self._before: dict[int, Any] = {}
        self._hook = sys.unraisablehook

    def _quiet(self, unraisable: Any, /) -> None:
        """Ask again where a stop came while Python cleaned up, where nothing can be raised.

        What else fails in cleaning up after a stop are things that were half made; before one, it is told.
        """
        if not self.came:
            self._hook(unraisable)
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            return
        import threading

        again = threading.Timer(0.01, self._ask_again)  # at once it would be raised in here
        again.daemon = True
        again.start()

    def _ask_again(self) -> None:
        import _thread

        if self in _active:  # else the program has stopped by now, and is only telling so
            _thread.interrupt_main()

    def __enter__(self) -> Self:
        self._hook, sys.unraisablehook = sys.unraisablehook, self._quiet
        _active.append(self)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            try:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and shells do for what goes on behind
                    self._before[number] = signal.signal(number, self._stop)
            except ValueError:  # not the main thread
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.remove(self)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if not self.came:
            sys.unraisablehook = self._hook

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt


_active: list[Interrupts] = []


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if a stop was asked for and something on the way has swallowed it, as some imports do."""
    if any(interrupts.came for interrupts in _active):
        raise KeyboardInterrupt


def main() -> None:
    """Run the command line and leave with its exit code."""
    code = run(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):  # all is done: nothing is left that could be stopped
        signal.signal(number, signal.SIG_IGN)
    exec("")  # noqa: S102 (Python notes a stop within an exec, as of a dataclass, and would end with the signal)
    sys.exit(_flushed(code))


def run(words: list[str]) -> int:
    """Run the command of these words and return its exit code.

    Raises
    ------
    Exception
        A fault of the program itself, and any error with ``--debug`` among the words.
    """
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    with Interrupts() as interrupts:
        try:
            from .commands import invoke

            _make_forgiving()
            return invoke(words)
        except BaseException as error:  # noqa: BLE001 (what is no known fault is raised again)
            if not (interrupts.came or isinstance(error, KeyboardInterrupt)):
                return _told(error, words, debug)
    goes_on = words[:1] and words[0] in _RESUMING
    complain("stopped" + ("; what was finished is stored, the same command goes on from there" if goes_on else ""))
    return 130


def complain(message: str) -> None:
    """Write one line about what is wrong to standard error, if that is there."""
    import click

    from ..displays import printable

    text = printable(message)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 100]} … {text[-100:]}"
    with suppress(OSError, ValueError):
        click.echo(click.style("error: ", fg="red", bold=True) + text, err=True)


def _make_forgiving() -> None:
    """Letters that a terminal has not are written as escapes: no message is worth an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _told(error: BaseException, words: list[str], debug: bool) -> int:
    """Tell what is wrong; returns the exit code. What is no error of a user or of the system is raised again."""
    import click

    from ..errors import ArgumentError, DeviceMemoryError, DeviceUnavailable, SpinlandError
    from .commands import option_of, told_usage

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):  # click's name for it
        error = error.__cause__
    if debug and not (isinstance(error, click.ClickException) and error.__cause__ is None):
        raise error
    if isinstance(error, click.ClickException):
        told_usage(error)
        return error.exit_code
    if isinstance(error, (ArgumentError, DeviceUnavailable, DeviceMemoryError)):
        option = option_of(error.argument, words)
        complain(option + str(error).removeprefix(error.argument) if option else str(error))
        return 2 if isinstance(error, ArgumentError) else 1
    if isinstance(error, BrokenPipeError):
        return 1  # whoever read our output has had enough
    if isinstance(error, MemoryError):
        complain(f"not enough memory: {error}" if str(error) else "not enough memory")
        return 1
    if isinstance(error, (SpinlandError, OSError)):
        complain(str(error) or type(error).__name__)
        return 1
    raise error


def _flushed(code: int) -> int:
    """The exit code, 1 if the end of the output could not be written; it then goes nowhere."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if not isinstance(sys.exc_info()[1], BrokenPipeError) and stream is sys.stdout and code == 0:
                complain(f"the output could not be written: {sys.exc_info()[1]}")
            code = code or 1
    return code
