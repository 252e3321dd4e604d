"""Gradient flow: descent in continuous time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from . import inputs
from .disorder import disorder_mean
from .hamiltonian import Hamiltonian, dots, norms
from .integrator import Flow


@dataclass(frozen=True, eq=False, kw_only=True)
class GradientFlow(Measured):
    r"""Descent of S starts, at T times; with a list of instances every array has a leading axis for them.

    Attributes
    ----------
    times : array (T,)
        Times, those of dσ/dt = −P∇H.
    energies : array (S, T) or (instances, S, T)
        Value: H/N of a glass, the loss of a network. NaN at times that were not reached.
    gradient_norms : array (S, T) or (instances, S, T)
        |P∇H| / sqrt(N) of a glass; \|∇L\| of a network.
    overlaps : array (S, T) or (instances, S, T)
        Cosine with the start: C(t, 0). NaN for a start at zero.
    points : array (S, dim) or (instances, S, dim)
        Where the starts are at the last time.
    n_evaluations : integer array (S,) or (instances, S)
        Gradients that the integration took.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "times": ("times",),
        "energies": ("start", "times"),
        "gradient_norms": ("start", "times"),
        "overlaps": ("start", "times"),
    }

    times: NDArray[np.float64]
    energies: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    points: NDArray[Any]
    n_evaluations: NDArray[np.int64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Energy averaged over starts, and instances if there are several, (T,)."""
        return disorder_mean(self.energies, 1)[0]

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean`, (T,): over instances, over starts where there is one instance."""
        return disorder_mean(self.energies, 1)[1]


def gradient_flow(
    landscape: Landscape | Sequence[Landscape],
    points: ArrayLike,
    times: ArrayLike,
    tolerance: float = 1e-6,
    max_steps: int = 100_000,
) -> GradientFlow:
    """Follow dσ/dt = −P∇H from each point; for a glass H is N times its value, else it is the value.

    This is the zero-temperature limit of the Langevin dynamics of Cugliandolo and Kurchan (Phys. Rev. Lett.
    71, 173 (1993)) in the normalisation of the glass; for order 2 it is that of Cugliandolo and Dean (J. Phys.
    A 28, 4213 (1995)).

    An explicit Runge–Kutta pair of order 5(4) with a step for each start. The steps depend neither on the
    other starts nor on the requested times, so nor do the numbers. At late times the step is bounded by the
    largest curvature λ of H, about 3/λ: the cost grows with the time.

    Parameters
    ----------
    landscape : Landscape or sequence of Landscape
        Any landscape, or several instances of one dimension.
    points : array (dim,), (S, dim) or (instances, S, dim)
        Starts. One set serves all instances: the couplings of a glass prefer no direction.
    times : array (T,)
        When to look, strictly increasing, from 0 on.
    tolerance : float
        Error allowed in one step: root mean square over the coordinates, in units of the larger of 1 and
        the root mean square coordinate. At least 1e-13: below lies rounding.
    max_steps : int
        Steps that a start may attempt; energies at times it has not reached are NaN.

    Returns
    -------
    GradientFlow

    Raises
    ------
    ArgumentError
        Wrong shapes, points off the sphere, times that do not increase.
    """
    items, single = inputs.landscapes(landscape)
    each = inputs.starts(items, points)
    when = inputs.rising("times", times)
    tolerance = checks.real("tolerance", tolerance, minimum=1e-13, maximum=0.1)
    max_steps = checks.integer("max_steps", max_steps, minimum=1)
    parts = []
    with track(sum(map(len, each)) * len(when), "gradient flow") as advance:
        for item, part in zip(items, each, strict=True):
            parts.append(_flow(item, part, when, tolerance, max_steps, advance))
    arguments = {"points": np.stack(each), "times": when, "tolerance": tolerance, "max_steps": max_steps}
    return GradientFlow(
        times=when,
        **inputs.gather(parts, single),
        **quantity_of(items[0]),
        provenance=record_on(items, "gradient_flow", arguments),
    )


def _flow(
    landscape: Landscape,
    points: NDArray[np.float64],
    times: NDArray[np.float64],
    tolerance: float,
    max_steps: int,
    advance: Any,
) -> dict[str, Any]:
    """Arrays of one instance."""
    hamiltonian = Hamiltonian(landscape)
    energies, slopes, overlaps = (np.full((len(points), len(times)), np.nan) for _ in range(3))
    reached = np.zeros(energies.shape, bool)
    final, counts = np.empty_like(points), np.empty(len(points), np.int64)
    for block in budget.blocks(len(points), budget.STARTS, 8 * landscape.dim):
        low = block.start
        flow = Flow(hamiltonian, points[block], tolerance)
        origin, length = flow.points.copy(), norms(flow.points)
        last = flow.points.copy()

        def look(
            rows: NDArray[np.int64],
            columns: NDArray[np.int64],
            at: NDArray[np.float64],
            low: int = low,
            origin: NDArray[np.float64] = origin,
            length: NDArray[np.float64] = length,
            last: NDArray[np.float64] = last,
        ) -> None:
            values, gradients = hamiltonian.value_gradient(at)
            energies[low + rows, columns] = values
            slopes[low + rows, columns] = hamiltonian.gradient_norms(gradients)
            with np.errstate(invalid="ignore", divide="ignore"):
                overlaps[low + rows, columns] = dots(origin[rows], at) / (length[rows] * norms(at))
            last[rows] = at
            reached[low + rows, columns] = True
            advance(len(rows))

        flow.follow(times, max_steps, look)
        final[block], counts[block] = last, flow.evaluations
        advance(int((~reached[block]).sum()))  # times that were not reached
    return {
        "energies": energies,
        "gradient_norms": slopes,
        "overlaps": overlaps,
        "points": final.astype(landscape.dtype),
        "n_evaluations": counts,
    }
