"""How far one triangle is from an ultrametric one."""

from ..jit import formula

_ROUNDING = 1e-12  # sides that differ by less, relative to the longest, are equal


@formula
def deviations(a, b, c):
    """K = (d3 − d2)/(d3 − d1), (d3 − d2)/d3 and d3 − d2 of the sorted sides d1 ≤ d2 ≤ d3.

    All three are zero where the two longest sides are equal, the equilateral triangle included.
    """
    d1, d3 = min(a, b), max(a, b)
    d2 = min(max(d1, c), d3)
    d1, d3 = min(d1, c), max(d3, c)
    gap = d3 - d2
    if gap <= _ROUNDING * d3:
        return 0.0, 0.0, 0.0
    return gap / (d3 - d1), gap / d3, gap
