"""Scalar mathematics of a random projection P (dim × d), whose column j is a stream of random numbers.

    signs    P_ij = ±1/√dim        bit i of the stream (seed, purpose, subspace, j), 128 a Philox block, 1 for plus:

             block i // 128   | word a: bits 0 … 31 | word b: 32 … 63 | word c: 64 … 95 | word d: 96 … 127 |

    normal   P_ij = n_ij / |n_j|   number i of the normals of that stream, four a block

Columns have length 1 either way. A sign costs a tenth of a nanosecond or so, a normal a whole one.
"""

from ..jit import arithmetic, formula

SIGNS, NORMAL = 0, 1
"""Kinds of projections."""

SPAN = 128
"""Parameters whose signs are one Philox block."""


@formula
def is_plus(word, bit):
    """Whether a bit of a word is set, which stands for the sign +."""
    return (word >> bit) & 1 == 1


@arithmetic
def parts(count, size):
    """How many parts of ``size`` hold ``count``."""
    return (count + size - 1) // size
