"""Random walks on the cores: w ← w + σ ξ on every coordinate, with ξ normal; then, on a sphere, w ← w R / |w|.

Work is cut into items (walker, chunk of coordinates); the chunk has a fixed length, each item adds up its
own squares, and the sums of the chunks are added in order. So the bits depend neither on the number of
threads nor on how many walkers go together.

    noise     (workers, CHUNK)        normal numbers of the chunk at hand
    moments   (B, chunks, 4)          |w − w0|², w·w0, |w|², |w0|² of every chunk, in float64
    totals    (B, 4)                  their sums

A chunk is drawn, added and measured while it is in the first-level cache: 16 KiB of noise in float32.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop, serial_loop
from ..networks import Stream, Walkers
from ..philox.normals import normals_into
from ..sums import dot, squared_difference
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


@block
def _measure(point, start, out):
    """|w − w0|², w·w0, |w|² and |w0|² of a chunk."""
    n = point.shape[0]
    out[0] = squared_difference(1.0, point, start, n)
    out[1], out[2], out[3] = dot(point, start, n), dot(point, point, n), dot(start, start, n)


@loop
def _step(walkers, sigma, stream, noise, moments):
    points, starts = walkers.points, walkers.starts
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
                normals_into(part, sigma, stream.seed, stream.purpose, walkers.numbers[b], stream.step, low)
                _add(points[b, low:high], part)
            _measure(points[b, low:high], starts[walkers.origin_index[b], low:high], moments[b, c])


@loop
def _rescale(walkers, factors, moments):
    points, starts = walkers.points, walkers.starts
    chunks = moments.shape[1]
    dim = points.shape[1]
    for item in prange(points.shape[0] * chunks):
        b, c = item // chunks, item % chunks
        low = c * CHUNK
        high = min(low + CHUNK, dim)
        _multiply(points[b, low:high], factors[b])
        _measure(points[b, low:high], starts[walkers.origin_index[b], low:high], moments[b, c])


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


def hold(walkers: Walkers) -> Walkers:
    """The walkers where this machine moves them: on the cores, their own points.

    Starts and radii become read-only views, whoever owns them, so that the loops are compiled for one type of array.
    """
    starts, radius = walkers.starts.view(), walkers.radius.view()
    starts.flags.writeable = radius.flags.writeable = False
    return walkers._replace(starts=starts, radius=radius)


def fetch(points: NDArray[Any]) -> NDArray[Any]:
    """Points of held walkers, for the processor."""
    return points


def columns(walkers: Walkers, keep: NDArray[np.int64]) -> NDArray[Any]:
    """Coordinates ``keep`` of the points of held walkers, on the same machine, until they are asked for again."""
    return np.ascontiguousarray(np.take(walkers.points, keep, axis=-1))


def advance(walkers: Walkers, sigma: float, stream: Stream) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move held walkers one step, in place; their distances from the start and cosines with it, both (B,).

    ``sigma = 0`` moves nothing and draws nothing. With a ``radius`` points are brought back to it after the step.
    """
    rows, dim = walkers.points.shape
    chunks = -(-dim // CHUNK)
    workers = min(numba.get_num_threads(), rows * chunks)
    noise: NDArray[Any] = np.empty((workers, min(CHUNK, dim)), walkers.points.dtype)
    moments, totals = np.empty((rows, chunks, 4)), np.zeros((rows, 4))
    _step(walkers, float(sigma), stream._replace(seed=np.uint64(stream.seed)), noise, moments)
    _total(moments, totals)
    if walkers.radius.shape[0] and sigma > 0:
        factors = np.empty(rows, walkers.points.dtype)
        _factors(totals, walkers.radius, walkers.origin_index, factors)
        _rescale(walkers, factors, moments)
        totals[:] = 0
        _total(moments, totals)
    distance, overlap = np.empty(rows), np.empty(rows)
    _distances(totals, distance, overlap)
    return distance, overlap
