"""Null models: distances that a set of replicas without any tree would show.

*Shuffled* distances keep the values and forget which pairs they belong to. Any geometry, a Gaussian cloud
included, differs from that: pairs that share a replica are correlated.

*Gaussian* points share the covariance spectrum of the replicas, and nothing else. The spectrum is that of
the doubly centred matrix −½ J D² J of squared distances (classical scaling; Torgerson 1952). R replicas in
many dimensions fill only R − 1 of them, and their sample spectrum is broad where the true one is flat:
points drawn in those R − 1 dimensions would scatter more than the replicas do. So the spectrum is taken
apart. Eigenvalues above the noise edge (Marchenko and Pastur, with the Tracy-Widom allowance of Johnstone,
Ann. Stat. 29, 295, 2001) are directions, with the variance that such an eigenvalue stands for (Baik and
Silverstein, J. Multivar. Anal. 97, 1382, 2006). The others are an isotropic rest in as many dimensions as
its participation ratio (tr Σ)²/tr Σ² demands, tr Σ² estimated without bias (Bai and Saranadasa, Stat.
Sinica 6, 311, 1996).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinland_kernels import blas

from ..rng import Purpose, normals, permutation
from .gram import square_form, squared_distances
from .rows import Rows

MAX_DIMENSIONS = 4096  # of the isotropic rest; beyond, distances of three points have the same shape
_ROUNDING = 1e-10  # eigenvalues below this part of the largest are zero


def shuffled(condensed: NDArray[np.float64], seed: int, draw: int) -> NDArray[np.float64]:
    """The same distances between other pairs."""
    return condensed[permutation(seed, Purpose.NULL_SHUFFLE, draw, 0, len(condensed))]


class GaussianNull:
    """Gaussian points with the covariance spectrum of R replicas.

    Parameters
    ----------
    condensed : (R(R-1)/2,) float64
        Euclidean distances. Of others, the part that no Euclidean points could show (negative eigenvalues)
        is left out.
    n : int
        R.

    Attributes
    ----------
    variances : (D,) float64
        Variance of each coordinate.
    """

    def __init__(self, condensed: NDArray[np.float64], n: int):
        self.n = n
        self.variances = population_variances(_centred_spectrum(condensed, n) / (n - 1))

    @property
    def effective_dimension(self) -> float:
        """Participation ratio (tr Σ)²/tr Σ² of the variances; 0 if all points coincide."""
        square = float(np.sum(self.variances**2))
        return float(self.variances.sum() ** 2 / square) if square > 0 else 0.0

    def draw(self, seed: int, draw: int) -> NDArray[np.float64]:
        """Condensed distances of one set of points."""
        dim = max(1, len(self.variances))
        points = normals(seed, Purpose.NULL_GAUSSIAN, draw, 0, self.n * dim).reshape(self.n, dim)
        points[:, : len(self.variances)] *= np.sqrt(self.variances)
        if len(self.variances) == 0:
            points[:] = 0.0
        return np.sqrt(squared_distances(Rows(points), show_progress=False))


def _centred_spectrum(condensed: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The n−1 greatest eigenvalues of −½ J D² J, falling, none negative."""
    gram = square_form(-0.5 * condensed**2, n, 0.0)
    mean = gram.mean(axis=0)
    gram += mean.mean() - mean[:, None] - mean[None, :]
    with blas.single_threaded():  # the same bits for any number of threads
        eigenvalues = np.linalg.eigvalsh(gram)[::-1][: n - 1]
    return np.where(eigenvalues > _ROUNDING * max(eigenvalues[0], 0.0), eigenvalues, 0.0)


def population_variances(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variances of Gaussian coordinates for which these covariance eigenvalues are typical.

    Parameters
    ----------
    sample : (n,) float64
        Eigenvalues of the sample covariance of n+1 points (n degrees of freedom), falling.

    Returns
    -------
    (D,) float64
        Single directions first, then the isotropic rest.
    """
    n = len(sample)
    directions: list[float] = []
    for taken in range(n):
        rest = sample[taken:]
        freedom = n - taken
        scaled = rest * (n / freedom)  # a sample covariance of ``freedom`` degrees of freedom by itself
        trace = float(scaled.sum())
        if trace <= 0:
            return np.array(directions)
        dimension = _participation(scaled, freedom)
        rank = np.count_nonzero(rest)
        variance = trace / dimension
        if scaled[0] <= _noise_edge(variance, dimension, freedom) and dimension >= 0.5 * rank:
            return np.concatenate([directions, np.full(dimension, variance)])
        directions.append(_spike(float(scaled[0]), variance, dimension / freedom))
    return np.array(directions)


def _participation(eigenvalues: NDArray[np.float64], freedom: int) -> int:
    """Number of dimensions (tr Σ)²/tr Σ² of an isotropic cloud with these sample eigenvalues."""
    trace, square = float(eigenvalues.sum()), float(np.sum(eigenvalues**2))
    if freedom < 2:
        return 1
    unbiased = (square - trace**2 / freedom) * freedom**2 / ((freedom - 1) * (freedom + 2))
    return round(trace**2 / max(unbiased, trace**2 / MAX_DIMENSIONS)) or 1


def _noise_edge(variance: float, dimension: int, freedom: int) -> float:
    """Greatest sample eigenvalue that isotropic noise shows in about 99 of 100 cases."""
    a, b = np.sqrt(freedom), np.sqrt(dimension)
    width = (a + b) * (1 / a + 1 / b) ** (1 / 3)
    return float(variance * ((a + b) ** 2 + 2.0 * width) / freedom)


def _spike(eigenvalue: float, noise: float, ratio: float) -> float:
    """Variance of a direction whose sample eigenvalue stands above isotropic noise."""
    half = eigenvalue + noise * (1 - ratio)
    root = half**2 - 4 * eigenvalue * noise
    return 0.5 * (half + float(np.sqrt(root))) if root > 0 and half > 0 else eigenvalue
