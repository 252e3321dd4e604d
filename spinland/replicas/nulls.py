r"""Null models: distances that a set of replicas without any tree would show.

Both carry the data's own norms, the distances r_i of the replicas from their mean: points whose norms scatter
more, or less, than those of a Gaussian cloud would otherwise differ from it by that alone. What remains of
d_ij² = r_i² + r_j² − 2 r_i r_j q_ij are the cosines q_ij.

*Shuffled cosines* keep the values and forget which pairs they belong to. Cosines of independent directions in
many dimensions are independent of each other; in few dimensions they are not, and differ from this model.

*Gaussian directions* are those of Gaussian points with the covariance spectrum of the replicas. The k-th longest
of them gets the k-th longest norm, since in a cloud that is long in some direction the far points lie there;
points are then centred and scaled in turn until their norms from their mean are those of the data.

The spectrum is that of the doubly centred matrix −½ J D² J of squared distances (classical scaling; Torgerson
1952). Norms that scatter more than a Gaussian of such a spectrum allows (the variance of r² is 2/D of its squared
mean, D the participation ratio) would pass for directions that stand out: they are drawn together first, as
r^a. R replicas in many dimensions fill only R − 1 of them, and their sample spectrum is broad where the true one
is flat: points drawn in those R − 1 dimensions would scatter more than the replicas do. So the spectrum is taken
apart. Eigenvalues above the noise edge (Marchenko and Pastur, with the Tracy-Widom allowance of Johnstone,
Ann. Stat. 29, 295, 2001) are directions, with the variance that such an eigenvalue stands for (Baik and
Silverstein, J. Multivar. Anal. 97, 1382, 2006). The others are an isotropic rest in as many dimensions as
its participation ratio (tr Σ)²/tr Σ² demands. tr Σ² is estimated from the spectrum as for Gaussian points (Bai
and Saranadasa, Stat. Sinica 6, 311, 1996), and corrected by the factor by which this estimate, of all directions,
differs from the mean square of products of different points, which is without bias whatever their norms (U-centred;
G. Székely and M. Rizzo, Ann. Stat. 42, 2382, 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..machines import single_threaded
from ..rng import Purpose, normals, permutation
from .gram import segments, square_form

MAX_DIMENSIONS = 4096  # of the isotropic rest; beyond, distances of three points have the same shape
_ROUNDING = 1e-10  # eigenvalues below this part of the largest are zero
_SCALINGS = 3  # of scaling and centring in turn; more of them narrow the directions
_SHRINKINGS = 4  # the spectrum and the scatter of the norms it allows, in turn


class NormNulls:
    """Null models of R replicas that carry their norms.

    Parameters
    ----------
    condensed : (R(R-1)/2,) float64
        Euclidean distances. Of others, the part that no Euclidean points could show (negative eigenvalues,
        cosines beyond 1) is left out.
    n : int
        R.

    Attributes
    ----------
    radii : (R,) float64
        Distances of the replicas from their mean.
    cosines : (R(R-1)/2,) float64
        Of the angles between pairs, seen from their mean; 0 for a replica that lies there.
    variances : (D,) float64
        Variance of each coordinate of the Gaussian directions.
    """

    def __init__(self, condensed: NDArray[np.float64], n: int):
        self.n = n
        gram = _centred(square_form(-0.5 * condensed**2, n, 0.0))
        self.radii = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
        inverse = _inverse(self.radii)
        gram *= inverse[:, None] * inverse[None, :]
        np.clip(gram, -1.0, 1.0, out=gram)
        self.cosines = _upper(gram)
        self.variances = self._spectrum(gram)

    @property
    def effective_dimension(self) -> float:
        """Participation ratio (tr Σ)²/tr Σ² of the variances; 0 if all points coincide."""
        return _dimension(self.variances)

    def shuffled(self, seed: int, draw: int) -> NDArray[np.float64]:
        """Condensed distances with the cosines of other pairs."""
        cosines = self.cosines[permutation(seed, Purpose.NULL_SHUFFLE, draw, 0, len(self.cosines))]
        for i, pairs in segments(self.n):
            other = self.radii[i + 1 :]
            near = (self.radii[i] - other) ** 2
            cosines[pairs] = np.sqrt(near + 2.0 * self.radii[i] * other * (1.0 - cosines[pairs]))
        return cosines

    def gaussian(self, seed: int, draw: int) -> NDArray[np.float64]:
        """Condensed distances of Gaussian directions."""
        dim = len(self.variances)
        if dim == 0:
            return np.zeros(len(self.cosines))
        points = normals(seed, Purpose.NULL_GAUSSIAN, draw, 0, self.n * dim).reshape(self.n, dim)
        points *= np.sqrt(self.variances)
        with single_threaded():  # the same bits for any number of threads
            gram = points @ points.T
        radii = np.empty(self.n)
        radii[np.argsort(np.diagonal(gram))] = np.sort(self.radii)
        for _ in range(_SCALINGS):
            scale = radii * _inverse(np.sqrt(np.maximum(np.diagonal(gram), 0.0)))
            gram = _centred(gram * (scale[:, None] * scale[None, :]))
        squares = np.diagonal(gram)
        return np.sqrt(np.maximum(_upper(squares[:, None] + squares[None, :] - 2.0 * gram), 0.0))

    def _spectrum(self, cosines: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variances for the norms of the replicas, drawn together where no Gaussian has them."""
        power = 1.0
        variances = np.empty(0)
        for _ in range(_SHRINKINGS):
            radii = self.radii**power
            gram = _centred(cosines * (radii[:, None] * radii[None, :]))
            variances = population_variances(_eigenvalues(gram) / (self.n - 1), _square_trace(gram))
            allowed = 2.0 / max(_dimension(variances), 1.0)
            square = radii**2
            mean = float(square.mean())
            scatter = float(square.var(ddof=1)) / mean**2 if mean > 0 else 0.0
            if scatter <= allowed * (1.0 + 2.0 * np.sqrt(2.0 / self.n)):  # to its statistical error
                break
            power *= np.sqrt(allowed / scatter)
        return variances


def _centred(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner products about the mean point, in place."""
    mean = gram.mean(axis=0)
    gram += mean.mean() - mean[:, None] - mean[None, :]
    return gram


def _inverse(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(radii > 0, 1.0 / np.where(radii > 0, radii, 1.0), 0.0)


def _upper(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """Condensed form of a symmetric matrix."""
    return np.concatenate([square[i, i + 1 :] for i in range(len(square) - 1)])


def _dimension(variances: NDArray[np.float64]) -> float:
    square = float(np.sum(variances**2))
    return float(variances.sum() ** 2 / square) if square > 0 else 0.0


def _eigenvalues(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """The n−1 greatest eigenvalues of centred inner products, falling, none negative."""
    with single_threaded():  # the same bits for any number of threads
        eigenvalues = np.linalg.eigvalsh(gram)[::-1][: len(gram) - 1]
    return np.where(eigenvalues > _ROUNDING * max(eigenvalues[0], 0.0), eigenvalues, 0.0)


def _square_trace(gram: NDArray[np.float64]) -> float:
    """Unbiased tr Σ² of points with these centred inner products; NaN for fewer than four."""
    n = len(gram)
    if n < 4:
        return np.nan
    squares = np.diagonal(gram)
    distances = squares[:, None] + squares[None, :] - 2.0 * gram
    mean = distances.sum(axis=0) / (n - 2)
    distances += mean.sum() / (n - 1) - mean[:, None] - mean[None, :]
    np.fill_diagonal(distances, 0.0)
    return float(np.sum(distances**2)) / (4.0 * n * (n - 3))


def population_variances(sample: NDArray[np.float64], square_trace: float = np.nan) -> NDArray[np.float64]:
    """Variances of Gaussian coordinates for which these covariance eigenvalues are typical.

    Parameters
    ----------
    sample : (n,) float64
        Eigenvalues of the sample covariance of n+1 points (n degrees of freedom), falling.
    square_trace : float
        tr Σ², for points whose norms do not scatter as those of Gaussian ones; NaN for Gaussian points.

    Returns
    -------
    (D,) float64
        Single directions first, then the isotropic rest.
    """
    n = len(sample)
    directions: list[float] = []
    excess = square_trace / _square_of(sample, n) if square_trace > 0 and sample[0] > 0 else 1.0
    for taken in range(n):
        rest = sample[taken:]
        freedom = n - taken
        scaled = rest * (n / freedom)  # a sample covariance of ``freedom`` degrees of freedom by itself
        trace = float(scaled.sum())
        if trace <= 0:
            return np.array(directions)
        dimension = _participation(scaled, freedom, excess)
        rank = np.count_nonzero(rest)
        variance = trace / dimension
        if scaled[0] <= _noise_edge(variance, dimension, freedom) and dimension >= 0.5 * rank:
            return np.concatenate([directions, np.full(dimension, variance)])
        directions.append(_spike(float(scaled[0]), variance, dimension / freedom))
    return np.array(directions)


def _participation(eigenvalues: NDArray[np.float64], freedom: int, excess: float) -> int:
    """Number of dimensions (tr Σ)²/tr Σ² of an isotropic cloud with these sample eigenvalues."""
    if freedom < 2:
        return 1
    trace = float(eigenvalues.sum())
    square = excess * _square_of(eigenvalues, freedom)
    return round(trace**2 / max(square, trace**2 / MAX_DIMENSIONS)) or 1


def _square_of(eigenvalues: NDArray[np.float64], freedom: int) -> float:
    """tr Σ² of Gaussian points from their sample eigenvalues, at least that of ``MAX_DIMENSIONS`` equal ones."""
    trace, square = float(eigenvalues.sum()), float(np.sum(eigenvalues**2))
    if freedom < 2:
        return square
    unbiased = (square - trace**2 / freedom) * freedom**2 / ((freedom - 1) * (freedom + 2))
    return max(unbiased, trace**2 / MAX_DIMENSIONS)


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
