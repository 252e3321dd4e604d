"""Sums of derivatives over groups of tiles, and how they become derivatives.

The tiles are cut into at most eight groups, each summed by one thread; the groups are added in order, in float64. A
group's sum of one point or vector lies in panels (:mod:`.points`).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from ..jit import block
from ..networks import Network
from . import points
from .work import Data

_GROUPS = 8
_AT_ONCE = 2048  # numbers whose sums are formed together, 16 KiB; at least one row of a panel


@block
def span(g, groups, data):
    """First sample of group ``g``, and of the next."""
    n, tile = data.samples.x.shape[0], data.tile
    tiles = (n + tile - 1) // tile
    return g * tiles // groups * tile, min((g + 1) * tiles // groups * tile, n)


class Groups:
    """Sums of groups ``values`` (count, groups, size) of ``count`` derivatives."""

    def __init__(self, count: int, network: Network, data: Data):
        x = data.samples.x
        groups = min(_GROUPS, -(-x.shape[0] // data.tile))
        size = points.size_of(network.widths, x.itemsize, False)
        self.values: NDArray[Any] = np.empty((count, groups, size), x.dtype)

    def total(self, network: Network, dim: int) -> NDArray[Any]:
        """Derivatives (count, dim)."""
        out = np.empty((self.values.shape[0], dim), self.values.dtype)
        points.sum_groups(self.values, network, np.empty((numba.get_num_threads(), _AT_ONCE)), out)
        return out
