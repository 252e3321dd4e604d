r"""All pairs of networks, each brought as near to the other as relabelling and rescaling can bring it.

R networks make R(R−1)/2 pairs. With one hidden layer of M neurons a pair costs a product of M × (inputs + outputs + 1)
× M and one assignment of M neurons; that is the whole of it, as every network is balanced once. Distances come from
products, \|a\|² + \|b\|² − 2 a·b, and from differences where these are much smaller than the norms (`_NEAR`), so
that they keep their digits: relabelled copies are at 0 to rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..machines import side_by_side
from ..progress import track
from .balance import Rows
from .matching import Pairing, assigned, total
from .search import Search

_NEAR = 0.25  # d² below this part of |a|² + |b|² is computed from differences


class Pairs(NamedTuple):
    """Distances (R(R-1)/2,) of balanced networks as they came and aligned pair by pair, and their norms (R,)."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    norms: NDArray[np.float64]


def aligned_pairs(search: Search, batch: NDArray[Any]) -> Pairs:
    """Align all pairs (0,1), (0,2), ..., (R-2,R-1) of networks (R, dim)."""
    n = len(batch)
    checks.room("points", f"{n} networks", 8.0 * (batch.size + n * n))
    networks = list(side_by_side(search.seen, list(batch)))
    squares = np.array([_square(one.network.rows) for one in networks])
    found = np.zeros((2, n, n))

    def row(i: int) -> None:
        for j in range(i + 1, n):
            found[:, i, j] = _distances(search, search.pairing(networks[i], networks[j]), squares[i] + squares[j])

    with track(n - 1, "pairs of networks, by the first") as advance:
        for _ in side_by_side(row, range(n - 1)):
            advance()
    upper = np.triu_indices(n, 1)
    return Pairs(found[0][upper], found[1][upper], np.sqrt(squares))


def _square(rows: Rows) -> float:
    return sum(float(np.sum(np.square(matrix, dtype=np.float64))) for matrix in rows)


def _distances(search: Search, pairing: Pairing, together: float) -> tuple[float, float]:
    """Distances before and after, ``together`` being the sum of both squared norms."""
    if not search.exact or pairing.hidden == 0:
        _, before, after, _ = search.best(pairing)
        return before, after
    identity = pairing.identity()
    similarity = pairing.similarity(identity, 0)
    best = [assigned(similarity)]
    rest = pairing.beside()
    distances = []
    for permutations in (identity, best):
        product = total(similarity, permutations[0]) + rest
        square = together - 2 * product
        distances.append(pairing.distance(permutations) if square <= _NEAR * together else float(np.sqrt(square)))
    before, after = distances
    return before, min(before, after)
