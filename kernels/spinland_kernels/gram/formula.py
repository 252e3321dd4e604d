"""Where a pair stands in the condensed form, and the power of two that brings numbers near one."""

import math

from ..jit import formula


@formula
def pair_index(i, j, n):
    """Position of the pair i < j of n in the condensed form (0,1), (0,2) ... (n-2,n-1)."""
    return i * (2 * n - i - 1) // 2 + j - i - 1


@formula
def power_of_two(square):
    """Power of two p with p² · square in [1/4, 4), exact to multiply with; 1 for zero and for what is not finite."""
    if not (square > 0.0 and square < math.inf):
        return 1.0
    _, exponent = math.frexp(square)
    return math.ldexp(1.0, -((exponent + 1) // 2))
