"""A sparse matrix, lists of numbers and their places, times rows of vectors."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types

from ..vectors import Array, fused, intrinsic, splat, times

#: Most vectors in a row: its sums take 8 of 16 registers of half a vector.
MOST = 4


def _sparse_rows(
    builder: Any, count: int, starts: Any, first: Any, last: Any, numbers: Any, dense: Any, out: Any
) -> None:
    """The rows of :func:`sparse_product` with ``count`` vectors of sums in registers."""
    begins, (values, places), (right, right_at), (target, target_at) = starts, numbers, dense, out
    width = count * target.lanes
    one = first.type(1)
    sums = [cgutils.alloca_once(builder, target.vector) for _ in range(count)]
    with cgutils.for_range_slice(builder, first, last, one, one.type) as (row, _):
        low, high = begins.scalar(row), begins.scalar(builder.add(row, one))
        with builder.if_then(builder.icmp_signed("<", low, high)):
            at = builder.add(target_at, times(builder, builder.sub(row, first), width))
            spots = [builder.add(at, one.type(v * target.lanes)) for v in range(count)]
            for total, spot in zip(sums, spots, strict=True):
                builder.store(target.load(spot), total)
            with cgutils.for_range_slice(builder, low, high, one, one.type) as (number, _):
                value = splat(builder, values.scalar(number), target.lanes)
                place = builder.zext(places.scalar(number), one.type)
                line = builder.add(right_at, times(builder, place, width))
                for v, total in enumerate(sums):
                    factor = right.load(builder.add(line, one.type(v * target.lanes)))
                    builder.store(fused(builder, value, factor, builder.load(total)), total)
            for total, spot in zip(sums, spots, strict=True):
                target.store(builder.load(total), spot)


@intrinsic
def sparse_product(
    typingctx: Any,
    starts: Any,
    first: Any,
    last: Any,
    values: Any,
    places: Any,
    dense: Any,
    dense_at: Any,
    out: Any,
    out_at: Any,
    vectors: Any,
) -> Any:
    """out[r − first, :] += Σ values[z] dense[places[z], :] over starts[r] ≤ z < starts[r + 1], for first ≤ r < last.

    Rows of ``dense`` and of ``out`` begin at numbers ``dense_at`` and ``out_at`` and hold 1 to MOST ``vectors`` of
    BYTES. The sums of a row stay in registers, one term after the other.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        begins, numbers, spots, right, target = (
            Array(context, builder, kinds[i], args[i]) for i in (0, 3, 4, 5, 7)
        )
        rest = (begins, args[1], args[2], (numbers, spots), (right, args[6]), (target, args[8]))
        done = builder.append_basic_block("done")
        switch = builder.switch(args[9], done)
        for count in range(1, MOST + 1):
            case = builder.append_basic_block(f"vectors{count}")
            switch.add_case(args[9].type(count), case)
            builder.position_at_end(case)
            _sparse_rows(builder, count, *rest)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (starts, integer, integer, values, places, dense, integer, out, integer, integer)
    return types.void(*arguments), code
