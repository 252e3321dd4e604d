"""Langevin dynamics at a temperature, and how it forgets where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from . import inputs
from .disorder import disorder_mean
from .hamiltonian import Hamiltonian, dots, norms
from .noise import langevin_step
from .two_times import TwoTimeCorrelation

_MOST_STEPS = 2**32 - 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Langevin(Measured):
    """Langevin dynamics of W walkers; with a list of instances arrays over walkers have a leading axis for them.

    Attributes
    ----------
    temperature, dt : float
        Temperature; the longest step.
    times : array (T,)
        Times at which the energy was taken, and delays of the correlation.
    energies : array (W, T) or (instances, W, T)
        Value: H/N of a glass, the loss of a network.
    waiting_times : array (K,)
        Waiting times t_w, empty if none were asked for.
    correlations : array (W, K, T) or (instances, W, K, T)
        C(t_w + t, t_w) of each walker: cosine of its points at t_w and at t_w + t, t in ``times``.
    points : array (W, dim) or (instances, W, dim)
        Where the walkers are at the end, at the last time plus the last waiting time.
    displacements : array (W, K, T) or (instances, W, K, T), or None
        Mean squared displacement of a coordinate, |w(t_w + t) − w(t_w)|²/dim; on a sphere of radius √dim 2(1 − C). None
        in results of earlier versions.
    energy_bias : float
        What the finite steps add to an energy in equilibrium, to leading order in dt: the mean over the last points of
        T dt² tr(A²)/4, per spin of a glass, with the Hessian A of H and dt the last step. Exact where H is quadratic,
        elsewhere its size; it falls as dt². NaN in results of earlier versions.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "times": ("times",),
        "energies": ("walker", "times"),
        "waiting_times": ("waiting_times",),
        "correlations": ("walker", "waiting_times", "times"),
        "displacements": ("walker", "waiting_times", "times"),
    }

    temperature: float
    dt: float
    times: NDArray[np.float64]
    energies: NDArray[np.float64]
    waiting_times: NDArray[np.float64]
    correlations: NDArray[np.float64]
    points: NDArray[Any]
    energy_bias: float = float("nan")
    displacements: NDArray[np.float64] | None = None

    @property
    def mean(self) -> NDArray[np.float64]:
        """Energy averaged over walkers, and instances if there are several, (T,)."""
        return disorder_mean(self.energies, 1)[0]

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean`, (T,): over instances, over walkers where there is one instance."""
        return disorder_mean(self.energies, 1)[1]

    @property
    def correlation(self) -> NDArray[np.float64]:
        """C(t_w + t, t_w) averaged as the energy is, (K, T)."""
        return disorder_mean(self.correlations, 2)[0]

    @property
    def correlation_error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`correlation`, (K, T)."""
        return disorder_mean(self.correlations, 2)[1]

    @property
    def two_times(self) -> TwoTimeCorrelation:
        """Correlation and displacement by themselves, as :func:`two_times` makes them of any trajectories.

        Raises
        ------
        ArgumentError
            No waiting times were asked for, or an earlier version made the result.
        """
        if self.displacements is None or not len(self.waiting_times):
            raise ArgumentError("waiting_times", "a run with waiting times, by this version")
        return TwoTimeCorrelation(
            waiting_times=self.waiting_times,
            times=self.times,
            correlations=self.correlations,
            displacements=self.displacements,
            provenance=self.provenance,
        )


def langevin(
    landscape: Landscape | Sequence[Landscape],
    points: ArrayLike,
    temperature: float,
    times: ArrayLike,
    dt: float = 0.02,
    seed: int = 0,
    *,
    waiting_times: ArrayLike = (),
    executor: Executor | None = None,
) -> Langevin:
    """Langevin dynamics dσ = −P∇H dt + sqrt(2T) dW, on the sphere where the landscape lives on one.

    For a glass H is N times its value (Cugliandolo and Kurchan, Phys. Rev. Lett. 71, 173 (1993), in the
    normalisation of the glass), else H is the value. In equilibrium points have the weight exp(−H/T)
    relative to the uniform measure.

    A step is noise of dt/2, Heun's step along −P∇H, noise of dt/2, with noise on the sphere that is exact to
    second order (see ``noise.py``): averages are off by O(dt²), those of equilibrium too, and the result says by about
    how much (:attr:`Langevin.energy_bias`). At T = 0 what remains is descent with that error. The noise of a step is a
    function of (seed, walker, step).

    Parameters
    ----------
    landscape : Landscape or sequence of Landscape
        Any landscape, or several instances of one dimension.
    points : array (dim,), (W, dim) or (instances, W, dim)
        Starts, a walker at each. Walker w of instance i has the number i·W + w.
    temperature : float
        T ≥ 0.
    times : array (T,)
        When to look, strictly increasing, from 0 on.
    dt : float
        Longest time step; between two looks all steps are equal. About 0.1 over the largest curvature of H
        is safe; for a glass 0.02.
    seed : int
        64-bit seed.
    waiting_times : array (K,)
        Waiting times t_w of the two-time correlation, strictly increasing, from 0 on. The run then lasts for
        the last waiting time plus the last of ``times``.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Langevin

    Raises
    ------
    ArgumentError
        T < 0, a step so large that the force changes by more than itself within it, wrong shapes, points off the
        sphere, times that do not increase.
    """
    items, single = inputs.landscapes(landscape)
    each = inputs.starts(items, points)
    temperature = checks.real("temperature", temperature, minimum=0)
    when = inputs.rising("times", times)
    waits = checks.float_array("waiting_times", waiting_times, ndim=(0, 1)).reshape(-1)
    if waits.size:
        waits = inputs.rising("waiting_times", waits)
    dt = checks.real("dt", dt, above=0)
    seed = rng.seed64("seed", seed)
    schedule = _Schedule(when, waits, dt)
    plan = _Plan(np.concatenate(each), len(each[0]), temperature, schedule, seed)
    moved = over(
        _moved,
        items,
        len(plan.points),
        executor,
        plan,
        description="langevin",
        size=budget.fitting(budget.STARTS, 8 * items[0].dim),
        ticks=schedule.n_steps,
    )
    *found, squares = gathered(len(plan.points), moved)
    names = "energies", "correlations", "displacements", "points"
    shape = len(items), plan.n_walkers
    arrays = {name: part.reshape(*shape, *part.shape[1:]) for name, part in zip(names, found, strict=True)}
    biases = _energy_biases(squares.reshape(shape), temperature, schedule, items)
    arguments = {"points": np.stack(each), "temperature": temperature, "times": when, "dt": dt, "waiting_times": waits}
    return Langevin(
        temperature=temperature,
        dt=dt,
        times=when,
        waiting_times=waits,
        **inputs.of_instances(arrays, single),
        energy_bias=float(np.mean(biases)),
        **quantity_of(items[0]),
        provenance=record_on(items, "langevin", arguments, seed=seed),
    )


class _Schedule:
    """Instants at which something is looked at, and the equal steps between two of them."""

    def __init__(self, times: NDArray[np.float64], waits: NDArray[np.float64], dt: float):
        self.times, self.waits = times, waits
        later = waits[:, None] + times
        self.instants = np.unique(np.concatenate([times, waits, later.ravel()]))
        gaps = np.diff(self.instants, prepend=0.0)
        counts = np.ceil(gaps / dt * (1 - 1e-12))
        if counts.sum() > _MOST_STEPS:
            raise ArgumentError("dt", f"a step that makes at most {_MOST_STEPS} of the time", dt)
        self.counts = counts.astype(np.int64)
        self.steps = np.divide(gaps, counts, out=np.zeros_like(gaps), where=counts > 0)
        self.n_steps = int(self.counts.sum())
        self.last_step = float(self.steps[self.counts > 0][-1]) if np.any(self.counts) else 0.0
        # Columns of what is due at each instant.
        self.energy = np.searchsorted(self.instants, times)
        self.wait = np.searchsorted(self.instants, waits)
        self.correlation = np.searchsorted(self.instants, later)


@dataclass(frozen=True)
class _Plan:
    """Starts (instances · W, dim), W of them for each instance, and how they move."""

    points: NDArray[np.float64]
    n_walkers: int
    temperature: float
    schedule: _Schedule
    seed: int


def _moved(
    items: list[Landscape], rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[Any], ...]:
    """Energies, correlations, displacements, last points and |Av|² of the walkers ``rows``, instance after instance."""
    of = rows // plan.n_walkers
    parts = [_langevin(items[i], rows[of == i], plan, advance) for i in np.unique(of)]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _langevin(landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, advance: Advance) -> tuple[NDArray[Any], ...]:
    """The same of walkers of one instance."""
    schedule, temperature, n = plan.schedule, plan.temperature, len(rows)
    energies = np.empty((n, len(schedule.times)))
    correlations, displacements = np.full((2, n, len(schedule.waits), len(schedule.times)), np.nan)
    hamiltonian = Hamiltonian(landscape)
    radii = hamiltonian.radii(plan.points[rows])
    at = hamiltonian.retract(plan.points[rows], radii)
    marks: dict[int, NDArray[np.float64]] = {}
    step = 0
    for k, dt in enumerate(schedule.steps):
        for _ in range(schedule.counts[k]):
            at = langevin_step(hamiltonian, at, radii, temperature, float(dt), plan.seed, rows, step)
            step += 1
            advance(n)
        for column in np.flatnonzero(schedule.energy == k):
            energies[:, column] = hamiltonian.values(at)
        for wait in np.flatnonzero(schedule.wait == k):
            marks[int(wait)] = at
        for wait, column in zip(*np.nonzero(schedule.correlation == k), strict=True):
            mark = marks[int(wait)]
            correlations[:, wait, column] = dots(mark, at) / (norms(mark) * norms(at))
            displacements[:, wait, column] = dots(at - mark, at - mark) / landscape.dim
    final = at.astype(landscape.dtype)
    squares = _curvatures(hamiltonian, final.astype(np.float64), rows, plan)
    return energies, correlations, displacements, final, squares


def _curvatures(
    hamiltonian: Hamiltonian, at: NDArray[np.float64], rows: NDArray[np.int64], plan: _Plan
) -> NDArray[np.float64]:
    """|Av|² (R,) for one normal tangent vector v of each walker, with the Hessian A of H; 0 where no bias needs it."""
    if plan.temperature == 0 or plan.schedule.last_step == 0:
        return np.zeros(len(at))
    vectors = np.empty(at.shape)
    rng.fill_normals(vectors, plan.seed, rng.Purpose.THERMAL, rows, plan.schedule.n_steps)
    vectors = hamiltonian.tangent(at, vectors)
    moved = hamiltonian.hessian_products(at, vectors, hamiltonian.raw(at)[1])
    return dots(moved, moved)


def _energy_biases(
    squares: NDArray[np.float64], temperature: float, schedule: _Schedule, items: Sequence[Landscape]
) -> list[float]:
    """T dt² tr(A²)/4 over the extent of each instance; tr(A²) = ⟨|Av|²⟩ is the mean of its walkers' ``squares``.

    With H = k x²/2 a step of length h maps x to a(x + ξ) + ξ', a = 1 − kh + k²h²/2, ⟨ξ²⟩ = ⟨ξ'²⟩ = Th. So in
    equilibrium ⟨x²⟩ = Th (1 + a²)/(1 − a²) = T/k (1 + k²h²/2 + ...), and the energy is off by T k²h²/4.
    """
    size = temperature * schedule.last_step**2
    return [float(size * own.mean() / (4 * item.extent)) for own, item in zip(squares, items, strict=True)]
