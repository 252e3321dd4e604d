"""Philox4x32-10: from a counter and a key to four 32-bit words (Salmon et al., SC11, 2011), and what is made of them.

    counter  block | step | replica | purpose      key  low | high half of the 64-bit seed
                  └──────── ten rounds ───────────────────┘
    words       a            b            c            d
    uniforms    u_0          u_1          u_2          u_3           u = (word + 1/2) / 2^32
    normals     r cos φ,     r sin φ      r cos φ,     r sin φ       r² = −2 log u_a, φ = 2π u_b (Box and Muller 1958)

So block k holds numbers 4k … 4k + 3 of a stream, and no number depends on which others are drawn. Products are
64-bit and masked, and logarithm, sine and cosine are those of ``elementary``: compiled code, interpreted code and
the CUDA simulator give the same bits.
"""

import math

from numba import float64, int32, int64, uint64

from ..elementary import cosine, log_of_normal, sine
from ..jit import formula

MASK = uint64(0xFFFFFFFF)
_MULTIPLIER_A = uint64(0xD2511F53)
_MULTIPLIER_B = uint64(0xCD9E8D57)
_WEYL_A = uint64(0x9E3779B9)
_WEYL_B = uint64(0xBB67AE85)
_SHIFT = uint64(32)
_TO_UNIT = 2.0**-32
_HALF = 2147483648  # 2^31
_QUARTER = 30  # bits below those that tell the quarter of a turn
_TO_ANGLE = math.pi / 2.0**31


@formula
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words (as uint64) for a counter and a key, all given as uint64 below 2^32."""
    for _ in range(10):
        p = _MULTIPLIER_A * c0
        q = _MULTIPLIER_B * c2
        c0, c1, c2, c3 = (((q >> _SHIFT) ^ c1 ^ k0) & MASK, q & MASK, ((p >> _SHIFT) ^ c3 ^ k1) & MASK, p & MASK)
        k0 = (k0 + _WEYL_A) & MASK
        k1 = (k1 + _WEYL_B) & MASK
    return c0, c1, c2, c3


@formula
def words(seed, block, step, replica, purpose):
    """Four words of one block of one stream."""
    s = uint64(seed)
    return philox(
        uint64(block) & MASK, uint64(step) & MASK, uint64(replica) & MASK, uint64(purpose) & MASK, s & MASK, s >> _SHIFT
    )


@formula
def unit(word):
    """A 32-bit word as a float64 in (0, 1), ends excluded; through a signed number, which vectors can convert."""
    return (float64(int32(int64(word) - _HALF)) + 2147483648.0 + 0.5) * _TO_UNIT


@formula
def normal_pair(word_a, word_b):
    """Two standard normals from two words (Box and Muller 1958); |z| is at most 6.7.

    The angle is whole quarters of a turn and a rest r between −π/4 and π/4.
    """
    radius = math.sqrt(-2.0 * log_of_normal(unit(word_a)))
    word = int64(word_b)
    quarter = (word + (1 << (_QUARTER - 1))) >> _QUARTER
    r = (float64(int32(word - (quarter << _QUARTER))) + 0.5) * _TO_ANGLE
    s, c = sine(r), cosine(r)
    odd = (quarter & 1) == 1
    x = s if odd else c
    y = c if odd else s
    x = -x if ((quarter + 1) & 2) == 2 else x
    y = -y if (quarter & 2) == 2 else y
    return radius * x, radius * y


@formula
def bounded(word_high, word_low, bound):
    """Whole number in 0 ... bound-1 from two words; its bias is below bound / 2^64 (bound < 2^32)."""
    n = uint64(bound)
    # (high·2^32 + low)·n >> 64 with 64-bit products only
    return (uint64(word_high) * n + ((uint64(word_low) * n) >> _SHIFT)) >> _SHIFT
