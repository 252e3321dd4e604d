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
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record, record_on
from ..quantities import Measured, quantity_of
from ..results import Result
from ..training.optimizers import SGD, Adam, Optimizer
from ..training.schedules import step_rates
from ..training.steps import step
from .volumes import log_sum, log_volume, log_volume_gradient

_START = 0.05
"""Distance of a new vertex from the middle of the others, as a share of the norm of that middle: a simplex has to have
some volume to grow."""


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
    """

    vertices: NDArray[np.float64]
    simplexes: NDArray[np.int64]
    n_given: int

    @cached_property
    def log_volumes(self) -> NDArray[np.float64]:
        """Logarithm of the volume of each simplex, (M,)."""
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
        n = checks.integer("n", n, minimum=1, maximum=2**32)
        return _weights(self.log_volumes, self.simplexes, len(self.vertices), n, rng.seed64("seed", seed))

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


def _weights(
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
    given = np.arange(len(points))[None] if simplexes is None else np.asarray(simplexes)
    if given.ndim != 2 or not given.size:
        raise ArgumentError("simplexes", "rows of vertices (M, k + 1)", f"shape {given.shape}")
    corners = checks.whole_numbers("simplexes", given.reshape(-1), len(points)).reshape(given.shape)
    corners = np.unique(np.sort(corners, axis=1), axis=0)
    if np.any(np.diff(corners, axis=1) == 0):
        raise ArgumentError("simplexes", "each vertex once in a simplex", given)
    made = record("simplicial_complex", {"vertices": points, "simplexes": corners}, dtype=np.float64)
    return SimplicialComplex(vertices=points, simplexes=corners, n_given=len(points), provenance=made)


def grow_simplex(
    landscape: Landscape,
    vertices: ArrayLike,
    n_vertices: int,
    volume_weight: float = 1e-2,
    steps: int = 200,
    n_points: int = 4,
    batch_size: int | None = None,
    optimizer: Optimizer | None = None,
    seed: int = 0,
) -> SimplicialComplex:
    """Grow a complex of low value from points: one new vertex after the other, each joined to all given points.

    With m given points and n new vertices the complex has m simplexes of n + 1 corners, one for each given point, that
    share all new vertices. A new vertex goes down E[f(w)] − λ log V, where w is uniform in the complex as it is then
    and V its volume. The gradient of the mean is that at ``n_points`` points a step, times the vertex' share in each;
    that of the volume is exact. In many dimensions volume comes cheap, as new directions are nearly orthogonal to all
    others: compare with :func:`random_vertices`.

    Parameters
    ----------
    landscape : Landscape
        In flat space.
    vertices : array (m, dim) or (dim,)
        Given points, such as solutions.
    n_vertices : int
        New vertices.
    volume_weight : float
        λ, in units of the value.
    steps : int
        Steps of the optimiser for each vertex.
    n_points : int
        Points drawn in a step.
    batch_size : int, optional
        Samples of a step, of a network; all by default.
    optimizer : SGD or Adam, optional
        ``Adam(1e-2)`` by default. A schedule takes the steps of a vertex for one epoch.
    seed : int
        64-bit seed.

    Returns
    -------
    SimplicialComplex
        Its first vertices are the given points.

    Raises
    ------
    ArgumentError
        A curved space, points alike, numbers out of range.

    Examples
    --------
    >>> import spinland as sl
    >>> valley = sl.FunctionLandscape(lambda w: w[:, 0] ** 2, dim=3, gradient=lambda w: w * [2, 0, 0])
    >>> sl.grow_simplex(valley, [0.0, 1.0, 0.0], 2, steps=20).simplexes.tolist()
    [[0, 1, 2]]
    """
    checks.instance("landscape", landscape, Landscape)
    if landscape.geometry.space.curved:
        raise ArgumentError("landscape", "one in flat space, where simplexes lie", landscape)
    given, _ = checks.point_batch("vertices", vertices, landscape.dim)
    if not len(given) or len(np.unique(given, axis=0)) < len(given):
        raise ArgumentError("vertices", "points that differ, one at least", f"shape {given.shape}")
    n_vertices = checks.integer("n_vertices", n_vertices, minimum=1, maximum=max(1, landscape.dim - 1))
    growth = _Growth(landscape, volume_weight, steps, n_points, batch_size, optimizer, seed)
    new: list[NDArray[np.float64]] = []
    with track(n_vertices * growth.steps, "simplex") as advance:
        for number in range(n_vertices):
            new.append(growth.vertex(number, given, new, advance))
    return SimplicialComplex(
        vertices=np.concatenate([given, np.array(new)]),
        simplexes=_fan(len(given), n_vertices),
        n_given=len(given),
        provenance=record_on(
            landscape,
            "grow_simplex",
            growth.arguments | {"vertices": given, "n_vertices": n_vertices},
            seed=growth.seed,
        ),
    )


def _fan(given: int, new: int) -> NDArray[np.int64]:
    """Simplexes of each given point with all new vertices."""
    shared = np.tile(given + np.arange(new), (given, 1))
    return np.concatenate([np.arange(given)[:, None], shared], axis=1)


class _Growth:
    """How vertices are found; arguments are checked."""

    def __init__(
        self,
        landscape: Landscape,
        volume_weight: float,
        steps: int,
        n_points: int,
        batch_size: int | None,
        optimizer: Optimizer | None,
        seed: int,
    ):
        self.landscape = landscape
        self.weight = checks.real("volume_weight", volume_weight, minimum=0)
        self.steps = checks.integer("steps", steps, minimum=0)
        self.n_points = checks.integer("n_points", n_points, minimum=1)
        self.batch_size = None
        if batch_size is not None:
            landscape.batch([0])  # says so where there are no samples
            self.n_samples = int(getattr(landscape, "n_samples"))  # noqa: B009 (landscapes with batches have it)
            self.batch_size = checks.integer("batch_size", batch_size, minimum=1, maximum=self.n_samples)
        self.rule = Adam(1e-2) if optimizer is None else optimizer
        if not isinstance(self.rule, (SGD, Adam)):
            raise ArgumentError("optimizer", "SGD, Adam or AdamW", optimizer)
        self.seed = rng.seed64("seed", seed)
        rates = step_rates(self.rule.learning_rate, max(1, self.steps), 1)
        self.coefficients = self.rule.coefficients(rates, 0)
        self.arguments = {
            "volume_weight": self.weight,
            "steps": self.steps,
            "n_points": self.n_points,
            "batch_size": self.batch_size,
            "optimizer": f"{self.rule}",
        }

    def vertex(self, number: int, given: NDArray[Any], new: list[NDArray[Any]], advance: Any) -> NDArray[np.float64]:
        """A new vertex for a complex that has the others."""
        middle = np.concatenate([given, np.array(new).reshape(-1, given.shape[1])]).mean(axis=0)
        way = rng.normals(self.seed, rng.Purpose.SIMPLEX, number, 1, len(middle))
        norm = float(np.linalg.norm(middle)) or 1.0
        at = middle + _START * norm * way / np.linalg.norm(way)
        moments = np.zeros((2, len(at)))
        corners = _fan(len(given), len(new) + 1)
        for count in range(self.steps):
            points = np.concatenate([given, np.array([*new, at])])
            slope = self._slope(points, corners, number, count)
            step(self.rule.rule, self.coefficients[count], at, slope, moments)
            advance()
        return at

    def _slope(self, points: NDArray[Any], corners: NDArray[np.int64], number: int, count: int) -> NDArray[np.float64]:
        """Gradient by the last vertex."""
        logs = np.array([log_volume(points[c]) for c in corners])
        weights = _weights(logs, corners, len(points), self.n_points, rng.derive_seed(self.seed, 1, number, count))
        landscape = self.landscape if self.batch_size is None else self.landscape.batch(self._batch(number, count))
        slopes = np.asarray(landscape.gradient((weights @ points).astype(landscape.dtype)), np.float64)
        slope = weights[:, -1] @ slopes / self.n_points
        if self.weight and np.isfinite(total := log_sum(logs)):
            for c, share in zip(corners, np.exp(logs - total), strict=True):
                if share > 0:
                    slope -= self.weight * share * log_volume_gradient(points[c])[-1]
        return np.asarray(slope)

    def _batch(self, number: int, count: int) -> NDArray[np.int64]:
        """Samples of a step: drawn without replacement within an epoch."""
        size = int(self.batch_size or 1)
        per_epoch = max(1, self.n_samples // size)
        epoch, place = divmod(count, per_epoch)
        own = rng.derive_seed(self.seed, 2, number)
        order = rng.permutation(own, rng.Purpose.SHUFFLE, number, epoch, self.n_samples)
        return order[place * size : (place + 1) * size]


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
        All vertices were given.
    """
    checks.instance("complex_", complex_, SimplicialComplex)
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
        A complex of another dimension.
    """
    checks.instance("landscape", landscape, Landscape)
    checks.instance("complex_", complex_, SimplicialComplex)
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
