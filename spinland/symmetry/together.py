r"""Many networks aligned to one another at once, so that distances between them stay distances.

Pair by pair, the permutation from a to b after the one from b to c need not be the one from a to c, and with more than
one hidden layer the distances so found need not obey the triangle inequality. Here every network gets one permutation,
and all distances are Euclidean ones between the points that come out.

To the *mean*: permutations P_i that make Σ_ij \|P_i w_i − P_j w_j\|², which is 2R Σ_i \|P_i w_i − m\|² with the mean m,
as small as can be: what C²M³ asks for (Crisostomi et al., arXiv:2405.17897). Given all others, the best permutation
of one network is its alignment to their sum, with one hidden layer a single assignment, exact. Networks take turns
until a round brings no more. The sum of squares never grows. (The steps that Frank and Wolfe's method takes for all
networks at once go to the mean with each network in it, which holds on to what it is: for trained networks 784-128-10
they ended at a sum of squares larger by 10 % among 6 networks and by 4 % among 24.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from .. import checks
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..machines import single_threaded
from ..progress import track
from ..provenance import fingerprint, record
from .alignment import Alignment, Found, aligned, result_of
from .balance import Rows, balance, point_of, rows_of
from .matching import Pairing, moved
from .pairs import aligned_pairs
from .search import Search
from .transformation import floating_points

_ROUNDS = 100  # of all networks; five to ten are common
_CONVERGED = 1e-3  # of the sum of squares: what another round must bring


def align_all(network: ReLUNetwork, points: Any, to: str | int = "mean", n_starts: int = 1, seed: int = 0) -> Alignment:
    r"""Align many networks to one another, one permutation each.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (R, dim), or anything with ``.params``, such as an Ensemble
        Its parameters, two times at least.
    to : "mean", "medoid" or int
        ``"mean"``: to the mean of all aligned networks, which moves along until the sum of squared distances from it,
        and so of all pairs, falls by less than a thousandth in a round; from the alignment to each of the first
        ``n_starts`` networks, the best kept. Five to ten rounds of R assignments each. ``"medoid"``: to the network
        whose distances to all others have the least sum, which takes R(R−1)/2 assignments. A number: to that network.
    n_starts : int
        Starts of each search, as in :func:`align`; of the mean, first networks.
    seed : int
        Seed of random starts.

    Returns
    -------
    Alignment
        ``reference`` is the mean (dim,), or the medoid. Distances are those from it; to the mean they are, before,
        from the mean of the balanced networks as they came, and only the sum of their squares is sure not to grow;
        ``spread`` is then that of their root mean square over the first networks, the same for all, and
        ``overlap_before`` is NaN. ``exact`` is false:
        nothing is proven of all pairs.

    Raises
    ------
    ArgumentError
        Fewer than two networks, points of another length, NaN, no such network.

    Notes
    -----
    Distances of the aligned points are Euclidean, so they are a metric; each is at least as large as the one that the
    pair would have alone (:func:`symmetric_distances`).

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((4, 8, 3))
    >>> points = network.initialize(1, dtype="float64")
    >>> copies = [sl.symmetry.random_symmetry(network, replica=r).apply(points[0]) for r in range(5)]
    >>> round(float(sl.distances(sl.align_all(network, copies)).max()), 12)
    0.0
    """
    batch, _ = floating_points(network, getattr(points, "params", points))
    if len(batch) < 2:
        raise ArgumentError("points", "at least two networks", str(len(batch)))
    checks.squarable("points", batch, network.n_params)
    search = Search.checked(network, "weights", n_starts, seed, None)
    if isinstance(to, str):
        checks.choice("to", to, ("mean", "medoid"))
    else:
        to = checks.integer("to", to, minimum=0, maximum=len(batch) - 1)
    arguments = {"network": network, "to": to, "n_starts": search.n_starts}
    provenance = record("align_all", arguments, seed=search.seed, data=fingerprint(batch), dtype=batch.dtype)
    if to == "mean":
        found = _nearest_mean(search, batch)
    else:
        chosen = _medoid(search, batch) if to == "medoid" else int(to)
        found = aligned(search, batch, batch[chosen : chosen + 1])
    result = replace(result_of(found, search, provenance, False, True), exact=False)
    return replace(result, overlap_before=np.full(len(batch), np.nan)) if to == "mean" else result


def _medoid(search: Search, batch: NDArray[Any]) -> int:
    """The network whose distances to all others have the least sum."""
    return int(np.argmin(squareform(aligned_pairs(search, batch).after).sum(axis=1)))


def _nearest_mean(search: Search, batch: NDArray[Any]) -> Found:
    """The best of the alignments to a mean that begin with the first networks."""
    forms = balance(search.network, batch)
    before = _distances(forms, _mean(forms))
    del forms
    best: Found | None = None
    sizes: list[float] = []
    for first in range(min(search.n_starts, len(batch)) if search.network.n_hidden_layers else 1):
        found = aligned(replace(search, n_starts=1), batch, batch[first : first + 1])
        _improve(search.network, found)
        sizes.append(_root_mean_square(found.distances[1]))
        if best is None or sizes[-1] < _root_mean_square(best.distances[1]):
            best = found
    assert best is not None
    best.distances[0] = before
    best.distances[2] = max(sizes) - min(sizes)
    return best


def _improve(network: ReLUNetwork, found: Found) -> None:
    """Align each network to the sum of the others in turn, until squared distances from the mean fall no further."""
    total = np.inf
    with track(_ROUNDS * len(found.points), "alignment to one another") as advance, single_threaded():
        for _ in range(_ROUNDS):
            mean = _mean(found.points)
            found.distances[1] = _distances(found.points, mean)
            before, total = total, float(np.sum(found.distances[1] ** 2))
            if total >= before * (1 - _CONVERGED) or network.n_hidden_layers == 0:
                break
            together = rows_of(network, mean * len(found.points))
            for index in range(len(found.points)):
                _realign(network, found, index, together)
                advance()
    found.references[0] = mean


def _realign(network: ReLUNetwork, found: Found, index: int, together: Rows) -> None:
    """Align a network to the sum of the others; ``together``, the sum of all, follows."""
    rows = rows_of(network, found.points[index], found.points.dtype)
    for total, own in zip(together, rows, strict=True):
        total -= own
    pairing = Pairing([total.astype(own.dtype) for total, own in zip(together, rows, strict=True)], rows)
    permutations = pairing.improve(pairing.identity(), range(pairing.hidden))
    rows = moved(rows, permutations)
    for total, own in zip(together, rows, strict=True):
        total += own
    found.points[index] = point_of(network, rows)
    starts = np.cumsum((0, *network.widths[1:-2]))
    order = np.concatenate([start + p for start, p in zip(starts, permutations, strict=True)])
    found.permutations[index] = found.permutations[index][order]
    found.scales[index] = found.scales[index][order]


def _mean(points: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(points.mean(axis=0, dtype=np.float64))


def _distances(points: NDArray[Any], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([np.sqrt(np.sum((point - mean) ** 2)) for point in points])


def _root_mean_square(distances: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(distances**2)))
