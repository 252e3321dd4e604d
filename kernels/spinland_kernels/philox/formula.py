"""Philox4x32-10: from a counter and a key to four 32-bit words (Salmon et al., SC11, 2011).

The counter is (block, step, replica, purpose), the key the two halves of a 64-bit seed. One block gives
four words: four uniforms, or four normals by Box and Muller. Products are 64-bit and masked, so that
compiled code, interpreted code and the CUDA simulator agree.
"""

import math

from numba import uint32, uint64

from ..jit import formula

MASK = uint64(0xFFFFFFFF)
_MULTIPLIER_A = uint64(0xD2511F53)
_MULTIPLIER_B = uint64(0xCD9E8D57)
_WEYL_A = uint64(0x9E3779B9)
_WEYL_B = uint64(0xBB67AE85)
_SHIFT = uint64(32)
_TO_UNIT = 2.0**-32
_TWO_PI = 2.0 * math.pi


@formula
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words (as uint64) for a counter and a key, all given as uint64 below 2^32."""
    for _ in range(10):
        p = _MULTIPLIER_A * c0
        q = _MULTIPLIER_B * c2
        c0, c1, c2, c3 = (
            ((q >> _SHIFT) ^ c1 ^ k0) & MASK,
            q & MASK,
            ((p >> _SHIFT) ^ c3 ^ k1) & MASK,
            p & MASK,
        )
        k0 = (k0 + _WEYL_A) & MASK
        k1 = (k1 + _WEYL_B) & MASK
    return c0, c1, c2, c3


@formula
def words(seed, block, step, replica, purpose):
    """Four words of one block of one stream."""
    s = uint64(seed)
    return philox(
        uint64(block) & MASK, uint64(step) & MASK, uint64(replica) & MASK, uint64(purpose) & MASK,
        s & MASK, s >> _SHIFT,
    )  # fmt: skip


@formula
def unit(word):
    """A 32-bit word as a float64 in (0, 1), ends excluded."""
    return (float(uint32(word)) + 0.5) * _TO_UNIT


@formula
def normal_pair(word_a, word_b):
    """Two standard normals from two words (Box and Muller 1958); |z| is at most 6.7."""
    radius = math.sqrt(-2.0 * math.log(unit(word_a)))
    angle = _TWO_PI * unit(word_b)
    return radius * math.cos(angle), radius * math.sin(angle)


@formula
def normal_block(seed, block, step, replica, purpose):
    """Four standard normals: numbers 4·block ... 4·block + 3 of a stream."""
    a, b, c, d = words(seed, block, step, replica, purpose)
    z0, z1 = normal_pair(a, b)
    z2, z3 = normal_pair(c, d)
    return z0, z1, z2, z3


@formula
def bounded(word_high, word_low, bound):
    """Whole number in 0 ... bound-1 from two words; its bias is below bound / 2^64 (bound < 2^32)."""
    n = uint64(bound)
    # (high·2^32 + low)·n >> 64 with 64-bit products only
    return (uint64(word_high) * n + ((uint64(word_low) * n) >> _SHIFT)) >> _SHIFT
