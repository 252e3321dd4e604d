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
HALF = 32  # of those along the rows of a triangle: one register
_AHEAD = 1024  # bytes of a triangle that are asked for before they are needed
ROWS = 6  # of one product: with vectors of two registers its sums fill 12 of 16 registers
FEW = 5  # rows of a product with little depth, as many as keep the arithmetic unit busy


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

    def load_some(self, at: Any, mask: Any) -> Any:
        """A vector, 0 in the lanes that the mask leaves out; these are not read."""
        name = "f64" if isinstance(self.element, ir.DoubleType) else "f32"
        name = f"llvm.masked.load.v{self.lanes}{name}.p0"
        pointer, align = self._pointer(at, self.vector), ir.IntType(32)(self.bytes)
        signature = ir.FunctionType(self.vector, [pointer.type, align.type, mask.type, self.vector])
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        nothing = ir.Constant(self.vector, [0.0] * self.lanes)
        return self.builder.call(function, [pointer, align, mask, nothing])

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


def _add_products(builder: Any, sums: list[Any], left: Any, columns: list[Any], right: Any, x: Any) -> None:
    """sums[r] += Σ_k left[columns[r] + k·step] · right[x_at + k·x_step, :], with x = (x_at, x_step, step, depth).

    Kept in registers, as long as there are enough of them: one for each half of a sum.
    """
    x_at, x_step, step, depth = x
    with cgutils.for_range(builder, depth) as loop:
        row = right.load(builder.add(x_at, builder.mul(loop.index, x_step)))
        along = builder.mul(loop.index, step)
        for column, total in zip(columns, sums, strict=True):
            spread = _splat(builder, left.scalar(builder.add(column, along)), right.lanes)
            builder.store(_fma(builder, spread, row, builder.load(total)), total)


@intrinsic
def tile_product(
    typingctx: Any,
    a: Any,
    at: Any,
    row_step: Any,
    step: Any,
    x: Any,
    x_at: Any,
    x_step: Any,
    h: Any,
    h_at: Any,
    depth: Any,
) -> Any:
    """h[r, :] += Σ_k a[r, k] x[k · x_step, :] for ROWS rows r, one k after the other; x and h are rows of lanes.

    a[r, k] is number ``at + r·row_step + k·step`` of the array ``a``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (_Array(context, builder, signature.args[i], args[i]) for i in (0, 4, 7))
        _, start, row_step, step, _, x_at, x_step, _, h_at, depth = args
        x_step = _times(builder, x_step, right.lanes)
        columns = [builder.add(start, _times(builder, row_step, r)) for r in range(ROWS)]
        places = [builder.add(h_at, start.type(r * out.lanes)) for r in range(ROWS)]
        sums = [cgutils.alloca_once(builder, out.vector) for _ in range(ROWS)]
        for total, place in zip(sums, places, strict=True):
            builder.store(out.load(place), total)
        _add_products(builder, sums, left, columns, right, (x_at, x_step, step, depth))
        for total, place in zip(sums, places, strict=True):
            out.store(builder.load(total), place)
        return context.get_dummy_value()

    integer = types.intp
    arguments = (a, integer, integer, integer, x, integer, integer, h, integer, integer)
    return types.void(*arguments), code


@intrinsic
def add_products(
    typingctx: Any, a: Any, at: Any, step: Any, x: Any, h: Any, h_at: Any, h_step: Any, depth: Any
) -> Any:
    """h[r, :] += Σ_k a[k, r] x[k, :] for FEW rows r, one k after the other; x has rows of lanes.

    ``a[k, r]`` is number ``at + k·step + r`` of the array ``a``, row r of h begins at ``h_at + r·h_step``.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, out = (_Array(context, builder, signature.args[i], args[i]) for i in (0, 3, 4))
        _, start, step, _, _, h_at, h_step, depth = args
        sums = [cgutils.alloca_once(builder, out.vector) for _ in range(FEW)]
        places = [builder.add(h_at, _times(builder, h_step, r)) for r in range(FEW)]
        for total, place in zip(sums, places, strict=True):
            builder.store(out.load(place), total)
        with cgutils.for_range(builder, depth) as loop:
            row = right.load(_times(builder, loop.index, right.lanes))
            column = builder.add(start, builder.mul(loop.index, step))
            for r, total in enumerate(sums):
                spread = _splat(builder, left.scalar(builder.add(column, column.type(r))), out.lanes)
                builder.store(_fma(builder, spread, row, builder.load(total)), total)
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
        source, target = (_Array(context, builder, signature.args[i], args[i]) for i in (2, 5))
        to_other, to_own = (_splat(builder, args[i], source.lanes) for i in (0, 1))
        a, b = source.load(args[3]), source.load(args[4])
        zero = ir.Constant(source.vector, [0.0] * source.lanes)
        for row, (own, other) in enumerate(((a, b), (b, a))):
            blend = _fma(builder, to_own, own, builder.fmul(to_other, other))
            active = builder.select(builder.fcmp_ordered(">", zero, blend), zero, blend)
            target.store(active, builder.add(args[6], args[6].type(row * target.lanes)))
        return context.get_dummy_value()

    integer = types.intp
    return types.void(z.dtype, z.dtype, z, integer, integer, h, integer), code


def _rows_of_lists(width: int) -> Any:
    """The product of lists with rows of ``width`` vectors."""

    @intrinsic
    def rows_of_lists(
        typingctx: Any, out: Any, out_at: Any, cuts: Any, cell: Any, count: Any, values: Any, places: Any,
        table: Any, table_at: Any,
    ) -> Any:  # fmt: skip
        """out[r, :] += Σ_k values[k] · table[places[k], :], k in list r, one after the other.

        List r of ``count`` is ``cuts[cell + r] ≤ k < cuts[cell + r + 1]``; rows 0 begin at ``out_at``, ``table_at``.
        """

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            target, lists, factors, index, source = (
                _Array(context, builder, signature.args[i], args[i]) for i in (0, 2, 5, 6, 7)
            )
            _, out_at, _, cell, count, _, _, _, table_at = args
            number = count.type
            steps = [number(v * target.lanes) for v in range(width)]
            sums = [cgutils.alloca_once(builder, target.vector) for _ in range(width)]
            with cgutils.for_range(builder, count) as loop:
                row = builder.add(out_at, _times(builder, loop.index, width * target.lanes))
                for total, step in zip(sums, steps, strict=True):
                    builder.store(target.load(builder.add(row, step)), total)
                here = builder.add(cell, loop.index)
                first, last = lists.scalar(here), lists.scalar(builder.add(here, number(1)))
                with cgutils.for_range_slice(builder, first, last, number(1), number) as (k, _):
                    place = builder.sext(index.scalar(k), number)
                    at = builder.add(table_at, _times(builder, place, width * target.lanes))
                    factor = _splat(builder, factors.scalar(k), target.lanes)
                    for total, step in zip(sums, steps, strict=True):
                        right = source.load(builder.add(at, step))
                        builder.store(_fma(builder, factor, right, builder.load(total)), total)
                for total, step in zip(sums, steps, strict=True):
                    target.store(builder.load(total), builder.add(row, step))
            return context.get_dummy_value()

        integer = types.intp
        return types.void(out, integer, cuts, integer, integer, values, places, table, integer), code

    return rows_of_lists


#: Most vectors in a row of :func:`rows_of_lists_4`: its sums take 8 of 16 registers.
MOST_VECTORS = 4
rows_of_lists_1, rows_of_lists_2, rows_of_lists_3, rows_of_lists_4 = map(
    _rows_of_lists, range(1, MOST_VECTORS + 1)
)


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


def _narrow(context: Any, builder: Any, kind: Any, value: Any) -> _Array:
    """An array whose vectors are HALF bytes: along the rows of a triangle."""
    array = _Array(context, builder, kind, value)
    array.lanes = HALF // array.bytes
    array.vector = ir.VectorType(array.element, array.lanes)
    return array


def _folded(builder: Any, parts: list[Any]) -> Any:
    """The sum of a power of two of numbers or vectors, the upper half added to the lower until one is left."""
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
    return parts[0]


def _sum_of_lanes(builder: Any, vector: Any) -> Any:
    while (count := vector.type.count) > 1:
        masks = [
            ir.Constant(ir.VectorType(ir.IntType(32), count // 2), list(lanes))
            for lanes in (range(count // 2), range(count // 2, count))
        ]
        nothing = ir.Constant(vector.type, ir.Undefined)
        vector = builder.fadd(*(builder.shuffle_vector(vector, nothing, mask) for mask in masks))
    return builder.extract_element(vector, ir.IntType(32)(0))


def _lanes_up_to(builder: Any, last: Any, like: Any) -> tuple[Any, Any]:
    """Masks of the lanes 0 … ``last`` and of lane ``last`` alone, of a vector like ``like``."""
    number = ir.IntType(64 if isinstance(like.element, ir.DoubleType) else 32)
    lanes = ir.Constant(ir.VectorType(number, like.count), list(range(like.count)))
    bound = _splat(builder, builder.trunc(last, number) if number.width < 64 else last, like.count)
    return builder.icmp_signed("<=", lanes, bound), builder.icmp_signed("==", lanes, bound)


@intrinsic
def add_row(typingctx: Any, a: Any, at: Any, row: Any, x: Any, h: Any) -> Any:
    """Row ``row`` of a triangle, from number ``at`` of ``a``: h_k += a_k x_row for each k ≤ row, and Σ_k a_k x_k.

    The sum is one for each lane of a vector of HALF bytes, then their sum, to which h_row is set before its own
    term is added. ``h`` must have room for whole vectors.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, x, h = (_narrow(context, builder, signature.args[i], args[i]) for i in (0, 3, 4))
        at, row = args[1], args[2]
        lanes, nothing = a.lanes, ir.Constant(a.vector, [0.0] * a.lanes)
        factor = _splat(builder, x.scalar(row), lanes)
        total = cgutils.alloca_once_value(builder, nothing)

        def vector(k: Any) -> None:
            part = a.load(builder.add(at, k))
            h.store(_fma(builder, part, factor, h.load(k)), k)
            builder.store(_fma(builder, part, x.load(k), builder.load(total)), total)

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
        sums = _fma(builder, part, x.load_some(whole, some), builder.load(total))
        spread = _splat(builder, _sum_of_lanes(builder, sums), lanes)
        h.store(_fma(builder, part, factor, builder.select(own, spread, h.load(whole))), whole)
        return context.get_dummy_value()

    return types.void(a, types.intp, types.intp, x, h), code


@intrinsic
def add_folded(typingctx: Any, parts: Any, h: Any, h_at: Any) -> Any:
    """h[r, :] += the sum of parts[c, r, :] over c, as ``add_row`` adds its lanes; the parts become 0."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (_Array(context, builder, signature.args[i], args[i]) for i in (0, 1))
        at = args[2]
        zero = ir.Constant(source.vector, [0.0] * source.lanes)
        for r in range(ROWS):
            places = [at.type((c * ROWS + r) * source.lanes) for c in range(HALF // source.bytes)]
            total = _folded(builder, [source.load(place) for place in places])
            for place in places:
                source.store(zero, place)
            place = builder.add(at, at.type(r * target.lanes))
            target.store(builder.fadd(target.load(place), total), place)
        return context.get_dummy_value()

    return types.void(parts, h, types.intp), code


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
