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
