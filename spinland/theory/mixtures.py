"""Covariance function ξ(q) = Σ β_p² q^p of a pure or mixed spherical glass, and maxima over overlaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from .. import checks
from ..errors import ArgumentError, shown

MOST = 10**6  # order; beyond, closed forms lose their last digits
_LARGEST = 1e100  # β; its square is multiplied by more

Order = int | Mapping[int, float]
"""Order p of a glass, or {p: β_p} of a mixture."""


@dataclass(frozen=True)
class Mixture:
    """E[H(σ)H(σ')] = N ξ(q), ξ(q) = Σ β_p² q^p, in the normalisation of Auffinger, Ben Arous and Černý.

    Attributes
    ----------
    orders : tuple of int
        Orders p, rising, each at least 2.
    variances : tuple of float
        β_p² of each order, positive.
    """

    orders: tuple[int, ...]
    variances: tuple[float, ...]

    def covariance(self, overlap: ArrayLike) -> NDArray[np.float64]:
        """ξ(q), shaped like ``overlap``."""
        return self._derivative(overlap, 0)

    def slope(self, overlap: ArrayLike) -> NDArray[np.float64]:
        """ξ'(q), shaped like ``overlap``."""
        return self._derivative(overlap, 1)

    def curvature(self, overlap: ArrayLike) -> NDArray[np.float64]:
        """ξ''(q), shaped like ``overlap``."""
        return self._derivative(overlap, 2)

    def _derivative(self, overlap: ArrayLike, times: int) -> NDArray[np.float64]:
        q = checks.float_array("overlap", overlap, finite=False)
        total = np.zeros_like(q)
        for p, variance in zip(self.orders, self.variances, strict=True):
            factor = float(np.prod([p - k for k in range(times)]))
            total += variance * factor * q ** (p - times)
        return total


def mixture_of(order: Order) -> Mixture:
    """Mixture of an order, or of ``{p: β_p}``; orders with β_p = 0 are left out.

    Raises
    ------
    ArgumentError
        An order below 2, a β_p that is not finite, or none that is not 0.
    """
    given: Mapping[Any, Any] = (
        order if isinstance(order, Mapping) else {checks.integer("order", order, minimum=2, maximum=MOST): 1.0}
    )
    variances = {}
    for p, beta in given.items():
        number = checks.real(f"order[{shown(p)}]", beta)
        if abs(number) > _LARGEST:
            raise ArgumentError(f"order[{shown(p)}]", f"a number of at most {_LARGEST:g}", beta)
        variance = number**2
        if variance > 0:
            variances[checks.integer("order", p, minimum=2, maximum=MOST)] = variance
        else:
            checks.integer("order", p, minimum=2, maximum=MOST)
    if not variances:
        raise ArgumentError("order", "an order p >= 2, or {p: beta_p} with some beta_p other than 0", order)
    orders = tuple(sorted(variances))
    return Mixture(orders, tuple(variances[p] for p in orders))


def minus_log_remainder(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """−ln(1−q) − q."""
    return -np.log1p(-q) - q


def quadratic(mixture: Mixture) -> float:
    """ξ''(0)/2, the variance of the term of order 2."""
    return mixture.variances[0] if mixture.orders[0] == 2 else 0.0


def highest(function: Callable[[NDArray[np.float64]], NDArray[np.float64]], at_zero: float) -> tuple[float, float]:
    """Argument and value of the supremum over q in (0, 1) of a function with a limit at 0."""
    rest = np.geomspace(1e-9, 0.5, 1001)  # orders that are high have their maximum close to 1
    grid = np.concatenate([np.linspace(1e-3, 0.5, 1000, endpoint=False), 1.0 - rest[::-1]])
    best = int(np.argmax(function(grid)))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda q: -float(function(np.asarray(q))), bounds=bounds, method="bounded", options={"xatol": 1e-12}
    )
    return (0.0, at_zero) if at_zero >= -found.fun else (float(found.x), -float(found.fun))
