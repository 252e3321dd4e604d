r"""Are replicas arranged as the leaves of a tree? A test on triangles.

In an ultrametric space the two longest sides of every triangle d1 ≤ d2 ≤ d3 are equal (R. Rammal,
G. Toulouse and M. A. Virasoro, Rev. Mod. Phys. 58, 765, 1986). Three measures of how far that fails:

``deviation``
    mean of K = (d3 − d2)/(d3 − d1), between 0 (ultrametric; also set for an equilateral triangle) and 1.
    Neither a factor nor a constant added to all distances changes it. 1/2 where the three sides scatter
    independently and symmetrically about one length.
``share``
    part of the triangles with d3 − d2 ≤ tolerance · s, where s is the standard deviation of all distances.
    This is the correlator (d_max − d_med)/s of H. G. Katzgraber and A. K. Hartmann, Phys. Rev. Lett. 102,
    037207 (2009), cut at the tolerance.
``relative_deviation``
    mean of (d3 − d2)/d3. It is small for any cloud in many dimensions, where all distances are nearly
    equal and every triangle is trivially near to ultrametric. It says how much that matters, and is not
    used as a test.

The first two compare d3 − d2 with the scatter of the distances, so that concentration alone earns nothing.
The verdict rests on the first, against the two null models of :mod:`spinland.replicas.nulls`, which carry the
data's own norms. It is two-sided: triangles may also be less ultrametric than those of structureless points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import arrays, checks
from ..checks import integer, real, renamed, room
from ..errors import ArgumentError
from ..formatting import plus_minus
from ..progress import track
from ..provenance import fingerprint, record
from ..results import Result
from ..rng import seed64
from ..statistics.judging import SIGNIFICANCE, rank_p
from .gram import squared_distances
from .hierarchy import condensed_distances, is_distance_matrix
from .nulls import NormNulls
from .rows import Rows
from .symmetric import SymmetricDistances
from .triples import chosen_triples, triangle_errors, triangle_means

NULL_MODELS = ("shuffled cosines", "Gaussian directions")


@dataclass(frozen=True, eq=False, kw_only=True)
class Ultrametricity(Result):
    """How ultrametric a set of replicas is, beside null models.

    Attributes
    ----------
    deviation, relative_deviation, share : float
        Mean K = (d3 − d2)/(d3 − d1), mean (d3 − d2)/d3, and part of the triangles with
        d3 − d2 ≤ tolerance · (standard deviation of the distances).
    deviation_error, relative_deviation_error, share_error : float
        Standard errors over replicas; NaN for fewer than 12.
    null_models : tuple of str
        Names of the M null models. Those named "shuffled" and "gaussian", of files of format 1, do not
        carry the norms of the data and call points of a sphere ultrametric.
    null_deviation, null_relative_deviation, null_share : (M, n_null) float64
        The same in each draw of each null model.
    effective_dimension : float
        Participation ratio of the spectrum from which the Gaussian null model draws.
    tolerance : float
        In units of the standard deviation of the distances.
    n_replicas, n_triples : int
        Replicas; triangles visited.
    """

    deviation: float
    deviation_error: float
    relative_deviation: float
    relative_deviation_error: float
    share: float
    share_error: float
    null_models: tuple[str, ...]
    null_deviation: NDArray[np.float64]
    null_relative_deviation: NDArray[np.float64]
    null_share: NDArray[np.float64]
    effective_dimension: float
    tolerance: float
    n_replicas: int
    n_triples: int

    @property
    def deviation_z(self) -> NDArray[np.float64]:
        """By how many standard deviations of its draws the deviation lies below the mean of each null model, (M,).

        A draw scatters as the deviation of one more set of structureless points does: its own error is in it.
        """
        return _z(-self.deviation, -self.null_deviation)

    @property
    def deviation_p(self) -> NDArray[np.float64]:
        """Two-sided p of the deviation by rank among the draws of each null model, (M,); 2/(n_null + 1) at least."""
        return rank_p(self.deviation, self.null_deviation)

    @property
    def share_z(self) -> NDArray[np.float64]:
        """By how many standard deviations of its draws the share lies above the mean of each null model, (M,)."""
        return _z(self.share, self.null_share)

    @property
    def share_p(self) -> NDArray[np.float64]:
        """Two-sided p of the share by rank among the draws of each null model, (M,); 2/(n_null + 1) at least."""
        return rank_p(self.share, self.null_share)

    @property
    def p_resolution(self) -> float:
        """Least p that so many draws allow."""
        return 2.0 / (self.null_deviation.shape[1] + 1)

    @property
    def significant(self) -> bool:
        """Whether the triangles are more ultrametric than every null model, p ≤ 0.01."""
        return bool(np.all(self.deviation_p <= SIGNIFICANCE)) and self._sides == {1}

    @property
    def _sides(self) -> set[int]:
        """1, −1, 0 where the deviation is below, above, at the mean of a null model."""
        return {int(side) for side in np.sign(self.null_deviation.mean(axis=1) - self.deviation)}

    @property
    def verdict(self) -> str:
        """The outcome of the test in a sentence.

        K with its error; then for each null model the mean ± standard deviation of its draws, ``deviation_z`` and
        ``deviation_p``.
        """
        return self.told("replicas")

    def told(self, many: str) -> str:
        """The verdict on what is called ``many``, such as "minima"."""
        rows = "; ".join(
            f"{name} {mean:.4f} ± {std:.4f}, {'z not determined' if np.isnan(z) else _signed(z)}, p = {p:.2g}"
            for name, mean, std, z, p in zip(
                self.null_models,
                self.null_deviation.mean(axis=1),
                self.null_deviation.std(axis=1, ddof=1),
                self.deviation_z,
                self.deviation_p,
                strict=True,
            )
        )
        error = " (error unknown)" if np.isnan(self.deviation_error) else f" ± {self.deviation_error:.4f}"
        return (
            f"Triangles {self._head}: K = {self.deviation:.4f}{error} over {self.n_replicas} {many} ({rows}; "
            f"{self.null_deviation.shape[1]} draws of each)."
        )

    @property
    def _head(self) -> str:
        """What the triangles are, in words that follow their name."""
        if self.p_resolution > SIGNIFICANCE:
            needed = round(2 / SIGNIFICANCE) - 1
            return f"are not judged, which takes {needed} draws of each null model"
        if np.all(self.deviation_p <= SIGNIFICANCE) and self._sides == {1}:
            null = float(self.null_deviation.mean(axis=1).min())
            way = plus_minus(100 * (1 - self.deviation / null), 100 * self.deviation_error / null)
            return f"are more ultrametric than both null models, by ({way}) % of the way to a perfect hierarchy"
        if np.all(self.deviation_p <= SIGNIFICANCE) and self._sides == {-1}:
            return "are less ultrametric than both null models"
        alike = [name for name, p in zip(self.null_models, self.deviation_p, strict=True) if p > SIGNIFICANCE]
        if alike:
            return f"are not distinguishable from {' and '.join(alike)}"
        return "lie between the null models"


def ultrametricity(
    data: Any,
    n_splits: int = 50,
    n_null: int = 199,
    n_triples: int | None = None,
    seed: int = 0,
    tolerance: float = 0.1,
    *,
    device: str = "cpu",
) -> Ultrametricity:
    """Test whether replicas are arranged hierarchically.

    Parameters
    ----------
    data : (R(R-1)/2,) or (R, R) distances, or (R, dim) parameters, or anything with ``.params``, or SymmetricDistances
        Condensed or square distances, or one row per replica, whose Euclidean distances are taken. A square
        symmetric matrix with zero diagonal counts as distances. Distances of other kinds are allowed; the
        Gaussian null model takes them for Euclidean (give sqrt(2(1−q)) rather than 1−q for overlaps q).
    n_splits : int
        Random divisions of the replicas in halves and quarters, from which the errors come
        (:func:`spinland.statistics.uncertainty.split_error`). Every part has its own standard deviation in the
        tolerance.
    n_null : int
        Draws of each null model. Significance at the level 0.01 takes 199.
    n_triples : int, optional
        Triangles to draw at random, with replacement, instead of visiting all. By default all are visited
        up to 5 million (R = 311), a million drawn beyond.
    seed : int
        Seed of the resampling, the null models and the triangles.
    tolerance : float
        Largest d3 − d2 of a triangle in the share, in standard deviations of the distances.
    device : "cpu", "cuda" or "cuda:1"
        Where distances and triangles are computed; the null models are drawn on the processor.

    Returns
    -------
    Ultrametricity

    Raises
    ------
    ArgumentError
        Fewer than three replicas, NaN or infinite entries, numbers out of range.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> side = np.ones((6, 6)) - np.eye(6)  # all triangles have three equal sides
    >>> sl.ultrametricity(side, n_splits=5, n_null=5).deviation
    0.0
    """
    n_splits = integer("n_splits", n_splits, minimum=2)
    n_null = integer("n_null", n_null, minimum=2)
    seed = seed64("seed", seed)
    tolerance = real("tolerance", tolerance, minimum=0)
    condensed, n, source = _distances(data, checks.device(device))
    triples = chosen_triples(n, n_triples, seed)
    model = NormNulls(condensed, n)
    room("n_null", n_null, 2 * 8 * 3 * len(NULL_MODELS) * n_null)
    nulls = np.empty((3, len(NULL_MODELS), n_null))
    with track(2 + n_null, "triangles") as advance:
        means = triangle_means(condensed, n, tolerance, triples, device)
        advance()
        errors = triangle_errors(condensed, n, tolerance, triples, n_splits, seed, device)
        advance()
        for draw in range(n_null):
            for m, make in enumerate((model.shuffled, model.gaussian)):
                nulls[:, m, draw] = triangle_means(make(seed, draw), n, tolerance, triples, device)
            advance()
    arguments = {"n_splits": n_splits, "n_null": n_null, "n_triples": n_triples, "tolerance": tolerance}
    return Ultrametricity(
        deviation=float(means[0]),
        deviation_error=float(errors[0]),
        relative_deviation=float(means[1]),
        relative_deviation_error=float(errors[1]),
        share=float(means[2]),
        share_error=float(errors[2]),
        null_models=NULL_MODELS,
        null_deviation=nulls[0],
        null_relative_deviation=nulls[1],
        null_share=nulls[2],
        effective_dimension=model.effective_dimension,
        tolerance=tolerance,
        n_replicas=n,
        n_triples=n * (n - 1) * (n - 2) // 6 if triples is None else len(triples),
        provenance=record("ultrametricity", arguments, seed=seed, data=source, device=device, dtype=np.float64),
    )


def _distances(data: Any, device: str) -> tuple[NDArray[np.float64], int, str]:
    """Condensed distances in a unit of their own, number of replicas and fingerprint of what came."""
    data = data.distances if isinstance(data, SymmetricDistances) else getattr(data, "params", data)
    if not hasattr(data, "shape") or not hasattr(data, "dtype") or hasattr(data, "toarray"):
        data = arrays.given("data", data)
    if np.dtype(data.dtype).kind == "O":
        data = arrays.numeric("data", data)
    shape = tuple(data.shape)
    if len(shape) == 1 or (len(shape) == 2 and shape[0] == shape[1] and is_distance_matrix(np.asarray(data))):
        condensed, n = condensed_distances("data", data)
        if n < 3:
            raise ArgumentError("data", "at least 3 replicas, for triangles", str(n))
        return _scaled(condensed), n, fingerprint(condensed)
    with renamed(params="data"):
        rows = Rows(data, minimum=3, device=device)
    return _scaled(np.sqrt(squared_distances(rows))), rows.n, rows.fingerprint()


def _scaled(condensed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances in a unit near the greatest, a power of two: no measure sees it, no bit changes, squares are finite."""
    return np.ldexp(condensed, -int(np.frexp(condensed.max())[1]))


def _signed(z: float) -> str:
    return f"z = {z:+.1f}".replace("-", "−")


def _z(value: float, draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """(value − mean)/std of each row of draws; infinite or NaN where the draws do not scatter."""
    spread = draws.std(axis=1, ddof=1)
    spread = np.where(spread > 1e-12, spread, 0.0)
    difference = value - draws.mean(axis=1)
    difference = np.where(np.abs(difference) > 1e-12, difference, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(difference / spread)
