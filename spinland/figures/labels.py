"""Words and symbols on the axes, those of arXiv:2407.20724, and numbers with their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import real
from ..errors import ArgumentError
from ..quantities import UNITS, quantity_of

_SYMBOLS = {"energy per spin": "H/N"}


def symbol(quantity: str) -> str:
    """The letter of a quantity, for mathematics: L of a loss, H/N of a glass; empty where it has none."""
    return "L" if quantity.split(" ")[-1] == "loss" else _SYMBOLS.get(quantity, "")


def axis_label(quantity: str, unit: str = "") -> str:
    """``"training loss $L$ (nats)"``: a quantity with its letter and its unit, where it has them."""
    letter = symbol(quantity)
    return quantity + (f" ${letter}$" if letter else "") + (f" ({unit})" if unit else "")


def value_label(results: Sequence[Any], given: str | None = None) -> str:
    """Label of the values of results: the one that is ``given``, or what the results say of themselves."""
    if given is not None:
        return given
    labels = [axis_label(**quantity_of(result)) for result in results]
    return ", ".join(dict.fromkeys(labels))  # several quantities on one axis are all named


def accuracy_label(results: Sequence[Any]) -> str:
    """Label of the accuracies of results, by the name of their loss."""
    names = [quantity_of(result)["quantity"] for result in results]
    return ", ".join(dict.fromkeys(name[:-4] + "accuracy" if symbol(name) == "L" else "accuracy" for name in names))


def change(quantity: str) -> str:
    r"""``\Delta L`` of a loss, for mathematics; empty for a quantity without a letter."""
    letter = symbol(quantity)
    return "" if not letter else rf"\Delta {letter}" if len(letter) == 1 else rf"\Delta({letter})"


def change_label(words: str, results: Sequence[Any], unit: str | None = None) -> str:
    r"""``"barrier $\Delta L$ (nats)"``: a difference of the values of results, in their unit or in the one given."""
    first = quantity_of(results[0])
    letter = change(first["quantity"])
    what = f"${letter}$" if letter else f"of the {first['quantity']}"
    unit = first["unit"] if unit is None else unit
    return f"{words} {what}" + (f" ({unit})" if unit else "")


LOSS = axis_label("training loss", UNITS["cross_entropy"])
"""Value of a network under cross-entropy."""

SQUARED_ERROR = axis_label("training loss", UNITS["mse"])
"""Value of a network under mean squared error."""

ENERGY = axis_label("energy per spin")
"""Value of a spin glass."""

WIDTH = r"hidden neurons $M$"
SWAPS = r"swapped pairs $S$"
ALPHA = r"position $\alpha$"
OVERLAP = r"overlap $q$"
TIME = r"time $t$"
DISTANCE = r"distance $d_{ab} = |w_a - w_b|$"


def named_levels(levels: Any) -> dict[str, float]:
    """Names and places of the lines that a figure draws besides its result; none for None.

    Raises
    ------
    ArgumentError
        Not a mapping of names to finite numbers.
    """
    if levels is None:
        return {}
    if not isinstance(levels, Mapping) or not all(isinstance(name, str) for name in levels):
        raise ArgumentError("levels", "a mapping of names to numbers", levels)
    return {name: real("levels", level) for name, level in levels.items()}
