"""Products of float32 matrices on the card in tensor cores: in TF32, or in three products of TF32 for each.

A block is a tile of C, as drawn in :mod:`.tiles`; its warps have rectangles of it, and a warp's threads share these as
``mma.sync`` wants it (:mod:`.warp`):

    n →  +---------+---------+----
         | warp 0  | warp 2  |         a warp: tall × wide instructions of 16 × 8, for each 8 of k
    m  ↓ +---------+---------+----
         | warp 1  | warp 3  |
         +---------+---------+----

    shared memory     a row of side + PAD numbers for each k: what a warp reads at once, 4 of k by 8 of the side, lies
                      in 32 different banks, and so does what it writes

For TF32 numbers are rounded when they are put there; for 3×TF32 they are split when a warp takes them. The bits depend
on A and B alone: a part's terms are taken in eights from its first on, whatever the tile.
"""

from __future__ import annotations

from numba import float32, int32

from ..jit_cuda import THREADS, cuda, device, kernel
from ..networks import TF32, THRICE
from . import warp
from .tiles import WARP, Shape, Sums, Tile, begin, block_of, end, read, way_of, whole, write

DEPTH = min(16, THREADS // 8)
RUN, PAD = 4, 8
WARPS = THREADS // WARP
EIGHT = 8
"""Terms of an instruction."""

rounded = warp.rounded
multiply_fragments = warp.multiply


@device
def _split(fragments, place, e, x):
    """x as its high part, and its low part where there are two."""
    if fragments.shape[0] == 1:
        fragments[0, place, e] = x
    else:
        high = rounded(x)
        fragments[0, place, e] = high
        fragments[1, place, e] = rounded(x - high)


@device
def _take(lefts, rights, left, right, half, k, i, j):
    """A warp's fragments of eight terms from ``k`` on, at rows i, i + 8, … and columns j, j + 8, … of this thread."""
    for e in range(4):
        for t in range(lefts.shape[1]):
            _split(lefts, t, e, left[half, k + 4 * (e // 2), i + 16 * t + 8 * (e % 2)])
    for e in range(2):
        for v in range(rights.shape[1]):
            _split(rights, v, e, right[half, k + 4 * e, j + 8 * v])


@device
def _round(fresh):
    for load in range(len(fresh)):
        fresh[load] = rounded(fresh[load])


def _tiled(tall: int, wide: int, down: int, parts: int, resident: int) -> Tile:
    """One tile shape: ``down`` warps one below the other, each tall × wide; numbers in one part or in two."""
    height, width = 16 * tall * down, 8 * wide * (WARPS // down)
    loads_a, loads_b = height * DEPTH // THREADS, width * DEPTH // THREADS
    padded_height, padded_width, across, along = height + PAD, width + PAD, 2 * tall, 2 * wide

    def multiply(a, b, c, shape, ends, tiles):
        left = cuda.shared.array((2, DEPTH, padded_height), float32)
        right = cuda.shared.array((2, DEPTH, padded_width), float32)
        sums = cuda.local.array((across, along), float32)
        lefts = cuda.local.array((parts, tall, 4), float32)
        rights = cuda.local.array((parts, wide, 2), float32)
        fresh_a = cuda.local.array(loads_a, float32)
        fresh_b = cuda.local.array(loads_b, float32)
        own, g, q = cuda.threadIdx.x // WARP, whole(cuda.threadIdx.x % WARP // 4), whole(cuda.threadIdx.x % 4)
        i, j = whole(own % down * (16 * tall)), whole(own // down * (8 * wide))
        block = block_of(shape, tiles, height, width)
        way_a = way_of(a.down, a.along, height, DEPTH, RUN, shape.m - block.top)
        way_b = way_of(b.along, b.down, width, DEPTH, RUN, shape.n - block.first)
        a_at = a.at + block.batch * a.each + block.top * a.down + block.begin * a.along
        b_at = b.at + block.batch * b.each + block.first * b.along + block.begin * b.down
        of = Sums(block.top + i + g, block.first + j + 2 * q, 8, 8, 2)
        begin(sums, of, c, shape, ends, block)
        half = int32(0)
        for step in range(int32(0), int32(block.terms + DEPTH), int32(DEPTH)):
            read(fresh_a, a.data, a_at, way_a, block.terms - step)
            read(fresh_b, b.data, b_at, way_b, block.terms - step)
            a_at += DEPTH * a.along
            b_at += DEPTH * b.down
            if step > 0:
                for k in range(0, DEPTH, EIGHT):
                    _take(lefts, rights, left, right, 1 - half, k + q, i + g, j + g)
                    multiply_fragments(sums, lefts, rights)
            if parts == 1:
                _round(fresh_a)
                _round(fresh_b)
            write(left, half, fresh_a, way_a, height, DEPTH)
            write(right, half, fresh_b, way_b, width, DEPTH)
            cuda.syncthreads()
            half = int32(1 - half)
        end(sums, of, c, shape, ends, block)

    multiply.__name__ = "multiply_tf32" if parts == 1 else "multiply_3xtf32"
    return Tile(kernel(THREADS, resident)(multiply), height, width)


def _tiles(parts: int) -> tuple[Tile, ...]:
    """For any sides, for few columns, and for few rows."""
    return (_tiled(4, 4, max(1, WARPS // 4), parts, 1), _tiled(2, 4, WARPS, parts, 1), _tiled(2, 2, 1, parts, 2))


_TILES = {TF32: _tiles(1), THRICE: _tiles(2)}


def tile_of(shape: Shape, precision: int) -> Tile:
    """The tile for matrices of this shape, in TF32 or THRICE."""
    wide, slim, low = _TILES[precision]
    return slim if shape.n <= slim.width else low if shape.m <= low.height else wide
