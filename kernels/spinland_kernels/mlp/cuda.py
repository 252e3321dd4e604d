"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the card.

At a chunk of B points all n samples go through the network layer by layer; a layer is one product of matrices for each
point (:mod:`..lanes.cuda`), whose rows are the samples:

    x          n × M_0, the same for all points
    acts       one array for each layer, or two turn and turn about:   | point 0: n × M_l | point 1: n × M_l | …
    parts      sums over some samples, added in order afterwards

Layers and their sums are those of :mod:`..dense.layers`, losses and their derivatives those of :mod:`..dense.samples`.

Derivatives δ_l take the place of the activations that they are the last to need. The equations are those of
:mod:`.passes`; the bits of a point depend neither on the points beside it nor on how many the memory holds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import jit_cuda
from ..dense.layers import Layers, Sums
from ..dense.passes import at_point, tangents_at
from ..dense.samples import Prepared
from ..lanes.cuda import add_parts
from ..lanes.tiles import GATE, ITSELF, ZERO, Ends, plain, rows
from ..memory import Wanted
from ..networks import GAUSS_NEWTON, RESIDUAL, WHOLE, Network, Samples

PART = 1024
"""Samples in a part of a gradient's sum."""


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls; they are put on the card when they are first needed."""
    return Prepared(samples)


def _put(points: Any, into: Any) -> Any:
    """Points (B, dim) on the card as a flat array: where they are, or in the first places of ``into``."""
    size = points.shape[0] * points.shape[1]
    if isinstance(points, np.ndarray):
        return jit_cuda.put(points.reshape(size), into[:size])
    return points.reshape(size)


def losses(points: Any, network: Network, prepared: Prepared) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss (B,) and share of right answers (B,) at points (B, dim), here or on the card, over all samples.

    The accuracy is NaN where there are no labels.
    """
    count, dim = points.shape
    n, dtype, k = prepared.n, prepared.samples.x.dtype, int(network.widths[-1])
    wide = [max(1, *(int(width) for width in network.widths[1 + turn :: 2]), 0) for turn in range(2)]
    each = dtype.itemsize * (dim + n * (sum(wide) + 1)) + n
    at_once = prepared.work.fitting(count, each)
    acts: list[Wanted] = [((at_once * n * width,), dtype) for width in wide]
    held, *sums = prepared.given.take(((at_once * dim,), dtype), *prepared.sums(count))
    *turns, loss, right = prepared.work.take(*acts, *prepared.slots(at_once))
    for low in range(0, count, at_once):
        some = points[low : low + at_once]
        layers = Layers.of_network(network, _put(some, held), dim, prepared.precision)
        outs = [turns[number % 2] for number in range(len(layers.of))]
        z = layers.forward(prepared.x, outs, n, some.shape[0])
        prepared.score(z, k, some.shape[0], (loss, right), low, sums)
    return prepared.means(sums, count)


def gradients(points: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[Any]:
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    (count, dim), widths = points.shape, [int(width) for width in network.widths[1:]]
    n, dtype = prepared.n, prepared.samples.x.dtype
    parts, out = -(-n // PART), np.empty((count, dim), dtype)
    at_once = prepared.work.fitting(count, dtype.itemsize * ((2 + parts) * dim + n * (sum(widths) + 1)))
    held, found = prepared.given.take(((at_once * dim,), dtype), ((at_once, dim), dtype))
    sizes = at_once * n, at_once * parts * dim, *(at_once * n * width for width in widths)
    shares, data, *acts = prepared.work.take(*(((size,), dtype) for size in sizes))
    sums = Sums(data, dim, n, PART, prepared.precision)
    for low in range(0, count, at_once):
        some = points[low : low + at_once]
        batch = some.shape[0]
        layers = Layers.of_network(network, _put(some, held), dim, prepared.precision)
        delta = rows(layers.forward(prepared.x, acts, n, batch), n, widths[-1])
        prepared.delta(delta.data, widths[-1], batch, shares)
        for number in range(len(layers.of) - 1, -1, -1):
            layer = layers.of[number]
            below = rows(acts[number - 1], n, layer.fan_in) if number else prepared.x
            sums.weight(layer, delta, below, ZERO, batch)
            if layers.bias:
                sums.bias(layer, delta, batch)
            if number:
                layers.back(layer, delta, below, n, Ends(ZERO, below, GATE, below), batch)
            delta = below
        add_parts(data, parts, dim, found[:batch])
        jit_cuda.get(found[:batch], out[low : low + batch])
    return out


def hessian_products(
    point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared, part: int = WHOLE
) -> NDArray[Any]:
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim).

    ``part`` is WHOLE, GAUSS_NEWTON or RESIDUAL; the last two add up to the first.
    """
    (count, dim), widths = vectors.shape, [int(width) for width in network.widths[1:]]
    n, dtype = prepared.n, prepared.samples.x.dtype
    at, shares, acts, deltas = at_point(point, network, prepared)
    parts, out = -(-n // PART), np.empty((count, dim), dtype)
    at_once = prepared.work.fitting(count, dtype.itemsize * ((2 + parts) * dim + n * sum(widths)))
    sizes = at_once * dim, at_once * parts * dim, *(at_once * n * width for width in widths)
    found, held, data, *arrays = prepared.work.take(((at_once, dim), dtype), *(((size,), dtype) for size in sizes))
    sums = Sums(data, dim, n, PART, prepared.precision)
    for low in range(0, count, at_once):
        some = vectors[low : low + at_once]
        batch = some.shape[0]
        along = Layers.of_network(network, _put(some, held), dim, prepared.precision)
        tangents = tangents_at(at, along, prepared.x, acts, arrays, n, batch)
        tangent = prepared.no_tangent if part == RESIDUAL else prepared.tangent
        tangent(tangents[-1].data, deltas[-1].data, widths[-1], batch, shares)
        for number in range(len(widths) - 1, -1, -1):
            layer, r_delta, delta = at.of[number], tangents[number], deltas[number]
            sums.weight(layer, r_delta, acts[number - 1] if number else prepared.x, ZERO, batch)
            if at.bias:
                sums.bias(layer, r_delta, batch)
            if number and part == GAUSS_NEWTON:
                below = tangents[number - 1]
                at.back(layer, r_delta, below, n, Ends(ZERO, below, GATE, acts[number - 1]), batch)
            elif number:
                below = tangents[number - 1]
                sums.weight(layer, delta, below, ITSELF, batch)
                at.back(layer, r_delta, below, n, plain(below), batch)
                along.back(layer, delta, below, n, Ends(ITSELF, below, GATE, acts[number - 1]), batch)
        add_parts(data, parts, dim, found[:batch])
        jit_cuda.get(found[:batch], out[low : low + batch])
    return out
