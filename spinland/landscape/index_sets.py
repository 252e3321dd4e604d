"""Symmetric tensors and their packed form, one number for each unordered index set."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray


def falling(n: int, order: int) -> NDArray[np.int64]:
    """All index sets with falling indices by rank (see ``pspin.formula``), (C(n + order − 1, order), order)."""
    sets = np.arange(n)[:, None]
    for _ in range(order - 1):
        # For each first index i the sets of the next lower order below i + 1, which come first in rank.
        count = np.searchsorted(sets[:, 0], np.arange(n), side="right")
        first = np.repeat(np.arange(n), count)
        sets = np.column_stack([first, np.concatenate([sets[:c] for c in count])])
    return sets


def orderings(sets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number of ordered tuples with the indices of each set, (sets,)."""
    result, run = np.ones(len(sets)), np.ones(len(sets))
    for a in range(1, sets.shape[1]):
        run = np.where(sets[:, a] == sets[:, a - 1], run + 1, 1)
        result *= (a + 1) / run
    return result


def packed(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a tensor (n, …, n) over the orderings of each index set, by rank."""
    sets = falling(tensor.shape[0], tensor.ndim)
    total = np.zeros(len(sets))
    for axes in permutations(range(tensor.ndim)):  # an entry at a time: the tensor itself is never copied
        total += tensor[tuple(sets[:, axes].T)]
    # Equal indices make several permutations of one tuple.
    return np.asarray(total * (orderings(sets) / _permutations(tensor.ndim)))


def unpacked(couplings: NDArray[np.floating], n: int, order: int) -> NDArray[np.float64]:
    """The symmetric tensor (n, …, n) whose sums over orderings are given."""
    sets = falling(n, order)
    tensor = np.empty((n,) * order)
    values = couplings.astype(np.float64) / orderings(sets)
    for axes in permutations(range(order)):
        tensor[tuple(sets[:, axes].T)] = values
    return tensor


def _permutations(order: int) -> float:
    return float(np.prod(np.arange(1, order + 1)))
