"""Scalar mathematics of neuron swaps: interpolation, and a softmax loss that vectorises."""

import math

import numpy as np

from ..jit import formula

_LOG2_E = np.float32(1 / math.log(2))
# log 2 in two parts: the first has few digits, so that its products with whole numbers are exact.
_LOG2_HIGH = np.float32(0.693359375)
_LOG2_LOW = np.float32(math.log(2) - 0.693359375)
_LOWEST = np.float32(-87)  # below it the exponential is 1.6e-38, which adds nothing to a sum of order one
_ONE_BITS = 0x3F800000  # of float32 1
_HALF_ROOT_BITS = 0x3F3504F3  # of float32 sqrt(1/2)
_A3, _A5, _A7, _A9 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9)
_C2, _C3, _C4 = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24)
_C5, _C6, _C7 = np.float32(1 / 120), np.float32(1 / 720), np.float32(1 / 5040)


@formula
def blend(alpha, beta, a, b):
    """(1 − α) a + α b with β = 1 − α given, so that no type is widened; exact at both ends."""
    return beta * a + alpha * b


@formula
def rectified(z, zero):
    """ReLU with a zero of the type of ``z``; NaN stays NaN."""
    return max(z, zero)  # z unless zero is greater


@formula
def exponential_single(x):
    """Exponential of a float32 x ≤ 0, within 2 units in the last place above −87, never below exp(−87).

    Taylor's series to degree 7 on |r| ≤ (log 2)/2, after x = n log 2 + r. There is no call in it, so a
    loop over it vectorises; that is why it exists. NaN stays NaN.
    """
    y = max(x, _LOWEST)  # NaN stays: the first unless the second is greater
    n = np.floor(max(_LOWEST, y) * _LOG2_E + np.float32(0.5))
    r = (y - n * _LOG2_HIGH) - n * _LOG2_LOW
    p = _C6 + r * _C7
    p = _C5 + r * p
    p = _C4 + r * p
    p = _C3 + r * p
    p = _C2 + r * p
    p = np.float32(1) + r * (np.float32(1) + r * p)
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
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
    return (n * _LOG2_HIGH) + (
        np.float32(2) * s + (np.float32(2) * s * (q * series) + (n * _LOG2_LOW + lost))
    )
