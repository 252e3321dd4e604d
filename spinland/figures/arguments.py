"""Arguments that many figure functions share are checked by their names, in one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from .. import checks

_Draw = TypeVar("_Draw", bound=Callable[..., Any])
_MOST_BINS = 100_000


def with_checked_arguments(draw: _Draw) -> _Draw:
    """Decorate a figure function: its arguments of common names are of the kind that the name says.

    Raises
    ------
    ArgumentError
        When the function is called with something else.
    """
    signature = inspect.signature(draw)
    tests = {name: _TESTS[name] for name in signature.parameters if name in _TESTS}

    @wraps(draw)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind_partial(*args, **kwargs).arguments
        for name in tests.keys() & given.keys():
            if given[name] is not signature.parameters[name].default:
                tests[name](name, given[name])
        return draw(*args, **kwargs)

    return checked  # type: ignore[return-value]


def _axes(name: str, value: Any) -> None:
    checks.instance(name, value, Axes, "Axes of matplotlib, or None")


def _figure(name: str, value: Any) -> None:
    checks.instance(name, value, FigureBase, "a Figure or SubFigure of matplotlib, or None")


def _text(name: str, value: Any) -> None:
    checks.instance(name, value, str, "a text")


def _labels(name: str, value: Any) -> None:
    if isinstance(value, str):
        return
    for item in checks.listing(name, value, "a text, or a sequence of texts"):
        if isinstance(item, (int, float)):
            checks.real(name, item)  # written as it is, and some have more digits than Python writes
        elif item is not None:
            checks.instance(name, item, str, "texts")


def _texts(name: str, value: Any) -> None:
    for item in checks.listing(name, value, "a sequence of texts"):
        checks.instance(name, item, str, "texts")


def _orders(name: str, value: Any) -> None:
    for item in checks.listing(name, value, "a sequence of orders"):
        if item is not None:
            checks.integer(name, item, minimum=1, maximum=1000)


def _levels(name: str, value: Any) -> None:
    for label, height in checks.instance(name, value, Mapping, "a dictionary {label: height}").items():
        checks.instance(name, label, str, "labels that are texts")
        checks.real(name, height)


def _number(name: str, value: Any) -> None:
    checks.real(name, value)


def _numbers(name: str, value: Any) -> None:
    for item in checks.listing(name, value, "a sequence of numbers"):
        checks.real(name, item)


def _resolution(name: str, value: Any) -> None:
    checks.real(name, value, minimum=1, maximum=10_000)


def _bins(name: str, value: Any) -> None:
    checks.integer(name, value, minimum=1, maximum=_MOST_BINS)


_TESTS: dict[str, Callable[[str, Any], Any]] = {
    "ax": _axes,
    "figure": _figure,
    "label": _text,
    "value_label": _text,
    "matrix_label": _text,
    "unit": _text,
    "name": _text,
    "title": _text,
    "quantity": _text,
    "versus": _text,
    "kind": _text,
    "measure": _text,
    "labels": _labels,
    "names": _texts,
    "value_labels": _texts,
    "titles": _texts,
    "units": _texts,
    "orders": _orders,
    "references": _orders,
    "levels": _levels,
    "log": checks.boolean,
    "equal": checks.boolean,
    "details": checks.boolean,
    "surfaces": checks.boolean,
    "relative": checks.boolean,
    "spread": checks.boolean,
    "room": checks.boolean,
    "overwrite": checks.boolean,
    "guide": _number,
    "power": _number,
    "threshold": _number,
    "thresholds": _numbers,
    "onsets": _numbers,
    "dpi": _resolution,
    "n_bins": _bins,
    "bins": _bins,
}
