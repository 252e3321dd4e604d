"""Work on a landscape, here or elsewhere: rows that need nothing but the landscape, a plan and their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rng
from ..execution.engines import Executor
from ..execution.rows import blocks
from .function import FunctionLandscape
from .protocol import Landscape


def over(
    function: Callable[..., Any],
    landscape: Landscape | Sequence[Landscape],
    n_rows: int,
    executor: Executor | None,
    plan: Any,
    *,
    description: str,
    size: int | None = None,
    ticks: int = 1,
) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Blocks of rows, and what ``function(landscape, rows, plan, advance=…)`` makes of each.

    Parameters
    ----------
    function : callable
        Of a module; what it makes of a row depends on no other row that is made with it.
    landscape : Landscape, or several
        Workers keep it, with what its kernels have made ready, for other works on it.
    n_rows : int
        How many.
    executor : Executor or None
        Where; None is here.
    plan : object
        What else the function needs.
    description, size, ticks
        As of `execution.rows.blocks`.

    Yields
    ------
    rows : int array
    found : object
    """
    return blocks(
        function,
        landscape,
        n_rows,
        executor,
        canary,
        description=description,
        more=(plan,),
        size=size,
        ticks=ticks,
        device=_several(landscape)[0].device,
    )


def canary(landscape: Landscape | Sequence[Landscape]) -> list[NDArray[Any]]:
    """Values and slopes of a landscape, of several the first, at two random points: the same bits wherever all has.

    A function of a user's may be asked where it has no value: it then raises the same error everywhere.
    """
    first = _several(landscape)[0]
    points, found = _points(first), []
    with np.errstate(all="ignore"):
        try:
            found.append(np.asarray(first.value(points)))
            if not isinstance(first, FunctionLandscape) or first.has_gradient:
                found.append(np.asarray(first.gradient(points)))
        except Exception as error:  # noqa: BLE001 (whatever somebody's function raises)
            found.append(np.frombuffer(type(error).__name__.encode(), np.uint8))
    return found


def _points(landscape: Landscape) -> NDArray[Any]:
    """Two random points (2, dim), of the typical norm where there is one."""
    points = np.empty((2, landscape.dim))
    rng.fill_normals(points, 0, rng.Purpose.SPINS, np.arange(2), 0)
    if landscape.typical_norm is not None:
        points *= landscape.typical_norm / np.sqrt(np.sum(points * points, axis=1, keepdims=True))
    return points.astype(landscape.dtype)


def _several(landscape: Any) -> list[Landscape]:
    return list(landscape) if isinstance(landscape, (list, tuple)) else [landscape]
