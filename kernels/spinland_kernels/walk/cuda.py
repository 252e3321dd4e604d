"""Random walks on the card: w ← w + σ ξ on every coordinate, with ξ normal; then, on a sphere, w ← w R / |w|.

    block      one chunk of CHUNK coordinates of one walker; a thread takes four at a time, one Philox block
    moments    (B, chunks, 4)      |w − w0|², w·w0, |w|², |w0|² of every chunk, in float64
    sums       (4, THREADS)        those of every thread, added sixteen at a time, in order:

        thread 0 … 15 | 16 … 31 | …     → 8 sums     → 1

Chunks are added in order by whoever needs the whole: so the bits depend on the shape alone. Points lie on the card,
are moved there and stay, with room for the moments beside them (:func:`hold`): no step asks for memory. Normals are
drawn and moments are summed in float64 for both types.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import float64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from ..memory import Arena, resident
from ..networks import Stream, Walkers
from ..philox.cuda import four_normals
from . import formula

CHUNK = 4096
THREADS = 128
_GROUP = 16

rescale = device(formula.rescale)
cosine = device(formula.cosine)


class Held(NamedTuple):
    """Walkers on the card.

    Attributes
    ----------
    points, starts, origin_index, numbers, radius : arrays
        As of :class:`..networks.Walkers`.
    before, moments : (B, chunks, 4) float64
        As drawn above: those before points are brought back to a radius, and the last.
    measured : (2, B) float64
        Distances and cosines.
    kept : Arena
        For some of the coordinates.
    """

    points: Any
    starts: Any
    origin_index: Any
    numbers: Any
    radius: Any
    before: Any
    moments: Any
    measured: Any
    kept: Arena

    @property
    def walkers(self) -> Walkers:
        """What kernels take."""
        return Walkers(*self[:5])


@device
def _added(moments, w, w0):
    """Moments with what one coordinate gives."""
    square, product, at_square, start_square = moments
    at, start = float64(w), float64(w0)
    away = at - start
    return square + away * away, product + at * start, at_square + at * at, start_square + start * start


@device
def _reduce(sums, own, moments, b, chunk):
    """The moments of all threads into moments[b, chunk], in a fixed order; ``sums`` (4, THREADS) is workspace."""
    thread = cuda.threadIdx.x
    sums[0, thread], sums[1, thread], sums[2, thread], sums[3, thread] = own
    cuda.syncthreads()
    if thread < 4 * (THREADS // _GROUP):
        of, group = thread // (THREADS // _GROUP), thread % (THREADS // _GROUP)
        total = float64(0)
        for i in range(_GROUP):
            total += sums[of, group * _GROUP + i]
        sums[of, group * _GROUP] = total
    cuda.syncthreads()
    if thread < 4:
        total = float64(0)
        for group in range(THREADS // _GROUP):
            total += sums[thread, group * _GROUP]
        moments[b, chunk, thread] = total


@device
def _total(moments, b, which):
    """A moment of a walker, its chunks added in order."""
    total = float64(0)
    for chunk in range(moments.shape[1]):
        total += moments[b, chunk, which]
    return total


@kernel(THREADS)
def _step(walkers, sigma, stream, moments):
    sums = cuda.shared.array((4, THREADS), float64)
    thread = cuda.threadIdx.x
    chunks, dim = moments.shape[1], walkers.points.shape[1]
    b, chunk = cuda.blockIdx.x // chunks, cuda.blockIdx.x % chunks
    origin, noise = walkers.origin_index[b], walkers.points.dtype
    own = float64(0), float64(0), float64(0), float64(0)
    for quad in range(chunk * CHUNK // 4 + thread, min((chunk + 1) * CHUNK, dim + 3) // 4, THREADS):
        z = float64(0), float64(0), float64(0), float64(0)
        if sigma > 0:
            z = four_normals(stream.seed, quad, stream.step, walkers.numbers[b], stream.purpose)
        for k in range(4):
            i = 4 * quad + k
            if i < dim:
                if sigma > 0:
                    walkers.points[b, i] += noise.type(sigma * z[k])
                own = _added(own, walkers.points[b, i], walkers.starts[origin, i])
    _reduce(sums, own, moments, b, chunk)


@kernel(THREADS)
def _rescale(walkers, before, after):
    sums = cuda.shared.array((4, THREADS), float64)
    thread = cuda.threadIdx.x
    chunks, dim = after.shape[1], walkers.points.shape[1]
    b, chunk = cuda.blockIdx.x // chunks, cuda.blockIdx.x % chunks
    origin = walkers.origin_index[b]
    factor = walkers.points.dtype.type(rescale(_total(before, b, 2), walkers.radius[origin]))
    own = float64(0), float64(0), float64(0), float64(0)
    for i in range(chunk * CHUNK + thread, min((chunk + 1) * CHUNK, dim), THREADS):
        walkers.points[b, i] *= factor
        own = _added(own, walkers.points[b, i], walkers.starts[origin, i])
    _reduce(sums, own, after, b, chunk)


@kernel(THREADS)
def _distances(moments, out):
    b = cuda.grid(1)
    if b < moments.shape[0]:
        out[0, b] = _total(moments, b, 0) ** 0.5
        out[1, b] = cosine(_total(moments, b, 1), _total(moments, b, 2), _total(moments, b, 3))


@kernel(THREADS)
def _columns(points, keep, out):
    number = cuda.grid(1)
    b, i = number // keep.shape[0], number % keep.shape[0]
    if b < out.shape[0]:
        out[b, i] = points[b, keep[i]]


def hold(walkers: Walkers) -> Held:
    """The walkers on this machine: the card keeps their points, their starts and where these are.

    Raises
    ------
    OutOfMemory
        They do not fit; says what all of them need.
    """
    rows, dim = walkers.points.shape
    moments = (rows, -(-dim // CHUNK), 4), np.float64
    room = Arena().take(*((field.shape, field.dtype) for field in walkers), moments, moments, ((2, rows), np.float64))
    for field, there in zip(walkers, room, strict=False):
        jit_cuda.put(field, there)
    return Held._make([*room, Arena()])


def fetch(points: Any) -> NDArray[Any]:
    """Points of held walkers, for the processor."""
    return jit_cuda.get(points)


def columns(walkers: Held, keep: NDArray[np.int64]) -> Any:
    """Coordinates ``keep`` of the points of held walkers, on the same machine, until they are asked for again."""
    points = walkers.points
    (out,) = walkers.kept.take(((points.shape[0], keep.shape[0]), points.dtype))
    _columns[-(-out.shape[0] * out.shape[1] // THREADS)](points, resident(keep), out)
    return out


def advance(walkers: Held, sigma: float, stream: Stream) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move held walkers one step, in place; their distances from the start and cosines with it, both (B,).

    ``sigma = 0`` moves nothing and draws nothing. With a ``radius`` points are brought back to it after the step.
    """
    them, moments, out = walkers.walkers, walkers.moments, walkers.measured
    rows, chunks, _ = moments.shape
    stream = Stream(np.uint64(stream.seed), int(stream.purpose), int(stream.step))
    back = walkers.radius.shape[0] and sigma > 0
    _step[rows * chunks](them, float(sigma), stream, walkers.before if back else moments)
    if back:
        _rescale[rows * chunks](them, walkers.before, moments)
    _distances[-(-rows // THREADS)](moments, out)
    distance, overlap = jit_cuda.get(out)
    return distance, overlap
