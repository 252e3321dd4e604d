"""The symmetric matrix of the last two indices, times vectors.

With all indices but the last two fixed, the couplings are the lower triangle of a matrix A, its rows side by
side; S = A + Aᵀ. The products h = S x are all that value and derivatives need, and they cost what the
triangle costs to read. h_j = Σ_k S_jk x_k is summed over k = 0, 1, 2, … with one fused operation for each
k: for k ≤ j while row j is read, for k > j while row k is. The sums are the same for one vector, whose rows
are read where they lie, and for many, for which a panel of rows is spread into a rectangle first.
"""

from ..jit import block
from ..vectors import BYTES, HALF, ROWS, block_rows, fma, sixteen_rows, tile_product

PANEL = 48  # rows in one panel, a multiple of ROWS and of 16
_DEPTH = 256  # rows of the vectors that stay in the nearest cache


@block
def _start(row, low):
    """Place of a row among the couplings of rows from ``low`` on."""
    return (row * (row + 1) - low * (low + 1)) // 2


@block
def _corner(a, row, first, x, h):
    """The end of one row: columns ``first`` … ``row``, in the order that all rows together ask for."""
    total = h[row]
    y = x[row]
    for k in range(first, row):
        total = fma(a[k], x[k], total)
        h[k] = fma(a[k], y, h[k])
    h[row] = fma(a[row] + a[row], y, total)


@block
def _corners(a, at, low, high, first, x, h):
    """Rows ``low`` … ``high − 1``, which begin at ``a[at]``, in their columns from ``first`` on."""
    for row in range(low, high):
        _corner(a[at:], row, first, x, h)
        at += row + 1


@block
def multiply_one(a, low, high, x, h):
    """h += S x from rows ``low`` … ``high − 1`` of the triangle, which begin at a[0]; h[low:high] must be 0.

    ``low`` divides by 16: all blocks are square.
    """
    size = HALF // x.itemsize
    row = low
    while row + 16 <= high:
        sixteen_rows(a, _start(row, low), row, x, h, 0, row)
        for j in range(row, row + 16, size):
            block_rows(a, _start(j, low), j, x, h, row, j)
            _corners(a, _start(j, low), j, j + size, j, x, h)
        row += 16
    while row + size <= high:
        block_rows(a, _start(row, low), row, x, h, 0, row)
        _corners(a, _start(row, low), row, row + size, row, x, h)
        row += size
    _corners(a, _start(row, low), row, high, 0, x, h)


@block
def spread(a, low, high, rectangle):
    """Rows ``low`` … ``high − 1`` as a rectangle, its last columns symmetric; rows up to ROWS are filled with 0."""
    at = 0
    for row in range(low, high):
        r = row - low
        for k in range(row):
            rectangle[r, k] = a[at + k]
        rectangle[r, row] = a[at + row] + a[at + row]
        for k in range(low, row):
            rectangle[k - low, row] = a[at + k]
        at += row + 1
    rows = high - low
    for r in range(rows, -(-rows // ROWS) * ROWS):
        for k in range(high):
            rectangle[r, k] = 0


@block
def multiply_lanes(rectangle, low, high, x, h):
    """h += S x for one group of lanes, from a rectangle of rows ``low`` … ``high − 1``; ``low`` divides by ROWS."""
    lanes = BYTES // x.itemsize
    step = rectangle.shape[1]
    for first in range(0, high, _DEPTH):
        depth = min(_DEPTH, high - first)
        for r in range(0, high - low, ROWS):
            tile_product(
                rectangle, r * step + first, step, 1, x, first * lanes, h, (low + r) * lanes, depth
            )
    for k in range(0, low, ROWS):
        tile_product(rectangle, k, 1, step, x, low * lanes, h, k * lanes, high - low)
