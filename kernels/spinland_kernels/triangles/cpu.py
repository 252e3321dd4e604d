"""Weighted sums over the triangles of a distance matrix, for many sets of weights in one pass."""

import numba
import numpy as np
from numba import prange

from ..jit import block, loop
from .formula import deviations

TRIPLES = 4096  # sampled triples in one item


@block
def _add_triangle(a, b, c, threshold, weight, sums):
    """Add one triangle, with weights (B,), to sums (4, B): K, relative deviation, share, weight."""
    k, relative, gap = deviations(a, b, c)
    inside = 1.0 if gap <= threshold else 0.0
    for m in range(weight.shape[0]):
        w = weight[m]
        sums[0, m] += k * w
        sums[1, m] += relative * w
        sums[2, m] += inside * w
        sums[3, m] += w


@block
def _sum_from(i, distances, weights, threshold, inner, sums):
    """Triangles i < j < k of one i into sums (4, B)."""
    n = distances.shape[0]
    sums[:, :] = 0.0
    for j in range(i + 1, n):
        inner[:, :] = 0.0
        for k in range(j + 1, n):
            _add_triangle(distances[i, j], distances[i, k], distances[j, k], threshold, weights[k], inner)
        for s in range(4):
            for m in range(weights.shape[1]):
                sums[s, m] += weights[i, m] * weights[j, m] * inner[s, m]


@loop
def _all_triangles(distances, weights, threshold, inner, sums):
    workers, n = inner.shape[0], distances.shape[0]
    for worker in prange(workers):
        for i in range(worker, n, workers):
            _sum_from(i, distances, weights, threshold, inner[worker], sums[i])


@block
def _sum_triples(triples, distances, weights, threshold, weight, sums):
    sums[:, :] = 0.0
    for t in range(triples.shape[0]):
        i, j, k = triples[t, 0], triples[t, 1], triples[t, 2]
        for m in range(weights.shape[1]):
            weight[m] = weights[i, m] * weights[j, m] * weights[k, m]
        _add_triangle(distances[i, j], distances[i, k], distances[j, k], threshold, weight, sums)


@loop
def _sampled_triangles(distances, triples, weights, threshold, weight, sums):
    workers, items = weight.shape[0], sums.shape[0]
    for worker in prange(workers):
        for item in range(worker, items, workers):
            part = triples[item * TRIPLES : (item + 1) * TRIPLES]
            _sum_triples(part, distances, weights, threshold, weight[worker], sums[item])


def triangle_means(distances, weights, threshold, triples=None):
    """Weighted means over triangles.

    Parameters
    ----------
    distances : (n, n) float64
        Symmetric distances.
    weights : (n, B) float64
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
    workers = numba.get_num_threads()
    n_sets = weights.shape[1]
    if triples is None:
        sums = np.empty((distances.shape[0], 4, n_sets))
        _all_triangles(distances, weights, threshold, np.empty((workers, 4, n_sets)), sums)
    else:
        sums = np.empty((-(-len(triples) // TRIPLES), 4, n_sets))
        _sampled_triangles(distances, triples, weights, threshold, np.empty((workers, n_sets)), sums)
    totals = sums.sum(axis=0)
    weight = np.where(totals[3] > 0, totals[3], np.nan)
    return totals[:3] / weight
