"""Fused multiply-add and small products over lanes, in one arithmetic wherever they are compiled.

A compiler may contract a·b + c or leave it, and the same loop comes out differently in another
surrounding. Where the bits of one point must be those of the same point in a batch, the fused operation is
asked for by name, and vectors are written as vectors: numbers side by side, 64 bytes of them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types

intrinsic: Any = extending.intrinsic  # whose type asks its callers for the typing context

BYTES = 64  # of one vector: 8 lanes of float64, 16 of float32
HALF = 32  # bytes of the blocks of a triangle: 4 rows of float64, 8 of float32
ROWS = 6  # of one product: with vectors of two registers its sums fill 12 of 16 registers


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = a.type
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    name = "f64" if isinstance(element, ir.DoubleType) else "f32"
    if isinstance(kind, ir.VectorType):
        name = f"v{kind.count}{name}"
    signature = ir.FunctionType(kind, [kind, kind, kind])
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fma.{name}")
    return builder.call(function, [a, b, c])


def _splat(builder: Any, value: Any, count: int) -> Any:
    vector = ir.VectorType(value.type, count)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)


class _Array:
    """The numbers of an array argument, one by one or as vectors of lanes."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any):
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, value).data
        self.element = context.get_data_type(kind.dtype)
        self.bytes = kind.dtype.bitwidth // 8
        self.lanes = BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)

    def _pointer(self, at: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [at]), kind.as_pointer())

    def scalar(self, at: Any) -> Any:
        return self.builder.load(self.builder.gep(self.data, [at]))

    def load(self, at: Any) -> Any:
        return self.builder.load(self._pointer(at, self.vector), align=self.bytes)

    def prefetch(self, at: Any) -> None:
        """Ask for the cache line of number ``at``, which may lie beyond the end."""
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        signature = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(self.builder.module, signature, "llvm.prefetch.p0i8")
        self.builder.call(function, [self._pointer(at, ir.IntType(8)), number(0), number(3), number(1)])

    def store(self, value: Any, at: Any) -> None:
        self.builder.store(value, self._pointer(at, self.vector), align=self.bytes)


def _times(builder: Any, index: Any, factor: int) -> Any:
    return builder.mul(index, index.type(factor))


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _fma(builder, *args)

    return a(a, a, a), code


@intrinsic
def tile_product(
    typingctx: Any,
    a: Any,
    at: Any,
    row_step: Any,
    step: Any,
    x: Any,
    x_at: Any,
    h: Any,
    h_at: Any,
    depth: Any,
) -> Any:
    """h[r, :] += Σ_k a[r, k] x[k, :] for ROWS rows r, one k after the other; x and h are rows of lanes.

    a[r, k] is number ``at + r·row_step + k·step`` of the array ``a``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (_Array(context, builder, signature.args[i], args[i]) for i in (0, 4, 6))
        _, start, row_step, step, _, x_at, _, h_at, depth = args
        sums = [cgutils.alloca_once(builder, out.vector) for _ in range(ROWS)]
        places = [builder.add(h_at, start.type(r * out.lanes)) for r in range(ROWS)]
        for total, place in zip(sums, places, strict=True):
            builder.store(out.load(place), total)
        with cgutils.for_range(builder, depth) as loop:
            row = right.load(builder.add(x_at, _times(builder, loop.index, right.lanes)))
            column = builder.add(start, builder.mul(loop.index, step))
            for r, total in enumerate(sums):
                value = left.scalar(builder.add(column, _times(builder, row_step, r)))
                spread = _splat(builder, value, out.lanes)
                builder.store(_fma(builder, spread, row, builder.load(total)), total)
        for total, place in zip(sums, places, strict=True):
            out.store(builder.load(total), place)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (a, integer, integer, integer, x, integer, h, integer, integer)
    return types.void(*arguments), code


@intrinsic
def add_scaled(typingctx: Any, out: Any, factor: Any, h: Any, count: Any) -> Any:
    """out[j, :] += factor[:] · h[j, :] for ``count`` rows of lanes, rounded after each operation."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, scale, source = (_Array(context, builder, signature.args[i], args[i]) for i in range(3))
        zero = args[3].type(0)
        by = scale.load(zero)
        with cgutils.for_range(builder, args[3]) as loop:
            at = _times(builder, loop.index, target.lanes)
            product = builder.fmul(by, source.load(at))
            target.store(builder.fadd(target.load(at), product), at)
        return context.get_dummy_value()

    return types.void(out, factor, h, types.intp), code


@intrinsic
def add_dots(typingctx: Any, out: Any, x: Any, h: Any, count: Any) -> Any:
    """out[:] += Σ_j x[j, :] · h[j, :] in float64 over ``count`` rows of lanes, one after the other."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right = (_Array(context, builder, signature.args[i], args[i]) for i in (1, 2))
        target = _Array(context, builder, signature.args[0], args[0])
        wide = ir.VectorType(ir.DoubleType(), left.lanes)
        place = builder.bitcast(target.data, wide.as_pointer())
        total = cgutils.alloca_once(builder, wide)
        builder.store(builder.load(place, align=8), total)

        def widened(vector: Any) -> Any:
            return vector if vector.type == wide else builder.fpext(vector, wide)

        with cgutils.for_range(builder, args[3]) as loop:
            at = _times(builder, loop.index, left.lanes)
            a, b = widened(left.load(at)), widened(right.load(at))
            builder.store(_fma(builder, a, b, builder.load(total)), total)
        builder.store(builder.load(total), place, align=8)
        return context.get_dummy_value()

    return types.void(out, x, h, types.intp), code


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Columns of a square block: lanes change places at distances 1, 2, 4."""
    size = len(rows)
    distance = 1
    while distance < size:
        low = [lane if not lane & distance else size + lane - distance for lane in range(size)]
        high = [lane + distance if not lane & distance else size + lane for lane in range(size)]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), size), mask) for mask in (low, high)]
        for i in range(size):
            if not i & distance:
                pair = rows[i], rows[i + distance]
                rows[i], rows[i + distance] = (builder.shuffle_vector(*pair, mask) for mask in masks)
        distance *= 2
    return rows


def _triangle_rows(groups: int | None) -> Any:
    """Code for ``groups`` blocks of rows of a triangle; None: 16 rows."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, x, h = (_Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 4))
        at, row, first, last = (args[i] for i in (1, 2, 5, 6))
        for array in (a, x, h):
            array.lanes = HALF // array.bytes
            array.vector = ir.VectorType(array.element, array.lanes)
        size = a.lanes
        count = groups or 16 // size
        one = row.type(1)
        starts = [
            builder.add(
                at, builder.add(_times(builder, builder.add(row, one), r), row.type(r * (r - 1) // 2))
            )
            for r in range(count * size)
        ]
        next_rows = builder.add(starts[-1], builder.add(row, row.type(count * size)))
        sums = [cgutils.alloca_once(builder, h.vector) for _ in range(count)]
        places = [builder.add(row, row.type(g * size)) for g in range(count)]
        for total, place in zip(sums, places, strict=True):
            builder.store(h.load(place), total)
        with cgutils.for_range_slice(builder, first, last, row.type(size), row.type) as (k, _):
            if groups is None:  # rows are too short for the machine to guess where the next sixteen lie
                ahead = builder.add(next_rows, _times(builder, k, count * size))
                for line in range(0, count * size * HALF, BYTES):
                    a.prefetch(builder.add(ahead, k.type(line // a.bytes)))
            below = h.load(k)
            factors = [_splat(builder, x.scalar(builder.add(k, k.type(c))), size) for c in range(size)]
            for g, total in enumerate(sums):
                block = []
                for r in range(g * size, (g + 1) * size):
                    block.append(a.load(builder.add(starts[r], k)))
                    factor = _splat(builder, x.scalar(builder.add(row, row.type(r))), size)
                    below = _fma(builder, block[-1], factor, below)
                for column, factor in zip(_transposed(builder, block), factors, strict=True):
                    builder.store(_fma(builder, column, factor, builder.load(total)), total)
            h.store(below, k)
        for total, place in zip(sums, places, strict=True):
            h.store(builder.load(total), place)
        return context.get_dummy_value()

    return code


def _rows_signature(a: Any, x: Any, h: Any) -> Any:
    integer = types.intp
    return types.void(a, integer, integer, x, h, integer, integer)


@intrinsic
def sixteen_rows(typingctx: Any, a: Any, at: Any, row: Any, x: Any, h: Any, first: Any, last: Any) -> Any:
    """Rows ``row`` … ``row + 15`` of a triangle, from number ``at`` of ``a``, columns ``first`` … ``last − 1``.

    h_j += Σ_k a_jk x_k over the rows j and h_k += Σ_j a_jk x_j over the columns k, in rising order; all bounds
    are multiples of the rows in HALF bytes.
    """
    return _rows_signature(a, x, h), _triangle_rows(None)


@intrinsic
def block_rows(typingctx: Any, a: Any, at: Any, row: Any, x: Any, h: Any, first: Any, last: Any) -> Any:
    """The same for as many rows as HALF bytes hold numbers."""
    return _rows_signature(a, x, h), _triangle_rows(1)


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
            at = builder.add(target_at, _times(builder, builder.sub(row, first), width))
            spots = [builder.add(at, one.type(v * target.lanes)) for v in range(count)]
            for total, spot in zip(sums, spots, strict=True):
                builder.store(target.load(spot), total)
            with cgutils.for_range_slice(builder, low, high, one, one.type) as (number, _):
                value = _splat(builder, values.scalar(number), target.lanes)
                place = builder.zext(places.scalar(number), one.type)
                line = builder.add(right_at, _times(builder, place, width))
                for v, total in enumerate(sums):
                    factor = right.load(builder.add(line, one.type(v * target.lanes)))
                    builder.store(_fma(builder, value, factor, builder.load(total)), total)
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

    Rows of ``dense`` and of ``out`` begin at numbers ``dense_at`` and ``out_at`` and hold ``vectors`` times HALF
    bytes; ``vectors`` is 8 or 4. The sums of a row stay in registers, one term after the other.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        begins, numbers, spots, right, target = (
            _Array(context, builder, kinds[i], args[i]) for i in (0, 3, 4, 5, 7)
        )
        for array in (right, target):
            array.lanes = HALF // array.bytes
            array.vector = ir.VectorType(array.element, array.lanes)
        rest = (begins, args[1], args[2], (numbers, spots), (right, args[6]), (target, args[8]))
        with builder.if_else(builder.icmp_signed("==", args[9], args[9].type(8))) as (wide, narrow):
            with wide:
                _sparse_rows(builder, 8, *rest)
            with narrow:
                _sparse_rows(builder, 4, *rest)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (starts, integer, integer, values, places, dense, integer, out, integer, integer)
    return types.void(*arguments), code
