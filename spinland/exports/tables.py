"""A result as a table: one row for each place of its axes, one column for each of its arrays.

    Line       alphas (alphas,), values (line, alphas)     →     line | alphas | values | accuracy
                                                                 0    | 0.0    | 0.31   | 0.93
                                                                 0    | 0.1    | …

Columns of fewer axes are repeated. An axis named as a field has that as its coordinates; others get numbers from 0 on.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..results import Result


def table(result: Result) -> dict[str, NDArray[Any]]:
    """The columns of a result's table, all of one length, by name.

    Parameters
    ----------
    result : Result
        Of a class that names its axes: curves, planes, walks, swaps, histories of training, findings and more.

    Returns
    -------
    dict
        Name of a column to array (rows,): numbers of the axes first, then the fields of the result in their order.

    Raises
    ------
    ArgumentError
        A result of many shapes, which is no table; ``spinland.Store`` gives its arrays.
    """
    if not isinstance(result, Result):
        raise ArgumentError("result", "a Result", type(result).__name__)
    named = {name: _named(result, name, axes) for name, axes in type(result).axes.items()}
    found = {name: (axes, array) for name, (axes, array) in named.items() if array is not None}
    if not found:
        kind = type(result).stored_as.name
        raise ArgumentError("result", "a result that is a table: its class names axes", f"a {kind}")
    axes = max((axes for axes, _ in found.values()), key=len)
    fitting = {name: (own, array) for name, (own, array) in found.items() if set(own) <= set(axes)}
    sizes = {axis: array.shape[i] for own, array in fitting.values() for i, axis in enumerate(own)}
    shape = tuple(sizes[axis] for axis in axes)
    columns = {axis: _spread(np.arange(sizes[axis]), (axis,), axes, shape) for axis in axes if axis not in fitting}
    return columns | {name: _spread(array, own, axes, shape) for name, (own, array) in fitting.items()}


def _named(result: Result, name: str, axes: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[Any] | None]:
    """An array of a result and the names of its axes: one item less of the first, or one of instances more."""
    value = getattr(result, name)
    if value is None:
        return axes, None
    array = np.asarray(value)
    if array.ndim > len(axes):
        axes = ("instance", *axes)
    return axes[len(axes) - array.ndim :], array


def _spread(array: NDArray[Any], own: tuple[str, ...], axes: tuple[str, ...], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array repeated along the axes that it has not, flat."""
    order = sorted(range(len(own)), key=lambda i: axes.index(own[i]))
    moved = np.transpose(array, order)
    held = tuple(size if axis in own else 1 for axis, size in zip(axes, shape, strict=True))
    return np.broadcast_to(moved.reshape(held), shape).ravel()


def csv_text(result: Result) -> str:
    """A result's :func:`table` as CSV: a line of names, then the rows; numbers with all their digits, NaN empty."""
    columns = table(result)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(map(_cell, column.tolist()) for column in columns.values()), strict=True))
    return out.getvalue()


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value
