"""Words and symbols on the axes, those of arXiv:2407.20724, and numbers with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..checks import real
from ..errors import ArgumentError
from ..formatting import plus_minus  # noqa: F401 - the figures take it from here

LOSS = r"training loss $L$ (nats)"
"""Value of a network under cross-entropy."""

SQUARED_ERROR = r"training loss $L$ (mean squared error)"
"""Value of a network under mean squared error."""

ENERGY = r"energy per spin $H/N$"
"""Value of a spin glass."""

ACCURACY = r"training accuracy"

WIDTH = r"hidden neurons $M$"
SWAPS = r"swapped pairs $S$"
ALPHA = r"position $\alpha$"
OVERLAP = r"overlap $q$"
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
