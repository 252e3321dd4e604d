"""Local minima of any landscape, from many starts at once."""

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
from .hamiltonian import Hamiltonian
from .trustregion import TrustRegion


@dataclass(frozen=True, eq=False, kw_only=True)
class Minimization(Measured):
    r"""Where B starts came to rest; with a list of instances every array has a leading axis for them.

    Attributes
    ----------
    points : array (B, dim) or (instances, B, dim)
        Minima, in the float type of the landscape.
    values : array (B,) or (instances, B)
        Value: H/N of a glass, the loss of a network.
    gradient_norms : array (B,) or (instances, B)
        |P∇H| / sqrt(N) of a glass: the root mean square force on a spin; \|∇L\| of a network.
    converged : bool array (B,) or (instances, B)
        Whether the gradient norm is below the tolerance.
    n_iterations : integer array (B,) or (instances, B)
        Newton steps.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "values": ("start",),
        "gradient_norms": ("start",),
        "converged": ("start",),
        "n_iterations": ("start",),
    }

    points: NDArray[Any]
    values: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    converged: NDArray[np.bool_]
    n_iterations: NDArray[np.int64]

    @property
    def mean(self) -> float:
        """Mean value over starts, and instances if there are several."""
        return float(disorder_mean(self.values, 0)[0])

    @property
    def error(self) -> float:
        """Standard error of :attr:`mean`: over instances, over starts where there is one instance."""
        return float(disorder_mean(self.values, 0)[1])


def minimize(
    landscape: Landscape | Sequence[Landscape], points: ArrayLike, tolerance: float = 1e-10, max_iterations: int = 500
) -> Minimization:
    """Go down from each point to a local minimum, by Newton's method in a trust region.

    The value never rises. Which minimum is found is not always that of gradient flow from the same point:
    steps are finite. Each start is worked on by itself; its numbers do not depend on the others.

    Parameters
    ----------
    landscape : Landscape or sequence of Landscape
        Any landscape, or several instances of one dimension.
    points : array (dim,), (B, dim) or (instances, B, dim)
        Starts. One set serves all instances.
    tolerance : float
        Gradient norm that counts as zero (:attr:`Minimization.gradient_norms` says in which units). Where
        rounding allows no further descent before, as in float32, a start stops and has not converged.
    max_iterations : int
        Newton steps of a start at most.

    Returns
    -------
    Minimization

    Raises
    ------
    ArgumentError
        Wrong shapes, points off the sphere, a tolerance that is not positive.
    """
    items, single = inputs.landscapes(landscape)
    each = inputs.starts(items, points)
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=1)
    parts = []
    with track(sum(map(len, each)), "minimize") as advance:
        for item, part in zip(items, each, strict=True):
            parts.append(_minimize(item, part, tolerance, max_iterations, advance))
    arguments = {"points": np.stack(each), "tolerance": tolerance, "max_iterations": max_iterations}
    return Minimization(
        **inputs.gather(parts, single), **quantity_of(items[0]), provenance=record_on(items, "minimize", arguments)
    )


def _minimize(
    landscape: Landscape, points: NDArray[np.float64], tolerance: float, max_iterations: int, advance: Any
) -> dict[str, Any]:
    """Arrays of one instance."""
    n = len(points)
    final, counts = np.empty(points.shape, landscape.dtype), np.empty(n, np.int64)
    values, slopes = np.empty(n), np.empty(n)
    hamiltonian = Hamiltonian(landscape)
    for block in budget.blocks(n, budget.STARTS, 8 * landscape.dim):
        region = TrustRegion(hamiltonian, points[block])
        region.run(tolerance, max_iterations, advance)
        final[block], values[block] = region.points.astype(landscape.dtype), region.values
        slopes[block], counts[block] = region.slope, region.iterations
    return {
        "points": final,
        "values": values,
        "gradient_norms": slopes,
        "converged": slopes < tolerance,
        "n_iterations": counts,
    }
