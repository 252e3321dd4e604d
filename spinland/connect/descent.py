"""Training of the control vectors of paths: one point of a path at each step.

Of every STRATA steps each takes its point from another part of the path, in random order: with u uniform on (0, 1) and
p a permutation, step s has the point at (p_s + u_s)/STRATA of the whole, of t or of the arc length. That is uniform, as
independent draws are, with a much smaller variance of the mean over the path.

Two ways, by what is asked for. Minibatches of a network go through the operation "path", which forms points, gradients
and steps in one pass. Everything else asks the landscape for values and gradients at the points of all paths at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import Batches, Paths, Rule

from .. import rng
from ..arrays import Owner
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..landscape.spaces import norms
from ..machines import operation
from ..progress import Advance
from ..training.optimizers import Optimizer
from ..training.schedules import step_rates
from .bases import displaced, shares
from .batches import SampleBatches
from .curves import Curve

STRATA = 16
"""Parts of a path, each of which is visited once in as many steps."""

REFRESH = 64
"""Steps after which the arc length of a path is measured anew, where points are uniform in it."""

_LAUNCH_OPERATIONS = 5e10  # of one launch for a core: half a second or so, after which Ctrl-C has its turn

WEIGHTINGS = ("uniform", "arc_length")


@dataclass(frozen=True)
class Plan(Owner):
    """How paths are trained; checked."""

    basis: str
    free: NDArray[np.int64]
    steps: int
    batch_size: int | None
    optimizer: Optimizer
    seed: int
    weighting: str
    radius: float | None

    def rates(self) -> NDArray[np.float64]:
        """Learning rate of each step; to a schedule the whole training is one epoch."""
        return step_rates(self.optimizer.learning_rate, max(1, self.steps), 1)


def stratified(seed: int, rows: NDArray[np.int64], low: int, high: int) -> NDArray[np.float64]:
    """Places (R, high − low) in (0, 1) of the steps low … high−1 of paths with the numbers ``rows`` (R,)."""
    first, last = low // STRATA, -(-high // STRATA)
    drawn, places = np.empty((len(rows), 2 * STRATA)), np.empty((len(rows), (last - first) * STRATA))
    for block in range(first, last):
        rng.fill_uniforms(drawn, seed, rng.Purpose.PATH, rows, block)
        order = np.argsort(drawn[:, :STRATA], axis=1, kind="stable")
        places[:, (block - first) * STRATA : (block - first + 1) * STRATA] = (order + drawn[:, STRATA:]) / STRATA
    return places[:, low - first * STRATA : high - first * STRATA]


def portion(landscape: Landscape, count: int, n_controls: int, plan: Plan) -> int:
    """Steps that so many paths of so many control vectors take at a time, after which is seen which have diverged."""
    if plan.batch_size is None or not isinstance(landscape, NetworkLandscape):
        return STRATA
    shape, kernel = (count, n_controls, landscape.samples.network.n_params), operation("path", landscape.device)
    return int(kernel.portion(shape, plan.batch_size, _LAUNCH_OPERATIONS))


def train_controls(
    landscape: Landscape, controls: NDArray[Any], rows: NDArray[np.int64], plan: Plan, steps: int, advance: Advance
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Train control vectors (R, V, dim) of paths with the numbers ``rows`` in place, so many steps at a time.

    Returns
    -------
    alive : bool array (R,)
        Which paths have not diverged.
    taken : integer array (R,)
        Steps of each: all, or those after which it was seen to have diverged.
    """
    if plan.batch_size is not None and isinstance(landscape, NetworkLandscape):
        way: _Way = _Minibatches(landscape, controls, rows, plan)
    else:
        way = _Points(landscape, controls, rows, plan)
    rates, step = plan.rates(), 0
    taken = np.full(len(controls), plan.steps)
    while step < plan.steps and way.alive.any():
        last = min(plan.steps, step + steps)
        if plan.weighting == "arc_length":
            last = min(last, (step // REFRESH + 1) * REFRESH)
        else:
            last = min(last, max(STRATA, 2 * step))  # what diverges does so early, and is seen early
        with np.errstate(over="ignore"):  # what a rate too large for the float type does is seen by the first step
            coefficients = plan.optimizer.coefficients(rates[step:last], step).astype(controls.dtype)
        before = way.alive.copy()
        way.run(_places(controls, way, plan, step, last), Rule(plan.optimizer.rule, coefficients), step)
        taken[before & ~way.alive] = last
        advance(len(rows) * (last - step))
        step = last
    way.finish()
    return way.alive, taken


def _places(controls: NDArray[Any], way: _Way, plan: Plan, low: int, high: int) -> NDArray[Any]:
    """Shares (R, S, V) of the control vectors at the points of steps low … high−1."""
    t = stratified(plan.seed, way.paths.numbers, low, high)
    if plan.weighting == "arc_length":
        way.finish()
        for r in np.flatnonzero(way.alive):
            t[r] = Curve(controls[r], plan.basis, plan.radius).at(t[r])
    return shares(plan.basis, t, controls.shape[1]).astype(controls.dtype)


class _Way:
    """Paths in flight, with their moments."""

    def __init__(self, controls: NDArray[Any], held: NDArray[Any], rows: NDArray[np.int64], plan: Plan):
        self.controls, self.plan = controls, plan
        self.alive = np.ones(len(controls), bool)
        moments, shape = plan.optimizer.n_moments, (len(held), len(plan.free), held.shape[2])
        first, second = (np.zeros((*shape[:2], shape[2] if moments > m else 0), held.dtype) for m in range(2))
        none = np.empty((len(held), 0, held.shape[1]), held.dtype)
        self.paths = Paths(held, first, second, plan.free, none, self.alive, rows)

    def run(self, places: NDArray[Any], rule: Rule, step: int) -> None:
        """Take a step for each of the places."""
        raise NotImplementedError

    def finish(self) -> None:
        """Bring the control vectors to where the caller has them."""


class _Minibatches(_Way):
    """Paths of a network, on batches of its samples. Weights of dead inputs, which get no gradient, are left out."""

    def __init__(self, landscape: NetworkLandscape, controls: NDArray[Any], rows: NDArray[np.int64], plan: Plan):
        assert plan.batch_size is not None
        self.samples, self.batch_size = landscape.samples, plan.batch_size
        super().__init__(controls, np.array(self.samples.compress(controls)), rows, plan)
        self.kernel = operation("path", landscape.device)

    def run(self, places: NDArray[Any], rule: Rule, step: int) -> None:
        batches = Batches(np.uint64(self.plan.seed), int(rng.Purpose.SHUFFLE), 0, self.batch_size, step)
        self.kernel.descend(
            self.paths._replace(places=places), rule, batches, self.samples.architecture, self.samples.prepared("path")
        )

    def finish(self) -> None:
        held, keep = self.paths.controls, self.samples.keep
        if keep is None:
            self.controls[:, self.plan.free] = held[:, self.plan.free]
        else:
            for k in self.plan.free:
                self.controls[:, k, keep] = held[:, k]


class _Points(_Way):
    """Paths of any landscape: it is asked for the gradients at one point of each."""

    def __init__(self, landscape: Landscape, controls: NDArray[Any], rows: NDArray[np.int64], plan: Plan):
        super().__init__(controls, controls, rows, plan)
        self.landscape, self.kernel = landscape, operation("path", "cpu")
        self.batches = None if plan.batch_size is None else SampleBatches(landscape, plan.batch_size)

    def run(self, places: NDArray[Any], rule: Rule, step: int) -> None:
        paths = self.paths._replace(places=places)
        for s in range(places.shape[1]):
            points = self.kernel.points(paths, s)
            self.alive &= np.isfinite(points).all(axis=1)
            going = np.flatnonzero(self.alive)
            gradients = np.zeros_like(points)
            if len(going):
                gradients[going] = self._gradients(points[going], step + s)
            self.alive &= np.isfinite(gradients).all(axis=1)
            self.kernel.follow(paths, gradients, s, rule)
            self._retract()

    def _gradients(self, points: NDArray[Any], step: int) -> NDArray[Any]:
        """Gradients (R, dim) by the sums u of control vectors: of the landscape, at u or at R u/|u|."""
        radius, space = self.plan.radius, self.landscape.geometry.space
        landscape = self.landscape if self.batches is None else self.batches.at(self.plan.seed, 0, step)
        if radius is None:
            return np.asarray(landscape.gradient(points))
        lengths = norms(points)
        if np.any(lengths < 1e-6 * radius):
            raise ArgumentError("end", "a point that a path can reach without going through the centre of the sphere")
        on_sphere = space.scaled(points, np.full(len(points), radius))
        gradients = space.tangent(on_sphere, np.asarray(landscape.gradient(on_sphere)))
        return np.asarray(gradients * (radius / lengths)[:, None], points.dtype)

    def _retract(self) -> None:
        """Control points of a sphere stay on it."""
        if self.plan.radius is None or displaced(self.plan.basis):
            return
        for k in self.plan.free:
            with np.errstate(over="ignore", invalid="ignore"):
                self.alive &= np.isfinite(norms(self.controls[:, k]))
            going = self.alive
            radii = np.full(int(going.sum()), self.plan.radius)
            self.controls[going, k] = self.landscape.geometry.space.scaled(self.controls[going, k], radii)
