"""Loss of a ReLU network at many points w(c) = w_0 + Σ c_k d_k, on the card.

The first layer's pre-activations X (w_k)' of the origin and of each direction are computed once and stay on the card:

    z          | origin: M_1 rows of samples | direction 1: M_1 rows of samples | …      rows filled up to whole tiles

After that a pass of P points goes through two layers in one kernel, which writes no activation of the first:

    block      TILE samples, POINTS points, OUTPUTS outputs of the second layer; the units come DEPTH at a time

               units →       | weights: POINTS × DEPTH × OUTPUTS |      in shared memory
    samples ↓  | rows of z |  activation of a unit at two points, then its products with their weights

    warp       two points; lane t has samples t, t + 32, …, their sums for both points are in registers

The eight warps of a block read the same z, so it comes from memory once for sixteen points and from the first cache for
the others; blocks of one tile of samples follow each other, so it comes from the second cache for further points.
Parameters of the later layers are combined for each point; layers from the third on are products as in
:mod:`..dense.layers`. A network of one layer is combined and is done.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import int32, uint64
from numpy.typing import NDArray

from .. import jit_cuda
from ..dense.layers import Layers
from ..dense.samples import Prepared as OnCard
from ..jit_cuda import THREADS, Kernel, cuda, device, kernel
from ..lanes import formula
from ..lanes.tiles import LEAVE, Matrices, rows
from ..networks import Network, Samples

WARP = 32
POINTS = 2 * THREADS // WARP
"""Points of a block: 16, two for each warp."""

DEPTH = 8
OUTPUTS = 10

not_below = device(formula.not_below)


class Size(NamedTuple):
    """Of a pass: P points, n samples, in rows of ``row``; M units of the first layer and k outputs of the second.

    Parameters of the second layer of point p begin at number ``at + p·each``; ``directions`` are K.
    """

    points: int
    n: int
    row: int
    units: int
    outputs: int
    directions: int
    at: int
    each: int


@device
def _load(weights, later, size, first_point, first_unit, first_output):
    """Weights of POINTS points, DEPTH units and OUTPUTS outputs into shared memory, zeros beyond the edges."""
    for slot in range(cuda.threadIdx.x, POINTS * DEPTH * OUTPUTS, THREADS):
        m, o, p = slot % DEPTH, slot // DEPTH % OUTPUTS, slot // (DEPTH * OUTPUTS)
        inside = first_unit + m < size.units and first_output + o < size.outputs
        point, place = min(first_point + p, size.points - 1), (first_output + o) * size.units + first_unit + m
        zero = later.dtype.type(0)
        weights[p, m, o] = later[uint64(size.at + point * size.each + place)] if inside else zero


def _second_layer(element: Any, along: int) -> Kernel:
    """The kernel of one float type, whose lanes have ``along`` samples."""
    zero, tile = element(0), along * WARP

    @kernel(THREADS, 2)
    def second_layer(z, c, later, h, size, bias, rectified):
        weights = cuda.shared.array((POINTS, DEPTH, OUTPUTS), element)
        sums = cuda.local.array((2, along, OUTPUTS), element)
        active = cuda.local.array((2, along), element)
        groups, strips = (size.points + POINTS - 1) // POINTS, (size.outputs + OUTPUTS - 1) // OUTPUTS
        first_output = int32(cuda.blockIdx.x % strips * OUTPUTS)
        first_point = int32(cuda.blockIdx.x // strips % groups * POINTS)
        sample = cuda.blockIdx.x // (strips * groups) * tile + cuda.threadIdx.x % WARP
        own = int32(cuda.threadIdx.x // WARP * 2)
        c_low = min(first_point + own, size.points - 1) * size.directions
        c_high = min(first_point + own + 1, size.points - 1) * size.directions
        for p in range(2):
            begins = size.at + min(first_point + own + p, size.points - 1) * size.each + size.outputs * size.units
            for o in range(OUTPUTS):
                shift = zero
                if bias and first_output + o < size.outputs:
                    shift = later[uint64(begins + first_output + o)]
                for s in range(along):
                    sums[p, s, o] = shift
        for first in range(int32(0), int32(size.units), int32(DEPTH)):
            cuda.syncthreads()
            _load(weights, later, size, first_point, first, first_output)
            cuda.syncthreads()
            for m in range(min(int32(DEPTH), int32(size.units - first))):
                at = sample + (first + m) * size.row
                for s in range(along):
                    active[0, s] = active[1, s] = z[uint64(at + s * WARP)]
                for k in range(size.directions):
                    at += size.units * size.row
                    low, high = c[uint64(c_low + k)], c[uint64(c_high + k)]
                    for s in range(along):
                        term = z[uint64(at + s * WARP)]
                        active[0, s] += low * term
                        active[1, s] += high * term
                for s in range(along):
                    active[0, s], active[1, s] = not_below(active[0, s], zero), not_below(active[1, s], zero)
                for o in range(OUTPUTS):
                    low, high = weights[own, m, o], weights[own + 1, m, o]
                    for s in range(along):
                        sums[0, s, o] += active[0, s] * low
                        sums[1, s, o] += active[1, s] * high
        floor = zero if rectified else element(-np.inf)
        for p in range(2):
            point = first_point + own + p
            if point < size.points:
                for s in range(along):
                    i = sample + s * WARP
                    at = (point * size.n + i) * size.outputs + first_output
                    for o in range(OUTPUTS):
                        if i < size.n and first_output + o < size.outputs:
                            h[uint64(at + o)] = not_below(sums[p, s, o], floor)

    return second_layer


LANES = {"f": 4, "d": 2}
"""Samples of a lane."""

_KERNELS = {"f": _second_layer(numba.float32, 4), "d": _second_layer(numba.float64, 2)}


@kernel(THREADS)
def _clear_ends(z, n, row):
    """Zeros after the samples of each row, so that nothing strange is computed with them."""
    number, rest = cuda.grid(1), row - n
    at = number // rest * row + n + number % rest
    if at < z.shape[0]:
        z[at] = 0


class Rows(NamedTuple):
    """Pre-activations of the first layer, or of a hidden one: rows of samples filled up to whole tiles.

    Attributes
    ----------
    z : float array (vectors · units · row,)
        On the card, as drawn above.
    n, row, units : int
        Samples; numbers in a row; units.
    """

    z: Any
    n: int
    row: int
    units: int

    @staticmethod
    def size(n: int, units: int, dtype: np.dtype[Any]) -> int:
        """Numbers of one vector."""
        tile = WARP * LANES[dtype.char]
        return units * (-(-n // tile) * tile)

    @classmethod
    def within(cls, z: Any, n: int, units: int) -> Rows:
        """Rows in an array of which they take all room."""
        tile = WARP * LANES[z.dtype.char]
        row = -(-n // tile) * tile
        _clear_ends[-(-z.shape[0] // row * (row - n) // THREADS)](z, n, row)
        return cls(z, n, row, units)

    @property
    def matrices(self) -> Matrices:
        """As matrices (n, units)."""
        return Matrices(self.z, 0, 1, self.row, self.units * self.row)

    def second(self, c: Any, later: Layers, out: Any, points: int, rectified: bool) -> None:
        """Outputs (P, n, k) of the first of the ``later`` layers at coefficients c (P, K), flat."""
        (at, _, outputs), *_ = later.of
        lanes = LANES[out.dtype.char]
        size = Size(points, self.n, self.row, self.units, outputs, c.shape[0] // points, at, later.each)
        blocks = self.row // (WARP * lanes) * -(-points // POINTS) * -(-outputs // OUTPUTS)
        _KERNELS[out.dtype.char][blocks](self.z, c, later.points, out, size, later.bias, rectified)


@kernel(THREADS)
def _combine(vectors, c, points, width, out):
    """out (P, width) = v_0 + Σ_k c_k v_k of vectors (K + 1, width), all flat."""
    number = cuda.grid(1)
    p, j, directions = number // width, number % width, c.shape[0] // points
    if p < points:
        total = vectors[j]
        for k in range(directions):
            total += c[p * directions + k] * vectors[(k + 1) * width + j]
        out[number] = total


class Prepared:
    """An affine family on the card.

    Attributes
    ----------
    samples : dense.samples.Prepared
        What the loss is averaged over, and workspaces.
    z : Rows, or Matrices (n, k)
        Pre-activations of the first layer of all vectors; of one layer, their outputs.
    tails : float array (K + 1, size), flat
        Their parameters after the first layer.
    """

    def __init__(self, vectors: NDArray[Any], network: Network, samples: Samples):
        self.samples = OnCard(samples)
        count, dim = vectors.shape
        n, dtype, held = self.samples.n, vectors.dtype, jit_cuda.put(vectors.reshape(count * dim))
        layers = Layers.of_network(network, held, dim, self.samples.precision)
        first, *later = layers.of
        self.z: Any
        if later:
            self.z = Rows.within(jit_cuda.empty(count * Rows.size(n, first.fan_out, dtype), dtype), n, first.fan_out)
            self.tails = jit_cuda.put(vectors[:, later[0].at :].reshape(-1))
        else:
            self.z = rows(jit_cuda.empty(count * n * first.fan_out, dtype), n, first.fan_out)
        into = self.z.matrices if later else self.z
        layers.affine(first, self.samples.x, into, n, LEAVE, count)


def prepare(vectors: NDArray[Any], network: Network, samples: Samples) -> Prepared:
    """The family of ``vectors`` (K + 1, dim), the origin and the directions, made ready for any number of calls."""
    return Prepared(vectors, network, samples)


def _outputs(prepared: Prepared, c: Any, points: int, later: Layers, turns: list[Any]) -> Any:
    """Outputs (P, n, k) at coefficients c (P, K), flat; two layers' turn and turn about."""
    n, z = prepared.samples.n, prepared.z
    if not later.of:
        _combine[-(-points * z.each // THREADS)](z.data, c, points, z.each, turns[0])
        return turns[0]
    _combine[-(-points * later.each // THREADS)](prepared.tails, c, points, later.each, later.points)
    z.second(c, later, turns[0], points, len(later.of) > 1)
    outs = [turns[number % 2] for number in range(len(later.of))]
    return later.above(1).forward(rows(outs[0], n, later.of[0].fan_out), outs[1:], n, points)


def losses(
    coefficients: NDArray[Any], network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss (P,) and share of right answers (P,), float64, at coefficients (P, K) over all samples.

    The accuracy is NaN where there are no labels.
    """
    samples, (count, directions) = prepared.samples, coefficients.shape
    n, dtype, widths = samples.n, samples.samples.x.dtype, [int(width) for width in network.widths[1:]]
    later = Layers.of_network(network, None, 0, samples.precision).tail(1)
    size = later.size
    wide = [max(1, *(widths[1:] or widths)[turn::2], 0) for turn in range(2)]
    at_once = samples.work.fitting(count, dtype.itemsize * (size + directions + n * (sum(wide) + 1)) + n)
    held, *sums = samples.given.take(((at_once * directions,), dtype), *samples.sums(count))
    sizes = max(1, at_once * size), *(at_once * n * width for width in wide)
    combined, *turns, loss, right = samples.work.take(*(((size,), dtype) for size in sizes), *samples.slots(at_once))
    later = later._replace(points=combined, each=size)
    for low in range(0, count, at_once):
        some = np.ascontiguousarray(coefficients[low : low + at_once], dtype)
        c = jit_cuda.put(some.reshape(-1), held[: some.size])
        z = _outputs(prepared, c, len(some), later, turns)
        samples.score(z, widths[-1], len(some), (loss, right), low, sums)
    return samples.means(sums, count)
