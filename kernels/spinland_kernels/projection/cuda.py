"""Random projections on the card: signs and normals are drawn where they are used, once for TOGETHER replicas.

    points         thread: a parameter    a block draws the words of 128 columns, a thread each, into shared memory, and
                                          each thread takes its bit of every one
    coordinates    thread: a column       128 derivatives lie in shared memory, and the bits of one Philox block are the
                                          signs of the thread for them
    of normals     thread: four parameters of a point, or a column: one Philox block gives four numbers

A sum over coordinates takes one after the other, a sum over parameters takes CHUNK of them; chunks are added in
float64, in order. So the bits depend on the shapes alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numba import float64, uint32, uint64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from ..philox import formula as random
from ..philox.cuda import four_normals
from ..types import Projection
from . import formula
from .formula import NORMAL, SIGNS, SPAN, parts

CHUNK = 4096
"""Parameters that are summed in the type of the points: whole spans."""

TOGETHER = 4
"""Replicas of one subspace whose sums a thread keeps."""

_WORD = 32  # bits
_DRAWN = 128  # threads that measure a column

words_of = device(random.words)
is_plus = device(formula.is_plus)


class Teams(NamedTuple):
    """Up to TOGETHER replicas that stand together and lie in one subspace: their first, how many, and its number."""

    begin: Any
    count: Any
    number: Any


class Prepared(NamedTuple):
    """A projection made ready for R replicas.

    Attributes
    ----------
    projection : Projection
        As it was given.
    teams : Teams
        Which replicas go together, on the card.
    scales : float64 array (R, d)
        What makes the columns of each replica's P of length 1.
    """

    projection: Projection
    teams: Teams
    scales: NDArray[np.float64]


@kernel(_DRAWN)
def _lengths(projection, numbers, dim, out):
    """Length of one column a block: a thread has every 128th Philox block."""
    sums = cuda.shared.array(_DRAWN, float64)
    thread, d = cuda.threadIdx.x, out.shape[1]
    g, j = cuda.blockIdx.x // d, cuda.blockIdx.x % d
    total = float64(0)
    for quad in range(thread, (dim + 3) // 4, _DRAWN):
        drawn = four_normals(projection.seed, quad, j, numbers[g], projection.purpose)
        for k in range(4):
            if 4 * quad + k < dim:
                total += drawn[k] * drawn[k]
    sums[thread] = total
    cuda.syncthreads()
    if thread == 0:
        for other in range(1, _DRAWN):
            total += sums[other]
        out[g, j] = total**0.5


def _teams(numbers: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """First replica, how many, and the subspace of each team."""
    changes = (np.flatnonzero(np.diff(numbers)) + 1).tolist()
    starts = [0, *changes, len(numbers)]
    return [
        (low, min(TOGETHER, end - low), int(numbers[low]))
        for begin, end in pairwise(starts)
        for low in range(begin, end, TOGETHER)
    ]


def prepare(projection: Projection, numbers: NDArray[np.int64], dim: int, dimension: int) -> Prepared:
    """A projection for replicas in the subspaces ``numbers`` (R,), for any number of calls.

    Parameters
    ----------
    projection : Projection
        Which matrices P.
    numbers : int64 array (R,)
        Subspace of each replica; those of one subspace that stand together share what is drawn.
    dim, dimension : int
        Parameters, and coordinates d.
    """
    own, which = np.unique(numbers, return_inverse=True)
    lengths = np.full((len(own), dimension), np.sqrt(dim))
    projection = Projection(np.uint64(projection.seed), int(projection.purpose), int(projection.kind))
    if projection.kind == NORMAL:
        on_card = jit_cuda.empty(lengths.shape, np.float64)
        _lengths[lengths.size](projection, jit_cuda.put(own.astype(np.int64)), int(dim), on_card)
        lengths = jit_cuda.get(on_card)
    teams = np.array(_teams(numbers), np.int64)
    begin, count, number = (jit_cuda.put(np.ascontiguousarray(column)) for column in teams.T)
    scales = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)  # on paper nothing is measured
    return Prepared(projection, Teams(begin, count, number), scales[which])


@device
def _put_point(out, origins, begin, count, i, sums):
    """θ + P z of one parameter for a team."""
    for r in range(TOGETHER):
        if r < count:
            out[begin + r, i] = origins[begin + r, i] + sums[r]


@kernel(SPAN)
def _points_of_signs(z, origins, projection, teams, out):
    words = cuda.shared.array((4, SPAN), uint32)
    rows = cuda.shared.array((TOGETHER, SPAN), z.dtype)
    sums = cuda.local.array(TOGETHER, z.dtype)
    thread, (_, dim), d = cuda.threadIdx.x, out.shape, z.shape[1]
    spans = (dim + SPAN - 1) // SPAN
    team, span = cuda.blockIdx.x // spans, cuda.blockIdx.x % spans
    begin, count = teams.begin[team], teams.count[team]
    for r in range(TOGETHER):
        sums[r] = z.dtype.type(0)
    for first in range(0, d, SPAN):
        cuda.syncthreads()
        j = first + thread
        if j < d:
            w = words_of(projection.seed, span, j, teams.number[team], projection.purpose)
            for k in range(4):
                words[k, thread] = w[k]
            for r in range(TOGETHER):
                rows[r, thread] = z[begin + r, j] if r < count else z.dtype.type(0)
        cuda.syncthreads()
        for c in range(min(SPAN, d - first)):
            plus = is_plus(words[thread // _WORD, c], uint32(thread % _WORD))
            for r in range(TOGETHER):
                sums[r] += rows[r, c] if plus else -rows[r, c]
    i = span * SPAN + thread
    if i < dim:
        _put_point(out, origins, begin, count, i, sums)


@kernel(SPAN)
def _points_of_normals(z, origins, projection, teams, out):
    sums = cuda.local.array((4, TOGETHER), z.dtype)
    (_, dim), d = out.shape, z.shape[1]
    blocks = (dim + 4 * SPAN - 1) // (4 * SPAN)
    team, quad = cuda.blockIdx.x // blocks, cuda.blockIdx.x % blocks * SPAN + cuda.threadIdx.x
    begin, count = teams.begin[team], teams.count[team]
    for k in range(4):
        for r in range(TOGETHER):
            sums[k, r] = z.dtype.type(0)
    for j in range(d):
        drawn = four_normals(projection.seed, quad, j, teams.number[team], projection.purpose)
        for r in range(TOGETHER):
            factor = z[begin + r, j] if r < count else z.dtype.type(0)
            for k in range(4):
                sums[k, r] += factor * z.dtype.type(drawn[k])
    for k in range(4):
        if 4 * quad + k < dim:
            _put_point(out, origins, begin, count, 4 * quad + k, sums[k])


def points(coordinates: NDArray[Any], origins: Any, prepared: Prepared, out: Any) -> None:
    """Set points (R, dim) to θ + P z.

    Parameters
    ----------
    coordinates : float array (R, d)
        z.
    origins : float array (R, dim)
        θ, of the processor or on the card.
    prepared : Prepared
        What :func:`prepare` makes of the projection and the subspaces of the replicas.
    out : float array (R, dim)
        Where the points are put, of the processor or on the card.
    """
    projection, teams, scales = prepared
    z = jit_cuda.put((coordinates * scales).astype(out.dtype))
    there = jit_cuda.empty(out.shape, out.dtype) if isinstance(out, np.ndarray) else out
    arguments = z, jit_cuda.put(origins), projection, teams, there
    count, dim = len(teams.begin), out.shape[1]
    if projection.kind == SIGNS:
        _points_of_signs[count * parts(dim, SPAN)](*arguments)
    else:
        _points_of_normals[count * parts(dim, 4 * SPAN)](*arguments)
    if there is not out:
        jit_cuda.get(there, out)


@device
def _add_signs(sums, rows, at, word):
    """Add 32 derivatives with the signs of a word."""
    for bit in range(_WORD):
        plus = is_plus(word, uint64(bit))
        for r in range(TOGETHER):
            sums[r] += rows[r, at + bit] if plus else -rows[r, at + bit]


@device
def _place(partial, dim, teams):
    """Team, chunk and column of a thread."""
    chunks, blocks = partial.shape[0], (partial.shape[2] + SPAN - 1) // SPAN
    team, rest = cuda.blockIdx.x // (chunks * blocks), cuda.blockIdx.x % (chunks * blocks)
    return team, rest // blocks, rest % blocks * SPAN + cuda.threadIdx.x


@kernel(SPAN)
def _coordinates_of_signs(g, projection, teams, partial):
    rows = cuda.shared.array((TOGETHER, SPAN), g.dtype)
    sums = cuda.local.array(TOGETHER, g.dtype)
    thread, dim = cuda.threadIdx.x, g.shape[1]
    team, chunk, j = _place(partial, dim, teams)
    begin, count, number = teams.begin[team], teams.count[team], teams.number[team]
    for r in range(TOGETHER):
        sums[r] = g.dtype.type(0)
    last = (min((chunk + 1) * CHUNK, dim) + SPAN - 1) // SPAN
    for span in range(chunk * (CHUNK // SPAN), last):
        cuda.syncthreads()
        i = span * SPAN + thread
        for r in range(TOGETHER):
            rows[r, thread] = g[begin + r, i] if r < count and i < dim else g.dtype.type(0)
        cuda.syncthreads()
        a, b, c, d = words_of(projection.seed, span, j, number, projection.purpose)
        _add_signs(sums, rows, 0, a)
        _add_signs(sums, rows, _WORD, b)
        _add_signs(sums, rows, 2 * _WORD, c)
        _add_signs(sums, rows, 3 * _WORD, d)
    for r in range(TOGETHER):
        if r < count and j < partial.shape[2]:
            partial[chunk, begin + r, j] = sums[r]


@kernel(SPAN)
def _coordinates_of_normals(g, projection, teams, partial):
    sums = cuda.local.array(TOGETHER, float64)
    dim = g.shape[1]
    team, chunk, j = _place(partial, dim, teams)
    begin, count, number = teams.begin[team], teams.count[team], teams.number[team]
    for r in range(TOGETHER):
        sums[r] = float64(0)
    for quad in range(chunk * (CHUNK // 4), (min((chunk + 1) * CHUNK, dim) + 3) // 4):
        drawn = four_normals(projection.seed, quad, j, number, projection.purpose)
        for k in range(4):
            i = 4 * quad + k
            if i < dim:
                for r in range(TOGETHER):
                    if r < count:
                        sums[r] += float64(g[begin + r, i]) * float64(g.dtype.type(drawn[k]))
    for r in range(TOGETHER):
        if r < count and j < partial.shape[2]:
            partial[chunk, begin + r, j] = sums[r]


@kernel(SPAN)
def _add_chunks(partial, out):
    number = cuda.grid(1)
    r, j = number // out.shape[1], number % out.shape[1]
    if r < out.shape[0]:
        total = float64(0)
        for chunk in range(partial.shape[0]):
            total += partial[chunk, r, j]
        out[r, j] = total


def coordinates(derivatives: Any, prepared: Prepared) -> NDArray[np.float64]:
    """Derivatives by the coordinates (R, d), Pᵀ g, of derivatives by the parameters (R, dim), here or on the card."""
    projection, teams, scales = prepared
    (rows, d), dim = scales.shape, derivatives.shape[1]
    chunks = parts(dim, CHUNK)
    partial, out = jit_cuda.empty((chunks, rows, d), np.float64), jit_cuda.empty((rows, d), np.float64)
    run = _coordinates_of_signs if projection.kind == SIGNS else _coordinates_of_normals
    run[len(teams.begin) * chunks * parts(d, SPAN)](jit_cuda.put(derivatives), projection, teams, partial)
    _add_chunks[parts(rows * d, SPAN)](partial, out)
    return jit_cuda.get(out) * scales
