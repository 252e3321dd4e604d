"""Franz and Parisi's potential: free energy at a given overlap with a configuration of equilibrium, for N → ∞."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit

from .. import checks
from ..arrays import Owner
from ..errors import ArgumentError
from . import conventions
from .mixtures import Mixture, Order, mixture_of
from .transitions import static_temperature

_ROUNDING = 1e-7  # of the condition that a minimum over all distributions of overlaps fulfils

_COLDEST = 0.05  # over T_s: below, the two values cannot be told from their limits in floating point
_STARTS = 0.3, 0.6, 0.9, 0.98, 0.998  # of m, where two values are sought


@dataclass(frozen=True, eq=False, kw_only=True)
class PotentialCurve(Owner):
    """Potential against the overlap with the reference, for N → ∞, in the convention asked for.

    Attributes
    ----------
    overlap : array (Q,)
        q = σ·σ₀/N.
    potential : array (Q,)
        V(q), per spin, 0 at q = 0.
    force : array (Q,)
        dV/dq.
    inner : array (Q,)
        Overlap r of two configurations that both have overlap q with the reference, the larger one where it has two
        values.
    breaking : array (Q,)
        Breaking parameter m of such pairs; 1 where their overlap has one value.
    """

    overlap: NDArray[np.float64]
    potential: NDArray[np.float64]
    force: NDArray[np.float64]
    inner: NDArray[np.float64]
    breaking: NDArray[np.float64]


def franz_parisi(
    overlaps: ArrayLike,
    order: Order,
    temperature: float,
    reference_temperature: float | None = None,
    convention: str = "abc",
) -> PotentialCurve:
    """Free energy V(q) of configurations at overlap q with one of equilibrium (Franz and Parisi, J. Phys. I 5, 1401).

    A reference σ₀ of equilibrium at T' ≥ T_s and its couplings have the law of a random σ₀ and H = H₀ − Nβ'ξ(q), with
    H₀ a fresh glass and q = σ·σ₀/N: planted. At overlap q that is a glass on a sphere of radius (N(1 − q²))^½ about
    qσ₀, whose energies have covariance Nξ(r) at overlap r = q² + (1 − q²)t of two configurations, t = 0 for random
    ones. With P the free energy of such a glass by Crisanti and Sommers' formula,

        −βV(q) = ββ'ξ(q) + ½ ln(1−q²) + P(q) − P(0),   P = min over x of
        ½ {β² ∫ x(t) (dξ/dt) dt + ∫₀^T dt/∫ₜ¹x + ln(1−T)}

    over distribution functions x of t, T being the largest t. With one value of t (replica symmetry) and r in place
    of t it is that of Barrat, Franz and Parisi (J. Phys. A 30, 5593 (1997)),

        −βV(q) = ββ'ξ(q) − β²ξ(r)/2 + ½ ln(1−r) + ½ (r−q²)/(1−r).

    Where that is not the minimum, two values are taken. For T = T' a second minimum appears at T_d, at the overlap
    inside a state, and its height is T times the complexity, which vanishes at T_s.

    Parameters
    ----------
    overlaps : array (Q,)
        −1 < q < 1.
    order : int or {p: β_p}
        Order of the glass, or a mixture.
    temperature : float
        T of the configurations, at least T_s/20.
    reference_temperature : float, optional
        T' of the reference, at least T_s. Default: T.
    convention : {"abc", "cs"}
        Normalisation of energies and temperatures.

    Returns
    -------
    PotentialCurve

    Raises
    ------
    ArgumentError
        Overlaps outside (−1, 1), a reference below T_s, where planting is not exact, a mixture at a temperature that
        needs more than one step of breaking, another convention.

    Examples
    --------
    >>> curve = franz_parisi([0.0, 0.6], 3, 0.84)
    >>> curve.potential.round(4).tolist()
    [0.0, 0.0043]
    """
    mixture = mixture_of(order)
    q = checks.float_array("overlaps", overlaps, ndim=1)
    if np.abs(q).max(initial=0.0) >= 1:
        raise ArgumentError("overlaps", "numbers in (-1, 1)", float(q[np.abs(q).argmax()]))
    t = conventions.to_abc_energy(checks.real("temperature", temperature, above=0), convention)
    lowest = static_temperature(order)
    if t < _COLDEST * lowest:
        least = f"at least {conventions.from_abc_energy(_COLDEST * lowest, convention):.3g}, T_s/20"
        raise ArgumentError("temperature", least, temperature)
    reference = t
    if reference_temperature is not None:
        given = checks.real("reference_temperature", reference_temperature, above=0)
        reference = conventions.to_abc_energy(given, convention)
    if reference < lowest * (1 - 1e-12):
        name = "temperature" if reference_temperature is None else "reference_temperature"
        least = f"at least T_s = {conventions.from_abc_energy(lowest, convention):.6g} for the reference"
        raise ArgumentError(name, least, temperature if reference_temperature is None else reference_temperature)
    pairs = [_pair(mixture, 1 / t, float(at)) for at in (0.0, *q)]
    planted = np.array([p.free for p in pairs])
    planted[1:] += mixture.covariance(q) / (t * reference) + 0.5 * np.log1p(-q * q)
    room = (1 - q * q) * np.array([p.spread for p in pairs[1:]])
    unit = conventions.from_abc_energy(1.0, convention)
    return PotentialCurve(
        overlap=q,
        potential=(planted[0] - planted[1:]) * t * unit,
        force=(t * q / room - mixture.slope(q) / reference) * unit,
        inner=q * q + (1 - q * q) * np.array([p.high for p in pairs[1:]]),
        breaking=np.array([p.m for p in pairs[1:]]),
    )


class _Pair(NamedTuple):
    """Overlaps t of pairs: ``low`` with weight m, ``high`` with 1 − m; ``free`` is P of them."""

    low: float
    high: float
    m: float
    free: float

    @property
    def spread(self) -> float:
        """∫ x(t) dt = 1 − E[t]."""
        return 1 - self.high + self.m * (self.high - self.low)


def _pair(mixture: Mixture, beta: float, q: float) -> _Pair:
    """The distribution of overlaps t at overlap q with the reference: one value, or two.

    Raises
    ------
    ArgumentError
        It takes more than two.
    """
    best = _one_value(mixture, beta, q)
    worst, at = _excess(mixture, beta, q, best)
    if worst > _ROUNDING:
        best = _two_values(mixture, beta, q, best, at)
        worst, _ = _excess(mixture, beta, q, best)
        if worst > 100 * _ROUNDING:
            raise ArgumentError("temperature", "one at which one step of replica symmetry breaking is enough", 1 / beta)
    return best


def _covariance(mixture: Mixture, q: float, t: Any) -> Any:
    r = q * q + (1 - q * q) * t
    return sum(variance * r**p for p, variance in zip(mixture.orders, mixture.variances, strict=True))


def _free(mixture: Mixture, beta: float, q: float, low: float, high: float, m: float) -> float:
    f_low, f_high, f_one = (_covariance(mixture, q, t) for t in (low, high, 1.0))
    room = 1 - high + m * (high - low)
    energy = beta**2 * (m * (f_high - f_low) + f_one - f_high)
    return 0.5 * float(energy + low / room + math.log(room / (1 - high)) / m + math.log1p(-high))


def _one_value(mixture: Mixture, beta: float, q: float) -> _Pair:
    """The best single t, by all its local minima on a grid."""

    def free(t: float) -> float:
        return _free(mixture, beta, q, t, t, 1.0)

    grid = expit(np.linspace(-16, 16, 400))
    values = np.array([free(float(t)) for t in grid])
    best = int(values.argmin())
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(free, bounds=bounds, method="bounded", options={"xatol": 1e-14})
    t = 0.0 if free(0.0) <= found.fun else float(found.x)
    return _Pair(t, t, 1.0, free(t))


def _two_values(mixture: Mixture, beta: float, q: float, one: _Pair, at: float) -> _Pair:
    """The best pair of values from the best single one and the place that would lower it most."""
    low, high = sorted((one.low, at))
    fixed = q == 0  # no field: the lower overlap is 0

    def of(x: NDArray[np.float64]) -> tuple[float, float, float]:
        under = 0.0 if fixed else float(expit(x[0]))
        return under, under + (1 - under) * float(expit(x[1])), float(expit(x[2]))

    def free(x: NDArray[np.float64]) -> float:
        return _free(mixture, beta, q, *of(np.clip(x, -16, 16)))

    best = None
    for m in _STARTS:
        start = [logit(max(low, 1e-6)), logit(max((high - low) / (1 - low), 1e-6)), logit(m)]
        found = minimize(free, start, method="BFGS", options={"gtol": 1e-9})
        best = found if best is None or found.fun < best.fun else best
    assert best is not None
    exact = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 2000}
    best = minimize(free, best.x, method="Nelder-Mead", options=exact)
    return _Pair(*of(np.clip(best.x, -16, 16)), float(best.fun))


def _excess(mixture: Mixture, beta: float, q: float, pair: _Pair) -> tuple[float, float]:
    """How far weight put at another t would lower P, per weight, and that t: 0 or less at the minimum.

    P is convex in x, so a distribution is its minimum if and only if it sits where β²ξ(t) − ∫∫ 1/(∫x)² is largest
    (Talagrand, Prob. Theory Relat. Fields 134, 339 (2006)).
    """
    low, high, m, _ = pair
    room = pair.spread
    t = expit(np.linspace(-14, 12, 1500))
    inside = np.clip(t, low, high)
    twice = np.minimum(t, low) ** 2 / (2 * room**2)
    twice += (inside - low) * (low / room**2 - 1 / (m * room)) + np.log(room / (1 - high + m * (high - inside))) / m**2
    slope = low / room**2 + (1 / (1 - high) - 1 / room) / m
    above = np.maximum(t, high)
    twice += (above - high) * (slope - 1 / (1 - high)) + np.log((1 - high) / (1 - above))
    gain = beta**2 * _covariance(mixture, q, t) - twice
    top = beta**2 * _covariance(mixture, q, high) - (
        low**2 / (2 * room**2) + (high - low) * (low / room**2 - 1 / (m * room)) + math.log(room / (1 - high)) / m**2
    )
    worst = int(gain.argmax())
    return float(gain[worst] - top), float(t[worst])
