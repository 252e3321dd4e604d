"""Langevin dynamics at a temperature, and how it forgets where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..progress import track
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
    parts, first, biases = [], 0, []
    with track(sum(map(len, each)) * schedule.n_steps, "langevin") as advance:
        for item, part in zip(items, each, strict=True):
            parts.append(_langevin(item, part, temperature, schedule, seed, first, advance))
            biases.append(_energy_bias(item, parts[-1]["points"], temperature, schedule, seed, first))
            first += len(part)
    arguments = {"points": np.stack(each), "temperature": temperature, "times": when, "dt": dt, "waiting_times": waits}
    return Langevin(
        temperature=temperature,
        dt=dt,
        times=when,
        waiting_times=waits,
        **inputs.gather(parts, single),
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
        # Columns of what is due at each instant.
        self.energy = np.searchsorted(self.instants, times)
        self.wait = np.searchsorted(self.instants, waits)
        self.correlation = np.searchsorted(self.instants, later)


def _langevin(
    landscape: Landscape,
    points: NDArray[np.float64],
    temperature: float,
    schedule: _Schedule,
    seed: int,
    first: int,
    advance: Any,
) -> dict[str, Any]:
    """Arrays of one instance; its walkers have the numbers from ``first``."""
    n = len(points)
    energies = np.empty((n, len(schedule.times)))
    correlations, displacements = np.full((2, n, len(schedule.waits), len(schedule.times)), np.nan)
    final = np.empty(points.shape, landscape.dtype)
    hamiltonian = Hamiltonian(landscape)
    for block in budget.blocks(n, budget.STARTS, 8 * landscape.dim):
        rows = np.arange(block.start, block.stop)
        radii = hamiltonian.radii(points[rows])
        at = hamiltonian.retract(points[rows], radii)
        marks: dict[int, NDArray[np.float64]] = {}
        step = 0
        for k, dt in enumerate(schedule.steps):
            for _ in range(schedule.counts[k]):
                at = langevin_step(hamiltonian, at, radii, temperature, float(dt), seed, first + rows, step)
                step += 1
                advance(len(rows))
            for column in np.flatnonzero(schedule.energy == k):
                energies[rows, column] = hamiltonian.values(at)
            for wait in np.flatnonzero(schedule.wait == k):
                marks[int(wait)] = at
            for wait, column in zip(*np.nonzero(schedule.correlation == k), strict=True):
                mark = marks[int(wait)]
                correlations[rows, wait, column] = dots(mark, at) / (norms(mark) * norms(at))
                displacements[rows, wait, column] = dots(at - mark, at - mark) / landscape.dim
        final[rows] = at
    return {"energies": energies, "correlations": correlations, "displacements": displacements, "points": final}


def _energy_bias(
    landscape: Landscape, points: NDArray[Any], temperature: float, schedule: _Schedule, seed: int, first: int
) -> float:
    """T dt² tr(A²)/4 over the extent, averaged over points (W, dim).

    With H = k x²/2 a step of length h maps x to a(x + ξ) + ξ', a = 1 − kh + k²h²/2, ⟨ξ²⟩ = ⟨ξ'²⟩ = Th. So in
    equilibrium ⟨x²⟩ = Th (1 + a²)/(1 − a²) = T/k (1 + k²h²/2 + ...), and the energy is off by T k²h²/4. tr(A²) =
    ⟨|Av|²⟩ is
    taken with one normal tangent vector v for each walker.
    """
    step = float(schedule.steps[schedule.counts > 0][-1]) if np.any(schedule.counts) else 0.0
    if temperature == 0 or step == 0:
        return 0.0
    hamiltonian = Hamiltonian(landscape)
    squares = np.empty(len(points))
    for block in budget.blocks(len(points), budget.STARTS, 8 * landscape.dim):
        at = points[block].astype(np.float64)
        vectors = np.empty(at.shape)
        walkers = first + block.start + np.arange(len(at))
        rng.fill_normals(vectors, seed, rng.Purpose.THERMAL, walkers, schedule.n_steps)
        vectors = hamiltonian.tangent(at, vectors)
        moved = hamiltonian.hessian_products(at, vectors, hamiltonian.raw(at)[1])
        squares[block] = dots(moved, moved)
    return float(temperature * step**2 * squares.mean() / (4 * hamiltonian.extent))
