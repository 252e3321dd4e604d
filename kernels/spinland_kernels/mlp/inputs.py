"""The samples before the first layer, and the two products with them: by a weight, and by a derivative.

Images are mostly background. Where no more than DENSE of the numbers are different from zero, only those are
multiplied: above it the product with all of them, by a library, takes less time. Rows of the other factor
lie in *panels* of a few units, so that a row of sums fits the registers, and the samples are cut into *blocks*
of columns, so that the rows of a panel that a block needs fit the first-level cache.

The numbers of a row are added in rising order, one fused operation each, whatever the panels and blocks.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..blas import gemm
from ..jit import block, vector_block
from ..vectors import BYTES
from . import formula, layers
from .lists import sparse_product

DENSE = 0.6  # share of numbers different from zero above which all are multiplied
_BLOCK = 128  # columns in a block: with panels of 256 bytes a first-level cache of 32 KiB


class Nonzeros(NamedTuple):
    """Numbers different from zero of a matrix, block of columns by block, row by row; nothing where it is dense.

    Row r has in block b the numbers starts[b, r] … starts[b, r + 1] − 1: their ``values`` and their ``places``
    within the block.
    """

    values: np.ndarray
    places: np.ndarray
    starts: np.ndarray
    columns: int  # in a block


class Inputs:
    """Samples x (n, D), and their numbers different from zero where these are few."""

    def __init__(self, x):
        self.x = x
        self.sparse = bool(np.count_nonzero(x) <= DENSE * x.size)

    @property
    def tile(self):
        """Samples in a tile, a function of the samples alone."""
        tile = layers.tile_rows(self.x.shape[0])
        return min(tile - tile % _BLOCK or tile, 2 * _BLOCK) if self.sparse else tile

    @cached_property
    def rows(self):
        """Nonzeros by sample, for the product with a weight."""
        return _nonzeros(self.x, _BLOCK) if self.sparse else _nonzeros(self.x[:0], _BLOCK)

    @cached_property
    def columns(self):
        """Nonzeros by input, for the product with a derivative; a tile is a whole number of blocks."""
        return _nonzeros(self.x.T if self.sparse else self.x[:0].T, min(_BLOCK, self.tile))


def _nonzeros(matrix, columns):
    values, places, starts = [], [], []
    total = 0
    for low in range(0, matrix.shape[1] if matrix.shape[0] else 0, columns):
        part = matrix[:, low : low + columns]
        row, column = np.nonzero(part)
        values.append(part[row, column])
        places.append(column.astype(np.uint16))
        starts.append(np.zeros(matrix.shape[0] + 1, np.int64))
        starts[-1][1:] = total + np.cumsum(np.bincount(row, minlength=matrix.shape[0]))
        starts[-1][0] = total
        total += row.size
    if not starts:
        return Nonzeros(
            np.empty(0, matrix.dtype), np.empty(0, np.uint16), np.empty((0, matrix.shape[0] + 1), np.int64), columns
        )  # fmt: skip
    return Nonzeros(np.concatenate(values), np.concatenate(places), np.array(starts), columns)


def aligned(rows, size, dtype):
    """Array (rows, size) whose rows begin at cache lines: a vector that straddles two costs twice."""
    line = 64 // np.dtype(dtype).itemsize
    stride = -(-size // line) * line
    memory = np.empty(rows * stride + line, dtype)
    skip = -memory.ctypes.data % 64 // memory.itemsize
    return memory[skip : skip + rows * stride].reshape(rows, stride)


def panel_width(units, dtype):
    """Units in a panel: 256 bytes of them, or half as many where that leaves less room unused."""
    wide = 256 // np.dtype(dtype).itemsize
    return wide if 2 * -(-units // wide) == -(-2 * units // wide) else wide // 2


def panels_size(units, columns, width):
    """Numbers in the panels of a matrix (units, columns)."""
    return -(-units // width) * width * columns


@vector_block
def pack(point, bias, units, first, out):
    """Units ``first``, ... of the first layer into a panel (D + 1, width), the bias in its last row.

    Zero stands for units beyond the last, and for the bias of a network without.
    """
    fan_in = out.shape[0] - 1
    count = min(out.shape[1], units - first)
    zero = out.dtype.type(0)
    for p in range(fan_in):
        for u in range(count):
            out[p, u] = point[(first + u) * fan_in + p]
        for u in range(count, out.shape[1]):
            out[p, u] = zero
    for u in range(out.shape[1]):
        out[fan_in, u] = point[units * fan_in + first + u] if bias and u < count else zero


@vector_block
def _clear(panel):
    zero = panel.dtype.type(0)
    for t in range(panel.shape[0]):
        for u in range(panel.shape[1]):
            panel[t, u] = zero


@vector_block
def _unload(panel, constants, floor, first, z):
    """max(panel + constants, floor) into columns ``first``, ... of z; NaN stays."""
    units = min(panel.shape[1], z.shape[1] - first)
    for t in range(z.shape[0]):
        for u in range(units):
            z[t, first + u] = formula.not_below(panel[t, u] + constants[u], floor)


@vector_block
def _load(z, first, panel):
    """Columns ``first``, ... of z into a panel; zero where these end."""
    units = min(panel.shape[1], z.shape[1] - first)
    zero = panel.dtype.type(0)
    for t in range(panel.shape[0]):
        for u in range(units):
            panel[t, u] = z[t, first + u]
        for u in range(units, panel.shape[1]):
            panel[t, u] = zero


@block
def first_layer(point, packed, bias, x, rows, low, high, rectified, panel, z):
    """X W' + b for samples ``low`` … ``high`` − 1 into z (T, M), negative numbers set to zero if ``rectified``.

    ``packed`` (panels, D + 1, width) holds the panels of W and b, and ``panel`` (T, width) is workspace; both are empty
    for dense samples.
    """
    if rows.starts.shape[0] == 0:
        layers.affine(point, 0, bias, x[low:high], z)
        if rectified:
            layers.rectify(z)
        return
    floor = z.dtype.type(0) if rectified else z.dtype.type(-np.inf)
    width = panel.shape[1]
    sums = panel[: high - low]
    for j in range(packed.shape[0]):
        _clear(sums)
        for b in range(rows.starts.shape[0]):
            sparse_product(
                rows.starts[b], low, high, rows.values, rows.places, packed,
                (j * (x.shape[1] + 1) + b * rows.columns) * width, sums, 0, width * panel.itemsize // BYTES,
            )  # fmt: skip
        _unload(sums, packed[j, x.shape[1]], floor, j * width, z)


@block
def add_first_gradient(delta, x, columns, low, high, panel, gradient):
    """gradient += delta' X: as a weight (M, D), or in panels (panels, D, width) where the samples are sparse."""
    units, fan_in = delta.shape[1], x.shape[1]
    if columns.starts.shape[0] == 0:
        gemm(True, False, delta, x[low:high], True, gradient.reshape((units, fan_in)))
        return
    width = panel.shape[1]
    part = panel[: high - low]
    for j in range((units + width - 1) // width):
        _load(delta, j * width, part)
        for b in range(low // columns.columns, (high + columns.columns - 1) // columns.columns):
            sparse_product(
                columns.starts[b], 0, fan_in, columns.values, columns.places, part,
                (b * columns.columns - low) * width, gradient, j * fan_in * width, width * panel.itemsize // BYTES,
            )  # fmt: skip
