"""Simplexes of low loss between and about solutions (Benton et al., arXiv:2102.13042).

Two solutions A and B and three vertices that were grown make the simplexes (A, 1, 2, 3) and (B, 1, 2, 3), which share
the face (1, 2, 3): it has no volume of their dimension, and counts neither twice nor once.

    A ── 1 ── B
    │ ╲ ╱ ╲ ╱ │           and the edges from A to 3, from B to 2, from 1 to both
    2 ─────── 3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..provenance import record, record_on
from ..quantities import Measured, quantity_of
from ..results import Result
from .volumes import log_sum, log_volume


@dataclass(frozen=True, eq=False, kw_only=True)
class SimplicialComplex(Result):
    """Simplexes that share vertices.

    Attributes
    ----------
    vertices : float64 array (V, dim)
        Points; those that were given come first.
    simplexes : int64 array (M, k + 1)
        Vertices of each simplex, rising, no two alike: each counts once, however often it was named.
    n_given : int
        Vertices that were given, and stayed.

    Vertices that were lost in their training, and those that were to follow, are NaN (`diverged`).
    """

    vertices: NDArray[np.float64]
    simplexes: NDArray[np.int64]
    n_given: int

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which vertices (V,) are NaN, because the growth left the finite numbers."""
        return np.asarray(~np.isfinite(self.vertices).all(axis=1))

    @cached_property
    def log_volumes(self) -> NDArray[np.float64]:
        """Logarithm of the volume of each simplex, (M,); NaN where vertices diverged."""
        if self.diverged.any():
            return np.full(len(self.simplexes), np.nan)
        return np.array([log_volume(self.vertices[corners]) for corners in self.simplexes])

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume of all: volumes of different simplexes add, faces that they share have none."""
        return log_sum(self.log_volumes)

    @property
    def dimension(self) -> int:
        """k of each simplex. Volumes of different k are in different units."""
        return int(self.simplexes.shape[1]) - 1

    @property
    def side(self) -> float:
        """Length V^(1/k), by which complexes of different k may be compared; NaN for points."""
        return float(np.exp(self.log_volume / self.dimension)) if self.dimension else float("nan")

    def weights(self, n: int, seed: int = 0) -> NDArray[np.float64]:
        """Weights (n, V) of the vertices in points drawn uniformly from the complex; row i is a function of (seed, i).

        A simplex is drawn by its volume, or evenly where all are flat, and in it weights from Dirichlet's uniform
        distribution: exponential numbers over their sum.
        """
        _whole("self", self)
        n = checks.integer("n", n, minimum=1, maximum=2**32)
        checks.room("n", n, 4 * 8 * float(n) * (len(self.vertices) + self.dimension + 2))
        return uniform_weights(self.log_volumes, self.simplexes, len(self.vertices), n, rng.seed64("seed", seed))

    def sample(self, n: int, seed: int = 0) -> NDArray[np.float64]:
        """Points (n, dim) drawn uniformly from the complex; point i is a function of (seed, i)."""
        weights = self.weights(n, seed)
        checks.room("n", n, 8 * float(n) * self.vertices.shape[1])
        return weights @ self.vertices


@dataclass(frozen=True, eq=False, kw_only=True)
class SimplexValues(Measured):
    """Values of a landscape at points drawn uniformly from a complex.

    Attributes
    ----------
    values, accuracy : float64 array (n,)
        At the points. Accuracy is NaN where it has no meaning.
    vertex_values : float64 array (V,)
        At the vertices.
    log_volume : float
        Of the complex.
    dimension : int
        k of its simplexes.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"values": ("point",), "accuracy": ("point",)}

    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    vertex_values: NDArray[np.float64]
    log_volume: float
    dimension: int


def _whole(name: str, complex_: SimplicialComplex) -> None:
    """Refuse a complex that has vertices which diverged."""
    lost = np.flatnonzero(complex_.diverged)
    if lost.size:
        raise ArgumentError(name, "a complex whose growth has not diverged", f"NaN for vertices {lost.tolist()}")


def uniform_weights(
    log_volumes: NDArray[np.float64], simplexes: NDArray[np.int64], n_vertices: int, n: int, seed: int
) -> NDArray[np.float64]:
    """Weights (n, V) of points drawn uniformly from simplexes."""
    drawn = np.empty((n, simplexes.shape[1] + 1))
    rng.fill_uniforms(drawn, seed, rng.Purpose.SIMPLEX, np.arange(n), 0)
    finite = np.isfinite(log_volumes)
    shares = np.exp(log_volumes - log_volumes[finite].max()) if finite.any() else np.ones(len(finite))
    chosen = np.searchsorted(np.cumsum(shares) / shares.sum(), drawn[:, 0])
    exponential = -np.log(drawn[:, 1:])
    weights = np.zeros((n, n_vertices))
    corners = simplexes[np.minimum(chosen, len(shares) - 1)]
    np.put_along_axis(weights, corners, exponential / exponential.sum(axis=1, keepdims=True), axis=1)
    return weights


def simplicial_complex(vertices: ArrayLike, simplexes: ArrayLike | None = None) -> SimplicialComplex:
    """Put points together to a complex.

    Parameters
    ----------
    vertices : array (V, dim)
        Points.
    simplexes : integer array (M, k + 1), optional
        Vertices of each simplex, in any order; one simplex of all by default. One that comes twice counts once.

    Returns
    -------
    SimplicialComplex

    Raises
    ------
    ArgumentError
        No points, a vertex that is not there, or twice in one simplex.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> square = sl.simplicial_complex([[0, 0], [1, 0], [0, 1], [1, 1]], [[0, 1, 2], [1, 2, 3], [2, 1, 0]])
    >>> float(np.exp(square.log_volume).round(12))
    1.0
    """
    points = checks.float_array("vertices", vertices, ndim=2, keep=True)
    if not points.size:
        raise ArgumentError("vertices", "at least one point", f"shape {points.shape}")
    given = np.arange(len(points))[None] if simplexes is None else arrays.given("simplexes", simplexes)
    if given.ndim != 2 or not given.size:
        raise ArgumentError("simplexes", "rows of vertices (M, k + 1)", f"shape {given.shape}")
    corners = checks.whole_numbers("simplexes", given.reshape(-1), len(points)).reshape(given.shape)
    corners = np.unique(np.sort(corners, axis=1), axis=0)
    if np.any(np.diff(corners, axis=1) == 0):
        raise ArgumentError("simplexes", "each vertex once in a simplex", given)
    made = record("simplicial_complex", {"vertices": points, "simplexes": corners}, dtype=np.float64)
    return SimplicialComplex(vertices=points, simplexes=corners, n_given=len(points), provenance=made)


def random_vertices(complex_: SimplicialComplex, seed: int = 0) -> SimplicialComplex:
    """A null model of a complex that was grown: its new vertices in random directions, as far away as they were.

    Each new vertex is put at its own distance from the middle of all given points, in a random direction. What is left
    of the volume comes from the number of dimensions alone.

    Parameters
    ----------
    complex_ : SimplicialComplex
        With vertices that were grown.
    seed : int
        64-bit seed.

    Returns
    -------
    SimplicialComplex

    Raises
    ------
    ArgumentError
        All vertices were given, or some diverged.
    """
    checks.instance("complex_", complex_, SimplicialComplex)
    _whole("complex_", complex_)
    new = len(complex_.vertices) - complex_.n_given
    if new == 0:
        raise ArgumentError("complex_", "a complex with vertices that were grown", complex_)
    seed = rng.seed64("seed", seed)
    given, grown = np.split(complex_.vertices, [complex_.n_given])
    middle = given.mean(axis=0)
    ways = np.stack([rng.normals(seed, rng.Purpose.SIMPLEX, k, 2, len(middle)) for k in range(new)])
    ways *= (np.linalg.norm(grown - middle, axis=1) / np.linalg.norm(ways, axis=1))[:, None]
    return SimplicialComplex(
        vertices=np.concatenate([given, middle + ways]),
        simplexes=complex_.simplexes,
        n_given=complex_.n_given,
        provenance=record("random_vertices", {"complex": complex_.provenance.arguments}, seed=seed),
    )


def simplex_values(landscape: Landscape, complex_: SimplicialComplex, n: int, seed: int = 0) -> SimplexValues:
    """Values at points drawn uniformly from a complex, and at its vertices.

    Parameters
    ----------
    landscape : Landscape
        In whose space the complex lies.
    complex_ : SimplicialComplex
        The complex.
    n : int
        Points.
    seed : int
        64-bit seed; point i is a function of (seed, i).

    Returns
    -------
    SimplexValues

    Raises
    ------
    ArgumentError
        A complex of another dimension, or with vertices that diverged.
    """
    checks.instance("landscape", landscape, Landscape)
    checks.instance("complex_", complex_, SimplicialComplex)
    _whole("complex_", complex_)
    if complex_.vertices.shape[1] != landscape.dim:
        raise ArgumentError("complex_", f"points of {landscape.dim} coordinates", complex_)
    points = complex_.sample(n, seed).astype(landscape.dtype)
    values, accuracy = landscape.evaluate(points)
    return SimplexValues(
        values=np.asarray(values),
        accuracy=np.asarray(accuracy),
        vertex_values=np.asarray(landscape.value(complex_.vertices.astype(landscape.dtype))),
        log_volume=complex_.log_volume,
        dimension=complex_.dimension,
        **quantity_of(landscape),
        provenance=record_on(landscape, "simplex_values", {"complex": complex_.vertices, "n": n}, seed=seed),
    )
