"""Random walks on the cores.

Work is cut into items (walker, chunk of coordinates); the chunk has a fixed length, each item adds up its
own squares, and the sums of the chunks are added in order. So the bits depend neither on the number of
threads nor on how many walkers go together.
"""

import numba
import numpy as np
from numba import prange

from ..jit import block, loop, serial_loop, vector_block
from ..philox.normals import normals_into
from . import formula

CHUNK = 4096  # coordinates in one item, a multiple of 4 so that no block of random numbers is made twice


@block
def _add(point, noise):
    for i in range(point.shape[0]):
        point[i] += noise[i]


@block
def _multiply(point, factor):
    for i in range(point.shape[0]):
        point[i] *= factor


@vector_block
def _moments(point, start, out):
    """|w − w0|², w·w0, |w|² and |w0|² of a chunk, in float64."""
    far = 0.0
    product = 0.0
    square = 0.0
    square_start = 0.0
    for i in range(point.shape[0]):
        w, w0 = float(point[i]), float(start[i])
        far += (w - w0) * (w - w0)
        product += w * w0
        square += w * w
        square_start += w0 * w0
    out[0], out[1], out[2], out[3] = far, product, square, square_start


@loop
def _step(points, starts, origin_index, walkers, sigma, seed, purpose, step, noise, moments):
    chunks = moments.shape[1]
    dim = points.shape[1]
    workers = noise.shape[0]
    items = points.shape[0] * chunks
    for worker in prange(workers):
        for item in range(worker, items, workers):
            b, c = item // chunks, item % chunks
            low = c * CHUNK
            high = min(low + CHUNK, dim)
            if sigma > 0:
                part = noise[worker, : high - low]
                normals_into(part, sigma, seed, purpose, walkers[b], step, low)
                _add(points[b, low:high], part)
            _moments(points[b, low:high], starts[origin_index[b], low:high], moments[b, c])


@loop
def _rescale(points, starts, origin_index, factors, moments):
    chunks = moments.shape[1]
    dim = points.shape[1]
    for item in prange(points.shape[0] * chunks):
        b, c = item // chunks, item % chunks
        low = c * CHUNK
        high = min(low + CHUNK, dim)
        _multiply(points[b, low:high], factors[b])
        _moments(points[b, low:high], starts[origin_index[b], low:high], moments[b, c])


@serial_loop
def _total(moments, totals):
    """Sum the chunks in order; the sum of the first chunk stays exact for a single one."""
    for b in range(moments.shape[0]):
        for c in range(moments.shape[1]):
            for k in range(moments.shape[2]):
                totals[b, k] += moments[b, c, k]


@serial_loop
def _factors(totals, radius, origin_index, factors):
    for b in range(totals.shape[0]):
        factors[b] = formula.rescale(totals[b, 2], radius[origin_index[b]])


@serial_loop
def _distances(totals, distance, overlap):
    for b in range(totals.shape[0]):
        distance[b] = np.sqrt(totals[b, 0])
        overlap[b] = formula.cosine(totals[b, 1], totals[b, 2], totals[b, 3])


def advance(points, starts, origin_index, walkers, sigma, seed, purpose, step, radius, distance, overlap):
    """Move walkers one step, in place: w += sigma · normal on every coordinate.

    ``points`` (B, dim) start from ``starts[origin_index]`` (K, dim); row b draws the numbers of stream
    (seed, purpose, walkers[b], step). ``radius`` is empty, or holds for each start (K,) the length to which
    points are brought back after the step. ``sigma = 0`` moves nothing and draws nothing. Distances from
    the start and cosines with it go to ``distance`` and ``overlap``, both (B,) float64.
    """
    rows, dim = points.shape
    chunks = -(-dim // CHUNK)
    workers = min(numba.get_num_threads(), rows * chunks)
    noise = np.empty((workers, min(CHUNK, dim)), points.dtype)
    moments = np.empty((rows, chunks, 4))
    totals = np.zeros((rows, 4))
    _step(
        points, starts, origin_index, walkers, float(sigma), np.uint64(seed), purpose, step, noise, moments
    )  # fmt: skip
    _total(moments, totals)
    if radius.shape[0] and sigma > 0:
        factors = np.empty(rows, points.dtype)
        _factors(totals, radius, origin_index, factors)
        _rescale(points, starts, origin_index, factors, moments)
        totals[:] = 0
        _total(moments, totals)
    _distances(totals, distance, overlap)
