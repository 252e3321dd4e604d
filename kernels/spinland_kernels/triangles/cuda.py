"""Weighted sums over the triangles of a distance matrix on the card, for many sets of weights.

    S_mb = Σ_{i<j<k} w_ib w_jb w_kb M_m(d_ij, d_ik, d_jk)        m: K, relative deviation, share, 1

All in float64. A block has the triangles of one item and SETS sets of weights, a thread every 128th of these triangles:

    all of them     item (i, c): corners i, j = i + 1 + c, and every 8th behind it     thread t: k = j + 1 + t, + 128, …
    sampled         item: TRIPLES of the list                                         thread t: triples t, t + 128, …
    sums            4 SETS in registers of each thread → shared memory → slot (item, m, set)

The slots of a sum are added in an order that is fixed, by the threads of one block. The measures of a triangle serve
SETS sets of weights, and are computed again for the next.
"""

import numpy as np
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from . import formula

TRIPLES = 1024  # sampled triples in one item
CLASSES = 8  # items with the same first corner, at most
SETS = 8  # of weights, in one block
_THREADS = 128
_SUMS = 4 * SETS
_PITCH = _SUMS + 1  # keeps the banks of shared memory apart

deviations = device(formula.deviations)


@device
def _add(sums, sides, threshold, weights, corners, first):
    """Add one triangle to the sums (4, SETS) of a thread."""
    deviation, relative, gap = deviations(sides[0], sides[1], sides[2])
    shared = 1.0 if gap <= threshold else 0.0
    i, j, k = corners
    for b in range(SETS):
        weight = 0.0
        if first + b < weights.shape[1]:
            weight = weights[i, first + b] * weights[j, first + b] * weights[k, first + b]
        sums[0, b] += weight * deviation
        sums[1, b] += weight * relative
        sums[2, b] += weight * shared
        sums[3, b] += weight


@device
def _put_away(sums, room, slots, item, first):
    """Add the sums of the threads of a block, thread 0 first, and put them into its slots."""
    t = cuda.threadIdx.x
    for m in range(4):
        for b in range(SETS):
            room[t * _PITCH + m * SETS + b] = sums[m, b]
    cuda.syncthreads()
    if t < _SUMS and first + t % SETS < slots.shape[2]:
        total = 0.0
        for other in range(_THREADS):
            total += room[other * _PITCH + t]
        slots[item, t // SETS, first + t % SETS] = total


_ROOM = _THREADS * _PITCH


@kernel(_THREADS)
def _all_triangles(distances, weights, threshold, classes, slots):
    item, first = cuda.blockIdx.x % slots.shape[0], cuda.blockIdx.x // slots.shape[0] * SETS
    i, n = item // classes, distances.shape[0]
    sums = cuda.local.array((4, SETS), np.float64)
    room = cuda.shared.array(_ROOM, np.float64)
    for m in range(4):
        for b in range(SETS):
            sums[m, b] = 0.0
    for j in range(i + 1 + item % classes, n - 1, classes):
        for k in range(j + 1 + cuda.threadIdx.x, n, _THREADS):
            sides = distances[i, j], distances[i, k], distances[j, k]
            _add(sums, sides, threshold, weights, (i, j, k), first)
    _put_away(sums, room, slots, item, first)


@kernel(_THREADS)
def _sampled_triangles(distances, triples, weights, threshold, slots):
    item, first = cuda.blockIdx.x % slots.shape[0], cuda.blockIdx.x // slots.shape[0] * SETS
    sums = cuda.local.array((4, SETS), np.float64)
    room = cuda.shared.array(_ROOM, np.float64)
    for m in range(4):
        for b in range(SETS):
            sums[m, b] = 0.0
    for t in range(item * TRIPLES + cuda.threadIdx.x, min((item + 1) * TRIPLES, triples.shape[0]), _THREADS):
        i, j, k = triples[t, 0], triples[t, 1], triples[t, 2]
        sides = distances[i, j], distances[i, k], distances[j, k]
        _add(sums, sides, threshold, weights, (i, j, k), first)
    _put_away(sums, room, slots, item, first)


@kernel(_THREADS)
def _add_slots(slots, totals):
    """One total (m, set) a block."""
    m, b, t = cuda.blockIdx.x // totals.shape[1], cuda.blockIdx.x % totals.shape[1], cuda.threadIdx.x
    room = cuda.shared.array(_THREADS, np.float64)
    total = 0.0
    for item in range(t, slots.shape[0], _THREADS):
        total += slots[item, m, b]
    room[t] = total
    cuda.syncthreads()
    if t == 0:
        for other in range(1, _THREADS):
            total += room[other]
        totals[m, b] = total


def triangle_means(
    distances: NDArray[np.float64],
    weights: NDArray[np.float64],
    threshold: float,
    triples: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Weighted means over triangles.

    Parameters
    ----------
    distances : (n, n) float64
        Symmetric distances.
    weights : (n, B) float64, C-contiguous
        Weights of the points, B sets; a triangle weighs the product of its three.
    threshold : float
        A triangle counts in the share when its two longest sides differ by no more.
    triples : (T, 3) int64 or None
        Triangles to visit, None for all.

    Returns
    -------
    means : (3, B) float64
        Mean K, mean relative deviation, share; NaN where the weights of all triangles vanish.
    """
    n, n_sets = weights.shape
    classes = max(1, min(CLASSES, n - 2))
    items = n * classes if triples is None else -(-len(triples) // TRIPLES)
    slots, totals = (jit_cuda.empty((*shape, 4, n_sets), np.float64) for shape in ((items,), ()))
    side, weight, blocks = jit_cuda.put(distances), jit_cuda.put(weights), items * -(-n_sets // SETS)
    if triples is None:
        _all_triangles[blocks](side, weight, np.float64(threshold), classes, slots)
    else:
        _sampled_triangles[blocks](side, jit_cuda.put(triples), weight, np.float64(threshold), slots)
    _add_slots[4 * n_sets](slots, totals)
    found = jit_cuda.get(totals)
    return np.asarray(found[:3] / np.where(found[3] > 0, found[3], np.nan))
