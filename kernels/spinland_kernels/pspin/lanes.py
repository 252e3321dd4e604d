"""Rows of a triangle of couplings, and what is done with their products, in vectors.

A row of a triangle has any length and begins anywhere, so it is read in single registers, the last one masked:

    a_0 a_1 a_2 a_3 | a_4 a_5 a_6 a_7 | a_8  ·   ·   ·         row 8 of float64; beyond the diagonal nothing is read

Groups of lanes are whole vectors of BYTES. Each function states when it rounds: that is the same for one lane and for
many, whatever surrounds it, which loops that a compiler vectorises are not.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..sums import folded, lanes_below, sum_of_lanes
from ..vectors import FOLD, ROWS, Array, fused, intrinsic, splat, times

_AHEAD = 1024  # bytes of a triangle that are asked for before they are needed


@intrinsic
def add_scaled(typingctx: Any, out: Any, factor: Any, h: Any, count: Any) -> Any:
    """out[j, :] += factor[:] · h[j, :] for ``count`` rows of lanes, rounded after each operation."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, scale, source = (Array(context, builder, signature.args[i], args[i]) for i in range(3))
        zero = args[3].type(0)
        by = scale.load(zero)
        with cgutils.for_range(builder, args[3]) as loop:
            at = times(builder, loop.index, target.lanes)
            product = builder.fmul(by, source.load(at))
            target.store(builder.fadd(target.load(at), product), at)
        return context.get_dummy_value()

    return types.void(out, factor, h, types.intp), code


@intrinsic
def add_dots(typingctx: Any, out: Any, x: Any, h: Any, count: Any) -> Any:
    """out[:] += Σ_j x[j, :] · h[j, :] in float64 over ``count`` rows of lanes, one after the other."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right = (Array(context, builder, signature.args[i], args[i]) for i in (1, 2))
        target = Array(context, builder, signature.args[0], args[0])
        wide = ir.VectorType(ir.DoubleType(), left.lanes)
        place = builder.bitcast(target.data, wide.as_pointer())
        total = cgutils.alloca_once(builder, wide)
        builder.store(builder.load(place, align=8), total)

        def widened(vector: Any) -> Any:
            return vector if vector.type == wide else builder.fpext(vector, wide)

        with cgutils.for_range(builder, args[3]) as loop:
            at = times(builder, loop.index, left.lanes)
            a, b = widened(left.load(at)), widened(right.load(at))
            builder.store(fused(builder, a, b, builder.load(total)), total)
        builder.store(builder.load(total), place, align=8)
        return context.get_dummy_value()

    return types.void(out, x, h, types.intp), code


def _narrow(context: Any, builder: Any, kind: Any, value: Any) -> Array:
    """An array whose vectors are FOLD bytes: along the rows of a triangle."""
    array = Array(context, builder, kind, value)
    array.lanes = FOLD // array.bytes
    array.vector = ir.VectorType(array.element, array.lanes)
    return array


def _lanes_up_to(builder: Any, last: Any, like: Any) -> tuple[Any, Any]:
    """Masks of the lanes 0 … ``last`` and of lane ``last`` alone, of a vector like ``like``."""
    number = ir.IntType(64 if isinstance(like.element, ir.DoubleType) else 32)
    lanes = ir.Constant(ir.VectorType(number, like.count), list(range(like.count)))
    bound = splat(builder, builder.trunc(last, number) if number.width < 64 else last, like.count)
    return builder.icmp_signed("<=", lanes, bound), builder.icmp_signed("==", lanes, bound)


@intrinsic
def add_row(typingctx: Any, a: Any, at: Any, row: Any, x: Any, h: Any) -> Any:
    """Row ``row`` of a triangle, from number ``at`` of ``a``: h_k += a_k x_row for each k ≤ row, and Σ_k a_k x_k.

    The sum is one for each lane of a vector of FOLD bytes, then their sum, to which h_row is set before its own
    term is added. ``h`` must have room for whole vectors.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, x, h = (_narrow(context, builder, signature.args[i], args[i]) for i in (0, 3, 4))
        at, row = args[1], args[2]
        lanes, nothing = a.lanes, ir.Constant(a.vector, [0.0] * a.lanes)
        factor = splat(builder, x.scalar(row), lanes)
        total = cgutils.alloca_once_value(builder, nothing)

        def vector(k: Any) -> None:
            part = a.load(builder.add(at, k))
            h.store(fused(builder, part, factor, h.load(k)), k)
            builder.store(fused(builder, part, x.load(k), builder.load(total)), total)

        zero = row.type(0)
        whole = builder.and_(row, row.type(-lanes))  # the diagonal is always in the last vector
        pairs = builder.and_(whole, row.type(-2 * lanes))
        with cgutils.for_range_slice(builder, zero, pairs, row.type(2 * lanes), row.type) as (k, _):
            a.prefetch(builder.add(builder.add(at, k), k.type(_AHEAD // a.bytes)))
            vector(k)
            vector(builder.add(k, k.type(lanes)))
        with builder.if_then(builder.icmp_signed("<", pairs, whole)):
            vector(pairs)
        some, own = _lanes_up_to(builder, builder.sub(row, whole), a.vector)
        part = a.load_some(builder.add(at, whole), some)
        sums = fused(builder, part, x.load_some(whole, some), builder.load(total))
        spread = splat(builder, sum_of_lanes(builder, sums), lanes)
        h.store(fused(builder, part, factor, builder.select(own, spread, h.load(whole))), whole)
        return context.get_dummy_value()

    return types.void(a, types.intp, types.intp, x, h), code


@intrinsic
def add_multiple(typingctx: Any, out: Any, factor: Any, a: Any, count: Any) -> Any:
    """out[k] += factor · a[k] for k < ``count``, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, source = (_narrow(context, builder, signature.args[i], args[i]) for i in (0, 2))
        count, lanes = args[3], target.lanes
        by = splat(builder, args[1], lanes)
        whole = builder.and_(count, count.type(-lanes))
        with cgutils.for_range_slice(builder, count.type(0), whole, count.type(lanes), count.type) as (k, _):
            target.store(fused(builder, by, source.load(k), target.load(k)), k)
        some = lanes_below(builder, builder.sub(count, whole), lanes)
        last = fused(builder, by, source.load_some(whole, some), target.load_some(whole, some))
        target.store_some(last, whole, some)
        return context.get_dummy_value()

    return types.void(out, out.dtype, a, types.intp), code


@intrinsic
def add_folded(typingctx: Any, parts: Any, h: Any, h_at: Any) -> Any:
    """h[r, :] += the sum of parts[c, r, :] over c, as ``add_row`` adds its lanes; the parts become 0."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 1))
        at = args[2]
        zero = ir.Constant(source.vector, [0.0] * source.lanes)
        for r in range(ROWS):
            places = [at.type((c * ROWS + r) * source.lanes) for c in range(FOLD // source.bytes)]
            total = folded(builder, [source.load(place) for place in places])
            for place in places:
                source.store(zero, place)
            place = builder.add(at, at.type(r * target.lanes))
            target.store(builder.fadd(target.load(place), total), place)
        return context.get_dummy_value()

    return types.void(parts, h, types.intp), code
