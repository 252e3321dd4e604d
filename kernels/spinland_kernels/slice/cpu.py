"""Loss of a ReLU network at many points w(c) = w_0 + Σ c_k d_k, on the cores.

The first layer's pre-activations are linear in c: X W(c)' = X W_0' + Σ c_k X D_k'. They are computed once for
each tile of samples; after that a point costs one combination of rows and the later layers. With one hidden
layer of M units, D inputs, k outputs and K directions, that is M (2 K + 2 k + 1) operations for each sample instead of
2 M (D + k).

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
from . import columns


def tile_columns(n_samples):
    """Samples in a tile: at most 256, a function of their number alone.

    Shorter rows would let the pre-activations of a wide layer stay in a core's second-level cache, but lose more
    to the overhead of the inner loops: reading them from the third level at each point is no slower.
    """
    return min(256, layers.tile_rows(n_samples))


def block_points(widths):
    """Points in a block: so many that the pre-activations add little to the cost of each."""
    return int(min(4096, max(64, 4 * widths[0])))


@block
def _outputs(z, c, floors, later, widths, bias, work):
    """Outputs (k, T) of a tile at one point."""
    if widths.shape[0] == 3:
        rows = z.shape[2]
        out = layers.matrix(work, columns.GROUP * rows, widths[2], rows)
        columns.output_of_one_hidden_layer(z, c, floors, later, bias, work, out)
        return out
    return columns.output_of_deep_network(z, c, floors, later, widths, bias, work)


@block
def _item(
    vectors, coefficients, floors, widths, bias, x, labels, targets, kind, first, z, later, work, sums, loss, correct
):  # fmt: skip
    """Summed loss and right answers (P,) of one tile of samples at a block of points."""
    rows = x.shape[0]
    pre = z[: vectors.shape[0] * widths[1] * rows].reshape((vectors.shape[0], widths[1], rows))
    for k in range(vectors.shape[0]):
        columns.preactivations(vectors[k], bias, x, pre[k])
    begin = layers.layer_size(widths[0], widths[1], bias)
    for p in range(coefficients.shape[0]):
        columns.combine_tail(vectors, coefficients[p], begin, later)
        out = _outputs(pre, coefficients[p], floors, later, widths, bias, work)
        loss[p], correct[p] = columns.score(
            out, labels, targets, kind, first, sums[0, :rows], sums[1, :rows], sums[2, :rows]
        )


@loop
def _losses(
    vectors, coefficients, floors, widths, bias, x, labels, targets, kind,
    tile, points, z, later, work, sums, loss, correct,
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
                vectors, coefficients[start:stop], floors, widths, bias, x[low:high], labels, targets, kind, low,
                z[w], later[w], work[w], sums[w],
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
    padded = np.zeros((n_points, max(2, n_vectors - 1 + (n_vectors - 1) % 2)), dtype)
    padded[:, : n_vectors - 1] = coefficients
    floors = np.array([-np.inf, 0 if len(widths) > 2 else -np.inf], dtype)
    # A row of tiles is contiguous: NumPy sums it in the same order for one point as for many.
    loss, correct = np.empty((n_points, tiles)), np.empty((n_points, tiles))
    workers = min(numba.get_num_threads(), max(1, tiles * -(-n_points // points)))
    rows = min(tile, n)
    later = vectors.shape[1] - layers.layer_size(widths[0], widths[1], bias)
    scratch = max(2 * layers.widest(widths), columns.GROUP + widths[-1])
    with single_threaded():
        _losses(
            vectors, padded, floors, layers.as_widths(widths), bias, x, labels, targets, kind, tile, points,
            np.empty((workers, n_vectors * widths[1] * rows), dtype), np.empty((workers, later), dtype),
            np.empty((workers, scratch * rows), dtype), np.empty((workers, 3, rows)), loss, correct,
        )  # fmt: skip
    accuracy = correct.sum(axis=1) / n if labels.shape[0] else np.full(n_points, np.nan)
    return loss.sum(axis=1) / n, accuracy
