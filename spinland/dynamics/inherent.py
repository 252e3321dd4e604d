"""Inherent energies: where gradient flow from equilibrium at a temperature comes to rest, and its limit by size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.glass import SphericalSpinGlass
from ..landscape.planting import planted_glasses
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record
from ..results import Result
from ..statistics.uncertainty import standard_error
from .flows import gradient_flow
from .minimizer import minimize

_POWER = 2 / 3  # of N, by which energies of minima below random starts approach the threshold
_MAX_STEPS = 100_000


@dataclass(frozen=True, eq=False, kw_only=True)
class InherentEnergies(Result):
    """Energies of minima below starts that were equilibrated at K temperatures, for S sizes and I instances of each.

    Instance i of a size has the same fresh couplings and the same start at all temperatures: differences between
    temperatures are paired.

    Attributes
    ----------
    orders, weights : tuple
        Orders p of the mixture, and their β_p.
    temperatures : array (K,)
        Of the starts, rising; infinity for random ones.
    sizes : integer array (S,)
        Numbers of spins, rising.
    energies : array (S, K, I)
        H/N at rest.
    overlaps : array (S, K, I)
        Overlap of the minimum with its start.
    converged : array (S, K)
        Share of the starts that came to rest.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "sizes": ("sizes",),
        "temperatures": ("temperatures",),
        "energies": ("sizes", "temperatures", "instance"),
        "overlaps": ("sizes", "temperatures", "instance"),
        "converged": ("sizes", "temperatures"),
    }

    orders: tuple[int, ...]
    weights: tuple[float, ...]
    temperatures: NDArray[np.float64]
    sizes: NDArray[np.int64]
    energies: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    converged: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean energy at rest over instances, (S, K)."""
        return np.asarray(self.energies.mean(axis=2))

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean`."""
        return standard_error(self.energies, 2)

    def limit(self, *, change: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Energies for N → ∞ and their errors, (K,): straight lines in N^(−2/3) by weighted least squares.

        2/3 is the power of energies at rest below random starts. Below another temperature the approach may be slower,
        above all at T_d; then the limit is one of these sizes only.

        Parameters
        ----------
        change : bool
            The limits of energy less that of the highest temperature, of the same instance; 0 for that one.
        """
        change = checks.boolean("change", change)
        samples = self.energies - self.energies[:, -1:] if change else self.energies
        x = self.sizes**-_POWER
        mean, error = samples.mean(axis=2), standard_error(samples, 2)
        weight = 1 / np.where(error > 0, error, 1.0) ** 2
        total = weight.sum(axis=0)
        middle = (weight * x[:, None]).sum(axis=0) / total
        away = x[:, None] - middle
        square = (weight * away**2).sum(axis=0)
        slope = (weight * away * mean).sum(axis=0) / square
        width = np.sqrt(1 / total + middle**2 / square)
        flat = np.all(error == 0, axis=0)
        return np.asarray((weight * mean).sum(axis=0) / total - slope * middle), np.where(flat, 0.0, width)


def inherent_energies(
    order: int | Mapping[int, float],
    temperatures: ArrayLike,
    sizes: Sequence[int],
    n_instances: int,
    seed: int = 0,
    *,
    time: float = 10.0,
    tolerance: float = 1e-3,
    dtype: DTypeLike = "float64",
    executor: Executor | None = None,
) -> InherentEnergies:
    """Follow gradient flow from starts equilibrated at several temperatures, and minimise below its end.

    Starts are planted, which for N → ∞ is exact from T_s on (:func:`planted_glass`, at the mean energy of each order).
    For N → ∞ a pure glass comes to rest at its threshold from any temperature above T_d, a mixture from temperatures
    below an onset above T_d deeper, with a memory of its start (Folena, Franz and Ricci-Tersenghi, Phys. Rev. X 10,
    031045 (2020)); the threshold of a mixture is :func:`spinland.theory.mixture_threshold`.

    Parameters
    ----------
    order : int or {p: β_p}
        Order of the glass, or a mixture.
    temperatures : array (K,)
        Of the starts, strictly rising, in the normalisation of Auffinger, Ben Arous and Černý; the last may be
        infinity.
    sizes : sequence of int
        Numbers of spins, rising, two at least.
    n_instances : int
        Instances of each size, at least 2, a start in each.
    seed : int
        64-bit seed. Size N has the seed ``rng.derive_seed(seed, N)``.
    time : float
        How long the flow is followed; what remains to the minimum is done by :func:`minimize`. Of 36 spins the minima
        are those below longer flows from a time of 5 on.
    tolerance : float
        Error of the flow in one step.
    dtype : "float64" or "float32"
        Float type of the glass: in float32 in half of the time, at rest where the force on a spin is below 1e-3, and to
        some 1e-6 in the energies.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    InherentEnergies

    Raises
    ------
    ArgumentError
        Temperatures or sizes that do not rise, fewer than two instances.
    """
    levels = _levels(temperatures)
    words = "two numbers of spins or more, strictly increasing"
    spins = [checks.integer("sizes", n, minimum=4, maximum=2**32 - 1) for n in checks.listing("sizes", sizes, words)]
    if len(spins) < 2 or spins != sorted(set(spins)):
        raise ArgumentError("sizes", words, sizes)
    n_instances = checks.integer("n_instances", n_instances, minimum=2)
    seed = rng.seed64("seed", seed)
    kind = checks.float_type("dtype", dtype)
    time, tolerance = checks.real("time", time, above=0), checks.real("tolerance", tolerance, above=0)
    checks.room("n_instances", n_instances, 8 * 3 * n_instances * len(spins) * len(levels))
    mixture = SphericalSpinGlass(2, order, generated=True).mixture
    plan = _Plan(order, levels, spins, n_instances, seed, time, tolerance, kind)
    example, total = SphericalSpinGlass(spins[0], order, generated=True), len(spins) * n_instances
    rows = gathered(total, over(_at_rest, example, total, executor, plan, description="inherent energies"))
    shape = (len(spins), n_instances, len(levels))
    energies, overlaps, converged = (np.ascontiguousarray(part.reshape(shape).swapaxes(1, 2)) for part in rows)
    arguments = {
        "order": mixture,
        "temperatures": levels,
        "sizes": spins,
        "n_instances": n_instances,
        "time": time,
        "tolerance": tolerance,
    }
    return InherentEnergies(
        orders=tuple(mixture),
        weights=tuple(mixture.values()),
        temperatures=levels,
        sizes=np.array(spins),
        energies=energies,
        overlaps=overlaps,
        converged=converged.mean(axis=2),
        provenance=record("inherent_energies", arguments, seed=seed, dtype=kind),
    )


class _Plan(NamedTuple):
    """Checked arguments: ``levels`` (K,) of temperature, ``spins`` (S,)."""

    order: int | Mapping[int, float]
    levels: NDArray[np.float64]
    spins: list[int]
    n_instances: int
    seed: int
    time: float
    tolerance: float
    dtype: np.dtype[Any]


def _at_rest(
    example: SphericalSpinGlass, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64], ...]:
    """Energies, overlaps and whether at rest (R, K) of some instances of the kind of an example."""
    energies, overlaps, converged = np.empty((3, len(rows), len(plan.levels)))
    at_rest = 1e-6 if plan.dtype == np.float64 else 1e-3
    for place, row in enumerate(rows):
        s, i = divmod(int(row), plan.n_instances)
        n, own = plan.spins[s], rng.derive_seed(plan.seed, plan.spins[s], i)
        with checks.renamed(n_spins="sizes", temperature="temperatures", reference="sizes"):
            start = SphericalSpinGlass(n, plan.order, generated=True).random_points(1, own)[0]
            glasses = planted_glasses(start, plan.order, plan.levels.tolist(), own, plan.dtype, fixed_energy=True)
        for k, glass in enumerate(glasses):
            flow = gradient_flow(glass, start, [0.0, plan.time], plan.tolerance, _MAX_STEPS)
            rest = minimize(glass, flow.points, at_rest)
            energies[place, k], converged[place, k] = rest.values[0], rest.converged[0]
            overlaps[place, k] = float(rest.points[0] @ start) / n
        advance()
    return energies, overlaps, converged


def _levels(temperatures: ArrayLike) -> NDArray[np.float64]:
    """Temperatures (K,) above 0, rising, of which the last may be infinite."""
    levels = np.atleast_1d(checks.float_array("temperatures", temperatures, ndim=(0, 1), finite=False))
    inner = levels[:-1] if levels.size and levels[-1] == math.inf else levels
    if not (levels.size and np.isfinite(inner).all() and np.all(inner > 0) and np.all(np.diff(inner) > 0)):
        raise ArgumentError("temperatures", "numbers above 0, strictly rising; the last may be infinity", temperatures)
    return levels
