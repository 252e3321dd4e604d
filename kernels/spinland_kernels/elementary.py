"""Exponential, logarithm, sine and cosine of float64 without a call, each as one formula.

A call of the C library for every number would keep the loop around it from being vectorised, and libraries differ
in the last digit. These are polynomials and the bits of a float64, so that they are the same on every machine,
compiled, interpreted or simulated. A float64 is ± 2^e m with 1 ≤ m < 2:

    bit   63   62 … 52    51 … 0
          ±    e + 1023   (m − 1) 2^52

so 2^k is made by writing k + 1023 into the exponent, and e and m are had by masking.
"""

import math

import numpy as np

from .jit import formula

_LN2 = math.log(2.0)
_LOG2_E = 1.4426950408889634
# ln 2 in two parts; the first has trailing zeros, so that k times it is exact
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_ROUNDER = 6755399441055744.0  # 1.5 · 2^52: adding it rounds to a whole number, held in the low bits of the sum
_LOWEST = -708.0  # below it the exponential is no normal number
_MANTISSA = 0x000FFFFFFFFFFFFF
_ONE = 0x3FF0000000000000  # bits of 1.0
_WHOLE = 0x4330000000000000  # bits of 2^52, whose last digit is 1
_EXPONENT = 2.0**52 + 1023.0


@formula
def exp_of_negative(x):
    """exp(x) for x <= 0 in float64, within 2 units of the last place; zero below -708, NaN stays NaN.

    x = k ln 2 + r with |r| <= ln(2)/2: the Taylor series of exp(r) to r^13 (remainder 4e-18), times 2^k.
    """
    x = np.float64(x)
    inside = x if not x < _LOWEST else _LOWEST
    shifted = inside * _LOG2_E + _ROUNDER
    k = shifted - _ROUNDER
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


@formula
def log_of_normal(x):
    """log(x) for positive, finite float64 x, but the subnormal ones.

    x = 2^e m with m from sqrt(1/2) to sqrt(2): e ln 2 + 2 artanh(s), s = (m − 1)/(m + 1), its series to s^21.
    """
    bits = np.float64(x).view(np.int64)
    e = np.int64((bits >> 52) | _WHOLE).view(np.float64) - _EXPONENT
    m = np.int64((bits & _MANTISSA) | _ONE).view(np.float64)
    large = m > math.sqrt(2.0)
    m = m * 0.5 if large else m
    e = e + 1.0 if large else e
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    p = 1.0 / 21.0
    p = p * t + 1.0 / 19.0
    p = p * t + 1.0 / 17.0
    p = p * t + 1.0 / 15.0
    p = p * t + 1.0 / 13.0
    p = p * t + 1.0 / 11.0
    p = p * t + 1.0 / 9.0
    p = p * t + 1.0 / 7.0
    p = p * t + 1.0 / 5.0
    p = p * t + 1.0 / 3.0
    return e * _LN2 + 2.0 * (s * t * p + s)


@formula
def sine(r):
    """sin(r) for |r| ≤ π/4, its series to r^17."""
    t = r * r
    p = 1.0 / 355687428096000.0
    p = p * t - 1.0 / 1307674368000.0
    p = p * t + 1.0 / 6227020800.0
    p = p * t - 1.0 / 39916800.0
    p = p * t + 1.0 / 362880.0
    p = p * t - 1.0 / 5040.0
    p = p * t + 1.0 / 120.0
    p = p * t - 1.0 / 6.0
    return r * t * p + r


@formula
def cosine(r):
    """cos(r) for |r| ≤ π/4, its series to r^16."""
    t = r * r
    p = 1.0 / 20922789888000.0
    p = p * t - 1.0 / 87178291200.0
    p = p * t + 1.0 / 479001600.0
    p = p * t - 1.0 / 3628800.0
    p = p * t + 1.0 / 40320.0
    p = p * t - 1.0 / 720.0
    p = p * t + 1.0 / 24.0
    p = p * t - 0.5
    return p * t + 1.0
