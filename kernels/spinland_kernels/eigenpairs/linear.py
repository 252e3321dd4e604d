"""Solution of a small complex linear system: A z = b by elimination, A = P⁻¹ L U with the largest pivot of each column.

In place and in plain loops: an eigenpair has few unknowns, nothing is allocated, and no library takes part whose order
of operations is another on each machine.
"""

from ..jit import block
from . import formula


@block
def solve(matrix, right):
    """Overwrite ``right`` (n,) by the solution of matrix · z = right; ``matrix`` (n, n) is destroyed.

    Gaussian elimination with row pivots. Returns False, with ``right`` of no meaning, where a pivot vanishes.
    """
    n = right.shape[0]
    for k in range(n):
        best, largest = k, -1.0
        for i in range(k, n):
            size = formula.square(matrix[i, k])
            if size > largest:
                best, largest = i, size
        if not largest > formula.PIVOT:  # also where it is not a number
            return False
        if best != k:
            for j in range(k, n):
                matrix[k, j], matrix[best, j] = matrix[best, j], matrix[k, j]
            right[k], right[best] = right[best], right[k]
        inverse = 1.0 / matrix[k, k]
        for i in range(k + 1, n):
            factor = matrix[i, k] * inverse
            if factor != 0:
                for j in range(k + 1, n):
                    matrix[i, j] -= factor * matrix[k, j]
                right[i] -= factor * right[k]
    for k in range(n - 1, -1, -1):
        total = right[k]
        for j in range(k + 1, n):
            total -= matrix[k, j] * right[j]
        right[k] = total / matrix[k, k]
    return True
