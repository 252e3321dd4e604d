"""What the tiles of products on the card have in common, whichever unit multiplies.

    C = A B        (m × n) = (m × k) (k × n), for each of a batch, with :class:`Ends`

                        n →  | tile of B: depth × width |
                             | .  .  .  .  .  .  .  .  . |
    m  | tile of A: |        +--------------------------+
    ↓  | height     |        | tile of C: height × width|      one block; a thread has some rows of it by some columns
       | × depth    |        |  its sums in registers   |
                             +--------------------------+

A block goes through k in steps of ``depth``: its threads read the next tiles of A and B, multiply those in one half of
shared memory, and put what they have read into the other half; so a step has one barrier, and reading takes the time
that multiplying takes. Of A and B any strides are taken; threads that are neighbours read along whichever is 1. Long
sums are cut into parts of ``part`` terms, each a place of its own in the batch.

Number (r, s) of a thread's sums is that of row ``row + r·down`` and column ``column + s // pair · along + s % pair``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import int32, uint64

from ..jit_cuda import THREADS, Kernel, cuda, device
from . import formula

not_below = device(formula.not_below)

WARP = 32

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


def rows(data: Any, count: int, width: int) -> Matrices:
    """Matrices (count, width), row by row, one after the other from the beginning of ``data``."""
    return Matrices(data, 0, width, 1, count * width)


def plain(c: Matrices) -> Ends:
    """Sums that begin with zero and are left as they are."""
    return Ends(ZERO, c, LEAVE, c)


class Block(NamedTuple):
    """Where a block works: number of its C, of its A and B; first row, column and term, and how many terms."""

    item: int
    batch: int
    top: int
    first: int
    begin: int
    terms: int


class Way(NamedTuple):
    """How a thread reads a tile.

    ``i`` and ``k`` are its first place along side and depth, ``start`` the same in memory; then its hops, and how much
    is ``left`` along the side.
    """

    i: int
    k: int
    i_hop: int
    k_hop: int
    start: int
    hop: int
    left: int


class Sums(NamedTuple):
    """Which numbers of C a thread sums; see above."""

    row: int
    column: int
    down: int
    along: int
    pair: int


@device
def whole(x):
    """A whole number that 32 bits hold: half the registers."""
    return int32(x)


@device
def block_of(shape, tiles, height, width):
    """The :class:`Block` that is running, of ``tiles`` for each C."""
    item, place = cuda.blockIdx.x // tiles, int32(cuda.blockIdx.x % tiles)
    n_tiles = (shape.n + width - 1) // width
    top, first = int32(place // n_tiles * height), int32(place % n_tiles * width)
    begin = item % shape.parts * shape.part
    return Block(item, item // shape.parts, top, first, begin, int32(min(shape.part, shape.k - begin)))


@device
def place_in(thread, side, depth, run, straight):
    """Where a thread begins in a tile of ``side`` by ``depth``, and its hops.

    Neighbours go along the side where that is ``straight``; else ``run`` of them along the depth, and so on along the
    side, a warp for each ``run`` of the depth.
    """
    if straight:
        return whole(thread % side), whole(thread // side), whole(0), whole(THREADS // side)
    beside = WARP // run
    i = thread // run % beside + thread // (beside * depth) * beside
    k = thread % run + thread // WARP * run % depth
    return whole(i), whole(k), whole(THREADS // depth), whole(0)


@device
def way_of(side_step, depth_step, side, depth, run, left):
    """The :class:`Way` of this thread through a tile whose numbers lie so many apart along ``side`` and ``depth``."""
    i, k, i_hop, k_hop = place_in(cuda.threadIdx.x, side, depth, run, side_step == 1)
    start, hop = whole(i * side_step + k * depth_step), whole(i_hop * side_step + k_hop * depth_step)
    return Way(i, k, i_hop, k_hop, start, hop, whole(left - i))


@device
def read(fresh, data, at, way, left):
    """The thread's next numbers of a tile that begins at ``at``; zeros beyond the edges, ``left`` along the depth."""
    zero, deep = data.dtype.type(0), whole(left - way.k)
    for load in range(len(fresh)):
        inside = load * way.i_hop < way.left and load * way.k_hop < deep
        fresh[load] = data[uint64(at + way.start + load * way.hop)] if inside else zero


@device
def write(tile, half, fresh, way, side, depth):
    """These numbers into a half of shared memory."""
    for load in range(len(fresh)):
        i, k = whole(way.i + load * way.i_hop), whole(way.k + load * way.k_hop)
        if i < side and k < depth:
            tile[half, k, i] = fresh[load]


@device
def column_of(of, s):
    """Column of C of a thread's number s in a row."""
    return of.column + s // of.pair * of.along + s % of.pair


@device
def begin(sums, of, c, shape, ends, block):
    """What the sums begin with."""
    zero = c.data.dtype.type(0)
    at = c.at + block.item * c.each
    across, along = sums.shape
    for s in range(along):
        o = column_of(of, s)
        begins = zero
        if ends.begin == BIAS and o < shape.n:
            begins = ends.bias.data[uint64(ends.bias.at + block.batch * ends.bias.each + o * ends.bias.along)]
        for r in range(across):
            sums[r, s] = begins
    if ends.begin == ITSELF:
        for r in range(across):
            u = of.row + r * of.down
            for s in range(along):
                o = column_of(of, s)
                if u < shape.m and o < shape.n:
                    sums[r, s] = c.data[uint64(at + u * c.down + o * c.along)]


@device
def end(sums, of, c, shape, ends, block):
    """The sums into their places, with what is to be done to them."""
    zero = c.data.dtype.type(0)
    c_at, gate_at = c.at + block.item * c.each, ends.gate.at + block.item * ends.gate.each
    across, along = sums.shape
    if ends.end == RECTIFY:
        for r in range(across):
            for s in range(along):
                sums[r, s] = not_below(sums[r, s], zero)
    for r in range(across):
        u = of.row + r * of.down
        for s in range(along):
            o = column_of(of, s)
            if u < shape.m and o < shape.n:
                at = u * c.down + o * c.along
                if ends.end == GATE and ends.gate.data[uint64(gate_at + at)] <= zero:
                    sums[r, s] = zero
                c.data[uint64(c_at + at)] = sums[r, s]


class Tile(NamedTuple):
    """A kernel and the rows and columns of its tile."""

    kernel: Kernel
    height: int
    width: int

    def multiply(self, a: Matrices, b: Matrices, c: Matrices, shape: Shape, ends: Ends, batch: int) -> None:
        """C = A B for ``batch`` matrices, and what is to be done after it."""
        tiles = -(-shape.m // self.height) * -(-shape.n // self.width)
        self.kernel[tiles * shape.parts * batch](a, b, c, shape, ends, tiles)
