"""What paths and bands check at the door: two ends, or many pairs of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..landscape.spaces import norms


def pairs(landscape: Landscape, start: ArrayLike, end: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], bool]:
    """Both ends as (B, dim), and whether one pair was meant; one point may serve with a batch of others.

    Raises
    ------
    ArgumentError
        Points of another length, none, another number of them, not finite, off the landscape's sphere.
    """
    starts, one_start = checks.point_batch("start", start, landscape.dim, dtype=landscape.dtype)
    ends, one_end = checks.point_batch("end", end, landscape.dim, dtype=landscape.dtype)
    if not one_start and not one_end and len(starts) != len(ends):
        raise ArgumentError("end", f"one point or {len(starts)}, as many as start", f"{len(ends)}")
    count = len(ends) if one_start else len(starts)
    if count == 0 or len(ends) == 0:
        raise ArgumentError("start" if count == 0 else "end", "at least one point", "none")
    for name, points in (("start", starts), ("end", ends)):
        checks.squarable(name, points, landscape.dim)
    if landscape.geometry.space.curved:
        # Bits are kept: a path begins and ends at the very points that were given.
        landscape.geometry.space.refuse_off("start", starts, landscape.dtype)
        landscape.geometry.space.refuse_off("end", ends, landscape.dtype)
    shape = (count, landscape.dim)
    return np.broadcast_to(starts, shape), np.broadcast_to(ends, shape), one_start and one_end


def radius_of(landscape: Landscape, starts: NDArray[Any], ends: NDArray[Any]) -> float | None:
    """Radius of the sphere that all points lie on; None in flat space.

    Raises
    ------
    ArgumentError
        The sphere has no radius of its own, and points have different norms.
    """
    if not landscape.geometry.space.curved:
        return None
    if landscape.geometry.radius is not None:
        return float(landscape.geometry.radius)
    found = norms(np.concatenate([starts, ends]))
    if np.ptp(found) > 1e-6 * found[0]:
        raise ArgumentError("end", "points of the same norm as the start, as this sphere has no radius of its own")
    return float(found[0])
