"""Settings as a dataclass that the command line, TOML files and Python share; what all such classes have."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .. import checks
from ..errors import ArgumentError, FileError
from ..paths import user_path


def setting(default: Any, help: str, check: Callable[[str, Any], Any], chapter: str) -> Any:
    """A field of a settings class: default, explanation, check and the chapter of the help it stands in."""
    return field(default=default, metadata={"help": help, "check": check, "chapter": chapter})


def whole(minimum: int, optional: bool = False) -> Callable[[str, Any], int | None]:
    """Check: a whole number, or None where it is optional."""

    def check(name: str, value: Any) -> int | None:
        return None if optional and value is None else checks.integer(name, value, minimum=minimum, maximum=10**9)

    return check


def number(**bounds: float) -> Callable[[str, Any], float]:
    """Check: a real number within bounds."""
    return lambda name, value: checks.real(name, value, **bounds)


def one_of(*options: Any) -> Callable[[str, Any], Any]:
    """Check: one of the options."""
    return lambda name, value: checks.choice(name, value, options)


def several(check: Callable[[str, Any], Any], *, optional: bool = False, empty: bool = False) -> Callable[..., Any]:
    """Check: a list of different entries, each checked."""

    def check_all(name: str, value: Any) -> tuple[Any, ...] | None:
        if optional and value is None:
            return None
        items = tuple(check(name, item) for item in checks.entries(name, value, "a list"))
        if not items and not empty:
            raise ArgumentError(name, "at least one entry", "none")
        if len(set(items)) != len(items):
            raise ArgumentError(name, "different entries", items)
        return items

    return check_all


def flag(name: str, value: Any) -> bool:
    """Check: true or false."""
    if not isinstance(value, bool):
        raise ArgumentError(name, "true or false", value)
    return value


def seed64(name: str, value: Any) -> int:
    """Check: a 64-bit seed."""
    return checks.integer(name, value, minimum=0, maximum=2**64 - 1)


@dataclass(frozen=True)
class Settings:
    """Settings of something that a command makes; each is checked on construction.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str]
    """What is made: name of the command, of the table in a TOML file and of the kind in the file."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = item.metadata["check"](item.name, getattr(self, item.name))
            object.__setattr__(self, item.name, value)

    def as_dict(self) -> dict[str, Any]:
        """Settings as plain values, for JSON and TOML."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


S = TypeVar("S", bound=Settings)

KINDS = ("study", "glass", "atlas")
"""Kinds of settings that there are: the tables a TOML file may hold."""


def listed(kind: type[Settings]) -> list[tuple[str, str, str, Any]]:
    """Name, chapter, explanation and default of every setting."""
    return [(f.name, f.metadata["chapter"], f.metadata["help"], f.default) for f in fields(kind)]


def from_mapping(kind: type[S], values: Mapping[str, Any]) -> S:
    """Settings from a dictionary; hyphens and underscores are the same.

    Raises
    ------
    ArgumentError
        An unknown setting, one that stands twice, or one that does not fit.
    """
    known = {f.name for f in fields(kind)}
    plain = _with_underscores(values)
    unknown = sorted(set(plain) - known)
    if unknown:
        raise ArgumentError(
            unknown[0], f"a setting of spinland {kind.kind}: " + ", ".join(sorted(known)), "an unknown name"
        )
    return kind(**plain)


def _with_underscores(values: Mapping[str, Any]) -> dict[str, Any]:
    """Names with underscores for hyphens; two that become one are refused."""
    plain: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name in plain:
            raise ArgumentError(name, "one value", f"two: {name.replace('_', '-')!r} and {name!r} are the same")
        plain[name] = value
    return plain


def read_toml(path: str | Path, kind: type[Settings]) -> dict[str, Any]:
    """Settings of a TOML file, flat or in a table of the kind's name, such as ``[study]``.

    A file may hold the tables of several commands, `KINDS`, and nothing beside them.

    Returns
    -------
    dict
        Name, with underscores, to value.

    Raises
    ------
    FileError
        No such file, not TOML, or settings of other commands only.
    ArgumentError
        A key that is no setting and no table of a command, or one that stands twice.
    """
    values = _parse(path)
    tables = [name for name in KINDS if name in values]
    for name in tables:
        if not isinstance(values[name], dict):
            raise FileError(path, f"{name!r} is not a table")
    beside = [name for name in values if name not in tables]
    if tables and beside:
        raise FileError(
            path, f"{beside[0]!r} stands outside [{tables[0]}]: settings stand in tables, or all of them in none"
        )
    if tables and kind.kind not in tables:
        raise FileError(path, f"has no table [{kind.kind}], only [{'], ['.join(tables)}]")
    return _with_underscores(values[kind.kind] if tables else values)


def _parse(path: str | Path) -> dict[str, Any]:
    """What a TOML file holds."""
    place = user_path("path", path)
    try:
        with open(place, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise FileError(place, error.strerror or str(error)) from None
    except RecursionError:
        raise FileError(place, "not read: brackets within brackets, too many of them") from None
    except ValueError as error:  # wrong TOML, wrong UTF-8, or a number with more digits than Python reads
        raise FileError(place, f"not TOML: {error}") from None
