"""What figure functions ask of their arguments, and means over walkers or replicas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import listing as sequence
from ..errors import ArgumentError
from .arguments import with_checked_arguments
from .labels import accuracy_label, value_label

_Draw = TypeVar("_Draw", bound=Callable[..., Any])


def takes(kind: str, *needed: str, several: bool = False, grouped: bool = False) -> Callable[[_Draw], _Draw]:
    """Decorate a figure function: its first argument is a result that has the fields that are ``needed``.

    Parameters
    ----------
    kind : str
        Name of the result's class, for the message.
    needed : str
        Fields that tell such a result from others.
    several : bool
        A sequence of such results will do as well.
    grouped : bool
        So will a sequence of such sequences.

    Raises
    ------
    ArgumentError
        When the function is called with something else.
    """
    words = f"a {kind}" + (" or a sequence of them" if several or grouped else "")
    depth = 2 if grouped else int(several)

    def decorate(draw: _Draw) -> _Draw:
        first = next(iter(inspect.signature(draw).parameters))
        draw = with_checked_arguments(draw)

        @wraps(draw)
        def checked(*args: Any, **kwargs: Any) -> Any:
            given = args[0] if args else kwargs.get(first)
            for item in _leaves(given, depth) if args or first in kwargs else ():
                if any(not hasattr(item, field) for field in needed):
                    raise ArgumentError(first, words, item)
            return draw(*args, **kwargs)

        return checked  # type: ignore[return-value]

    return decorate


def _leaves(value: Any, depth: int) -> list[Any]:
    """What lies in sequences of so many levels, or of fewer: all in the innermost sequence are of one kind.

    A sequence that is empty, or stands beside what is none, is no level but a leaf, and of the wrong kind.
    """
    if depth == 0 or not isinstance(value, (list, tuple)):
        return [value]
    inner = [isinstance(item, (list, tuple)) and len(item) > 0 for item in value]
    return [leaf for item in value for leaf in _leaves(item, depth - 1 if all(inner) else 0)]


def listing(name: str, value: Any) -> list[Any]:
    """One result or a sequence of them as a list.

    Raises
    ------
    ArgumentError
        The sequence is empty.
    """
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not items:
        raise ArgumentError(name, "at least one result", "an empty sequence")
    return items


def matched(name: str, given: Sequence[Any] | None, n: int) -> list[Any]:
    """``given`` as a list of ``n``; ``n`` times None if it is None.

    Raises
    ------
    ArgumentError
        Another number of them.
    """
    if given is None:
        return [None] * n
    items = [given] if isinstance(given, str) else sequence(name, given, "a sequence")
    if len(items) != n:
        raise ArgumentError(name, f"one for each of {n} results", f"{len(items)}")
    return items


def measured(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """The values as float64, of which at least one is a number.

    Raises
    ------
    ArgumentError
        All are NaN: they were not computed, or have no meaning for this landscape.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).any():
        raise ArgumentError(name, "a quantity that was computed", "NaN everywhere (no meaning on this landscape?)")
    return numbers


def field_of(result: Any, quantity: str) -> NDArray[np.float64]:
    """The array of a result that ``quantity`` names, ``values`` or ``accuracy``.

    Raises
    ------
    ArgumentError
        ``quantity`` is neither, or is an accuracy that has no meaning on the landscape.
    """
    if quantity not in ("loss", "accuracy"):
        raise ArgumentError("quantity", "'loss' or 'accuracy'", quantity)
    if quantity == "accuracy":
        return measured("quantity", result.accuracy)
    return measured("values", result.values)


def field_label(results: Sequence[Any], quantity: str, given: str | None) -> str:
    """Label of the axis of what :func:`field_of` gives: of the accuracy, or of the values."""
    return accuracy_label(results) if quantity == "accuracy" else value_label(results, given)


def mean_error(samples: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean over the first axis and its standard error, NaN left out; the error of fewer than two is NaN."""
    numbers = np.asarray(samples, dtype=np.float64)
    there = ~np.isnan(numbers)
    n = there.sum(axis=0)
    mean = np.where(n > 0, np.where(there, numbers, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)
    square = np.where(there, numbers - mean, 0.0) ** 2
    error = np.sqrt(square.sum(axis=0) / np.maximum(n - 1, 1) / np.maximum(n, 1))
    return mean, np.where(n > 1, error, np.nan)


def independent(item: Any) -> tuple[NDArray[np.float64], str]:
    """Energies (n, T) of descent or Langevin dynamics: of what the error of their mean is over, and what that is."""
    energies = np.asarray(getattr(item, "energies", [item.mean]))  # means alone, as of a scaling study, are one row
    if energies.ndim == 3:
        return energies.mean(axis=1), "instances"
    return energies, "walkers" if hasattr(item, "temperature") else "starts"
