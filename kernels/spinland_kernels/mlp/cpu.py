"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the cores.

Work is cut into items (point, tile of samples), each computed by one thread with one-threaded BLAS;
partial sums are added in a fixed order afterwards. The bits do not depend on the number of threads or on
how points are batched.
"""

import numba
import numpy as np
from numba import prange

from ..blas import gemm, single_threaded
from ..jit import block, loop
from . import layers


@loop
def _losses(points, widths, bias, x, labels, targets, kind, tile, work, loss, correct):
    n = x.shape[0]
    tiles = loss.shape[1]
    items = points.shape[0] * tiles
    workers = work.shape[0]
    for w in prange(workers):
        for item in range(w, items, workers):
            b, t = item // tiles, item % tiles
            low = t * tile
            high = min(low + tile, n)
            z = layers.forward(points[b], widths, bias, x[low:high], work[w])
            loss[b, t], correct[b, t] = layers.score(z, labels, targets, kind, low)


def losses(points, widths, bias, x, labels, targets, kind):
    """Mean loss (B,) and share of right answers (B,), both float64, at points (B, dim) over all samples.

    The accuracy is NaN where there are no labels.
    """
    n, tile = x.shape[0], layers.tile_rows(x.shape[0])
    tiles = -(-n // tile)
    loss = np.empty((points.shape[0], tiles))
    correct = np.empty((points.shape[0], tiles))
    workers = min(numba.get_num_threads(), max(1, loss.size))
    work = np.empty((workers, 2 * min(tile, n) * layers.widest(widths)), x.dtype)
    with single_threaded():
        _losses(points, layers.as_widths(widths), bias, x, labels, targets, kind, tile, work, loss, correct)
    accuracy = correct.sum(axis=1) / n if labels.shape[0] else np.full(points.shape[0], np.nan)
    return loss.sum(axis=1) / n, accuracy


@block
def _backward(point, widths, bias, x, acts, output, deltas, gradient):
    """Add a tile's gradient to ``gradient``; the outputs' place in ``acts`` already holds the derivative."""
    rows = x.shape[0]
    last = widths.shape[0] - 2
    half = deltas.shape[0] // 2
    delta = layers.matrix(acts, output, rows, widths[last + 1])
    begin = output
    offset = gradient.shape[0]
    here = 0
    for step in range(last + 1):
        layer = last - step
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, bias)
        weight_gradient = layers.weight_of(gradient, offset, fan_in, fan_out)
        if bias:
            layers.add_column_sums(
                delta, gradient[offset + fan_in * fan_out : offset + (fan_in + 1) * fan_out]
            )
        if layer == 0:
            gemm(True, False, delta, x, True, weight_gradient)
        else:
            begin -= rows * fan_in
            activation = layers.matrix(acts, begin, rows, fan_in)
            gemm(True, False, delta, activation, True, weight_gradient)
            below = layers.matrix(deltas, here, rows, fan_in)
            gemm(False, False, delta, layers.weight_of(point, offset, fan_in, fan_out), False, below)
            layers.gate(below, activation)
            delta = below
            here = half - here


@loop
def _gradients(points, widths, bias, x, labels, targets, kind, tile, acts, deltas, partial):
    n = x.shape[0]
    groups = partial.shape[1]
    tiles = (n + tile - 1) // tile
    workers = acts.shape[0]
    items = points.shape[0] * groups
    for w in prange(workers):
        for item in range(w, items, workers):
            b, g = item // groups, item % groups
            partial[b, g] = 0
            for t in range(g * tiles // groups, (g + 1) * tiles // groups):
                low = t * tile
                high = min(low + tile, n)
                output = layers.forward_keeping(points[b], widths, bias, x[low:high], acts[w])
                z = layers.matrix(acts[w], output, high - low, widths[-1])
                layers.output_delta(z, labels, targets, kind, low, n)
                _backward(points[b], widths, bias, x[low:high], acts[w], output, deltas[w], partial[b, g])


def gradients(points, widths, bias, x, labels, targets, kind):
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    n, tile = x.shape[0], layers.tile_rows(x.shape[0])
    rows, groups = min(tile, n), layers.n_groups(n)
    partial = np.empty((points.shape[0], groups, points.shape[1]), x.dtype)
    workers = min(numba.get_num_threads(), max(1, points.shape[0] * groups))
    acts = np.empty((workers, rows * layers.kept(widths)), x.dtype)
    deltas = np.empty((workers, 2 * rows * layers.widest(widths)), x.dtype)
    with single_threaded():
        _gradients(
            points, layers.as_widths(widths), bias, x, labels, targets, kind, tile, acts, deltas, partial
        )
    return partial.sum(axis=1, dtype=np.float64).astype(x.dtype)


@block
def _forward_tangent(point, vector, widths, bias, x, acts, tangents):
    """R-forward pass: derivatives of every layer along ``vector``, into ``tangents`` (laid out as ``acts``)."""
    rows = x.shape[0]
    tangent = layers.matrix(tangents, 0, rows, widths[1])
    layers.affine(vector, 0, bias, x, tangent)
    offset = layers.layer_size(widths[0], widths[1], bias)
    begin = 0
    for layer in range(1, widths.shape[0] - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        activation = layers.matrix(acts, begin, rows, fan_in)
        layers.gate(tangent, activation)
        begin += rows * fan_in
        out = layers.matrix(tangents, begin, rows, fan_out)
        layers.affine(vector, offset, bias, activation, out)
        gemm(False, True, tangent, layers.weight_of(point, offset, fan_in, fan_out), True, out)
        offset += layers.layer_size(fan_in, fan_out, bias)
        tangent = out


@block
def _output_tangent(z, tangent, labels, targets, kind, first, n_samples):
    """Outputs and their tangents become the loss derivative and its tangent, in place."""
    rows, k = z.shape
    layers.output_delta(z, labels, targets, kind, first, n_samples)
    for i in range(rows):
        if kind == 0:
            # probabilities p = n δ + onehot;  R(δ) = (p R(z) − p (p·R(z))) / n
            along = tangent[i, 0] * 0
            for j in range(k):
                p = z[i, j] * n_samples + (1 if j == labels[first + i] else 0)
                along += p * tangent[i, j]
            for j in range(k):
                p = z[i, j] * n_samples + (1 if j == labels[first + i] else 0)
                tangent[i, j] = p * (tangent[i, j] - along) / n_samples
        else:
            for j in range(k):
                tangent[i, j] = 2 * tangent[i, j] / (n_samples * k)


@block
def _backward_tangent(point, vector, widths, bias, x, acts, tangents, output, deltas, product):
    """R-backward pass (Pearlmutter 1994): add a tile's Hessian·vector to ``product``."""
    rows = x.shape[0]
    last = widths.shape[0] - 2
    quarter = deltas.shape[0] // 4
    delta = layers.matrix(acts, output, rows, widths[last + 1])
    r_delta = layers.matrix(tangents, output, rows, widths[last + 1])
    begin = output
    offset = product.shape[0]
    here = 0
    for step in range(last + 1):
        layer = last - step
        fan_in, fan_out = widths[layer], widths[layer + 1]
        offset -= layers.layer_size(fan_in, fan_out, bias)
        weight_product = layers.weight_of(product, offset, fan_in, fan_out)
        if bias:
            layers.add_column_sums(
                r_delta, product[offset + fan_in * fan_out : offset + (fan_in + 1) * fan_out]
            )
        if layer == 0:
            gemm(True, False, r_delta, x, True, weight_product)
        else:
            begin -= rows * fan_in
            activation = layers.matrix(acts, begin, rows, fan_in)
            tangent = layers.matrix(tangents, begin, rows, fan_in)
            gemm(True, False, r_delta, activation, True, weight_product)
            gemm(True, False, delta, tangent, True, weight_product)
            weight = layers.weight_of(point, offset, fan_in, fan_out)
            below = layers.matrix(deltas, here, rows, fan_in)
            r_below = layers.matrix(deltas, 2 * quarter + here, rows, fan_in)
            gemm(False, False, delta, weight, False, below)
            gemm(False, False, r_delta, weight, False, r_below)
            gemm(False, False, delta, layers.weight_of(vector, offset, fan_in, fan_out), True, r_below)
            layers.gate(below, activation)
            layers.gate(r_below, activation)
            delta, r_delta = below, r_below
            here = quarter - here


@loop
def _hessian_products(
    point, vectors, widths, bias, x, labels, targets, kind, tile, acts, tangents, deltas, partial
):  # fmt: skip
    n = x.shape[0]
    groups = partial.shape[1]
    tiles = (n + tile - 1) // tile
    workers = acts.shape[0]
    items = vectors.shape[0] * groups
    for w in prange(workers):
        for item in range(w, items, workers):
            v, g = item // groups, item % groups
            partial[v, g] = 0
            for t in range(g * tiles // groups, (g + 1) * tiles // groups):
                low = t * tile
                high = min(low + tile, n)
                part = x[low:high]
                output = layers.forward_keeping(point, widths, bias, part, acts[w])
                _forward_tangent(point, vectors[v], widths, bias, part, acts[w], tangents[w])
                z = layers.matrix(acts[w], output, high - low, widths[-1])
                r_z = layers.matrix(tangents[w], output, high - low, widths[-1])
                _output_tangent(z, r_z, labels, targets, kind, low, n)
                _backward_tangent(
                    point,
                    vectors[v],
                    widths,
                    bias,
                    part,
                    acts[w],
                    tangents[w],
                    output,
                    deltas[w],
                    partial[v, g],
                )


def hessian_products(point, vectors, widths, bias, x, labels, targets, kind):
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim)."""
    n, tile = x.shape[0], layers.tile_rows(x.shape[0])
    rows, groups = min(tile, n), layers.n_groups(n)
    partial = np.empty((vectors.shape[0], groups, vectors.shape[1]), x.dtype)
    workers = min(numba.get_num_threads(), max(1, vectors.shape[0] * groups))
    acts = np.empty((workers, rows * layers.kept(widths)), x.dtype)
    tangents = np.empty_like(acts)
    deltas = np.empty((workers, 4 * rows * layers.widest(widths)), x.dtype)
    with single_threaded():
        _hessian_products(
            point, vectors, layers.as_widths(widths), bias, x, labels, targets, kind, tile, acts, tangents, deltas, partial
        )  # fmt: skip
    return partial.sum(axis=1, dtype=np.float64).astype(x.dtype)
