"""Inner products and squared differences of all pairs of long rows on the card, a block of columns at a time.

    products      p_ij = Σ_k (x_ik − m_k)(x_jk − m_k)          m the mean row, or 0
    differences   d_ij = Σ_k (c_i x_ik − c_j x_jk)²            where products would lose all digits

As on the cores, columns lie in spans of SPAN on one fixed grid; rows are centred in float64, scaled by a power of two
to near one, and multiplied in the type of the products within a span, in float64 over spans:

                     rows of tile j: 64                thread (u, v) of 16 × 16: rows i + 16 r and j + 16 s, r, s < 4
    rows of   ┌────────────────────────────┐           DEPTH columns of both tiles lie in shared memory, the 16 products
    tile i:   │  16 × 16 threads, 4 × 4    │           of a thread over a span in registers; each span is added to what
    64, i ≤ j │  pairs each, i < j kept    │           the condensed form holds
              └────────────────────────────┘

The sums begin with what is there and take one span after the other, so that no bit depends on how many columns come at
a time. Pairs that the card cannot hold together come in bands of tiles i, whose pairs are neighbours in the condensed
form. Differences of one pair and one CHUNK of columns are a block's work and have a slot; slots are added in order.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from ..memory import Arena
from ..types import Columns, Pairs
from . import formula

CHUNK = 2048  # blocks of columns are whole numbers of these
SPAN = 256  # columns centred, scaled and summed together: longer float32 sums would lose digits
SIDE = 64  # rows of a tile
DEPTH = 32  # columns of two tiles in shared memory
_TILE = DEPTH * (SIDE + 1)  # numbers; 65 keeps the banks apart
_THREADS = 256
_TEAM = 64  # threads that share a sum
_COLUMNS = SPAN // _TEAM
_PARTS = 8  # of them add the sums of all first

pair_index = device(formula.pair_index)
power_of_two = device(formula.power_of_two)


class Room(NamedTuple):
    """Room on the card for blocks of ``n`` rows and ``chunks`` chunks of columns, multiplied in ``dtype``."""

    n: int
    chunks: int
    dtype: np.dtype[Any]
    arena: Arena


@kernel(_THREADS)
def _means(x, centred, means):
    """Mean row in float64, or 0: a thread has a column."""
    k = cuda.grid(1)
    if k < x.shape[1]:
        total = 0.0
        if centred:
            for row in range(x.shape[0]):
                total += x[row, k]
        means[k] = total / x.shape[0]


@device
def _sum_of_team(sums, value):
    """The sum over a team, which is a block; known to its thread 0."""
    t = cuda.threadIdx.x
    sums[t] = value
    cuda.syncthreads()
    if t < _PARTS:
        for other in range(t + _PARTS, _TEAM, _PARTS):
            value += sums[other]
        sums[t] = value
    cuda.syncthreads()
    if t == 0:
        for other in range(1, _PARTS):
            value += sums[other]
    return value


@kernel(_TEAM)
def _pack(x, means, packed, units, squares):
    """One row of one span: without its mean, near one; zeros behind the last column."""
    row, span = cuda.blockIdx.x % x.shape[0], cuda.blockIdx.x // x.shape[0]
    sums = cuda.shared.array(_TEAM, np.float64)
    scale = cuda.shared.array(1, np.float64)
    values = cuda.local.array(_COLUMNS, np.float64)
    square = 0.0
    for c in range(_COLUMNS):
        k = span * SPAN + cuda.threadIdx.x + c * _TEAM
        values[c] = x[row, k] - means[k] if k < x.shape[1] else 0.0
        square += values[c] * values[c]
    square = _sum_of_team(sums, square)
    if cuda.threadIdx.x == 0:
        scale[0] = power_of_two(square / min(SPAN, x.shape[1] - span * SPAN))
        units[span, row], squares[span, row] = 1.0 / scale[0], square  # a power of two: exact
    cuda.syncthreads()
    for c in range(_COLUMNS):
        packed[span, row, cuda.threadIdx.x + c * _TEAM] = values[c] * scale[0]


@kernel(_THREADS)
def _add_squares(parts, squares):
    row = cuda.grid(1)
    if row < squares.shape[0]:
        total = squares[row]
        for span in range(parts.shape[0]):
            total += parts[span, row]
        squares[row] = total


@device
def _load(tile, packed, span, first, low):
    """DEPTH columns from ``low`` on of 64 rows: columns side by side in memory, rows in the tile."""
    for t in range(cuda.threadIdx.x, SIDE * DEPTH, _THREADS):
        k, row = t % DEPTH, first + t // DEPTH
        inside = row < packed.shape[1]
        tile[k * (SIDE + 1) + t // DEPTH] = packed[span, row, low + k] if inside else packed.dtype.type(0)


@device
def _tile_of(number):
    """Row and column of a tile on or below the diagonal, tiles counted row by row."""
    row = 0
    while number > row:
        number -= row + 1
        row += 1
    return row, number


@kernel(_THREADS, 2)
def _multiply(packed, units, width, depth, low, high, begin, condensed):
    """Pairs of tiles low ≤ i < high, other blocks are idle; ``condensed`` has those from number ``begin`` on.

    ``depth`` is DEPTH, told late: a loop of known length would be unrolled until registers spill.
    """
    n, t = packed.shape[1], cuda.threadIdx.x
    second, first = _tile_of(cuda.blockIdx.x)
    if not low <= first < high:
        return
    i, j = first * SIDE + t // 16, second * SIDE + t % 16
    left = cuda.shared.array(_TILE, packed.dtype)
    right = cuda.shared.array(_TILE, packed.dtype)
    products = cuda.local.array((4, 4), packed.dtype)
    zero = packed.dtype.type(0)
    for span in range(packed.shape[0]):
        for r in range(4):
            for s in range(4):
                products[r, s] = zero
        for column in range(0, min(SPAN, width - span * SPAN), DEPTH):
            cuda.syncthreads()
            _load(left, packed, span, first * SIDE, column)
            _load(right, packed, span, second * SIDE, column)
            cuda.syncthreads()
            if i < n and j < n:
                for k in range(depth):
                    at = k * (SIDE + 1)
                    for s in range(4):
                        b = right[at + t % 16 + 16 * s]
                        for r in range(4):
                            products[r, s] += left[at + t // 16 + 16 * r] * b
        for r in range(4):
            row = i + 16 * r
            place = pair_index(row, j, n) - begin
            for s in range(4):
                if row < j + 16 * s < n:
                    condensed[place + 16 * s] += products[r, s] * (units[span, row] * units[span, j + 16 * s])


def prepare(n: int, chunks: int, dtype: DTypeLike) -> Room:
    """Room for blocks of ``n`` rows and at most ``chunks`` chunks of columns.

    Parameters
    ----------
    n : int
        Rows.
    chunks : int
        Chunks of ``CHUNK`` columns that are multiplied together.
    dtype : float32 or float64
        Type of the products within a span.
    """
    return Room(n, chunks, np.dtype(dtype), Arena())


def _columns(columns: Columns) -> NDArray[Any]:
    x, first, width = columns
    return np.ascontiguousarray(x[:, first : first + width])


def add_products(
    columns: Columns, centred: bool, work: Room, condensed: NDArray[np.float64], squares: NDArray[np.float64]
) -> None:
    """Add what some columns give to the products of all pairs of rows.

    Parameters
    ----------
    columns : Columns
        As many as there is room for.
    centred : bool
        Subtract the mean row first.
    work : Room
        From :func:`prepare`.
    condensed : (n(n-1)/2,) float64
        Products of the pairs, added to.
    squares : (n,) float64
        Squared norms, added to.
    """
    up = _columns(columns)
    (n, width), spans = up.shape, -(-up.shape[1] // SPAN)
    wanted = (
        (up.shape, up.dtype),
        ((width,), np.float64),
        ((spans, n, SPAN), work.dtype),
        ((spans, n), np.float64),
        ((spans, n), np.float64),
        (squares.shape, np.float64),
    )
    least = sum(int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in wanted)
    tiles, bands = -(-n // SIDE), _bands(n, (work.arena.room() - least) // 8)
    most = max(band.pairs.stop - band.pairs.start for band in bands)
    x, means, packed, units, parts, norms, room = work.arena.take(*wanted, ((most,), np.float64))
    jit_cuda.put(up, x)
    jit_cuda.put(squares, norms)
    _means[-(-width // _THREADS)](x, bool(centred), means)
    _pack[n * spans](x, means, packed, units, parts)
    _add_squares[-(-n // _THREADS)](parts, norms)
    for band in bands:
        some = condensed[band.pairs]
        sums = jit_cuda.put(some, room[: len(some)])
        _multiply[tiles * (tiles + 1) // 2](
            packed, units, int(width), DEPTH, band.low, band.high, band.pairs.start, sums
        )
        jit_cuda.get(sums, some)
    jit_cuda.get(norms, squares)


class _Band(NamedTuple):
    """Tiles low ≤ i < high, and where their pairs stand in the condensed form."""

    low: int
    high: int
    pairs: slice


def _bands(n: int, pairs: int) -> list[_Band]:
    """All tiles in bands of as many ``pairs`` at most, or of one row of tiles."""
    tiles = -(-n // SIDE)
    starts = [first * SIDE * (2 * n - first * SIDE - 1) // 2 for first in range(tiles)] + [n * (n - 1) // 2]
    bands, low = [], 0
    while low < tiles:
        high = low + 1
        while high < tiles and (starts[high + 1] - starts[low] <= pairs or starts[high + 1] == starts[high]):
            high += 1
        bands.append(_Band(low, high, slice(starts[low], starts[high])))
        low = high
    return bands


@kernel(_TEAM)
def _differences(x, left, right, scales, parts):
    """Σ (c_i x_ik − c_j x_jk)² / c_j² of one pair over one chunk: a block, into its slot."""
    pair, chunk = cuda.blockIdx.x % left.shape[0], cuda.blockIdx.x // left.shape[0]
    i, j = left[pair], right[pair]
    # One factor inside, exactly 1 for equal scales: equal rows give 0.
    ratio = scales[i] / scales[j]
    sums = cuda.shared.array(_TEAM, np.float64)
    total = 0.0
    for k in range(chunk * CHUNK + cuda.threadIdx.x, min((chunk + 1) * CHUNK, x.shape[1]), _TEAM):
        difference = ratio * x[i, k] - x[j, k]
        total += difference * difference
    total = _sum_of_team(sums, total)
    if cuda.threadIdx.x == 0:
        parts[chunk, pair] = total


@kernel(_THREADS)
def _add_chunks(parts, right, scales, totals):
    pair = cuda.grid(1)
    if pair < totals.shape[0]:
        total, scale = totals[pair], scales[right[pair]]
        for chunk in range(parts.shape[0]):
            total += scale * scale * parts[chunk, pair]
        totals[pair] = total


def add_differences(columns: Columns, pairs: Pairs, totals: NDArray[np.float64]) -> None:
    """Add Σ_k (scales[i] x[i,k] − scales[j] x[j,k])² over some columns to the totals (m,) float64 of pairs (i, j)."""
    x, chunks, count = jit_cuda.put(_columns(columns)), -(-columns.width // CHUNK), len(totals)
    left, right, scales, sums = (jit_cuda.put(array) for array in (*pairs, totals))
    parts = jit_cuda.empty((chunks, count), np.float64)
    _differences[count * chunks](x, left, right, scales, parts)
    _add_chunks[-(-count // _THREADS)](parts, right, scales, sums)
    jit_cuda.get(sums, totals)
