"""Disconnectivity graphs: which minima are joined below which energy.

O. M. Becker and M. Karplus, J. Chem. Phys. 106, 1495 (1997); D. J. Wales, "Energy Landscapes" (2003), ch. 5. Two minima
are joined at the lowest energy E such that a way from one to the other, over transition states, stays below E: a
single-linkage tree whose heights are energies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster import hierarchy as linkages
from scipy.spatial.distance import squareform

from .. import checks
from ..dynamics.distinct import SAME
from ..dynamics.minimizer import minimize
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..probes.inputs import a_landscape, origins
from ..progress import track
from ..provenance import fingerprint, record, record_on
from ..quantities import Measured, quantity_of
from ..rng import Purpose, permutation, seed64
from ..statistics.correlation import correlation
from .hessians import bend, refuse_large

Array = NDArray[np.float64]

_PUSH = 1e-3  # of the size of a point, by which a descent leaves a saddle


@dataclass(frozen=True, eq=False, kw_only=True)
class TransitionStates(Measured):
    """Saddles, and the minima that the ways down from them lead to.

    Attributes
    ----------
    points : array (S, dim)
        The saddles.
    values : array (S,)
        Their values.
    minima : integer array (S, 2)
        Numbers of the two minima; −1 where a way ends in none of those that were given.
    index : integer array (S,)
        Negative eigenvalues of the Hessian; the ways go along the lowest.
    n_tried : int or None
        Pairs of minima between which a saddle was looked for; None where the saddles were given.
    refused : tuple of str
        Why the others gave none, and how many each.
    """

    points: NDArray[Any]
    values: Array
    minima: NDArray[np.int64]
    index: NDArray[np.int64]
    n_tried: int | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Tree(Measured):
    """Minima, and the energies at which they are joined.

    Attributes
    ----------
    minima : array (M,)
        Values of the minima, the leaves.
    linkage : array (M−1, 4)
        Merged clusters, the energy of the merge, and size, in the form of :func:`scipy.cluster.hierarchy.linkage`.
        Energies are infinite where no way is known.
    order : integer array (M,)
        Minima in the order of the leaves.
    n_joined : int
        Merges of finite energy: M − 1 where all minima are connected.
    """

    minima: Array
    linkage: Array
    order: NDArray[np.int64]
    n_joined: int

    @property
    def barriers(self) -> Array:
        """For each pair, in condensed order, the energy below which no known way joins it, (M(M−1)/2,)."""
        return np.asarray(self.linkage[linkages.cophenet(_numbered(self.linkage)).astype(np.int64), 2])

    def faithfulness(self, heights: ArrayLike) -> float:
        """Correlation of the energies at which pairs are joined here and the heights at which another tree joins them.

        Parameters
        ----------
        heights : array (M(M−1)/2,)
            Such as ``hierarchy(points).cophenetic``, of the same minima in the same order.

        Returns
        -------
        float
            Pearson's, over pairs that are joined; NaN where either is constant.
        """
        other = checks.float_array("heights", heights, shape=(len(self.barriers),))
        joined = np.isfinite(self.barriers)
        if joined.sum() < 2:
            return float("nan")
        return float(correlation(self.barriers[joined], other[joined]))

    def chance(self, heights: ArrayLike, n: int = 999, seed: int = 0) -> tuple[float, float]:
        """How far chance alone brings :meth:`faithfulness`: the minima of the other tree in random order.

        Pairs of one tree depend on one another, so that they are no sample; what can be exchanged are the minima
        (N. Mantel, Cancer Res. 27, 209, 1967).

        Parameters
        ----------
        heights : array (M(M−1)/2,)
            Of the other tree, as for :meth:`faithfulness`.
        n : int
            Random orders.
        seed : int
            Their seed.

        Returns
        -------
        p, spread : float
            Share of the orders, the given one among them, whose correlation is as far from 0; and the standard
            deviation of the correlation over random orders. NaN where none is defined.
        """
        other = squareform(checks.float_array("heights", heights, shape=(len(self.barriers),)))
        n, seed = checks.integer("n", n, minimum=2, maximum=10**6), seed64("seed", seed)
        given = self.faithfulness(heights)
        if np.isnan(given):
            return float("nan"), float("nan")
        size, drawn = len(self.minima), np.empty(n)
        for k in range(n):
            order = permutation(seed, Purpose.DISCONNECTIVITY, k, 0, size)
            drawn[k] = self.faithfulness(squareform(other[np.ix_(order, order)], checks=False))
        drawn = drawn[np.isfinite(drawn)]
        as_far = int(np.sum(np.abs(drawn) >= abs(given) - 1e-12))
        return (1 + as_far) / (1 + len(drawn)), float(drawn.std())


def transition_states(landscape: Landscape, saddles: ArrayLike, minima: ArrayLike) -> TransitionStates:
    """Go down both ways from saddles and see which minima they join.

    Parameters
    ----------
    landscape : Landscape
        Of float64 and at most 3000 coordinates.
    saddles : array (S, dim)
        Stationary points with a negative eigenvalue, from :func:`saddle` or ``critical_points``.
    minima : array (M, dim)
        The minima. Points within 1e-6 of their size of each other are the same.

    Returns
    -------
    TransitionStates

    Raises
    ------
    ArgumentError
        float32, points of another length, not on the sphere.
    """
    a_landscape(landscape)
    refuse_large("landscape", landscape)
    space = landscape.geometry.space
    tops, ends = (origins(landscape, points, name) for points, name in ((saddles, "saddles"), (minima, "minima")))
    for name, points in (("saddles", tops), ("minima", ends)):
        space.refuse_off(name, points, landscape.dtype)
    found, index = np.full((len(tops), 2), -1), np.empty(len(tops), np.int64)
    radii = space.radii(tops)
    with track(len(tops), "ways down from saddles") as advance:
        for s, top in enumerate(tops):
            here = bend(landscape, np.array(top))
            index[s] = here.index
            push = _PUSH * max(1e-300, float(np.linalg.norm(top)) or 1.0) * here.vectors[:, 0]
            starts = space.scaled(top + np.stack([push, -push]), np.full(2, radii[s]))
            down = minimize(landscape, starts).points
            found[s] = [_nearest(point, ends, landscape.dtype) for point in down]
            advance()
    return TransitionStates(
        points=tops,
        values=np.asarray(landscape.value(tops)),
        minima=np.sort(found, axis=1),
        index=index,
        **quantity_of(landscape),
        provenance=record_on(landscape, "transition_states", {"saddles": tops, "minima": ends}),
    )


def _nearest(point: Array, minima: Array, dtype: np.dtype[Any]) -> int:
    """Number of the minimum that a point is, or −1."""
    apart = np.linalg.norm(minima - point, axis=1)
    k = int(np.argmin(apart))
    return k if apart[k] <= 10 * SAME[np.dtype(dtype)] * max(float(np.linalg.norm(point)), 1.0) else -1


def disconnectivity(minima: ArrayLike, saddles: TransitionStates) -> Tree:
    """Build the tree of minima, joined at the energies of the saddles between them, lowest first.

    Parameters
    ----------
    minima : array (M,)
        Values of the minima, in the order that ``saddles.minima`` numbers; at least two.
    saddles : TransitionStates
        What joins them. Those that do not join two different minima are left out.

    Returns
    -------
    Tree
        It is that of the saddles that are known: with others, minima may be joined at lower energies.

    Raises
    ------
    ArgumentError
        Fewer than two minima, numbers that are none of theirs, a saddle below a minimum that it joins.
    """
    values = checks.float_array("minima", minima, ndim=1)
    if len(values) < 2:
        raise ArgumentError("minima", "at least two", len(values))
    checks.instance("saddles", saddles, TransitionStates)
    if saddles.minima.size and saddles.minima.max() >= len(values):
        raise ArgumentError("saddles", f"numbers of {len(values)} minima", int(saddles.minima.max()))
    linkage, joined = _joined(values, saddles)
    return Tree(
        minima=np.array(values),
        linkage=linkage,
        order=linkages.leaves_list(_numbered(linkage)).astype(np.int64),
        n_joined=joined,
        **quantity_of(saddles),
        provenance=record(
            "disconnectivity", {"minima": values}, data=fingerprint(values, saddles.values, saddles.minima), dtype="f8"
        ),
    )


def _joined(values: Array, saddles: TransitionStates) -> tuple[Array, int]:
    """Merges by union and find, and how many have a finite energy."""
    parent, cluster, size = list(range(len(values))), list(range(len(values))), [1] * len(values)

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    rows: list[tuple[float, float, float, float]] = []

    def merge(a: int, b: int, energy: float) -> None:
        low, high = sorted((cluster[a], cluster[b]))
        rows.append((low, high, energy, size[a] + size[b]))
        parent[b], cluster[a], size[a] = a, len(values) + len(rows) - 1, size[a] + size[b]

    slack = 1e-9 * max(1.0, float(np.abs(values).max()))
    for s in np.argsort(saddles.values, kind="stable"):
        i, j = (int(k) for k in saddles.minima[s])
        if i < 0 or j < 0 or i == j:
            continue
        energy = float(saddles.values[s])
        if energy < max(values[i], values[j]) - slack:
            raise ArgumentError("saddles", "values above the minima that they join", energy)
        a, b = root(i), root(j)
        if a != b:
            merge(a, b, energy)
    joined = len(rows)
    tops = sorted({root(i) for i in range(len(values))})
    for other in tops[1:]:
        merge(root(tops[0]), other, np.inf)
    return np.array(rows), joined


def _numbered(linkage: Array) -> Array:
    """The same tree with the numbers of the merges for heights, which SciPy wants finite and not negative."""
    rows = linkage.copy()
    rows[:, 2] = np.arange(len(rows))
    return rows
