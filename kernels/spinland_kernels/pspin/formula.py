"""Scalar mathematics of index sets: where a coupling lies, how often it occurs.

An unordered index set of order p is written with its indices falling, i_1 ≥ i_2 ≥ … ≥ i_p ≥ 0, repeats
allowed. Its rank is Σ_a C(i_a + p − a, p − a + 1) with a = 1 … p (the combinatorial number system for sets
with repeats): sets of spins below n come first, for every n. A *row* is what shares i_1 … i_{p−1}; its last
index runs from 0 to i_{p−1}, and its couplings lie side by side.
"""

from numba import int64

from ..jit import formula


@formula
def binomial(n, k):
    """C(n, k) as a whole number; exact while k! times the result stays below 2^63."""
    product = int64(1)
    for j in range(k):
        product = product * (n - j) // (j + 1)
    return product


@formula
def sets_below(n, order):
    """Number of index sets of an order with all indices below ``n``: C(n + order − 1, order)."""
    return binomial(n + order - 1, order)


@formula
def largest_with_rank(rank, order, high):
    """Largest i below ``high`` with ``sets_below(i, order) <= rank``."""
    low = int64(0)
    while high - low > 1:
        middle = (low + high) // 2
        if sets_below(middle, order) <= rank:
            low = middle
        else:
            high = middle
    return low


@formula
def orderings(index, last):
    """Number of ordered tuples that have the indices ``index`` and ``last``: p! over the factorials of repeats."""
    p = len(index) + 1
    result = 1.0
    run = 1
    previous = -1
    for a in range(p):
        i = index[a] if a < p - 1 else last
        run = run + 1 if i == previous else 1
        result *= (a + 1) / run
        previous = i
    return result
