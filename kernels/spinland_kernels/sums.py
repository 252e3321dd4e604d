"""Sums whose order is written down, so that it depends neither on the number of threads nor on who compiles them.

What threads compute side by side are parts; they are added one after the other, part 0 first. A sum along one
array has a fixed number of sums side by side, the lanes of a vector, and these are folded at the end, the upper
half onto the lower:

    a_0 b_0   a_1 b_1   …   a_15 b_15        lane l holds  Σ_j a_{16j+l} b_{16j+l}
    a_16 b_16 …                              then  8 + 8 → 8,  4 + 4 → 4,  2 + 2 → 2,  1 + 1 → the sum

A compiler that may reassociate would choose such a pattern too, but another one in another surrounding.
"""

from __future__ import annotations

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


@intrinsic
def dot(typingctx: Any, a: Any, b: Any, count: Any) -> Any:
    """Σ_k a_k b_k over the first ``count`` numbers of two contiguous arrays, in float64.

    Number k goes to sum k mod 16, by fused multiply-add; beyond the last whole 16 the terms are 0. Sixteen sums
    are two vectors of float64: a chain of one alone would wait four cycles for each addition.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = ir.VectorType(ir.DoubleType(), BYTES // 8)
        arrays = [Array(context, builder, signature.args[i], args[i]) for i in range(2)]
        for array in arrays:
            array.lanes, array.vector = wide.count, ir.VectorType(array.element, wide.count)
        count, lanes = args[2], wide.count
        totals = [cgutils.alloca_once_value(builder, ir.Constant(wide, [0.0] * lanes)) for _ in range(2)]

        def widened(vector: Any) -> Any:
            return vector if vector.type == wide else builder.fpext(vector, wide)

        def add(total: Any, factors: list[Any]) -> None:
            builder.store(fused(builder, *map(widened, factors), builder.load(total)), total)

        whole = builder.and_(count, count.type(-2 * lanes))
        with cgutils.for_range_slice(builder, count.type(0), whole, count.type(2 * lanes), count.type) as (
            k,
            _,
        ):
            for half, total in enumerate(totals):
                add(total, [array.load(builder.add(k, k.type(half * lanes))) for array in arrays])
        for half, total in enumerate(totals):
            at = builder.add(whole, whole.type(half * lanes))
            some = lanes_below(builder, builder.sub(count, at), lanes)
            add(total, [array.load_some(at, some) for array in arrays])
        return sum_of_lanes(builder, folded(builder, [builder.load(total) for total in totals]))

    return types.float64(a, b, types.intp), code


def lanes_below(builder: Any, count: Any, lanes: int) -> Any:
    """Mask of the lanes 0 … ``count − 1``; none where the count is not positive, all where it is larger."""
    numbers = ir.Constant(ir.VectorType(count.type, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, splat(builder, count, lanes))
