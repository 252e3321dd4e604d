"""Tiles of a random projection on the cores: drawn where they are used, in the order in which a product reads them.

    words    (4, COLUMNS)       32 signs of a column each, for the 128 parameters of a span
    across   COLUMNS × SPAN     a row for each coordinate: products with it are sums over coordinates
    along    SPAN × COLUMNS     a row for each parameter: products with it are sums over parameters

Signs are ±1 and normals as they are drawn; lengths of columns are made 1 elsewhere. Words become signs in vectors by hand:
a loop over bits took forty times as long as drawing them.
"""

from typing import Any

from llvmlite import ir
from numba import uint32
from numba.core import types

from ..jit import block
from ..philox import formula as random
from ..philox.normals import normals_into
from ..vectors import Array, intrinsic, splat
from .formula import SPAN

COLUMNS = 32
"""Coordinates of a tile, which has 16 KiB in float32."""

_BITS = 32  # of a word
_WORD = ir.IntType(_BITS)


@block
def draw_words(words, seed, purpose, number, span, first):
    """Words of the signs of a span of parameters in the columns ``first`` … of subspace ``number``."""
    for c in range(COLUMNS):
        w = random.words(seed, span, first + c, number, purpose)
        words[0, c], words[1, c], words[2, c], words[3, c] = uint32(w[0]), uint32(w[1]), uint32(w[2]), uint32(w[3])


def _signs(builder: Any, word: Any, mask: Any, kind: Any) -> Any:
    """A vector of 1 where a bit is set, of −1 elsewhere; word and mask are vectors of words."""
    plus, minus = (ir.Constant(kind, [value] * kind.count) for value in (1.0, -1.0))
    is_set = builder.icmp_unsigned("!=", builder.and_(word, mask), ir.Constant(mask.type, [0] * kind.count))
    return builder.select(is_set, plus, minus)


@intrinsic
def _bits_across(typingctx: Any, words: Any, at: Any, tile: Any, to: Any) -> Any:
    """The signs of word ``at``, one after the other, into the tile from number ``to`` on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (Array(context, builder, signature.args[i], args[i]) for i in (0, 2))
        wide = ir.VectorType(_WORD, target.lanes)
        word = splat(builder, source.scalar(args[1]), target.lanes)
        for first in range(0, _BITS, target.lanes):
            mask = ir.Constant(wide, [1 << first + lane for lane in range(target.lanes)])
            target.store(_signs(builder, word, mask, target.vector), builder.add(args[3], args[3].type(first)))
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
                target.store(_signs(builder, word, mask, target.vector), place)
        return context.get_dummy_value()

    return types.void(words, types.intp, tile, types.intp), code


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
