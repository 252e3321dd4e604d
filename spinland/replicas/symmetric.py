r"""Distances and overlaps of networks modulo their symmetries: what is left of them when relabelling is removed.

The distance of two networks is that of their balanced copies (:func:`spinland.symmetry.balance`), minimised over all
permutations of the neurons of each hidden layer: d(a, b) = min_P \|a − P b\|. Whether the triangle inequality holds
depends on how well the minimum is known.

*It does for the minimum itself.* Permutations move balanced points without changing distances, and they form a group.
With P and Q the best for the pairs (a, b) and (b, c),

    d(a, c)  ≤  |a − PQ c|  ≤  |a − P b| + |P b − PQ c|  =  |a − P b| + |b − Q c|  =  d(a, b) + d(b, c) .

With one hidden layer the minimum is found exactly, by one assignment, so the distances are a metric of networks that
are one when they differ by relabelling, rescaling and dead neurons alone.

*It need not for a minimum that was searched for*, as with more hidden layers: every number is an upper bound, and the
bound of (a, c) may be looser than those of (a, b) and (b, c). Tests for ultrametricity rest on the inequality; for
them all networks are aligned to one another once (:func:`align_all`). Then distances are Euclidean, hence a metric,
each of them an upper bound of the pair's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from .. import checks
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..provenance import fingerprint, record
from ..results import Result
from ..symmetry.balance import balance
from ..symmetry.pairs import aligned_pairs
from ..symmetry.search import Search
from ..symmetry.together import align_all
from ..symmetry.transformation import floating_points
from .gram import distances as pair_distances
from .gram import square_form

AS_LABELLED = "their labels as they came"
"""What networks are aligned to whose neurons were left in their order."""

_MATRICES = ("distances", "overlaps", "distances_before", "overlaps_before")
_WHY = {
    "alone": "no hidden neurons: the distances are Euclidean",
    "exact": "the minimum over all permutations of balanced networks, which move points without changing distances, "
    "found exactly by one assignment: a metric of networks modulo their symmetries",
    "searched": "not proven: upper bounds from a search for the permutations of each pair, which need not obey the "
    "triangle inequality",
    "labelled": "Euclidean distances of balanced networks with their neurons as they came",
    "together": "Euclidean distances of networks that were aligned to one another with one permutation each",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class SymmetricDistances(Result):
    r"""Distances and overlaps of R networks modulo relabelling and rescaling.

    :func:`pair_statistics`, :func:`hierarchy`, :func:`hierarchy_from_distances` and :func:`ultrametricity` take it.

    Attributes
    ----------
    distances : (R, R) float64
        Between balanced networks, each pair as near as permutations bring it.
    overlaps : (R, R) float64
        Their overlaps a·b/(\|a\|\|b\|), as large as permutations make them; 1 on the diagonal.
    distances_before, overlaps_before : (R, R) float64
        The same of the balanced networks with their neurons as they came.
    radius : (R,) float64
        Norms of the balanced networks.
    metric : bool
        Whether the triangle inequality is proven for the distances.
    why : str
        From what it follows, or why it need not hold.
    to : str
        What all networks were aligned to; empty where each pair was aligned by itself.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {name: ("first", "second") for name in _MATRICES}

    distances: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    distances_before: NDArray[np.float64]
    overlaps_before: NDArray[np.float64]
    radius: NDArray[np.float64]
    metric: bool
    why: str
    to: str

    @property
    def n_replicas(self) -> int:
        """Number of networks."""
        return len(self.radius)

    @property
    def euclidean(self) -> bool:
        """Whether the distances are those of points, as linkages by ward, centroid and median ask for."""
        return bool(self.to)

    def as_labelled(self) -> SymmetricDistances:
        """The same of the balanced networks with their neurons as they came: what relabelling had hidden or made."""
        return replace(
            self,
            distances=self.distances_before,
            overlaps=self.overlaps_before,
            metric=True,
            why=_WHY["labelled"],
            to=AS_LABELLED,
        )

    def condensed(self, name: str = "distances") -> NDArray[np.float64]:
        """One of the four matrices as a vector of pairs (0,1), (0,2), ..., (R-2,R-1)."""
        square: NDArray[np.float64] = getattr(self, checks.choice("name", name, _MATRICES))
        return square[np.triu_indices(len(square), 1)]


def symmetric_distances(
    network: ReLUNetwork, points: Any, to: str | int | None = None, n_starts: int = 1, seed: int = 0
) -> SymmetricDistances:
    r"""Distances and overlaps of networks modulo relabelling and rescaling of their hidden neurons.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (R, dim), or anything with ``.params``, such as an Ensemble
        Its parameters, two times at least.
    to : None, "mean", "medoid" or int
        None: each pair is aligned by itself, R(R−1)/2 times; with one hidden layer of M neurons that is a product
        of M × (inputs + outputs + 1) × M and an assignment each, exact, some 30 ms for 784-512-10. Otherwise all
        networks are aligned to one another first, as :func:`align_all` does it.
    n_starts : int
        Starts of the search for each pair, where there is more than one hidden layer; of :func:`align_all`.
    seed : int
        Seed of random starts.

    Returns
    -------
    SymmetricDistances
        ``metric`` tells whether the triangle inequality is proven.

    Raises
    ------
    ArgumentError
        Fewer than two networks, points of another length, NaN, a network whose balanced copy is zero, which has no
        overlap with others.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((4, 8, 3))
    >>> found = sl.symmetric_distances(network, network.initialize(5))
    >>> found.distances.shape, found.metric
    ((5, 5), True)
    """
    batch, _ = floating_points(network, getattr(points, "params", points))
    if len(batch) < 2:
        raise ArgumentError("points", "at least two networks", str(len(batch)))
    checks.squarable("points", batch, network.n_params)
    search = Search.checked(network, "weights", n_starts, seed, None)
    if to is None:
        before, after, norms = aligned_pairs(search, batch)
        kind = "searched" if not search.exact else "exact" if network.n_hidden_layers else "alone"
        chosen = ""
    else:
        found = align_all(network, batch, to, n_starts, seed)
        forms = balance(network, batch)
        before, after = (pair_distances(rows, condensed=True) for rows in (forms, found.points))
        norms = np.array([np.sqrt(np.sum(np.square(form, dtype=np.float64))) for form in forms])
        kind, chosen = "together", to if isinstance(to, str) else f"network {to}"
    if not norms.all():
        raise ArgumentError("points", "networks with living neurons or output biases", f"none in row {norms.argmin()}")
    return SymmetricDistances(
        distances=square_form(after, len(batch), 0.0),
        overlaps=_overlaps(after, norms),
        distances_before=square_form(before, len(batch), 0.0),
        overlaps_before=_overlaps(before, norms),
        radius=norms,
        metric=kind != "searched",
        why=_WHY[kind],
        to=chosen,
        provenance=record(
            "symmetric_distances",
            {"network": network, "to": to, "n_starts": search.n_starts},
            seed=search.seed,
            data=fingerprint(batch),
            dtype=batch.dtype,
        ),
    )


def _overlaps(condensed: NDArray[np.float64], norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overlaps (R, R) of points with these distances and norms, 1 − (d² − (|a| − |b|)²)/(2|a||b|)."""
    a, b = norms[:, None], norms[None, :]
    square = squareform(condensed, checks=False) ** 2 if len(norms) > 1 else np.zeros((1, 1))
    found = np.clip(1 - (square - (a - b) ** 2) / (2 * a * b), -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found
