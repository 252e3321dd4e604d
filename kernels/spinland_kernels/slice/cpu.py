"""Loss of a ReLU network at many points w(c) = w_0 + Σ c_k d_k, on the cores.

The first layer's pre-activations are linear in c: X W(c)' = X W_0' + Σ c_k X D_k'. They are computed once for
each tile of samples; after that a point costs one combination of rows and the later layers. With one hidden
layer of M units, D inputs, k outputs and K directions, that is M (2 K + 2 k + 1) operations for each sample
instead of 2 M (D + k).

Work is cut into items (tile of samples, block of points), each done by one thread; partial sums are added in
a fixed order. Tiles and blocks depend on shapes alone: the bits do not depend on the number of threads, nor on
how coefficients are divided into calls.
"""

import numba
import numpy as np
from numba import prange

from ..blas import single_threaded
from ..jit import block, loop
from ..mlp import layers
from ..mlp.columns import score
from ..vectors import BYTES
from . import columns
from .lanes import combine


def tile_columns(n_samples):
    """Samples in a tile: at most 256, a function of their number alone.

    So many that combining the later layers' parameters costs little for each.
    """
    return min(256, layers.tile_rows(n_samples))


def block_points(widths):
    """Points in a block: so many that the pre-activations add little to the cost of each."""
    return int(min(4096, max(64, 4 * widths[0])))


def group_points(later):
    """Points that share one reading of the pre-activations; their ``later`` parameters stay in a core's cache."""
    return int(min(8, max(1, 65536 // max(1, later))))


@block
def _outputs(z, row, n, c, start, points, later, size, widths, acts, out, place, step):
    """Outputs of one set of lanes at a group of points, into out[(g k + o) step + place]."""
    lanes = z.shape[1] // widths[1]
    k = widths[-1]
    if widths.shape[0] == 2:
        for g in range(points):
            at = (start + g) * (n - 1)
            unlimited = acts.dtype.type(-np.inf)
            combine(acts, 0, z, row * z.shape[1], z.shape[1], n, c, at, unlimited, k * lanes)
            columns.copy_rows(acts, k, lanes, out, g * k * step + place, step)
    elif widths.shape[0] == 3:
        columns.second_layer(
            z, row, n, c, start, points, later, size, widths, acts, out, k * step, place, step
        )
    else:
        first = columns.UNITS * lanes
        each = (acts.shape[0] - first) // (later.shape[0] // size + 1)  # room for the widest layer
        columns.second_layer(z, row, n, c, start, points, later, size, widths, acts, acts, each, first, lanes)
        spare = first + each * points
        for g in range(points):
            x_at, out_at = first + g * each, g * k * step + place
            columns.further_layers(later, g * size, widths, lanes, acts, x_at, spare, out, out_at, step)


@block
def _item(
    vectors, tails, c, widths, bias, x, labels, targets, kind, first, group, products, z, later, acts, out,
    scratch, loss, correct,
):  # fmt: skip
    """Summed loss and right answers (P,) of one tile of samples at a block of points."""
    samples = x.shape[0]
    n, size = tails.shape
    lanes = z.shape[1] // widths[1]
    sets = (samples + lanes - 1) // lanes
    k, step = widths[-1], sets * lanes
    columns.preactivations(vectors, bias, x, layers.matrix(products, 0, widths[1], samples), z, lanes)
    unlimited = later.dtype.type(-np.inf)
    for start in range(0, c.shape[0], group):
        points = min(group, c.shape[0] - start)
        for g in range(points):
            combine(later, g * size, tails, 0, size, n, c, (start + g) * (n - 1), unlimited, size)
        for b in range(sets):
            _outputs(z, b * n, n, c, start, points, later, size, widths, acts, out, b * lanes, step)
        for g in range(points):
            tile = layers.matrix(out, g * k * step, k, step)
            loss[start + g], correct[start + g] = score(
                tile, labels, targets, kind, first, samples, layers.matrix(scratch, 0, 3, step)
            )


@loop
def _losses(
    vectors, tails, coefficients, widths, bias, x, labels, targets, kind,
    tile, points, group, products, z, later, acts, out, scratch, loss, correct,
):  # fmt: skip
    n = x.shape[0]
    total, tiles = loss.shape
    blocks = (total + points - 1) // points
    workers = z.shape[0]
    for w in prange(workers):
        for item in range(w, tiles * blocks, workers):
            tile_number, block_number = item // blocks, item % blocks
            low, start = tile_number * tile, block_number * points
            high, stop = min(low + tile, n), min(start + points, total)
            _item(
                vectors, tails, coefficients[start:stop], widths, bias, x[low:high], labels, targets, kind, low,
                group, products[w], z[w], later[w], acts[w], out[w], scratch[w],
                loss[start:stop, tile_number], correct[start:stop, tile_number],
            )  # fmt: skip


def losses(vectors, coefficients, widths, bias, x, labels, targets, kind):
    """Mean loss (P,) and share of right answers (P,), float64, at coefficients (P, K) over all samples.

    ``vectors`` (K+1, dim) holds the origin and the K directions. The accuracy is NaN where there are no
    labels.
    """
    n, dtype = x.shape[0], x.dtype
    n_vectors, n_points = vectors.shape[0], coefficients.shape[0]
    tile = tile_columns(n)
    points = block_points(widths)
    tiles = -(-n // tile)
    coefficients = np.ascontiguousarray(coefficients, dtype)
    # A row of tiles is contiguous: NumPy sums it in the same order for one point as for many.
    loss, correct = np.empty((n_points, tiles)), np.empty((n_points, tiles))
    workers = min(numba.get_num_threads(), max(1, tiles * -(-n_points // points)))
    lanes = BYTES // dtype.itemsize
    sets = -(-min(tile, n) // lanes)
    tails = columns.packed(vectors, widths, bias)
    group = group_points(tails.shape[1])
    acts = (columns.UNITS + (group + 1) * layers.widest(widths)) * lanes
    with single_threaded():
        _losses(
            vectors, tails, coefficients, layers.as_widths(widths), bias, x, labels, targets, kind,
            tile, points, group,
            np.empty((workers, widths[1] * sets * lanes), dtype),
            np.empty((workers, sets * n_vectors, widths[1] * lanes), dtype),
            np.empty((workers, group * tails.shape[1]), dtype),
            np.empty((workers, acts), dtype),
            np.empty((workers, group * widths[-1] * sets * lanes), dtype),
            np.empty((workers, 3 * sets * lanes), dtype), loss, correct,
        )  # fmt: skip
    accuracy = correct.sum(axis=1) / n if labels.shape[0] else np.full(n_points, np.nan)
    return loss.sum(axis=1) / n, accuracy
