"""Exponential that a loop over samples can vectorise; the library's own is a call for every number."""

import numpy as np

from ..jit import formula

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238  # ln 2 in two parts; the first has trailing zeros, so that k times it is exact
_LN2_LOW = 1.9082149292705877e-10
_ROUND = 6755399441055744.0  # 1.5 · 2^52: adding it rounds to a whole number, held in the low bits of the sum
_LOWEST = -708.0


@formula
def exp_of_negative(x):
    """exp(x) for x <= 0 in float64, within 2 units of the last place; zero below -708, NaN stays NaN.

    x = k ln 2 + r with |r| <= ln(2)/2: the Taylor series of exp(r) to r^13 (remainder 4e-18), times 2^k, which
    is made by writing k + 1023 into the exponent bits.
    """
    x = np.float64(x)
    inside = x if not x < _LOWEST else _LOWEST
    shifted = inside * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = (inside - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1 / 6227020800
    p = p * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 1 / 2
    y = (p * r * r + r) + 1
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52)
    return y * power.view(np.float64) if not x < _LOWEST else 0.0
