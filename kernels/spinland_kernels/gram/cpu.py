"""Inner products and squared differences of all pairs of long rows, a block of columns at a time.

The columns are cut into chunks of ``CHUNK`` on one fixed grid. A chunk is centred and scaled into a packed
buffer, multiplied in pairs of row tiles by BLAS in panels of ``PANEL`` columns, and added to the condensed
result in float64 in the order of the chunks. Nothing in this order depends on how many chunks come at a
time or on the number of threads, so neither do the bits.
"""

import numba
import numpy as np
from numba import prange

from .. import blas
from ..jit import block, loop, vector_block
from .formula import pair_index, power_of_two

CHUNK = 2048  # columns that are centred, scaled and summed together
PANEL = 512  # columns in one BLAS product; longer float32 sums would lose digits
TILE = 128  # rows in one BLAS product
BATCH = 256  # products of tiles in flight; each has a float64 tile of its own
PAIRS = 64  # pairs in one item of the direct differences


@block
def _mean_into(mean, x, low, high):
    """Mean row of columns low ... high of x, in float64."""
    n = x.shape[0]
    mean[:] = 0.0
    for row in range(n):
        for k in range(high - low):
            mean[k] += x[row, low + k]
    for k in range(high - low):
        mean[k] /= n


@vector_block
def _centred_square(row, mean):
    """Squared norm of row − mean in float64."""
    total = 0.0
    for k in range(row.shape[0]):
        y = row[k] - mean[k]
        total += y * y
    return total


@block
def _scale_into(out, row, mean, scale):
    for k in range(row.shape[0]):
        out[k] = (row[k] - mean[k]) * scale


@loop
def _means(x, first, width, mean):
    for panel in prange((width + PANEL - 1) // PANEL):
        low = panel * PANEL
        high = min(low + PANEL, width)
        _mean_into(mean[low:high], x, first + low, first + high)


@loop
def _pack(x, first, width, mean, packed, scales, squares):
    n = x.shape[0]
    chunks, tiles = packed.shape[0], (n + TILE - 1) // TILE
    for item in prange(chunks * tiles):
        chunk, tile = item // tiles, item % tiles
        low = chunk * CHUNK
        high = min(low + CHUNK, width)
        for r in range(tile * TILE, min((tile + 1) * TILE, n)):
            row = x[r, first + low : first + high]
            square = _centred_square(row, mean[low:high])
            squares[chunk, r] = square
            scales[chunk, r] = power_of_two(square / (high - low))
            _scale_into(packed[chunk, r, : high - low], row, mean[low:high], scales[chunk, r])


@block
def _multiply_tile(left, right, product, partial):
    """Set partial to left · rightᵀ: products of panels in their own type, their sum in float64."""
    partial[:, :] = 0.0
    width = left.shape[1]
    for low in range(0, width, PANEL):
        high = min(low + PANEL, width)
        blas.gemm(False, True, left[:, low:high], right[:, low:high], False, product)
        for i in range(partial.shape[0]):
            for j in range(partial.shape[1]):
                partial[i, j] += product[i, j]


@block
def _add_tile(partial, i0, j0, scales, condensed):
    """Add the part above the diagonal of a tile, its scales taken out, to the condensed products."""
    n = scales.shape[0]
    for i in range(i0, min(i0 + TILE, n)):
        low, high = max(j0, i + 1), min(j0 + TILE, n)
        start = pair_index(i, low, n)
        unscale = 1.0 / scales[i]  # a power of two: exact
        for j in range(low, high):
            condensed[start + j - low] += partial[i - i0, j - j0] * unscale / scales[j]


@loop
def _multiply(packed, width, scales, items, products, partials, condensed):
    n, workers = packed.shape[1], products.shape[0]
    for worker in prange(workers):
        for item in range(worker, items.shape[0], workers):
            chunk, i0, j0 = items[item, 0], items[item, 1] * TILE, items[item, 2] * TILE
            i1, j1 = min(i0 + TILE, n), min(j0 + TILE, n)
            w = min(CHUNK, width - chunk * CHUNK)
            _multiply_tile(
                packed[chunk, i0:i1, :w],
                packed[chunk, j0:j1, :w],
                products[worker, : i1 - i0, : j1 - j0],
                partials[item, : i1 - i0, : j1 - j0],
            )
    for item in range(items.shape[0]):
        _add_tile(
            partials[item], items[item, 1] * TILE, items[item, 2] * TILE, scales[items[item, 0]], condensed
        )


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
        tiles = -(-n // TILE)
        rows, columns = np.triu_indices(tiles)
        self.pairs = np.stack([rows, columns], axis=1)
        self.packed = np.empty((chunks, n, CHUNK), dtype)
        self.mean = np.zeros(chunks * CHUNK)
        self.scales = np.empty((chunks, n))
        self.squares = np.empty((chunks, n))
        tile = min(n, TILE)
        self.products = np.empty((numba.get_num_threads(), tile, tile), dtype)
        self.partials = np.empty((min(BATCH, chunks * len(self.pairs)), tile, tile))


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
    chunks = -(-width // CHUNK)
    if centred:
        _means(x, first, width, workspace.mean)
    packed, scales = workspace.packed[:chunks], workspace.scales[:chunks]
    _pack(x, first, width, workspace.mean, packed, scales, workspace.squares)
    for chunk in range(chunks):
        squares += workspace.squares[chunk]
    pairs = workspace.pairs
    items = np.empty((chunks * len(pairs), 3), np.int64)
    items[:, 0] = np.repeat(np.arange(chunks), len(pairs))
    items[:, 1:] = np.tile(pairs, (chunks, 1))
    with blas.single_threaded():
        for low in range(0, len(items), BATCH):
            batch = items[low : low + BATCH]
            _multiply(packed, width, scales, batch, workspace.products, workspace.partials, condensed)


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
