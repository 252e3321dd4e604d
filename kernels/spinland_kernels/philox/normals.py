"""Normal numbers, many at once: Box and Muller with polynomials for logarithm, sine and cosine.

They are those of :func:`.formula.normal_block` but for the last digits. A call of the library for every number would
keep a loop from being vectorised, and the polynomials are the same on every machine besides.
"""

import math

import numpy as np
from numba import float64, int32, int64, uint64

from ..jit import block
from ..jit import formula as scalar
from . import formula

_BLOCKS = 256  # Philox blocks at once
_LN2 = math.log(2.0)
_MANTISSA = 0x000FFFFFFFFFFFFF
_ONE = 0x3FF0000000000000  # bits of 1.0
_WHOLE = 0x4330000000000000  # bits of 2^52, whose last digit is 1
_EXPONENT = 2.0**52 + 1023.0


@scalar
def _centred(word):
    """A 32-bit word plus one half; through a signed number, which vectors can convert."""
    return float64(int32(int64(word) - 2147483648)) + 2147483648.5


@scalar
def _log_mantissa(m):
    """log(m) for m from sqrt(1/2) to sqrt(2): 2 artanh(s), s = (m − 1)/(m + 1); its series to s^21."""
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    sum_ = 1.0 / 21.0
    for n in (19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        sum_ = sum_ * t + 1.0 / n
    return 2.0 * (s * t * sum_ + s)


@scalar
def _sine(r):
    """sin(r) for |r| ≤ π/4, its series to r^17."""
    t = r * r
    sum_ = 1.0 / 355687428096000.0
    sum_ = sum_ * t - 1.0 / 1307674368000.0
    sum_ = sum_ * t + 1.0 / 6227020800.0
    sum_ = sum_ * t - 1.0 / 39916800.0
    sum_ = sum_ * t + 1.0 / 362880.0
    sum_ = sum_ * t - 1.0 / 5040.0
    sum_ = sum_ * t + 1.0 / 120.0
    sum_ = sum_ * t - 1.0 / 6.0
    return r * t * sum_ + r


@scalar
def _cosine(r):
    """cos(r) for |r| ≤ π/4, its series to r^16."""
    t = r * r
    sum_ = 1.0 / 20922789888000.0
    sum_ = sum_ * t - 1.0 / 87178291200.0
    sum_ = sum_ * t + 1.0 / 479001600.0
    sum_ = sum_ * t - 1.0 / 3628800.0
    sum_ = sum_ * t + 1.0 / 40320.0
    sum_ = sum_ * t - 1.0 / 720.0
    sum_ = sum_ * t + 1.0 / 24.0
    sum_ = sum_ * t - 0.5
    return sum_ * t + 1.0


@block
def fill_words(words, count, seed, first, step, replica, purpose):
    """Philox blocks ``first``, ... of a stream into ``words`` (4, count)."""
    for b in range(count):
        words[0, b], words[1, b], words[2, b], words[3, b] = formula.words(
            seed, first + b, step, replica, purpose
        )


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
        unit[b] = math.sqrt(-2.0 * (e * _LN2 + _log_mantissa(m)))


@block
def _pairs(angles, radius, count, half, out):
    """radius · (cos, sin) of the angles 2π (word + 1/2) / 2^32, to numbers 2 half and 2 half + 1 of each block."""
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
        out[4 * b + 2 * half] = radius[b] * x
        out[4 * b + 2 * half + 1] = radius[b] * y


@block
def normals_into(out, scale, seed, purpose, replica, step, start):
    """Set ``out`` to ``scale`` times normals ``start ... start + len(out) - 1`` of a stream."""
    words = np.empty((4, _BLOCKS), np.uint64)
    radius, exponent = np.empty(_BLOCKS), np.empty(_BLOCKS)
    drawn = np.empty(4 * _BLOCKS)
    end = start + out.shape[0]
    for first in range(start // 4, (end + 3) // 4, _BLOCKS):
        count = min(_BLOCKS, (end + 3) // 4 - first)
        fill_words(words, count, uint64(seed), first, step, replica, purpose)
        for half in range(2):
            _radii(words[2 * half], count, radius, exponent)
            _pairs(words[2 * half + 1], radius, count, half, drawn)
        shift = 4 * first - start
        for k in range(max(0, -shift), min(4 * count, end - 4 * first)):
            out[k + shift] = scale * drawn[k]
