"""Simplexes grown about solutions, down the loss and up in volume (Benton et al., arXiv:2102.13042)."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError, DivergenceWarning
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record_on
from ..training.optimizers import Adam, Optimizer, named, without_decay
from ..training.schedules import step_rates
from ..training.steps import step
from .batches import SampleBatches
from .simplexes import SimplicialComplex, uniform_weights
from .volumes import log_sum, log_volume, log_volume_gradient

_START = 0.05
"""Distance of a new vertex from the middle of the others, as a share of the norm of that middle: a simplex has to have
some volume to grow."""


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

    Warns
    -----
    DivergenceWarning
        Names the optimiser and the step where a new vertex left the finite numbers; it and those that were to follow
        are NaN.

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
    given, _ = checks.point_batch("vertices", vertices, landscape.dim, dtype=landscape.dtype)
    checks.squarable("vertices", given, landscape.dim)
    given = given.astype(np.float64)
    if not len(given) or len(np.unique(given, axis=0)) < len(given):
        raise ArgumentError("vertices", "points that differ, one at least", f"shape {given.shape}")
    n_vertices = checks.integer("n_vertices", n_vertices, minimum=1, maximum=max(1, landscape.dim - 1))
    growth = _Growth(landscape, volume_weight, steps, n_points, batch_size, optimizer, seed)
    new: list[NDArray[np.float64]] = []
    with track(n_vertices * growth.steps, "simplex") as advance:
        while len(new) < n_vertices and not growth.lost:
            new.append(growth.vertex(len(new), given, new, advance))
    if growth.lost:
        warnings.warn(f"diverged vertices, now NaN: {growth.lost}", DivergenceWarning, stacklevel=2)
    grown = np.full((n_vertices, landscape.dim), np.nan)
    grown[: len(new)] = new
    return SimplicialComplex(
        vertices=np.concatenate([given, grown]),
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
        checks.room("steps", self.steps, 8.0 * self.steps)
        self.n_points = checks.integer("n_points", n_points, minimum=1)
        self.batches = None if batch_size is None else SampleBatches(landscape, batch_size)
        self.rule = without_decay(Adam(1e-2) if optimizer is None else optimizer, "vertices")
        self.seed = rng.seed64("seed", seed)
        rates = step_rates(self.rule.learning_rate, max(1, self.steps), 1)
        self.coefficients = self.rule.coefficients(rates, 0)
        self.lost = ""
        self.arguments = {
            "volume_weight": self.weight,
            "steps": self.steps,
            "n_points": self.n_points,
            "batch_size": self.batches and self.batches.size,
            "optimizer": f"{self.rule}",
        }

    def vertex(self, number: int, given: NDArray[Any], new: list[NDArray[Any]], advance: Any) -> NDArray[np.float64]:
        """A new vertex for a complex that has the others; NaN where it diverges, of which ``lost`` tells."""
        middle = np.concatenate([given, np.array(new).reshape(-1, given.shape[1])]).mean(axis=0)
        way = rng.normals(self.seed, rng.Purpose.SIMPLEX, number, 1, len(middle))
        norm = float(np.linalg.norm(middle)) or 1.0
        at = middle + _START * norm * way / np.linalg.norm(way)
        moments = np.zeros((2, len(at)))
        corners = _fan(len(given), len(new) + 1)
        for count in range(self.steps):
            points = np.concatenate([given, np.array([*new, at])])
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what diverges is seen right below
                slope = self._slope(points, corners, number, count)
                step(self.rule.rule, self.coefficients[count], at, slope, moments)
                finite = np.isfinite(at.astype(self.landscape.dtype)).all()
            if not finite:
                self.lost = f"{len(points) - 1} (at step {count + 1} of {self.steps}, with {named(self.rule)})"
                return np.full(len(at), np.nan)
            advance()
        return at

    def _slope(self, points: NDArray[Any], corners: NDArray[np.int64], number: int, count: int) -> NDArray[np.float64]:
        """Gradient by the last vertex."""
        logs = np.array([log_volume(points[c]) for c in corners])
        weights = uniform_weights(
            logs, corners, len(points), self.n_points, rng.derive_seed(self.seed, 1, number, count)
        )
        landscape = self.landscape
        if self.batches is not None:
            landscape = self.batches.at(rng.derive_seed(self.seed, 2, number), number, count)
        slopes = np.asarray(landscape.gradient((weights @ points).astype(landscape.dtype)), np.float64)
        slope = weights[:, -1] @ slopes / self.n_points
        if self.weight and np.isfinite(total := log_sum(logs)):
            for c, share in zip(corners, np.exp(logs - total), strict=True):
                if share > 0:
                    slope -= self.weight * share * log_volume_gradient(points[c])[-1]
        return np.asarray(slope)
