"""Correlation of a landscape's values at pairs of points of given overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ... import checks, rng
from ...errors import ArgumentError
from ...execution.engines import Executor
from ...landscape.protocol import Landscape
from ...provenance import record_on
from ...quantities import Measured, quantity_of
from ...statistics.bootstrap import bootstrap_error
from .. import inputs
from .curves import PairCurves
from .mixture import MixtureFit
from .pairs import values_at_pairs

_DEGREES_15 = np.cos(np.pi * np.arange(13) / 12)
_RESAMPLES = 200  # of the pairs, for the errors of the mixture: they are known to 5 %


@dataclass(frozen=True, eq=False, kw_only=True)
class Correlation(Measured):
    """Covariance and correlation of values at points of overlap q on a sphere, and the mixture that they show.

    Attributes
    ----------
    overlap : array (Q,)
        Cosine q of the two points.
    correlation, correlation_error : array (Q,)
        Covariance over variance, and its jackknife error over pairs.
    correlation_covariance : array (Q, Q)
        Covariance of the errors of ``correlation``: all q share their pairs, so their errors are not independent.
    covariance, covariance_error : array (Q,)
        Covariance of the values at the two points, and its jackknife error.
    mixture_order : array (P,)
        Orders p = 1, 2, ….
    mixture, mixture_error : array (P,)
        Weights a_p ≥ 0 of sum 1, β_p²/Σβ² of the mixed glass that has this correlation, and their bootstrap
        errors over pairs. NaN where fewer than four overlaps other than 1 are given, or nothing varies.
    effective_order, effective_order_error : float
        Σ p a_p: how many-body the interactions are on average. NaN with the mixture.
    effective_order_bias : float
        What the order is expected to be off by, from the mean of its bootstrap: weights that cannot be negative
        pull a pure glass of order 3 down by up to 0.7 of the error, of which this finds about a half.
    chi2, chi2_dof, chi2_p : float
        Misfit of the mixture, its number of degrees of freedom (not whole: the errors are dependent), and the
        probability of a misfit at least as large. A small probability says that no mixture of these orders
        has this correlation: it needs higher ones, or a single instance of few spins was measured too finely.
    mean, variance : float
        Of the values over the sphere.
    radius : float
        Radius of the sphere.
    dim : int
        Dimension of the space that holds it.
    n_pairs : int
        Number of pairs.
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
    correlation_covariance: NDArray[np.float64]
    covariance: NDArray[np.float64]
    covariance_error: NDArray[np.float64]
    mixture_order: NDArray[np.int64]
    mixture: NDArray[np.float64]
    mixture_error: NDArray[np.float64]
    effective_order: float
    effective_order_error: float
    chi2: float
    chi2_dof: float
    chi2_p: float
    mean: float
    variance: float
    radius: float
    dim: int
    n_pairs: int
    effective_order_bias: float = float("nan")


def correlation(
    landscape: Landscape,
    overlaps: ArrayLike | None = None,
    n_pairs: int = 1000,
    seed: int = 0,
    radius: float | None = None,
    origin: ArrayLike | None = None,
    max_order: int = 30,
    *,
    executor: Executor | None = None,
) -> Correlation:
    r"""Correlation of the values at two random points of overlap q on a sphere, averaged over one landscape.

    A pair is x uniform on the sphere \|w\| = radius and y = q x + sqrt(1 − q²) x⊥, where x⊥ is uniform among
    the vectors of that length orthogonal to x. Then Corr(q) = Cov(L(x), L(y)) / Var(L). Each pair is used at
    several places of the great circle through x and x⊥, which are all equally likely: at every point of a
    regular grid that all overlaps lie on, if there is one of 96 points or fewer; else in four quarter turns.
    This takes away much of the noise. All q share the circles: the curve is smooth, Corr(1) is exactly 1,
    and the errors at different q are dependent.

    For the spherical H-spin glass the covariance over the disorder is N q^H (Auffinger, Ben Arous and Černý,
    arXiv:1003.1129, eq. 1.2), and N Σ β_p² q^p for a mixture. Here one instance is averaged over its sphere,
    and its mean over the sphere is taken off. On average over instances this leaves q^p − m_p of q^p, m_p
    being the mean of q^p over independent points (0 for odd p, 1/N at order 2). The mixture is fitted in these
    terms, so it is that of the glass at any N. The instance itself departs from the average: the shares
    of a mixture by a relative 2/N at order 2, and a pure order 3 by a share 3√2/N^(3/2) of order 1.
    `mean_correlation` averages over instances.

    Any function on a sphere of n dimensions has Corr(q) = Σ v_k P_k(q), v_k ≥ 0 being the share of its
    variance in degree k and P_k the Gegenbauer polynomials with P_k(1) = 1 (Schoenberg, Duke Math. J. 9, 96,
    1942). P_k goes to q^k as n grows: a landscape of many dimensions is a mixture, and only the highest order
    is to be chosen.

    The effective order is Σ p a_p, the slope of Corr at q = 1, and so equal to
    radius² ⟨\|∇L\|²⟩ / (n Var L) for many dimensions n, with the gradient along the sphere. It is finite for
    a network although the loss has kinks: these leave weights that fall as p^(−5/2), of which the fit counts
    those up to ``max_order``. It needs no threshold, and no choice of an overlap at which to look.

    Parameters
    ----------
    landscape : Landscape
        Any landscape of two dimensions or more.
    overlaps : array (Q,), optional
        Overlaps q, each in [−1, 1], in any order. Default: the cosines of 0°, 15°, …, 180°.
        Cosines of a regular grid of angles give much smaller errors than other overlaps.
    n_pairs : int
        Number of pairs, at least 3. Pair i is a function of (seed, i) alone.
    seed : int
        64-bit seed.
    radius : float, optional
        Radius of the sphere. Default: that of the landscape's Sphere; else the norm of ``origin``; else,
        for a network, the root mean square norm of a random initialisation.
    origin : array (dim,), optional
        A point whose norm is the radius, such as a solution; its direction has no influence.
    max_order : int
        Highest order of the mixture. Neighbouring high orders have nearly the same curve: their sum is well
        known, each alone is not.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Correlation
        Correlation, mixture and their errors are NaN where the value does not vary.

    Raises
    ------
    ArgumentError
        q outside [−1, 1], too few pairs, a radius that is not the landscape's, or one that is not known.

    Examples
    --------
    >>> import spinland as sl
    >>> glass = sl.SphericalSpinGlass(n_spins=60, order=3)
    >>> print(f"{sl.correlation(glass, n_pairs=300).effective_order:.0f}")
    3
    """
    landscape = inputs.a_landscape(landscape)
    if landscape.dim < 2:
        raise ArgumentError("landscape", "at least two dimensions", f"{landscape.dim}")
    q = np.atleast_1d(checks.float_array("overlaps", _DEGREES_15 if overlaps is None else overlaps, ndim=(0, 1)))
    if q.size == 0 or np.abs(q).max() > 1:
        raise ArgumentError("overlaps", "one number or more in [-1, 1]", q.tolist())
    n_pairs = checks.integer("n_pairs", n_pairs, minimum=3, maximum=2**32 - 1)
    order = np.arange(1, checks.integer("max_order", max_order, minimum=1, maximum=200) + 1)
    seed = rng.seed64("seed", seed)
    length = _radius(landscape, radius, origin)
    values = values_at_pairs(landscape, q, n_pairs, seed, length, executor)
    shift = float(values.mean())
    curves = PairCurves(values - shift)
    errors = curves.errors()
    fitter = MixtureFit(q, order, landscape.dim, errors.ratio, n_pairs)
    fit = fitter.fit(curves.ratio)
    resampled = np.stack([fitter.weights(curve) for curve in curves.resampled(seed, _RESAMPLES)])
    arguments = {"overlaps": q, "n_pairs": n_pairs, "radius": length, "max_order": len(order)}
    return Correlation(
        overlap=q,
        correlation=curves.ratio,
        correlation_error=np.sqrt(np.diag(errors.ratio)),
        correlation_covariance=errors.ratio,
        covariance=curves.covariance,
        covariance_error=np.sqrt(errors.covariance),
        mixture_order=order,
        mixture=fit.weights,
        mixture_error=bootstrap_error(resampled),
        effective_order=float(order @ fit.weights),
        effective_order_error=float(bootstrap_error(resampled @ order)),
        effective_order_bias=float(np.mean(resampled @ order) - order @ fit.weights),
        chi2=fit.chi2,
        chi2_dof=fit.dof,
        chi2_p=fit.p,
        mean=curves.mean + shift,
        variance=curves.variance,
        radius=length,
        dim=landscape.dim,
        n_pairs=n_pairs,
        **quantity_of(landscape),
        provenance=record_on(landscape, "correlation", arguments, seed=seed),
    )


def _radius(landscape: Landscape, radius: float | None, origin: ArrayLike | None) -> float:
    own = landscape.geometry.radius
    if radius is not None and origin is not None:
        raise ArgumentError("radius", "a radius or an origin, not both", radius)
    if radius is not None:
        length = checks.real("radius", radius, above=0)
    elif origin is not None:
        at = checks.float_array("origin", origin, shape=(landscape.dim,))
        length = checks.real("origin norm", np.linalg.norm(at), above=0)
    elif own is not None:
        return float(own)
    elif landscape.typical_norm is not None:
        return landscape.typical_norm
    else:
        raise ArgumentError("radius", "a radius, or an origin to take it from: the landscape is no sphere")
    if own is not None and abs(length - own) > 1e-5 * own:
        raise ArgumentError("radius", f"the radius of the landscape's sphere, {own:g}", length)
    return length if own is None else float(own)
