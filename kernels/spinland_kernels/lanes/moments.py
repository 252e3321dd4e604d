"""Moments of arrays in float64: several sums while the numbers are read once (the order is that of :mod:`..sums`).

    lane l of a sum  =  Σ_j f(x[16 j + l], y[16 j + l])        (8 j + l for numbers of 8 bytes)

The lanes are folded at the end, and what does not fill a vector is added one by one. Written as a loop, without the
freedom to reassociate, each sum is one chain of additions, a tenth as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..sums import sum_of_lanes
from ..vectors import Array, fused, intrinsic


def _widened(builder: Any, value: Any) -> Any:
    """A number or a vector in float64."""
    double = ir.DoubleType()
    kind = ir.VectorType(double, value.type.count) if isinstance(value.type, ir.VectorType) else double
    return value if value.type == kind else builder.fpext(value, kind)


def _sums(builder: Any, arrays: list[Array], n: Any, number: int, add: Callable[..., list[Any]]) -> list[Any]:
    """``number`` sums over ``n`` places: ``add(sums, values)`` adds those of a vector, or of one number."""
    lanes = arrays[0].lanes
    wide = ir.VectorType(ir.DoubleType(), lanes)
    sums = [cgutils.alloca_once_value(builder, ir.Constant(wide, [0.0] * lanes)) for _ in range(number)]
    zero, step = n.type(0), n.type(lanes)
    whole = builder.sub(n, builder.srem(n, step))
    with cgutils.for_range_slice(builder, zero, whole, step, n.type) as (i, _):
        values = [_widened(builder, array.load(i)) for array in arrays]
        for total, value in zip(sums, add([builder.load(t) for t in sums], values), strict=True):
            builder.store(value, total)
    folded = [cgutils.alloca_once_value(builder, sum_of_lanes(builder, builder.load(t))) for t in sums]
    with cgutils.for_range_slice(builder, whole, n, n.type(1), n.type) as (i, _):
        values = [_widened(builder, array.scalar(i)) for array in arrays]
        for total, value in zip(folded, add([builder.load(t) for t in folded], values), strict=True):
            builder.store(value, total)
    return [builder.load(total) for total in folded]


@intrinsic
def total(typingctx: Any, values: Any, n: Any) -> Any:
    """Σ values[i] over the first ``n`` numbers, in float64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = Array(context, builder, signature.args[0], args[0])
        return _sums(builder, [array], args[1], 1, lambda sums, x: [builder.fadd(sums[0], x[0])])[0]

    return types.float64(values, types.intp), code


@intrinsic
def moments(typingctx: Any, x: Any, y: Any, n: Any) -> Any:
    """|x − y|², x·y, |x|² and |y|² over the first ``n`` numbers, in float64, read once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [Array(context, builder, signature.args[i], args[i]) for i in (0, 1)]

        def add(sums: list[Any], values: list[Any]) -> list[Any]:
            a, b = values
            d = builder.fsub(a, b)
            pairs = (d, d), (a, b), (a, a), (b, b)
            return [fused(builder, p, q, t) for (p, q), t in zip(pairs, sums, strict=True)]

        return context.make_tuple(builder, signature.return_type, _sums(builder, arrays, args[2], 4, add))

    return types.UniTuple(types.float64, 4)(x, y, types.intp), code
