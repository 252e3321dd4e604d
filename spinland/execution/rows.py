"""Rows that a function makes: here, block after block, or over an executor; one loop for whoever gathers them.

A work is a function of a module, what it is about, and addresses 0 … n − 1:

    function(about, rows, *more, advance) -> what it makes of these rows, the same whatever rows are made together

Here it gets blocks of at most ``size`` rows, which bound the memory that it takes; a worker cuts the rows of its task
into such blocks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import Advance, track
from .crew import spread

Function = Callable[..., Any]


def blocks(
    function: Function,
    about: Any,
    n_rows: int,
    executor: Any,
    canary: Callable[[Any], Any],
    *,
    description: str,
    more: tuple[Any, ...] = (),
    size: int | None = None,
    ticks: int = 1,
    device: str = "cpu",
) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Blocks of the rows of a work, and what the function makes of each: in order here, as they come from workers.

    Parameters
    ----------
    function : callable
        Of a module; calls ``advance(k)`` as it goes on, ``ticks`` times for each row in all.
    about : object
        What it is called with; workers keep it for other works about the same object.
    n_rows : int
        How many.
    executor : Executor or None
        Where; None is here.
    canary : callable
        Of a module; ``canary(about)`` makes arrays by which a worker shows that its bits are ours.
    description : str
        What it is, for the display of progress.
    more : tuple
        More that the function is called with.
    size : int, optional
        Rows that it gets at most; all by default.
    ticks : int
        Steps of progress in a row.
    device : str
        Where is computed.

    Yields
    ------
    rows : int array
    found : object

    Raises
    ------
    WorkerMismatch, WorkersLost, ArgumentError
        As of `spread`; and whatever the function raises.
    """
    size = n_rows if size is None else size
    if executor is None:
        with track(n_rows * ticks, description) as advance:
            for rows in _cut(np.arange(n_rows), size):
                yield rows, function(about, rows, *more, advance=advance)
        return
    task = (function, size, more)
    for rows, parts in spread(
        _elsewhere, about, n_rows, executor, canary, more=task, device=device, description=description
    ):
        yield from zip(_cut(rows, size), parts, strict=True)


def _elsewhere(about: Any, rows: NDArray[np.int64], function: Function, size: int, more: tuple[Any, ...]) -> list[Any]:
    """What a function makes of the rows of a task, block by block: what a worker does."""
    silent: Advance = lambda n=1, note="": None  # progress is shown where results are gathered
    return [function(about, some, *more, advance=silent) for some in _cut(np.array(rows), size)]


def _cut(rows: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for low in range(0, len(rows), size):
        yield rows[low : low + size]


def gathered(n_rows: int, found: Iterable[tuple[NDArray[np.int64], tuple[NDArray[Any], ...]]]) -> list[NDArray[Any]]:
    """Arrays (n_rows, …) of all rows from those of blocks, in whatever order these come; one that is whole is kept."""
    whole: list[NDArray[Any]] = []
    for rows, parts in found:
        if len(rows) == n_rows and all(part.flags.writeable for part in parts):
            return list(parts)
        whole = whole or [np.empty((n_rows, *part.shape[1:]), part.dtype) for part in parts]
        for array, part in zip(whole, parts, strict=True):
            array[rows] = part
    return whole


def listed(n_rows: int, found: Iterable[tuple[NDArray[np.int64], Iterable[Any]]]) -> list[Any]:
    """What there is of each row, from lists of blocks, in whatever order these come."""
    whole: list[Any] = [None] * n_rows
    for rows, parts in found:
        for row, part in zip(rows, parts, strict=True):
            whole[row] = part
    return whole
