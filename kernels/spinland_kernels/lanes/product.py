"""Products of a few rows with rows of lanes, whose sums stay in registers.

    h[r, :] = max(h[r, :] + Σ_k a[r, k] x[k, :], floor)        one k after the other, one fused operation each

           a (rows × depth)              x (depth × lanes)             h (rows × lanes)
             r = 0  · · · · ·              k = 0  | · · · · · · · |       | · · · · · · · |  ┐
             r = 1  · · · · ·      ×           1  | · · · · · · · |   →   | · · · · · · · |  ├ ROWS vectors of sums,
             …                                 …                          …                  ┘ in registers

A row of lanes is one vector of samples: number t of it belongs to sample t. Each number of ``a`` is read once and
spread over a vector. Factors that lie packed, one row beside the next, allow ROWS rows (:func:`rows_product`), those of
any matrix half as many, of two vectors (:func:`table_product`). It is written by hand because a library packs both
factors before it multiplies, which pays for large products only: for 10 outputs and 256 samples this takes as long as a
library's product with 32 hidden units, a third of it with 512, and the samples at hand stay in the first-level cache
from one layer to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from numba.core import cgutils, types

from ..jit import block
from ..vectors import BYTES, ROWS, Array, fused, intrinsic, splat, times

HALF = ROWS // 2
"""Rows of a product of two vectors."""


class Rows(NamedTuple):
    """Where rows lie in a flat array: the first begins at number ``at``, the others ``step`` apart."""

    at: int
    step: int


class Factors(NamedTuple):
    """Where the factors a[r, k] of a product lie in a flat array, packed: at number ``at + k·step + r``."""

    at: int
    step: int


class Spread(NamedTuple):
    """Where they lie in any matrix: at number ``at + r·across + k·along``."""

    at: int
    across: int
    along: int


class Begin(NamedTuple):
    """What the sums of a product begin with, by the place of its first number; with h itself where both are negative.

    Attributes
    ----------
    column : int
        In the array of a: a number for each row, spread over its lanes.
    row : int
        In the array of x: a row of lanes for all rows.
    """

    column: int
    row: int


def at_least(builder: Any, value: Any, floor: Any) -> Any:
    """max(value, floor); NaN stays."""
    return builder.select(builder.fcmp_ordered(">", floor, value), floor, value)


def add_to_sums(builder: Any, sums: list[list[Any]], left: Any, columns: list[Any], right: Any, x: Any) -> None:
    """sums[r] += Σ_k left[columns[r] + k·step] · right[x_at + k·x_step, :], with x = (x_at, x_step, step, depth).

    One k after the other, each the product of a column and a row of one vector or of some::

        left          right           sums, kept in registers
        a_0k                          a_0k x_k0   a_0k x_k1   …
        a_1k     ×    x_k0 x_k1 …     a_1k x_k0   a_1k x_k1   …
        …                             …

    So a number that is loaded serves all rows, or all lanes.
    """
    x_at, x_step, step, depth = x
    with cgutils.for_range(builder, depth) as loop:
        begin = builder.add(x_at, builder.mul(loop.index, x_step))
        row = [right.load(builder.add(begin, begin.type(v * right.lanes))) for v in range(len(sums[0]))]
        along = builder.mul(loop.index, step)
        for column, totals in zip(columns, sums, strict=True):
            spread = splat(builder, left.scalar(builder.add(column, along)), right.lanes)
            for vector, total in zip(row, totals, strict=True):
                builder.store(fused(builder, spread, vector, builder.load(total)), total)


class _Tile(NamedTuple):
    """What all sizes of a product share: its arrays, and where their numbers lie."""

    left: Array
    columns: list[Any]
    along: Any
    begin: tuple[Any, Any]
    right: Array
    x: tuple[Any, Any]
    target: Array
    places: list[Any]
    depth: Any
    floor: Any


def _product(builder: Any, tile: _Tile, rows: int, vectors: int) -> None:
    """h = max(begin + Σ_k a x, floor) of so many rows and vectors."""
    left, right, target = tile.left, tile.right, tile.target
    sums = [[cgutils.alloca_once(builder, target.vector) for _ in range(vectors)] for _ in range(rows)]
    least = splat(builder, tile.floor, target.lanes)

    def each() -> Iterator[tuple[Any, Any]]:
        for totals, place in zip(sums, tile.places, strict=False):
            for v, total in enumerate(totals):
                yield total, builder.add(place, place.type(v * target.lanes))

    column, row = tile.begin
    from_row = builder.icmp_signed(">=", row, row.type(0))
    with builder.if_else(builder.icmp_signed(">=", column, column.type(0))) as (first, other):
        with first:
            for r, totals in enumerate(sums):
                bias = splat(builder, left.scalar(builder.add(column, column.type(r))), target.lanes)
                for total in totals:
                    builder.store(bias, total)
        with other:
            for v, (total, place) in enumerate(each()):
                same = builder.add(row, row.type(v % vectors * target.lanes))
                builder.store(target.load_either(from_row, right, same, place), total)
    add_to_sums(builder, sums, left, tile.columns[:rows], right, (*tile.x, tile.along, tile.depth))
    for total, place in each():
        target.store(at_least(builder, builder.load(total), least), place)


def _any_size(builder: Any, chosen: Any, sizes: Iterable[tuple[int, int, int]], tile: _Tile) -> None:
    """The code of each size (number, rows, vectors), of which ``chosen`` is the number."""
    done = builder.append_basic_block("done")
    switch = builder.switch(chosen, done)
    for number, rows, vectors in sizes:
        case = builder.append_basic_block(f"rows{rows}_vectors{vectors}")
        switch.add_case(chosen.type(number), case)
        builder.position_at_end(case)
        _product(builder, tile, rows, vectors)
        builder.branch(done)
    builder.position_at_end(done)


@intrinsic
def rows_product(
    typingctx: Any, a: Any, factors: Any, bias_at: Any, x: Any, x_at: Any, h: Any, out: Any, size: Any, floor: Any
) -> Any:
    """h[r, :] = max(begin + Σ_k a[r, k] x[k, :], floor) for the ``size`` (rows, depth), 1 to ROWS rows; NaN stays.

    ``factors`` (a :class:`Factors`) says where a[r, k] lies in the array ``a``; row k of x begins at number
    ``x_at + k·lanes``, and ``out`` (:class:`Rows`) says where the rows of h lie. The sum begins with number
    ``bias_at + r`` of ``a``, or, where ``bias_at`` is negative, with h itself.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 5))
        at, step = (builder.extract_value(args[1], i) for i in range(2))
        h_at, h_step = (builder.extract_value(args[6], i) for i in range(2))
        rows, depth = (builder.extract_value(args[7], i) for i in range(2))
        columns = [builder.add(at, at.type(r)) for r in range(ROWS)]
        places = [builder.add(h_at, times(builder, h_step, r)) for r in range(ROWS)]
        x = args[4], at.type(right.lanes)
        begin = args[2], at.type(-1)
        tile = _Tile(left, columns, step, begin, right, x, target, places, depth, args[8])
        _any_size(builder, rows, [(rows, rows, 1) for rows in range(1, ROWS + 1)], tile)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(a, factors, integer, x, integer, h, out, size, a.dtype), code


@intrinsic
def spread_product(
    typingctx: Any, a: Any, factors: Any, begin: Any, x: Any, x_rows: Any, h: Any, out: Any, size: Any, floor: Any
) -> Any:
    """The same for the ``size`` (rows, depth, vectors), 1 to HALF rows of one vector or of two.

    ``factors`` (a :class:`Spread`) and ``x_rows`` (:class:`Rows`) say where a[r, k] and the rows of x lie, ``begin``
    (:class:`Begin`) what the sums begin with. With any distance between rows each has an address of its own, and a
    core has room for half as many of these as of sums.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 5))
        at, across, along = (builder.extract_value(args[1], i) for i in range(3))
        x = tuple(builder.extract_value(args[4], i) for i in range(2))
        h_at, h_step = (builder.extract_value(args[6], i) for i in range(2))
        rows, depth, vectors = (builder.extract_value(args[7], i) for i in range(3))
        columns = [builder.add(at, times(builder, across, r)) for r in range(HALF)]
        places = [builder.add(h_at, times(builder, h_step, r)) for r in range(HALF)]
        begin = tuple(builder.extract_value(args[2], i) for i in range(2))
        tile = _Tile(left, columns, along, begin, right, x, target, places, depth, args[8])
        chosen = builder.add(rows, builder.mul(vectors, rows.type(HALF)))
        sizes = [(r + v * HALF, r, v) for v in (1, 2) for r in range(1, HALF + 1)]
        _any_size(builder, chosen, sizes, tile)
        return context.get_dummy_value()

    return types.void(a, factors, begin, x, x_rows, h, out, size, a.dtype), code


@block
def table_product(a, factors, begin, x, x_rows, h, out, size, floor):
    """The same for the ``size`` (rows, depth, lanes): any number of rows, and of lanes that make whole vectors."""
    rows, depth, width = size
    lanes = BYTES // x.itemsize
    for first in range(0, width, 2 * lanes):
        vectors = min(2, (width - first) // lanes)
        row = 0
        for left in range((rows + HALF - 1) // HALF, 0, -1):
            count = (rows - row + left - 1) // left  # all groups nearly equal
            some = Spread(factors.at + row * factors.across, factors.across, factors.along)
            start = Begin(
                begin.column + row if begin.column >= 0 else begin.column,
                begin.row + first if begin.row >= 0 else begin.row,
            )
            source, place = Rows(x_rows.at + first, x_rows.step), Rows(out.at + row * out.step + first, out.step)
            spread_product(a, some, start, x, source, h, place, (count, depth, vectors), floor)
            row += count


@intrinsic
def tile_product(
    typingctx: Any,
    a: Any,
    at: Any,
    row_step: Any,
    step: Any,
    x: Any,
    x_at: Any,
    x_step: Any,
    h: Any,
    h_at: Any,
    depth: Any,
) -> Any:
    """h[r, :] += Σ_k a[r, k] x[k · x_step, :] for ROWS rows r, one k after the other; x and h are rows of lanes.

    a[r, k] is number ``at + r·row_step + k·step`` of the array ``a``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (Array(context, builder, signature.args[i], args[i]) for i in (0, 4, 7))
        _, start, row_step, step, _, x_at, x_step, _, h_at, depth = args
        x_step = times(builder, x_step, right.lanes)
        columns = [builder.add(start, times(builder, row_step, r)) for r in range(ROWS)]
        places = [builder.add(h_at, start.type(r * out.lanes)) for r in range(ROWS)]
        sums = [cgutils.alloca_once(builder, out.vector) for _ in range(ROWS)]
        for total, place in zip(sums, places, strict=True):
            builder.store(out.load(place), total)
        add_to_sums(builder, [[total] for total in sums], left, columns, right, (x_at, x_step, step, depth))
        for total, place in zip(sums, places, strict=True):
            out.store(builder.load(total), place)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (a, integer, integer, integer, x, integer, integer, h, integer, integer)
    return types.void(*arguments), code
