"""The spherical glass on the cores.

The polynomial

    E(σ) = Σ_S a_S Π_{i ∈ S} σ_i        over unordered index sets S (see ``formula``)

and its derivatives are summed triangle by triangle (see ``segments``). All couplings are cut into chunks of whole
bands of rows, whose number depends on the size of the glass alone; points go in tiles. An item is (tile, chunk):

    couplings   | chunk 0        | chunk 1        | …      ranks; each is read once for a tile
    points      | tile 0: groups of lanes | tile 1 | …
    parts       [tile, chunk]  →  added over the chunks, chunk 0 first

So the bits depend neither on the number of threads nor on which points go together. Where couplings are not stored,
a few chunks at a time are drawn, used for all points and forgotten.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import DTypeLike, NDArray

from ..jit import block, loop, serial_loop
from ..sums import add_in_order
from ..types import Chunk, Chunks, Couplings, Vectors
from ..vectors import BYTES
from . import formula, matrices, rows, segments
from .draws import draw_rows
from .triangle import BAND

_CHUNK = 1 << 17  # couplings in one chunk, at least
_MOST_CHUNKS = 64
_LARGE_CHUNK = 1 << 20  # couplings in one chunk, at most, but for the rounding to whole bands
_BUFFER = 1 << 23  # numbers in the partial sums, and in the couplings drawn at once
_GROUPS = 8  # groups of lanes in one tile
_FEW = 3  # so many points are quicker one by one than as lanes
_NO_OWNER = np.empty(0, np.int64)


def n_couplings(n: int, order: int) -> int:
    """Number of couplings of one order between ``n`` spins."""
    return int(formula.sets_below(n, order))


@serial_loop
def _bounds(n, order, chunks, out):
    rows.bounds(n, order, chunks, out)


def prepare(couplings: Couplings) -> Chunks:
    """What the cores want ready-made for a glass: its couplings cut into chunks."""
    total = n_couplings(couplings.n, couplings.order)
    chunks = max(1, min(_MOST_CHUNKS, total // _CHUNK), total // _LARGE_CHUNK)
    starts = np.empty(chunks + 1, np.int64)
    _bounds(couplings.n, couplings.order, chunks, starts)
    return Chunks(couplings.values, starts, couplings.n, couplings.order)


@block
def _chunk(chunks, c):
    start, stop = chunks.starts[c], chunks.starts[c + 1]
    first = chunks.starts[0]
    return Chunk(chunks.values[start - first : stop - first], start, stop, chunks.n, chunks.order)


@loop
def _fill(chunks, couplings):
    n, order, starts = chunks.n, chunks.order, chunks.starts
    for c in prange(starts.shape[0] - 1):
        index = np.empty(order - 1, np.int64)
        rank = starts[c]
        if rank < starts[c + 1]:
            rows.row_of(rank, order, n, index)
        while rank < starts[c + 1]:
            low = index[order - 2]
            end = index[order - 3] + 1 if order > 2 else n
            high = rows.last_row(low, min(end, low + BAND), starts[c + 1] - rank)
            size = (high * (high + 1) - low * (low + 1)) // 2
            at = rank - starts[0]
            draw_rows(chunks.values[at : at + size], index, low, high, rank, couplings)
            rank += size
            if high < end:
                index[order - 2] = high
            else:
                rows.next_triangle(index)


def fill_couplings(couplings: Couplings) -> None:
    """Draw all values of one order: number ``rank`` of stream (seed, purpose) for each index set."""
    _draw(prepare(couplings), couplings)


def _draw(chunks: Chunks, couplings: Couplings) -> None:
    _fill(chunks, couplings._replace(values=chunks.values, seed=np.uint64(couplings.seed)))


def _rounds(couplings: Couplings, prepared: Chunks, dtype: DTypeLike, size: int) -> Iterator[Chunks]:
    """The chunks a few at a time; ``size`` is how many numbers the sums of one chunk take."""
    starts = prepared.starts
    chunks = len(starts) - 1
    together = max(1, min(chunks, _BUFFER // size))
    stored = len(prepared.values) > 0
    drawn = np.empty(0, dtype)
    if not stored:
        longest = int(np.diff(starts).max())
        together = max(1, min(together, _BUFFER // longest))
        drawn = np.empty(min(together * longest, starts[-1]), dtype)
    for low in range(0, chunks, together):
        part = starts[low : low + together + 1]
        values = prepared.values[part[0] : part[-1]] if stored else drawn
        few = prepared._replace(values=values, starts=part)
        if not stored:
            _draw(few, couplings)
        yield few


@loop
def _derivatives(chunks, vectors, parts, energy, gradient):
    energies, gradients = parts
    tiles, count = energies.shape[0], energies.shape[1]
    for item in prange(tiles * count):
        t, c = item // count, item % count
        tile = Vectors(vectors.x[t], vectors.lanes, vectors.owner)
        segments.derivatives(_chunk(chunks, c), tile, energies[t, c], gradients[t, c])
    for t in range(tiles):
        add_in_order(energy[t].reshape(-1), energies[t].reshape((count, -1)))
        add_in_order(gradient[t].reshape(-1), gradients[t].reshape((count, -1)))


def _tiles(points: NDArray[Any], lanes: int, groups: int) -> NDArray[Any]:
    """Points (B, n) as (tiles, groups, n·lanes), the last ones filled with zeros."""
    count, n = points.shape
    tiles = -(-count // (lanes * groups))
    padded = np.zeros((tiles * groups * lanes, n), points.dtype)
    padded[:count] = points
    tiled = padded.reshape(tiles, groups, lanes, n).transpose(0, 1, 3, 2)
    return np.ascontiguousarray(tiled).reshape(tiles, groups, n * lanes)


def _points(tiled: NDArray[Any], lanes: int) -> NDArray[Any]:
    """Back from (tiles, groups, n·lanes) to (points, n)."""
    tiles, groups, length = tiled.shape
    shape = (tiles, groups, length // lanes, lanes)
    return tiled.reshape(shape).transpose(0, 1, 3, 2).reshape(tiles * groups * lanes, -1)


def _run(couplings: Couplings, prepared: Chunks, vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Energies (tiles, groups, lanes) and gradients (tiles, groups, n·lanes), chunks added in order."""
    x, lanes = vectors.x, vectors.lanes
    tiles, groups = x.shape[:2]
    energies, gradients = np.zeros((tiles, groups, lanes)), np.zeros_like(x)
    together = max(1, _BUFFER // (4 * x[0].size))
    for low in range(0, tiles, together):
        some = vectors._replace(x=x[low : low + together])
        for chunks in _rounds(couplings, prepared, x.dtype, some.x.size):
            shape = len(some.x), len(chunks.starts) - 1
            parts = np.empty((*shape, groups, lanes)), np.empty((*shape, *x.shape[1:]), x.dtype)
            _derivatives(chunks, some, parts, energies[low : low + together], gradients[low : low + together])
    return energies, gradients


def _width(count: int, dtype: np.dtype[Any]) -> tuple[int, int]:
    """Lanes of a group and groups of a tile for so many vectors."""
    lanes = 1 if count <= _FEW else BYTES // dtype.itemsize
    return lanes, min(_GROUPS, -(-count // lanes))


def values_and_gradients(
    points: NDArray[Any], couplings: Couplings, prepared: Chunks
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Polynomial Σ_S a_S Π σ_i, (B,) float64, and its gradient (B, n), at points (B, n)."""
    count = len(points)
    lanes, groups = _width(count, points.dtype)
    vectors = Vectors(_tiles(points, lanes, groups), lanes, _NO_OWNER)
    energy, gradient = _run(couplings, prepared, vectors)
    return energy.reshape(-1)[:count], np.ascontiguousarray(_points(gradient, lanes)[:count])


def hessian_products(
    points: NDArray[Any], vectors: NDArray[Any], couplings: Couplings, prepared: Chunks
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any]]:
    """Energy (B,), gradient (B, n) and Hessian·vector (B, n) of the polynomial: point b with vector b.

    One point (1, n) may come with many vectors (B, n); energy and gradient have then one row.
    """
    count, shared = len(vectors), len(points) == 1
    lanes, groups = _width(count, points.dtype)
    if shared:
        along = _tiles(vectors, lanes, groups)
        at = _tiles(np.repeat(points, lanes, axis=0), lanes, 1)
        x = np.concatenate([np.repeat(at, len(along), axis=0), along], axis=1)
        owner, first = np.zeros(groups, np.int64), 1
    else:
        first = min(groups, _GROUPS // 2)
        x = np.concatenate([_tiles(points, lanes, first), _tiles(vectors, lanes, first)], axis=1)
        owner = np.arange(first)
    energy, gradient = _run(couplings, prepared, Vectors(x, lanes, owner))
    return (
        energy[:, :first].reshape(-1)[: len(points)],
        np.ascontiguousarray(_points(gradient[:, :first], lanes)[: len(points)]),
        np.ascontiguousarray(_points(gradient[:, first:], lanes)[:count]),
    )


@loop
def _hessians(chunks, points, parts, energy, out):
    energies, hessians = parts
    count, n_chunks = energies.shape
    for item in prange(count * n_chunks):
        b, c = item // n_chunks, item % n_chunks
        energies[b, c] = matrices.second_derivatives(_chunk(chunks, c), points[b], hessians[b, c])
    for b in range(count):
        add_in_order(energy[b : b + 1], energies[b].reshape((n_chunks, 1)))
        add_in_order(out[b].reshape(-1), hessians[b].reshape((n_chunks, -1)))


def hessians(points: NDArray[Any], couplings: Couplings, prepared: Chunks) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Energy (B,) and matrix of second derivatives (B, n, n) of the polynomial at points (B, n)."""
    count, n = points.shape
    energies, out = np.zeros(count), np.zeros((count, n, n), points.dtype)
    together = max(1, _BUFFER // (4 * n * n))
    for low in range(0, count, together):
        some = points[low : low + together]
        for chunks in _rounds(couplings, prepared, points.dtype, len(some) * n * n):
            shape = len(some), len(chunks.starts) - 1
            parts = np.empty(shape), np.empty((*shape, n, n), points.dtype)
            _hessians(chunks, some, parts, energies[low : low + together], out[low : low + together])
    return energies, out


@loop
def _table(chunks, x, owner, parts, out):
    for c in prange(parts.shape[0]):
        one_by_one = Vectors(x, np.int64(1), owner)  # made here, so that no code for many lanes is compiled
        segments.table(_chunk(chunks, c), one_by_one, parts[c])
    add_in_order(out, parts)


def table(vectors: NDArray[Any], couplings: Couplings, prepared: Chunks) -> NDArray[np.float64]:
    """The couplings contracted with ``order`` of the vectors (m, n) each: (m,) * order in float64.

    Only its symmetric part has a meaning: Σ T c_{a_1} … c_{a_p} is the polynomial at Σ c_a v_a.
    """
    size = len(vectors) ** couplings.order
    total = np.zeros(size)
    for chunks in _rounds(couplings, prepared, vectors.dtype, size):
        _table(chunks, vectors, _NO_OWNER, np.empty((len(chunks.starts) - 1, size)), total)
    return total.reshape((len(vectors),) * couplings.order)
