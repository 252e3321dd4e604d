"""Hierarchical clustering of replicas, and how faithful the tree is to the distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import fastcluster
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster import hierarchy as trees
from scipy.spatial.distance import squareform

from .. import budget, checks
from ..arrays import sealed
from ..checks import choice, float_array
from ..errors import ArgumentError
from ..provenance import Provenance, fingerprint, record
from ..results import Result
from ..statistics.correlation import correlation
from ..statistics.uncertainty import split_error
from .gram import distances as pair_distances
from .gram import square_form
from .rows import Rows, check_metric
from .symmetric import AS_LABELLED, SymmetricDistances

METHODS = ("single", "complete", "average", "weighted", "ward", "centroid", "median")
EUCLIDEAN_METHODS = ("ward", "centroid", "median")
VECTOR_METHODS = ("single", "ward", "centroid", "median")
SPLITS = 50  # of the replicas in halves and quarters, for an error
SPLIT_REPLICAS = 2000  # beyond, the trees of the parts would take minutes


@dataclass(frozen=True, eq=False, kw_only=True)
class Hierarchy(Result):
    """A tree of replicas.

    Attributes
    ----------
    method : str
        Linkage.
    metric : str
        Metric of the distances; "given" where distances were given, "symmetric" where they are modulo symmetries,
        "balanced" where they are those of balanced networks as labelled.
    linkage : (R-1, 4) float64
        Merged clusters, height and size, in the form of :func:`scipy.cluster.hierarchy.linkage`.
    order : (R,) int64
        Replicas in the order of the leaves.
    distances, cophenetic : (R(R-1)/2,) float64 or None
        Distances, and heights at which pairs are joined; None where the tree was made from vectors.
    cophenetic_correlation : float
        Pearson correlation of the two (Sokal and Rohlf, Taxon 11, 33, 1962); NaN where not computed or
        where either is constant.
    cophenetic_correlation_error : float
        Standard error over replicas, from trees of random halves and quarters of them
        (:func:`spinland.statistics.uncertainty.split_error`); NaN for fewer than 12 or more than 2000 replicas.
    """

    method: str
    metric: str
    linkage: NDArray[np.float64]
    order: NDArray[np.int64]
    distances: NDArray[np.float64] | None
    cophenetic: NDArray[np.float64] | None
    cophenetic_correlation: float
    cophenetic_correlation_error: float


def hierarchy(
    params: Any, method: str = "average", metric: str = "euclidean", memory: str = "auto", *, device: str = "cpu"
) -> Hierarchy:
    """Cluster replicas hierarchically.

    Parameters
    ----------
    params : (R, dim) array, memory map, HDF5 dataset, or anything with ``.params``, such as an Ensemble
        One row per replica. Or a SymmetricDistances, whose distances are taken.
    method : {"single", "complete", "average", "weighted", "ward", "centroid", "median"}
        Linkage. The last three need the Euclidean metric.
    metric : {"euclidean", "sqeuclidean", "cosine", "projective"}
        As in :func:`distances`.
    memory : {"auto", "distances", "vectors"}
        Cluster from the condensed distances (8 R(R-1)/2 bytes, twice while clustering), or from the rows
        (8 R dim bytes, in memory whole; single, ward, centroid and median with the Euclidean metric only;
        slower). "auto" takes the distances, unless they would fill more than 1 GiB (R above 16384), the
        rows are smaller, and the method allows it.
    device : "cpu", "cuda" or "cuda:1"
        Where distances are computed; the tree is made on the cores.

    Returns
    -------
    Hierarchy

    Raises
    ------
    ArgumentError
        Unknown names, a method that the metric or the memory does not allow, fewer than two replicas, NaN
        or infinite rows.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small.

    Notes
    -----
    Made by fastcluster (D. Müllner, J. Stat. Softw. 53(9), 2013).

    Examples
    --------
    >>> import spinland as sl
    >>> tree = sl.hierarchy([[0.0], [1.0], [10.0], [12.0]])
    >>> tree.linkage[:, 2]  # heights of the three mergers
    array([ 1. ,  2. , 10.5])
    """
    choice("method", method, METHODS)
    check_metric(metric)
    choice("memory", memory, ("auto", "distances", "vectors"))
    if method in EUCLIDEAN_METHODS and metric != "euclidean":
        raise ArgumentError("metric", f"'euclidean', which the method {method!r} is defined for", metric)
    if isinstance(params, SymmetricDistances):
        return _modulo_symmetries(params, method, metric, memory)
    rows = Rows(params, device=checks.device(device))
    allowed = method in VECTOR_METHODS and metric == "euclidean"
    if memory == "vectors" and not allowed:
        raise ArgumentError(
            "memory", "'distances' or 'auto'; vectors do for single, ward, centroid and median, Euclidean", memory
        )
    pair_bytes = 4 * rows.n * (rows.n - 1)
    large = pair_bytes > budget.CONDENSED and 8 * rows.n * rows.dim < pair_bytes
    provenance = record(
        "hierarchy",
        {"method": method, "metric": metric, "memory": memory},
        data=rows.fingerprint(),
        device=rows.device,
        dtype=rows.dtype,
    )
    if memory == "vectors" or (memory == "auto" and large and allowed):
        return _from_vectors(rows, method, metric, provenance)
    found = pair_distances(params, metric, condensed=True, device=rows.device)
    return _from_distances(sealed(found), method, metric, provenance)


def _modulo_symmetries(found: SymmetricDistances, method: str, metric: str, memory: str) -> Hierarchy:
    """The tree of distances that are there; other metrics and vectors are not."""
    if method in EUCLIDEAN_METHODS and not found.euclidean:
        raise ArgumentError(
            "method", "one that takes other than Euclidean distances, or symmetric_distances(..., to='mean')", method
        )
    for name, value, only in (("metric", metric, ("euclidean",)), ("memory", memory, ("auto", "distances"))):
        if value not in only:
            raise ArgumentError(name, f"{only[-1]!r} for distances that are given", value)
    made = found.provenance
    provenance = record("hierarchy", {"method": method}, data=made.data, device=made.device, dtype=made.dtype)
    kind = "balanced" if found.to == AS_LABELLED else "symmetric"
    return _from_distances(found.condensed(), method, kind, provenance)


def hierarchy_from_distances(distances: ArrayLike | SymmetricDistances, method: str = "average") -> Hierarchy:
    """Cluster replicas hierarchically from their distances.

    Parameters
    ----------
    distances : (R(R-1)/2,) or (R, R) array-like, or SymmetricDistances
        Condensed or square. Ward, centroid and median take them for Euclidean.
    method : {"single", "complete", "average", "weighted", "ward", "centroid", "median"}
        Linkage.

    Returns
    -------
    Hierarchy

    Raises
    ------
    ArgumentError
        Unknown method, or not distances.
    """
    choice("method", method, METHODS)
    condensed, _ = condensed_distances("distances", distances)
    provenance = record("hierarchy_from_distances", {"method": method}, data=fingerprint(condensed), dtype=np.float64)
    return _from_distances(condensed, method, "given", provenance)


def condensed_distances(name: str, value: ArrayLike | SymmetricDistances) -> tuple[NDArray[np.float64], int]:
    """Condensed distances and the number of replicas, from the condensed or the square form.

    Raises
    ------
    ArgumentError
        Wrong length, not symmetric, a diagonal other than zero, negative or not finite.
    """
    array = float_array(name, value.distances if isinstance(value, SymmetricDistances) else value, ndim=(1, 2))
    if array.ndim == 2:
        if array.shape[0] != array.shape[1] or len(array) < 2 or not is_distance_matrix(array):
            raise ArgumentError(
                name, "a symmetric matrix with zero diagonal, of at least two replicas", f"shape {array.shape}"
            )
        array = squareform(array, checks=False)
    n = round((1 + np.sqrt(1 + 8 * len(array))) / 2)
    if len(array) == 0 or n * (n - 1) // 2 != len(array):
        raise ArgumentError(name, "R(R-1)/2 distances", f"{len(array)} numbers")
    if array.min() < 0:
        raise ArgumentError(name, "distances of at least 0", float(array.min()))
    return array, n


def is_distance_matrix(array: NDArray[Any]) -> bool:
    """Whether a matrix is square and symmetric (to rounding) with a zero diagonal."""
    if array.ndim != 2 or array.shape[0] != array.shape[1] or np.any(np.diagonal(array) != 0):
        return False
    return bool(np.allclose(array, array.T, rtol=1e-10, atol=0))


def _from_vectors(rows: Rows, method: str, metric: str, provenance: Provenance) -> Hierarchy:
    points = rows.whole()
    if not np.isfinite(points).all():
        rows.refuse_bad_rows()
    linkage = fastcluster.linkage_vector(points, method=method, metric=metric)
    return Hierarchy(
        method=method,
        metric=metric,
        linkage=linkage,
        order=trees.leaves_list(linkage).astype(np.int64),
        distances=None,
        cophenetic=None,
        cophenetic_correlation=np.nan,
        cophenetic_correlation_error=np.nan,
        provenance=provenance,
    )


def _from_distances(condensed: NDArray[np.float64], method: str, metric: str, provenance: Provenance) -> Hierarchy:
    linkage = fastcluster.linkage(condensed, method=method, preserve_input=True)
    cophenetic = trees.cophenet(linkage)
    return Hierarchy(
        method=method,
        metric=metric,
        linkage=linkage,
        order=trees.leaves_list(linkage).astype(np.int64),
        distances=condensed,
        cophenetic=cophenetic,
        cophenetic_correlation=float(correlation(condensed, cophenetic)),
        cophenetic_correlation_error=_faithfulness_error(condensed, len(linkage) + 1, method),
        provenance=provenance,
    )


def _faithfulness_error(condensed: NDArray[np.float64], n: int, method: str) -> float:
    """Error of the cophenetic correlation, from trees of halves and quarters."""
    if n > SPLIT_REPLICAS:
        return np.nan
    square = square_form(condensed, n, 0.0)

    def faithfulness(members: NDArray[np.int64]) -> float:
        part = squareform(square[np.ix_(members, members)], checks=False)
        tree = fastcluster.linkage(part, method=method, preserve_input=True)
        return float(correlation(part, trees.cophenet(tree)))

    return float(split_error(faithfulness, n, SPLITS))
