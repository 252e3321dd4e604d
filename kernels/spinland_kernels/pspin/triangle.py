"""The symmetric matrix of the last two indices, times vectors.

With all indices but the last two fixed, the couplings are the lower triangle of a matrix A, its rows side by
side; S = A + Aᵀ. The products

    h_j = Σ_k S_jk x_k = Σ_{k ≤ j} a_jk x_k  +  Σ_{i ≥ j} a_ij x_i
                         row j                  column j

are all that value and derivatives need, and they cost what the triangle costs to read. Row j has one sum for each
lane of a register and then their sum (see ``add_row``); to it the terms of column j are added, one row after the
other. The sums are the same for one vector, for which the couplings are read from first to last, row by row, as
memory does it quickest; and for many, for which a band of rows is spread into a rectangle first:

    a_00                                a_00   0    0    0   0  0
    a_10 a_11                →          a_10 a_11   0    0   0  0      ROWS rows and ROWS columns at a time
    a_20 a_21 a_22                      a_20 a_21 a_22   0   0  0      multiply BYTES of lanes each

By hand, because the sums of ROWS rows stay in registers while the rectangle is read (see ``vectors``), and because
a compiler gives one vector and many of them different bits. A gradient of order 3, N = 400, takes a fifth of the
time of NumPy's products with the full tensor at one point, 57 % of what reading memory allows, and 2/7 at 64 points.
"""

from ..jit import block
from ..lanes.product import tile_product
from ..vectors import BYTES, FOLD, ROWS
from .lanes import add_folded, add_row

BAND = 48  # rows spread at once, a multiple of ROWS and of the lanes of a vector
_NEAR = 256  # rows of the vectors that stay in the nearest cache


@block
def multiply_one(a, low, high, x, h):
    """h += S x from rows ``low`` … ``high − 1`` of the triangle, which begin at a[0]."""
    at = 0
    for row in range(low, high):
        add_row(a, at, row, x, h)
        at += row + 1


@block
def spread(a, low, high, rectangle):
    """Rows ``low`` … ``high − 1`` as a rectangle, filled with 0 to multiples of ROWS."""
    columns = -(-high // ROWS) * ROWS
    at = 0
    for row in range(low, high):
        r = row - low
        for k in range(row + 1):
            rectangle[r, k] = a[at + k]
        for k in range(row + 1, columns):
            rectangle[r, k] = 0
        at += row + 1
    for r in range(high - low, -(-(high - low) // ROWS) * ROWS):
        for k in range(columns):
            rectangle[r, k] = 0


@block
def multiply_lanes(rectangle, low, high, x, h, parts):
    """h += S x for one group of lanes, from a rectangle of rows ``low`` … ``high − 1``; ``low`` divides by BAND."""
    lanes = BYTES // x.itemsize
    sums = FOLD // x.itemsize
    step = rectangle.shape[1]
    for r in range(0, high - low, ROWS):
        columns = min(low + r + ROWS, high)
        for first in range(0, columns, _NEAR):
            last = min(first + _NEAR, columns)
            for c in range(sums):
                depth = (last - first - c + sums - 1) // sums
                at = r * step + first + c
                tile_product(rectangle, at, step, sums, x, (first + c) * lanes, sums, parts, c * ROWS * lanes, depth)
        add_folded(parts, h, (low + r) * lanes)
    for k in range(0, high, ROWS):
        r = max(0, k - low)
        tile_product(rectangle, r * step + k, 1, step, x, (low + r) * lanes, 1, h, k * lanes, high - low - r)
