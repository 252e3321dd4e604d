"""Distances and overlaps of pairs of replicas: moments and distributions, errors over replicas.

Pairs share replicas, so they are not independent. Every error here is that of a mean over pairs of
independent replicas, :func:`spinland.statistics.uncertainty.pair_mean_error`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import sealed
from ..checks import boolean, float_array, instance, integer, room
from ..errors import ArgumentError
from ..provenance import record
from ..results import Result
from ..statistics.histograms import equal_edges, histogram_bins
from ..statistics.uncertainty import pair_mean_error
from .gram import cosine_distances, projective_distances, segments, squared_distances
from .rows import Rows
from .symmetric import SymmetricDistances


@dataclass(frozen=True, eq=False, kw_only=True)
class PairStatistics(Result):
    """Distances and overlaps of all pairs of R replicas.

    Attributes
    ----------
    distances, overlaps : (R(R-1)/2,) float64
        Euclidean distances and cosines q, pairs in the order (0,1), (0,2), ..., (R-2,R-1).
    n_replicas : int
        R.
    mean_distance, std_distance, mean_overlap, std_overlap : float
        Mean and standard deviation over pairs.
    mean_distance_error, std_distance_error, mean_overlap_error, std_overlap_error : float
        Standard errors over replicas; NaN for fewer than four replicas.
    radius : (R,) float64
        Euclidean norms of the replicas.
    unsigned : bool
        Whether points were taken as one with their opposites, so that overlaps are |q|.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"distances": ("pair",), "overlaps": ("pair",)}

    distances: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    n_replicas: int
    mean_distance: float
    mean_distance_error: float
    std_distance: float
    std_distance_error: float
    mean_overlap: float
    mean_overlap_error: float
    std_overlap: float
    std_overlap_error: float
    radius: NDArray[np.float64]
    unsigned: bool = False

    @property
    def relative_spread(self) -> float:
        """std/mean of the distances; NaN where all are 0."""
        return self.std_distance / self.mean_distance if self.mean_distance > 0 else np.nan

    @property
    def relative_spread_error(self) -> float:
        """Error over replicas of std/mean of the distances, which go together.

        To first order std/mean is std/mean times the mean over pairs of δ²/(2 var) − δ/mean, δ from the mean.
        """
        if not (self.mean_distance > 0 and self.std_distance > 0):
            return np.nan
        part = (self.distances - self.mean_distance) / self.std_distance
        change = part**2 / 2 - part * self.relative_spread
        return self.relative_spread * _mean_error(change - change.mean(), self.n_replicas)


class _Binned:
    """What distributions in bins have in common."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("middles",) for name in ("middles", "density", "density_error")
    }

    edges: NDArray[np.float64]

    @property
    def middles(self) -> NDArray[np.float64]:
        """Middles of the bins (B,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2


@dataclass(frozen=True, eq=False, kw_only=True)
class OverlapDistribution(_Binned, Result):
    """Distribution of overlaps P(q).

    Attributes
    ----------
    edges : (B+1,) float64
        Edges of the bins.
    density, density_error : (B,) float64
        P(q), of integral 1 over all overlaps, and its standard error over replicas; NaN for fewer than four.
        Bins without a pair have the error 0: the sample says nothing about it.
    unsigned : bool
        Whether it is that of |q|.
    """

    edges: NDArray[np.float64]
    density: NDArray[np.float64]
    density_error: NDArray[np.float64]
    unsigned: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class DistanceDistribution(_Binned, Result):
    """Distribution of pair distances P(d); fields as in :class:`OverlapDistribution`."""

    edges: NDArray[np.float64]
    density: NDArray[np.float64]
    density_error: NDArray[np.float64]


def pair_statistics(params: Any, unsigned: bool | None = None, *, device: str = "cpu") -> PairStatistics:
    """Distances, overlaps and norms of replicas, with means, widths and errors over replicas.

    Parameters
    ----------
    params : (R, dim) array, memory map, HDF5 dataset, or anything with ``.params``, such as an Ensemble
        One row per replica. Or a SymmetricDistances: then all is modulo the symmetries of the network.
    unsigned : bool, optional
        Take points as one with their opposites: overlaps are |q| and distances the "projective" ones. By itself
        for the minima of a glass of even order, where H(−σ) = H(σ).
    device : "cpu", "cuda" or "cuda:1"
        Where products of pairs are computed.

    Returns
    -------
    PairStatistics

    Raises
    ------
    ArgumentError
        Fewer than two replicas, NaN or infinite rows (named), rows of zeros.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small.
    """
    unsigned = bool(getattr(params, "symmetric", False)) if unsigned is None else boolean("unsigned", unsigned)
    device = checks.device(device)
    if isinstance(params, SymmetricDistances):
        if unsigned:
            raise ArgumentError("unsigned", "False: networks are not one with their opposites", True)
        made = params.provenance
        source: dict[str, Any] = {"data": made.data, "device": made.device, "dtype": made.dtype}
        return _statistics(params.condensed(), params.condensed("overlaps"), params.radius, unsigned, source)
    rows = Rows(params, device=device)
    cosine, norms = cosine_distances(rows)
    overlap = 1.0 - cosine
    if unsigned:
        overlap, separation = np.abs(overlap), projective_distances(cosine, norms)
    else:
        separation = np.sqrt(squared_distances(rows))
    source = {"data": rows.fingerprint(), "device": device, "dtype": rows.dtype}
    return _statistics(separation, overlap, norms, unsigned, source)


def _statistics(
    separation: NDArray[np.float64],
    overlap: NDArray[np.float64],
    norms: NDArray[np.float64],
    unsigned: bool,
    source: dict[str, Any],
) -> PairStatistics:
    """Statistics of distances and overlaps (condensed) of replicas with these norms (R,), and where they come from."""
    n = len(norms)
    mean_d, mean_d_error, std_d, std_d_error = _moments(separation, n)
    mean_q, mean_q_error, std_q, std_q_error = _moments(overlap, n)
    return PairStatistics(
        distances=sealed(separation),
        overlaps=sealed(overlap),
        n_replicas=n,
        mean_distance=mean_d,
        mean_distance_error=mean_d_error,
        std_distance=std_d,
        std_distance_error=std_d_error,
        mean_overlap=mean_q,
        mean_overlap_error=mean_q_error,
        std_overlap=std_q,
        std_overlap_error=std_q_error,
        radius=norms,
        unsigned=bool(unsigned),
        provenance=record("pair_statistics", {"unsigned": unsigned}, **source),
    )


def overlap_distribution(statistics: PairStatistics, bins: int | ArrayLike | None = None) -> OverlapDistribution:
    """Distribution of overlaps P(q) with errors over replicas.

    Parameters
    ----------
    statistics : PairStatistics
        From :func:`pair_statistics`.
    bins : int or (B+1,) array-like, optional
        Number of equal bins between the least and the greatest overlap, or rising edges. Pairs outside
        given edges count in the normalisation. By default as many bins as the number of replicas allows,
        2 R^(1/2) from 4 to 40.

    Returns
    -------
    OverlapDistribution
    """
    instance("statistics", statistics, PairStatistics, "what pair_statistics returns")
    edges, density, error = _distribution(statistics.overlaps, statistics.n_replicas, bins)
    provenance = _derived("overlap_distribution", statistics, edges)
    return OverlapDistribution(
        edges=edges,
        density=density,
        density_error=error,
        unsigned=getattr(statistics, "unsigned", False),
        provenance=provenance,
    )


def distance_distribution(statistics: PairStatistics, bins: int | ArrayLike | None = None) -> DistanceDistribution:
    """Distribution of pair distances with errors over replicas; see :func:`overlap_distribution`."""
    instance("statistics", statistics, PairStatistics, "what pair_statistics returns")
    edges, density, error = _distribution(statistics.distances, statistics.n_replicas, bins)
    provenance = _derived("distance_distribution", statistics, edges)
    return DistanceDistribution(edges=edges, density=density, density_error=error, provenance=provenance)


def _derived(function: str, statistics: PairStatistics, edges: NDArray[np.float64]) -> Any:
    made = statistics.provenance
    return record(function, {"edges": edges}, data=made.data, device=made.device, dtype=made.dtype)


def _moments(values: NDArray[np.float64], n: int) -> tuple[float, float, float, float]:
    """Mean, its error, standard deviation, its error; pairs condensed, errors over replicas.

    The variance is a mean of squared deviations over pairs; its error divided by 2 std is that of std.
    """
    mean = float(values.mean())
    deviation = values - mean  # about the mean, so that no digits are lost below
    square = deviation**2
    variance = float(square.mean())
    std = float(np.sqrt(variance))
    mean_error, variance_error = _mean_error(deviation, n), _mean_error(square - variance, n)
    return mean, mean_error, std, variance_error / (2 * std) if std > 0 else 0.0 * variance_error


def _mean_error(deviations: NDArray[np.float64], n: int) -> float:
    """Error of a mean over pairs of n replicas, from each pair's deviation from it."""
    sums = np.zeros(n)  # over the pairs of each replica
    for i, pairs in segments(n):
        sums[i] += deviations[pairs].sum()
        sums[i + 1 :] += deviations[pairs]
    return float(pair_mean_error(sums, np.sum(deviations**2)))


def _edges(values: NDArray[np.float64], n: int, bins: int | ArrayLike) -> NDArray[np.float64]:
    if isinstance(bins, (int, np.integer)):
        n_bins = integer("bins", bins, minimum=1)
        room("bins", n_bins, 4 * 8 * n_bins * n)
        return equal_edges(values, n_bins)
    edges = float_array("bins", bins, ndim=(0, 1))
    if edges.size < 2 or not np.all(np.diff(edges) > 0):
        raise ArgumentError("bins", "a number of bins or at least two rising edges", bins)
    return edges


def _distribution(
    values: NDArray[np.float64], n: int, bins: int | ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Edges, density and its error of values of pairs."""
    edges = _edges(values, n, histogram_bins(n) if bins is None else bins)
    n_bins = len(edges) - 1
    counts = np.zeros((n, n_bins))  # pairs of each replica in each bin
    for i, pairs in segments(n):
        part = values[pairs]
        place = np.searchsorted(edges, part, side="right") - 1
        place[part == edges[-1]] = n_bins - 1  # the last bin holds its upper edge
        inside = (place >= 0) & (place < n_bins)
        counts[i] += np.bincount(place[inside], minlength=n_bins)
        counts[np.arange(i + 1, n)[inside], place[inside]] += 1
    total = counts.sum(axis=0) / 2  # every pair has two replicas
    width = np.diff(edges)
    share = total / len(values)
    error = pair_mean_error(counts - (n - 1) * share, total * (1 - share))
    return edges, share / width, error / width
