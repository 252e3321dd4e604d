"""Correlation of a landscape's values at pairs of points of given overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels.philox import cpu as philox

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.geometry import Sphere
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record
from ..results import Result
from ..statistics import jackknife_error
from . import inputs

_BLOCK_ENTRIES = 1 << 21  # coordinates of x, and of x⊥, that are drawn together: 16 MB each


@dataclass(frozen=True, eq=False, kw_only=True)
class Correlation(Result):
    """Covariance and correlation of values at points of overlap q on a sphere.

    Attributes
    ----------
    overlap : array (Q,)
        Cosine q of the two points.
    correlation, correlation_error : array (Q,)
        Covariance over variance, and its jackknife error over pairs.
    covariance, covariance_error : array (Q,)
        Covariance of the values at the two points, and its jackknife error.
    mean, variance : float
        Of the values at the first points of the pairs.
    radius : float
        Radius of the sphere.
    n_pairs : int
        Number of pairs.
    """

    overlap: NDArray[np.float64]
    correlation: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    covariance: NDArray[np.float64]
    covariance_error: NDArray[np.float64]
    mean: float
    variance: float
    radius: float
    n_pairs: int


def correlation(
    landscape: Landscape,
    overlaps: ArrayLike,
    n_pairs: int,
    seed: int = 0,
    radius: float | None = None,
    origin: ArrayLike | None = None,
) -> Correlation:
    """Correlation of the values at two random points of overlap q, averaged over one landscape.

    A pair is x uniform on the sphere |w| = radius and y = q x + sqrt(1 − q²) x⊥, where x⊥ is uniform among
    the vectors of that length orthogonal to x. Then Corr(q) = Cov(L(x), L(y)) / Var(L), the variance being
    the mean of those of L(x) and L(y), which have one distribution. For the spherical H-spin glass the
    covariance over the disorder is N q^H (Auffinger, Ben Arous and Černý, arXiv:1003.1129, eq. 1.2).

    All q share the same x and x⊥ (common random numbers): the curve is smooth, Corr(1) is exactly 1,
    and the errors at different q are correlated.

    Parameters
    ----------
    landscape : Landscape
        Any landscape of two dimensions or more.
    overlaps : array (Q,)
        Overlaps q, each in [−1, 1], in any order.
    n_pairs : int
        Number of pairs, at least 3. Pair i is a function of (seed, i) alone.
    seed : int
        64-bit seed.
    radius : float, optional
        Radius of the sphere. Default: that of the landscape's Sphere; else the norm of ``origin``; else,
        for a network, the root mean square norm of a random initialisation.
    origin : array (dim,), optional
        A point whose norm is the radius, such as a solution; its direction has no influence.

    Returns
    -------
    Correlation
        The correlation and its error are NaN where the value does not vary.

    Raises
    ------
    ArgumentError
        q outside [−1, 1], too few pairs, a radius that is not the landscape's, or one that is not known.
    """
    landscape = inputs.a_landscape(landscape)
    if landscape.dim < 2:
        raise ArgumentError("landscape", "at least two dimensions", f"{landscape.dim}")
    q = np.atleast_1d(checks.float_array("overlaps", overlaps, ndim=(0, 1)))
    if q.size == 0 or np.abs(q).max() > 1:
        raise ArgumentError("overlaps", "one number or more in [-1, 1]", q.tolist())
    n_pairs = checks.integer("n_pairs", n_pairs, minimum=3, maximum=2**32 - 1)
    seed = rng.seed64("seed", seed)
    length = _radius(landscape, radius, origin)
    first, second = _values(landscape, q, n_pairs, seed, length)
    covariance, covariance_error, ratio, ratio_error = _moments(first, second)
    arguments = {"overlaps": q, "n_pairs": n_pairs, "radius": length}
    return Correlation(
        overlap=q, correlation=ratio, correlation_error=ratio_error, covariance=covariance,
        covariance_error=covariance_error, mean=float(first.mean()), variance=float(first.var(ddof=1)),
        radius=length, n_pairs=n_pairs,
        provenance=record(
            "correlation", arguments, seed=seed, data=landscape.fingerprint, device=landscape.device,
            dtype=landscape.dtype,
        ),
    )  # fmt: skip


def _radius(landscape: Landscape, radius: float | None, origin: ArrayLike | None) -> float:
    own = landscape.geometry.radius if isinstance(landscape.geometry, Sphere) else None
    if radius is not None and origin is not None:
        raise ArgumentError("radius", "a radius or an origin, not both", radius)
    if radius is not None:
        length = checks.real("radius", radius, above=0)
    elif origin is not None:
        at = checks.float_array("origin", origin, shape=(landscape.dim,))
        length = checks.real("origin norm", np.linalg.norm(at), above=0)
    elif own is not None:
        return float(own)
    elif isinstance(landscape, NetworkLandscape):
        return initial_norm(landscape.network)
    else:
        raise ArgumentError("radius", "a radius, or an origin to take it from: the landscape is no sphere")
    if own is not None and abs(length - own) > 1e-5 * own:
        raise ArgumentError("radius", f"the radius of the landscape's sphere, {own:g}", length)
    return length if own is None else float(own)


def initial_norm(network: ReLUNetwork) -> float:
    """Root mean square norm of PyTorch's initialisation, entries uniform on ±1/sqrt(fan_in)."""
    entries = [
        rows * (fan_in + (bias is not None)) / (3 * fan_in) for _, bias, (rows, fan_in) in network.spans
    ]
    return float(np.sqrt(sum(entries)))


def _values(
    landscape: Landscape, q: NDArray[np.float64], n_pairs: int, seed: int, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values at x, (n_pairs,), and at y, (n_pairs, Q).

    A pair lies in the plane of x and x⊥, so a landscape that is quick on planes is quick here.
    """
    zero = np.zeros(landscape.dim, landscape.dtype)
    coefficients = np.stack([np.append(1.0, q), np.append(0.0, np.sqrt(1 - q**2))], axis=1)
    values = np.empty((n_pairs, len(q) + 1))
    with track(n_pairs, "correlation") as advance:
        rows = max(1, _BLOCK_ENTRIES // landscape.dim)
        for low in range(0, n_pairs, rows):
            block = np.arange(low, min(low + rows, n_pairs))
            for pair, directions in zip(block, sphere_pairs(seed, block, landscape.dim, radius), strict=True):
                plane = landscape.slice(zero, directions.astype(landscape.dtype))
                values[pair] = plane.value(coefficients)
                advance()
    return values[:, 0], values[:, 1:]


def sphere_pairs(seed: int, pairs: NDArray[np.int64], dim: int, radius: float) -> NDArray[np.float64]:
    """x and x⊥ of some pairs, (len(pairs), 2, dim): orthogonal, each of norm ``radius``, uniform."""
    both = np.empty((len(pairs), 2, dim))
    for step in (0, 1):
        philox.fill_normals(both[:, step], seed, int(rng.Purpose.PAIRS), pairs, step)
    for x, other in both:
        x /= np.linalg.norm(x)
        for _ in range(2):  # twice: rounding leaves a share of x in low dimension
            other -= (other @ x) * x
            other /= np.linalg.norm(other)
    both *= radius
    return both


def _moments(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
    """Covariance, its error, correlation, its error; each (Q,). Jackknife over pairs."""
    n = len(first)
    a = (first - first.mean())[:, None]
    b = second - second.mean(axis=0)
    # Taking a pair out of n changes a centred sum of products by −n/(n−1) times its own product.
    weight = n / (n - 1)
    product, square = a * b, (a * a + b * b) / 2
    total, spread = product.sum(axis=0), square.sum(axis=0)
    still = spread <= n * (16 * np.finfo(float).eps * np.abs(second).max(initial=0)) ** 2
    spread = np.where(still, np.nan, spread)
    total_without, spread_without = total - weight * product, spread - weight * square
    covariance_error = jackknife_error(total_without / (n - 2))
    ratio = total / spread
    ratio_error = jackknife_error(total_without / spread_without)
    return total / (n - 1), covariance_error, ratio, ratio_error
