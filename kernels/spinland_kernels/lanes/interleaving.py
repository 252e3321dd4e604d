"""Rows of an array become columns, little squares at a time, within registers.

    rows      a0 a1 a2 a3          interleaved   a0 b0 …      one row for each column: of as many numbers
              b0 b1 b2 b3     →                  a1 b1 …      as a vector has lanes
              …                                  a2 b2 …

The sides of the squares are SHUFFLE bytes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..jit import block
from ..vectors import BYTES, SHUFFLE, Array, intrinsic, times
from .product import Rows


def _shuffled(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places))


def _transposed(builder: Any, parts: list[Any]) -> list[Any]:
    """Columns of the two blocks whose rows are the lower and upper halves of the parts."""
    few = len(parts)
    for _ in range(few.bit_length() - 1):
        pairs = zip(parts[: few // 2], parts[few // 2 :], strict=True)
        parts = []
        for a, b in pairs:
            for first in (0, few // 2):
                taken = [half + first + k for half in (0, few) for k in range(few // 2)]
                parts.append(_shuffled(builder, a, b, [k + other for k in taken for other in (0, 2 * few)]))
    return parts


@intrinsic
def interleave(typingctx: Any, rows: Any, of: Any, out: Any, to: Any, width: Any) -> Any:
    """out[to.at + k·to.step + r] = rows[of.at + r·of.step + k] for as many rows r as a vector has lanes, k < width.

    ``of`` and ``to`` are :class:`.product.Rows`. Columns k go in groups of SHUFFLE bytes: both arrays have room for a
    last whole one.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2))
        lanes, few = target.lanes, SHUFFLE // source.bytes
        source.vector, target.vector = (ir.VectorType(source.element, count) for count in (few, 2 * few))
        (begin, step), (at, wide) = ([builder.extract_value(args[i], j) for j in range(2)] for i in (1, 3))
        width = args[4]
        group = at.type(few)
        with cgutils.for_range_slice(builder, at.type(0), width, group, at.type) as (k, _):
            place = builder.add(at, builder.mul(k, wide))
            left = builder.add(begin, k)
            for first in range(0, lanes, 2 * few):
                begins = [builder.add(times(builder, step, first + r), left) for r in range(2 * few)]
                parts = [source.load(begin) for begin in begins]
                joined = [_shuffled(builder, parts[r], parts[r + few], list(range(2 * few))) for r in range(few)]
                for c, column in enumerate(_transposed(builder, joined)):
                    target.store(column, builder.add(builder.add(place, times(builder, wide, c)), at.type(first)))
        return context.get_dummy_value()

    return types.void(rows, of, out, to, types.intp), code


@block
def turn(rows, at, shape, out, to):
    """Rows of ``shape`` (count, width), from number ``at`` on, as columns (width, count) of ``out`` from ``to`` on.

    Both are whole vectors.
    """
    (count, width), zero = shape, 0
    for first in range(zero, count, BYTES // rows.itemsize):
        interleave(rows, Rows(at + first * width, width), out, Rows(to + first, count), width)
