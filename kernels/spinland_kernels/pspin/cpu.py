"""The spherical glass on the cores.

The polynomial Σ_S a_S Π σ_i over unordered index sets S (see ``formula``) is summed triangle by triangle (see
``segments``). All couplings are cut into chunks of whole rows, whose number depends on the size of the glass
alone; points go in tiles. An item is (tile, chunk); the chunks of a tile are added in order. So the bits depend
neither on the number of threads nor on which points go together.

``glass`` is everywhere the tuple (couplings, n, order, seed, purpose, disorder). ``couplings`` holds a_S by rank in
the type of the points. Where it is empty, a few chunks at a time are drawn, used for all points and forgotten.
"""

import numpy as np
from numba import prange

from ..jit import loop, serial_loop
from ..vectors import BYTES
from . import formula, matrices, rows, segments
from .draws import draw_rows
from .triangle import PANEL

_CHUNK = 1 << 17  # couplings in one chunk, at least
_MOST_CHUNKS = 64
_LARGE_CHUNK = 1 << 20  # couplings in one chunk, at most, but for the rounding to whole panels
_BUFFER = 1 << 23  # numbers in the partial sums, and in the couplings drawn at once
_GROUPS = 8  # groups of lanes in one tile
_FEW = 3  # so many points are quicker one by one than as lanes
_NO_OWNER = np.empty(0, np.int64)


def n_couplings(n, order):
    """Number of couplings of one order between ``n`` spins."""
    return int(formula.sets_below(n, order))


@serial_loop
def _bounds(n, order, chunks, out):
    rows.bounds(n, order, chunks, out)


def _chunks(n, order):
    total = n_couplings(n, order)
    chunks = max(1, min(_MOST_CHUNKS, total // _CHUNK), total // _LARGE_CHUNK)
    starts = np.empty(chunks + 1, np.int64)
    _bounds(n, order, chunks, starts)
    return starts


@loop
def _fill(out, starts, n, order, seed, purpose, disorder):
    for c in prange(starts.shape[0] - 1):
        index = np.empty(order - 1, np.int64)
        rank = starts[c]
        if rank < starts[c + 1]:
            rows.row_of(rank, order, n, index)
        while rank < starts[c + 1]:
            low = index[order - 2]
            end = index[order - 3] + 1 if order > 2 else n
            high = rows.last_row(low, min(end, low + PANEL), starts[c + 1] - rank)
            size = (high * (high + 1) - low * (low + 1)) // 2
            at = rank - starts[0]
            draw_rows(out[at : at + size], index, low, high, rank, seed, purpose, disorder)
            rank += size
            if high < end:
                index[order - 2] = high
            else:
                rows.next_triangle(index)


def fill_couplings(out, n, order, seed, purpose, disorder):
    """Draw all couplings of one order: number ``rank`` of stream (seed, purpose) for each index set."""
    _fill(out, _chunks(n, order), n, order, np.uint64(seed), purpose, disorder)


def _rounds(glass, dtype, size):
    """The chunks a few at a time: their couplings, and the ranks at which they begin and end.

    ``size`` is how many numbers the sums of one chunk take.
    """
    couplings, n, order, seed, purpose, disorder = glass
    starts = _chunks(n, order)
    chunks = len(starts) - 1
    together = max(1, min(chunks, _BUFFER // size))
    drawn = np.empty(0, dtype)
    if not len(couplings):
        longest = int(np.diff(starts).max())
        together = max(1, min(together, _BUFFER // longest))
        drawn = np.empty(min(together * longest, starts[-1]), dtype)
    for low in range(0, chunks, together):
        part = starts[low : low + together + 1]
        if len(couplings):
            yield couplings[part[0] : part[-1]], part
        else:
            _fill(drawn, part, n, order, np.uint64(seed), purpose, disorder)
            yield drawn, part


@loop
def _derivatives(couplings, starts, n, order, x, lanes, owner, energy, gradient):
    tiles, chunks = energy.shape[0], energy.shape[1]
    for item in prange(tiles * chunks):
        t, c = item // chunks, item % chunks
        segments.derivatives(
            couplings[starts[c] - starts[0] :], starts[c], starts[c + 1], n, order, x[t], lanes, owner,
            energy[t, c], gradient[t, c],
        )  # fmt: skip


def _tiles(points, lanes, groups):
    """Points (B, n) as (tiles, groups, n·lanes), the last ones filled with zeros."""
    count, n = points.shape
    tiles = -(-count // (lanes * groups))
    padded = np.zeros((tiles * groups * lanes, n), points.dtype)
    padded[:count] = points
    tiled = padded.reshape(tiles, groups, lanes, n).transpose(0, 1, 3, 2)
    return np.ascontiguousarray(tiled).reshape(tiles, groups, n * lanes)


def _points(tiled, lanes):
    """Back from (tiles, groups, n·lanes) to (points, n)."""
    tiles, groups, length = tiled.shape
    shape = (tiles, groups, length // lanes, lanes)
    return tiled.reshape(shape).transpose(0, 1, 3, 2).reshape(tiles * groups * lanes, -1)


def _add_parts(total, parts):
    """Add ``parts`` over axis 1, one after the other whatever the shape (NumPy's own order depends on it)."""
    for c in range(parts.shape[1]):
        total += parts[:, c]


def _run(glass, x, lanes, owner):
    """Energies (tiles, groups, lanes) and gradients (tiles, groups, n·lanes), chunks added in order."""
    _, n, order, *_ = glass
    tiles, groups = x.shape[:2]
    energies, gradients = np.zeros((tiles, groups, lanes)), np.zeros_like(x)
    together = max(1, _BUFFER // (4 * x[0].size))
    for low in range(0, tiles, together):
        part = x[low : low + together]
        for couplings, starts in _rounds(glass, x.dtype, part.size):
            shape = len(part), len(starts) - 1
            energy, gradient = np.empty((*shape, groups, lanes)), np.empty((*shape, *x.shape[1:]), x.dtype)
            _derivatives(couplings, starts, n, order, part, lanes, owner, energy, gradient)
            _add_parts(energies[low : low + together], energy)
            _add_parts(gradients[low : low + together], gradient)
    return energies, gradients


def _width(count, dtype):
    """Lanes of a group and groups of a tile for so many vectors."""
    lanes = 1 if count <= _FEW else BYTES // dtype.itemsize
    return lanes, min(_GROUPS, -(-count // lanes))


def energy_gradient(glass, points):
    """Polynomial Σ_S a_S Π σ_i, (B,) float64, and its gradient (B, n), at points (B, n)."""
    count = len(points)
    lanes, groups = _width(count, points.dtype)
    energy, gradient = _run(glass, _tiles(points, lanes, groups), lanes, _NO_OWNER)
    return energy.reshape(-1)[:count], np.ascontiguousarray(_points(gradient, lanes)[:count])


def hessian_vector(glass, points, vectors):
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
    energy, gradient = _run(glass, x, lanes, owner)
    return (
        energy[:, :first].reshape(-1)[: len(points)],
        np.ascontiguousarray(_points(gradient[:, :first], lanes)[: len(points)]),
        np.ascontiguousarray(_points(gradient[:, first:], lanes)[:count]),
    )


@loop
def _hessians(couplings, starts, n, order, points, energy, out):
    count, chunks = energy.shape
    for item in prange(count * chunks):
        b, c = item // chunks, item % chunks
        energy[b, c] = matrices.second_derivatives(
            couplings[starts[c] - starts[0] :], starts[c], starts[c + 1], n, order, points[b], out[b, c]
        )


def hessian(glass, points):
    """Energy (B,) and matrix of second derivatives (B, n, n) of the polynomial at points (B, n)."""
    _, n, order, *_ = glass
    count = len(points)
    energies, out = np.zeros(count), np.zeros((count, n, n), points.dtype)
    together = max(1, _BUFFER // (4 * n * n))
    for low in range(0, count, together):
        part = points[low : low + together]
        for couplings, starts in _rounds(glass, points.dtype, len(part) * n * n):
            shape = len(part), len(starts) - 1
            energy, matrix = np.empty(shape), np.empty((*shape, n, n), points.dtype)
            _hessians(couplings, starts, n, order, part, energy, matrix)
            _add_parts(energies[low : low + together], energy)
            _add_parts(out[low : low + together], matrix)
    return energies, out


@loop
def _table(couplings, starts, n, order, vectors, out):
    for c in prange(out.shape[0]):
        segments.table(
            couplings[starts[c] - starts[0] :], starts[c], starts[c + 1], n, order, vectors, out[c]
        )


def table(glass, vectors):
    """The couplings contracted with ``order`` of the vectors (m, n) each: (m,) * order in float64.

    Only its symmetric part has a meaning: Σ T c_{a_1} … c_{a_p} is the polynomial at Σ c_a v_a.
    """
    _, n, order, *_ = glass
    size = len(vectors) ** order
    total = np.zeros((1, size))
    for couplings, starts in _rounds(glass, vectors.dtype, size):
        out = np.empty((len(starts) - 1, size))
        _table(couplings, starts, n, order, vectors, out)
        _add_parts(total, out[None])
    return total.reshape((len(vectors),) * order)
