"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the cores.

Work is cut into items (point, tile or group of tiles of samples), each computed by one thread with one-threaded
BLAS; partial sums are added in a fixed order afterwards. The bits do not depend on the number of threads or on
how points are batched.

Where most inputs are zero the first layer works with lists (:mod:`..sparse`): with MNIST and 32 hidden units a value
took 0.4 of the time of dense products.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..blas import single_threaded
from ..jit import block, loop
from ..sparse import panels as first_layer
from ..types import Network, Samples
from ..vectors import aligned
from . import layers, passes, scores
from .groups import Groups, span
from .work import Data, Prepared, make_work, of_worker

_PANELS = 1 << 27  # bytes of first-layer weights in panels that are held at once


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return Prepared(samples)


def _packed(points: NDArray[Any], network: Network, data: Data) -> NDArray[Any]:
    """First weights of points in panels (B, size); (B, 0) where samples are dense."""
    inputs, units = int(network.widths[0]), int(network.widths[1])
    if data.rows.starts.shape[0] == 0:
        return np.empty((points.shape[0], 0), points.dtype)
    packed = aligned(points.shape[0], inputs * first_layer.padded(units, points.itemsize), points.dtype)
    first_layer.copy_panels(points, inputs, units, packed, True)
    return packed


@block
def _tile_score(point, panels, network, data, low, high, work):
    begin = passes.forward(point, panels, network, data, low, high, work)
    outputs = layers.matrix(work.acts, begin, high - low, network.widths[-1])
    return scores.score(outputs, data.samples, low, work.scores)


@loop
def _losses(points, panels, network, data, work, loss, correct):
    n, tile = data.samples.x.shape[0], data.tile
    tiles = loss.shape[1]
    items = points.shape[0] * tiles
    workers = work.acts.shape[0]
    for w in prange(workers):
        own = of_worker(work, w)
        for item in range(w, items, workers):
            b, t = item // tiles, item % tiles
            loss[b, t], correct[b, t] = _tile_score(
                points[b], panels[b], network, data, t * tile, min(t * tile + tile, n), own
            )


def losses(
    points: NDArray[Any], network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss (B,) and share of right answers (B,) at points (B, dim) over all samples.

    The accuracy is NaN where there are no labels.
    """
    data = prepared.for_values()
    n = data.samples.x.shape[0]
    loss = np.empty((points.shape[0], -(-n // data.tile)))
    correct = np.empty_like(loss)
    work = make_work(loss.size, network, data, 1)
    at_once = max(1, _PANELS // max(1, points.itemsize * int(network.widths[0] * network.widths[1])))
    with single_threaded():
        for low in range(0, points.shape[0], at_once):
            part = slice(low, low + at_once)
            panels = _packed(points[part], network, data)
            _losses(points[part], panels, network, data, work, loss[part], correct[part])
    accuracy = (
        correct.sum(axis=1) / n if data.samples.labels.shape[0] else np.full(points.shape[0], np.nan)
    )
    return loss.sum(axis=1) / n, accuracy


@block
def _clear(values):
    for i in range(values.shape[0]):
        values[i] = 0


@block
def _group_gradient(point, panels, network, data, low, high, work, out):
    """Gradient of samples ``low`` … ``high`` − 1 into ``out``, laid out as in :mod:`.groups`."""
    _clear(out)
    for first in range(low, high, data.tile):
        last = min(first + data.tile, high)
        output = passes.forward(point, panels, network, data, first, last, work)
        passes.output_delta(output, network, data, first, last, work)
        passes.backward(point, network, last - first, 1, output, work)
        passes.add_gradient(work.deltas, work.acts, output, network, data, first, last, work.sums, out)


@loop
def _gradients(points, panels, network, data, work, partial):
    groups = partial.shape[1]
    workers = work.acts.shape[0]
    items = points.shape[0] * groups
    for w in prange(workers):
        own = of_worker(work, w)
        for item in range(w, items, workers):
            b, g = item // groups, item % groups
            low, high = span(g, groups, data)
            _group_gradient(points[b], panels[b], network, data, low, high, own, partial[b, g])


def gradients(points: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[Any]:
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    data = prepared.for_derivatives()
    groups = Groups(points.shape[0], points.shape[1], network, data)
    work = make_work(groups.values.shape[0] * groups.values.shape[1], network, data, 2)
    with single_threaded():
        _gradients(points, _packed(points, network, data), network, data, work, groups.values)
    return groups.total()


@block
def _tile_product(point, vector, panels, network, data, first, last, output, work, out):
    """Add the Hessian product of a tile with one vector; ``acts`` and ``deltas`` are there."""
    passes.forward_tangent(point, vector, panels, network, data, first, last, work)
    passes.output_tangent(output, network, data, first, last, work)
    passes.backward_tangent(point, vector, network, last - first, output, work)
    passes.add_gradient(work.r_deltas, work.acts, output, network, data, first, last, work.sums, out)
    passes.add_later(work.deltas, work.tangents, output, network, last - first, False, out)


@block
def _group_products(point, panels, vectors, vector_panels, network, data, work, g, partial):
    """Hessian times ``vectors`` for the samples of group ``g`` into ``partial[:, g]``.

    What depends on the point alone is computed once for all vectors.
    """
    low, high = span(g, partial.shape[1], data)
    for v in range(vectors.shape[0]):
        _clear(partial[v, g])
    for first in range(low, high, data.tile):
        last = min(first + data.tile, high)
        output = passes.forward(point, panels, network, data, first, last, work)
        passes.output_delta(output, network, data, first, last, work)
        passes.backward(point, network, last - first, 2, output, work)
        for v in range(vectors.shape[0]):
            _tile_product(
                point, vectors[v], vector_panels[v], network, data, first, last, output, work, partial[v, g]
            )


@loop
def _hessian_products(point, panels, vectors, vector_panels, network, data, at_once, work, partial):
    groups = partial.shape[1]
    workers = work.acts.shape[0]
    items = (vectors.shape[0] + at_once - 1) // at_once * groups
    for w in prange(workers):
        own = of_worker(work, w)
        for item in range(w, items, workers):
            begin, g = item // groups * at_once, item % groups
            end = min(begin + at_once, vectors.shape[0])
            _group_products(
                point, panels[0], vectors[begin:end], vector_panels[begin:end], network, data, own, g, partial[begin:end]
            )  # fmt: skip


def hessian_products(
    point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared
) -> NDArray[Any]:
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim)."""
    data = prepared.for_derivatives()
    groups = Groups(vectors.shape[0], vectors.shape[1], network, data)
    n_groups, threads = groups.values.shape[1], numba.get_num_threads()
    at_once = max(1, -(-vectors.shape[0] * n_groups // max(n_groups, threads)))
    work = make_work(-(-vectors.shape[0] // at_once) * n_groups, network, data, 4)
    panels, vector_panels = _packed(point[None], network, data), _packed(vectors, network, data)
    with single_threaded():
        _hessian_products(point, panels, vectors, vector_panels, network, data, at_once, work, groups.values)
    return groups.total()
