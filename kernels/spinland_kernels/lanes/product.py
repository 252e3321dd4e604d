"""Products of a few rows with rows of lanes, whose sums stay in registers.

    h[r, :] = max(h[r, :] + Σ_k a[r, k] x[k, :], floor)        one k after the other, one fused operation each

           a (rows × depth)              x (depth × lanes)             h (rows × lanes)
             r = 0  · · · · ·              k = 0  | · · · · · · · |       | · · · · · · · |  ┐
             r = 1  · · · · ·      ×           1  | · · · · · · · |   →   | · · · · · · · |  ├ ROWS vectors of sums,
             …                                 …                          …                  ┘ 12 of 16 registers

A row of lanes is one vector of samples: number t of it belongs to sample t. Each number of ``a`` is read once and
spread over a vector. It is written by hand because a library packs both factors before it multiplies, which pays for
large products only: for 10 outputs and 256 samples this takes as long as a library's product with 32 hidden units, a
third of it with 512, and the samples at hand stay in the first-level cache from one layer to the next.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.core import cgutils, types

from ..vectors import ROWS, Array, fused, intrinsic, splat, times


class Rows(NamedTuple):
    """Where rows lie in a flat array: the first begins at number ``at``, the others ``step`` apart."""

    at: int
    step: int


class Factors(NamedTuple):
    """Where the factors a[r, k] of a product lie in a flat array: at number ``at + k·step + r``."""

    at: int
    step: int


def at_least(builder: Any, value: Any, floor: Any) -> Any:
    """max(value, floor); NaN stays."""
    return builder.select(builder.fcmp_ordered(">", floor, value), floor, value)


def add_to_sums(builder: Any, sums: list[Any], left: Any, columns: list[Any], right: Any, x: Any) -> None:
    """sums[r] += Σ_k left[columns[r] + k·step] · right[x_at + k·x_step, :], with x = (x_at, x_step, step, depth).

    One k after the other, each the product of a column and a row::

        left          right           sums, kept in registers: one for each half of a vector
        a_0k                          a_0k x_k0   a_0k x_k1   …
        a_1k     ×    x_k0 x_k1 …     a_1k x_k0   a_1k x_k1   …
        …  ROWS                       …

    So a number that is loaded serves ROWS rows, or all lanes. Twelve sums that do not wait for each other are under
    way; two units that take four cycles for a fused multiply-add need eight.
    """
    x_at, x_step, step, depth = x
    with cgutils.for_range(builder, depth) as loop:
        row = right.load(builder.add(x_at, builder.mul(loop.index, x_step)))
        along = builder.mul(loop.index, step)
        for column, total in zip(columns, sums, strict=True):
            spread = splat(builder, left.scalar(builder.add(column, along)), right.lanes)
            builder.store(fused(builder, spread, row, builder.load(total)), total)


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
        n_rows, depth = (builder.extract_value(args[7], i) for i in range(2))
        bias_at, x_at = args[2], args[4]
        least = splat(builder, args[8], target.lanes)
        done = builder.append_basic_block("done")
        switch = builder.switch(n_rows, done)
        for height in range(1, ROWS + 1):
            case = builder.append_basic_block(f"rows{height}")
            switch.add_case(n_rows.type(height), case)
            builder.position_at_end(case)
            columns = [builder.add(at, at.type(r)) for r in range(height)]
            places = [builder.add(h_at, times(builder, h_step, r)) for r in range(height)]
            sums = [cgutils.alloca_once(builder, target.vector) for _ in range(height)]
            with builder.if_else(builder.icmp_signed(">=", bias_at, bias_at.type(0))) as (first, other):
                with first:
                    for r, total in enumerate(sums):
                        bias = left.scalar(builder.add(bias_at, at.type(r)))
                        builder.store(splat(builder, bias, target.lanes), total)
                with other:
                    for total, place in zip(sums, places, strict=True):
                        builder.store(target.load(place), total)
            add_to_sums(builder, sums, left, columns, right, (x_at, at.type(right.lanes), step, depth))
            for total, place in zip(sums, places, strict=True):
                target.store(at_least(builder, builder.load(total), least), place)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(a, factors, integer, x, integer, h, out, size, a.dtype), code


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
        add_to_sums(builder, sums, left, columns, right, (x_at, x_step, step, depth))
        for total, place in zip(sums, places, strict=True):
            out.store(builder.load(total), place)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (a, integer, integer, integer, x, integer, integer, h, integer, integer)
    return types.void(*arguments), code
