"""Products of matrices on the card, tile by tile in shared memory and registers.

    C = A B        (m × n) = (m × k) (k × n), for each of a batch, with :class:`Ends`

                        n →  | tile of B: DEPTH × width |
                             | .  .  .  .  .  .  .  .  . |
    m  | tile of A: |        +--------------------------+
    ↓  | height     |        | tile of C: height × width|      one block; a thread has `across` rows by `along` columns
       | × DEPTH    |        |  its sums in registers   |      of it, SIDE apart, so that neighbours read neighbours

A block goes through k in steps of DEPTH: its threads read the next tiles of A and B, multiply those in one half of
shared memory, and put what they have read into the other half; so a step has one barrier, and reading takes the time
that multiplying takes. Of A and B any strides are taken; threads that
are neighbours read along whichever is 1. Each sum adds its terms one after the other, from k = 0 on, so its bits depend
on nothing but A and B. Long sums are cut into parts of ``part`` terms, each a place of its own in the batch, which a
second kernel adds in order (:func:`add_parts`).

Three tiles for each float type: a wide one, one for few columns (the outputs of a network), and one for few rows (a
small batch). The bits do not depend on which is taken.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
from numba import float64, int32, uint64

from ..jit_cuda import Kernel, cuda, device, kernel
from . import formula

not_below = device(formula.not_below)

THREADS = 256
DEPTH = 8
SIDE = 16
"""Threads along a side of the wide tile, 16 × 16."""

NARROW = 16
"""Columns of the narrow tile."""

LOW = 32
"""Rows of the low tile."""

ZERO, BIAS, ITSELF = 0, 1, 2
"""What products are added to: nothing; a row of biases; what C holds already."""

LEAVE, RECTIFY, GATE = 0, 1, 2
"""What is done to sums before they are written: nothing; max(C, 0); zero where a gate is not above it."""


class Matrices(NamedTuple):
    """Matrices of a batch in a flat array: number (i, j) of matrix b lies at ``at + b·each + i·down + j·along``.

    Attributes
    ----------
    data : float array (any,)
        On the card.
    at, down, along, each : int
        Places. ``each`` 0: all are the same matrix.
    """

    data: Any
    at: int
    down: int
    along: int
    each: int


class Shape(NamedTuple):
    """C is (m, n), of ``k`` terms, of which a part has ``part``; matrix b of the batch is part b % parts."""

    m: int
    n: int
    k: int
    part: int
    parts: int


class Ends(NamedTuple):
    """What sums begin with, and what becomes of them.

    Attributes
    ----------
    begin : int
        ZERO, BIAS or ITSELF.
    bias : Matrices
        For BIAS, of one row.
    end : int
        LEAVE, RECTIFY or GATE.
    gate : Matrices
        For GATE, laid out as C: its own ``data``, ``at`` and ``each``.
    """

    begin: int
    bias: Matrices
    end: int
    gate: Matrices


def plain(c: Matrices) -> Ends:
    """Sums that begin with zero and are left as they are."""
    return Ends(ZERO, c, LEAVE, c)


@device
def _whole(x):
    """A whole number that 32 bits hold: half the registers."""
    return int32(x)


@device
def _hops(straight, thread, side):
    """How a thread goes through a tile of ``side`` by DEPTH: where in side and depth it begins, and how it goes on.

    ``straight`` where numbers along the side are neighbours in memory; else those along the depth are.
    """
    if straight:
        return _whole(thread % side), _whole(thread // side), _whole(0), _whole(THREADS // side)
    return _whole(thread // DEPTH), _whole(thread % DEPTH), _whole(THREADS // DEPTH), _whole(0)


def _tiled(element: Any, height: int, width: int) -> Kernel:
    """The kernel of one tile shape and float type; its threads are ``height / across`` by ``width / along``."""
    columns = min(width, SIDE)  # threads along a row of the tile
    rows = THREADS // columns
    across, along = height // rows, width // columns
    loads_a, loads_b = -(-height * DEPTH // THREADS), -(-DEPTH * width // THREADS)
    padded_height, padded_width = height + 1, width + 1  # neighbours in depth fall into other banks
    zero = element(0)

    @kernel(THREADS, 2)
    def multiply(a, b, c, shape, ends, tiles):
        left = cuda.shared.array((2, DEPTH, padded_height), element)
        right = cuda.shared.array((2, DEPTH, padded_width), element)
        sums = cuda.local.array((across, along), element)
        lefts = cuda.local.array(across, element)
        rights = cuda.local.array(along, element)
        fresh_a = cuda.local.array(loads_a, element)
        fresh_b = cuda.local.array(loads_b, element)
        thread = cuda.threadIdx.x
        ty, tx = int32(thread // columns), int32(thread % columns)
        item, place = cuda.blockIdx.x // tiles, int32(cuda.blockIdx.x % tiles)
        n_tiles = (shape.n + width - 1) // width
        top, first = int32(place // n_tiles * height), int32(place % n_tiles * width)
        begin = item % shape.parts * shape.part
        count = int32(min(shape.part, shape.k - begin))
        batch = item // shape.parts
        i, i_depth, i_hop, i_depth_hop = _hops(a.down == 1, thread, height)
        j, j_depth, j_hop, j_depth_hop = _hops(b.along == 1, thread, width)
        a_at = a.at + batch * a.each + top * a.down + begin * a.along
        b_at = b.at + batch * b.each + first * b.along + begin * b.down
        a_in, b_in = _whole(i * a.down + i_depth * a.along), _whole(j * b.along + j_depth * b.down)
        a_hop, b_hop = _whole(i_hop * a.down + i_depth_hop * a.along), _whole(j_hop * b.along + j_depth_hop * b.down)
        c_at, gate_at = c.at + item * c.each, ends.gate.at + item * ends.gate.each
        for s in range(along):
            o = first + tx + s * columns
            begins = zero
            if ends.begin == BIAS and o < shape.n:
                begins = ends.bias.data[uint64(ends.bias.at + batch * ends.bias.each + o * ends.bias.along)]
            for r in range(across):
                sums[r, s] = begins
        if ends.begin == ITSELF:
            for r in range(across):
                u = top + ty + r * rows
                for s in range(along):
                    o = first + tx + s * columns
                    if u < shape.m and o < shape.n:
                        sums[r, s] = c.data[uint64(c_at + u * c.down + o * c.along)]
        half = int32(0)
        rows_left, columns_left = int32(shape.m - top - i), int32(shape.n - first - j)
        for step in range(int32(0), int32(count + DEPTH), int32(DEPTH)):
            for load in range(loads_a):
                inside = load * i_hop < rows_left and step + i_depth + load * i_depth_hop < count
                fresh_a[load] = a.data[uint64(a_at + a_in + load * a_hop)] if inside else zero
            for load in range(loads_b):
                inside = load * j_hop < columns_left and step + j_depth + load * j_depth_hop < count
                fresh_b[load] = b.data[uint64(b_at + b_in + load * b_hop)] if inside else zero
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
            for load in range(loads_a):
                if i + load * i_hop < height and i_depth + load * i_depth_hop < DEPTH:
                    left[half, i_depth + load * i_depth_hop, i + load * i_hop] = fresh_a[load]
            for load in range(loads_b):
                if j + load * j_hop < width and j_depth + load * j_depth_hop < DEPTH:
                    right[half, j_depth + load * j_depth_hop, j + load * j_hop] = fresh_b[load]
            cuda.syncthreads()
            half = int32(1 - half)
        if ends.end == RECTIFY:
            for r in range(across):
                for s in range(along):
                    sums[r, s] = not_below(sums[r, s], zero)
        for r in range(across):
            u = top + ty + r * rows
            for s in range(along):
                o = first + tx + s * columns
                if u < shape.m and o < shape.n:
                    at = u * c.down + o * c.along
                    if ends.end == GATE and ends.gate.data[uint64(gate_at + at)] <= zero:
                        sums[r, s] = zero
                    c.data[uint64(c_at + at)] = sums[r, s]

    return multiply


class Tile(NamedTuple):
    """A kernel and the rows and columns of its tile."""

    kernel: Kernel
    height: int
    width: int


def _tiles(element: Any, side: int) -> tuple[Tile, Tile, Tile]:
    sides = (side, side), (128, NARROW), (LOW, side)
    wide, narrow, low = (Tile(_tiled(element, height, width), height, width) for height, width in sides)
    return wide, narrow, low


_TILES = {"f": _tiles(numba.float32, 128), "d": _tiles(numba.float64, 64)}


def multiply(a: Matrices, b: Matrices, c: Matrices, shape: Shape, ends: Ends, batch: int) -> None:
    """C = A B for ``batch`` matrices, and what is to be done after it."""
    wide, narrow, low = _TILES[c.data.dtype.char]
    tile = narrow if shape.n <= NARROW else low if shape.m <= LOW else wide
    tiles = -(-shape.m // tile.height) * -(-shape.n // tile.width)
    tile.kernel[tiles * shape.parts * batch](a, b, c, shape, ends, tiles)


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
