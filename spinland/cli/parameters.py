"""Kinds of values that options take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ..errors import ArgumentError
from ..paths import user_path

_MOST_DIGITS = 7  # of a number of shards


class UserPath(click.Path):
    """A path, with ``~`` for the home folder.

    Parameters
    ----------
    kind : {"input", "output", "folder"}
        A file that is read (or what stands for one, such as a pipe); a file that is written, and may replace nothing
        but a file; a folder.
    """

    def __init__(self, kind: str):
        super().__init__(path_type=Path, file_okay=kind != "folder", dir_okay=kind == "folder")
        self._writes = kind == "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or a complaint that names the option."""
        try:
            path = user_path("path", value)
        except ArgumentError as error:
            self.fail(str(error).removeprefix("path: "), param, ctx)
        path = Path(os.fsdecode(super().convert(path, param, ctx)))
        if self._writes and not path.name:
            self.fail(f"{str(path)!r} is no name of a file", param, ctx)
        if self._writes and os.path.exists(path) and not os.path.isfile(path):
            self.fail(f"{str(path)!r} is a device or a pipe, no file", param, ctx)
        return path


class Words(click.ParamType):
    """Words separated by commas."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The words as a tuple."""
        if not isinstance(value, str):
            return value
        return tuple(word.strip() for word in value.split(",") if word.strip())


class ShardNumber(click.ParamType):
    """K/N, the K-th of N shards."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The two numbers as a tuple."""
        if not isinstance(value, str):
            return value
        number, slash, count = value.partition("/")
        digits = number.isascii() and number.isdigit() and count.isascii() and count.isdigit()
        if not (slash and digits and len(count) < _MOST_DIGITS and 1 <= int(number) <= int(count)):
            self.fail(f"{value!r} is not K/N, such as 17/200, with K from 1 to N", param, ctx)
        return int(number), int(count)


class Numbers(click.ParamType):
    """Numbers separated by commas; ``none`` is the empty list."""

    name = "list"

    def __init__(self, kind: type):
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The numbers as a tuple."""
        if not isinstance(value, str):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            return tuple(self.kind(item) for item in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of {self.kind.__name__} separated by commas", param, ctx)
