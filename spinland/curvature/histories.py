"""Curvature along a way through a landscape: of training, of descent, of a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..machines import single_threaded
from ..probes.inputs import a_landscape, ascending, origins
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .eigenpairs import TOLERANCES, leading
from .lanczos import room_of
from .operators import Array, hessian_at


@dataclass(frozen=True, eq=False, kw_only=True)
class CurvatureHistory(Measured):
    """Curvature of a landscape's value at points one after the other.

    Attributes
    ----------
    times : array (P,)
        Of the points: epochs, steps, or their numbers.
    values : array (P,)
        The landscape's value.
    largest : array (P, n)
        The n largest eigenvalues of the Hessian, falling.
    residuals : array (P, n)
        |Hv − λv| of each.
    converged : bool array (P,)
        Whether all eigenvalues of a point, and its norms, are.
    gradient_overlap : array (P,)
        Share of the squared gradient in the span of the n leading eigenvectors; NaN where the gradient is zero.
    hessian_norm, gauss_newton_norm, residual_norm : array (P,)
        Largest eigenvalue by size of H, G and R, with H = G + R; NaN where they were not asked for.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "times": ("times",),
        "values": ("times",),
        "largest": ("times", "rank"),
        "residuals": ("times", "rank"),
        "converged": ("times",),
        "gradient_overlap": ("times",),
        "hessian_norm": ("times",),
        "gauss_newton_norm": ("times",),
        "residual_norm": ("times",),
    }

    times: Array
    values: Array
    largest: Array
    residuals: Array
    converged: NDArray[np.bool_]
    gradient_overlap: Array
    hessian_norm: Array
    gauss_newton_norm: Array
    residual_norm: Array

    @property
    def residual_share(self) -> Array:
        """|R|/|H| (P,)."""
        return np.asarray(self.residual_norm / self.hessian_norm)

    def stability(self, learning_rate: float, momentum: float = 0.0) -> Array:
        """λ_max η / (2 + 2β) (P,): above 1 full-batch gradient descent with momentum β leaves a quadratic valley.

        (Cohen et al., arXiv:2103.00065; with momentum as v ← βv + g, w ← w − ηv.)

        Parameters
        ----------
        learning_rate : float
            η.
        momentum : float
            β in [0, 1).
        """
        rate = checks.real("learning_rate", learning_rate, above=0)
        beta = checks.real("momentum", momentum, minimum=0, maximum=1)
        return np.asarray(self.largest[:, 0] * rate / (2 + 2 * beta))


def curvature_history(
    landscape: Landscape,
    points: ArrayLike,
    times: ArrayLike | None = None,
    n: int = 1,
    split: bool = False,
    tol: float | None = None,
    seed: int = 0,
    *,
    executor: Executor | None = None,
) -> CurvatureHistory:
    """Largest eigenvalues of the Hessian at points one after the other, such as snapshots of training.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    points : array (P, dim)
        Points in order.
    times : array (P,), optional
        Their times, increasing; their numbers by default.
    n : int
        Eigenvalues at each point.
    split : bool
        Also the norms of H, of its Gauss–Newton part and of what that leaves; needs a NetworkLandscape.
    tol : float, optional
        Residual, relative to the largest eigenvalue, at which an eigenvalue counts as converged; 1e-8, or 2e-5 in
        float32.
    seed : int
        64-bit seed of the vectors that searches start from.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    CurvatureHistory

    Raises
    ------
    ArgumentError
        Times that do not increase, more eigenvalues than directions, a split of what is no network.

    Examples
    --------
    >>> import spinland as sl
    >>> glass = sl.SphericalSpinGlass(30, 3)
    >>> flow = glass.random_points(2)
    >>> sl.curvature_history(glass, flow).largest.shape
    (2, 1)
    """
    of = a_landscape(landscape)
    batch = of.geometry.space.on("points", origins(of, points, "points"))
    at = np.arange(len(batch), dtype=np.float64) if times is None else ascending("times", times)
    if len(at) != len(batch):
        raise ArgumentError("times", f"one for each of {len(batch)} points", len(at))
    n = checks.integer("n", n, minimum=1, maximum=max(1, of.dim - of.geometry.space.curved))
    if checks.boolean("split", split) and not isinstance(of, NetworkLandscape):
        raise ArgumentError("split", "False: only the loss of a network has a Gauss–Newton part", split)
    tol = TOLERANCES[of.dtype] if tol is None else checks.real("tol", tol, above=0)
    seed = rng.seed64("seed", seed)
    checks.room("n", n, 8.0 * of.dim * (room_of(n) + 3 * n))
    plan = _Plan(batch, n, split, tol, seed)
    largest, residuals, converged, overlap, norms = gathered(
        len(batch), over(_at_some, of, len(batch), executor, plan, description="curvature")
    )
    arguments: dict[str, Any] = {"points": batch, "times": at, "n": n, "split": split, "tol": tol}
    return CurvatureHistory(
        times=at,
        values=np.asarray(of.value(batch), np.float64),
        largest=largest,
        residuals=residuals,
        converged=converged,
        gradient_overlap=overlap,
        hessian_norm=norms[:, 0],
        gauss_newton_norm=norms[:, 1],
        residual_norm=norms[:, 2],
        **quantity_of(of),
        provenance=record_on(of, "curvature_history", arguments, seed=seed),
    )


class _Plan(NamedTuple):
    """Points (P, dim), and what is asked of each."""

    points: Any
    n: int
    split: bool
    tol: float
    seed: int


def _at_some(of: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance) -> tuple[NDArray[Any], ...]:
    """What is known of some points, a tuple of fields of the history."""
    found = []
    for row in rows:
        found.append(_at_one(of, plan.points[row], *plan[1:]))
        advance()
    return tuple(np.array(column) for column in zip(*found, strict=True))


def _at_one(of: Landscape, point: Any, n: int, split: bool, tol: float, seed: int) -> tuple[Any, ...]:
    """What is known of one point, a tuple of the fields of the history."""
    operator = hessian_at(of, point)
    pairs = leading(operator, n, "largest", tol, seed, 100 * n + 1000)
    there = bool(np.all(pairs.residuals <= tol * pairs.scale))
    gradient = operator.project(np.asarray(of.gradient(point), np.float64)[None])[0]
    with single_threaded():  # scalar products of long vectors depend on the threads of BLAS
        squared = float(gradient @ gradient)
        overlap = float(np.sum((pairs.vectors @ gradient) ** 2)) / squared if squared > 0 else np.nan
    norms = [np.nan] * 3
    if split and isinstance(of, NetworkLandscape):
        products: tuple[Callable[..., Any], ...] = of.hessian_product, of.gauss_newton_product, of.residual_product
        for part, product in enumerate(products):
            found = leading(hessian_at(of, point, product), 1, "magnitude", tol, seed, 1100)
            there = there and bool(found.residuals[0] <= tol * found.scale)
            norms[part] = abs(float(found.values[0]))
    return pairs.values, pairs.residuals, there, overlap, norms
