"""Lines between trained networks, before and after they were aligned: what is left of the barrier between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..provenance import record_on
from ..results import Result
from ..symmetry.alignment import align
from .barriers import above_line, above_mean
from .lines import Line, line


@dataclass(frozen=True, eq=False, kw_only=True)
class AlignedLines(Result):
    """Straight lines between B pairs of networks, and between the same networks aligned.

    Barriers are never clipped: one below 0 says that all that lies between the two is lower than they are.

    Attributes
    ----------
    before : Line
        Between the networks as they are; values (B, A).
    after : Line
        From the first, balanced, to the second, balanced and aligned to it.
    distance_before, distance : (B,) float64
        Distances of the balanced networks, in the order of their neurons as they came, and aligned.
    barrier_before, barrier : (B,) float64
        Largest value strictly between the ends less the mean of the ends, before and after.
    excess_before, excess : (B,) float64
        Largest height strictly between the ends above the linear interpolation of their values, before and after.
    exact : bool
        Whether no other relabelling brings a pair nearer.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("pair",)
        for name in ("distance_before", "distance", "barrier_before", "barrier", "excess_before", "excess")
    }

    before: Line
    after: Line
    distance_before: NDArray[np.float64]
    distance: NDArray[np.float64]
    barrier_before: NDArray[np.float64]
    barrier: NDArray[np.float64]
    excess_before: NDArray[np.float64]
    excess: NDArray[np.float64]
    exact: bool


def aligned_lines(
    landscape: NetworkLandscape, starts: ArrayLike, ends: ArrayLike, alphas: ArrayLike, n_starts: int = 4, seed: int = 0
) -> AlignedLines:
    """Evaluate a landscape on the lines between networks, before and after aligning their ends to their starts.

    R. Entezari et al., arXiv:2110.06296: all solutions may be linearly connected once permutations are taken into
    account; S. Ainsworth et al., arXiv:2209.04836.

    Parameters
    ----------
    landscape : NetworkLandscape
        The loss of the networks.
    starts, ends : array (dim,) or (B, dim)
        The networks, pair by pair.
    alphas : array (A,)
        Places on the lines, as in :func:`line`; one at least between 0 and 1.
    n_starts : int
        Starts of the search, as in :func:`align`.
    seed : int
        Seed of random starts.

    Returns
    -------
    AlignedLines

    Raises
    ------
    ArgumentError
        Not the loss of a network, points of another length, NaN, another number of ends than of starts, no place
        between the ends.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> land = sl.NetworkLandscape(network, sl.load_dataset("digits"))
    >>> point = network.initialize(1)[0]
    >>> copy = sl.symmetry.random_symmetry(network).apply(point)
    >>> lines = sl.aligned_lines(land, point, copy, np.linspace(0, 1, 5))
    >>> bool(lines.barrier[0] < 1e-6)
    True
    """
    checks.instance("landscape", landscape, NetworkLandscape)
    first, _ = checks.point_batch("starts", starts, landscape.dim, dtype=landscape.dtype)
    second, _ = checks.point_batch("ends", ends, landscape.dim, dtype=landscape.dtype)
    if len(first) != len(second) or not len(first):
        raise ArgumentError("ends", f"as many as starts ({len(first)}), one at least", str(len(second)))
    places = checks.float_array("alphas", alphas, shape=(None,))
    if not np.any((places > 0) & (places < 1)):
        raise ArgumentError("alphas", "at least one place between 0 and 1", places.tolist())
    with checks.renamed(points="ends", reference="starts"):
        found = align(landscape.network, second, first, "weights", n_starts, seed)
    before = line(landscape, first, second, places, label="as trained")
    after = line(landscape, found.reference, found.points, places, label="aligned")
    arguments = {"starts": first, "ends": second, "alphas": places, "n_starts": n_starts}
    return AlignedLines(
        before=before,
        after=after,
        distance_before=np.atleast_1d(found.distance_before),
        distance=np.atleast_1d(found.distance),
        barrier_before=_heights(before, above_mean),
        barrier=_heights(after, above_mean),
        excess_before=_heights(before, above_line),
        excess=_heights(after, above_line),
        exact=found.exact,
        provenance=record_on(landscape, "aligned_lines", arguments, seed=seed),
    )


def _heights(lines: Line, height: Any) -> NDArray[np.float64]:
    assert lines.ends is not None
    return np.asarray(height(lines.alphas, lines.values, lines.ends))
