"""Pairs and triangles of replicas, spelled out."""

from itertools import combinations

import numpy as np


def close_pairs(n, dim, dtype, seed=0):
    """Rows with a large common part, pairs ever closer, and two identical rows."""
    generator = np.random.default_rng(seed)
    rows = generator.standard_normal((n, dim)) + 5.0
    for k in range(n // 2 - 1):
        rows[2 * k + 1] = rows[2 * k] + 10.0 ** (-0.5 * k) * generator.standard_normal(dim)
    rows[-1] = rows[0]
    return rows.astype(dtype)


def distances(params, metric):
    rows = np.asarray(params).astype(np.longdouble)
    if metric == "cosine":
        rows = rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    out = np.zeros((len(rows), len(rows)))
    for i in range(len(rows) - 1):  # all later rows at once
        value = np.sum((rows[i + 1 :] - rows[i]) ** 2, axis=1)
        value = {"cosine": 0.5 * value, "euclidean": np.sqrt(value), "sqeuclidean": value}[metric]
        out[i, i + 1 :] = out[i + 1 :, i] = value
    return out


def condensed(square):
    return np.array([square[i, j] for i, j in combinations(range(len(square)), 2)])


def triangle_means(square, weights, threshold, triples=None):
    """Weighted means of K, of the relative deviation and of the share, (3, B)."""
    sums, total = np.zeros((3, weights.shape[1])), np.zeros(weights.shape[1])
    for i, j, k in combinations(range(len(square)), 3) if triples is None else triples:
        d1, d2, d3 = sorted((square[i, j], square[i, k], square[j, k]))
        weight = weights[i] * weights[j] * weights[k]
        deviation = (d3 - d2) / (d3 - d1) if d3 > d2 else 0.0
        relative = (d3 - d2) / d3 if d3 > d2 else 0.0
        sums += np.outer([deviation, relative, d3 - d2 <= threshold], weight)
        total += weight
    with np.errstate(invalid="ignore"):
        return sums / total


def pair_mean_error(square):
    """Error of the mean over pairs: mean² less the mean product of disjoint pairs, not below independent pairs."""
    pairs = list(combinations(range(len(square)), 2))
    values = np.array([square[pair] for pair in pairs])
    mean = values.mean(axis=0)
    disjoint = [square[a] * square[b] for a, b in combinations(pairs, 2) if not set(a) & set(b)]
    independent = np.mean((values - mean) ** 2, axis=0) / len(pairs)
    return np.sqrt(np.maximum(mean**2 - np.mean(disjoint, axis=0), independent))


def balanced_tree(levels, dim, decay, generator):
    """Leaves of a binary tree: sums of independent Gaussian branches, each level ``decay`` times shorter."""
    points = np.zeros((1, dim))
    for level in range(levels):
        branches = generator.standard_normal((2 ** (level + 1), dim)) * decay**level
        points = np.repeat(points, 2, axis=0) + branches
    return points
