"""Volumes of simplexes in many dimensions, as logarithms: products of heights, never a determinant.

vertices   v_0, …, v_k          edges e_j = v_j − v_0          Gram matrix G_ij = e_i·e_j
volume     V = √det G / k!      log V = Σ_j log L_jj − log k!     G = L Lᵀ, edges scaled to length 1 first
gradient   ∂ log V / ∂v_j = (G⁻¹ E)_j = h_j / |h_j|²              h_j: the height of v_j over the face of the others
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from ..machines import single_threaded

#: A height below this share of its edge is rounding: the simplex is flat.
FLAT = 1e-7


def log_volume(vertices: NDArray[np.float64]) -> float:
    """Logarithm of the volume of the simplex of vertices (k + 1, dim); −infinity where it is flat, 0 for a point."""
    edges, lengths, gram = _edges(vertices)
    k = len(edges)
    if k == 0:
        return 0.0
    if not np.all(lengths > 0):
        return -math.inf
    try:
        heights = np.diag(np.linalg.cholesky(gram))
    except np.linalg.LinAlgError:
        return -math.inf
    if heights.min() < FLAT:
        return -math.inf
    return float(np.sum(np.log(heights)) + np.sum(np.log(lengths)) - math.lgamma(k + 1))


def log_volume_gradient(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient (k + 1, dim) of the logarithm of the volume by the vertices; of a simplex that is not flat."""
    edges, lengths, gram = _edges(vertices)
    inverse = cho_solve(cho_factor(gram, lower=True), np.eye(len(gram)))
    with single_threaded():
        own = (inverse / lengths[:, None] / lengths) @ edges
    return np.concatenate([-own.sum(axis=0, keepdims=True), own])


def _edges(vertices: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Edges from the first vertex, their lengths, and the Gram matrix of the edges scaled to length 1."""
    points = np.asarray(vertices, np.float64)
    edges = points[1:] - points[0]
    largest = np.abs(edges).max(axis=1, initial=0)[:, None]
    units = edges / np.where(largest > 0, largest, 1)  # whose squares are not too small, nor too large
    norms = np.sqrt(np.sum(units * units, axis=1))
    lengths = largest[:, 0] * norms
    units /= np.where(norms > 0, norms, 1)[:, None]
    with single_threaded():  # the same bits on any number of cores
        return edges, lengths, units @ units.T


def log_sum(values: NDArray[np.float64]) -> float:
    """log Σ exp of some logarithms, −infinity among them."""
    largest = float(np.max(values))
    return largest if math.isinf(largest) else largest + float(np.log(np.sum(np.exp(values - largest))))
