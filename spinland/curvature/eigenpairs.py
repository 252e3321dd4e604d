"""Leading eigenpairs of a Hessian, each with its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..arrays import sealed
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .lanczos import Pairs, dense, is_small, lanczos, room_of
from .operators import SMALLEST, Array, Operator, hessian_at, need_float64, one_point

WHICH = "largest", "smallest", "both", "magnitude"

TOLERANCES = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 2e-5}
"""Residuals relative to the largest eigenvalue, by float type, that count as converged where nothing else is asked."""


_FORMED = 2000  # directions whose matrix is formed, at most, for pairs that a search did not find


@dataclass(frozen=True, eq=False, kw_only=True)
class Eigenpairs(Measured):
    """Eigenvalues and eigenvectors of the Hessian of a landscape's value at a point.

    Attributes
    ----------
    values : array (n,)
        "largest": falling; "smallest": rising; "both": rising, the smallest first; "magnitude": falling in size.
    vectors : array (n, dim)
        Orthonormal rows; on a sphere tangential.
    residuals : array (n,)
        |H v − λ v|: within so much of λ there is an eigenvalue. NaN where H is so small that its squares vanish.
    converged : bool array (n,)
        Residual of at most ``tolerance`` times the largest eigenvalue, by size, that was seen.
    gradient_shares : array (n,)
        (v·g)²/|g|² for the gradient g at the point; NaN where g is zero.
    which : str
    tolerance : float
    n_products : int
        Products with the Hessian.
    extent : int
        Of the landscape: λ times this is an eigenvalue of the Hessian of H = extent · value.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "values": ("pair",),
        "residuals": ("pair",),
        "converged": ("pair",),
        "gradient_shares": ("pair",),
    }

    values: Array
    vectors: Array
    residuals: Array
    converged: NDArray[np.bool_]
    gradient_shares: Array
    which: str
    tolerance: float
    n_products: int
    extent: int

    @property
    def gradient_overlap(self) -> float:
        """Share of |g|² in the span of the vectors, from 0 to 1; NaN where the gradient is zero."""
        return float(self.gradient_shares.sum())


def eigenpairs(
    landscape: Landscape,
    point: ArrayLike,
    n: int,
    which: str = "largest",
    tol: float | None = None,
    seed: int = 0,
    max_products: int | None = None,
) -> Eigenpairs:
    """Extreme eigenpairs of the Hessian of a landscape's value at a point, by block Lanczos.

    Blocks of two vectors, full reorthogonalisation, thick restarts; a last search from a fresh random block looks for
    copies that the first one missed. Every pair comes with the residual of a product of its own. Where the whole matrix
    takes no more products, it is formed instead.

    Parameters
    ----------
    landscape : Landscape
        Any landscape; on a sphere the Hessian is that of the function on it.
    point : array (dim,)
        Where.
    n : int
        Pairs, at most as many as there are directions.
    which : "largest", "smallest", "both" or "magnitude"
        By value: the largest, the smallest, of ``n`` half from each end (the odd one is the largest); or the largest by
        size. "smallest" and "both" need a landscape of ``dtype="float64"``.
    tol : float, optional
        Residual at which a pair counts as converged, relative to the largest eigenvalue; 1e-8, or 2e-5 in float32,
        where products themselves are off by some 1e-6.
    seed : int
        64-bit seed of the vectors the search starts from.
    max_products : int, optional
        After so many products, 100 n + 1000 by default, the search ends; pairs that are not there are told apart by
        ``converged``. Of at most 2000 directions the last products are kept for the whole matrix, which is formed if
        pairs are missing.

    Returns
    -------
    Eigenpairs

    Raises
    ------
    ArgumentError
        More pairs than directions, a tolerance that is not positive, small eigenvalues of a landscape of float32,
        products so large that they have no squares.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2 @ [1, 2, 3]) / 2, dim=3, gradient=lambda w: w * [1, 2, 3])
    >>> sl.eigenpairs(bowl, np.zeros(3), 2).values.round(6)
    array([3., 2.])
    """
    of, at = one_point(landscape, point)
    checks.choice("which", which, WHICH)
    operator = hessian_at(of, at)
    n = checks.integer("n", n, minimum=1)
    if n > operator.size:
        raise ArgumentError("n", f"at most the number of directions ({operator.size})", n)
    if which in ("smallest", "both"):
        need_float64(of, f"which={which!r}")
    tol = TOLERANCES[of.dtype] if tol is None else checks.real("tol", tol, above=0)
    seed = rng.seed64("seed", seed)
    most = 100 * n + 1000 if max_products is None else checks.integer("max_products", max_products, minimum=1)
    checks.room("n", n, 8.0 * of.dim * (room_of(n) + 3 * n))
    pairs = leading(operator, n, which, tol, seed, most)
    gradient = operator.project(np.asarray(of.gradient(at), np.float64)[None])[0]
    squared = float(gradient @ gradient)
    shares = (pairs.vectors @ gradient) ** 2 / squared if squared > 0 else np.full(n, np.nan)
    arguments: dict[str, Any] = {"point": at, "n": n, "which": which, "tol": tol, "max_products": most}
    return Eigenpairs(
        values=pairs.values,
        vectors=sealed(pairs.vectors),
        residuals=pairs.residuals,
        converged=pairs.residuals <= tol * pairs.scale,
        gradient_shares=shares,
        which=which,
        tolerance=tol,
        n_products=operator.count,
        extent=of.extent,
        **quantity_of(of),
        provenance=record_on(of, "eigenpairs", arguments, seed=seed),
    )


def leading(operator: Operator, n: int, which: str, tol: float, seed: int, most: int) -> Pairs:
    """The n pairs of an operator; from its whole matrix where that takes no more products.

    Products are kept back for the matrix where it is small, for pairs that the search does not find. Residuals whose
    squares vanish are NaN: nothing is known of them.

    Raises
    ------
    ArgumentError
        Products so large that they have no squares.
    """
    if is_small(operator, n):
        return dense(operator, n, which)
    kept = operator.size if operator.size <= min(_FORMED, most // 2) else 0
    try:
        with np.errstate(all="ignore"):
            pairs = lanczos(operator, n, which, tol, seed, most - kept)
    except (np.linalg.LinAlgError, ValueError):  # of infinite squares
        operator.need_squares(0.0)
        raise
    operator.need_squares(0.0)
    vanish = 0 < operator.largest[0] < SMALLEST
    if kept and (vanish or not np.all(pairs.residuals <= tol * pairs.scale)):
        return dense(operator, n, which)
    return pairs._replace(residuals=np.full(n, np.nan)) if vanish else pairs
