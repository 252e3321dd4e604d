"""Loss of a ReLU network at many points w(c) = w_0 + Σ c_k d_k, on the cores.

The first layer's pre-activations are linear in c: X W(c)' = X W_0' + Σ c_k X D_k'. They are computed once for
each tile of samples; after that a point costs one combination of rows and the later layers. With one hidden
layer of M units, D inputs, k outputs and K directions, that is M (2 K + 2 k + 1) operations for each sample
instead of 2 M (D + k).

Work is cut into items (tile of samples, block of points), each done by one thread; partial sums are added in
a fixed order. Tiles and blocks depend on shapes alone: the bits do not depend on the number of threads, nor on
how coefficients are divided into calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..blas import single_threaded
from ..jit import block, loop
from ..lanes.combinations import combine
from ..lanes.product import Rows
from ..mlp import layers
from ..mlp.columns import score
from ..networks import Network, Samples
from . import columns
from .columns import Place, Points
from .work import UNITS, Prepared, cut_of, make_work, of_worker, packed


def prepare(vectors: NDArray[Any], network: Network, samples: Samples) -> Prepared:
    """The family of ``vectors`` (K + 1, dim), the origin and the directions, made ready for any number of calls."""
    return Prepared(vectors, packed(vectors, network), samples)


@block
def _outputs(work, points, network, size, b, step):
    """Outputs of set of lanes ``b`` at a group of points, into their places in ``out``."""
    widths = network.widths
    lanes, n, k = work.z.shape[1] // widths[1], points.c.shape[1] + 1, widths[-1]
    place = Place(b * lanes, k * step, step)
    if widths.shape[0] == 2:
        unlimited = work.acts.dtype.type(-np.inf)
        sources = Rows(b * n * work.z.shape[1], work.z.shape[1])
        for g in range(points.length):
            at = (points.begin + g) * (n - 1)
            combine(work.acts, 0, work.z, sources, n, points.c, at, unlimited, k * lanes)
            columns.copy_rows(work.acts, k, lanes, work.out, Rows(place.at + g * place.point, step))
    elif widths.shape[0] == 3:
        columns.second_layer(work, b, points, network, size, work.out, place)
    else:
        first = UNITS * lanes
        each = (work.acts.shape[0] - first) // (work.later.shape[0] // size + 1)  # room for the widest layer
        columns.second_layer(work, b, points, network, size, work.acts, Place(first, each, lanes))
        spare = first + each * points.length
        for g in range(points.length):
            out = Rows(place.at + g * place.point, step)
            columns.further_layers(work, g * size, network, lanes, first + g * each, spare, out)


@block
def _item(vectors, tails, c, network, samples, first, group, work, loss, correct):
    """Summed loss and right answers (P,) of one tile of samples, beginning at ``first``, at a block of points."""
    rows, k = samples.x.shape[0], network.widths[-1]
    n, size = tails.shape
    lanes = work.z.shape[1] // network.widths[1]
    sets = (rows + lanes - 1) // lanes
    step = sets * lanes
    columns.preactivations(vectors, network.bias, samples.x, work, lanes)
    unlimited = work.later.dtype.type(-np.inf)
    zero = 0
    for begin in range(0, c.shape[0], group):
        points = Points(c, begin, min(group, c.shape[0] - begin))
        for g in range(points.length):
            at = (begin + g) * (n - 1)
            combine(work.later, g * size, tails, Rows(zero, size), n, c, at, unlimited, size)
        for b in range(sets):
            _outputs(work, points, network, size, b, step)
        for g in range(points.length):
            tile = layers.matrix(work.out, g * k * step, k, step)
            scratch = layers.matrix(work.scratch, 0, 3, step)
            loss[begin + g], correct[begin + g] = score(tile, samples, first, rows, scratch)


@loop
def _losses(vectors, tails, coefficients, network, samples, cut, work, loss, correct):
    n = samples.x.shape[0]
    total, tiles = loss.shape
    blocks = (total + cut.points - 1) // cut.points
    workers = work.z.shape[0]
    for w in prange(workers):
        own = of_worker(work, w)
        for item in range(w, tiles * blocks, workers):
            t, number = item // blocks, item % blocks
            low, start = t * cut.tile, number * cut.points
            high, stop = min(low + cut.tile, n), min(start + cut.points, total)
            tile = Samples(samples.x[low:high], samples.labels, samples.targets, samples.kind, samples.precision)
            c, out, right = coefficients[start:stop], loss[start:stop, t], correct[start:stop, t]
            _item(vectors, tails, c, network, tile, low, cut.group, own, out, right)


def losses(
    coefficients: NDArray[Any], network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss (P,) and share of right answers (P,), float64, at coefficients (P, K) over all samples.

    The accuracy is NaN where there are no labels.
    """
    samples, n_points = prepared.samples, coefficients.shape[0]
    n = samples.x.shape[0]
    cut = cut_of(network, prepared)
    tiles = -(-n // cut.tile)
    # A row of tiles is contiguous: NumPy sums it in the same order for one point as for many.
    loss, correct = np.empty((n_points, tiles)), np.empty((n_points, tiles))
    work = make_work(tiles * -(-n_points // cut.points), network, prepared, cut)
    c = np.ascontiguousarray(coefficients, samples.x.dtype)
    with single_threaded():
        _losses(prepared.vectors, prepared.tails, c, network, samples, cut, work, loss, correct)
    accuracy = correct.sum(axis=1) / n if samples.labels.shape[0] else np.full(n_points, np.nan)
    return loss.sum(axis=1) / n, accuracy
