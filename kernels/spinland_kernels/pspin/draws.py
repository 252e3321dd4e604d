"""Couplings from their ranks: normal numbers and signs, many at once.

Coupling ``rank`` has number ``rank`` of the stream (seed, purpose): four normals come from one Philox block, 128
signs from one. The normals are those of ``philox`` (Box and Muller 1958) but for the last digits: logarithm, sine
and cosine are polynomials, which are computed for several numbers at once and are the same on every machine.
"""

import math

import numpy as np
from numba import float64, int32, int64, uint64

from ..jit import block, formula
from ..philox.normals import fill_words
from ..vectors import fma
from .formula import orderings

GAUSSIAN, SIGNS = 0, 1
_BLOCKS = 256  # Philox blocks at once
_LN2 = math.log(2.0)
_MANTISSA = 0x000FFFFFFFFFFFFF
_ONE = 0x3FF0000000000000  # bits of 1.0
_WHOLE = 0x4330000000000000  # bits of 2^52, whose last digit is 1
_EXPONENT = 2.0**52 + 1023.0


@formula
def _centred(word):
    """A 32-bit word plus one half; through a signed number, which vectors can convert."""
    return float64(int32(int64(word) - 2147483648)) + 2147483648.5


@formula
def _log_mantissa(m):
    """log(m) for m from sqrt(1/2) to sqrt(2): 2 artanh(s), s = (m − 1)/(m + 1); its series to s^21."""
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    sum_ = 1.0 / 21.0
    for n in (19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        sum_ = fma(sum_, t, 1.0 / n)
    return 2.0 * fma(s * t, sum_, s)


@formula
def _sine(r):
    """sin(r) for |r| ≤ π/4, its series to r^17."""
    t = r * r
    sum_ = 1.0 / 355687428096000.0
    sum_ = fma(sum_, t, -1.0 / 1307674368000.0)
    sum_ = fma(sum_, t, 1.0 / 6227020800.0)
    sum_ = fma(sum_, t, -1.0 / 39916800.0)
    sum_ = fma(sum_, t, 1.0 / 362880.0)
    sum_ = fma(sum_, t, -1.0 / 5040.0)
    sum_ = fma(sum_, t, 1.0 / 120.0)
    sum_ = fma(sum_, t, -1.0 / 6.0)
    return fma(r * t, sum_, r)


@formula
def _cosine(r):
    """cos(r) for |r| ≤ π/4, its series to r^16."""
    t = r * r
    sum_ = 1.0 / 20922789888000.0
    sum_ = fma(sum_, t, -1.0 / 87178291200.0)
    sum_ = fma(sum_, t, 1.0 / 479001600.0)
    sum_ = fma(sum_, t, -1.0 / 3628800.0)
    sum_ = fma(sum_, t, 1.0 / 40320.0)
    sum_ = fma(sum_, t, -1.0 / 720.0)
    sum_ = fma(sum_, t, 1.0 / 24.0)
    sum_ = fma(sum_, t, -0.5)
    return fma(sum_, t, 1.0)


@block
def _radii(words, count, unit, exponent):
    """sqrt(−2 log u) into ``unit``."""
    bits, exponent_bits = unit.view(np.int64), exponent.view(np.int64)
    for b in range(count):
        unit[b] = _centred(words[b]) * 2.0**-32
    for b in range(count):
        exponent_bits[b] = (bits[b] >> 52) | _WHOLE
        bits[b] = (bits[b] & _MANTISSA) | _ONE
    for b in range(count):
        large = unit[b] > math.sqrt(2.0)
        m = unit[b] * 0.5 if large else unit[b]
        e = exponent[b] - _EXPONENT
        e = e + 1.0 if large else e
        unit[b] = math.sqrt(-2.0 * fma(e, _LN2, _log_mantissa(m)))


@block
def _normals(words, count, out, unit, exponent):
    """Box and Muller: from four words of each block four normals."""
    for half in range(2):
        _radii(words[2 * half], count, unit, exponent)
        angles = words[2 * half + 1]
        for b in range(count):
            word = int64(angles[b])
            quarter = (word + 536870912) >> 30
            r = (float64(int32(word - (quarter << 30))) + 0.5) * (math.pi / 2.0**31)
            s, c = _sine(r), _cosine(r)
            odd = (quarter & 1) == 1
            x = s if odd else c
            y = c if odd else s
            x = -x if ((quarter + 1) & 2) == 2 else x
            y = -y if (quarter & 2) == 2 else y
            out[4 * b + 2 * half] = unit[b] * x
            out[4 * b + 2 * half + 1] = unit[b] * y


@block
def _signs(words, count, out):
    for b in range(count):
        for w in range(4):
            word = int64(words[w, b])
            at = 128 * b + 32 * w
            for k in range(32):
                out[at + k] = float64(int32(1 - 2 * ((word >> k) & 1)))


@block
def _draw(out, start, seed, purpose, disorder):
    """Numbers ``start`` … of a stream, of variance 1."""
    each = 4 if disorder == GAUSSIAN else 128
    blocks = _BLOCKS if disorder == GAUSSIAN else _BLOCKS // 8
    words = np.empty((4, blocks), np.uint64)
    unit, exponent = np.empty(blocks), np.empty(blocks)
    drawn = np.empty(each * blocks)
    n = out.shape[0]
    first = start // each
    while first * each < start + n:
        count = min(blocks, (start + n - 1) // each - first + 1)
        fill_words(words, count, seed, first, 0, 0 if disorder == GAUSSIAN else 1, purpose)
        if disorder == GAUSSIAN:
            _normals(words, count, drawn, unit, exponent)
        else:
            _signs(words, count, drawn)
        shift = start - first * each
        low, high = max(0, shift), min(count * each, shift + n)
        for k in range(low, high):
            out[k - shift] = drawn[k]
        first += count


@block
def draw_rows(out, index, low, high, rank, seed, purpose, disorder):
    """Couplings of rows ``low`` … ``high − 1`` of one triangle, the first of rank ``rank``: sqrt(orderings) z.

    The sum of the orderings of one set is normal with that variance, so one number stands for all. ``index``
    (order − 1,) holds the indices of the triangle and room for that of a row.
    """
    _draw(out, rank, uint64(seed), purpose, disorder)
    at = 0
    for row in range(low, high):
        index[index.shape[0] - 1] = row
        scale = math.sqrt(orderings(index, -1))
        for k in range(at, at + row):
            out[k] *= scale
        out[at + row] *= math.sqrt(orderings(index, row))
        at += row + 1
