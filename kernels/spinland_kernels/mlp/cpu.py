"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the cores.

Work is cut into items (point, tile or group of tiles of samples), each computed by one thread in products that stay
in registers; partial sums are added in a fixed order afterwards. The bits do not depend on the number of threads or on
how points are batched. Loops take the parts of a :class:`.work.Data` one by one: Numba's parallel loops know tuples
of arrays, but no tuples of tuples.

Where most inputs are zero the first layer works with lists of the others (:mod:`..sparse`), else it is a product like
those of the layers above.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop
from ..networks import GAUSS_NEWTON, RESIDUAL, WHOLE, Network, Samples
from ..vectors import aligned
from . import layers, passes
from .columns import score
from .groups import Groups, span
from .points import pack, size_of
from .scores import SCRATCH
from .work import Data, Prepared, make_work, of_worker

_PANELS = 1 << 27  # bytes of points in panels that are held at once


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return Prepared(samples)


def _packed(network: Network, backward: bool, *parts: NDArray[Any]) -> NDArray[Any]:
    """Points (B, dim), in one or several parts, in panels (B, size), for all passes or the forward ones."""
    count, dtype = sum(len(points) for points in parts), parts[0].dtype
    packed = aligned(count, size_of(network.widths, dtype.itemsize, backward), dtype)
    begin = 0
    for points in parts:
        pack(points, network, backward, packed[begin : begin + len(points)])
        begin += len(points)
    return packed


@block
def _tile_score(point, network, data, low, high, work):
    begin = passes.forward(point, network, data, low, high, work)
    z = passes.outputs(work.acts, begin, network, high - low, work.outputs)
    for o in range(z.shape[0]):
        for t in range(high - low, z.shape[1]):
            z[o, t] = -o  # no ties, which would have to be broken
    return score(z, data.samples, low, high - low, layers.matrix(work.scratch, 0, SCRATCH, z.shape[1]))


@loop
def _losses(points, network, samples, rows, columns, tile, work, loss, correct):
    tiles = loss.shape[1]
    items = points.shape[0] * tiles
    workers = work.acts.shape[0]
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for item in range(w, items, workers):
            b, t = item // tiles, item % tiles
            low, high = t * tile, min(t * tile + tile, samples.x.shape[0])
            loss[b, t], correct[b, t] = _tile_score(points[b], network, same, low, high, own)


def losses(
    points: NDArray[Any], network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss (B,) and share of right answers (B,) at points (B, dim) over all samples.

    The accuracy is NaN where there are no labels.
    """
    data = prepared.for_values
    n = data.samples.x.shape[0]
    loss = np.empty((points.shape[0], -(-n // data.tile)))
    correct = np.empty_like(loss)
    work = make_work(loss.size, network, data, 1)
    at_once = max(1, _PANELS // (points.itemsize * points.shape[1]))
    for low in range(0, points.shape[0], at_once):
        part = slice(low, low + at_once)
        _losses(_packed(network, False, points[part]), network, *data, work, loss[part], correct[part])
    accuracy = correct.sum(axis=1) / n if data.samples.labels.shape[0] else np.full(points.shape[0], np.nan)
    return loss.sum(axis=1) / n, accuracy


@block
def _group_gradient(point, network, data, low, high, work, out):
    """Gradient of samples ``low`` … ``high`` − 1 into ``out``, in panels."""
    out[:] = 0
    for first in range(low, high, data.tile):
        last = min(first + data.tile, high)
        output = passes.forward(point, network, data, first, last, work)
        passes.output_delta(output, network, data, first, last, work)
        passes.backward(point, network, last - first, 1, output, work)
        passes.add_gradient(work.deltas, network, data, first, last, work, out)


@loop
def _gradients(points, network, samples, rows, columns, tile, work, partial):
    groups = partial.shape[1]
    workers = work.acts.shape[0]
    items = points.shape[0] * groups
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for item in range(w, items, workers):
            b, g = item // groups, item % groups
            low, high = span(g, groups, same)
            _group_gradient(points[b], network, same, low, high, own, partial[b, g])


def gradients(points: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[Any]:
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    data = prepared.for_derivatives
    groups = Groups(points.shape[0], network, data)
    work = make_work(groups.values.shape[0] * groups.values.shape[1], network, data, 2)
    _gradients(_packed(network, True, points), network, *data, work, groups.values)
    return groups.total(network, points.shape[1])


@block
def _tile_product(point, vector, network, data, span, output, work, part, out):
    """Add the Hessian product of a tile with one vector; ``acts`` and ``deltas`` are there."""
    first, last = span
    passes.forward_tangent(point, vector, network, data, first, last, work)
    if part == RESIDUAL:
        passes.no_output_tangent(output, network, last - first, work)
    else:
        passes.output_tangent(output, network, data, first, last, work)
    passes.backward_tangent(point, vector, network, last - first, output, work, part)
    passes.add_gradient(work.r_deltas, network, data, first, last, work, out)
    if part != GAUSS_NEWTON:
        passes.add_later(work.deltas, work.tangents, network, last - first, out)


@block
def _group_products(point, vectors, network, data, work, g, part, partial):
    """Hessian, or ``part`` of it, times ``vectors`` for the samples of group ``g`` into ``partial[:, g]``.

    What depends on the point alone is computed once for all vectors.
    """
    low, high = span(g, partial.shape[1], data)
    for v in range(vectors.shape[0]):
        partial[v, g, :] = 0
    for first in range(low, high, data.tile):
        last = min(first + data.tile, high)
        output = passes.forward(point, network, data, first, last, work)
        passes.output_delta(output, network, data, first, last, work)
        if part != GAUSS_NEWTON:
            passes.backward(point, network, last - first, 2, output, work)
        for v in range(vectors.shape[0]):
            _tile_product(point, vectors[v], network, data, (first, last), output, work, part, partial[v, g])


@loop
def _hessian_products(points, network, samples, rows, columns, cut, work, partial):
    """The first of the points is where the Hessian is; the others are the vectors."""
    tile, at_once, part = cut
    groups = partial.shape[1]
    workers = work.acts.shape[0]
    items = (partial.shape[0] + at_once - 1) // at_once * groups
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for item in range(w, items, workers):
            begin, g = item // groups * at_once, item % groups
            end = min(begin + at_once, partial.shape[0])
            _group_products(points[0], points[1 + begin : 1 + end], network, same, own, g, part, partial[begin:end])


def hessian_products(
    point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared, part: int = WHOLE
) -> NDArray[Any]:
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim).

    ``part`` is WHOLE, GAUSS_NEWTON or RESIDUAL; the last two add up to the first.
    """
    data = prepared.for_derivatives
    groups = Groups(vectors.shape[0], network, data)
    n_groups, threads = groups.values.shape[1], numba.get_num_threads()
    at_once = max(1, -(-vectors.shape[0] * n_groups // max(n_groups, threads)))
    work = make_work(-(-vectors.shape[0] // at_once) * n_groups, network, data, 4)
    samples, rows, columns, tile = data
    points = _packed(network, True, point[None], vectors)
    _hessian_products(points, network, samples, rows, columns, (tile, at_once, part), work, groups.values)
    return groups.total(network, point.shape[0])
