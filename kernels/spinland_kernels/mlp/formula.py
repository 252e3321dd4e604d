"""Scalar mathematics of a ReLU network and its losses: exponentials without a call, so that they vectorise."""

import math

import numpy as np

from ..jit import formula
from ..vectors import fma

_LOG2_E = np.float32(1 / math.log(2))
# log 2 in two parts: the first has few digits, so that its products with whole numbers are exact.
_LOG2_HIGH = np.float32(0.693359375)
_LOG2_LOW = np.float32(math.log(2) - 0.693359375)
_LOWEST = np.float32(-87)  # below it the exponential is 1.6e-38, which adds nothing to a sum of order one
_WHOLE = np.float32(3 << 22)  # 1.5 · 2^23: a number added to it is rounded to a whole one, its last bits
_ONE_BITS = 0x3F800000  # of float32 1
_HALF_ROOT_BITS = 0x3F3504F3  # of float32 sqrt(1/2)
_A3, _A5, _A7, _A9 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9)
# exp(r) = 1 + r + r² (C2 + ...) within 3.1e-9 for |r| ≤ (log 2)/2, the least greatest relative error.
_C2, _C3, _C4 = np.float32(0.49999993432), np.float32(0.16666520399), np.float32(0.04166839079)
_C5, _C6 = np.float32(0.00836874511), np.float32(0.00138145400)


@formula
def layer_size(fan_in, fan_out, bias):
    """Number of parameters of a layer."""
    return fan_out * (fan_in + 1) if bias else fan_out * fan_in


@formula
def exponential_single(x):
    """Exponential of a float32 x ≤ 0, within 2 units in the last place above −87, never below exp(−87).

    x = n log 2 + r with |r| ≤ (log 2)/2, a polynomial of r, and n into the exponent. There is no call in it,
    so a loop over it vectorises; that is why it exists. NaN stays NaN.
    """
    y = max(x, _LOWEST)  # NaN stays: the first unless the second is greater
    shifted = fma(y, _LOG2_E, _WHOLE)
    n = shifted - _WHOLE
    r = fma(n, -_LOG2_LOW, fma(n, -_LOG2_HIGH, y))
    p = fma(r, _C6, _C5)
    p = fma(r, p, _C4)
    p = fma(r, p, _C3)
    p = fma(r, p, _C2)
    p = fma(r, fma(r, p, np.float32(1)), np.float32(1))
    # The last bits of the shifted number are n; the others leave to the left.
    power = np.int32((np.float32(shifted).view(np.int32) + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * power


@formula
def log1p_single(x):
    """log(1 + x) of a float32 x ≥ 0, below the largest float, within a few units in the last place.

    With u = 1 + x rounded, log(1 + x) = log u + (x − (u − 1))/u; the logarithm of u = 2^n m is
    n log 2 + 2 artanh((m − 1)/(m + 1)) with m between sqrt(1/2) and sqrt(2). No call, so that it vectorises.
    """
    one = np.float32(1)
    u = one + x
    lost = (x - (u - one)) / u
    bits = np.float32(u).view(np.int32)
    # Adding the distance from sqrt(1/2) to 1 carries into the exponent just where m passes sqrt(2).
    shifted = bits + np.int32(_ONE_BITS - _HALF_ROOT_BITS)
    exponent = np.int32(shifted >> np.int32(23)) - np.int32(127)
    m = np.int32((shifted & np.int32(0x007FFFFF)) + np.int32(_HALF_ROOT_BITS)).view(np.float32)
    s = (m - one) / (m + one)
    q = s * s
    series = _A3 + q * (_A5 + q * (_A7 + q * _A9))
    n = np.float32(exponent)
    return (n * _LOG2_HIGH) + (np.float32(2) * s + (np.float32(2) * s * (q * series) + (n * _LOG2_LOW + lost)))
