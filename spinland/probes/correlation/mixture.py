"""Which mixed spherical glass has a given correlation: non-negative weights of the orders, by least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls
from scipy.special import chdtrc

ENOUGH = 4  # overlaps other than 1 that a fit asks for: fewer are met exactly by very different mixtures
_FLOOR = 1e-6  # an error of a correlation below this is not believed: single precision carries no more
_SHRINK = 0.02  # share of the errors taken as independent, at the least


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights (P,) of the orders, and the misfit; all NaN where the overlaps do not determine them."""

    weights: NDArray[np.float64]
    chi2: float
    dof: float

    @property
    def p(self) -> float:
        """Probability of a misfit at least as large if there is such a mixture; NaN without degrees of freedom."""
        return float(chdtrc(self.dof, self.chi2)) if self.dof > 0 else math.nan


def power_mean(order: NDArray[np.int64], dim: int) -> NDArray[np.float64]:
    """Mean of q^p over pairs of independent points on the sphere in ``dim`` dimensions.

    0 for odd p; (p−1)!! / (n (n+2) ... (n+p−2)) for even p.
    """
    p = np.asarray(order)
    k = np.arange(1, p.max(initial=0), 2)  # 1, 3, ..., p−1
    means = np.append(1.0, np.cumprod(k / (dim + k - 1)))
    return np.where(p % 2, 0.0, means[p // 2])


def basis(overlap: ArrayLike, order: NDArray[np.int64], dim: int) -> NDArray[np.float64]:
    """Correlation of each pure glass, (Q, P): (q^p − m_p)/(1 − m_p), where m_p is the mean of q^p.

    The mean of an instance over the sphere is taken off before its values are correlated. For even p it is
    random, of variance m_p times that of the values, and so missing from the covariance over the sphere.
    """
    mean = power_mean(order, dim)
    return np.asarray((np.asarray(overlap)[..., None] ** order - mean) / (1 - mean))


def mixture_correlation(
    overlap: ArrayLike, order: NDArray[np.int64], weights: NDArray[np.float64], dim: int
) -> NDArray[np.float64]:
    """Correlation of the mixed glass with weights a_p = β_p²/Σβ² at some overlaps, shaped like them."""
    share = weights * (1 - power_mean(order, dim))  # of the variance over the sphere
    return np.asarray(basis(overlap, order, dim) @ (share / share.sum()))


class MixtureFit:
    """Fit of mixtures to curves that share their overlaps and the covariance of their errors.

    Parameters
    ----------
    overlap : array (Q,)
        Overlaps q.
    order : array (P,)
        Orders p.
    dim : int
        Dimension of the space.
    errors : array (Q, Q)
        Covariance of the errors of a curve.
    n_samples : int
        Independent samples the covariance was estimated from.
    """

    def __init__(
        self,
        overlap: NDArray[np.float64],
        order: NDArray[np.int64],
        dim: int,
        errors: NDArray[np.float64],
        n_samples: int,
    ):
        self._inner = overlap < 1  # at 1 every mixture is 1
        q, place = np.unique(overlap[self._inner], return_index=True)
        self._chosen = np.flatnonzero(self._inner)[place]
        self._curves = basis(q, order, dim)
        self._kept = 1 - power_mean(order, dim)
        self._errors = errors[np.ix_(self._chosen, self._chosen)]
        self._enough = len(q) >= ENOUGH and bool(np.isfinite(self._errors).all())
        if self._enough:
            self._root = _inverse_root(self._errors, n_samples)

    def weights(self, correlation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights a_p ≥ 0 of sum 1 (P,) that meet a curve (Q,) best."""
        share = self._shares(correlation)
        return self._as_weights(share)

    def fit(self, correlation: NDArray[np.float64]) -> Fit:
        """Weights, and the misfit with its number of degrees of freedom."""
        share = self._shares(correlation)
        if not np.isfinite(share).all():
            return Fit(share, float("nan"), float("nan"))
        active = self._curves[:, share > 0]
        residual = self._root @ (correlation[self._chosen] - active @ share[share > 0])
        # The weights sum to 1, so they move the curve along differences of columns only.
        moves = self._root @ (active[:, 1:] - active[:, :1])
        span, size, _ = np.linalg.svd(moves, full_matrices=False)
        span = span[:, size > 1e-10 * size.max(initial=0)]
        left = self._root - span @ (span.T @ self._root)
        # Residuals are not independent after shrinking: Σ λ z², by Satterthwaite's two moments a χ².
        spread = left @ self._errors @ left.T
        trace, square = float(np.trace(spread)), float(np.sum(spread * spread))
        if trace <= 1e-9 * np.trace(self._root @ self._errors @ self._root.T):  # nothing is left to be tested
            return Fit(self._as_weights(share), 0.0, 0.0)
        misfit = float(residual @ residual) * trace / square
        return Fit(self._as_weights(share), misfit, trace * trace / square)

    def _shares(self, correlation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shares of the variance over the sphere: ≥ 0, of sum 1."""
        y = correlation[self._chosen]
        if not self._enough or not np.isfinite(y).all():
            return np.full(self._curves.shape[1], np.nan)
        # With Σ s = 1 the residual is homogeneous, (X − y 1ᵀ) s. A row of ones with target 1 then fixes the
        # scale alone: the minimum of |A s|² + (1 − Σ s)² lies along that of |A s|² at Σ s = 1.
        rows = self._root @ (self._curves - y[:, None])
        rows /= max(float(np.abs(rows).max()), 1e-300)
        system = np.vstack([rows, np.ones(rows.shape[1])])
        share, _ = nnls(system, np.append(np.zeros(len(rows)), 1.0))
        return np.asarray(share / share.sum())

    def _as_weights(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        weights = share / self._kept
        return np.asarray(weights / weights.sum())


def _inverse_root(errors: NDArray[np.float64], n_samples: int) -> NDArray[np.float64]:
    """W with WᵀW the inverse of the errors' covariance, shrunk towards its diagonal.

    The curves are smooth, so their errors are nearly dependent, and a plain inverse would trust
    combinations of overlaps whose errors are far below what the sample can tell.
    """
    size = np.sqrt(np.diag(errors) + _FLOOR**2)
    shrink = min(1.0, _SHRINK + len(size) / n_samples)
    matrix = (1 - shrink) * errors / np.outer(size, size)
    np.fill_diagonal(matrix, 1.0)
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(((vectors / np.sqrt(np.maximum(values, shrink / 2))) @ vectors.T) / size)
