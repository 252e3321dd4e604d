"""Saddles between neighbouring minima that are looked for: a band from one to the next, and what is at its top.

Minima of a network are neighbours modulo its symmetries: balanced, and each aligned to the one that a band starts at.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..dynamics.distinct import SAME
from ..dynamics.minimizer import minimize
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..probes.inputs import a_landscape, origins
from ..progress import track
from ..provenance import record_on
from ..quantities import quantity_of
from ..symmetry.alignment import align
from ..symmetry.balance import balance
from .bands import elastic_band
from .hessians import refuse_large
from .kinks import Kinks, descend
from .saddles import Saddle, saddle
from .trees import TransitionStates

Array = NDArray[np.float64]

_PUSH = 1e-3  # of the size of a point, by which a descent leaves a saddle
_ON_A_KINK = 1e-9  # distance from a kink, over the size of the weights, below which a point has no Hessian
_SAME_NETWORK = 1e-4  # of the size of a network: distance modulo symmetries below which two minima are one

NO_TOP = "the highest image of the band is an end"
NO_ZERO = "the gradient does not vanish near the top of the band"
KINK = "a unit's input is 0 at a sample: no Hessian there"
INDEX = "the stationary point is not of index 1"
SAME_ENDS = "both ways down lead to one minimum, or to one that is not among those given"
REASONS = (NO_TOP, NO_ZERO, KINK, INDEX, SAME_ENDS)


def neighbour_saddles(
    landscape: Landscape,
    minima: ArrayLike,
    n_neighbours: int = 3,
    *,
    n_images: int = 7,
    tolerance: float = 1e-8,
    max_iterations: int = 200,
) -> TransitionStates:
    """Look for saddles of index 1 between minima and their nearest ones.

    Parameters
    ----------
    landscape : Landscape
        Of float64 and at most 3000 coordinates. Minima of a network are compared modulo permutation and rescaling.
    minima : array (M, dim)
        The minima, at least two, all different.
    n_neighbours : int
        How many of the nearest others each is tried with.
    n_images : int
        Images of a band.
    tolerance : float
        Gradient norm at a saddle.
    max_iterations : int
        Steps of a band at most.

    Returns
    -------
    TransitionStates
        Those that join two different minima of the list; ``n_tried`` pairs were tried, and ``refused`` counts, in
        words, what the others led to. Where it is not known that nothing is missing, barriers are upper bounds.

    Raises
    ------
    ArgumentError
        float32, fewer than two minima, points of another length or off the sphere.
    """
    a_landscape(landscape)
    refuse_large("landscape", landscape)
    ends = np.array(origins(landscape, minima, "minima"), np.float64)
    landscape.geometry.space.refuse_off("minima", ends, landscape.dtype)
    checks.squarable("minima", ends, landscape.dim)
    if len(ends) < 2:
        raise ArgumentError("minima", "at least two", len(ends))
    n_neighbours = checks.integer("n_neighbours", n_neighbours, minimum=1)
    n_images = checks.integer("n_images", n_images, minimum=1)
    checks.room("n_images", n_images, 8 * 8 * n_images * landscape.dim)
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=0)
    room = _Networks(landscape, ends) if isinstance(landscape, NetworkLandscape) else _Points(landscape, ends)
    apart = room.apart()
    if not np.all(apart[np.triu_indices(len(ends), 1)] > 0):
        raise ArgumentError("minima", "different ones, modulo symmetry for a network", "two that are one")
    found: list[tuple[Saddle, tuple[int, int]]] = []
    refused: Counter[str] = Counter()
    pairs = _pairs(apart, n_neighbours)
    with track(len(pairs), "saddles between neighbours") as advance:
        for i, j in pairs:
            band = elastic_band(landscape, room.ends[i], room.beside(j, i), n_images, max_iterations=max_iterations)
            what = _judged(landscape, room, band.images[band.highest], band.highest, len(band.values), tolerance)
            if isinstance(what, str):
                refused[what] += 1
            else:
                found.append(what)
            advance()
    arguments = {
        "minima": ends,
        "n_neighbours": n_neighbours,
        "n_images": n_images,
        "tolerance": tolerance,
        "max_iterations": max_iterations,
    }
    return TransitionStates(
        points=np.array([top.point for top, _ in found]).reshape(-1, landscape.dim),
        values=np.array([top.value for top, _ in found]),
        minima=np.array([joined for _, joined in found], np.int64).reshape(-1, 2),
        index=np.array([top.index for top, _ in found], np.int64),
        n_tried=len(pairs),
        refused=tuple(f"{refused[why]}: {why}" for why in REASONS if refused[why]),
        **quantity_of(landscape),
        provenance=record_on(landscape, "neighbour_saddles", arguments),
    )


def _pairs(apart: Array, n: int) -> list[tuple[int, int]]:
    """Each of M and its n nearest others, every pair once."""
    away = apart + np.diag(np.full(len(apart), np.inf))
    nearest = np.argsort(away, axis=1, kind="stable")[:, : min(n, len(apart) - 1)]
    return sorted({(min(i, int(j)), max(i, int(j))) for i in range(len(apart)) for j in nearest[i]})


def _judged(
    landscape: Landscape, room: _Points, top: Array, highest: int, n: int, tolerance: float
) -> tuple[Saddle, tuple[int, int]] | str:
    """The saddle at the top of a band and the two minima that it joins, or why it is none."""
    if highest in (0, n - 1):
        return NO_TOP
    found = saddle(landscape, np.asarray(top, np.float64), tolerance=tolerance)
    if room.on_a_kink(found.point):
        return KINK
    if not found.converged:
        return NO_ZERO
    if found.index != 1:
        return INDEX
    one, other = sorted(room.below(found.point, found.direction))
    return SAME_ENDS if one < 0 or one == other else (found, (one, other))


class _Points:
    """Minima of any landscape."""

    def __init__(self, landscape: Landscape, ends: Array):
        self.landscape, self.ends = landscape, ends

    def apart(self) -> Array:
        """Distances (M, M)."""
        return np.asarray(np.linalg.norm(self.ends[:, None] - self.ends, axis=2))

    def beside(self, j: int, i: int) -> Array:
        """Minimum j as near to minimum i as symmetry brings it."""
        return np.asarray(self.ends[j])

    def on_a_kink(self, point: Array) -> bool:
        """Whether there is no Hessian at a point."""
        return False

    def starts(self, point: Array, direction: Array) -> Array:
        """A point on either side of a saddle, (2, dim)."""
        space = self.landscape.geometry.space
        push = _PUSH * (float(np.linalg.norm(point)) or 1.0) * direction
        return np.asarray(space.scaled(point + np.stack([push, -push]), space.radii(point[None]).repeat(2)))

    def below(self, point: Array, direction: Array) -> list[int]:
        """Numbers of the minima below both sides of a saddle, −1 for those that are not known."""
        return [self._number(end) for end in minimize(self.landscape, self.starts(point, direction)).points]

    def _number(self, end: Array) -> int:
        apart = np.linalg.norm(self.ends - end, axis=1)
        k = int(np.argmin(apart))
        return k if apart[k] <= 10 * SAME[np.dtype(np.float64)] * max(float(np.linalg.norm(end)), 1.0) else -1


class _Networks(_Points):
    """Minima of a network's loss, modulo permutation and rescaling of its hidden units."""

    def __init__(self, landscape: NetworkLandscape, ends: Array):
        super().__init__(landscape, np.asarray(balance(landscape.network, ends)))
        self.network, self.kinks, self.of = landscape.network, Kinks(landscape), landscape

    def apart(self) -> Array:
        """Distances (M, M) modulo symmetry."""
        return np.stack([np.atleast_1d(align(self.network, self.ends, end).distance) for end in self.ends])

    def beside(self, j: int, i: int) -> Array:
        """Minimum j aligned to minimum i."""
        return np.array(align(self.network, self.ends[j], self.ends[i]).points).reshape(-1)

    def on_a_kink(self, point: Array) -> bool:
        """Whether a unit of the first hidden layer has an input of 0 at a sample."""
        return bool(np.abs(self.kinks.distances(point)).min() < _ON_A_KINK * max(1.0, float(np.linalg.norm(point))))

    def below(self, point: Array, direction: Array) -> list[int]:
        """As for any landscape; minima may lie on kinks."""
        whole = np.eye(self.of.dim)
        ways = [descend(self.of, start, whole, 1e-9, 500) for start in self.starts(point, direction)]
        return [self._number(way.point) for way in ways]

    def _number(self, end: Array) -> int:
        apart = np.atleast_1d(align(self.network, self.ends, end).distance)
        k = int(np.argmin(apart))
        return k if apart[k] <= _SAME_NETWORK * max(float(np.linalg.norm(self.ends[k])), 1.0) else -1
