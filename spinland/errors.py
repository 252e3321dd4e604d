"""Errors of spinland: each names the argument or the file, what came, and what was expected."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

_LONGEST = 200  # letters of a value in a message


class SpinlandError(Exception):
    """Base of all errors that spinland raises on purpose.

    Every one survives pickling, so that it reaches the parent of a worker process: it is restored from its
    message and its attributes, never by calling its class again, whose arguments are others.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """How pickle and copy make another one."""
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[SpinlandError], args: tuple[Any, ...]) -> SpinlandError:
    return kind.__new__(kind, *args)


def shown(value: object) -> str:
    """A value in a message, in a line of moderate length, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 (a whole number of more digits than Python prints, or an object's own fault)
        return f"a value of type {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]} ... ({len(text)} letters)"


class ArgumentError(SpinlandError, ValueError):
    """An argument has a value that makes no sense.

    Parameters
    ----------
    argument : str
        Name of the argument.
    expected : str
        What would have been right.
    got : object
        What came; omitted from the message when it is not given.
    """

    def __init__(self, argument: str, expected: str, got: object = ...):
        self.argument = argument
        self.complaint = f"expected {expected}" + ("" if got is ... else f", got {_came(got)}")
        super().__init__(f"{argument}: {self.complaint}")

    def about(self, argument: str) -> ArgumentError:
        """The same complaint about the argument of another function, which handed its own on."""
        error = copy.copy(self)
        error.argument, error.args = argument, (f"{argument}: {self.complaint}",)
        return error


def _came(got: object) -> str:
    """What came: words as they are, other things as Python shows them."""
    if isinstance(got, str) and 0 < len(got) <= _LONGEST:
        return got
    return shown(got)


class FileError(SpinlandError, RuntimeError):
    """A file is missing, truncated, corrupt, of another make or another version.

    Parameters
    ----------
    path : path-like
        The file.
    problem : str
        What is wrong with it.
    """

    def __init__(self, path: str | Path, problem: str):
        self.path = Path(path)
        super().__init__(f"{path}: {problem}")


class DataError(FileError):
    """A data file cannot be used."""


class StoreError(FileError):
    """A result file cannot be read or written."""


class DeviceUnavailable(SpinlandError, RuntimeError):
    """The device asked for is absent, or this operation has no form for it yet. Nothing falls back."""

    argument = "device"
    """The argument that it is about, with which the message begins."""


class DeviceMemoryError(SpinlandError, MemoryError):
    """A card has not the memory that is needed.

    Parameters
    ----------
    needed, free : int
        Bytes.
    """

    argument = "device"

    def __init__(self, needed: int, free: int):
        self.needed, self.free = needed, free
        super().__init__(f"device: {needed:,} bytes of the card's memory are needed, {free:,} are free")

    def __reduce__(self) -> tuple[Any, ...]:
        """A MemoryError is made in a way of its own."""
        return type(self), (self.needed, self.free), self.__dict__


PINNED = "NUMBA_CPU_NAME, NUMBA_CPU_FEATURES, OPENBLAS_CORETYPE, NPY_DISABLE_CPU_FEATURES"
"""Variables that make processors of several kinds compute alike."""


class WorkerMismatch(SpinlandError, RuntimeError):
    """A worker would make other numbers than those who gather them.

    Parameters
    ----------
    worker : tuple of str and int
        Its host and process.
    difference : str
        In what it differs.
    """

    def __init__(self, worker: tuple[str, int], difference: str):
        self.worker, self.difference = worker, difference
        super().__init__(
            f"worker {worker[1]} on {worker[0]} is refused: {difference}; stop it, or install the same versions "
            f"everywhere, and on processors of several kinds set these alike, here and there: {PINNED}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Two arguments make one message."""
        return type(self), (self.worker, self.difference), self.__dict__


class WorkersLost(SpinlandError, RuntimeError):
    """Workers die, or do not answer, and no task comes back.

    Parameters
    ----------
    n_tasks : int
        How many were lost in a row; 0 where none could be sent.
    last : BaseException or str
        What was said of the last one.
    """

    def __init__(self, n_tasks: int, last: BaseException | str):
        self.n_tasks = n_tasks
        self.last = last if isinstance(last, str) else f"{type(last).__name__}: {last}"
        lost = f"{n_tasks} tasks in a row did not come back (of the last: {self.last})" if n_tasks else self.last
        advice = "rows that are in a file are kept, and the same command goes on"
        if "BrokenProcessPool" in self.last:
            advice = 'a script whose pool starts processes by "spawn" needs if __name__ == "__main__"; ' + advice
        super().__init__(f"executor: {'' if n_tasks else 'it takes no tasks: '}{lost}; {advice}")

    def __reduce__(self) -> tuple[Any, ...]:
        """The last error itself need not survive a journey."""
        return type(self), (self.n_tasks, self.last), self.__dict__


class DivergenceWarning(UserWarning):
    """Some replicas diverged in training; their rows are NaN."""


class ShortRunWarning(UserWarning):
    """A run is too short for its own memory: the errors of its averages may be too small."""
