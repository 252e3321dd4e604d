"""Covariance function ξ(q) = Σ β_p² q^p of a pure or mixed spherical glass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError


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
        q = np.asarray(overlap, np.float64)
        total = np.zeros_like(q)
        for p, variance in zip(self.orders, self.variances, strict=True):
            factor = float(np.prod([p - k for k in range(times)]))
            total += variance * factor * q ** (p - times)
        return total


def mixture_of(order: int | Mapping[int, float]) -> Mixture:
    """Mixture of an order, or of ``{p: β_p}``; orders with β_p = 0 are left out.

    Raises
    ------
    ArgumentError
        An order below 2, a β_p that is not finite, or none that is not 0.
    """
    given: Mapping[Any, Any] = order if isinstance(order, Mapping) else {order: 1.0}
    variances = {}
    for p, beta in given.items():
        variance = checks.real(f"order[{p!r}]", beta) ** 2
        if not np.isfinite(variance):
            raise ArgumentError(f"order[{p!r}]", "a number whose square is finite", beta)
        if variance > 0:
            variances[checks.integer("order", p, minimum=2)] = variance
        else:
            checks.integer("order", p, minimum=2)
    if not variances:
        raise ArgumentError("order", "an order p >= 2, or {p: beta_p} with some beta_p other than 0", order)
    orders = tuple(sorted(variances))
    return Mixture(orders, tuple(variances[p] for p in orders))
