"""Products of a few rows with rows of lanes, whose sums stay in registers.

    h[r, :] = max(h[r, :] + Σ_k a[r, k] x[k, :], floor)        one k after the other, one fused operation each

           a (rows × depth)              x (depth × lanes)             h (rows × lanes)
             r = 0  · · · · ·              k = 0  | · · · · · · · |       | · · · · · · · |  ┐
             r = 1  · · · · ·      ×           1  | · · · · · · · |   →   | · · · · · · · |  ├ ROWS vectors of sums,
             …                                 …                          …                  ┘ 12 of 16 registers

A row of lanes is one vector of samples: number t of it belongs to sample t. Each number of ``a`` is read once and
spread over a vector. A library packs both factors before it multiplies, which for a few rows and columns takes as
long as the product: here a point of a plane took a third of the time, and a swap half.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.core import cgutils, types

from ..vectors import ROWS, Array, add_to_sums, intrinsic, splat, times


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


@intrinsic
def rows_product(
    typingctx: Any,
    a: Any,
    factors: Any,
    bias_at: Any,
    x: Any,
    x_at: Any,
    h: Any,
    out: Any,
    size: Any,
    floor: Any,
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
