"""Triples of replicas: which are visited, and means over their triangles with errors over the replicas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from ..checks import integer, room
from ..machines import operation
from ..rng import Purpose, derive_seed, integers
from ..statistics.uncertainty import split_error
from .gram import square_form

ALL_TRIPLES = 5_000_000  # all triangles are visited up to this number of them (R up to 311)
SAMPLED_TRIPLES = 1_000_000


def chosen_triples(n: int, n_triples: int | None, seed: int) -> NDArray[np.int64] | None:
    """Random triangles (T, 3) of different corners, or None: then all are visited."""
    if n_triples is None:
        if n * (n - 1) * (n - 2) // 6 <= ALL_TRIPLES:
            return None
        n_triples = SAMPLED_TRIPLES
    n_triples = integer("n_triples", n_triples, minimum=1)
    room("n_triples", n_triples, 8 * 8 * n_triples)
    return _random_triples(n, n_triples, seed)


def _random_triples(n: int, size: int, seed: int) -> NDArray[np.int64]:
    a, b, c = (integers(seed, Purpose.TRIPLES, corner, 0, size, n - corner) for corner in range(3))
    b += b >= a  # uniform over the others
    low, high = np.minimum(a, b), np.maximum(a, b)
    c += c >= low
    c += c >= high
    return np.stack([a, b, c], axis=1)


def _unweighted_means(
    square: NDArray[np.float64], threshold: float, triples: NDArray[np.int64] | None, device: str
) -> NDArray[Any]:
    """Means over the triangles of a matrix (n, n) in which all replicas count alike, (3,)."""
    kernel = operation("triangles", device)
    return np.asarray(kernel.triangle_means(square, np.ones((len(square), 1)), threshold, triples)[:, 0])


def triangle_means(
    condensed: NDArray[np.float64], n: int, tolerance: float, triples: NDArray[np.int64] | None, device: str = "cpu"
) -> NDArray[np.float64]:
    """Deviation, relative deviation and share, (3,)."""
    threshold = tolerance * float(condensed.std())
    return _unweighted_means(square_form(condensed, n, 0.0), threshold, triples, device)


def triangle_errors(
    condensed: NDArray[np.float64],
    n: int,
    tolerance: float,
    triples: NDArray[np.int64] | None,
    n_splits: int,
    seed: int,
    device: str = "cpu",
) -> NDArray[np.float64]:
    """Their errors over replicas, (3,).

    Of sampled triangles, a part of the replicas takes as many as there are pairs for: what their choice adds to
    the variance is then one of its terms in 1/n².
    """
    square = square_form(condensed, n, 0.0)

    def part_means(members: NDArray[np.int64]) -> NDArray[np.float64]:
        m = len(members)
        part = np.ascontiguousarray(square[np.ix_(members, members)])
        chosen = None
        if triples is not None:
            size = max(1, len(triples) * m * m // (n * n))
            chosen = _random_triples(m, size, derive_seed(seed, int(members[0]), int(members[1])))
        threshold = tolerance * float(squareform(part, checks=False).std())
        return _unweighted_means(part, threshold, chosen, device)

    return split_error(part_means, n, n_splits, seed)
