"""Pfaffians of many skew-symmetric matrices at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pfaffian(matrices: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Pfaffian of each skew-symmetric matrix, by elimination with partial pivoting.

    Parameters
    ----------
    matrices : (..., 2m, 2m) complex128
        Skew-symmetric: Aᵀ = −A. Not changed.

    Returns
    -------
    (...) complex128
        Pf A, with Pf A² = det A and Pf [[0, a], [−a, 0]] = a.

    Notes
    -----
    Parlett and Reid's elimination (see M. Wimmer, ACM Trans. Math. Softw. 38, 30, 2012): with the largest
    entry of a row moved next to the diagonal, the row is removed by a skew update of rank two, and the
    Pfaffian is the product of the moved entries, with a sign for each exchange.

    Examples
    --------
    >>> pfaffian(np.array([[0, 3], [-3, 0]], complex)).item()
    (3+0j)
    """
    size = matrices.shape[-1]
    a = matrices.reshape(-1, size, size).astype(np.complex128)
    batch = np.arange(len(a))
    result = np.ones(len(a), np.complex128)
    for _ in range(size // 2):
        pivot = 1 + np.argmax(np.abs(a[:, 0, 1:]), axis=1)
        for axis_swap in (lambda m: m, lambda m: m.transpose(0, 2, 1)):
            view = axis_swap(a)
            moved = view[batch, pivot].copy()
            view[batch, pivot] = view[:, 1]
            view[:, 1] = moved
        result *= np.where(pivot == 1, 1.0, -1.0) * a[:, 0, 1]
        head = a[:, 0, 1]
        row = a[:, 0, 2:] / np.where(head == 0, 1.0, head)[:, None]  # a zero row: the Pfaffian is zero
        below = a[:, 1, 2:]
        a = a[:, 2:, 2:] + np.stack([below, -row], axis=2) @ np.stack([row, below], axis=1)
    return result.reshape(matrices.shape[:-2])
