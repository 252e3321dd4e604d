"""How far one triangle is from an ultrametric one."""

from ..jit import formula

_ROUNDING = 1e-12  # sides that differ by less, relative to the longest, are equal


@formula
def deviations(a, b, c):
    """K = (d3 − d2)/(d3 − d1), (d3 − d2)/d3 and d3 − d2 of the sorted sides d1 ≤ d2 ≤ d3.

    All three are zero where the two longest sides are equal, the equilateral triangle included. Comparisons
    rather than branches, so that loops over triangles vectorise.
    """
    low = min(b, a)
    high = max(a, b)
    d1 = min(c, low)
    d3 = max(c, high)
    rest = min(c, high)
    d2 = max(low, rest)
    gap = d3 - d2
    gap = gap if gap > _ROUNDING * d3 else 0.0
    longest = d3 if d3 > 0.0 else 1.0
    spread = d3 - d1 if gap > 0.0 else 1.0
    return gap / spread, gap / longest, gap
