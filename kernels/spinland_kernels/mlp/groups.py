"""Sums of derivatives over groups of tiles, and how they become derivatives.

The tiles are cut into at most eight groups, each summed by one thread; the groups are added in order, in float64.
A group's sum of one point or vector:

    sparse samples   | first weight in panels: padded M_1 · M_0 | first bias | second weight | …
    dense samples    | first weight: M_1 · M_0                  | first bias | second weight | …
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop
from ..networks import Network
from ..sparse import panels
from . import layers
from .work import Data

_GROUPS = 8
_PIECE = 1 << 15  # numbers that one item sums over the groups


@block
def span(g, groups, data):
    """First sample of group ``g``, and of the next."""
    n, tile = data.samples.x.shape[0], data.tile
    tiles = (n + tile - 1) // tile
    return g * tiles // groups * tile, min((g + 1) * tiles // groups * tile, n)


@block
def _sum(parts, out):
    """Sum of parts (groups, n) in order, in float64, rounded once."""
    for i in range(out.shape[0]):
        total = 0.0
        for g in range(parts.shape[0]):
            total += parts[g, i]
        out[i] = total


@block
def _sum_panel(parts, first, weight):
    """The same for the panel of the units ``first``, ... of a weight (M, D)."""
    units, fan_in = weight.shape
    lanes = panels.vectors_of(first, units, weight.itemsize) * panels.lanes_in(weight.itemsize)
    for u in range(min(lanes, units - first)):
        for p in range(fan_in):
            total = 0.0
            for g in range(parts.shape[0]):
                total += parts[g, first * fan_in + p * lanes + u]
            weight[first + u, p] = total


@loop
def _reduce(partial, fan_in, units, padded, out):
    """Sum of the groups; ``units`` units of the first weight come out of their panels, ``padded`` units wide."""
    wide = panels.units_in(out.itemsize)
    n_panels = (units + wide - 1) // wide
    begin = padded * fan_in
    rest = partial.shape[2] - begin
    pieces = n_panels + (rest + _PIECE - 1) // _PIECE
    for item in prange(out.shape[0] * pieces):
        b, j = item // pieces, item % pieces
        if j < n_panels:
            _sum_panel(partial[b], j * wide, layers.weight_of(out[b], 0, fan_in, units))
        else:
            low = (j - n_panels) * _PIECE
            high = min(low + _PIECE, rest)
            _sum(partial[b, :, begin + low : begin + high], out[b, units * fan_in + low : units * fan_in + high])


class Groups:
    """Sums of groups ``values`` (count, groups, size) of ``count`` derivatives."""

    def __init__(self, count: int, dim: int, network: Network, data: Data):
        x = data.samples.x
        self.fan_in, self.dim = int(network.widths[0]), dim
        self.units = int(network.widths[1]) if data.rows.starts.shape[0] else 0  # that lie in panels
        self.padded = panels.padded(self.units, x.itemsize)
        size = dim + (self.padded - self.units) * self.fan_in
        groups = min(_GROUPS, -(-x.shape[0] // data.tile))
        self.values: NDArray[Any] = np.empty((count, groups, size), x.dtype)

    def total(self) -> NDArray[Any]:
        """Derivatives (count, dim)."""
        out = np.empty((self.values.shape[0], self.dim), self.values.dtype)
        _reduce(self.values, self.fan_in, self.units, self.padded, out)
        return out
