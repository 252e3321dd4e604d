"""Random walks on any landscape (protocol 1): value, accuracy, distance and overlap at every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.walkers import WalkStep
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..rng import seed64
from ..statistics.uncertainty import grouped_error
from . import inputs


@dataclass(frozen=True, eq=False, kw_only=True)
class RandomWalk(Measured):
    """Random walks of W walkers, T steps each; column 0 is the start.

    Attributes
    ----------
    sigma : float
        Standard deviation of a step on every coordinate.
    values : array (W, T+1)
        Value of the landscape.
    accuracy : array (W, T+1)
        Accuracy; NaN where the landscape has none.
    distance : array (W, T+1)
        Euclidean distance from the start.
    overlap : array (W, T+1)
        Cosine between start and current point; NaN where one of them is the zero vector.
    origin_index : integer array (W,)
        Which origin each walker started from.
    constraint : "none" or "sphere"
        Whether the walkers were kept at the norm of their start.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "origin_index": ("walker",),
        "values": ("walker", "step"),
        "accuracy": ("walker", "step"),
        "distance": ("walker", "step"),
        "overlap": ("walker", "step"),
    }

    sigma: float
    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    distance: NDArray[np.float64]
    overlap: NDArray[np.float64]
    origin_index: NDArray[np.int64]
    constraint: str

    @property
    def n_steps(self) -> int:
        """Number of steps T."""
        return int(self.values.shape[1]) - 1

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean value over walkers, (T+1,)."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean`, (T+1,); NaN for a single walker.

        Over walkers when all have one origin. With several origins, walkers of one origin are not
        independent of each other, and the error is taken over the means of the origins.
        """
        return grouped_error(self.values, self.origin_index)


@dataclass(frozen=True)
class _Plan:
    """Checked arguments of a walk; ``starts`` (K, dim), ``radius`` (K,) or empty."""

    starts: NDArray[Any]
    sigma: float
    n_steps: int
    n_walkers: int
    seed: int
    constraint: str
    radius: NDArray[np.float64]
    first_walker: int

    @property
    def origin_index(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.starts)), self.n_walkers)


def _plan(
    landscape: Any,
    origin: ArrayLike,
    sigma: float,
    n_steps: int,
    n_walkers: int,
    seed: int,
    constraint: str | None,
    first_walker: int,
) -> _Plan:
    landscape = inputs.a_landscape(landscape)
    starts = inputs.origins(landscape, origin)
    n_walkers = checks.integer("n_walkers", n_walkers, minimum=1, maximum=(2**32 - 1) // len(starts))
    last = 2**32 - len(starts) * n_walkers
    constraint, starts, radius = _constraint(landscape, starts, constraint)
    n_steps = checks.integer("n_steps", n_steps, minimum=1, maximum=2**32 - 1)
    # The square of the way, σ² dim T, has to be a number of the landscape's type.
    farthest = float(np.sqrt(np.finfo(landscape.dtype).max / (16.0 * landscape.dim * n_steps)))
    return _Plan(
        starts,
        checks.real("sigma", sigma, above=0, maximum=farthest),
        n_steps,
        n_walkers,
        seed64("seed", seed),
        constraint,
        radius,
        checks.integer("first_walker", first_walker, minimum=0, maximum=last),
    )


def _constraint(
    landscape: Landscape, starts: NDArray[Any], constraint: str | None
) -> tuple[str, NDArray[Any], NDArray[np.float64]]:
    """The constraint that holds, the starts, and the radius for each of them (empty without one)."""
    checks.choice("constraint", constraint, (None, "none", "sphere"))
    space = landscape.geometry.space
    if space.curved and constraint == "none":
        raise ArgumentError("constraint", "'sphere' on a landscape that lives on one", constraint)
    if constraint != "sphere" and not space.curved:
        return "none", starts, np.empty(0)
    radii = space.radii(starts)
    if not np.all(radii > 0):
        raise ArgumentError("origin", "points other than zero for a walk on a sphere", "the zero vector")
    return "sphere", space.on("origin", starts), radii


def _walk(landscape: Landscape, rows: NDArray[np.int64], plan: _Plan) -> Iterator[WalkStep]:
    """Steps 0 ... T of the walkers ``rows`` (numbers within the plan)."""
    walkers = landscape.walkers(plan.starts, plan.origin_index[rows], plan.first_walker + rows, plan.radius)
    return walkers.walk(plan.sigma, plan.n_steps, plan.seed)


def _walked(
    landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64], ...]:
    """Values, accuracies, distances and overlaps (R, T+1) of the walkers ``rows``."""
    values, accuracy, distance, overlap = (np.empty((len(rows), plan.n_steps + 1)) for _ in range(4))
    for state in _walk(landscape, rows, plan):
        values[:, state.step] = state.values
        accuracy[:, state.step] = state.accuracy
        distance[:, state.step] = state.distance
        overlap[:, state.step] = state.overlap
        advance(len(rows))
    return values, accuracy, distance, overlap


def iterate_walk(
    landscape: Landscape,
    origin: ArrayLike,
    sigma: float,
    n_steps: int,
    n_walkers: int = 1,
    seed: int = 0,
    constraint: str | None = None,
    *,
    first_walker: int = 0,
) -> Iterator[WalkStep]:
    """Walk step by step: yields a :class:`WalkStep` of all walkers for steps 0 ... ``n_steps``.

    Arguments, errors and numbers are those of :func:`random_walk`. All walkers move together, so their
    points (W, dim) are held in memory at once.
    """
    plan = _plan(landscape, origin, sigma, n_steps, n_walkers, seed, constraint, first_walker)
    return _walk(landscape, np.arange(len(plan.starts) * plan.n_walkers), plan)


def random_walk(
    landscape: Landscape,
    origin: ArrayLike,
    sigma: float,
    n_steps: int,
    n_walkers: int = 1,
    seed: int = 0,
    constraint: str | None = None,
    *,
    first_walker: int = 0,
    executor: Executor | None = None,
) -> RandomWalk:
    """Random walks with Gaussian steps N(0, σ²) on every coordinate (arXiv:2407.20724, protocol 1).

    In flat space E[distance²] = σ² dim t. On the sphere each step is followed by rescaling to the norm of
    the start: a step of σ at radius R turns by about σ √dim / R, and the overlap with the start falls
    as (1 + σ² dim/R²)^(−t/2).

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    origin : array (dim,) or (K, dim)
        Where the walks start; ``n_walkers`` walks from each.
    sigma : float
        Standard deviation of a step on every coordinate, in units of the parameters.
    n_steps : int
        Number of steps T.
    n_walkers : int
        Walkers from each origin. Walker w of origin k has the number ``first_walker + k·n_walkers + w``;
        its steps are a function of the seed and of that number alone.
    seed : int
        64-bit seed.
    constraint : None, "none" or "sphere"
        None: the landscape's own, "sphere" where its geometry is a Sphere, else "none".
    first_walker : int
        Number of the first walker; walker 5 alone equals walker 5 of 10.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    RandomWalk

    Raises
    ------
    ArgumentError
        Wrong shapes, σ ≤ 0, no steps or no walkers; ``"none"`` on a sphere; a start off the landscape's
        sphere, or at zero when the walk is on one.

    Examples
    --------
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=100)
    >>> walk = sl.random_walk(bowl, [0.0] * 100, sigma=0.1, n_steps=4, n_walkers=200)
    >>> walk.mean.round(1)  # σ² dim t
    array([0., 1., 2., 3., 4.])
    """
    plan = _plan(landscape, origin, sigma, n_steps, n_walkers, seed, constraint, first_walker)
    total = len(plan.starts) * plan.n_walkers
    longest = "n_steps" if plan.n_steps > plan.n_walkers else "n_walkers"
    checks.room(longest, getattr(plan, longest), 4 * 8 * total * (plan.n_steps + 1))
    walked = over(
        _walked,
        landscape,
        total,
        executor,
        plan,
        description="random walk",
        size=budget.fitting(budget.WALKERS, plan.starts.itemsize * landscape.dim),
        ticks=plan.n_steps + 1,
    )
    values, accuracy, distance, overlap = gathered(total, walked)
    arguments = {
        "origin": plan.starts,
        "sigma": plan.sigma,
        "n_steps": plan.n_steps,
        "n_walkers": plan.n_walkers,
        "constraint": plan.constraint,
        "first_walker": plan.first_walker,
    }
    return RandomWalk(
        sigma=plan.sigma,
        values=values,
        accuracy=accuracy,
        distance=distance,
        overlap=overlap,
        origin_index=plan.origin_index,
        constraint=plan.constraint,
        **quantity_of(landscape),
        provenance=record_on(landscape, "random_walk", arguments, seed=plan.seed),
    )
