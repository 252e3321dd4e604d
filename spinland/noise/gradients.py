"""Covariance of the gradients of single samples: spectrum, leading modes, and how they lie to the Hessian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..curvature.eigenpairs import leading
from ..curvature.operators import hessian_at
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..machines import single_threaded
from ..provenance import record_on
from ..results import Result
from ..statistics.fits import log_slope
from ..training.settings import SAMPLINGS

Array = NDArray[np.float64]

_LEAST = 1e-12
"""Eigenvalues of the covariance below this share of the largest have no mode: rounding would decide on it."""

_TOLERANCE = 1e-4
"""Residual of a leading eigenpair of the Hessian, relative to the largest eigenvalue."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GradientNoise(Result):
    """Covariance D = Σ (g_i − ḡ)(g_i − ḡ)' / N of the gradients of N samples' losses at a point.

    Attributes
    ----------
    values : (min(N, dim),)
        Eigenvalues of D that may differ from zero, falling.
    modes : (K, dim)
        Eigenvectors of the K largest, of length one.
    curvature : (K,)
        u'Hu of each mode u, with the Hessian H of the mean loss.
    alignment : float
        tr(HD) / (|H| |D|) in the space of the modes, |·| being Frobenius' norm: 1 where H is a multiple of D there.
    hessian_values, hessian_noise : (K,)
        Largest eigenvalues h of H, and e'De of their eigenvectors e.
    overlap, uniform_overlap : float
        Mean squared length of the modes within the space of these eigenvectors, and its mean for a random space of as
        many dimensions, K / `n_live`.
    exponent, exponent_error : float
        γ of e'De ∝ h^γ over the positive ones of these h: slope of the logarithms, with the standard error of their
        scatter; NaN for fewer than three.
    gradient_norm : float
        |ḡ|.
    n_samples, n_live : int
        N, and parameters that the loss depends on: without the weights of inputs that are zero in all samples.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "curvature": ("mode",),
        "hessian_values": ("mode",),
        "hessian_noise": ("mode",),
    }

    values: Array
    modes: NDArray[Any]
    curvature: Array
    alignment: float
    hessian_values: Array
    hessian_noise: Array
    overlap: float
    uniform_overlap: float
    exponent: float
    exponent_error: float
    gradient_norm: float
    n_samples: int
    n_live: int

    @property
    def trace(self) -> float:
        """Trace of D: mean squared distance of a sample's gradient from their mean."""
        return float(self.values.sum())

    @property
    def rank(self) -> int:
        """Eigenvalues above dim · ε times the largest, ε that of float32.

        NumPy's rule for the rank of a matrix, as which we read that of Chaudhari and Soatto (arXiv:1710.11029): it says
        what float32 can tell, not how many are zero.
        """
        return int(np.sum(self.values > self.n_live * np.finfo(np.float32).eps * self.values[0]))

    @property
    def effective_rank(self) -> float:
        """(tr D)² / tr D², the number of equal eigenvalues that spread as much."""
        return float(self.trace**2 / np.sum(np.asarray(self.values) ** 2))

    def scale(self, batch_size: int, sampling: str = "reshuffled") -> float:
        """Factor from D to the covariance of the mean gradient of a batch.

        Parameters
        ----------
        batch_size : int
            B, from 1 to the number of samples N.
        sampling : "reshuffled" or "replacement"
            Without replacement (1/B)(N − B)/(N − 1), which is 0 for all samples; with it 1/B.
        """
        n, size = self.n_samples, checks.integer("batch_size", batch_size, minimum=1, maximum=self.n_samples)
        alone = checks.choice("sampling", sampling, SAMPLINGS) == "replacement"
        return (1.0 if alone else (n - size) / (n - 1)) / size


def gradient_noise(landscape: NetworkLandscape, point: ArrayLike, n_modes: int = 10) -> GradientNoise:
    """Spectrum and leading modes of the covariance of the samples' gradients, and how they lie to the Hessian.

    The spectrum is that of the centred matrix of inner products of the N gradients, which is formed layer by layer; no
    gradient of a sample is ever held. Time grows as N² · widths + N³.

    Parameters
    ----------
    landscape : NetworkLandscape
        A mean over samples. In float32 eigenvalues below some 1e-6 of the largest are rounding.
    point : array (dim,)
        Where.
    n_modes : int
        K modes, and as many eigenvectors of the Hessian; fewer where fewer eigenvalues are above 1e-12 of the largest.

    Returns
    -------
    GradientNoise

    Raises
    ------
    ArgumentError
        No network, more modes than parameters or samples less one, or gradients that are all the same.

    Examples
    --------
    >>> import spinland as sl
    >>> landscape = sl.NetworkLandscape(sl.ReLUNetwork((64, 4, 10)), "digits")
    >>> noise = sl.gradient_noise(landscape, landscape.network.initialize(1)[0], n_modes=3)
    >>> noise.modes.shape
    (3, 310)
    """
    checks.instance("landscape", landscape, NetworkLandscape, "a NetworkLandscape: a glass is no mean over samples")
    at = checks.float_array("point", point, dtype=landscape.dtype, shape=(landscape.dim,))
    n, live = landscape.n_samples, landscape.samples.network.n_params
    most = checks.integer("n_modes", n_modes, minimum=1, maximum=max(1, min(n - 1, live)))
    products = landscape.gradient_products(at)
    if not np.isfinite(products).all():
        raise ArgumentError("point", "one where the gradients of the samples are finite", "one where they are not")
    values, weights = _spectrum(products)
    kept = int(np.sum(values[:most] > _LEAST * values[0]))
    if kept == 0:
        raise ArgumentError("point", "one where the gradients of the samples differ", "one where they are all the same")
    modes = landscape.gradient_sums(at, (weights[:, :kept] / np.sqrt(n * values[:kept])).T)
    modes /= np.linalg.norm(modes.astype(np.float64), axis=1, keepdims=True)
    along = modes.astype(np.float64) @ landscape.hessian_product(at, modes).astype(np.float64).T
    bends, vectors, *_ = leading(hessian_at(landscape, at), kept, "largest", _TOLERANCE, 0, 100 * kept + 1000)
    noise = landscape.gradient_components(at, vectors).var(axis=1)
    curvature, variances = np.diagonal(along).copy(), values[:kept]
    exponent, error = log_slope(bends[bends > 0], noise[bends > 0])
    return GradientNoise(
        values=values[: min(n, live)],
        modes=modes,
        curvature=curvature,
        alignment=float(curvature @ variances / (np.linalg.norm(along) * np.linalg.norm(variances))),
        hessian_values=bends,
        hessian_noise=noise,
        overlap=float(np.sum((modes.astype(np.float64) @ vectors.T) ** 2) / kept),
        uniform_overlap=kept / live,
        exponent=exponent,
        exponent_error=error,
        gradient_norm=float(np.linalg.norm(landscape.gradient(at).astype(np.float64))),
        n_samples=n,
        n_live=live,
        provenance=record_on(landscape, "gradient_noise", {"point": at, "n_modes": n_modes}),
    )


def _spectrum(products: Array) -> tuple[Array, Array]:
    """Eigenvalues of the covariance, falling, and eigenvectors (N, N) of the centred products, as columns."""
    n = len(products)
    mean = products.mean(axis=0)
    products -= mean
    products -= mean[:, None] - mean.mean()
    products /= n
    with single_threaded():
        values, vectors = np.linalg.eigh(products)
    vectors -= vectors.mean(axis=0)
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]
