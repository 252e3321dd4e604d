"""How descent at a finite number of spins approaches the threshold energy, with the time and with the size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..progress import track
from ..provenance import record
from ..results import Result
from ..statistics.uncertainty import standard_error
from . import inputs
from .disorder import instances
from .flows import gradient_flow
from .minimizer import minimize


@dataclass(frozen=True, eq=False, kw_only=True)
class DescentScaling(Result):
    """Energies that descent reaches, for K numbers of spins; means over starts and instances, errors over instances.

    Attributes
    ----------
    order : int
        Order of the interaction.
    sizes : integer array (K,)
        Numbers of spins N.
    times : array (T,)
        Times of the gradient flow.
    energies, energy_error : array (K, T)
        H/N along the flow.
    minima, minima_error : array (K,)
        H/N of the minima below the last points of the flow; starts that did not converge are left out.
    lowest, lowest_error : array (K,)
        H/N of the lowest of the minima of one instance.
    spread, spread_error : array (K,)
        Standard deviation of H/N over the starts of one instance, its mean over instances.
    converged : array (K,)
        Share of the starts that reached a minimum.
    n_instances, n_starts : int
        Instances of each size, and starts on each.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "sizes": ("sizes",),
        "times": ("times",),
        "energies": ("sizes", "times"),
        "energy_error": ("sizes", "times"),
    }

    order: int
    sizes: NDArray[np.int64]
    times: NDArray[np.float64]
    energies: NDArray[np.float64]
    energy_error: NDArray[np.float64]
    minima: NDArray[np.float64]
    minima_error: NDArray[np.float64]
    lowest: NDArray[np.float64]
    lowest_error: NDArray[np.float64]
    spread: NDArray[np.float64]
    spread_error: NDArray[np.float64]
    converged: NDArray[np.float64]
    n_instances: int
    n_starts: int


def descent_scaling(
    order: int,
    sizes: Sequence[int],
    n_instances: int,
    n_starts: int,
    times: ArrayLike,
    seed: int = 0,
    *,
    tolerance: float = 1e-4,
    max_steps: int = 100_000,
    dtype: DTypeLike = "float64",
) -> DescentScaling:
    """Gradient flow from random points and the minima below its end, for instances of several sizes.

    At N → ∞ descent from a random point tends to the threshold energy −E_inf, in the time as t^{-2/3}
    (Cugliandolo and Kurchan, Phys. Rev. Lett. 71, 173 (1993)). At finite N it ends in a minimum.

    Parameters
    ----------
    order : int
        Order of the interaction, at least 2.
    sizes : sequence of int
        Numbers of spins, rising.
    n_instances, n_starts : int
        Instances of each size, at least 2, and random starts on each.
    times : array (T,)
        Times of the flow, strictly increasing, from 0 on.
    seed : int
        64-bit seed. Size N has the seed ``rng.derive_seed(seed, N)`` for its instances and starts.
    tolerance : float
        Error of the flow in one step.
    max_steps : int
        Steps that the flow of a start may attempt; energies at times it has not reached are NaN.
    dtype : "float64" or "float32"
        Float type of the glass.

    Returns
    -------
    DescentScaling

    Raises
    ------
    ArgumentError
        Sizes or times that do not increase, fewer than two instances.
    """
    words = "numbers of spins, strictly increasing"
    spins = [checks.integer("sizes", n, minimum=2, maximum=2**32 - 1) for n in checks.listing("sizes", sizes, words)]
    if not spins or spins != sorted(set(spins)):
        raise ArgumentError("sizes", words, sizes)
    n_instances = checks.integer("n_instances", n_instances, minimum=2)
    n_starts = checks.integer("n_starts", n_starts, minimum=1)
    when = inputs.rising("times", times)
    seed = rng.seed64("seed", seed)
    checks.room("n_instances", n_instances, 8 * n_instances * len(spins) * (len(when) + 4))
    energies = np.empty((len(spins), n_instances, len(when)))
    minima, lowest, spread, converged = (np.empty((len(spins), n_instances)) for _ in range(4))
    with track(len(spins) * n_instances, "descent of glasses") as advance:
        for k, n in enumerate(spins):
            own = rng.derive_seed(seed, n)
            for i in range(n_instances):
                # One instance at a time: couplings of many large ones would fill the memory.
                with checks.renamed(n_spins="sizes", n="n_starts"):
                    glass = instances(n, order, 1, rng.derive_seed(own, 0, i), dtype)[0]
                    points = glass.random_points(n_starts, rng.derive_seed(own, 1, i))
                flow = gradient_flow(glass, points, when, tolerance, max_steps)
                rest = minimize(glass, flow.points, 1e-10 if glass.dtype == np.float64 else 1e-3)
                energies[k, i] = flow.energies.mean(axis=0)
                minima[k, i], lowest[k, i], spread[k, i] = _of_converged(rest.values[rest.converged])
                converged[k, i] = rest.converged.mean()
                advance()
    arguments = {
        "order": order,
        "sizes": spins,
        "n_instances": n_instances,
        "n_starts": n_starts,
        "times": when,
        "tolerance": tolerance,
        "max_steps": max_steps,
    }
    return DescentScaling(
        order=checks.integer("order", order),
        sizes=np.array(spins),
        times=when,
        energies=energies.mean(axis=1),
        energy_error=standard_error(energies, 1),
        minima=minima.mean(axis=1),
        minima_error=standard_error(minima, 1),
        lowest=lowest.mean(axis=1),
        lowest_error=standard_error(lowest, 1),
        spread=spread.mean(axis=1),
        spread_error=standard_error(spread, 1),
        converged=converged.mean(axis=1),
        n_instances=n_instances,
        n_starts=n_starts,
        provenance=record("descent_scaling", arguments, seed=seed, dtype=checks.float_type("dtype", dtype)),
    )


def _of_converged(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean, lowest and standard deviation; NaN where there is nothing to take them of."""
    if len(values) == 0:
        return float("nan"), float("nan"), float("nan")
    return (float(values.mean()), float(values.min()), float(values.std(ddof=1)) if len(values) > 1 else float("nan"))
