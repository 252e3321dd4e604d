"""Inner products and squared differences of all pairs of long rows, a block of columns at a time.

    products      p_ij = Σ_k (x_ik − m_k)(x_jk − m_k)          m the mean row, or 0
    differences   d_ij = Σ_k (c_i x_ik − c_j x_jk)²            where products would lose all digits

The columns are cut into spans of SPAN on one fixed grid:

    x        | span 0     | span 1     | …        a block is whole CHUNKs of columns, a CHUNK whole spans
    rows     | centred, scaled to near one, interleaved into strips of rows (see ``types.GramWork``)
    tiles    | pairs of strips (i ≥ j) times each other, span after span; float32 within a span, float64 over spans

Nothing in this order depends on how many spans come at a time or on the number of threads, so neither do the bits.
By hand, because BLAS sums float32 products of a million columns in float32, multiplies both halves of a symmetric
matrix, and has an order of its own for each number of threads. All distances of 2000 × 101,770 numbers in float32 take
half the time of PyTorch's matrix product and 1/35 of that of SciPy's ``pdist``.
"""

import numba
import numpy as np
from numba import prange
from numpy.typing import DTypeLike, NDArray

from ..jit import block, loop
from ..lanes.interleaving import interleave
from ..lanes.product import Rows
from ..sums import add_in_order, dot, squared_difference
from ..types import Columns, GramWork, Pairs
from ..vectors import BYTES
from .formula import pair_index, power_of_two
from .strips import add_strip_products

CHUNK = 2048  # blocks of columns are whole numbers of these
SPAN = 256  # columns centred, scaled and summed together: longer float32 sums would lose digits
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


@block
def _centre_into(out, row, mean):
    """Set out to row − mean; returns its squared norm. All in float64."""
    for k in range(row.shape[0]):
        out[k] = row[k] - mean[k]
    return dot(out, out, row.shape[0])


@block
def _scale_into(out, row, scale):
    for k in range(row.shape[0]):
        out[k] = row[k] * scale


@block
def _pack_strip(x, low, high, work, worker, span, strip):
    """Rows of one strip, columns low ... high, without their mean, near one; zeros beyond the last row."""
    rows, centred, mean = work.rows[worker], work.centred[worker], work.means[worker]
    lanes, width = rows.shape[0], high - low
    for r in range(lanes):
        row = strip * lanes + r
        work.units[span, row] = 1.0
        if row < x.shape[0]:
            square = _centre_into(centred[:width], x[row, low:high], mean[:width])
            scale = power_of_two(square / width)
            work.squares[span, row] = square
            work.units[span, row] = 1.0 / scale  # a power of two: exact
            _scale_into(rows[r], centred[:width], scale)
        else:
            for k in range(width):
                rows[r, k] = 0.0
    n_strips = work.units.shape[1] // lanes
    zero = 0
    place = Rows((span * n_strips + strip) * SPAN * lanes, lanes)
    interleave(rows, Rows(zero, SPAN), work.strips, place, width)


@loop
def _pack(columns, with_mean, work, squares):
    x, first, width = columns
    workers, lanes = work.rows.shape[0], work.rows.shape[1]
    spans = (width + SPAN - 1) // SPAN
    for worker in prange(workers):
        for span in range(worker, spans, workers):
            low = first + span * SPAN
            high = min(low + SPAN, first + width)
            if with_mean:
                _mean_into(work.means[worker, : high - low], x, low, high)
            for strip in range(work.units.shape[1] // lanes):
                _pack_strip(x, low, high, work, worker, span, strip)
    add_in_order(squares, work.squares[:spans])


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
def _add_tile(work, worker, tile, width, condensed, n):
    """Add the products of the strips of one tile and those of another, span after span."""
    sums, lanes = work.sums[worker], work.rows.shape[1]
    side, stride = sums.shape[0], work.units.shape[1]
    n_strips = stride // lanes
    i0, j0 = tile[0], tile[1]
    _exchange(sums, condensed, tile, side, n, lanes, False)
    for span in range((width + SPAN - 1) // SPAN):
        depth = min(SPAN, width - span * SPAN)
        first, unit = span * n_strips, span * stride
        for j in range(j0, min(j0 + side, n_strips)):
            for i in range(i0, min(i0 + side, j + 1)):
                add_strip_products(
                    work.strips,
                    (first + i) * SPAN * lanes,
                    (first + j) * SPAN * lanes,
                    depth,
                    work.units,
                    unit + i * lanes,
                    unit + j * lanes,
                    sums[i - i0, j - j0],
                    0,
                )
    _exchange(sums, condensed, tile, side, n, lanes, True)


@loop
def _multiply(work, width, condensed, n):
    workers = work.sums.shape[0]
    for worker in prange(workers):
        for item in range(worker, work.tiles.shape[0], workers):
            _add_tile(work, worker, work.tiles[item], width, condensed, n)


def _pairs_of_tiles(strips: int, side: int) -> NDArray[np.int64]:
    """First strips (m, 2) of the pairs of tiles, those with most work first: it falls evenly to the threads."""
    first, second = side * np.stack(np.triu_indices(-(-strips // side)))
    rows, columns = np.minimum(side, strips - first), np.minimum(side, strips - second)
    work = np.where(first == second, rows * (rows + 1) // 2, rows * columns)
    return np.stack([first, second], axis=1)[np.argsort(-work, kind="stable")]


def prepare(n: int, chunks: int, dtype: DTypeLike) -> GramWork:
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
    workers, lanes = numba.get_num_threads(), BYTES // np.dtype(dtype).itemsize
    strips, spans = -(-n // lanes), chunks * CHUNK // SPAN
    side = min(max(strips // TILES, 1), SIDE)
    return GramWork(
        tiles=_pairs_of_tiles(strips, side),
        means=np.zeros((workers, SPAN)),
        centred=np.empty((workers, SPAN)),
        rows=np.zeros((workers, lanes, SPAN), dtype),
        strips=np.empty(spans * strips * SPAN * lanes, dtype),
        units=np.empty((spans, strips * lanes)),
        squares=np.empty((spans, n)),
        sums=np.zeros((workers, side, side, lanes * lanes)),
    )


def add_products(
    columns: Columns, centred: bool, work: GramWork, condensed: NDArray[np.float64], squares: NDArray[np.float64]
) -> None:
    """Add what some columns give to the products of all pairs of rows.

    Parameters
    ----------
    columns : Columns
        As many as there is room for.
    centred : bool
        Subtract the mean row first.
    work : GramWork
        From :func:`prepare`.
    condensed : (n(n-1)/2,) float64
        Products of the pairs, added to.
    squares : (n,) float64
        Squared norms, added to.
    """
    _pack(columns, centred, work, squares)
    _multiply(work, columns.width, condensed, len(squares))


@loop
def _add_differences(columns, pairs, totals):
    x, begin, width = columns
    left, right, scales = pairs
    n = left.shape[0]
    for item in prange((n + PAIRS - 1) // PAIRS):
        for low in range(begin, begin + width, CHUNK):
            high = min(low + CHUNK, begin + width)
            for pair in range(item * PAIRS, min((item + 1) * PAIRS, n)):
                i, j = left[pair], right[pair]
                # One factor inside, exactly 1 for equal scales: equal rows give 0.
                ratio = scales[i] / scales[j]
                part = squared_difference(ratio, x[i, low:high], x[j, low:high], high - low)
                totals[pair] += scales[j] * scales[j] * part


def add_differences(columns: Columns, pairs: Pairs, totals: NDArray[np.float64]) -> None:
    """Add Σ_k (scales[i] x[i,k] − scales[j] x[j,k])² over some columns to the totals (m,) float64 of pairs (i, j)."""
    _add_differences(columns, pairs, totals)
