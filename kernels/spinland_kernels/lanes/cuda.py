"""Products of matrices on the card, tile by tile in shared memory and registers, and sums of rows and of parts.

    C = A B        (m × n) = (m × k) (k × n), for each of a batch, with :class:`.tiles.Ends`

How a block goes through its tiles, and what it begins with and ends in, is drawn in :mod:`.tiles`. Here a thread has
`across` rows by `along` columns of C, SIDE apart, so that neighbours read neighbours:

    k →   ty        | left:  DEPTH × height |   `across` numbers of each k      across × along products
          tx        | right: DEPTH × width  |   `along` numbers of each k       for each k, in registers

Each sum adds its terms one after the other, from k = 0 on, so its bits depend on nothing but A and B. Parts of long
sums are added in order by a second kernel (:func:`add_parts`). Where TF32 is asked for by name, tensor cores multiply
(:mod:`.tensor`).

Four tiles for each float type: a wide one, two for few columns (the outputs of a network, the units of a small one),
and one for few rows (a small batch). The bits do not depend on which is taken.

Sums of rows (:func:`add_rows`) are such a product with a row of ones, for which a tile would stand idle:

    block      COLUMNS columns by THREADS / COLUMNS threads, each of which adds a run of rows; then one adds the runs
"""

from __future__ import annotations

from typing import Any

import numba
from numba import float64, int32, uint64

from ..jit_cuda import THREADS, Kernel, cuda, kernel
from ..networks import EXACT
from . import tensor
from .tiles import Ends, Matrices, Shape, Sums, Tile, begin, block_of, end, read, way_of, write

DEPTH = 8
SIDE = int(THREADS**0.5)
"""Threads along a side of the wide tile, 16 × 16."""

COLUMNS = 32
"""Columns of a block that adds rows."""

NARROW = 16
"""Columns of the narrow tile."""

SLIM = 32
"""Columns of the slim tile."""

LOW = 32
"""Rows of the low tile."""


def _tiled(element: Any, height: int, width: int) -> Tile:
    """One tile shape and float type; its threads are ``height / across`` by ``width / along``."""
    columns = min(width, SIDE)  # threads along a row of the tile
    rows = THREADS // columns
    across, along = height // rows, width // columns
    loads_a, loads_b = -(-height * DEPTH // THREADS), -(-DEPTH * width // THREADS)
    padded_height, padded_width = height + 1, width + 1  # neighbours in depth fall into other banks

    @kernel(THREADS, 2)
    def multiply(a, b, c, shape, ends, tiles):
        left = cuda.shared.array((2, DEPTH, padded_height), element)
        right = cuda.shared.array((2, DEPTH, padded_width), element)
        sums = cuda.local.array((across, along), element)
        lefts = cuda.local.array(across, element)
        rights = cuda.local.array(along, element)
        fresh_a = cuda.local.array(loads_a, element)
        fresh_b = cuda.local.array(loads_b, element)
        ty, tx = int32(cuda.threadIdx.x // columns), int32(cuda.threadIdx.x % columns)
        block = block_of(shape, tiles, height, width)
        way_a = way_of(a.down, a.along, height, DEPTH, DEPTH, shape.m - block.top)
        way_b = way_of(b.along, b.down, width, DEPTH, DEPTH, shape.n - block.first)
        a_at = a.at + block.batch * a.each + block.top * a.down + block.begin * a.along
        b_at = b.at + block.batch * b.each + block.first * b.along + block.begin * b.down
        of = Sums(block.top + ty, block.first + tx, rows, columns, 1)
        begin(sums, of, c, shape, ends, block)
        half = int32(0)
        for step in range(int32(0), int32(block.terms + DEPTH), int32(DEPTH)):
            read(fresh_a, a.data, a_at, way_a, block.terms - step)
            read(fresh_b, b.data, b_at, way_b, block.terms - step)
            a_at += DEPTH * a.along
            b_at += DEPTH * b.down
            if step > 0:
                for k in range(DEPTH):
                    for r in range(across):
                        lefts[r] = left[1 - half, k, ty + r * rows]
                    for s in range(along):
                        rights[s] = right[1 - half, k, tx + s * columns]
                    for r in range(across):
                        for s in range(along):
                            sums[r, s] += lefts[r] * rights[s]
            write(left, half, fresh_a, way_a, height, DEPTH)
            write(right, half, fresh_b, way_b, width, DEPTH)
            cuda.syncthreads()
            half = int32(1 - half)
        end(sums, of, c, shape, ends, block)

    return Tile(multiply, height, width)


def _tiles(element: Any, side: int) -> tuple[Tile, ...]:
    sides = (side, side), (THREADS // 2, NARROW), (side, SLIM), (LOW, side)
    return tuple(_tiled(element, height, width) for height, width in sides)


_TILES = {"f": _tiles(numba.float32, 8 * SIDE), "d": _tiles(numba.float64, 4 * SIDE)}


def multiply(
    a: Matrices, b: Matrices, c: Matrices, shape: Shape, ends: Ends, batch: int, precision: int = EXACT
) -> None:
    """C = A B for ``batch`` matrices, and what is to be done after it.

    ``precision`` is EXACT, in the type of the matrices; TF32 or THRICE of float32.
    """
    if precision != EXACT:
        tile = tensor.tile_of(shape, precision)
    else:
        wide, narrow, slim, low = _TILES[c.data.dtype.char]
        tile = narrow if shape.n <= NARROW else low if shape.m <= LOW else slim if shape.n <= SLIM else wide
    tile.multiply(a, b, c, shape, ends, batch)


def _summed(element: Any) -> Kernel:
    """The kernel that adds rows, for one float type."""
    runs = THREADS // COLUMNS

    @kernel(THREADS)
    def add_rows(a, c, shape, strips):
        sums = cuda.shared.array((runs, COLUMNS), element)
        run, column = cuda.threadIdx.x // COLUMNS, cuda.threadIdx.x % COLUMNS
        item, j = cuda.blockIdx.x // strips, cuda.blockIdx.x % strips * COLUMNS + column
        low = item % shape.parts * shape.part
        length = (shape.part + runs - 1) // runs
        begin, end = low + run * length, min(low + min((run + 1) * length, shape.part), shape.k)
        total = element(0)
        if j < shape.n:
            at = a.at + item // shape.parts * a.each + j * a.along
            for i in range(begin, end):
                total += a.data[uint64(at + i * a.down)]
        sums[run, column] = total
        cuda.syncthreads()
        if run == 0 and j < shape.n:
            for other in range(1, runs):
                total += sums[other, column]
            c.data[uint64(c.at + item * c.each + j * c.along)] = total

    return add_rows


_ADDERS = {"f": _summed(numba.float32), "d": _summed(numba.float64)}


def add_rows(a: Matrices, c: Matrices, shape: Shape, batch: int) -> None:
    """The row C (1, n) = Σ of the k rows of A (k, n), or of each part of them, for ``batch`` matrices."""
    strips = -(-shape.n // COLUMNS)
    _ADDERS[c.data.dtype.char][strips * shape.parts * batch](a, c, shape, strips)


@kernel(THREADS)
def _add_parts(parts, count, stride, out):
    number = cuda.grid(1)
    b, i = number // out.shape[1], number % out.shape[1]
    if b < out.shape[0]:
        total = float64(0)
        for part in range(count):
            total += float64(parts[(b * count + part) * stride + i])
        out[b, i] = total


def add_parts(parts: Any, count: int, stride: int, out: Any) -> None:
    """out[b, i] = Σ parts[(b·count + part)·stride + i] over the parts in order, in float64, rounded once; (B, n)."""
    _add_parts[-(-out.shape[0] * out.shape[1] // THREADS)](parts, count, stride, out)
