"""Strips of interleaved rows: their making and their products, in vectors.

A strip holds as many rows as a vector has lanes, column after column: number k · lanes + r is row r of column
k. The same strip is the left factor of a product, number by number, and the right one, vector by vector:

    column k   a_0  a_1  a_2  …     (left strip)           sums   a_0 b_0  a_0 b_1  a_0 b_2  …
               b_0  b_1  b_2  …     (right strip)                 a_1 b_0  a_1 b_1  a_1 b_2  …
                                                                  …        at most ROWS rows at a time

So all products of two strips are sums that stay in registers, and each number loaded serves a whole row or column
of them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..lanes.product import add_to_sums
from ..vectors import ROWS, Array, fused, intrinsic, splat


@intrinsic
def add_strip_products(
    typingctx: Any,
    strips: Any,
    left: Any,
    right: Any,
    depth: Any,
    units: Any,
    left_unit: Any,
    right_unit: Any,
    sums: Any,
    sums_at: Any,
) -> Any:
    """sums[r, s] += units[r] units[s] Σ_k a[k, r] b[k, s] over ``depth`` columns of two strips, in float64.

    The strips begin at numbers ``left`` and ``right`` of ``strips``, their units at ``left_unit`` and
    ``right_unit``, their square of sums at ``sums_at``. The sum over k is in the type of the strips.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, factors, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 4, 7))
        lanes, element = source.lanes, factors.element
        factors.vector = target.vector = wide = ir.VectorType(element, lanes)
        _, left, right, depth, _, left_unit, right_unit, _, sums_at = args
        step = depth.type(lanes)
        groups = -(-lanes // ROWS)
        for group in range(groups):
            rows = range(group * lanes // groups, (group + 1) * lanes // groups)
            products = [cgutils.alloca_once(builder, source.vector) for _ in rows]
            for product in products:
                builder.store(ir.Constant(source.vector, [0.0] * lanes), product)
            columns = [builder.add(left, left.type(r)) for r in rows]
            add_to_sums(
                builder, [[product] for product in products], source, columns, source, (right, step, step, depth)
            )
            for r, product in zip(rows, products, strict=True):
                value = builder.load(product)
                value = value if value.type == wide else builder.fpext(value, wide)
                unit = splat(builder, factors.scalar(builder.add(left_unit, left.type(r))), lanes)
                place = builder.add(sums_at, left.type(r * lanes))
                value = fused(builder, builder.fmul(value, unit), factors.load(right_unit), target.load(place))
                target.store(value, place)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (strips, integer, integer, integer, units, integer, integer, sums, integer)
    return types.void(*arguments), code
