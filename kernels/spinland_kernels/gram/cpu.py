"""Inner products and squared differences of all pairs of long rows, a block of columns at a time.

The columns are cut into panels of ``PANEL`` on one fixed grid. A panel is centred, scaled and packed into
strips of interleaved rows. Each pair of strips is multiplied panel after panel, and the sums over the columns
of a panel are added in float64 to those of the panels before. Nothing in this order depends on how many panels
come at a time or on the number of threads, so neither do the bits.
"""

import numba
import numpy as np
from numba import prange

from ..jit import block, loop, vector_block
from ..vectors import BYTES
from .formula import pair_index, power_of_two
from .strips import add_strip_products, interleave

CHUNK = 2048  # blocks of columns are whole numbers of these
PANEL = 256  # columns centred, scaled and summed together: longer float32 sums would lose digits
SIDE = 8  # most strips in a tile: two of them and the sums of their pairs stay in the second cache
TILES = 6  # tiles beside each other, or more, so that their pairs are enough work for some threads
PAIRS = 64  # pairs in one item of the direct differences


@block
def _add_rows(total, a, b):
    for k in range(total.shape[0]):
        total[k] = total[k] + a[k] + b[k]


@block
def _mean_into(mean, x, low, high):
    """Mean row of columns low ... high of x, in float64."""
    n = x.shape[0]
    for k in range(mean.shape[0]):
        mean[k] = 0.0
    for row in range(0, n - 1, 2):
        _add_rows(mean, x[row, low:high], x[row + 1, low:high])
    for k in range(mean.shape[0]):
        last = x[n - 1, low + k] if n % 2 else 0.0
        mean[k] = (mean[k] + last) / n


@vector_block
def _centre_into(out, row, mean):
    """Set out to row − mean; returns its squared norm. All in float64."""
    total = 0.0
    for k in range(row.shape[0]):
        y = row[k] - mean[k]
        out[k] = y
        total += y * y
    return total


@block
def _scale_into(out, row, scale):
    for k in range(row.shape[0]):
        out[k] = row[k] * scale


@block
def _pack_strip(x, low, high, first, mean, centred, rows, strips, at, units, squares):
    """Rows ``first ...`` of columns low ... high, without their mean, near one, as a strip; zeros beyond the last."""
    lanes, width = rows.shape[0], high - low
    for r in range(lanes):
        units[first + r] = 1.0
        if first + r < x.shape[0]:
            square = _centre_into(centred[:width], x[first + r, low:high], mean[:width])
            scale = power_of_two(square / width)
            squares[first + r] = square
            units[first + r] = 1.0 / scale  # a power of two: exact
            _scale_into(rows[r], centred[:width], scale)
        else:
            for k in range(width):
                rows[r, k] = 0.0
    interleave(rows, rows.shape[1], strips, at, width)


@loop
def _pack(x, first, width, with_mean, means, centred, rows, strips, units, squares):
    workers, lanes = rows.shape[0], rows.shape[1]
    n_strips = units.shape[1] // lanes
    for worker in prange(workers):
        for panel in range(worker, (width + PANEL - 1) // PANEL, workers):
            low = first + panel * PANEL
            high = min(low + PANEL, first + width)
            if with_mean:
                _mean_into(means[worker, : high - low], x, low, high)
            for strip in range(n_strips):
                _pack_strip(
                    x, low, high, strip * lanes, means[worker], centred[worker], rows[worker],
                    strips, (panel * n_strips + strip) * PANEL * lanes, units[panel], squares[panel],
                )  # fmt: skip


@block
def _exchange(sums, condensed, tile, side, n, lanes, out):
    """Take the sums of pairs of two tiles from the condensed form, or with ``out`` put them there."""
    i0, j0 = tile[0] * lanes, tile[1] * lanes
    for i in range(i0, min(i0 + side * lanes, n)):
        row = sums[(i - i0) // lanes]
        at = (i - i0) % lanes * lanes
        for strip in range(side):
            low, high = max(j0 + strip * lanes, i + 1), min(j0 + (strip + 1) * lanes, n)
            if low < high:
                start = pair_index(i, low, n)
                offset = at + low - j0 - strip * lanes
                if out:
                    _copy(condensed[start : start + high - low], row[strip, offset : offset + high - low])
                else:
                    _copy(row[strip, offset : offset + high - low], condensed[start : start + high - low])


@block
def _copy(out, source):
    for k in range(out.shape[0]):
        out[k] = source[k]


@block
def _add_tile(strips, width, units, tile, side, sums, condensed, n, lanes):
    """Add the products of the ``side`` strips of one tile and those of another, panel after panel."""
    n_strips = units.shape[1] // lanes
    i0, j0 = tile[0], tile[1]
    _exchange(sums, condensed, tile, side, n, lanes, False)
    for panel in range((width + PANEL - 1) // PANEL):
        depth = min(PANEL, width - panel * PANEL)
        first, unit = panel * n_strips, panel * units.shape[1]
        for j in range(j0, min(j0 + side, n_strips)):
            for i in range(i0, min(i0 + side, j + 1)):
                add_strip_products(
                    strips, (first + i) * PANEL * lanes, (first + j) * PANEL * lanes, depth,
                    units, unit + i * lanes, unit + j * lanes, sums[i - i0, j - j0], 0,
                )  # fmt: skip
    _exchange(sums, condensed, tile, side, n, lanes, True)


@loop
def _multiply(strips, width, units, tiles, sums, condensed, n, lanes):
    workers = sums.shape[0]
    for worker in prange(workers):
        for item in range(worker, tiles.shape[0], workers):
            _add_tile(strips, width, units, tiles[item], sums.shape[1], sums[worker], condensed, n, lanes)


def _pairs_of_tiles(strips, side):
    """First strips (m, 2) of the pairs of tiles, those with most work first: it falls evenly to the threads."""
    first, second = side * np.stack(np.triu_indices(-(-strips // side)))
    rows, columns = np.minimum(side, strips - first), np.minimum(side, strips - second)
    work = np.where(first == second, rows * (rows + 1) // 2, rows * columns)
    return np.stack([first, second], axis=1)[np.argsort(-work, kind="stable")]


class Workspace:
    """Buffers for blocks of ``n`` rows and at most ``chunks`` chunks of columns.

    Parameters
    ----------
    n : int
        Rows.
    chunks : int
        Chunks of ``CHUNK`` columns that are multiplied together.
    dtype : float32 or float64
        Type of the products within a panel.
    """

    def __init__(self, n, chunks, dtype):
        workers, lanes = numba.get_num_threads(), BYTES // np.dtype(dtype).itemsize
        strips, panels = -(-n // lanes), chunks * CHUNK // PANEL
        side = min(max(strips // TILES, 1), SIDE)
        self.tiles = _pairs_of_tiles(strips, side)
        self.means = np.zeros((workers, PANEL))
        self.centred = np.empty((workers, PANEL))
        self.rows = np.zeros((workers, lanes, PANEL), dtype)
        self.strips = np.empty(panels * strips * PANEL * lanes, dtype)
        self.units = np.empty((panels, strips * lanes))
        self.squares = np.empty((panels, n))
        self.sums = np.zeros((workers, side, side, lanes * lanes))


def add_products(x, first, width, centred, workspace, condensed, squares):
    """Add what columns ``first ... first + width - 1`` of x give to the products of all pairs of rows.

    Parameters
    ----------
    x : (n, any) float32 or float64, C-contiguous
        Rows.
    first, width : int
        Columns; the caller starts at multiples of ``CHUNK`` of the whole, as many as the workspace holds.
    centred : bool
        Subtract the mean row first.
    workspace : Workspace
        Buffers.
    condensed : (n(n-1)/2,) float64
        Products of the pairs, added to.
    squares : (n,) float64
        Squared norms, added to.
    """
    w = workspace
    _pack(x, first, width, centred, w.means, w.centred, w.rows, w.strips, w.units, w.squares)
    for panel in range(-(-width // PANEL)):
        squares += w.squares[panel]
    _multiply(w.strips, width, w.units, w.tiles, w.sums, condensed, len(squares), w.rows.shape[1])


@vector_block
def _squared_difference(a, b, ratio):
    total = 0.0
    for k in range(a.shape[0]):
        y = ratio * a[k] - b[k]
        total += y * y
    return total


@loop
def _add_differences(x, first, width, left, right, scales, totals):
    n = left.shape[0]
    for item in prange((n + PAIRS - 1) // PAIRS):
        for low in range(first, first + width, CHUNK):
            high = min(low + CHUNK, first + width)
            for pair in range(item * PAIRS, min((item + 1) * PAIRS, n)):
                i, j = left[pair], right[pair]
                # One factor inside, exactly 1 for equal scales: equal rows give 0 even where the product and
                # the difference are fused.
                ratio = scales[i] / scales[j]
                part = _squared_difference(x[i, low:high], x[j, low:high], ratio)
                totals[pair] += scales[j] * scales[j] * part


def add_differences(x, first, width, left, right, scales, totals):
    """Add Σ_k (scales[i] x[i,k] − scales[j] x[j,k])² over some columns to the totals of pairs (left, right).

    Parameters
    ----------
    x : (n, any) float32 or float64, C-contiguous
        Rows.
    first, width : int
        Columns; the caller starts at multiples of ``CHUNK`` of the whole.
    left, right : (m,) int64
        Rows of the pairs.
    scales : (n,) float64
        Factor of each row.
    totals : (m,) float64
        Sums of squares in float64, added to.
    """
    _add_differences(x, first, width, left, right, scales, totals)
