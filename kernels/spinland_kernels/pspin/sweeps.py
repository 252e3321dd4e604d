"""Sweeps over the couplings of one order, on the card.

A block has the rows and the panel of 128 columns that :mod:`.blocks` gives it, a warp 16 of the rows at a time:

    lane          0 … 31  0 … 31  0 … 31  0 … 31        columns of the panel: four for each lane, their coordinates
    row r         a_r0 …                  … a_r127      and sums Σ_r a_rk w_r in registers, from row to row
    row r + 1     …                                     read side by side, a few rows at once
    sum of row    per lane → shared memory [row][lane] → one thread adds the 32 of a row → parts

Sums of columns are added over the warps and go to the block's slot; those of a spin are added in float64 in the order
of the slots (:func:`gather`). Where a lane stands is the same for one point and for LANES of them, and so are the bits.
"""

from typing import Any

import numpy as np
from numba import uint64

from ..jit_cuda import cuda, device, kernel
from .blocks import BASE, FIRST, PANEL, PART, ROWS, SLOT, SPIN, SPINS, START, STOP, WARPS

THREADS = 32 * WARPS
LANES = 4  # points that share a coupling
_TOGETHER = 4  # rows whose couplings are on their way at once
_ROWS = WARPS * ROWS  # of a block, between two barriers, for one point
_BUFFER = _ROWS * 33  # their sums in each lane; 33 keeps the banks of shared memory apart
_STRIPES, COLUMNS = 32, 8  # of the last sum: threads that share the slots of a spin; spins of a block


@device
def largest(below, k, left, high):
    """Largest i < high with below[k, i] <= left."""
    low = 0
    while high - low > 1:
        middle = (low + high) >> 1
        if below[k, middle] <= left:
            low = middle
        else:
            high = middle
    return low


@device
def _row(number, order, block, below, x, at, along):
    """Begin of a row among the couplings, columns in the panel, its weight at ``at``, the derivative ``along``."""
    left, high, start, spin = number, block[SPINS], block[START], block[SPIN]
    offset, i = block[BASE] + start, high - high
    weight, slope = x[at, 0], x[at, 0]  # of this type
    for k in range(order - 1, 0, -1):
        i = left if k == 1 else largest(below, k, left, high)
        left, high = left - below[k, i], i + 1
        offset += below[k + 1, i + start]
        here, there = x[at, spin + i], x[along, spin + i]
        first = k == order - 1
        slope = there if first else slope * here + weight * there
        weight = here if first else weight * here
    return offset, min(i + 1, PANEL), weight, slope


@device
def _sum_of_32(buffer, begin):
    total = buffer[begin]
    for t in range(1, 32):
        total += buffer[begin + t]
    return total


def _sweep_of(lanes: int) -> Any:
    """The kernel for so many points at once, 1 or LANES; their bits are the same."""
    high = min(ROWS, 32 // lanes)  # rows between two barriers
    sums, room = high * lanes, WARPS * high * lanes * 33
    in_rounds, rows = ROWS // high, WARPS * high

    def sweep(values, chunk, x, owner, below, table, at, order, rounds, parts, slots):
        """Couplings from number ``chunk`` on; blocks from ``at`` on of ``table``; lanes of x (·, n) in groups."""
        lane, warp = cuda.threadIdx.x & 31, cuda.threadIdx.x >> 5
        groups = x.shape[0] // lanes
        block, group = table[at + cuda.blockIdx.x // groups], cuda.blockIdx.x % groups * lanes
        buffer = cuda.shared.array(room, x.dtype)
        weights = cuda.shared.array((rows, lanes), x.dtype)
        begins = cuda.shared.array(rows, np.int64)
        lengths = cuda.shared.array(rows, np.int32)
        point = cuda.local.array((4, lanes), x.dtype)
        columns = cuda.local.array((4, lanes), x.dtype)
        a = cuda.local.array((_TOGETHER, 4), x.dtype)
        zero = x.dtype.type(0)
        for m in range(4):
            inside = lane + 32 * m < block[SPINS]
            for p in range(lanes):
                point[m, p] = x[group + p, block[SPIN] + lane + 32 * m] if inside else zero
                columns[m, p] = zero
        of_lane, mine = group + lane // high, warp * high + lane % high
        number = block[FIRST] + warp * ROWS * rounds + lane % high
        for _ in range(rounds * in_rounds):
            if lane < sums:
                begin, length, weight = number - number, number - number, zero
                if number < block[STOP]:
                    lane_at = owner[of_lane] if owner[of_lane] >= 0 else of_lane
                    begin, length, weight, slope = _row(number, order, block, below, x, lane_at, of_lane)
                    weight = slope if owner[of_lane] >= 0 else weight
                if lane < high:
                    begins[mine], lengths[mine] = begin - chunk, length
                weights[mine, lane // high] = weight
            cuda.syncthreads()
            for h in range(0, high, _TOGETHER):
                for r in range(_TOGETHER):
                    row = warp * high + h + r
                    begin, left = begins[row] + lane, lengths[row] - lane
                    for m in range(4):
                        a[r, m] = values[uint64(begin + 32 * m)] if 32 * m < left else zero
                for r in range(_TOGETHER):
                    for p in range(lanes):
                        w, total = weights[warp * high + h + r, p], zero
                        for m in range(4):
                            total += a[r, m] * point[m, p]
                            columns[m, p] += w * a[r, m]
                        buffer[(warp * sums + p * high + h + r) * 33 + lane] = total
            cuda.syncthreads()
            if lane < sums and number < block[STOP] and of_lane < parts.shape[0]:
                parts[of_lane, block[PART] + number] = _sum_of_32(buffer, (warp * sums + lane) * 33)
            number += high
        cuda.syncthreads()
        for p in range(lanes):
            for m in range(4):
                buffer[(p * WARPS + warp) * PANEL + lane + 32 * m] = columns[m, p]
        cuda.syncthreads()
        for p in range(lanes):
            if group + p < parts.shape[0]:
                slots[group + p, block[SLOT], cuda.threadIdx.x] = _sum_of_warps(buffer, p)

    sweep.__name__ = f"_sweep_{lanes}"
    return kernel(THREADS, 3 if lanes > 1 else 6)(sweep)


@device
def _sum_of_warps(buffer, p):
    """The column of this thread, summed over the warps."""
    begin = p * WARPS * PANEL + cuda.threadIdx.x
    total = buffer[begin]
    for warp in range(1, WARPS):
        total += buffer[begin + warp * PANEL]
    return total


SWEEPS = {lanes: _sweep_of(lanes) for lanes in (1, LANES)}


@kernel(THREADS, 5)
def lower(values, source, x, owner, below, table, order, rounds, parts, slots):
    """As above with couplings of its own, values[source], for each lane; with an owner, derivatives of its sums too."""
    lane, warp = cuda.threadIdx.x & 31, cuda.threadIdx.x >> 5
    lanes = parts.shape[0]
    block, own = table[cuda.blockIdx.x // lanes], cuda.blockIdx.x % lanes
    along = owner[own] >= 0
    at = owner[own] if along else own
    buffer = cuda.shared.array(_BUFFER, x.dtype)
    weights = cuda.shared.array((_ROWS, 2), x.dtype)
    begins = cuda.shared.array(_ROWS, np.int64)
    lengths = cuda.shared.array(_ROWS, np.int32)
    point = cuda.local.array((4, 2), x.dtype)
    columns = cuda.local.array(4, x.dtype)
    a = cuda.local.array((2, 2, 4), x.dtype)
    zero = x.dtype.type(0)
    for m in range(4):
        inside = lane + 32 * m < block[SPINS]
        point[m, 0] = x[at, block[SPIN] + lane + 32 * m] if inside else zero
        point[m, 1] = x[own, block[SPIN] + lane + 32 * m] if inside and along else zero
        columns[m] = zero
    number, mine = block[FIRST] + warp * ROWS * rounds + lane, warp * ROWS + lane
    for _ in range(rounds):
        if lane < ROWS:
            begin, length, weight, slope = number - number, number - number, zero, zero
            if number < block[STOP]:
                begin, length, weight, slope = _row(number, order, block, below, x, at, own)
            begins[mine], lengths[mine] = begin, length
            weights[mine, 0], weights[mine, 1] = weight, slope
        cuda.syncthreads()
        for h in range(0, ROWS, 2):
            for r in range(2):
                row = warp * ROWS + h + r
                begin, left = begins[row] + lane, lengths[row] - lane
                for m in range(4):
                    here = 32 * m < left
                    a[r, 0, m] = values[source[own], uint64(begin + 32 * m)] if here else zero
                    a[r, 1, m] = values[at, uint64(begin + 32 * m)] if here and along else zero
            for r in range(2):
                w, slope, total = weights[warp * ROWS + h + r, 0], weights[warp * ROWS + h + r, 1], zero
                for m in range(4):
                    total += a[r, 0, m] * point[m, 0] + a[r, 1, m] * point[m, 1]
                    columns[m] += w * a[r, 0, m] + slope * a[r, 1, m]
                buffer[(warp * ROWS + h + r) * 33 + lane] = total
        cuda.syncthreads()
        if lane < ROWS and number < block[STOP]:
            parts[own, block[PART] + number] = _sum_of_32(buffer, mine * 33)
        number += ROWS
    cuda.syncthreads()
    for m in range(4):
        buffer[warp * PANEL + lane + 32 * m] = columns[m]
    cuda.syncthreads()
    slots[own, block[SLOT], cuda.threadIdx.x] = _sum_of_warps(buffer, 0)


@kernel(_STRIPES * COLUMNS)
def gather(slots, starts, parts, last, out):
    """out[lane, m] (float64): what slots and the pieces of order 1 hold for spin m, added in order."""
    tiles = (out.shape[1] + COLUMNS - 1) // COLUMNS
    lane, column, stripe = cuda.blockIdx.x // tiles, cuda.threadIdx.x % COLUMNS, cuda.threadIdx.x // COLUMNS
    m = cuda.blockIdx.x % tiles * COLUMNS + column
    shared = cuda.shared.array((_STRIPES, COLUMNS), np.float64)
    total = 0.0
    if m < out.shape[1]:
        for slot in range(starts[m // PANEL] + stripe, starts[m // PANEL + 1], _STRIPES):
            total += slots[lane, slot, m % PANEL]
        for piece in range(stripe, last.shape[0], _STRIPES):
            if m >= last[piece, 1]:
                total += parts[lane, last[piece, 0] + m - last[piece, 1]]
    shared[stripe, column] = total
    cuda.syncthreads()
    if stripe == 0 and m < out.shape[1]:
        for other in range(1, _STRIPES):
            total += shared[other, column]
        out[lane, m] = total
