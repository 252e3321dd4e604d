"""A few long vectors in stretches of their coordinates, which threads work on side by side.

    vectors   (m, dim)   | stretch | stretch | … |      rows; a stretch of all of them stays in a thread's caches

Stretches depend on the number of coordinates alone, and what they give is added in their order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..machines import side_by_side, single_threaded

Array = NDArray[np.float64]

_LENGTH = 8192


def _stretches(vectors: Array) -> list[slice]:
    return [slice(low, low + _LENGTH) for low in range(0, vectors.shape[1], _LENGTH)]


def along(vectors: Array, basis: Array) -> Array:
    """Inner products (m, k) of vectors (m, dim) with a basis (k, dim)."""
    parts = side_by_side(lambda some: vectors[:, some] @ basis[:, some].T, _stretches(vectors))
    return np.asarray(sum(parts, np.zeros((len(vectors), len(basis)))))


def beyond(vectors: Array, basis: Array, parts: Array) -> tuple[Array, float]:
    """Vectors less their parts (m, k) along a basis, and the largest inner product of one of the basis with these."""
    rows = np.empty_like(vectors)

    def one(some: slice) -> Array:
        rows[:, some] = vectors[:, some] - parts @ basis[:, some]
        return np.asarray(rows[:, some] @ basis[:, some].T)

    left = sum(side_by_side(one, _stretches(vectors)), np.zeros((len(vectors), len(basis))))
    return rows, float(np.abs(left).max(initial=0.0))


def combined(factors: Array, basis: Array, out: Array | None = None) -> Array:
    """Sums (m, dim) of a basis (k, dim) with factors (m, k), into ``out`` if given, which may be rows of the basis."""
    rows = np.empty((len(factors), basis.shape[1])) if out is None else out

    def one(some: slice) -> None:
        rows[:, some] = factors @ basis[:, some]

    for _ in side_by_side(one, _stretches(basis)):
        pass
    return rows


def singular(vectors: Array) -> tuple[Array, Array, Array]:
    """Thin singular value decomposition (m, r), (r,), (r, dim) of vectors, r the smaller of m and dim.

    Of long ones from triangles: each stretch is Q_i R_i, all R_i together are Q R, and R has the singular values.
    """
    m, stretches = len(vectors), _stretches(vectors)
    if len(stretches) == 1 or m * len(stretches) > vectors.shape[1]:
        with single_threaded():
            return np.linalg.svd(vectors, full_matrices=False)
    pairs = list(side_by_side(lambda some: np.linalg.qr(vectors[:, some].T), stretches))
    ends = np.cumsum([len(triangle) for _, triangle in pairs])[:-1]
    with single_threaded():
        turned, triangle = np.linalg.qr(np.vstack([part for _, part in pairs]))
        left, sizes, inner = np.linalg.svd(triangle.T)
    rows = np.empty((m, vectors.shape[1]))
    items = list(zip(stretches, pairs, np.split(turned, ends), strict=True))

    def one(item: tuple[slice, tuple[Array, Array], Array]) -> None:
        some, (long, _), short = item
        rows[:, some] = (inner @ short.T) @ long.T

    for _ in side_by_side(one, items):
        pass
    return left, sizes, rows
