"""Exchanged units in vectors of samples: their blends, and what they add to the outputs."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..vectors import Array, fused, intrinsic, splat, times

FEW = 5  # rows of a product with little depth, as many as keep the arithmetic unit busy


@intrinsic
def add_products(
    typingctx: Any, a: Any, at: Any, step: Any, x: Any, h: Any, h_at: Any, h_step: Any, depth: Any
) -> Any:
    """h[r, :] += Σ_k a[k, r] x[k, :] for FEW rows r, one k after the other; x has rows of lanes.

    ``a[k, r]`` is number ``at + k·step + r`` of the array ``a``, row r of h begins at ``h_at + r·h_step``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 4))
        _, start, step, _, _, h_at, h_step, depth = args
        sums = [cgutils.alloca_once(builder, out.vector) for _ in range(FEW)]
        places = [builder.add(h_at, times(builder, h_step, r)) for r in range(FEW)]
        for total, place in zip(sums, places, strict=True):
            builder.store(out.load(place), total)
        with cgutils.for_range(builder, depth) as loop:
            row = right.load(times(builder, loop.index, right.lanes))
            column = builder.add(start, builder.mul(loop.index, step))
            for r, total in enumerate(sums):
                spread = splat(builder, left.scalar(builder.add(column, column.type(r))), out.lanes)
                builder.store(fused(builder, spread, row, builder.load(total)), total)
        for total, place in zip(sums, places, strict=True):
            out.store(builder.load(total), place)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(a, integer, integer, x, h, integer, integer, integer), code


@intrinsic
def rectified_blends(
    typingctx: Any, alpha: Any, beta: Any, z: Any, at: Any, other_at: Any, h: Any, h_at: Any
) -> Any:
    """max(β a + α b, 0) and max(β b + α a, 0) into two rows of h, from ``h_at``; NaN stays NaN.

    a and b are the lanes of the array ``z`` from its numbers ``at`` and ``other_at``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (2, 5))
        to_other, to_own = (splat(builder, args[i], source.lanes) for i in (0, 1))
        a, b = source.load(args[3]), source.load(args[4])
        zero = ir.Constant(source.vector, [0.0] * source.lanes)
        for row, (own, other) in enumerate(((a, b), (b, a))):
            blend = fused(builder, to_own, own, builder.fmul(to_other, other))
            active = builder.select(builder.fcmp_ordered(">", zero, blend), zero, blend)
            target.store(active, builder.add(args[6], args[6].type(row * target.lanes)))
        return context.get_dummy_value()

    integer = types.intp
    return types.void(z.dtype, z.dtype, z, integer, integer, h, integer), code
