"""The two numbers of a Hessian that measures of flatness need: its trace, and its largest eigenvalue."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from .. import rng
from ..dynamics.hamiltonian import Hamiltonian
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..statistics.uncertainty import standard_error
from .outputs import hessian_diagonal

Array = NDArray[np.float64]


def _products(landscape: Landscape, point: Array, vectors: Array) -> Array:
    """Hessian of the value, on its sphere where there is one, times vectors (K, dim)."""
    hamiltonian, points = Hamiltonian(landscape), np.broadcast_to(point, vectors.shape)
    along = hamiltonian.tangent(points, vectors)
    products = np.asarray(landscape.hessian_product(point, along), np.float64)
    raw = np.asarray(landscape.gradient(point), np.float64)
    products += hamiltonian.space.bend(points, np.broadcast_to(raw, vectors.shape), along)
    return hamiltonian.tangent(points, products)


def trace(landscape: Landscape, point: Array, n_products: int, seed: int) -> tuple[float, float]:
    """Trace of the Hessian and its standard error; of a network exact, else Hutchinson's mean over random signs."""
    if isinstance(landscape, NetworkLandscape):
        return float(hessian_diagonal(landscape, point).sum()), 0.0
    signs = np.empty((n_products, landscape.dim))
    rng.fill_normals(signs, seed, rng.Purpose.SHARPNESS, np.arange(n_products), 1)
    signs = np.where(signs < 0, -1.0, 1.0)
    each = np.sum(signs * _products(landscape, point, signs), axis=1)
    return float(each.mean()), float(standard_error(each))


def largest(landscape: Landscape, point: Array, seed: int) -> tuple[float, bool]:
    """Largest eigenvalue of the Hessian by Lanczos' method, and whether its residual is below 1e-3 of it."""
    dim = landscape.dim
    start = rng.normals(seed, rng.Purpose.SHARPNESS, 0, 2, dim)
    operator = scipy.sparse.linalg.LinearOperator(
        (dim, dim), matvec=lambda v: _products(landscape, point, v.reshape(1, dim))[0], dtype=np.float64
    )
    if dim < 3:
        matrix = _products(landscape, point, np.eye(dim))
        return float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[-1]), True
    try:
        values, vectors = scipy.sparse.linalg.eigsh(operator, 1, which="LA", v0=start, tol=1e-3)
    except scipy.sparse.linalg.ArpackNoConvergence:
        return float("nan"), False
    residual = _products(landscape, point, vectors.T)[0] - values[0] * vectors[:, 0]
    return float(values[0]), bool(np.linalg.norm(residual) <= 1e-3 * abs(values[0]))
