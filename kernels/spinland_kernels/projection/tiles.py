"""Tiles of a random projection on the cores: drawn where they are used, in the order in which a product reads them.

    words    (4, COLUMNS)       32 signs of a column each, for the 128 parameters of a span
    across   COLUMNS × SPAN     a row for each coordinate: products with it are sums over coordinates
    along    SPAN × COLUMNS     a row for each parameter: products with it are sums over parameters

Signs are ±1 and normals as they are drawn; lengths of columns are made 1 elsewhere. Words become signs in vectors by
hand: a loop over bits took forty times as long as drawing them. For a single replica no tile is made: its numbers are
added with the signs of the words, in the same order and with the same bits as products with a tile have.
"""

from typing import Any

from llvmlite import ir
from numba import uint32
from numba.core import cgutils, types

from ..jit import block
from ..philox import formula as random
from ..philox.normals import normals_into
from ..vectors import Array, intrinsic, splat
from .formula import SPAN

COLUMNS = 64
"""Coordinates of a tile, which has 32 KiB in float32."""

_BITS = 32  # of a word
_WORD = ir.IntType(_BITS)


@block
def draw_words(words, seed, purpose, number, span, first):
    """Words of the signs of a span of parameters in the columns ``first`` … of subspace ``number``."""
    for c in range(COLUMNS):
        w = random.words(seed, span, first + c, number, purpose)
        words[0, c], words[1, c], words[2, c], words[3, c] = uint32(w[0]), uint32(w[1]), uint32(w[2]), uint32(w[3])


def _either(builder: Any, word: Any, mask: Any, plus: Any, minus: Any) -> Any:
    """One vector where a bit is set, the other elsewhere; word and mask are vectors of words."""
    is_set = builder.icmp_unsigned("!=", builder.and_(word, mask), ir.Constant(mask.type, [0] * mask.type.count))
    return builder.select(is_set, plus, minus)


def _units(kind: Any) -> tuple[Any, Any]:
    """Vectors of 1 and of −1."""
    plus, minus = (ir.Constant(kind, [value] * kind.count) for value in (1.0, -1.0))
    return plus, minus


def _bits(builder: Any, words: Array, word: Any, first: int, lanes: int) -> Any:
    """Bits ``first`` … of word number ``word`` as a mask of lanes, read as the byte or two that they are."""
    number = ir.IntType(lanes)
    address = builder.bitcast(builder.gep(words.data, [word]), number.as_pointer())
    loaded = builder.load(builder.gep(address, [word.type(first // lanes)]), align=1)
    return builder.bitcast(loaded, ir.VectorType(ir.IntType(1), lanes))


@intrinsic
def _bits_across(typingctx: Any, words: Any, at: Any, tile: Any, to: Any) -> Any:
    """The signs of word ``at``, one after the other, into the tile from number ``to`` on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2))
        for first in range(0, _BITS, target.lanes):
            is_set = _bits(builder, source, args[1], first, target.lanes)
            signs = builder.select(is_set, *_units(target.vector))
            target.store(signs, builder.add(args[3], args[3].type(first)))
        return context.get_dummy_value()

    return types.void(words, types.intp, tile, types.intp), code


@intrinsic
def _bits_along(typingctx: Any, words: Any, at: Any, tile: Any, to: Any) -> Any:
    """The signs of COLUMNS words from ``at`` on, a row of COLUMNS for each bit, into the tile from number ``to`` on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2))
        source.vector = ir.VectorType(_WORD, target.lanes)
        for first in range(0, COLUMNS, target.lanes):
            word = source.load(builder.add(args[1], args[1].type(first)))
            for bit in range(_BITS):
                mask = ir.Constant(source.vector, [1 << bit] * target.lanes)
                place = builder.add(args[3], args[3].type(bit * COLUMNS + first))
                target.store(_either(builder, word, mask, *_units(target.vector)), place)
        return context.get_dummy_value()

    return types.void(words, types.intp, tile, types.intp), code


@intrinsic
def add_across(typingctx: Any, words: Any, z: Any, at: Any, depth: Any, sums: Any) -> Any:
    """sums[i] += ± z[at + c], with the sign of bit i of the words of column c, for ``depth`` columns in order."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, factors, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 1, 4))
        _, _, at, depth, _ = args
        together = target.lanes // 4  # words whose sums, eight vectors, stay in registers
        for low in range(0, 4, together):
            places = [at.type(low * _BITS + first) for first in range(0, together * _BITS, target.lanes)]
            totals = [cgutils.alloca_once_value(builder, target.load(place)) for place in places]
            with cgutils.for_range(builder, depth) as loop:
                plus = splat(builder, factors.scalar(builder.add(at, loop.index)), target.lanes)
                minus = builder.fneg(plus)
                waiting = iter(totals)
                for k in range(low, low + together):
                    word = builder.add(loop.index, at.type(k * COLUMNS))
                    for first in range(0, _BITS, target.lanes):
                        is_set, total = _bits(builder, source, word, first, target.lanes), next(waiting)
                        term = builder.select(is_set, plus, minus)
                        builder.store(builder.fadd(builder.load(total), term), total)
            for total, place in zip(totals, places, strict=True):
                target.store(builder.load(total), place)
        return context.get_dummy_value()

    return types.void(words, z, types.intp, types.intp, sums), code


@intrinsic
def add_along(typingctx: Any, words: Any, g: Any, at: Any, sums: Any) -> Any:
    """sums[c] += ± g[at + i], with the sign of bit i of the words of column c, for the SPAN parameters i in order."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, factors, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 1, 3))
        at = args[2]
        source.vector = ir.VectorType(_WORD, target.lanes)
        places = [at.type(first) for first in range(0, COLUMNS, target.lanes)]
        totals = [cgutils.alloca_once_value(builder, target.load(place)) for place in places]
        with cgutils.for_range(builder, at.type(SPAN // _BITS)) as loop:
            row = builder.mul(loop.index, at.type(COLUMNS))
            begin = builder.add(at, builder.mul(loop.index, at.type(_BITS)))
            some = [source.load(builder.add(row, place)) for place in places]
            for bit in range(_BITS):
                mask = ir.Constant(source.vector, [1 << bit] * target.lanes)
                plus = splat(builder, factors.scalar(builder.add(begin, at.type(bit))), target.lanes)
                minus = builder.fneg(plus)
                for word, total in zip(some, totals, strict=True):
                    term = _either(builder, word, mask, plus, minus)
                    builder.store(builder.fadd(builder.load(total), term), total)
        for total, place in zip(totals, places, strict=True):
            target.store(builder.load(total), place)
        return context.get_dummy_value()

    return types.void(words, g, types.intp, sums), code


@block
def signs_across(words, tile):
    """Signs, a row for each coordinate."""
    for c in range(COLUMNS):
        for k in range(4):
            _bits_across(words, k * COLUMNS + c, tile, c * SPAN + k * _BITS)


@block
def signs_along(words, tile):
    """Signs, a row for each parameter."""
    for k in range(4):
        _bits_along(words, k * COLUMNS, tile, k * _BITS * COLUMNS)


@block
def normals_across(tile, seed, purpose, number, span, first, count):
    """Normals, a row for each of ``count`` coordinates."""
    for c in range(count):
        normals_into(tile[c * SPAN : (c + 1) * SPAN], 1.0, seed, purpose, number, first + c, span * SPAN)
