"""The spectral density of a Hessian by stochastic Lanczos quadrature, its outliers taken out first.

The density is broadened: ρ(x) = (1/K) Σ_j φ_w(x − λ_j), φ_w the normal density of standard deviation w, which is
stated. It has two parts (Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 1075 (2017), for the second):

    extreme pairs   k of them, converged, exactly
    the rest        for each probe ω, orthogonal to these, the nodes θ and weights τ² of its Lanczos matrix:
                    (K − k)/K Σ_i τ_i² φ_w(x − θ_i), averaged over probes

Lanczos is run without reorthogonalisation. That brings copies of converged Ritz values, whose weights share that of
the one: the quadrature stays what it is, and memory that of three vectors for each probe. The ghosts that matter would
be copies of the outliers, which are kept out by projection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal

from .. import checks, rng
from ..landscape.protocol import Landscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .eigenpairs import TOLERANCES, leading
from .lanczos import Pairs, room_of
from .operators import BLOCK, Array, Operator, hessian_at, one_point

GAP = 1.25
"""Eigenvalues are outliers where the widest gap beside them is at least so large, as a ratio of distances."""

_PER_WIDTH = 4  # points of the grid for each broadening width
_BEYOND = 6  # widths that the grid goes beyond eigenvalues


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


def spectral_density(
    landscape: Landscape,
    point: ArrayLike,
    n_probes: int,
    n_steps: int,
    seed: int = 0,
    n_extremes: int = 16,
    width: float | None = None,
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
        the error.

    Returns
    -------
    SpectralDensity

    Raises
    ------
    ArgumentError
        Fewer than two probes or four steps, or more extremes than directions.

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
    rest = operator.without(pairs.vectors) if n_extremes else operator
    quadrature = Quadrature(rest, n_probes, n_steps, seed) if rest.size else None
    parts = _Parts(pairs.values, quadrature, operator.size, width, n_steps)
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
        n_products=operator.count,
        n_directions=operator.size,
        extent=of.extent,
        value=float(of.value(at)),
        **quantity_of(of),
        provenance=record_on(of, "spectral_density", {**arguments, "width": width}, seed=seed),
    )


def _extremes(operator: Operator, n: int, tol: float, seed: int) -> Pairs:
    """The n largest pairs by size."""
    if n == 0:
        return Pairs(np.empty(0), np.empty((0, operator.dim)), np.empty(0), 0.0)
    return leading(operator, n, "magnitude", tol, seed, 100 * n + 1000)


class Quadrature:
    """Nodes and weights of each probe, from the tridiagonal matrices of so many steps of Lanczos.

    Attributes
    ----------
    diagonal, beside : array (P, S)
        Of the matrices of P probes; ``beside[p, i]`` is zero where the probe's space ends after step i.
    """

    def __init__(self, operator: Operator, n_probes: int, n_steps: int, seed: int):
        self.diagonal, self.beside = np.zeros((2, n_probes, n_steps))
        for low in range(0, n_probes, BLOCK):
            some = slice(low, min(low + BLOCK, n_probes))
            start = operator.probes(_FIRST + low, some.stop - low, seed) / np.sqrt(operator.size)
            self._run(operator, start, self.diagonal[some], self.beside[some])

    @staticmethod
    def _run(operator: Operator, now: Array, diagonal: Array, beside: Array) -> None:
        """Lanczos's three terms for a block of probes side by side."""
        before, scale = np.zeros_like(now), 0.0
        for step in range(diagonal.shape[1]):
            after = operator(now)
            diagonal[:, step] = np.einsum("ij,ij->i", after, now)
            after -= diagonal[:, step, None] * now + (beside[:, step - 1, None] * before if step else 0.0)
            norms = np.linalg.norm(after, axis=1)
            scale = max(scale, float(np.abs(diagonal[:, step]).max()), float(norms.max()))
            norms[norms <= operator.rounding * scale] = 0.0
            beside[:, step] = norms
            before, now = now, np.divide(after, norms[:, None], out=np.zeros_like(after), where=norms[:, None] > 0)

    def nodes(self, steps: int) -> tuple[Array, Array]:
        """Nodes and weights (P, steps) after so many steps; nodes beyond the end of a probe's space weigh nothing."""
        found = [eigh_tridiagonal(d[:steps], b[: steps - 1]) for d, b in zip(self.diagonal, self.beside, strict=True)]
        return np.array([values for values, _ in found]), np.array([inner[0] ** 2 for _, inner in found])


_FIRST = 1 << 20  # probes of the density follow the vectors that a search for eigenpairs starts from


def broadened(places: Array, weights: Array, grid: Array, width: float) -> Array:
    """Σ_j weight_j φ_w(x − place_j) at the points x of a grid."""
    out = np.zeros(len(grid))
    for place, weight in zip(places, weights, strict=True):
        low, high = np.searchsorted(grid, (place - 9 * width, place + 9 * width))
        z = (grid[low:high] - place) / width
        out[low:high] += weight * np.exp(-0.5 * z * z)
    return out / (np.sqrt(2 * np.pi) * width)


class _Parts:
    """What the density is put together from: extremes (k,), the quadrature of the rest, if any, and the width."""

    def __init__(self, extremes: Array, rest: Quadrature | None, size: int, width: float | None, n_steps: int):
        self.extremes, self.rest, self.size = extremes, rest, size
        nodes, weights = rest.nodes(n_steps) if rest else (np.empty((1, 0)), np.empty((1, 0)))
        real = nodes[weights > 1e-14]
        self.range = (float(real.min()), float(real.max())) if real.size else (extremes.min(), extremes.max())
        share = 1 - len(extremes) / size
        self.mean = float(share * np.mean(np.sum(nodes * weights, axis=1)) + extremes.sum() / size)
        scale = max(float(np.abs(extremes).max(initial=0.0)), *np.abs(self.range), np.finfo(float).tiny)
        self.width = max(3 * (self.range[1] - self.range[0]) / n_steps, 1e-6 * scale) if width is None else width
        self.n_steps, self.share = n_steps, share

    def grid(self) -> Array:
        """Places about the bulk and about each extreme, the more the narrower the width."""
        around = sorted([self.range, *((value, value) for value in self.extremes.tolist())])
        step, beyond = self.width / _PER_WIDTH, _BEYOND * self.width
        windows: list[list[float]] = []
        for low, high in around:
            if windows and low - beyond <= windows[-1][1]:
                windows[-1][1] = max(windows[-1][1], high + beyond)
            else:
                windows.append([low - beyond, high + beyond])
        return np.concatenate([np.linspace(low, high, int(np.ceil((high - low) / step)) + 1) for low, high in windows])

    def _of_probes(self, grid: Array, steps: int) -> Array:
        """Share of each probe in the density, (P, G)."""
        assert self.rest is not None
        nodes, weights = self.rest.nodes(steps)
        return self.share * np.stack(
            [broadened(at, weight, grid, self.width) for at, weight in zip(nodes, weights, strict=True)]
        )

    def density(self, grid: Array) -> tuple[Array, Array]:
        """The density and its error on a grid."""
        exact = broadened(self.extremes, np.full(len(self.extremes), 1 / self.size), grid, self.width)
        if self.rest is None:
            return exact, np.zeros(len(grid))
        probes = self._of_probes(grid, self.n_steps)
        fewer = self._of_probes(grid, max(2, 3 * self.n_steps // 4)).mean(axis=0)
        spread = probes.std(axis=0, ddof=1) / np.sqrt(len(probes))
        return exact + probes.mean(axis=0), np.sqrt(spread**2 + (probes.mean(axis=0) - fewer) ** 2)


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
