"""The two numbers of a Hessian that measures of flatness need: its trace, and its largest eigenvalue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..curvature.eigenpairs import leading
from ..curvature.operators import hessian_at
from ..curvature.traces import exact, hutchinson
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from .outputs import hessian_diagonal

Array = NDArray[np.float64]

_TOLERANCE = 1e-3
"""Residual of the largest eigenvalue, relative to it: ranks ask for no more."""

_MOST = 1000
"""Products after which the search for it ends."""


def trace(landscape: Landscape, point: Array, n_products: int, seed: int) -> tuple[float, float]:
    """Trace of the Hessian and its standard error; of a network exact, and of few directions.

    Else the mean over random vectors (Hutchinson).
    """
    if isinstance(landscape, NetworkLandscape):
        return float(hessian_diagonal(landscape, point).sum()), 0.0
    hessian = hessian_at(landscape, point)
    return exact(hessian) if hessian.size <= n_products else hutchinson(hessian, n_products, seed)


def largest(landscape: Landscape, point: Array, seed: int) -> tuple[float, bool]:
    """Largest eigenvalue of the Hessian, and whether its residual is below the tolerance."""
    pairs = leading(hessian_at(landscape, point), 1, "largest", _TOLERANCE, seed, _MOST)
    return float(pairs.values[0]), bool(pairs.residuals[0] <= _TOLERANCE * pairs.scale)
