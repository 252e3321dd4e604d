"""Weighted sums over the triangles of a distance matrix, for many sets of weights in one pass.

    S_mb = Σ_{i<j<k} w_ib w_jb w_kb M_m(d_ij, d_ik, d_jk)        m: K, relative deviation, share, 1

The measures of the triangles over one pair of corners form a matrix (4, third corner); its product with the
weights (third corner, set) is a BLAS product, and the sums of the items (first corners, or TRIPLES sampled
triangles) are added in order. By hand, since in NumPy the measures of all triangles would have to lie in memory.
"""

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from .. import blas
from ..jit import block, loop
from ..sums import add_in_order
from ..types import TriangleWork
from .formula import deviations

TRIPLES = 1024  # sampled triples in one item


@block
def _measure(side, left, right, threshold, out):
    """K, relative deviation, membership of the share and 1 for triangles (side, left[k], right[k]), (4, n)."""
    for k in range(left.shape[0]):
        deviation, relative, gap = deviations(side, left[k], right[k])
        out[0, k] = deviation
        out[1, k] = relative
        out[2, k] = 1.0 if gap <= threshold else 0.0
        out[3, k] = 1.0


@block
def _sum_from(i, distances, weights, threshold, measures, inner, sums):
    """Triangles i < j < k of one i into sums (4, B)."""
    n = distances.shape[0]
    sums[:, :] = 0.0
    for j in range(i + 1, n - 1):
        m = n - j - 1
        _measure(distances[i, j], distances[i, j + 1 :], distances[j, j + 1 :], threshold, measures[:, :m])
        blas.gemm(False, False, measures[:, :m], weights[j + 1 :], False, inner)
        for s in range(4):
            for b in range(weights.shape[1]):
                sums[s, b] += weights[i, b] * weights[j, b] * inner[s, b]


@loop
def _all_triangles(distances, weights, threshold, work, totals):
    workers, n = work.products.shape[0], distances.shape[0]
    for worker in prange(workers):
        for i in range(worker, n, workers):
            _sum_from(i, distances, weights, threshold, work.measures[worker], work.products[worker], work.sums[i])
    add_in_order(totals.reshape(-1), work.sums.reshape((n, -1)))


@block
def _sum_triples(triples, distances, weights, threshold, measures, products, sums):
    """Some triangles into sums (4, B)."""
    for t in range(triples.shape[0]):
        i, j, k = triples[t, 0], triples[t, 1], triples[t, 2]
        deviation, relative, gap = deviations(distances[i, j], distances[i, k], distances[j, k])
        measures[0, t] = deviation
        measures[1, t] = relative
        measures[2, t] = 1.0 if gap <= threshold else 0.0
        measures[3, t] = 1.0
        for b in range(weights.shape[1]):
            products[t, b] = weights[i, b] * weights[j, b] * weights[k, b]
    m = triples.shape[0]
    blas.gemm(False, False, measures[:, :m], products[:m], False, sums)


@loop
def _sampled_triangles(distances, triples, weights, threshold, work, totals):
    workers, items = work.products.shape[0], work.sums.shape[0]
    for worker in prange(workers):
        for item in range(worker, items, workers):
            part = triples[item * TRIPLES : (item + 1) * TRIPLES]
            measures, products = work.measures[worker], work.products[worker]
            _sum_triples(part, distances, weights, threshold, measures, products, work.sums[item])
    add_in_order(totals.reshape(-1), work.sums.reshape((items, -1)))


def _room(items: int, triangles: int, products: int, n_sets: int) -> TriangleWork:
    workers = numba.get_num_threads()
    return TriangleWork(
        np.empty((workers, 4, triangles)), np.empty((workers, products, n_sets)), np.empty((items, 4, n_sets))
    )


def triangle_means(
    distances: NDArray[np.float64],
    weights: NDArray[np.float64],
    threshold: float,
    triples: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Weighted means over triangles.

    Parameters
    ----------
    distances : (n, n) float64
        Symmetric distances.
    weights : (n, B) float64, C-contiguous
        Weights of the points, B sets; a triangle weighs the product of its three.
    threshold : float
        A triangle counts in the share when its two longest sides differ by no more.
    triples : (T, 3) int64 or None
        Triangles to visit, None for all.

    Returns
    -------
    means : (3, B) float64
        Mean K, mean relative deviation, share; NaN where the weights of all triangles vanish.
    """
    n, n_sets = weights.shape
    totals = np.zeros((4, n_sets))
    with blas.single_threaded():
        if triples is None:
            _all_triangles(distances, weights, threshold, _room(n, n, 4, n_sets), totals)
        else:
            work = _room(-(-len(triples) // TRIPLES), TRIPLES, TRIPLES, n_sets)
            _sampled_triangles(distances, triples, weights, threshold, work, totals)
    weight = np.where(totals[3] > 0, totals[3], np.nan)
    return np.asarray(totals[:3] / weight)
