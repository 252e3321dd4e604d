"""Linear combinations of rows, and the rectified ones, in vectors.

combine            h = max(v_0 + Σ_k c_k v_k, floor)             a point of a plane, or a unit at it
rectified_blends   max(β a + α b, 0) and max(β b + α a, 0)       two units on their way to each other's place
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..vectors import Array, fused, intrinsic, splat
from .product import at_least

_AT_ONCE = 4  # vectors whose sums are formed together: their chains of additions overlap


@intrinsic
def combine(
    typingctx: Any, h: Any, at: Any, v: Any, rows: Any, n: Any, c: Any, c_at: Any, floor: Any, count: Any
) -> Any:
    """h[at + i] = max(v_0[i] + Σ_k c_k v_k[i], floor) for ``count`` numbers, k = 1, ..., n−1 in this order.

    ``rows`` (:class:`.product.Rows`) says where the v_k lie in ``v``; c_k is number ``c_at + k − 1`` of ``c``. NaN
    stays.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, source, factors = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2, 5))
        _, at, _, rows, n, _, c_at, floor, count = args
        v_at, v_step = (builder.extract_value(rows, i) for i in range(2))

        def loop(first: Any, last: Any, vectors: int, lanes: int) -> None:
            for array in (out, source):
                array.vector = ir.VectorType(array.element, lanes)
            least = splat(builder, floor, lanes)
            one = at.type(1)
            with cgutils.for_range_slice(builder, first, last, at.type(vectors * lanes), at.type) as (i, _):
                begin = builder.add(v_at, i)
                sums = [cgutils.alloca_once(builder, out.vector) for _ in range(vectors)]
                for u, total in enumerate(sums):
                    builder.store(source.load(builder.add(begin, at.type(u * lanes))), total)
                with cgutils.for_range_slice(builder, one, n, one, at.type) as (k, _):
                    factor = factors.scalar(builder.add(c_at, builder.sub(k, one)))
                    row = builder.add(begin, builder.mul(k, v_step))
                    for u, total in enumerate(sums):
                        value = source.load(builder.add(row, at.type(u * lanes)))
                        spread = splat(builder, factor, lanes)
                        builder.store(fused(builder, spread, value, builder.load(total)), total)
                for u, total in enumerate(sums):
                    result = at_least(builder, builder.load(total), least)
                    out.store(result, builder.add(builder.add(at, i), at.type(u * lanes)))

        zero, many = at.type(0), _AT_ONCE * out.lanes
        whole = builder.sub(count, builder.srem(count, at.type(many)))
        loop(zero, whole, _AT_ONCE, out.lanes)
        loop(whole, count, 1, 1)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(h, integer, v, rows, integer, c, integer, h.dtype, integer), code


@intrinsic
def rectified_blends(typingctx: Any, alpha: Any, beta: Any, z: Any, at: Any, other_at: Any, h: Any, h_at: Any) -> Any:
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
            active = at_least(builder, blend, zero)
            target.store(active, builder.add(args[6], args[6].type(row * target.lanes)))
        return context.get_dummy_value()

    integer = types.intp
    return types.void(z.dtype, z.dtype, z, integer, integer, h, integer), code
