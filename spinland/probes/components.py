"""Principal components of a few long vectors, by the matrix of their inner products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import budget
from ..machines import single_threaded


def principal_components(points: NDArray[Any], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """First principal components of m points (m, dim), without a dim × dim matrix.

    The m × m matrix of inner products of the centred points has the same eigenvalues as their covariance, up
    to a factor, and its eigenvectors weigh the points that make up each component.

    Returns
    -------
    components : array (n, dim)
        Orthonormal, the largest first; zero beyond the rank. The first point has no negative coordinate.
    fractions : array (n,)
        Share of the total variance along each.
    rank : int
        Number of components beyond rounding.
    """
    m, dim = points.shape
    columns = list(budget.blocks(dim, budget.COMPONENTS, 8 * m))
    gram = np.zeros((m, m))
    with single_threaded():  # the same bits on any number of cores
        for some in columns:
            part = _centred(points[:, some])
            gram += part @ part.T
        eigenvalues, vectors = np.linalg.eigh(gram)
        eigenvalues, vectors = eigenvalues[::-1].clip(min=0), vectors[:, ::-1]
        rank = int(np.sum(eigenvalues > 1e-12 * eigenvalues[0]))
        found = min(n, rank)
        # the first point's coordinate along component k is vectors[0, k] sqrt(eigenvalue)
        signs = np.where(vectors[0, :found] < 0, -1.0, 1.0)
        weights = vectors[:, :found] * signs / np.sqrt(eigenvalues[:found])
        components = np.zeros((n, dim))
        for some in columns:
            components[:found, some] = weights.T @ _centred(points[:, some])
    total = eigenvalues.sum()
    fractions = np.zeros(n)
    if total > 0:
        fractions[: min(n, m)] = eigenvalues[:n] / total
    return components, fractions, rank


def _centred(part: NDArray[Any]) -> NDArray[np.float64]:
    """Some columns in float64, less their means."""
    part = part.astype(np.float64)
    part -= part.mean(axis=0)
    return part
