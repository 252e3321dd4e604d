"""Gradients g_i of the loss of every single sample, without ever holding one, on the cores.

In layer l the gradient of sample i is the outer product δ_i (a_i, 1)' of the derivative of its own loss by the layer's
sums and of what comes in, so that

    products       g_i·g_j = Σ_l (a_i·a_j + 1) (δ_i·δ_j)          two products of (n × width) matrices for each layer
    combinations   Σ_i c_i g_i                                    a gradient whose derivatives by outputs have weights
    components     g_i·v = δ_i·R z_i                              of the last layer, R z its derivative along v

Products take memory and time of the widths of the layers, not of the parameters. The values of all layers lie row by
row, and pairs of tiles of TILE samples are multiplied by one thread each, on a library whose shapes are those of the
tiles alone:

    acts     (n, M_1 + … + M_L−1)     | layer 1 | layer 2 | …            inputs are read where they lie
    slopes   (n, M_1 + … + M_L)       | layer 1 | layer 2 | … | outputs |
    scratch  (2, TILE, TILE)          a·a', δ·δ'                         of each worker

The passes are those of :mod:`..mlp.passes`; sums over layers are formed in float64, first layer first.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..blas import gemm, single_threaded
from ..jit import block, loop
from ..lanes import panels
from ..mlp import passes
from ..mlp.groups import Groups, span
from ..mlp.points import pack, size_of
from ..mlp.work import Data, Prepared, make_work, of_worker
from ..networks import Network, Samples
from ..vectors import aligned
from . import formula

TILE = 128
"""Samples on a side of a tile of pairs."""


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls: where few numbers are other than zero, lists of these."""
    return Prepared(samples)


def _packed(network: Network, backward: bool, points: NDArray[Any]) -> NDArray[Any]:
    """Points (B, dim) in panels, for all passes or the forward ones."""
    found = aligned(len(points), size_of(network.widths, points.dtype.itemsize, backward), points.dtype)
    pack(points, network, backward, found)
    return found


@block
def _put_rows(values, begin, factor, out):
    """Panels of a layer (rows, units), from number ``begin`` of ``values``, times a factor into the rows of ``out``."""
    rows, units = out.shape
    for first in range(0, units, panels.units_in(values.itemsize)):
        lanes = panels.lanes_of(first, units, values.itemsize)
        for r in range(rows):
            at = begin + first * rows + r * lanes
            for u in range(min(lanes, units - first)):
                out[r, first + u] = factor * values[at + u]


@block
def _tile_values(point, network, data, low, high, work, acts, slopes):
    """Activities and derivatives of the loss of each sample of a tile into their rows."""
    widths, count = network.widths, high - low
    output = passes.forward(point, network, data, low, high, work)
    passes.output_delta(output, network, data, low, high, work)
    passes.backward(point, network, count, 1, output, work)
    one, n = acts.dtype.type(1), acts.dtype.type(data.samples.x.shape[0])
    begin, column = 0, 0
    for layer in range(1, widths.shape[0]):
        end = column + widths[layer]
        if layer < widths.shape[0] - 1:
            _put_rows(work.acts, begin, one, acts[low:high, column:end])
        _put_rows(work.deltas, begin, n, slopes[low:high, column:end])
        begin += count * panels.padded(widths[layer], acts.itemsize)
        column = end


@loop
def _values(points, network, samples, rows, columns, tile, work, acts, slopes):
    workers, n = work.acts.shape[0], samples.x.shape[0]
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for t in range(w, (n + tile - 1) // tile, workers):
            low, high = t * tile, min(t * tile + tile, n)
            _tile_values(points[0], network, same, low, high, own, acts, slopes)


@block
def _add_layer(of_acts, of_slopes, bias, first, out):
    """Into ``out`` (rows, columns) the products of one layer, or for all but the first layer added to it."""
    for r in range(out.shape[0]):
        for s in range(out.shape[1]):
            product = formula.layer_product(np.float64(of_acts[r, s]), bias, np.float64(of_slopes[r, s]))
            out[r, s] = product if first else out[r, s] + product


@block
def _multiply_rows(a, i, j, column, width, out):
    """out = A_i A_j' of two runs (begin, end) of rows of ``a``, ``width`` columns from ``column`` on."""
    end = column + width
    gemm(False, True, a[i[0] : i[1], column:end], a[j[0] : j[1], column:end], False, out)


@block
def _tile_products(x, acts, slopes, network, top, left, scratch, out):
    """Inner products of the gradients of the samples of two tiles, and the same for the tiles exchanged."""
    n = x.shape[0]
    i, j = (top, min(top + TILE, n)), (left, min(left + TILE, n))
    widths, rows, columns = network.widths, i[1] - i[0], j[1] - j[0]
    of_acts, of_slopes = scratch[0, :rows, :columns], scratch[1, :rows, :columns]
    bias, below, at = 1.0 if network.bias else 0.0, 0, 0
    for layer in range(1, widths.shape[0]):
        if layer == 1:
            _multiply_rows(x, i, j, 0, widths[0], of_acts)
        else:
            _multiply_rows(acts, i, j, below, widths[layer - 1], of_acts)
            below += widths[layer - 1]
        _multiply_rows(slopes, i, j, at, widths[layer], of_slopes)
        at += widths[layer]
        _add_layer(of_acts, of_slopes, bias, layer == 1, out[i[0] : i[1], j[0] : j[1]])
    if i[0] < j[0]:
        for r in range(i[0], i[1]):
            for s in range(j[0], j[1]):
                out[s, r] = out[r, s]


@loop
def _products(x, acts, slopes, network, pairs, scratch, out):
    workers = scratch.shape[0]
    for w in prange(workers):
        for item in range(w, pairs.shape[0], workers):
            top, left = pairs[item, 0] * TILE, pairs[item, 1] * TILE
            _tile_products(x, acts, slopes, network, top, left, scratch[w], out)


def products(point: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[np.float64]:
    """Inner products (n, n) of the gradients of all pairs of n samples at a point (dim,); symmetric to the bit."""
    data = prepared.for_derivatives
    x, widths = data.samples.x, network.widths
    n, units = len(x), int(widths[1:].sum())
    acts, slopes = np.empty((n, units - int(widths[-1])), x.dtype), np.empty((n, units), x.dtype)
    work = make_work(-(-n // data.tile), network, data, 2)
    _values(_packed(network, True, point[None]), network, *data, work, acts, slopes)
    pairs = np.stack(np.triu_indices(-(-n // TILE)), axis=1)
    workers = min(numba.get_num_threads(), len(pairs))
    out = np.empty((n, n))
    with single_threaded():
        _products(x, acts, slopes, network, pairs, np.empty((workers, 2, TILE, TILE), x.dtype), out)
    return out


@block
def _weigh_rows(deltas, begin, units, weights):
    """Multiply the rows of a layer, in panels from number ``begin`` on, with a weight for each sample."""
    rows = weights.shape[0]
    for first in range(0, units, panels.units_in(deltas.itemsize)):
        lanes = panels.lanes_of(first, units, deltas.itemsize)
        for r in range(rows):
            at = begin + first * rows + r * lanes
            for u in range(lanes):
                deltas[at + u] *= weights[r]


@block
def _group_combination(point, weights, network, data, low, high, work, out):
    """Σ c_i g_i of samples ``low`` … ``high`` − 1 into ``out``, in panels; ``weights`` are n c_i."""
    out[:] = 0
    for first in range(low, high, data.tile):
        last = min(first + data.tile, high)
        output = passes.forward(point, network, data, first, last, work)
        passes.output_delta(output, network, data, first, last, work)
        _weigh_rows(work.deltas, output, network.widths[-1], weights[first:last])
        passes.backward(point, network, last - first, 1, output, work)
        passes.add_gradient(work.deltas, network, data, first, last, work, out)


@loop
def _combinations(points, weights, network, samples, rows, columns, tile, work, partial):
    groups, workers = partial.shape[1], work.acts.shape[0]
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for item in range(w, partial.shape[0] * groups, workers):
            k, g = item // groups, item % groups
            low, high = span(g, groups, same)
            _group_combination(points[0], weights[k], network, same, low, high, own, partial[k, g])


def combinations(
    point: NDArray[Any], weights: NDArray[np.float64], network: Network, prepared: Prepared
) -> NDArray[Any]:
    """Sums Σ_i c_ki g_i (K, dim) of the gradients of n samples at a point (dim,), with weights c (K, n)."""
    data = prepared.for_derivatives
    groups = Groups(len(weights), network, data)
    work = make_work(groups.values.shape[0] * groups.values.shape[1], network, data, 2)
    scaled = np.ascontiguousarray(weights * len(data.samples.x), point.dtype)
    _combinations(_packed(network, True, point[None]), scaled, network, *data, work, groups.values)
    return groups.total(network, point.shape[0])


@block
def _tile_components(point, vectors, network, data, low, high, work, out):
    """g_i·v of the samples of a tile along each vector, into out (K, tile)."""
    units, rows = network.widths[-1], high - low
    output = passes.forward(point, network, data, low, high, work)
    passes.output_delta(output, network, data, low, high, work)
    for k in range(vectors.shape[0]):
        passes.forward_tangent(point, vectors[k], network, data, low, high, work)
        out[k, :] = 0
        for first in range(0, units, panels.units_in(work.deltas.itemsize)):
            lanes = panels.lanes_of(first, units, work.deltas.itemsize)
            for r in range(rows):
                at = output + first * rows + r * lanes
                for u in range(min(lanes, units - first)):
                    out[k, r] += np.float64(work.deltas[at + u]) * np.float64(work.tangents[at + u])


@loop
def _components(points, network, samples, rows, columns, tile, work, out):
    workers, n = work.acts.shape[0], samples.x.shape[0]
    for w in prange(workers):
        same, own = Data(samples, rows, columns, tile), of_worker(work, w)
        for t in range(w, (n + tile - 1) // tile, workers):
            low, high = t * tile, min(t * tile + tile, n)
            _tile_components(points[0], points[1:], network, same, low, high, own, out[:, low:high])


def components(point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[np.float64]:
    """Components g_i·v_k (K, n) of the gradients of n samples at a point (dim,) along vectors (K, dim)."""
    data = prepared.for_derivatives
    n = len(data.samples.x)
    out = np.empty((len(vectors), n))
    work = make_work(-(-n // data.tile), network, data, 3)
    _components(_packed(network, False, np.concatenate([point[None], vectors])), network, *data, work, out)
    return n * out
