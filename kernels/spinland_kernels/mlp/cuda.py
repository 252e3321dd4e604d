"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the card.

At a chunk of B points all n samples go through the network layer by layer; a layer is one product of matrices for each
point (:mod:`..lanes.cuda`), whose rows are the samples:

    x          n × M_0, the same for all points
    acts       one array for each layer, or two turn and turn about:   | point 0: n × M_l | point 1: n × M_l | …
    parts      sums over some samples, see :mod:`..lanes.layers`

The loss is summed in two steps, whose order is a function of n alone:

    score      one thread for a sample of a point; it reads its row of outputs and writes its slot (b, i)
    total      one block for a point, in float64:

               thread t   slots t, t + 256, t + 512, …   → 256 sums → 16 sums, of sixteen each → 1

Derivatives δ_l take the place of the activations that they are the last to need. Samples of which most inputs are zero
are multiplied as others are. The equations are those of :mod:`.passes`; the bits of a point depend neither on the
points beside it nor on how many the memory holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import float64, int64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import THREADS, cuda, kernel
from ..lanes.cuda import GATE, ITSELF, LEAVE, ZERO, Ends, Matrices, add_parts, plain, rows
from ..lanes.layers import Layers, Sums
from ..memory import Arena, Wanted, resident
from ..networks import CROSS_ENTROPY, Network, Samples

_GROUP = 16


@kernel(THREADS)
def _score(z, labels, targets, kind, sizes, outputs, loss, right):
    """Loss of each sample at each point, and whether its answer is right; ``sizes`` are (items, n, k)."""
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        top, first = z[at], 0
        for o in range(1, k):
            if z[at + o] > top:
                top, first = z[at + o], o
        if labels.shape[0] > 0:
            label = labels[i]
            right[item] = first == label and z[at + label] == top
        summed = z.dtype.type(0)
        if kind == CROSS_ENTROPY:
            for o in range(k):
                if o != first:  # its 1 is never added to what is left
                    summed += math.exp(z[at + o] - top)
            loss[item] = (top - z[at + labels[i]]) + math.log1p(summed)
        else:
            for o in range(k):
                difference = z[at + o] - targets[i, o]
                summed += difference * difference
            loss[item] = summed / outputs


@kernel(THREADS)
def _total(losses, rights, n, begin, loss, right):
    """Sums over the samples of one point."""
    sums = cuda.shared.array(THREADS, float64)
    counts = cuda.shared.array(THREADS, int64)
    thread, at = cuda.threadIdx.x, cuda.blockIdx.x * n
    total, count = float64(0), int64(0)
    for i in range(thread, n, THREADS):
        total += float64(losses[at + i])
        count += int64(rights[at + i])
    sums[thread], counts[thread] = total, count
    cuda.syncthreads()
    if thread < THREADS // _GROUP:
        total, count = float64(0), int64(0)
        for i in range(thread * _GROUP, (thread + 1) * _GROUP):
            total += sums[i]
            count += counts[i]
    cuda.syncthreads()
    if thread < THREADS // _GROUP:
        sums[thread], counts[thread] = total, count
    cuda.syncthreads()
    if thread == 0:
        for i in range(1, THREADS // _GROUP):
            total += sums[i]
            count += counts[i]
        loss[begin + cuda.blockIdx.x] = total
        right[begin + cuda.blockIdx.x] = count


@kernel(THREADS)
def _output_delta(z, labels, targets, kind, sizes, scale, shares):
    """Derivative of the mean loss by the outputs, in their place; ``shares`` gets the probability of the label.

    ``scale`` is the number of samples for cross-entropy, 2/(n k) for squared errors.
    """
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        if kind == CROSS_ENTROPY:
            one, others, label = z.dtype.type(1), z.dtype.type(0), labels[i]
            top, share = z[at], z.dtype.type(0)
            for o in range(1, k):
                top = max(top, z[at + o])
            for o in range(k):
                term = math.exp(z[at + o] - top)
                z[at + o] = term
                if o == label:
                    share = z[at + o]
                else:
                    others += term
            factor = one / (others + share) / scale
            for o in range(k):
                z[at + o] *= factor
            z[at + label] = -others * factor  # p − 1 would lose the digits of what is left to learn
            shares[item] = share * factor
        else:
            for o in range(k):
                z[at + o] = scale * (z[at + o] - targets[i, o])


@kernel(THREADS)
def _output_tangent(tangent, delta, shares, labels, kind, sizes, scale):
    """Derivative of the outputs' δ along each vector, in place of that of the outputs.

    p (R(z) − p·R(z)) / n, with R(z) taken from that of the most probable output: where its p is near one, what is
    left would be rounding. ``shares`` are the labels' p / n; ``scale`` as above.
    """
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        row = i * k
        if kind == CROSS_ENTROPY:
            label, most, at_most = labels[i], labels[i], shares[i]
            for o in range(k):
                if delta[row + o] > at_most:
                    most, at_most = o, delta[row + o]
            of_most, along = tangent[at + most], tangent.dtype.type(0)
            for o in range(k):
                share = shares[i] if o == label else delta[row + o]
                along += share * (tangent[at + o] - of_most)
            along *= scale
            for o in range(k):
                share = shares[i] if o == label else delta[row + o]
                tangent[at + o] = share * (tangent[at + o] - of_most - along)
        else:
            for o in range(k):
                tangent[at + o] *= scale


class Prepared:
    """Samples on the card, and workspaces there.

    Attributes
    ----------
    samples : Samples
        As they were given.
    given, work : Arena
        For points and results of a call; for what is between them.
    """

    tiles = 1  # of a sum, that the processor holds

    def __init__(self, samples: Samples):
        self.samples = samples
        self.given, self.work = Arena(), Arena()

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.samples.x.shape[0])

    @property
    def x(self) -> Matrices:
        """The inputs, the same for all points."""
        n, inputs = self.samples.x.shape
        return rows(resident(self.samples.x).reshape(n * inputs), n, inputs)._replace(each=0)

    def slots(self, points: int) -> tuple[Wanted, Wanted]:
        """What :meth:`score` wants as workspace."""
        size = (points * self.n,)
        return (size, self.samples.x.dtype), (size, np.uint8)

    @staticmethod
    def sums(points: int) -> tuple[Wanted, Wanted]:
        """Where it puts its sums."""
        size = (max(1, points),)
        return (size, np.float64), (size, np.int64)

    def score(self, z: Any, k: int, points: int, slots: Sequence[Any], begin: int, sums: Sequence[Any]) -> None:
        """Summed loss and right answers of outputs z (points, n, k) into ``sums`` from ``begin`` on."""
        samples, items = self.samples, points * self.n
        sizes, outputs = (items, self.n, k), samples.x.dtype.type(k)
        labels, targets = resident(samples.labels), resident(samples.targets)
        _score[-(-items // THREADS)](z, labels, targets, samples.kind, sizes, outputs, *slots)
        _total[points](*slots, self.n, begin, *sums)

    def delta(self, z: Any, k: int, points: int, shares: Any) -> None:
        """Derivatives of the mean loss by outputs z (points, n, k), in their place."""
        samples, items = self.samples, points * self.n
        labels, targets = resident(samples.labels), resident(samples.targets)
        sizes = items, self.n, k
        _output_delta[-(-items // THREADS)](z, labels, targets, samples.kind, sizes, self.scale(k), shares)

    def scale(self, k: int) -> Any:
        """What derivatives by k outputs are divided by, or multiplied with, in the type of the samples."""
        wide = self.n if self.samples.kind == CROSS_ENTROPY else 2 / (self.n * k)
        return self.samples.x.dtype.type(wide)

    def means(self, sums: Sequence[Any], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean loss and accuracy (count,) from the sums on the card."""
        loss, right = (jit_cuda.get(array)[:count] for array in sums)
        return loss / self.n, right / self.n if self.samples.labels.shape[0] else np.full(count, np.nan)


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
    wide = [max((int(width) for width in network.widths[1 + turn :: 2]), default=0) for turn in range(2)]
    each = dtype.itemsize * (dim + n * (sum(wide) + 1)) + n
    at_once = prepared.work.fitting(count, each)
    acts: list[Wanted] = [((at_once * n * width,), dtype) for width in wide]
    held, *sums = prepared.given.take(((at_once * dim,), dtype), *prepared.sums(count))
    *turns, loss, right = prepared.work.take(*acts, *prepared.slots(at_once))
    for low in range(0, count, at_once):
        some = points[low : low + at_once]
        layers = Layers.of_network(network, _put(some, held), dim)
        outs = [turns[number % 2] for number in range(len(layers.of))]
        z = layers.forward(prepared.x, outs, n, some.shape[0])
        prepared.score(z, k, some.shape[0], (loss, right), low, sums)
    return prepared.means(sums, count)


def gradients(points: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[Any]:
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    (count, dim), widths = points.shape, [int(width) for width in network.widths[1:]]
    n, dtype = prepared.n, prepared.samples.x.dtype
    parts, out = Sums.parts_of(n), np.empty((count, dim), dtype)
    at_once = prepared.work.fitting(count, dtype.itemsize * ((2 + parts) * dim + n * (sum(widths) + 1)))
    held, found = prepared.given.take(((at_once * dim,), dtype), ((at_once, dim), dtype))
    sizes = at_once * n, at_once * parts * dim, *(at_once * n * width for width in widths)
    shares, data, *acts = prepared.work.take(*(((size,), dtype) for size in sizes))
    sums = Sums(data, dim, n)
    for low in range(0, count, at_once):
        some = points[low : low + at_once]
        batch = some.shape[0]
        layers = Layers.of_network(network, _put(some, held), dim)
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


def _at_point(point: NDArray[Any], network: Network, prepared: Prepared) -> tuple[Layers, Any, list[Any], list[Any]]:
    """The layers on the card, the labels' shares, activations of hidden layers and derivatives by all layers."""
    widths, n, dtype = [int(width) for width in network.widths[1:]], prepared.n, prepared.samples.x.dtype
    sizes = point.shape[0], n, *(n * width for width in (*widths[:-1], *widths))
    held, shares, *more = prepared.given.take(*(((size,), dtype) for size in sizes))
    acts, deltas = more[: len(widths) - 1], more[len(widths) - 1 :]
    layers = Layers.of_network(network, _put(point[None], held), 0)
    layers.forward(prepared.x, [*acts, deltas[-1]], n, 1)
    prepared.delta(deltas[-1], widths[-1], 1, shares)
    for number in range(len(widths) - 1, 0, -1):
        layer = layers.of[number]
        c, gate = rows(deltas[number - 1], n, layer.fan_in), rows(acts[number - 1], n, layer.fan_in)
        layers.back(layer, rows(deltas[number], n, layer.fan_out), c, n, Ends(ZERO, c, GATE, gate), 1)
    same = [
        [rows(array, n, width)._replace(each=0) for array, width in zip(arrays, widths, strict=False)]
        for arrays in (acts, deltas)
    ]
    return layers, shares, *same


def _tangents(
    at: Layers, along: Layers, x: Matrices, acts: list[Matrices], arrays: list[Any], n: int, batch: int
) -> Any:
    """Derivatives of every layer along each vector."""
    tangents = [rows(array, n, layer.fan_out) for array, layer in zip(arrays, at.of, strict=True)]
    for number, layer in enumerate(at.of):
        gate = acts[number] if number < len(acts) else None
        end, c = GATE if gate else LEAVE, tangents[number]
        if number == 0:
            along.affine(layer, x, c, n, end, batch, gate)
        else:
            along.affine(layer, acts[number - 1], c, n, LEAVE, batch)
            at.onward(layer, tangents[number - 1], c, n, Ends(ITSELF, c, end, gate or c), batch)
    return tangents


def hessian_products(point: NDArray[Any], vectors: NDArray[Any], network: Network, prepared: Prepared) -> NDArray[Any]:
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim)."""
    (count, dim), widths = vectors.shape, [int(width) for width in network.widths[1:]]
    n, samples, dtype = prepared.n, prepared.samples, prepared.samples.x.dtype
    at, shares, acts, deltas = _at_point(point, network, prepared)
    parts, out = Sums.parts_of(n), np.empty((count, dim), dtype)
    at_once = prepared.work.fitting(count, dtype.itemsize * ((2 + parts) * dim + n * sum(widths)))
    sizes = at_once * dim, at_once * parts * dim, *(at_once * n * width for width in widths)
    found, held, data, *arrays = prepared.work.take(((at_once, dim), dtype), *(((size,), dtype) for size in sizes))
    sums, labels = Sums(data, dim, n), resident(samples.labels)
    for low in range(0, count, at_once):
        some = vectors[low : low + at_once]
        batch = some.shape[0]
        along = Layers.of_network(network, _put(some, held), dim)
        tangents = _tangents(at, along, prepared.x, acts, arrays, n, batch)
        of_output, items = (tangents[-1].data, deltas[-1].data, shares, labels), batch * n
        sizes_of, scale = (items, n, widths[-1]), prepared.scale(widths[-1])
        _output_tangent[-(-items // THREADS)](*of_output, samples.kind, sizes_of, scale)
        for number in range(len(widths) - 1, -1, -1):
            layer, r_delta, delta = at.of[number], tangents[number], deltas[number]
            sums.weight(layer, r_delta, acts[number - 1] if number else prepared.x, ZERO, batch)
            if at.bias:
                sums.bias(layer, r_delta, batch)
            if number:
                below = tangents[number - 1]
                sums.weight(layer, delta, below, ITSELF, batch)
                at.back(layer, r_delta, below, n, plain(below), batch)
                along.back(layer, delta, below, n, Ends(ITSELF, below, GATE, acts[number - 1]), batch)
        add_parts(data, parts, dim, found[:batch])
        jit_cuda.get(found[:batch], out[low : low + batch])
    return out
