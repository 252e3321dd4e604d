"""Networks brought as near to a reference as relabelling and rescaling of their neurons can bring them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import sealed
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..machines import side_by_side, single_threaded
from ..progress import track
from ..provenance import Provenance, fingerprint, record
from ..results import Result
from .balance import Balanced, point_of, unit_of
from .matching import Permutations, moved
from .search import Search, Seen
from .transformation import NetworkSymmetry, floating_points


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment(Result):
    r"""Networks aligned to a reference; trees, distances and overlaps of replicas take it as they take an Ensemble.

    Attributes
    ----------
    points : (B, dim) or (dim,)
        The aligned networks: balanced, their neurons in the order that suits the reference.
    reference : (dim,) or (B, dim)
        What they were aligned to, balanced; a row for each where each had its own.
    permutations : (B, N) or (N,) int64
        For the N hidden neurons, layer after layer, which neuron of the same layer of the given network stands there.
    scales : (B, N) or (N,) float64
        By what its incoming weights and bias were multiplied.
    distance_before, distance : (B,) float64, or float
        \|reference − network\| of the balanced networks, in the order they came and aligned. Aligned is never further.
    overlap_before, overlap : (B,) float64, or float
        a·b/(\|a\|\|b\|) of the balanced networks with their references; NaN where one of the two is zero.
    spread : (B,) float64, or float
        Largest less smallest distance over the starts of the search: how much another start may matter. 0 where
        there is nothing to search.
    exact : bool
        Whether no other relabelling brings the balanced networks nearer, proven: with one hidden layer, or none, and
        the method "weights".
    method : str
        What was compared: "weights", "activations" or "both".
    widths, bias
        The network.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("network",) for name in ("distance_before", "distance", "spread", "overlap_before", "overlap")
    }

    points: NDArray[Any]
    reference: NDArray[Any]
    permutations: NDArray[np.int64]
    scales: NDArray[np.float64]
    distance_before: NDArray[np.float64] | float
    distance: NDArray[np.float64] | float
    overlap_before: NDArray[np.float64] | float
    overlap: NDArray[np.float64] | float
    spread: NDArray[np.float64] | float
    exact: bool
    method: str
    widths: tuple[int, ...]
    bias: bool

    @property
    def network(self) -> ReLUNetwork:
        """The architecture."""
        return ReLUNetwork(self.widths, self.bias)

    @property
    def params(self) -> NDArray[Any]:
        """The points, one row each, under the name by which functions of replicas know them."""
        return np.atleast_2d(self.points)

    @property
    def transformations(self) -> tuple[NetworkSymmetry, ...]:
        """The symmetry that took each network where it is; but for dead neurons, which have also lost their weights."""
        ends = np.cumsum((0, *self.widths[1:-1]))
        layers = [slice(low, high) for low, high in itertools.pairwise(ends.tolist())]
        pairs = zip(np.atleast_2d(self.permutations), np.atleast_2d(self.scales), strict=True)
        return tuple(NetworkSymmetry(self.network, [p[k] for k in layers], [s[k] for k in layers]) for p, s in pairs)


def _norms(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([np.sqrt(np.sum(np.square(row, dtype=np.float64))) for row in rows])


def align(
    network: ReLUNetwork,
    points: Any,
    reference: ArrayLike,
    method: str = "weights",
    n_starts: int = 4,
    seed: int = 0,
    *,
    x: ArrayLike | None = None,
) -> Alignment:
    r"""Bring networks as near to a reference as relabelling and rescaling of their hidden neurons can.

    Reference and networks are balanced first (:func:`spinland.symmetry.balance`), which settles the scales: no
    relabelling changes them, so there is nothing to alternate. Then neurons are assigned to neurons.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (B, dim) or (dim,), or anything with ``.params``, such as an Ensemble
        Its parameters, several times or once.
    reference : array (dim,) or (B, dim)
        What to align them to: one point for all, or one for each.
    method : {"weights", "activations", "both"}
        What is to come near: the balanced weights, \|a − Pb\|; the outputs of the hidden neurons on the samples ``x``,
        \|Z_a − P Z_b\| in each layer; or both, each in units of its own size.
    n_starts : int
        Starts of the search for the permutations of more than one hidden layer, of which the best is kept: from
        the inputs, relaxed (Frank and Wolfe), from the outputs, then random ones. With one hidden layer, or with
        activations alone, each layer is one assignment and nothing is searched.
    seed : int
        Seed of the random starts.
    x : array (n, inputs), optional
        Samples for activations.

    Returns
    -------
    Alignment

    Raises
    ------
    ArgumentError
        Points or a reference of another length, NaN, another number of references than of points; samples that are
        missing, or that the method has no use for.

    Notes
    -----
    With one hidden layer the distance of two balanced networks, minimised over all permutations, is one linear
    assignment problem, solved exactly: see `spinland.symmetry.matching`. Where the assignment of activations would
    take a network further from the reference than it was, its neurons keep their order.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((4, 8, 3))
    >>> point = network.initialize(1, dtype="float64")[0]
    >>> found = sl.align(network, sl.symmetry.random_symmetry(network).apply(point), point)
    >>> round(found.distance, 12), found.exact
    (0.0, True)
    """
    points = getattr(points, "params", points)
    batch, single = floating_points(network, points)
    with checks.renamed(points="reference"):
        references, common = floating_points(network, reference)
    if not common and (single or len(references) != len(batch)):
        raise ArgumentError("reference", f"one point, or one for each of {len(batch)}", f"shape {references.shape}")
    for name, array in (("points", batch), ("reference", references)):
        checks.squarable(name, array, network.n_params)
    search = Search.checked(network, method, n_starts, seed, x)
    unit = unit_of(batch, references) if search.x is None else 1.0
    found = aligned(search, batch / unit, references / unit) if unit != 1 else aligned(search, batch, references)
    given = [batch, references] if search.x is None else [batch, references, search.x]
    arguments = {"network": network, "method": method, "n_starts": search.n_starts}
    provenance = record("align", arguments, seed=search.seed, data=fingerprint(*given), dtype=batch.dtype)
    return result_of(found, search, provenance, single, common, unit)


class Found(NamedTuple):
    """Arrays of an alignment of B networks, made before they are known; rows are written in any order."""

    points: NDArray[Any]
    references: NDArray[Any]
    permutations: NDArray[np.int64]
    scales: NDArray[np.float64]
    distances: NDArray[np.float64]
    """(3, B): before, after, spread."""

    @classmethod
    def room_for(cls, network: ReLUNetwork, batch: NDArray[Any], references: NDArray[Any]) -> Found:
        """Empty arrays for the networks of a batch."""
        n, neurons = len(batch), sum(network.widths[1:-1])
        return cls(
            np.empty_like(batch),
            np.empty(references.shape, batch.dtype),
            np.empty((n, neurons), np.int64),
            np.empty((n, neurons)),
            np.empty((3, n)),
        )

    def overlaps(self) -> NDArray[np.float64]:
        """Overlaps (2, B) with the references, before and after, from the distances and the norms."""
        a, b = (_norms(rows) for rows in (self.references, self.points))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(1 - (self.distances[:2] ** 2 - (a - b) ** 2) / (2 * a * b))

    def keep(self, network: ReLUNetwork, index: int, one: Balanced, permutations: Permutations) -> None:
        """Write the network of this number with its hidden neurons in another order."""
        self.points[index] = point_of(network, moved(one.rows, permutations))
        if permutations:
            self.permutations[index] = np.concatenate(permutations)
            self.scales[index] = np.concatenate([s[p] for s, p in zip(one.scales, permutations, strict=True)])


def aligned(search: Search, batch: NDArray[Any], references: NDArray[Any]) -> Found:
    """Align networks (B, dim) to one reference (1, dim), or each to its own (B, dim)."""
    network = search.network
    found = Found.room_for(network, batch, references)

    def prepared(index: int) -> Seen:
        reference = search.seen(references[index])
        found.references[index] = point_of(network, reference.network.rows)
        return reference

    with single_threaded():
        shared = prepared(0) if len(references) == 1 else None

    def one(index: int) -> None:
        other = search.seen(batch[index])
        permutations, *found.distances[:, index] = search.best(search.pairing(shared or prepared(index), other))
        found.keep(network, index, other.network, permutations)

    with track(len(batch), "aligned networks") as advance:
        for _ in side_by_side(one, range(len(batch))):
            advance()
    return found


def result_of(
    found: Found, search: Search, provenance: Provenance, one: bool, common: bool, unit: float = 1.0
) -> Alignment:
    """The result of an alignment: of ``one`` network that came alone, to a reference that all had in ``common``.

    What was found is in this ``unit``.
    """
    first = 0 if one else slice(None)
    rows = (*(unit * found.distances), *found.overlaps())
    before, after, spread, overlap_before, overlap = (float(row[0]) if one else row.copy() for row in rows)
    if unit != 1:
        found = found._replace(points=unit * found.points, references=unit * found.references)
    return Alignment(
        points=sealed(found.points)[first],
        reference=sealed(found.references)[0 if common else slice(None)],
        permutations=found.permutations[first],
        scales=found.scales[first],
        distance_before=before,
        distance=after,
        overlap_before=overlap_before,
        overlap=overlap,
        spread=spread,
        exact=search.exact,
        method=search.method,
        widths=search.network.widths,
        bias=search.network.bias,
        provenance=provenance,
    )
