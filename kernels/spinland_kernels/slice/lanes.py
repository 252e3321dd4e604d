"""The two steps of a slice in vectors of samples: combining rows, and a layer with its sums in registers."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..vectors import ROWS, Array, add_to_sums, fused, intrinsic, splat, times


def _at_least(builder: Any, value: Any, floor: Any) -> Any:
    """max(value, floor); NaN stays."""
    return builder.select(builder.fcmp_ordered(">", floor, value), floor, value)


@intrinsic
def layer_rows(
    typingctx: Any,
    a: Any,
    at: Any,
    bias_at: Any,
    x: Any,
    x_at: Any,
    depth: Any,
    h: Any,
    h_at: Any,
    h_step: Any,
    rows: Any,
    begin: Any,
    floor: Any,
) -> Any:
    """Rows of lanes h[r, :] = max(h[r, :] + Σ_k a[k, r] x[k, :], floor) for 1 to ROWS rows r, one k after the other.

    a[k, r] is number ``at + k·rows + r`` of ``a``, row k of x begins at ``x_at + k·lanes``, row r of h at
    ``h_at + r·h_step``. With ``begin`` the sum starts from the bias, number ``bias_at + r`` of ``a``, and not from h.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 6))
        _, at, bias_at, _, x_at, depth, _, h_at, h_step, n_rows, begin, floor = args
        least = splat(builder, floor, out.lanes)
        done = builder.append_basic_block("done")
        switch = builder.switch(n_rows, done)
        for height in range(1, ROWS + 1):
            case = builder.append_basic_block(f"rows{height}")
            switch.add_case(n_rows.type(height), case)
            builder.position_at_end(case)
            columns = [builder.add(at, at.type(r)) for r in range(height)]
            places = [builder.add(h_at, times(builder, h_step, r)) for r in range(height)]
            sums = [cgutils.alloca_once(builder, out.vector) for _ in range(height)]
            with builder.if_else(begin) as (first, other):
                with first:
                    for r, total in enumerate(sums):
                        bias = left.scalar(builder.add(bias_at, at.type(r)))
                        builder.store(splat(builder, bias, out.lanes), total)
                with other:
                    for total, place in zip(sums, places, strict=True):
                        builder.store(out.load(place), total)
            add_to_sums(
                builder, sums, left, columns, right, (x_at, at.type(right.lanes), at.type(height), depth)
            )
            for total, place in zip(sums, places, strict=True):
                out.store(_at_least(builder, builder.load(total), least), place)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (
        a, integer, integer, x, integer, integer,
        h, integer, integer, integer, types.boolean, a.dtype,
    )  # fmt: skip
    return types.void(*arguments), code


@intrinsic
def combine(
    typingctx: Any,
    h: Any,
    at: Any,
    v: Any,
    v_at: Any,
    v_step: Any,
    n: Any,
    c: Any,
    c_at: Any,
    floor: Any,
    count: Any,
) -> Any:
    """h[at + i] = max(v_0[i] + Σ_k c_k v_k[i], floor) for ``count`` numbers, k = 1, ..., n−1 in this order.

    v_k begins at number ``v_at + k·v_step`` of ``v``, c_k is number ``c_at + k − 1`` of ``c``. NaN stays.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, source, factors = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2, 6))
        _, at, _, v_at, v_step, n, _, c_at, floor, count = args

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
                    result = _at_least(builder, builder.load(total), least)
                    out.store(result, builder.add(builder.add(at, i), at.type(u * lanes)))

        zero, many = at.type(0), 4 * out.lanes
        whole = builder.sub(count, builder.srem(count, at.type(many)))
        loop(zero, whole, 4, out.lanes)
        loop(whole, count, 1, 1)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (h, integer, v, integer, integer, integer, c, integer, h.dtype, integer)
    return types.void(*arguments), code
