"""Gradients g_i of the loss of every single sample on the card; equations and public names are those of the cores.

    products       for each layer two products of matrices, of some rows with all, and a kernel that multiplies what
                   they give, pair by pair, and adds it up over the layers in float64:

                   of_acts, of_slopes   (rows, n)      out   (rows, n) float64

    combinations   one forward pass, whose derivatives by outputs get the weights of K sums; these go back together
    components     derivatives of every layer along K vectors, then one thread for each sample and vector

Rows, sums and vectors come in as many as the memory holds; no bit depends on how many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64
from numpy.typing import NDArray

from .. import jit_cuda
from ..dense.layers import Layers, Sums
from ..dense.passes import at_point, tangents_at
from ..dense.samples import Prepared
from ..jit_cuda import THREADS, cuda, device, kernel
from ..lanes.cuda import add_parts, multiply
from ..lanes.tiles import GATE, ZERO, Ends, Matrices, Shape, plain, rows
from ..mlp.cuda import PART
from ..networks import Network, Samples
from . import formula

layer_product = device(formula.layer_product)


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls; they are put on the card when they are first needed."""
    return Prepared(samples)


@kernel(THREADS)
def _add_layer(of_acts, of_slopes, bias, factor, first, out):
    """One pair of samples a thread; ``factor`` makes the derivatives of the mean loss those of each sample's own."""
    number = cuda.grid(1)
    if number < out.shape[0]:
        slopes = factor * float64(of_slopes[number])
        product = layer_product(float64(of_acts[number]), bias, slopes)
        out[number] = product if first else out[number] + product


def _of_pairs(a: Matrices, low: int, count: int, n: int, width: int, out: Any, precision: int) -> None:
    """out (count, n) = A_low… A' of rows of one matrix (n, width)."""
    c = rows(out, count, n)
    some, turned = a._replace(at=a.at + low * a.down), a._replace(down=a.along, along=a.down)
    multiply(some, turned, c, Shape(count, n, width, width, 1), plain(c), 1, precision)


def products(point: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[np.float64]:
    """Inner products (n, n) of the gradients of all pairs of n samples at a point (dim,)."""
    layers, _, acts, deltas = at_point(point, network, prepared)
    n, dtype = prepared.n, prepared.samples.x.dtype
    at_once = prepared.work.fitting(n, n * (2 * dtype.itemsize + 8))
    size = at_once * n
    of_acts, of_slopes, sums = prepared.work.take(((size,), dtype), ((size,), dtype), ((size,), np.float64))
    bias, factor, out = float(layers.bias), float(n) ** 2, np.empty((n, n))
    for low in range(0, n, at_once):
        count = min(at_once, n - low)
        some = sums[: count * n]
        for number, layer in enumerate(layers.of):
            below = acts[number - 1] if number else prepared.x
            _of_pairs(below, low, count, n, layer.fan_in, of_acts, layers.precision)
            _of_pairs(deltas[number], low, count, n, layer.fan_out, of_slopes, layers.precision)
            _add_layer[-(-count * n // THREADS)](of_acts, of_slopes, bias, factor, number == 0, some)
        jit_cuda.get(some.reshape(count, n), out[low : low + count])
    return out


@kernel(THREADS)
def _weigh(delta, weights, outputs, out):
    """Derivatives by the outputs (n, k), each sample's with its weight (K, n), into (K, n, k); one of them a thread."""
    number = cuda.grid(1)
    if number < out.shape[0]:
        out[number] = weights[number // outputs] * delta[number % delta.shape[0]]


def combinations(
    point: NDArray[Any], weights: NDArray[np.float64], network: Network, prepared: Prepared
) -> NDArray[Any]:
    """Sums Σ_i c_ki g_i (K, dim) of the gradients of n samples at a point (dim,), with weights c (K, n)."""
    layers, _, acts, deltas = at_point(point, network, prepared)
    (count, n), dim, dtype = weights.shape, point.shape[0], prepared.samples.x.dtype
    widths = [layer.fan_out for layer in layers.of]
    scaled = np.ascontiguousarray(weights * n, dtype)
    parts, out = -(-n // PART), np.empty((count, dim), dtype)
    at_once = prepared.work.fitting(count, dtype.itemsize * ((1 + parts) * dim + n * (sum(widths) + 1)))
    sizes = at_once * n, at_once * parts * dim, *(at_once * n * width for width in widths)
    found, held, data, *arrays = prepared.work.take(((at_once, dim), dtype), *(((size,), dtype) for size in sizes))
    sums = Sums(data, dim, n, PART, layers.precision)
    for low in range(0, count, at_once):
        batch = min(at_once, count - low)
        some = jit_cuda.put(scaled[low : low + batch].reshape(batch * n), held[: batch * n])
        size = batch * n * widths[-1]
        _weigh[-(-size // THREADS)](deltas[-1].data[: n * widths[-1]], some, widths[-1], arrays[-1][:size])
        for number in range(len(layers.of) - 1, -1, -1):
            layer = layers.of[number]
            delta = rows(arrays[number], n, layer.fan_out)
            sums.weight(layer, delta, acts[number - 1] if number else prepared.x, ZERO, batch)
            if layers.bias:
                sums.bias(layer, delta, batch)
            if number:
                below = rows(arrays[number - 1], n, layer.fan_in)
                layers.back(layer, delta, below, n, Ends(ZERO, below, GATE, acts[number - 1]), batch)
        add_parts(data, parts, dim, found[:batch])
        jit_cuda.get(found[:batch], out[low : low + batch])
    return out


@kernel(THREADS)
def _dot(delta, tangent, outputs, factor, out):
    """Derivative of a sample's loss by its outputs times theirs along a vector; one of them a thread."""
    number = cuda.grid(1)
    if number < out.shape[0]:
        at, total = number * outputs, float64(0)
        row = at % delta.shape[0]
        for o in range(outputs):
            total += float64(delta[row + o]) * float64(tangent[at + o])
        out[number] = factor * total


def components(point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[np.float64]:
    """Components g_i·v_k (K, n) of the gradients of n samples at a point (dim,) along vectors (K, dim)."""
    layers, _, acts, deltas = at_point(point, network, prepared)
    (count, dim), n, dtype = vectors.shape, prepared.n, prepared.samples.x.dtype
    widths = [layer.fan_out for layer in layers.of]
    at_once = prepared.work.fitting(count, dtype.itemsize * (dim + n * sum(widths)) + 8 * n)
    sizes = at_once * dim, *(at_once * n * width for width in widths)
    found, held, *arrays = prepared.work.take(((at_once * n,), np.float64), *(((size,), dtype) for size in sizes))
    out = np.empty((count, n))
    for low in range(0, count, at_once):
        some = vectors[low : low + at_once]
        batch = some.shape[0]
        lying = jit_cuda.put(some.reshape(batch * dim), held[: batch * dim])
        along = Layers.of_network(network, lying, dim, layers.precision)
        tangents = tangents_at(layers, along, prepared.x, acts, arrays, n, batch)
        size = batch * n
        delta = deltas[-1].data[: n * widths[-1]]
        _dot[-(-size // THREADS)](delta, tangents[-1].data, widths[-1], float(n), found[:size])
        jit_cuda.get(found[:size].reshape(batch, n), out[low : low + batch])
    return out
