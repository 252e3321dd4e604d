"""Philox4x32-10 in plain Python integers, and what spinland draws from it."""

import math

_LOW = 0xFFFFFFFF


def philox(counter, key):
    """Four 32-bit words from four and two, as in figure 2 and section 3 of Salmon et al. (SC11, 2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p, q = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (q >> 32) ^ c1 ^ k0, q & _LOW, (p >> 32) ^ c3 ^ k1, p & _LOW
        k0, k1 = (k0 + 0x9E3779B9) & _LOW, (k1 + 0xBB67AE85) & _LOW
    return c0, c1, c2, c3


def words(seed, block, step, replica, purpose):
    """Words of one block of one stream."""
    return philox((block, step, replica, purpose), (seed & _LOW, seed >> 32))


def uniform(seed, purpose, replica, step, index):
    """Number ``index`` of a stream, on (0, 1)."""
    return (words(seed, index // 4, step, replica, purpose)[index % 4] + 0.5) / 2**32


def normal(seed, purpose, replica, step, index):
    """Standard normal number ``index`` of a stream: Box and Muller, two from two uniforms."""
    pair = index - index % 2
    a = uniform(seed, purpose, replica, step, pair)
    b = uniform(seed, purpose, replica, step, pair + 1)
    turn = math.cos if index % 2 == 0 else math.sin
    return math.sqrt(-2 * math.log(a)) * turn(2 * math.pi * b)


def integer(seed, purpose, replica, step, index, bound):
    """Whole number ``index`` of a stream: the high part of a 64-bit fraction times the bound."""
    high, low = words(seed, index // 2, step, replica, purpose)[2 * (index % 2) :][:2]
    return ((high << 32 | low) * bound) >> 64


def permutation(seed, purpose, replica, step, size):
    """Fisher-Yates shuffle from the last element down; element i is exchanged with number i, below i + 1."""
    items = list(range(size))
    for i in range(size - 1, 0, -1):
        j = integer(seed, purpose, replica, step, i, i + 1)
        items[i], items[j] = items[j], items[i]
    return items
