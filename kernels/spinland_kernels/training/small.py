"""Small networks on the card: one block a replica, all steps of a launch without leaving its shared memory.

Shared memory of a block, for batches of T samples; T' and M' are the next odd numbers from T and M on, so that rows
begin in different banks:

    weights    | W_1: M_1 × M_0' | b_1: M_1 | W_2: M_2 × M_1' | b_2: M_2 | …
    moments    | first: dim | second: dim |                     laid out as a point; those that the optimiser has
    below      | inputs: M_0 × T' | layer 1: M_1 × T' | … | outputs: M_L × T' |            a row for each unit
    slopes     | layer 1: M_1 × T' | … |                        ∂L/∂z of the hidden layers; that of the outputs lies
                                                                where they lay
    beyond     3 × T'                                           read at the edge of a layer, and never used

A step, and what its threads own; ‖ is a barrier:

    gather     x of the batch, by rows                          one number
    ‖ forward  a_l = max(W_l a_{l−1} + b_l, 0)                  2 units × 4 samples, in registers; ‖ after each layer
    ‖ score    ∂L/∂z_L                                          one sample
    ‖ below    δ_{l−1} = (W_l' δ_l) [a_{l−1} > 0]               2 units × 4 samples; ‖ after each layer
    ‖ update   g = δ_l a_{l−1}', and the step along it          2 × 4 weights, with their moments; one bias

    2 L + 2 barriers. Rows and columns of a thread are not neighbours: those of neighbour threads are.

Every sum is one thread's, its terms in the order of inputs, units or samples: the bits depend on nothing else.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import int32, uint64

from ..jit_cuda import Kernel, cuda, device, kernel
from ..lanes import formula as units
from ..networks import Batches, Network, Rule
from .blocks import State
from .threads import Resident, numbers_of, output_delta, take_step

not_below = device(units.not_below)

THREADS = 128
RESIDENT = 3
"""Blocks of 48 KiB that a multiprocessor of any card holds; those of compute capability 9.0 hold four."""

ACROSS, ALONG, TILE = 2, 4, 8
"""Rows and columns of a thread's sums, and their number."""

SHARED = (48 << 10) - 1024
"""Bytes of shared memory that any card gives a block unasked, without the table."""

LAYERS = 16
INPUTS, UNITS, WEIGHT, PLACE, BELOW, ABOVE, SLOPE_BELOW, SLOPE = range(8)
"""A row of the table, one for each layer: its shape; where its weight begins in shared memory and in a point; where
what it reads and makes begins, and the slopes of these."""


class Plan(NamedTuple):
    """Where things lie in shared memory, in numbers of the float type.

    Attributes
    ----------
    table : int32 array (L, 8)
        On the card; see INPUTS, ….
    wide : int
        T'.
    first, second : int
        Where the moments begin.
    moments : int
        How many there are.
    size : int
        All of it.
    bias : bool
        Whether there are biases.
    """

    table: Any
    wide: int
    first: int
    second: int
    moments: int
    size: int
    bias: bool


def plan_of(network: Network, moments: int, batch: int) -> Plan:
    """The plan drawn above for an optimiser with so many moments; its table is on the processor."""
    widths, wide = [int(width) for width in network.widths], batch | 1
    table = np.zeros((len(widths) - 1, 8), np.int32)
    at = place = 0
    for row, inputs, outputs in zip(table, widths, widths[1:], strict=False):
        row[[INPUTS, UNITS, WEIGHT, PLACE]] = inputs, outputs, at, place
        at += outputs * ((inputs | 1) + network.bias)
        place += outputs * (inputs + network.bias)
    first, second = at, at + place * min(moments, 1)
    at += place * moments
    places = np.cumsum([at, *(width * wide for width in widths + widths[1:-1])])
    n_layers = len(table)
    table[:, BELOW], table[:, ABOVE] = places[:n_layers], places[1 : n_layers + 1]
    table[1:, SLOPE_BELOW] = table[:-1, SLOPE] = places[n_layers + 1 : -1]
    table[-1, SLOPE] = table[-1, ABOVE]
    return Plan(table, wide, first, second, moments, int(places[-1]) + 3 * wide, network.bias)


def fits(network: Network, moments: int, batch: int, itemsize: int) -> bool:
    """Whether a replica fits into a block."""
    return len(network.widths) <= LAYERS and plan_of(network, moments, batch).size * itemsize <= SHARED


@device
def _multiply(shared, a, a_apart, a_step, b, b_apart, b_step, terms, sums):
    """sums[ALONG r + s] += Σ_k a_rk b_ks; a_rk at ``a + r·a_apart + k·a_step``, b_ks likewise."""
    for _ in range(terms):
        above, under = shared[uint64(a)], shared[uint64(a + a_apart)]
        for s in range(ALONG):
            right = shared[uint64(b + s * b_apart)]
            sums[s] += above * right
            sums[ALONG + s] += under * right
        a = int32(a + a_step)
        b = int32(b + b_step)


@device
def _counts(rows, columns):
    """Tiles across and along a matrix; so far are the rows and the columns of a thread from each other."""
    return int32((rows + ACROSS - 1) // ACROSS), int32((columns + ALONG - 1) // ALONG)


@device
def _forward(shared, layer, plan, count, hidden, thread, sums):
    """Outputs of a layer; returns whether one of this thread is not finite."""
    inputs, outputs, weight, wide = layer[INPUTS], layer[UNITS], layer[WEIGHT], int32(plan.wide)
    below, above, zero, bad = layer[BELOW], layer[ABOVE], shared.dtype.type(0), False
    row = int32(inputs | 1)
    across, along = _counts(outputs, count)
    for tile in range(thread, int32(across * along), THREADS):
        i, j = int32(tile // along), int32(tile % along)
        for s in range(TILE):
            u = int32(i + s // ALONG * across)
            sums[s] = shared[uint64(weight + outputs * row + u)] if plan.bias and u < outputs else zero
        a, b = int32(weight + i * row), int32(below + j)
        _multiply(shared, a, int32(across * row), int32(1), b, along, wide, inputs, sums)
        for s in range(TILE):
            u, t = int32(i + s // ALONG * across), int32(j + s % ALONG * along)
            if u < outputs and t < count:
                bad |= not math.isfinite(sums[s])
                shared[uint64(above + u * wide + t)] = not_below(sums[s], zero) if hidden else sums[s]
    return bad


@device
def _below(shared, layer, plan, count, thread, sums):
    """Slopes of the layer below."""
    inputs, outputs, weight, wide = layer[INPUTS], layer[UNITS], layer[WEIGHT], int32(plan.wide)
    below, slope_below, slope, zero = layer[BELOW], layer[SLOPE_BELOW], layer[SLOPE], shared.dtype.type(0)
    row = int32(inputs | 1)
    across, along = _counts(inputs, count)
    for tile in range(thread, int32(across * along), THREADS):
        i, j = int32(tile // along), int32(tile % along)
        for s in range(TILE):
            sums[s] = zero
        a, b = int32(weight + i), int32(slope + j)
        _multiply(shared, a, across, row, b, along, wide, outputs, sums)
        for s in range(TILE):
            u, t = int32(i + s // ALONG * across), int32(j + s % ALONG * along)
            if u < inputs and t < count:
                place = int32(u * wide + t)
                silent = shared[uint64(below + place)] <= zero
                shared[uint64(slope_below + place)] = zero if silent else sums[s]


@device
def _update(shared, layer, plan, count, thread, sums, optimiser, c):
    """Gradient of a layer and the step along it."""
    inputs, outputs, weight, wide = layer[INPUTS], layer[UNITS], layer[WEIGHT], int32(plan.wide)
    below, slope, zero, row = layer[BELOW], layer[SLOPE], shared.dtype.type(0), int32(layer[INPUTS] | 1)
    first, second = int32(plan.first + layer[PLACE]), int32(plan.second + layer[PLACE])
    across, along = _counts(outputs, inputs)
    for tile in range(thread, int32(across * along), THREADS):
        i, j = int32(tile // along), int32(tile % along)
        for s in range(TILE):
            sums[s] = zero
        a, b, one = int32(slope + i * wide), int32(below + j * wide), int32(1)
        _multiply(shared, a, int32(across * wide), one, b, int32(along * wide), one, count, sums)
        for s in range(TILE):
            u, o = int32(i + s // ALONG * across), int32(j + s % ALONG * along)
            if u < outputs and o < inputs:
                at, place = uint64(weight + u * row + o), int32(u * inputs + o)
                m, v = uint64(first + place), uint64(second + place)
                take_step(shared, at, shared, m, shared, v, sums[s], optimiser, c)
    if plan.bias:
        for u in range(thread, outputs, THREADS):
            g = zero
            for t in range(count):
                g += shared[uint64(slope + u * wide + t)]
            at, place = uint64(weight + outputs * row + u), int32(outputs * inputs + u)
            take_step(shared, at, shared, uint64(first + place), shared, uint64(second + place), g, optimiser, c)


@device
def _gather(shared, x, order, begin, count, place, wide, thread):
    """The batch from ``begin`` on, one row for each input."""
    inputs = int32(x.shape[1])
    for p in range(thread, int32(count * inputs), THREADS):
        t, i = int32(p // inputs), int32(p % inputs)
        shared[uint64(place + i * wide + t)] = x[uint64(order[begin + t]), uint64(i)]


@device
def _carry_point(shared, table, layers, bias, point, thread, down):
    """A point into shared memory, or back; returns whether a number of this thread is not finite."""
    bad = False
    for layer in range(layers):
        inputs, outputs = table[layer, INPUTS], table[layer, UNITS]
        weights = int32(inputs * outputs)
        for p in range(thread, int32(weights + (outputs if bias else 0)), THREADS):
            far = uint64(table[layer, PLACE] + p)
            near = uint64(table[layer, WEIGHT] + p + (p // inputs * ((inputs | 1) - inputs) if p < weights else 0))
            if p >= weights:
                near = uint64(table[layer, WEIGHT] + outputs * (inputs | 1) + p - weights)
            if down:
                point[far] = shared[near]
                bad |= not math.isfinite(shared[near])
            else:
                shared[near] = point[far]
    return bad


@device
def _carry_moments(shared, plan, first, second, thread, down):
    """Moments of a replica into shared memory, or back."""
    for which in range(plan.moments):
        moments, place = (first, plan.first) if which == 0 else (second, plan.second)
        for p in range(thread, int32(moments.shape[0]), THREADS):
            if down:
                moments[uint64(p)] = shared[uint64(place + p)]
            else:
                shared[uint64(place + p)] = moments[uint64(p)]


def _descending(element: Any) -> Kernel:
    """The kernel of one float type."""

    @kernel(THREADS, RESIDENT)
    def descend(state, alive, order, rule, batches, samples, plan):
        shared = cuda.shared.array(0, element)
        table = cuda.shared.array((LAYERS, 8), int32)
        sums = cuda.local.array(TILE, element)
        r, thread = cuda.blockIdx.x, int32(cuda.threadIdx.x)
        if alive[r] == 0:
            return
        layers, n, wide = int32(plan.table.shape[0]), samples.x.shape[0], int32(plan.wide)
        for p in range(thread, int32(layers * 8), THREADS):
            table[p // 8, p % 8] = plan.table[p // 8, p % 8]
        cuda.syncthreads()
        _carry_point(shared, table, layers, plan.bias, state.point[r], thread, False)
        _carry_moments(shared, plan, state.first[r], state.second[r], thread, False)
        diverged = False
        for step in range(rule.coefficients.shape[0]):
            begin = (batches.begin + step) * batches.size
            count = int32(min(batches.size, n - begin))
            if count < n or step == 0:
                _gather(shared, samples.x, order[r], begin, count, table[0, BELOW], wide, thread)
            cuda.syncthreads()
            for layer in range(layers):
                bad = _forward(shared, table[layer], plan, count, layer < layers - 1, thread, sums)
                diverged = cuda.syncthreads_or(1 if bad else 0) != 0
            if diverged:
                break
            outputs = table[layers - 1, ABOVE]
            for t in range(thread, count, THREADS):
                at = int32(outputs + t)
                output_delta(shared, at, wide, samples, order[r, begin + t], count, shared, at, wide)
            cuda.syncthreads()
            for layer in range(layers - 1, 0, -1):
                _below(shared, table[layer], plan, count, thread, sums)
                cuda.syncthreads()
            c = numbers_of(rule, step)
            for layer in range(layers):
                _update(shared, table[layer], plan, count, thread, sums, rule.optimiser, c)
            cuda.syncthreads()
        bad = _carry_point(shared, table, layers, plan.bias, state.point[r], thread, True)
        _carry_moments(shared, plan, state.first[r], state.second[r], thread, True)
        if cuda.syncthreads_or(1 if bad or diverged else 0) != 0 and thread == 0:
            alive[r] = 0

    return descend


_DESCEND = {"f": _descending(numba.float32), "d": _descending(numba.float64)}


def descend(state: State, alive: Any, order: Any, rule: Rule, batches: Batches, samples: Resident, plan: Plan) -> None:
    """Steps of all replicas: one launch. All arrays are on the card; ``alive`` (G,) and ``order`` (G, n) are int32."""
    dtype: np.dtype[Any] = state.point.dtype
    blocks, room = state.point.shape[0], plan.size * dtype.itemsize
    _DESCEND[dtype.char][blocks, room](state, alive, order, rule, batches, samples, plan)
