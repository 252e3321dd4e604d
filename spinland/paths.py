"""The one door for every path that a user gives, in Python, in a settings file and on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .errors import ArgumentError


def user_path(argument: str, value: Any) -> Path:
    """A path as a user means it: ``~`` and ``~name`` are home folders, as in a shell.

    A ``~`` that stands for nobody's home is left as it is: files may be called so.

    Parameters
    ----------
    argument : str
        Name of the argument, for the error.
    value : str, bytes or path-like
        What came.

    Returns
    -------
    Path

    Raises
    ------
    ArgumentError
        No path, an empty one, or one that no file can have.
    """
    try:
        text = os.fsdecode(value)
        os.fsencode(text)
    except (TypeError, UnicodeError):
        raise ArgumentError(argument, "a path", value) from None
    if not text:
        raise ArgumentError(argument, "a path", "an empty one")
    if "\0" in text:
        raise ArgumentError(argument, "a path without NUL", text)
    return Path(os.path.expanduser(text))


def beside(path: Path, ending: str) -> Path:
    """A file beside another: its name without ``.h5`` or ``.hdf5``, any other name whole, and the ending."""
    stem = path.name[: -len(path.suffix)] if path.suffix.lower() in (".h5", ".hdf5") else path.name
    return path.with_name(stem + ending)


def refuse_to_replace(argument: str, path: Path, overwrite: bool) -> None:
    """Refuse a file that exists, unless it may be replaced.

    Raises
    ------
    ArgumentError
        It exists.
    """
    if path.exists() and not overwrite:
        raise ArgumentError(argument, "a file that does not exist, or overwrite=True", str(path))
