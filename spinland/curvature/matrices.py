"""The whole Hessian of a landscape as a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .. import budget, checks
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from .operators import Array, Operator, hessian_at, one_point

LARGEST = 1 << 29
"""Bytes of the largest matrix that is formed: 8192 coordinates."""

_TOGETHER = 64  # rows of the matrix


def hessian(landscape: Landscape, point: ArrayLike) -> Array:
    """Hessian of a landscape's value at a point as a symmetric matrix (dim, dim), float64.

    On a sphere it is P (∇²f − x·∇f/|x|²) P, P projecting on the tangent directions: zero along the radius. Of a
    landscape of float32 the entries are those of products in float32, off by some 1e-6 of the largest eigenvalue; for
    small eigenvalues take ``dtype="float64"``.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    point : array (dim,)
        Where.

    Returns
    -------
    float64 array (dim, dim)

    Raises
    ------
    ArgumentError
        More coordinates than whose matrix fits into 512 MB; :func:`spinland.eigenpairs`, :func:`spinland.hessian_trace`
        and :func:`spinland.spectral_density` need no matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2 @ [1, 2]) / 2, dim=2, gradient=lambda w: w * [1, 2])
    >>> sl.hessian(bowl, np.zeros(2)).round(6) + 0.0
    array([[1., 0.],
           [0., 2.]])
    """
    of, at = one_point(landscape, point)
    most = int(np.sqrt(LARGEST // 8))
    if of.dim > most:
        raise ArgumentError(
            "landscape", f"one of at most {most} coordinates, whose Hessian fits into {LARGEST >> 20} MB", of.dim
        )
    checks.room("landscape", of.dim, 3 * 8.0 * of.dim**2)
    return matrix_of(hessian_at(of, at))


def matrix_of(operator: Operator) -> Array:
    """An operator as a symmetric matrix (dim, dim)."""
    found = np.empty((operator.dim, operator.dim))
    for some in budget.blocks(operator.dim, _TOGETHER, 1):
        unit = np.zeros((some.stop - some.start, operator.dim))
        unit[np.arange(len(unit)), np.arange(some.start, some.stop)] = 1.0
        found[some] = operator(operator.project(unit))
    return np.asarray((found + found.T) / 2)
