"""Random projections on the cores: tiles of P are drawn where they are used, once for all replicas of a subspace.

    points         Σ_j z_rj tile[j, :]      SPAN sums for each replica       items: spans of parameters
    coordinates    Σ_i g_ri tile[i, :]      COLUMNS sums for each replica    items: columns, chunks of parameters

Both are products of a few rows with rows of lanes (:mod:`..lanes.product`); for one row the numbers are added with the
signs at hand, which takes half the time. A sum over coordinates takes one after the other; a sum over parameters takes
CHUNK of them in the type of the points, and chunks are added in float64, in order. So the bits depend neither on the
threads nor on which replicas go together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import prange
from numpy.typing import DTypeLike, NDArray

from ..jit import block, loop
from ..lanes.product import Begin, Rows, Spread, table_product
from ..sums import add_in_order, dot
from ..types import Projection
from ..vectors import aligned
from . import tiles
from .formula import NORMAL, SIGNS, SPAN, parts
from .tiles import COLUMNS

CHUNK = 4096
"""Parameters that are summed in the type of the points: whole spans."""

_DRAWN = 4096
"""Normals of a column that are drawn at once to measure it."""


class Groups(NamedTuple):
    """Replicas that stand together and lie in one subspace, G of them.

    Attributes
    ----------
    starts : int64 array (G + 1,)
        Where each begins, and the end.
    numbers : int64 array (G,)
        Numbers of their subspaces.
    """

    starts: NDArray[np.int64]
    numbers: NDArray[np.int64]


class Prepared(NamedTuple):
    """A projection made ready for R replicas.

    Attributes
    ----------
    projection : Projection
        As it was given.
    groups : Groups
        Which replicas share a subspace.
    scales : float64 array (R, d)
        What makes the columns of each replica's P of length 1.
    """

    projection: Projection
    groups: Groups
    scales: NDArray[np.float64]


@loop
def _lengths(projection, numbers, dim, out):
    seed, purpose, _ = projection
    for item in prange(out.size):
        g, j = item // out.shape[1], item % out.shape[1]
        drawn = np.empty(_DRAWN)
        total = 0.0
        for low in range(0, dim, _DRAWN):
            some = drawn[: min(_DRAWN, dim - low)]
            tiles.normals_into(some, 1.0, seed, purpose, numbers[g], j, low)
            total += dot(some, some, some.shape[0])
        out[g, j] = np.sqrt(total)


def prepare(projection: Projection, numbers: NDArray[np.int64], dim: int, dimension: int) -> Prepared:
    """A projection for replicas in the subspaces ``numbers`` (R,), for any number of calls.

    Parameters
    ----------
    projection : Projection
        Which matrices P.
    numbers : int64 array (R,)
        Subspace of each replica; those of one subspace that stand together share its tiles.
    dim, dimension : int
        Parameters, and coordinates d.
    """
    changes = np.flatnonzero(np.diff(numbers)) + 1
    starts = np.concatenate([[0], changes, [len(numbers)]]).astype(np.int64)
    groups = Groups(starts, np.ascontiguousarray(numbers[starts[:-1]], dtype=np.int64))
    lengths = np.full((len(groups.numbers), dimension), np.sqrt(dim))
    if projection.kind == NORMAL:
        _lengths(projection, groups.numbers, dim, lengths)
    return Prepared(projection, groups, np.repeat(1 / lengths, np.diff(starts), axis=0))


@block
def _sums_of_span(z, rows, span, number, projection, words, tile, sums):
    """Σ_j z_rj P_ij for the parameters i of a span and the replicas r of ``rows`` (first, count)."""
    (begin, count), d, zero = rows, z.shape[1], 0
    seed, purpose, kind = projection
    sums[: count * SPAN] = 0
    flat, unlimited = z.reshape(z.size), tile.dtype.type(-np.inf)
    for first in range(zero, d, COLUMNS):
        depth = min(COLUMNS, d - first)
        if kind == SIGNS:
            tiles.draw_words(words, seed, purpose, number, span, first)
            if count == 1:
                tiles.add_across(words, flat, begin * d + first, depth, sums)
                continue
            tiles.signs_across(words, tile)
        else:
            tiles.normals_across(tile, seed, purpose, number, span, first, depth)
        factors, size = Spread(begin * d + first, d, 1), (count, depth, SPAN)
        table_product(flat, factors, Begin(-1, -1), tile, Rows(zero, SPAN), sums, Rows(zero, SPAN), size, unlimited)


@loop
def _points(z, origins, projection, groups, words, tile, sums, out):
    workers, dim = tile.shape[0], out.shape[1]
    spans = parts(dim, SPAN)
    for w in prange(workers):
        for item in range(w, spans * groups.numbers.shape[0], workers):
            g, span = item // spans, item % spans
            begin, end = groups.starts[g], groups.starts[g + 1]
            _sums_of_span(z, (begin, end - begin), span, groups.numbers[g], projection, words[w], tile[w], sums[w])
            low, high = span * SPAN, min(span * SPAN + SPAN, dim)
            for r in range(begin, end):
                origin, point, at = origins[r], out[r], (r - begin) * SPAN - low
                for i in range(low, high):
                    point[i] = origin[i] + sums[w, at + i]


def points(coordinates: NDArray[Any], origins: NDArray[Any], prepared: Prepared, out: NDArray[Any]) -> None:
    """Set points (R, dim) to θ + P z.

    Parameters
    ----------
    coordinates : float array (R, d)
        z.
    origins : float array (R, dim)
        θ.
    prepared : Prepared
        What :func:`prepare` makes of the projection and the subspaces of the replicas.
    out : float array (R, dim)
        Where the points are put.
    """
    z = np.ascontiguousarray(coordinates * prepared.scales, dtype=out.dtype)
    groups = prepared.groups
    workers = min(numba.get_num_threads(), parts(out.shape[1], SPAN) * len(groups.numbers))
    words, tile, sums = _work(workers, int(np.diff(groups.starts).max()) * SPAN, out.dtype)
    same = np.broadcast_to(origins, out.shape)
    _points(z, same, prepared.projection, groups, words, tile, sums, out)


def _work(workers: int, sums: int, dtype: DTypeLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Words, a tile and sums for each worker."""
    words = np.empty((workers, 4, COLUMNS), np.uint32)
    return words, aligned(workers, SPAN * COLUMNS, dtype), aligned(workers, sums, dtype)


@block
def _sums_of_columns(g, rows, chunk, first, number, projection, words, tile, sums):
    """Σ_i g_ri P_ij over the parameters i of a chunk, for the columns from ``first`` on, from signs."""
    (begin, count), dim, zero = rows, g.shape[1], 0
    seed, purpose, _ = projection
    sums[: count * COLUMNS] = 0
    flat, unlimited = g.reshape(g.size), tile.dtype.type(-np.inf)
    for span in range(chunk * (CHUNK // SPAN), parts(min((chunk + 1) * CHUNK, dim), SPAN)):
        tiles.draw_words(words, seed, purpose, number, span, first)
        if count == 1 and (span + 1) * SPAN <= dim:
            tiles.add_along(words, flat, begin * dim + span * SPAN, sums)
            continue
        tiles.signs_along(words, tile)
        factors, size = Spread(begin * dim + span * SPAN, dim, 1), (count, min(SPAN, dim - span * SPAN), COLUMNS)
        place = Rows(zero, COLUMNS)
        table_product(flat, factors, Begin(-1, -1), tile, Rows(zero, COLUMNS), sums, place, size, unlimited)


@block
def _products_of_columns(g, rows, chunk, columns, number, projection, drawn, out):
    """The same from normals, into ``out``: inner products with one column of a chunk after the other."""
    begin, count = rows
    seed, purpose, _ = projection
    low, high = chunk * CHUNK, min((chunk + 1) * CHUNK, g.shape[1])
    for j in range(columns[0], columns[1]):
        column = drawn[: high - low]
        tiles.normals_into(column, 1.0, seed, purpose, number, j, low)
        for r in range(begin, begin + count):
            out[r, j] = dot(g[r, low:high], column, high - low)


@loop
def _coordinates(g, projection, groups, words, tile, sums, partial):
    workers, (chunks, _, d) = tile.shape[0], partial.shape
    blocks = parts(d, COLUMNS)
    for w in prange(workers):
        for item in range(w, chunks * blocks * groups.numbers.shape[0], workers):
            group, rest = item // (chunks * blocks), item % (chunks * blocks)
            chunk, first = rest // blocks, rest % blocks * COLUMNS
            last, number = min(first + COLUMNS, d), groups.numbers[group]
            begin, end = groups.starts[group], groups.starts[group + 1]
            rows = begin, end - begin
            if projection[2] == SIGNS:
                _sums_of_columns(g, rows, chunk, first, number, projection, words[w], tile[w], sums[w])
                for r in range(begin, end):
                    for j in range(first, last):
                        partial[chunk, r, j] = sums[w, (r - begin) * COLUMNS + j - first]
            else:
                _products_of_columns(g, rows, chunk, (first, last), number, projection, tile[w], partial[chunk])


@loop
def _add_chunks(partial, total):
    for r in prange(total.shape[0]):
        add_in_order(total[r], partial[:, r])


def coordinates(derivatives: NDArray[Any], prepared: Prepared) -> NDArray[np.float64]:
    """Derivatives by the coordinates (R, d), Pᵀ g, of derivatives by the parameters (R, dim)."""
    g = np.ascontiguousarray(derivatives)
    groups, (rows, d) = prepared.groups, prepared.scales.shape
    chunks = parts(g.shape[1], CHUNK)
    workers = min(numba.get_num_threads(), chunks * parts(d, COLUMNS) * len(groups.numbers))
    words, tile, sums = _work(workers, int(np.diff(groups.starts).max()) * COLUMNS, g.dtype)
    partial, total = np.empty((chunks, rows, d)), np.zeros((rows, d))
    _coordinates(g, prepared.projection, groups, words, tile, sums, partial)
    _add_chunks(partial, total)
    return total * prepared.scales
