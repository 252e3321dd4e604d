"""PAC-Bayes: what the room about a solution guarantees for data that were not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks, rng
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .outputs import hessian_diagonal

Array = NDArray[np.float64]

_LARGEST, _PRECISION = 10.0, 100
"""Prior variances are c e^{−j/b}, j = 1, 2, ...: b as in Dziugaite and Roy, c a hundred times theirs."""

_TEMPERATURES = np.logspace(-3, 1, 13)  # of the posteriors that are tried, in units of 1/m


@dataclass(frozen=True, eq=False, kw_only=True)
class PACBayes(Measured):
    """Bounds on the error of stochastic networks about P solutions.

    Attributes
    ----------
    bound : array (P,)
        Error on new data, at most, with probability 1 − δ − δ': Langford and Seeger's, by the inverse of kl.
    mcallester : array (P,)
        The same by McAllester's weaker inequality, ê + √(KL/2m); may exceed 1.
    error : array (P,)
        Error on the samples, averaged over the draws from the posterior.
    divergence : array (P,)
        KL(Q|P) in nats.
    prior : array (P,)
        Variance of the prior.
    spread : array (P,)
        Root mean square standard deviation of the posterior over the parameters.
    distance : array (P,)
        |w − w₀|.
    guessing : float
        Error of the best constant guess on the samples.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("point",) for name in ("bound", "mcallester", "error", "divergence", "prior", "spread", "distance")
    }

    bound: Array
    mcallester: Array
    error: Array
    divergence: Array
    prior: Array
    spread: Array
    distance: Array
    guessing: float

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Whether the bound says no more than guessing does, (P,)."""
        return np.asarray(self.bound >= self.guessing)


class _Posterior(NamedTuple):
    """Variances (dim,), the variance of the prior, KL and the complexity KL + log(2√m/δ_j)."""

    variances: Array
    prior: float
    divergence: float
    complexity: float


def pac_bayes(
    landscape: NetworkLandscape,
    points: ArrayLike,
    initial: ArrayLike,
    *,
    posterior: str = "curvature",
    delta: float = 0.025,
    n_draws: int = 1000,
    seed: int = 0,
) -> PACBayes:
    r"""PAC-Bayes bounds on the error of classifiers drawn about solutions.

    After Dziugaite and Roy (arXiv:1703.11008): posterior Q = N(w, diag s), prior P = N(w₀, λ1) about the
    initialisation, λ = 10 e^{−j/100} paid for by a union bound, δ_j = 6δ/(π²j²). With probability 1 − δ over the m
    samples

        kl(ê(Q) \| e(Q)) ≤ [KL(Q\|P) + log(2√m/δ_j)]/m

    (Langford and Seeger; the constant of Maurer), and the mean ê(Q) over n draws is bounded in turn by
    kl(ê_n \| ê) ≤ log(2/δ')/n with δ' = 0.01. They optimise w and s by descent; here w stays and s comes in closed
    form: to second order β s·h/2 + KL is least for s_i = 1/(βh_i + 1/λ), h the exact diagonal of the Hessian. β and λ
    are chosen by the bound itself on 50 draws; what is printed comes from other draws. (Any choice of Q is allowed.)

    Parameters
    ----------
    landscape : NetworkLandscape
        The training loss of a classifier.
    points : array (P, dim) or (dim,)
        Solutions w.
    initial : array (P, dim) or (dim,)
        Where their training began, w₀: a prior must not know the samples.
    posterior : "curvature" or "isotropic"
        s as above, or one variance for all parameters.
    delta : float
        δ, in (0, 1].
    n_draws : int
        Networks drawn for ê_n, at least 10. Fewer make the bound weaker, not wrong.
    seed : int
        64-bit seed.

    Returns
    -------
    PACBayes

    Raises
    ------
    ArgumentError
        A landscape without labels, points and starts of different shapes, δ outside (0, 1].

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> ensemble = sl.train(network, "digits", 3, epochs=5, keep_initial=True)
    >>> found = sl.pac_bayes(sl.NetworkLandscape(network, "digits"), ensemble.params, ensemble.initial)
    >>> bool((found.error < found.bound).all())
    True
    """
    checks.instance("landscape", landscape, NetworkLandscape)
    if not landscape.samples.labels.size:
        raise ArgumentError("landscape", "one with labels: the bound is on the error of a classifier", landscape)
    at, starts = _pairs(landscape, points, initial)
    checks.choice("posterior", posterior, ("curvature", "isotropic"))
    delta = checks.real("delta", delta, above=0, maximum=1)
    n_draws = checks.integer("n_draws", n_draws, minimum=10, maximum=2**31)
    seed = rng.seed64("seed", seed)
    rows = []
    with track(len(at), "PAC-Bayes") as advance:
        for point, start in zip(at, starts, strict=True):
            rows.append(_bounded(landscape, point, start, posterior, delta, n_draws, seed))
            advance()
    columns = dict(zip(_COLUMNS, np.array(rows).T, strict=True))
    share = np.bincount(landscape.samples.labels).max() / landscape.n_samples
    arguments = {"points": at, "initial": starts, "posterior": posterior, "delta": delta, "n_draws": n_draws}
    return PACBayes(
        **columns,
        guessing=float(1 - share),
        **quantity_of(landscape),
        provenance=record_on(landscape, "pac_bayes", arguments, seed=seed),
    )


_COLUMNS = ("bound", "mcallester", "error", "divergence", "prior", "spread", "distance")
_TRIAL = 50  # draws that β and λ are chosen with
_SLACK = 0.01  # δ'


def _pairs(landscape: NetworkLandscape, points: ArrayLike, initial: ArrayLike) -> tuple[Array, Array]:
    both = []
    for name, value in (("points", points), ("initial", initial)):
        batch, _ = checks.point_batch(name, value, landscape.dim)
        checks.squarable(name, batch, landscape.dim)
        both.append(batch)
    if both[0].shape != both[1].shape or not len(both[0]):
        raise ArgumentError("initial", f"shape {both[0].shape}, a start for each point", f"shape {both[1].shape}")
    return both[0], both[1]


def _bounded(
    landscape: NetworkLandscape, point: Array, start: Array, kind: str, delta: float, n_draws: int, seed: int
) -> tuple[float, ...]:
    """One row of the result."""
    m, square = landscape.n_samples, float(np.sum((point - start) ** 2))
    diagonal = hessian_diagonal(landscape, point)
    if kind == "isotropic":
        diagonal = np.full_like(diagonal, diagonal.mean())
    trial = min(_TRIAL, n_draws)
    tried = [_posterior(diagonal, m / beta, square, m, delta) for beta in _TEMPERATURES]
    errors = [_mean_error(landscape, point, one.variances, trial, 0, seed) for one in tried]
    best = int(np.argmin([inverse_kl(e, one.complexity / m) for e, one in zip(errors, tried, strict=True)]))
    chosen = tried[best]
    error = _mean_error(landscape, point, chosen.variances, n_draws, trial, seed)
    likely = inverse_kl(error, np.log(2 / _SLACK) / n_draws)
    return (
        inverse_kl(likely, chosen.complexity / m),
        likely + float(np.sqrt(chosen.complexity / (2 * m))),
        error,
        chosen.divergence,
        chosen.prior,
        float(np.sqrt(chosen.variances.mean())),
        float(np.sqrt(square)),
    )


def _posterior(diagonal: Array, beta: float, square: float, m: int, delta: float) -> _Posterior:
    """s = 1/(βh + 1/λ) with the λ of the grid that makes the complexity least."""
    found: list[_Posterior] = []
    for j in np.unique(np.round(np.geomspace(1, 12 * _PRECISION, 60)).astype(int)):
        prior = _LARGEST * float(np.exp(-j / _PRECISION))
        variances = 1 / (beta * diagonal + 1 / prior)
        ratio = variances / prior
        divergence = 0.5 * float(np.sum(ratio - 1 - np.log(ratio)) + square / prior)
        penalty = float(np.log(2 * np.sqrt(m) * np.pi**2 * j**2 / (6 * delta)))
        found.append(_Posterior(variances, prior, divergence, divergence + penalty))
    return min(found, key=lambda one: one.complexity)


def _mean_error(landscape: NetworkLandscape, point: Array, variances: Array, n: int, first: int, seed: int) -> float:
    """Error averaged over networks ``first`` … of those drawn about a point."""
    total, deviations = 0.0, np.sqrt(variances)
    for block in budget.blocks(n, budget.WALKERS, 3 * 8 * landscape.dim):
        normal = np.empty((block.stop - block.start, landscape.dim))
        rng.fill_normals(normal, seed, rng.Purpose.SHARPNESS, first + np.arange(block.start, block.stop), 4)
        total += float(np.sum(1 - landscape.evaluate(point + deviations * normal)[1]))
    return total / n


def inverse_kl(rate: float, bound: float) -> float:
    """The largest p with kl(rate‖p) = q log(q/p) + (1 − q) log((1 − q)/(1 − p)) ≤ bound, by bisection."""
    low, high = min(max(rate, 0.0), 1.0), 1.0
    q = low

    def kl(p: float) -> float:
        first = q * np.log(q / p) if q > 0 else 0.0
        return float(first + ((1 - q) * np.log((1 - q) / (1 - p)) if q < 1 else 0.0))

    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if kl(middle) <= bound else (low, middle)
    return high
