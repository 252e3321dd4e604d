"""Sums whose order is written down, so that it depends neither on the number of threads nor on who compiles them.

What threads compute side by side are parts; they are added one after the other, part 0 first. A sum along one
array has a fixed number of sums side by side, the lanes of a vector, and these are folded at the end, the upper
half onto the lower:

    a_0 b_0   a_1 b_1   …   a_15 b_15        lane l holds  Σ_j a_{16j+l} b_{16j+l}
    a_16 b_16 …                              then  8 + 8 → 8,  4 + 4 → 4,  2 + 2 → 2,  1 + 1 → the sum

A compiler that may reassociate would choose such a pattern too, but another one in another surrounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .jit import block
from .vectors import BYTES, Array, fused, intrinsic, splat


@block
def add_in_order(total, parts):
    """total[i] += parts[0, i], then parts[1, i], and so on; total (n,), parts (count, n), in the type of the total."""
    for c in range(parts.shape[0]):
        for i in range(total.shape[0]):
            total[i] += parts[c, i]


def folded(builder: Any, parts: list[Any]) -> Any:
    """The sum of a power of two of numbers or vectors, the upper half added to the lower until one is left."""
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
    return parts[0]


def sum_of_lanes(builder: Any, vector: Any) -> Any:
    """The sum of the numbers of a vector, folded."""
    while (count := vector.type.count) > 1:
        masks = [
            ir.Constant(ir.VectorType(ir.IntType(32), count // 2), list(lanes))
            for lanes in (range(count // 2), range(count // 2, count))
        ]
        nothing = ir.Constant(vector.type, ir.Undefined)
        vector = builder.fadd(*(builder.shuffle_vector(vector, nothing, mask) for mask in masks))
    return builder.extract_element(vector, ir.IntType(32)(0))


def lanes_below(builder: Any, count: Any, lanes: int) -> Any:
    """Mask of the lanes 0 … ``count − 1``; none where the count is not positive, all where it is larger."""
    numbers = ir.Constant(ir.VectorType(count.type, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, splat(builder, count, lanes))


WIDE = ir.VectorType(ir.DoubleType(), BYTES // 8)
"""One of the two vectors of sums: a chain of one alone would wait four cycles for each addition."""


def _summed(builder: Any, arrays: list[Array], count: Any, factors: Callable[..., tuple[Any, Any]]) -> Any:
    """Σ_k of the product of both ``factors(a_k, b_k)``: number k goes to sum k mod 16, in float64 and fused.

    Beyond the last number a and b are 0, and so must the product be.
    """
    lanes = WIDE.count
    for array in arrays:
        array.vector = ir.VectorType(array.element, lanes)
    totals = [cgutils.alloca_once_value(builder, ir.Constant(WIDE, [0.0] * lanes)) for _ in range(2)]

    def add(total: Any, vectors: list[Any]) -> None:
        wide = [vector if vector.type == WIDE else builder.fpext(vector, WIDE) for vector in vectors]
        builder.store(fused(builder, *factors(*wide), builder.load(total)), total)

    whole = builder.and_(count, count.type(-2 * lanes))
    with cgutils.for_range_slice(builder, count.type(0), whole, count.type(2 * lanes), count.type) as (k, _):
        for half, total in enumerate(totals):
            add(total, [array.load(builder.add(k, k.type(half * lanes))) for array in arrays])
    for half, total in enumerate(totals):
        at = builder.add(whole, whole.type(half * lanes))
        some = lanes_below(builder, builder.sub(count, at), lanes)
        add(total, [array.load_some(at, some) for array in arrays])
    return sum_of_lanes(builder, folded(builder, [builder.load(total) for total in totals]))


@intrinsic
def dot(typingctx: Any, a: Any, b: Any, count: Any) -> Any:
    """Σ_k a_k b_k over the first ``count`` numbers of two contiguous arrays, in float64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [Array(context, builder, signature.args[i], args[i]) for i in range(2)]
        return _summed(builder, arrays, args[2], lambda x, y: (x, y))

    return types.float64(a, b, types.intp), code


@intrinsic
def squared_difference(typingctx: Any, ratio: Any, a: Any, b: Any, count: Any) -> Any:
    """Σ_k (ratio a_k − b_k)² over the first ``count`` numbers of two contiguous arrays, in float64.

    It is 0 for equal arrays and a ratio of 1, which is exact though product and difference are fused.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [Array(context, builder, signature.args[i], args[i]) for i in (1, 2)]
        by = splat(builder, args[0], WIDE.count)

        def squared(x: Any, y: Any) -> tuple[Any, Any]:
            difference = fused(builder, by, x, builder.fneg(y))
            return difference, difference

        return _summed(builder, arrays, args[3], squared)

    return types.float64(types.float64, a, b, types.intp), code


@intrinsic
def total(typingctx: Any, values: Any, count: Any) -> Any:
    """Σ_k a_k over the first ``count`` numbers of a contiguous array, in float64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = Array(context, builder, signature.args[0], args[0])
        ones = ir.Constant(WIDE, [1.0] * WIDE.count)
        return _summed(builder, [array], args[1], lambda x: (x, ones))

    return types.float64(values, types.intp), code


@intrinsic
def sums_of_rows(typingctx: Any, h: Any, at: Any, vectors: Any, out: Any, count: Any) -> Any:
    """out[r] = Σ h[r, :] for ``count`` rows of ``vectors`` whole vectors, one behind the other from number ``at`` on.

    Vectors are added in order, in the type of the rows, and the lanes of their sum folded.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 3))
        _, at, vectors, _, count = args
        one = at.type(1)
        total = cgutils.alloca_once(builder, source.vector)
        with cgutils.for_range(builder, count) as loop:
            begin = builder.add(at, builder.mul(loop.index, builder.mul(vectors, at.type(source.lanes))))
            builder.store(source.load(begin), total)
            with cgutils.for_range_slice(builder, one, vectors, one, one.type) as (v, _):
                more = source.load(builder.add(begin, builder.mul(v, at.type(source.lanes))))
                builder.store(builder.fadd(builder.load(total), more), total)
            builder.store(sum_of_lanes(builder, builder.load(total)), builder.gep(target.data, [loop.index]))
        return context.get_dummy_value()

    return types.void(h, types.intp, types.intp, out, types.intp), code
