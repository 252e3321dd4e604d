"""Mean correlation of several landscapes, such as instances of a glass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...provenance import fingerprint, record
from ...quantities import Measured, quantity_of
from ...rng import seed64
from ...statistics.bootstrap import bootstrap_counts, bootstrap_error
from ...statistics.uncertainty import standard_error
from .correlation import Correlation
from .mixture import MixtureFit

_RESAMPLES = 200  # of the landscapes, for the errors of the mixture


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanCorrelation(Measured):
    """Mean over K landscapes of their correlations, with errors from how the landscapes differ.

    Attributes
    ----------
    overlap : array (Q,)
        Overlap q of the pairs.
    correlation, correlation_error : array (Q,)
        Mean of the correlations and its standard error over landscapes.
    covariance, covariance_error : array (Q,)
        The same of the covariances.
    mixture_order : array (P,)
        Orders p.
    mixture, mixture_error : array (P,)
        Weights a_p of the mixture fitted to the mean correlation, with bootstrap errors over landscapes.
    effective_order, effective_order_error : float
        Σ p a_p and its bootstrap error.
    effective_order_bias : float
        What the order is expected to be off by, as in `Correlation`.
    effective_orders : array (K,)
        Effective order of each landscape. Their mean is less good than ``effective_order``: weights that
        are kept from being negative are biased by part of their error, and the error of one landscape is larger.
    chi2, chi2_dof, chi2_p : float
        Misfit of the mixture, as in `Correlation`.
    mean, variance : array (K,)
        Of the values of each landscape over its sphere.
    radius : array (K,)
        Radius of each sphere.
    dim : int
        Dimension of the space.
    n_pairs : int
        Number of pairs, all landscapes together.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "overlap": ("overlap",),
        "correlation": ("overlap",),
        "correlation_error": ("overlap",),
        "covariance": ("overlap",),
        "covariance_error": ("overlap",),
    }

    overlap: NDArray[np.float64]
    correlation: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    covariance: NDArray[np.float64]
    covariance_error: NDArray[np.float64]
    mixture_order: NDArray[np.int64]
    mixture: NDArray[np.float64]
    mixture_error: NDArray[np.float64]
    effective_order: float
    effective_order_error: float
    effective_orders: NDArray[np.float64]
    chi2: float
    chi2_dof: float
    chi2_p: float
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    radius: NDArray[np.float64]
    dim: int
    n_pairs: int
    effective_order_bias: float = float("nan")


def mean_correlation(correlations: Sequence[Correlation], seed: int = 0) -> MeanCorrelation:
    """Mean of the correlations of several landscapes of one dimension, and its mixture.

    The mixture is fitted once, to the mean. Overlaps are weighted by the errors within the landscapes, scaled
    by a common factor (Birge, Phys. Rev. 40, 207, 1932) where the landscapes differ by more than these.

    Parameters
    ----------
    correlations : sequence of Correlation
        At least two, of the same overlaps, orders and dimension. They must be independent: different instances,
        each with a seed of its own.
    seed : int
        64-bit seed of the resampling.

    Returns
    -------
    MeanCorrelation
        Errors are over landscapes.

    Raises
    ------
    ArgumentError
        Fewer than two, or correlations that do not belong together.
    """
    seed = seed64("seed", seed)
    items = list(correlations) if isinstance(correlations, Sequence) else [correlations]
    if len(items) < 2 or not all(isinstance(item, Correlation) for item in items):
        raise ArgumentError("correlations", "two results of correlation or more", f"{len(items)} objects")
    first = items[0]
    for name in ("overlap", "mixture_order", "dim"):
        if not all(np.array_equal(getattr(item, name), getattr(first, name)) for item in items):
            raise ArgumentError("correlations", f"results of the same {name}", "different ones")
    curves = np.stack([item.correlation for item in items])
    mean, error = curves.mean(axis=0), standard_error(curves)
    within = sum(item.correlation_covariance for item in items) / len(items) ** 2
    n_pairs = sum(item.n_pairs for item in items)
    inside = float(np.trace(within))
    birge = max(1.0, float(np.sum(error**2)) / inside) if inside > 0 else 1.0
    order = first.mixture_order
    fitter = MixtureFit(first.overlap, order, first.dim, np.asarray(birge * within), n_pairs)
    fit = fitter.fit(mean)
    drawn = bootstrap_counts(seed, _RESAMPLES, len(items)) @ curves / len(items)
    resampled = np.stack([fitter.weights(curve) for curve in drawn])
    few = np.sqrt(len(items) / (len(items) - 1))  # a bootstrap of few is too narrow by this
    covariances = np.stack([item.covariance for item in items])
    return MeanCorrelation(
        overlap=first.overlap,
        correlation=mean,
        correlation_error=error,
        covariance=covariances.mean(axis=0),
        covariance_error=standard_error(covariances),
        mixture_order=order,
        mixture=fit.weights,
        mixture_error=few * bootstrap_error(resampled),
        effective_order=float(order @ fit.weights),
        effective_order_error=float(few * bootstrap_error(resampled @ order)),
        effective_order_bias=float(np.mean(resampled @ order) - order @ fit.weights),
        effective_orders=np.array([item.effective_order for item in items]),
        chi2=fit.chi2,
        chi2_dof=fit.dof,
        chi2_p=fit.p,
        mean=np.array([item.mean for item in items]),
        variance=np.array([item.variance for item in items]),
        radius=np.array([item.radius for item in items]),
        dim=first.dim,
        n_pairs=n_pairs,
        **quantity_of(first),
        provenance=record("mean_correlation", {"n": len(items)}, seed=seed, data=fingerprint(curves), dtype=np.float64),
    )
