"""The trace of a Hessian from products with random vectors: XTrace, Hutch++ and Hutchinson's estimator.

All three use vectors ω uniform on the sphere |ω|² = K of the K directions, so E ωω' = 1. With Q an orthonormal basis
of a sketch AΩ, and u what of ω is orthogonal to Q, scaled to |u|² = K − rank:

    Hutchinson    mean of ω'Aω
    Hutch++       tr Q'AQ + mean of u'Au, with vectors that the sketch has not seen
    XTrace        for each ω_i the same with the Q_(i) of all others; the mean over i

(Meyer et al., SOSA 2021; Epperly, Tropp and Webber, SIAM J. Matrix Anal. Appl. 45, 1 (2024), with their normalisation
of u.) The last two gain where few eigenvalues make the trace. Where many of both signs cancel, as in a glass, they
have nothing to gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import budget, checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..landscape.protocol import Landscape
from ..machines import single_threaded
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from . import stretches
from .operators import Array, Operator, elsewhere, hessian_at, one_point

LEAST = {"xtrace": 4, "hutch++": 6, "hutchinson": 2}
"""Products without which a method has no error."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Measured):
    """Trace of the Hessian of a landscape's value at a point.

    Attributes
    ----------
    value, error : float
        The estimate, and its standard error as the method estimates it, with the rounding of products; the latter alone
        where the trace is exact.
    method : str
    n_products : int
        Products with the Hessian.
    n_directions : int
        Directions K: the mean eigenvalue is value / K.
    extent : int
        Of the landscape: the trace times this is that of H = extent · value.
    """

    value: float
    error: float
    method: str
    n_products: int
    n_directions: int
    extent: int


def hessian_trace(
    landscape: Landscape,
    point: ArrayLike,
    n_products: int,
    method: str = "xtrace",
    seed: int = 0,
    *,
    executor: Executor | None = None,
) -> Trace:
    """Trace of the Hessian of a landscape's value at a point, from random vectors.

    Parameters
    ----------
    landscape : Landscape
        Any landscape; on a sphere the trace is over its tangent directions.
    point : array (dim,)
        Where.
    n_products : int
        Products with the Hessian at most: at least 4 for XTrace, 6 for Hutch++, 2 for Hutchinson. With as many
        directions or fewer the trace is summed along them, exactly.
    method : "xtrace", "hutch++" or "hutchinson"
        The error of XTrace is the scatter of its estimates and their covariance, of the others the scatter over their
        vectors. Vectors are uniform on the sphere |ω|² = K in all three.
    seed : int
        64-bit seed; vector i is a function of (seed, i).
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Trace

    Raises
    ------
    ArgumentError
        Too few products, an unknown method, products so small or large that their squares are zero or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2 @ [1, 2, 3]) / 2, dim=3, gradient=lambda w: w * [1, 2, 3])
    >>> round(sl.hessian_trace(bowl, np.zeros(3), 4).value, 6)
    6.0
    """
    of, at = one_point(landscape, point)
    checks.choice("method", method, tuple(METHODS))
    n_products = checks.integer("n_products", n_products, minimum=1)
    if n_products < LEAST[method]:
        raise ArgumentError("n_products", f"at least {LEAST[method]} for {method}, to have an error", n_products)
    seed = rng.seed64("seed", seed)
    operator = hessian_at(of, at) if executor is None else elsewhere(hessian_at(of, at), executor)
    summed = operator.size <= n_products
    held = operator.size if summed else min(operator.together, n_products) if method == "hutchinson" else n_products
    checks.room("n_products", n_products, 3 * 8.0 * held * of.dim)
    if summed:
        value, error = exact(operator)
    else:
        with np.errstate(all="ignore"):  # of what is refused
            value, error = METHODS[method](operator, n_products, seed)
        operator.need_squares()
    arguments: dict[str, Any] = {"point": at, "n_products": n_products, "method": method}
    return Trace(
        value=value,
        error=float(np.hypot(error, operator.rounding * value)),
        method=method,
        n_products=operator.count,
        n_directions=operator.size,
        extent=of.extent,
        **quantity_of(of),
        provenance=record_on(of, "hessian_trace", arguments, seed=seed),
    )


def exact(operator: Operator) -> tuple[float, float]:
    """The trace of the matrix in the coordinates of the space: along the radius of a sphere there is nothing."""
    return float(np.trace(operator(operator.project(np.eye(operator.dim))))), 0.0


def _mean(samples: Array) -> tuple[float, float]:
    return float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(len(samples)))


def _forms(operator: Operator, first: int, count: int, seed: int) -> Array:
    """ω'Aω (count,) of the random vectors from number ``first`` on, of which those multiplied together are held."""
    found = np.empty(count)
    for some in budget.blocks(count, operator.together, 1):
        omega = operator.probes(first + some.start, some.stop - some.start, seed)
        found[some] = np.einsum("ij,ij->i", operator(omega), omega)
    return found


def hutchinson(operator: Operator, n_products: int, seed: int) -> tuple[float, float]:
    """Mean of ω'Aω."""
    return _mean(_forms(operator, 0, n_products, seed))


def hutch_plus_plus(operator: Operator, n_products: int, seed: int) -> tuple[float, float]:
    """A third of the products for the sketch, one for its trace, one for what is left."""
    third = n_products // 3
    _, sizes, basis = stretches.singular(operator(operator.probes(0, third, seed)))
    basis = basis[sizes > operator.rounding * sizes.max(initial=0.0)]
    low_rank = float(np.einsum("ij,ij->", operator(basis), basis))
    value, error = _mean(_forms(operator.without(basis), third, n_products - third - len(basis), seed))
    return low_rank + value, error


def xtrace(operator: Operator, n_products: int, seed: int) -> tuple[float, float]:
    """Half of the products for the sketch, half for the matrix in its basis.

    The t_i share their vectors. Their scatter alone, which Epperly et al. take for the error, was 1.2 to 1.4 times too
    small on flat and on decaying spectra. Let t_i|j be t_i without ω_j in its sketch. Given a sketch each estimate is
    unbiased in its own vector, so of the product of t_i = t_i|j + d_ij and t_j = t_j|i + d_ji there remains the mean of
    d_ij d_ji: the covariance. With m vectors, s² the variance of the t_i and c the mean of d_ij d_ji over pairs,

        error² = s²/m + c
    """
    omega = operator.probes(0, n_products // 2, seed)
    sketch = operator(omega)
    left, sizes, basis = stretches.singular(sketch)
    del sketch
    real = sizes > operator.rounding * sizes.max(initial=0.0)
    left, sizes, basis = left[:, real], sizes[real], basis[real]
    matrix = stretches.along(operator(basis), basis)
    with single_threaded():
        parts = _Sketch(matrix, stretches.along(omega, basis), left * sizes, *_alone(left, sizes), operator.size)
        samples, m = parts.samples(None), len(omega)
        moved = samples[:, None] - np.stack([parts.samples(k) for k in range(m)], axis=1)
    moved[np.arange(m), np.arange(m)] = 0.0
    shared = float(np.sum(moved * moved.T)) / (m * (m - 1))
    return float(samples.mean()), float(np.sqrt(samples.var(ddof=1) / m + max(shared, 0.0)))


def _alone(left: Array, sizes: Array) -> tuple[Array, Array]:
    """Rows s_i, the directions that the sketch has from vector i alone, and the ranks (0 or 1) of these."""
    alone = np.sum(left**2, axis=1) > 1 - 1e-8
    s = np.where(alone[:, None], left / sizes, 0.0)
    return s / np.where(alone, np.linalg.norm(s, axis=1), 1.0)[:, None], alone.astype(np.float64)


class _Sketch(NamedTuple):
    """A sketch in its basis Q, vectors by rows: H = Q'AQ, w_i = Q'ω_i, r_i = Q'Aω_i, and s_i.

    Without vector i the sketch spans all of its basis but s_i, for which s_i'r_j = 0 for all others j; nothing is lost
    where it has fewer dimensions than vectors. With S the directions that are lost and x = w_i − S S'w_i:

        t_i = tr H − tr S'HS + (w_i'r_i − 2 x'r_i + x'H x) (K − rank) / (K − |x|²)
    """

    matrix: Array
    w: Array
    r: Array
    s: Array
    alone: Array
    size: int

    def samples(self, without: int | None) -> Array:
        """t_i of all vectors (m,), or with one less in the sketch; that of this one itself then has no meaning."""
        matrix, w, r, s, alone, size = self
        trace, rank, lost = float(np.trace(matrix)), float(len(matrix)), np.zeros_like(s[0])
        if without is not None:
            lost = s[without]
            trace, rank = trace - float(lost @ matrix @ lost), rank - alone[without]
            s = s - np.outer(s @ lost, lost)
            norms = np.linalg.norm(s, axis=1, keepdims=True)
            s = np.divide(s, norms, out=np.zeros_like(s), where=norms > 1e-12)
        x = w - s * np.sum(s * w, axis=1, keepdims=True) - np.outer(w @ lost, lost)
        rest = np.sum(w * r, axis=1) - 2 * np.sum(x * r, axis=1) + np.sum((x @ matrix) * x, axis=1)
        scale = (size - rank + alone) / np.maximum(size - np.sum(x * x, axis=1), np.finfo(float).tiny)
        return np.asarray(trace - np.sum((s @ matrix) * s, axis=1) + rest * scale)


METHODS = {"xtrace": xtrace, "hutch++": hutch_plus_plus, "hutchinson": hutchinson}
