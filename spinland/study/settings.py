"""Settings as a dataclass that the command line, TOML files and Python share; what all such classes have."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .. import checks
from ..errors import ArgumentError, FileError


def setting(default: Any, help: str, check: Callable[[str, Any], Any], chapter: str) -> Any:
    """A field of a settings class: default, explanation, check and the chapter of the help it stands in."""
    return field(default=default, metadata={"help": help, "check": check, "chapter": chapter})


def whole(minimum: int, optional: bool = False) -> Callable[[str, Any], int | None]:
    """Check: a whole number, or None where it is optional."""

    def check(name: str, value: Any) -> int | None:
        return (
            None
            if optional and value is None
            else checks.integer(name, value, minimum=minimum, maximum=10**9)
        )

    return check


def number(**bounds: float) -> Callable[[str, Any], float]:
    """Check: a real number within bounds."""
    return lambda name, value: checks.real(name, value, **bounds)


def one_of(*options: Any) -> Callable[[str, Any], Any]:
    """Check: one of the options."""
    return lambda name, value: checks.choice(name, value, options)


def several(
    check: Callable[[str, Any], Any], *, optional: bool = False, empty: bool = False
) -> Callable[..., Any]:
    """Check: a list of different entries, each checked."""

    def check_all(name: str, value: Any) -> tuple[Any, ...] | None:
        if optional and value is None:
            return None
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise ArgumentError(name, "a list", value)
        items = tuple(check(name, item) for item in value)
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
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


S = TypeVar("S", bound=Settings)


def listed(kind: type[Settings]) -> list[tuple[str, str, str, Any]]:
    """Name, chapter, explanation and default of every setting."""
    return [(f.name, f.metadata["chapter"], f.metadata["help"], f.default) for f in fields(kind)]


def from_mapping(kind: type[S], values: Mapping[str, Any]) -> S:
    """Settings from a dictionary; hyphens and underscores are the same.

    Raises
    ------
    ArgumentError
        An unknown setting, or one that does not fit.
    """
    known = {f.name for f in fields(kind)}
    plain = {key.replace("-", "_"): value for key, value in values.items()}
    unknown = sorted(set(plain) - known)
    if unknown:
        raise ArgumentError(
            unknown[0], f"a setting of spinland {kind.kind}: " + ", ".join(sorted(known)), "an unknown name"
        )
    return kind(**plain)


def read_toml(path: str | Path, kind: type[Settings]) -> dict[str, Any]:
    """Settings of a TOML file, flat or in a table of the kind's name, such as ``[study]``.

    Raises
    ------
    FileError
        No such file, or not TOML.
    """
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise FileError(path, error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(path, f"not TOML: {error}") from None
    table = values.get(kind.kind, values)
    if not isinstance(table, dict):
        raise FileError(path, f"{kind.kind!r} is not a table")
    return dict(table)
