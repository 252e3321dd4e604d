"""Errors of spinland: each names the argument or the file, what came, and what was expected."""

from __future__ import annotations

from pathlib import Path


class SpinlandError(Exception):
    """Base of all errors that spinland raises on purpose."""


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
        came = "" if got is ... else f", got {got or repr(got) if isinstance(got, str) else repr(got)}"
        super().__init__(f"{argument}: expected {expected}{came}")


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


class DivergenceWarning(UserWarning):
    """Some replicas diverged in training; their rows are NaN."""


class ShortRunWarning(UserWarning):
    """A run is too short for its own memory: the errors of its averages may be too small."""
