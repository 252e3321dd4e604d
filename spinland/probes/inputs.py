"""What probes check at the door beyond plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.geometry import Euclidean, Sphere
from ..landscape.protocol import Landscape


def a_landscape(landscape: Any) -> Landscape:
    """The landscape, if it has the methods of one.

    Raises
    ------
    ArgumentError
        Something of another kind.
    """
    if isinstance(landscape, type) or not isinstance(landscape, Landscape):
        known = sorted(name for name in dir(Landscape) if not name.startswith("_"))
        missing = [name for name in known if not hasattr(landscape, name)]
        some = not isinstance(landscape, type) and len(missing) < len(known)
        raise ArgumentError("landscape", "a landscape" + (f", with {', '.join(missing)} too" * some), landscape)
    if not isinstance(landscape.geometry, (Euclidean, Sphere)):
        raise ArgumentError("landscape", "one whose geometry is a Euclidean() or a Sphere(radius)", landscape.geometry)
    return landscape


def origins(landscape: Landscape, origin: ArrayLike, name: str = "origin") -> NDArray[Any]:
    """One or several points (dim,) or (K, dim) as (K, dim) in the landscape's float type, K at least 1."""
    batch, _ = checks.point_batch(name, origin, landscape.dim, dtype=landscape.dtype)
    if len(batch) == 0:
        raise ArgumentError(name, "at least one point", "none")
    checks.squarable(name, batch, landscape.dim)
    return batch


def ascending(name: str, value: ArrayLike, *, minimum: float | None = None) -> NDArray[np.float64]:
    """A vector (K,) of finite, strictly increasing numbers, K at least 1."""
    array = np.atleast_1d(checks.float_array(name, value, ndim=(0, 1)))
    if array.size == 0 or np.any(np.diff(array) <= 0):
        raise ArgumentError(name, "one number or more, in increasing order", array.tolist())
    if minimum is not None and array[0] < minimum:
        raise ArgumentError(name, f"numbers of at least {minimum:g}", array.tolist())
    return array
