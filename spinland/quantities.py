"""What a landscape's value is, in words: results keep it, and figures write it on their axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ArgumentError
from .results import Result

UNITS = {"cross_entropy": "nats", "mse": "mean squared error"}
"""Unit of each loss of a network."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured(Result):
    """A result that holds values of a landscape.

    Attributes
    ----------
    quantity : str
        What the value is, such as ``"training loss"`` or ``"energy per spin"``.
    unit : str
        Its unit, empty where there is none.
    """

    quantity: str = "value"
    unit: str = ""


def words(name: str, value: Any) -> str:
    """A quantity or a unit: text that a file can hold.

    Raises
    ------
    ArgumentError
        Not text, or with null characters.
    """
    if not isinstance(value, str) or "\0" in value:
        raise ArgumentError(name, "text, such as 'energy' or 'eV'", value)
    return value


def quantity_of(source: Any) -> dict[str, Any]:
    """``quantity`` and ``unit`` of a landscape or a result, as fields of :class:`Measured`; neutral if it has none."""
    return {
        "quantity": str(getattr(source, "quantity", Measured.quantity)),
        "unit": str(getattr(source, "unit", Measured.unit)),
    }
