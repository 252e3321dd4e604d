"""The spherical glass on the cores.

The polynomial Σ_S a_S Π σ_i over unordered index sets S (see ``formula``) is summed triangle by triangle (see
``segments``). All couplings are cut into chunks of whole rows, whose number depends on the size of the glass
alone; points go in tiles. An item is (tile, chunk); the chunks of a tile are added in order. So the bits depend
neither on the number of threads nor on which points go together.
"""

import numpy as np
from numba import prange

from ..jit import loop, serial_loop
from ..vectors import BYTES
from . import formula, rows, segments
from .draws import draw_rows
from .triangle import PANEL

_CHUNK = 1 << 17  # couplings in one chunk, at least
_MOST_CHUNKS = 64
_BUFFER = 1 << 23  # numbers in the partial gradients of the tiles that go together
_GROUPS = 8  # groups of lanes in one tile
_FEW = 3  # so many points are quicker one by one than as lanes
_NO_OWNER = np.empty(0, np.int64)


def n_couplings(n, order):
    """Number of couplings of one order between ``n`` spins."""
    return int(formula.sets_below(n, order))


@serial_loop
def _bounds(n, order, chunks, out):
    rows.bounds(n, order, chunks, out)


def _chunks(n, order, least=_CHUNK, most=_MOST_CHUNKS):
    chunks = max(1, min(most, n_couplings(n, order) // least))
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
            high = index[order - 3] + 1 if order > 2 else n
            high = min(high, low + PANEL, segments.last_row(low, high, starts[c + 1] - rank))
            size = (high * (high + 1) - low * (low + 1)) // 2
            draw_rows(out[rank : rank + size], index, low, high, rank, seed, purpose, disorder)
            rank += size
            if order > 2 and high > index[order - 3]:
                rows.next_triangle(index)
            else:
                index[order - 2] = high


def fill_couplings(out, n, order, seed, purpose, disorder):
    """Draw all couplings of one order: number ``rank`` of stream (seed, purpose) for each index set."""
    _fill(out, _chunks(n, order), n, order, np.uint64(seed), purpose, disorder)


@loop
def _derivatives(
    couplings, starts, n, order, seed, purpose, disorder, x, lanes, owner, energy, gradient
):  # fmt: skip
    tiles, chunks = energy.shape[0], energy.shape[1]
    for item in prange(tiles * chunks):
        t, c = item // chunks, item % chunks
        segments.derivatives(
            couplings, starts[c], starts[c + 1], n, order, seed, purpose, disorder, x[t], lanes, owner,
            energy[t, c], gradient[t, c],
        )  # fmt: skip


def _tiles(points, lanes, groups):
    """Points (B, n) as (tiles, groups, n·lanes), the last ones filled with zeros."""
    rows_, n = points.shape
    tiles = -(-rows_ // (lanes * groups))
    padded = np.zeros((tiles * groups * lanes, n), points.dtype)
    padded[:rows_] = points
    tiled = padded.reshape(tiles, groups, lanes, n).transpose(0, 1, 3, 2)
    return np.ascontiguousarray(tiled).reshape(tiles, groups, n * lanes)


def _points(tiled, lanes):
    """Back from (tiles, groups, n·lanes) to (points, n)."""
    tiles, groups, length = tiled.shape
    shape = (tiles, groups, length // lanes, lanes)
    return tiled.reshape(shape).transpose(0, 1, 3, 2).reshape(tiles * groups * lanes, -1)


def _added(parts):
    """Sum over axis 1, one after the other whatever the shape (NumPy's own order depends on it)."""
    total = parts[:, 0].copy()
    for c in range(1, parts.shape[1]):
        total += parts[:, c]
    return total


def _run(glass, x, lanes, owner):
    """Energies (tiles, groups, lanes) and gradients (tiles, groups, n·lanes), chunks added in order."""
    couplings, n, order, seed, purpose, disorder = glass
    starts = _chunks(n, order)
    tiles, groups, chunks = x.shape[0], x.shape[1], len(starts) - 1
    energies, gradients = np.empty((tiles, groups, lanes)), np.empty_like(x)
    together = max(1, _BUFFER // (chunks * x[0].size))
    for low in range(0, tiles, together):
        part = slice(low, low + together)
        count = len(x[part])
        energy = np.empty((count, chunks, groups, lanes))
        gradient = np.empty((count, chunks, *x.shape[1:]), x.dtype)
        _derivatives(
            couplings, starts, n, order, np.uint64(seed), purpose, disorder, x[part], lanes, owner, energy, gradient
        )  # fmt: skip
        energies[part], gradients[part] = _added(energy), _added(gradient)
    return energies, gradients


def _width(count, dtype):
    """Lanes of a group and groups of a tile for so many vectors."""
    lanes = 1 if count <= _FEW else BYTES // dtype.itemsize
    return lanes, min(_GROUPS, -(-count // lanes))


def energy_gradient(couplings, n, order, seed, purpose, disorder, points):
    """Polynomial Σ_S a_S Π σ_i, (B,) float64, and its gradient (B, n), at points (B, n).

    ``couplings`` holds a_S by rank, in the type of the points; empty, they are drawn where they are needed.
    """
    count = len(points)
    lanes, groups = _width(count, points.dtype)
    glass = couplings, n, order, seed, purpose, disorder
    energy, gradient = _run(glass, _tiles(points, lanes, groups), lanes, _NO_OWNER)
    return energy.reshape(-1)[:count], np.ascontiguousarray(_points(gradient, lanes)[:count])


def hessian_vector(couplings, n, order, seed, purpose, disorder, points, vectors):
    """Energy (B,), gradient (B, n) and Hessian·vector (B, n) of the polynomial: point b with vector b.

    One point (1, n) may come with many vectors (B, n); energy and gradient have then one row.
    """
    glass = couplings, n, order, seed, purpose, disorder
    count, shared = len(vectors), len(points) == 1
    lanes, groups = _width(count, points.dtype)
    if shared:
        along = _tiles(vectors, lanes, groups)
        at = _tiles(np.repeat(points, lanes, axis=0), lanes, 1)
        x = np.concatenate([np.repeat(at, len(along), axis=0), along], axis=1)
        owner, n_points = np.zeros(groups, np.int64), 1
    else:
        groups = min(groups, _GROUPS // 2)
        x = np.concatenate([_tiles(points, lanes, groups), _tiles(vectors, lanes, groups)], axis=1)
        owner, n_points = np.arange(groups), groups
    energy, gradient = _run(glass, x, lanes, owner)
    rows_ = 1 if shared else count
    return (
        np.ascontiguousarray(energy[:, :n_points]).reshape(-1)[:rows_],
        np.ascontiguousarray(_points(gradient[:, :n_points], lanes)[:rows_]),
        np.ascontiguousarray(_points(gradient[:, n_points:], lanes)[:count]),
    )


@loop
def _table(couplings, starts, n, order, seed, purpose, disorder, vectors, out):
    for c in prange(out.shape[0]):
        segments.table(
            couplings, starts[c], starts[c + 1], n, order, seed, purpose, disorder, vectors, out[c]
        )


def table(couplings, n, order, seed, purpose, disorder, vectors):
    """The couplings contracted with ``order`` of the vectors (m, n) each: (m,) * order in float64.

    Only its symmetric part has a meaning: Σ T c_{a_1} … c_{a_p} is the polynomial at Σ c_a v_a.
    """
    starts = _chunks(n, order)
    m = len(vectors)
    out = np.empty((len(starts) - 1, m**order))
    _table(couplings, starts, n, order, np.uint64(seed), purpose, disorder, vectors, out)
    return _added(out[None])[0].reshape((m,) * order)
