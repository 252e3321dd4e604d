"""Networks of any size on the card: replicas go in step, and each product is one launch for all of them.

    x           (G, T, M_0)          the batches, gathered; not for one batch of all samples, which is read as it lies
    below       | layer 1: (G, T, M_1) | … | outputs: (G, T, M_L) |
    slopes      | layer 1: (G, T, M_1) | … | outputs: (G, T, M_L) |       ∂L/∂z
    gradient    (G, parts, dim)      laid out as points; a part sums PART samples

The launches of a step, and what a thread owns; products are those of :mod:`..dense.layers`:

    gather      x of the batch                                   STRETCH / THREADS numbers
    forward     a_l = max(a_{l−1} W_l' + b_l, 0)                 a tile, L launches
    score       ∂L/∂z_L                                          one sample of one replica
    below       δ_{l−1} = (δ_l W_l) [a_{l−1} > 0]                a tile, L − 1 launches
    gradient    δ_l' a_{l−1}                                     a tile, L launches
    biases      Σ_t δ_l                                          one bias, one part
    update      the sum of the parts, and the step along it      one parameter: many threads, many reads on their way

A replica that has diverged is computed with the others and not moved.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import int32, uint64

from .. import jit_cuda
from ..dense.layers import Layers, Sums
from ..jit_cuda import cuda, device, kernel
from ..lanes.tiles import GATE, LEAVE, RECTIFY, ZERO, Ends, Matrices
from ..memory import Wanted
from ..networks import Batches, Network, Rule, size_of
from .blocks import State
from .threads import Resident, numbers_of, output_delta, take_step

THREADS = 256
PART = 4096
"""Samples whose derivatives are summed at a stretch."""

STRETCH = 1024
"""Numbers of a replica that a block gathers, or looks at."""


def room(network: Network, replicas: int, batch: int, n: int, dtype: np.dtype[Any]) -> list[Wanted]:
    """Shapes and types of x, below, slopes and the gradient as drawn above, all flat."""
    inputs, *widths = (int(width) for width in network.widths)
    units = replicas * batch * sum(widths)
    gradient = replicas * -(-batch // PART) * size_of(network)
    return [((max(1, size),), dtype) for size in (replicas * batch * inputs * (batch < n), units, units, gradient)]


@device
def _place(stretches):
    """Which replica a block works for, and where this thread begins in its numbers."""
    return cuda.blockIdx.x // stretches, int32(cuda.blockIdx.x % stretches * STRETCH + cuda.threadIdx.x)


@kernel(THREADS)
def _gather(x, order, begin, count, stretches, out):
    r, place = _place(stretches)
    inputs = int32(x.shape[1])
    size = int32(count * inputs)
    for p in range(place, int32(min(place + STRETCH, size)), THREADS):
        out[uint64(r * size + p)] = x[uint64(order[r, begin + p // inputs]), uint64(p % inputs)]


@kernel(THREADS)
def _score(z, at, samples, order, begin, count, alive, slopes):
    row, k = cuda.grid(1), samples.outputs
    if row < alive.shape[0] * count:
        r, here = row // count, at + row * k
        finite = True
        for o in range(k):
            finite &= math.isfinite(z[uint64(here + o)])
        if finite:
            output_delta(z, here, 1, samples, order[r, begin + row % count], count, slopes, here, 1)
        else:
            alive[r] = 0  # whoever writes it writes the same


@kernel(THREADS)
def _add_biases(slopes, table, count, parts, gradient, dim):
    """Row l of the table: where its slopes begin, its units, where its bias lies, the units of those before it."""
    units = table[table.shape[0] - 1, 3] + table[table.shape[0] - 1, 1]
    item, number = cuda.grid(1) // units, int32(cuda.grid(1) % units)
    layer = int32(0)
    while number >= table[layer, 3] + table[layer, 1]:
        layer = int32(layer + 1)
    width, u = table[layer, 1], number - table[layer, 3]
    r, part = item // parts, item % parts
    if r * parts * dim < gradient.shape[0]:
        first = part * PART
        at = table[layer, 0] + (r * count + first) * width + u
        total = gradient.dtype.type(0)
        for _ in range(int32(min(PART, count - first))):
            total += slopes[uint64(at)]
            at += width
        gradient[uint64(item * dim + table[layer, 2] + u)] = total


@device
def total_of(gradient, r, parts, p, dim):
    """Derivative of replica ``r`` by parameter ``p``: the sum of its parts."""
    g = gradient[uint64(r * parts * dim + p)]
    for part in range(1, parts):
        g += gradient[uint64((r * parts + part) * dim + p)]
    return g


@kernel(THREADS, 6)
def _update(points, first, second, gradient, parts, alive, rule, step, stretches):
    r, p = cuda.blockIdx.x // stretches, int32(cuda.blockIdx.x % stretches * THREADS + cuda.threadIdx.x)
    dim = points.shape[1]
    if p < dim and alive[r] != 0:
        g = total_of(gradient, r, parts, p, dim)
        i = uint64(p)
        take_step(points[r], i, first[r], i, second[r], i, g, rule.optimiser, numbers_of(rule, step))


@kernel(THREADS)
def _find_infinities(points, alive, stretches):
    row, place = _place(stretches)
    for p in range(place, int32(min(place + STRETCH, points.shape[1])), THREADS):
        if not math.isfinite(points[row, uint64(p)]):
            alive[row // (points.shape[0] // alive.shape[0])] = 0


def find_infinities(points: Any, alive: Any) -> None:
    """Set ``alive`` (G,) to 0 for whoever has a number that is not finite in its rows of points (G · rows, dim)."""
    stretches = -(-points.shape[1] // STRETCH)
    _find_infinities[points.shape[0] * stretches](points, alive, stretches)


class Descent:
    """One call of the training: replicas in step, and where their numbers lie."""

    def __init__(self, state: State, alive: Any, order: Any, network: Network, samples: Resident, work: list[Any]):
        self.state, self.alive, self.order, self.samples = state, alive, order, samples
        self.x, self.below, self.slopes, self.gradient = work
        self.replicas, self.dim = state.point.shape
        points = state.point.reshape(self.replicas * self.dim)
        self.layers = Layers.of_network(network, points, self.dim, samples.precision)
        self.tables: dict[int, Any] = {}
        self.widths = [int(width) for width in network.widths]

    def activations(self, data: Any, layer: int, count: int) -> Matrices:
        """(T, M) of a layer of all replicas in ``below`` or ``slopes``, layer 0 being the inputs."""
        n, inputs = self.samples.x.shape
        width = self.widths[layer]
        if layer:
            return Matrices(data, self.replicas * count * sum(self.widths[1:layer]), width, 1, count * width)
        if count == n:
            return Matrices(self.samples.x.reshape(n * inputs), 0, inputs, 1, 0)
        return Matrices(self.x, 0, inputs, 1, count * inputs)

    def forward(self, count: int) -> None:
        """Activations of all layers."""
        for number, layer in enumerate(self.layers.of):
            x, above = (self.activations(self.below, number + up, count) for up in range(2))
            end = LEAVE if layer is self.layers.of[-1] else RECTIFY
            self.layers.affine(layer, x, above, count, end, self.replicas)

    def backward(self, count: int) -> None:
        """Slopes of all hidden layers, from those of the outputs."""
        for number in range(len(self.layers.of) - 1, 0, -1):
            slope, out = (self.activations(self.slopes, at, count) for at in (number + 1, number))
            ends = Ends(ZERO, out, GATE, self.activations(self.below, number, count))
            self.layers.back(self.layers.of[number], slope, out, count, ends, self.replicas)

    def differentiate(self, count: int) -> None:
        """The gradient."""
        sums, table, units = Sums(self.gradient, self.dim, count, PART, self.samples.precision), [], 0
        for number, layer in enumerate(self.layers.of):
            slope = self.activations(self.slopes, number + 1, count)
            sums.weight(layer, slope, self.activations(self.below, number, count), ZERO, self.replicas)
            table.append((slope.at, layer.fan_out, layer.at + layer.fan_in * layer.fan_out, units))
            units += layer.fan_out
        if self.layers.bias:
            blocks = -(-self.replicas * sums.parts * units // THREADS)
            if count not in self.tables:
                self.tables[count] = jit_cuda.put(np.array(table, np.int64))
            _add_biases[blocks](self.slopes, self.tables[count], count, sums.parts, self.gradient, self.dim)

    def find_gradients(self, begin: int, count: int) -> None:
        """Gradients at the points, in parts, of one batch: ``count`` samples from ``begin`` on in their order."""
        n, inputs = self.samples.x.shape
        if count < n:
            stretches = -(-count * inputs // STRETCH)
            _gather[self.replicas * stretches](self.samples.x, self.order, begin, count, stretches, self.x)
        self.forward(count)
        outputs = self.activations(self.below, len(self.widths) - 1, count)
        blocks = -(-self.replicas * count // THREADS)
        scored = self.samples, self.order, begin, count, self.alive
        _score[blocks](self.below, outputs.at, *scored, self.slopes)
        self.backward(count)
        self.differentiate(count)

    def step(self, rule: Rule, step: int, begin: int, count: int) -> None:
        """One batch: ``count`` samples from ``begin`` on in their order."""
        self.find_gradients(begin, count)
        stretches = -(-self.dim // THREADS)
        parts = -(-count // PART)
        _update[self.replicas * stretches](*self.state, self.gradient, parts, self.alive, rule, step, stretches)


def descend(
    state: State,
    alive: Any,
    order: Any,
    rule: Rule,
    batches: Batches,
    network: Network,
    samples: Resident,
    work: list[Any],
) -> None:
    """Steps of all replicas. All arrays are on the card; ``alive`` (G,) and ``order`` (G, n) are int32."""
    descent, n = Descent(state, alive, order, network, samples, work), samples.x.shape[0]
    for step in range(rule.coefficients.shape[0]):
        begin = (batches.begin + step) * batches.size
        descent.step(rule, step, begin, min(batches.size, n - begin))
    find_infinities(state.point, alive)
