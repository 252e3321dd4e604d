"""What dynamics checks at the door, and how one landscape or a list of instances is worked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import sealed
from ..errors import ArgumentError
from ..landscape.protocol import Landscape


def landscapes(landscape: Any) -> tuple[list[Landscape], bool]:
    """One landscape or a sequence of instances as a list, and whether it was a single one.

    Raises
    ------
    ArgumentError
        Not a landscape, none at all, or instances of different dimension.
    """
    single = not isinstance(landscape, (list, tuple))
    items = [landscape] if single else list(landscape)
    if not items:
        raise ArgumentError("landscape", "one landscape or more", "an empty sequence")
    for item in items:
        if isinstance(item, type) or not isinstance(item, Landscape):
            raise ArgumentError("landscape", "a landscape (dim, value, gradient, slice, ...) or several", item)
    dims = {item.dim for item in items}
    if len(dims) > 1:
        raise ArgumentError("landscape", "instances of one dimension", sorted(dims))
    return items, single


def starts(items: Sequence[Landscape], points: ArrayLike) -> list[NDArray[np.float64]]:
    """Starting points (S, dim) of each instance: the same for all, or given as (instances, S, dim).

    Raises
    ------
    ArgumentError
        Another shape, no points, not finite, too large to be squared, or off the sphere.
    """
    array = checks.float_array("points", points, ndim=(1, 2, 3))
    dim = items[0].dim
    if array.ndim == 1:
        array = array[None]
    if array.shape[-1] != dim or array.shape[-2] == 0 or (array.ndim == 3 and len(array) != len(items)):
        raise ArgumentError(
            "points", f"shape ({dim},), (any, {dim}) or ({len(items)}, any, {dim})", f"shape {array.shape}"
        )
    checks.squarable("points", array, dim)
    each = list(array) if array.ndim == 3 else [array] * len(items)
    for item, part in zip(items, each, strict=True):
        item.geometry.space.refuse_off("points", part, item.dtype)
    return each


def rising(name: str, value: ArrayLike, minimum: float = 0.0, above: float | None = None) -> NDArray[np.float64]:
    """Times or temperatures (T,): one or more, strictly increasing, at least ``minimum``, above ``above``."""
    array = np.atleast_1d(checks.float_array(name, value, ndim=(0, 1)))
    low = f"of at least {minimum:g}" if above is None else f"above {above:g}"
    too_low = array.size and (array[0] < minimum if above is None else array[0] <= above)
    if array.size == 0 or np.any(np.diff(array) <= 0) or too_low:
        raise ArgumentError(name, f"one number or more, strictly increasing, {low}", array.tolist())
    return array


def gather(parts: Sequence[dict[str, Any]], single: bool) -> dict[str, Any]:
    """Arrays of all instances with a leading axis for them, or those of the only one without."""
    if single:
        return {name: sealed(array) for name, array in parts[0].items()}
    return {name: sealed(np.stack([part[name] for part in parts])) for name in parts[0]}


def of_instances(arrays: dict[str, NDArray[Any]], single: bool) -> dict[str, Any]:
    """Arrays (instances, …) as they are, or those of the only one without that axis."""
    return {name: sealed(array[0] if single else array) for name, array in arrays.items()}
