"""Orders of the samples in an epoch, drawn on the card: those of the cores.

    order (G, n)   one block draws the exchanges of a replica's shuffle, DRAWN at a time, side by side; they
                   are carried out by one thread, as each needs the one before:

                   drawn   | with n−1, with n−2, … | ‖ exchange ‖ | … | ‖ exchange ‖ …      ‖ a barrier

Where samples are drawn from all of them, with replacement, a thread draws two places of the order.

An order is a function of the seed, the number of the replica and the epoch alone.
"""

from __future__ import annotations

from typing import Any

from numba import int32, uint64

from ..jit_cuda import cuda, device, kernel
from ..networks import Batches
from ..philox import formula as random

words_of = device(random.words)
bounded = device(random.bounded)

SHUFFLERS, DRAWN = 64, 128
"""Threads that draw, and the exchanges that they draw at a time."""

NEAR = 11 << 10
"""Samples whose order fits into the shared memory of a block, 44 KiB; more are exchanged in the card's memory."""


@device
def _exchange(order, drawn, last, count):
    """Exchange number 2·pair + 1, then 2·pair, with those drawn, for ``count`` pairs from ``last`` down."""
    n = order.shape[0]
    for k in range(count):
        for odd in range(2):
            number = 2 * (last - k) + 1 - odd
            i, other = uint64(number), uint64(drawn[2 * k + odd])
            if 0 < number < n:
                order[i], order[other] = order[other], order[i]


@kernel(SHUFFLERS)
def _shuffle(order, numbers, batches, near):
    places = cuda.shared.array(0, int32)
    drawn = cuda.shared.array(DRAWN, int32)
    r, thread, n = cuda.blockIdx.x, cuda.threadIdx.x, order.shape[1]
    row = order[r]
    shuffled = batches.size < n
    for i in range(thread, n, SHUFFLERS):
        if near:
            places[i] = i
        if not near or not shuffled:
            row[i] = i
    if not shuffled:
        return
    for last in range((n - 1) // 2, -1, -SHUFFLERS):
        pair = last - thread
        if pair >= 0:
            a, b, c, d = words_of(batches.seed, pair, batches.epoch, numbers[r], batches.purpose)
            drawn[2 * thread] = bounded(c, d, 2 * pair + 2)
            drawn[2 * thread + 1] = bounded(a, b, 2 * pair + 1)
        cuda.syncthreads()
        if thread == 0:
            count = min(SHUFFLERS, last + 1)
            if near:
                _exchange(places, drawn, last, count)
            else:
                _exchange(row, drawn, last, count)
        cuda.syncthreads()
    if near:
        for i in range(thread, n, SHUFFLERS):
            row[i] = places[i]


@kernel(SHUFFLERS)
def _draw(order, numbers, batches, stretches):
    r, n = cuda.blockIdx.x // stretches, order.shape[1]
    pair = cuda.blockIdx.x % stretches * SHUFFLERS + cuda.threadIdx.x
    if 2 * pair < n:
        a, b, c, d = words_of(batches.seed, pair, batches.epoch, numbers[r], batches.purpose)
        order[r, 2 * pair] = bounded(a, b, n)
        if 2 * pair + 1 < n:
            order[r, 2 * pair + 1] = bounded(c, d, n)


def set_order(order: Any, numbers: Any, batches: Batches) -> None:
    """Order (G, n) of the samples in an epoch, for replicas of these numbers (G,); both arrays lie on the card."""
    replicas, n = order.shape
    if batches.replacement:
        stretches = -(-n // (2 * SHUFFLERS))
        _draw[replicas * stretches](order, numbers, batches, stretches)
        return
    near = n <= NEAR
    _shuffle[replicas, 4 * n if near else 0](order, numbers, batches, near)
