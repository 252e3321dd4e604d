"""The spectral density of the Hessian at a point, with its outliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import listed
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .eigenpairs import TOLERANCES, leading
from .lanczos import Pairs, room_of
from .operators import BLOCK, Array, Operator, hessian_at, one_point
from .quadrature import Parts, Quadrature, tridiagonal

GAP = 1.25
"""Eigenvalues are outliers where the widest gap beside them is at least so large, as a ratio of distances."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SpectralDensity(Measured):
    """Density of the eigenvalues of the Hessian of a landscape's value at a point.

    Attributes
    ----------
    grid : array (G,)
        Places, rising; where nothing lies between the bulk and an outlier, there are none.
    density : array (G,)
        Broadened density; its integral is 1.
    error : array (G,)
        Spread over probes ⊕ truncation: √(standard error over probes² + (difference to three quarters of the steps)²).
    width : float
        Standard deviation of the normal density that an eigenvalue is broadened to.
    outliers : array (m,)
        Eigenvalues beyond the widest gap at either end, falling; of those in ``extremes`` that lie apart from the rest.
    extremes, residuals : array (k,)
        Eigenvalues that were computed one by one, falling in distance from the mean, and |Hv − λv| of each.
    converged : bool array (k,)
    gaps : array (2,)
        At the upper and the lower end: the widest gap, as the ratio of the distances from the mean of the two
        eigenvalues beside it; NaN where no eigenvalue was computed there.
    n_probes, n_steps, n_products : int
    n_directions : int
        Number K of eigenvalues.
    extent : int
        Of the landscape: λ times this is an eigenvalue of the Hessian of H = extent · value.
    value : float
        The landscape's value at the point.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "grid": ("grid",),
        "density": ("grid",),
        "error": ("grid",),
        "outliers": ("outlier",),
        "extremes": ("extreme",),
        "residuals": ("extreme",),
        "converged": ("extreme",),
    }

    grid: Array
    density: Array
    error: Array
    width: float
    outliers: Array
    extremes: Array
    residuals: Array
    converged: NDArray[np.bool_]
    gaps: Array
    n_probes: int
    n_steps: int
    n_products: int
    n_directions: int
    extent: int
    value: float

    @property
    def mean(self) -> float:
        """Mean eigenvalue, from the density."""
        return float(np.trapezoid(self.grid * self.density, self.grid))


def spectral_density(
    landscape: Landscape,
    point: ArrayLike,
    n_probes: int,
    n_steps: int,
    seed: int = 0,
    n_extremes: int = 16,
    width: float | None = None,
    *,
    executor: Executor | None = None,
) -> SpectralDensity:
    """Density of the eigenvalues of the Hessian of a landscape's value, from a few products with random vectors.

    Parameters
    ----------
    landscape : Landscape
        Any landscape; on a sphere the Hessian is that of the function on it.
    point : array (dim,)
        Where.
    n_probes : int
        Random vectors, at least two; ten or more for a fair error.
    n_steps : int
        Steps of Lanczos for each, at least four.
    seed : int
        64-bit seed; probe i is a function of (seed, i).
    n_extremes : int
        Eigenvalues, the largest by size, that are computed one by one and kept out of the probes. Outliers are looked
        for among them, so take more than there may be; 0 looks for none.
    width : float, optional
        Standard deviation that an eigenvalue is broadened to; by default three times the range of the rest of the
        spectrum over the steps, about the distance of neighbouring nodes. Much less is not resolved, and shows in
        the error; less than 1e-5 of the range is refused.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    SpectralDensity

    Raises
    ------
    ArgumentError
        Fewer than two probes or four steps, more extremes than directions, a width that is too small; a Hessian that is
        zero, or whose products are so small or large that their squares are zero or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> glass = sl.SphericalSpinGlass(40, 3)
    >>> found = sl.spectral_density(glass, glass.random_points(1)[0], 10, 20)
    >>> round(float(np.trapezoid(found.density, found.grid)), 3)
    1.0
    """
    of, at = one_point(landscape, point)
    n_probes = checks.integer("n_probes", n_probes, minimum=2, maximum=2**31)
    n_steps = checks.integer("n_steps", n_steps, minimum=4)
    seed = rng.seed64("seed", seed)
    operator = hessian_at(of, at)
    n_extremes = checks.integer("n_extremes", n_extremes, minimum=0, maximum=operator.size)
    width = None if width is None else checks.real("width", width, above=0)
    checks.room("n_extremes", n_extremes, 8.0 * of.dim * (room_of(n_extremes) + 3 * n_extremes))
    checks.room("n_steps", n_steps, 3 * 8.0 * n_probes * n_steps)
    tol = TOLERANCES[of.dtype]
    pairs = _extremes(operator, n_extremes, tol, seed)
    plan = _Plan(at, pairs.vectors, n_probes, n_steps, seed)
    quadrature = _quadrature(operator, plan, executor) if operator.size > n_extremes else None
    if operator.largest[0] == 0:
        raise ArgumentError("point", "one where the Hessian is not zero, as 0 alone has no density", "one where it is")
    operator.need_squares()
    parts = Parts(pairs.values, quadrature, operator.size, width, n_steps)
    grid = parts.grid()
    density, error = parts.density(grid)
    outliers, gaps = outliers_of(pairs.values, parts.range, parts.mean)
    arguments: dict[str, Any] = {"point": at, "n_probes": n_probes, "n_steps": n_steps, "n_extremes": n_extremes}
    return SpectralDensity(
        grid=grid,
        density=density,
        error=error,
        width=parts.width,
        outliers=outliers,
        extremes=pairs.values,
        residuals=pairs.residuals,
        converged=pairs.residuals <= tol * pairs.scale,
        gaps=gaps,
        n_probes=n_probes,
        n_steps=n_steps,
        n_products=operator.count + (n_probes * n_steps if quadrature else 0),
        n_directions=operator.size,
        extent=of.extent,
        value=float(of.value(at)),
        **quantity_of(of),
        provenance=record_on(of, "spectral_density", {**arguments, "width": width}, seed=seed),
    )


class _Plan(NamedTuple):
    """A point, the extreme vectors that are kept out of its probes, and how many of these go how far."""

    point: Any
    apart: Array
    n_probes: int
    n_steps: int
    seed: int


def _quadrature(operator: Operator, plan: _Plan, executor: Executor | None) -> Quadrature:
    """Probes in blocks, in which they know of each other; the operator gets the largest of their products."""
    n_blocks, words = -(-plan.n_probes // BLOCK), "probes of the Hessian"
    found = listed(n_blocks, over(_blocks, operator.landscape, n_blocks, executor, plan, description=words))
    operator.largest[0] = max(operator.largest[0], *(largest for _, largest in found))
    return Quadrature(*(np.concatenate(parts) for parts in zip(*(part for part, _ in found), strict=True)))


def _blocks(of: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance) -> list[tuple[Quadrature, float]]:
    """Probes of some blocks, and the largest entry of all products so far."""
    operator = hessian_at(of, plan.point)
    rest = operator.without(plan.apart) if len(plan.apart) else operator
    found = []
    for block in rows:
        with np.errstate(all="ignore"):  # of what is refused
            terms = tridiagonal(rest, plan.n_probes, plan.n_steps, plan.seed, int(block))
        found.append((terms, rest.largest[0]))
        advance()
    return found


def _extremes(operator: Operator, n: int, tol: float, seed: int) -> Pairs:
    """The n largest pairs by size."""
    if n == 0:
        return Pairs(np.empty(0), np.empty((0, operator.dim)), np.empty(0), 0.0)
    return leading(operator, n, "magnitude", tol, seed, 100 * n + 1000)


def outliers_of(extremes: Array, edges: tuple[float, float], mean: float) -> tuple[Array, Array]:
    """Outliers among the extremes, falling, and the widest gap at the upper and at the lower end.

    Parameters
    ----------
    extremes : array (k,)
    edges : pair of floats
        Where the rest of the spectrum begins and ends.
    mean : float
        From which distances are taken.
    """
    found, gaps = [], np.full(2, np.nan)
    for end, (sign, edge) in enumerate(zip((1, -1), edges[::-1], strict=True)):
        away = np.sort(sign * (extremes - mean))[::-1]
        away = away[away > max(sign * (edge - mean), 0.0)]
        if len(away) == 0:
            continue
        floor = 1e-12 * float(away[0])
        ratios = away / np.maximum(np.append(away[1:], max(sign * (edge - mean), 0.0)), floor)
        widest = int(np.argmax(ratios))
        gaps[end] = ratios[widest]
        if ratios[widest] >= GAP:
            found.append(mean + sign * away[: widest + 1])
    return np.sort(np.concatenate([np.empty(0), *found]))[::-1], gaps
