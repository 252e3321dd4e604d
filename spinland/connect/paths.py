"""Paths between solutions, trained so that the landscape is low along them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, rng
from ..errors import ArgumentError, DivergenceWarning
from ..execution.engines import Executor
from ..execution.rows import gathered, listed
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..probes.inputs import a_landscape
from ..provenance import record_on
from ..quantities import quantity_of
from ..results import Result
from ..training.optimizers import Adam, Optimizer, named, without_decay
from . import inputs
from .bases import BASES
from .batches import SampleBatches
from .curves import Curve
from .descent import WEIGHTINGS, Plan, portion
from .pieces import Pairs, fixed_places, trained
from .profiles import Curves, PathProfile, profiles

ADAM = Adam(1e-3)

_MOST_BENDS = 500  # binomial coefficients of a Bezier curve of that degree are still numbers


@dataclass(frozen=True, eq=False, kw_only=True)
class Path(Result):
    """One or several paths w(t) = Σ_k φ_k(t) θ_k, t from 0 to 1.

    Attributes
    ----------
    controls : array (V, dim) or (B, V, dim)
        Control vectors θ_k, start and end first and last, with the very bits that were given. Between them stand points
        for "bezier" and "chain", displacements for "sine".
    basis : str
        φ: "bezier", "chain" or "sine" (:mod:`spinland.connect.bases`).
    fixed : integer array (F,)
        Numbers of the control vectors that were not trained: the ends, and what a chain was led through.
    radius : float or None
        Of the sphere that the points Σ_k φ_k(t) θ_k are brought back to; None in flat space.
    steps : int
        Steps of the training.
    diverged : bool array (B,)
        Paths whose training left the finite numbers; their free control vectors are NaN.
    taken : integer array (B,), optional
        Steps of each path: all, or those after which it was seen to have diverged. They are looked at after 16 steps,
        and at the latest each time that their number has doubled. None in files of earlier versions.
    members : integer array (B, 2)
        Which of the different solutions each path joins, by number.
    """

    controls: NDArray[Any]
    basis: str
    fixed: NDArray[np.int64]
    radius: float | None
    steps: int
    diverged: NDArray[np.bool_]
    members: NDArray[np.int64]
    taken: NDArray[np.int64] | None = None

    @property
    def divergence(self) -> str:
        """Which paths diverged, and by which step, in words; empty where none did."""
        lost = np.flatnonzero(self.diverged)
        by = "" if self.taken is None or not lost.size else f", by step {int(self.taken[lost].max())} of {self.steps}"
        return ", ".join(map(str, lost)) + by

    def points(self, t: ArrayLike) -> NDArray[Any]:
        """Points (P, dim) of the path, or (B, P, dim) of all, at places t (P,) from 0 to 1; the ends bit for bit."""
        places = checks.float_array("t", t, ndim=1)
        if places.size and (places.min() < 0 or places.max() > 1):
            raise ArgumentError("t", "places from 0 to 1", f"{places.min():g} to {places.max():g}")
        every = self._each()
        checks.room("t", places.size, len(every) * places.size * every.itemsize * every.shape[2])
        out = np.empty((len(every), places.size, every.shape[2]), every.dtype)
        for controls, points in zip(every, out, strict=True):
            points[:] = Curve(controls, self.basis, self.radius).points(places)
            points[places == 0], points[places == 1] = controls[0], controls[-1]
        return out if self.controls.ndim == 3 else out[0]

    def evaluate(
        self, landscape: Landscape, n: int = 61, *, label: str = "", executor: Executor | None = None
    ) -> PathProfile:
        """A landscape along the path, at ``n`` places that are evenly spaced in its length.

        Parameters
        ----------
        landscape : Landscape
            That of the training, or another one of the same points, such as the loss on test data.
        n : int
            Places, both ends among them; at least 3. Between the neighbours of the highest one the maximum is refined.
        label : str
            Kept with the result.
        executor : Executor, optional
            Where to compute, as for :func:`train`; the bits are the same.

        Returns
        -------
        PathProfile

        Raises
        ------
        ArgumentError
            A landscape of other points, fewer than 3 places, all paths diverged.
        """
        a_landscape(landscape)
        every = self._each()
        if landscape.dim != every.shape[2]:
            raise ArgumentError("landscape", f"one of points of length {every.shape[2]}", f"dim {landscape.dim}")
        if landscape.geometry.space.curved != (self.radius is not None):
            raise ArgumentError("landscape", "one of the path's geometry", type(landscape.geometry).__name__)
        if self.diverged.all():
            raise ArgumentError("self", "a path whose training has not diverged", f"diverged: {self.divergence}")
        n = checks.integer("n", n, minimum=3)
        checks.room("n", n, 5 * 8 * n * len(every))
        parts = np.linspace(0, 1, n)
        plan = Curves(every, self.basis, self.radius, self.diverged, parts)
        count = len(every)
        each = listed(count, over(profiles, landscape, count, executor, plan, description="profiles of paths"))
        single = self.controls.ndim == 2
        return PathProfile(
            alphas=parts,
            **_stacked(each, single),
            members=self.members,
            label=label,
            **quantity_of(landscape),
            provenance=record_on(landscape, "Path.evaluate", {"n": n, "path": self.provenance.arguments}),
        )

    def _each(self) -> NDArray[Any]:
        return self.controls if self.controls.ndim == 3 else self.controls[None]


def _stacked(rows: list[dict[str, Any] | None], single: bool) -> dict[str, Any]:
    """Fields of all paths; those of a diverged one are NaN."""
    known = next(row for row in rows if row is not None)
    made = {}
    for name, value in known.items():
        none = np.full(np.shape(value), np.nan)
        column = np.stack([none if row is None else np.asarray(row[name], np.float64) for row in rows])
        made[name] = column[0] if single and name in ("arc_length", "places", "values", "accuracy") else column
    return made


def connecting_path(
    landscape: Landscape,
    start: ArrayLike,
    end: ArrayLike,
    basis: str = "bezier",
    n_bends: int = 1,
    steps: int = 2000,
    batch_size: int | None = None,
    optimizer: Optimizer = ADAM,
    seed: int = 0,
    weighting: str = "uniform",
    *,
    through: ArrayLike | None = None,
    executor: Executor | None = None,
) -> Path:
    r"""Train paths from ``start`` to ``end`` along which the mean value is low.

    w(t) = Σ_k φ_k(t) θ_k with θ_0 the start and the last one the end; the others descend along the gradient of the mean
    over the path, E_t[L(w(t))], ∂L(w(t))/∂θ_k = φ_k(t) ∇L. They begin on the straight line (great circle), so that
    a path of 0 steps is that line. Timur Garipov and others, arXiv:1802.10026.

    Each step looks at one point of each path and, with ``batch_size``, at one batch of samples. In 16 steps every
    sixteenth of the path has its turn once, in random order.

    Parameters
    ----------
    landscape : Landscape
        Any landscape with a gradient.
    start, end : array (dim,) or (B, dim)
        Ends of a path, or of B paths that are trained side by side; one point may serve with a batch of others. A path
        depends on its number in the batch (its places and samples are drawn for it), not on the other paths.
    basis : "bezier", "chain" or "sine"
        A Bezier curve of degree ``n_bends`` + 1, a chain of straight pieces, or the line with ``n_bends`` sine waves
        across it. On a sphere the sum is brought back to the sphere, where control points stay, too: the pieces of a
        chain are arcs of great circles.
    n_bends : int
        Control vectors that are trained, 1 to 500; in each piece between fixed points, where a chain has several.
    steps : int
        Steps of the optimiser; 0 leaves the straight line.
    batch_size : int, optional
        Samples that a step looks at, where the landscape is the loss of a network; by default all. Samples are
        drawn as in a training: without replacement, in a new order for each epoch and path.
    optimizer : SGD, Adam or AdamW
        Its update, without weight decay. To a schedule the whole training is one epoch.
    seed : int
        64-bit seed of places and of the order of samples.
    weighting : "uniform" or "arc_length"
        Where points are drawn: uniformly in t, so that a path may run quickly over a barrier that it does not avoid; or
        uniformly in its arc length, measured anew every 64 steps: ∫ L(w) \|dw\| / ∫ \|dw\|, whose gradient is taken
        with the measure held.
    through : array (W, dim) or (B, W, dim), optional
        Points that a chain goes through on its way, in this order.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Path

    Warns
    -----
    DivergenceWarning
        Names paths that became infinite or NaN, the optimiser, and by which step; the others go on.

    Raises
    ------
    ArgumentError
        Points of other lengths or off the sphere, no bends, an optimiser with weight decay, a batch size where there
        are no samples, opposite ends on a sphere.

    Notes
    -----
    Equal ends are allowed: the path is then a loop, of no length until it is trained, and has no ``length_ratio``.

    Examples
    --------
    >>> import spinland as sl
    >>> ring = sl.FunctionLandscape(lambda w: ((w**2).sum(axis=1) - 1) ** 2, dim=2)
    >>> path = sl.connecting_path(ring, [-1.0, 0.1], [1.0, 0.1], steps=300, optimizer=sl.Adam(0.05))
    >>> bool(path.evaluate(ring).barrier[0] < 0.1)  # it is 0.98 on the straight line
    True
    """
    a_landscape(landscape)
    starts, ends, single = inputs.pairs(landscape, start, end)
    checks.choice("basis", basis, BASES)
    n_bends = checks.integer("n_bends", n_bends, minimum=1, maximum=_MOST_BENDS)
    steps = checks.integer("steps", steps, minimum=0, maximum=2**31)
    batch_size = _batch_size(landscape, batch_size)
    without_decay(optimizer, "the control vectors, not on the points of the path")
    seed = rng.seed64("seed", seed)
    checks.choice("weighting", weighting, WEIGHTINGS)
    between = _between(landscape, through, basis, len(starts))
    radius = inputs.radius_of(landscape, starts, ends)
    room = len(starts) * (between.shape[1] + 1) * n_bends
    checks.room("n_bends", n_bends, 5 * room * landscape.dim * landscape.dtype.itemsize)
    n_controls, fixed = fixed_places(between.shape[1], n_bends)
    free = np.setdiff1d(np.arange(n_controls), fixed)
    plan = Plan(basis, free, steps, batch_size, optimizer, seed, weighting, radius)
    pairs = Pairs(starts, between, ends, n_bends, plan, portion(landscape, len(starts), n_controls, plan))
    words = f"training {len(starts)} path{'s' * (len(starts) > 1)}"
    controls, alive, taken = gathered(
        len(starts), over(trained, landscape, len(starts), executor, pairs, description=words, ticks=steps)
    )
    controls[np.ix_(~alive, free)] = np.nan
    arguments = {
        "start": starts,
        "end": ends,
        "through": between,
        "basis": basis,
        "n_bends": n_bends,
        "steps": steps,
        "batch_size": batch_size,
        "optimizer": _described(optimizer, plan),
        "weighting": weighting,
    }
    path = Path(
        controls=arrays.sealed(controls[0] if single else controls),
        basis=basis,
        fixed=fixed,
        radius=radius,
        steps=steps,
        diverged=~alive,
        members=_members(starts, ends),
        taken=taken,
        provenance=record_on(landscape, "connecting_path", arguments, seed=seed),
    )
    if path.divergence:
        warnings.warn(
            f"diverged paths, now NaN: {path.divergence}, with {named(optimizer)}", DivergenceWarning, stacklevel=2
        )
    return path


def _batch_size(landscape: Landscape, batch_size: int | None) -> int | None:
    if batch_size is None:
        return None
    if getattr(landscape, "n_samples", None) is None:
        raise ArgumentError("batch_size", "None: this landscape is no mean over samples", batch_size)
    return SampleBatches(landscape, batch_size).size


def _between(landscape: Landscape, through: ArrayLike | None, basis: str, count: int) -> NDArray[Any]:
    """Fixed points (B, W, dim) of chains; W is 0 without any."""
    if through is None:
        return np.empty((count, 0, landscape.dim), landscape.dtype)
    points = checks.float_array("through", through, dtype=landscape.dtype, ndim=(2, 3))
    if points.shape[-1] != landscape.dim or (points.ndim == 3 and len(points) != count):
        wanted = f"shape (any, {landscape.dim}) or ({count}, any, {landscape.dim})"
        raise ArgumentError("through", wanted, f"shape {points.shape}")
    if basis != "chain":
        raise ArgumentError("through", "a chain: a path of another basis does not touch its control vectors", basis)
    checks.squarable("through", points, landscape.dim)
    if landscape.geometry.space.curved:
        landscape.geometry.space.refuse_off("through", points, landscape.dtype)
    return np.broadcast_to(points, (count, *points.shape[-2:]))


def _described(optimizer: Optimizer, plan: Plan) -> dict[str, Any]:
    """The optimiser for the record: a function of time has no lasting name, its values do."""
    settings = {field.name: getattr(optimizer, field.name) for field in fields(optimizer)}
    rate = settings["learning_rate"]
    if not isinstance(rate, float) and not is_dataclass(rate):
        settings["learning_rate"] = plan.rates()
    return {"name": type(optimizer).__name__, **settings}


def _members(starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers (B, 2) of the different points among the ends, equal bits being one."""
    known: dict[bytes, int] = {}
    every = np.stack([starts, ends], axis=1)
    return np.array([[known.setdefault(point.tobytes(), len(known)) for point in pair] for pair in every], np.int64)
