"""Mean number of critical points at large N, with its prefactor."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_ndtr

from ..checks import boolean, float_array, integer
from ..errors import ArgumentError
from .conventions import to_abc_energy
from .levels import complexity, threshold_energy


def large_n_critical_points(
    n_spins: int,
    order: int,
    index: int | None = None,
    below: float | None = None,
    convention: str = "abc",
    *,
    log: bool = False,
) -> float:
    """Mean number of critical points in the limit of many spins; quick at any N.

    Parameters
    ----------
    n_spins : int
        N ≥ 2; meant for large N.
    order : int
        p ≥ 3. (Order 2 has exactly 2N critical points.)
    index : int, optional
        Only those of this index, fixed as N grows. Then the result is the leading exponential exp(N Θ_k)
        *without* a prefactor, right only in lim (1/N) log.
    below : float, optional
        Only those with an energy per spin of at most this.
    convention : {"abc", "cs"}
        Normalisation of ``below``.
    log : bool
        Natural logarithm of the number.

    Returns
    -------
    float
        Without ``index`` the ratio to :func:`mean_critical_points` tends to one, as 1 + O(1/N) at a fixed
        ``below``. With it only the ratio of the logarithms does.

    Raises
    ------
    ArgumentError
        N < 2, order < 3, index < 0, a limit that is not finite or, without ``index``, so close to the
        threshold −E_inf that neither form holds (within a share N^{−2/3}); an unknown convention; a number
        too large for a float without ``log``.

    Notes
    -----
    The case distinction of theorem 2.17 of arXiv:1003.1129, written from the density of eigenvalues ρ_N in
    the exact formula of :mod:`.counts`, c = (p−2)/(2p), x = E sqrt(pN/(2(p−1))). All critical points:
    4 sqrt(2N/(π(p−2))) (p−1)^{N/2}. Between threshold and 0, ρ_N is the semicircle sqrt(2N − x²)/π, taken at
    the limit, and the Gaussian is integrated. Below the threshold, with x² = (2N−1) cosh²θ, Plancherel and
    Rotach's form of the Hermite function gives ρ_N ≈ (2N)^{1/4}/(2 sqrt(2π)) (x² − 2N + 1)^{−1/4}
    exp(−(2N−1)(sinh 2θ − 2θ)/4), and the integral is ρ_N exp(−c x²)/(2c|x| + sqrt(x² − 2N + 1)).

    Examples
    --------
    >>> round(large_n_critical_points(100, 3, log=True), 3)
    38.12
    """
    n = integer("n_spins", n_spins, minimum=2)
    p = integer("order", order, minimum=3)
    u = None if below is None else float(to_abc_energy(float_array("below", below, ndim=0), convention))
    to_abc_energy(0.0, convention)  # refuses an unknown one where there is no limit too
    if index is not None:
        k = integer("index", index, minimum=0)
        value = n * float(complexity(0.0 if u is None else u, p, k))
    else:
        value = math.log(2.0) + 0.5 * math.log(2.0 / p) + 0.5 * n * math.log(p - 1) + _log_integral(n, p, u)
    if boolean("log", log):
        return value
    if value > math.log(np.finfo(np.float64).max):
        raise ArgumentError("log", f"True for a number as large as exp({value:.4g})", log)
    return math.exp(value)


def _log_integral(n: int, p: int, u: float | None) -> float:
    """Logarithm of ∫ exp(−c x²) ρ_N(x) dx up to the energy u."""
    c = (p - 2) / (2.0 * p)
    whole = 0.5 * math.log(2.0 * n) - math.log(math.pi) + 0.5 * math.log(math.pi / c)
    if u is None:
        return whole
    end = threshold_energy(p)
    if abs(u / end + 1.0) < n ** (-2 / 3):
        raise ArgumentError(
            "below", f"an energy further from the threshold {-end:.6g} (use mean_critical_points there)", u
        )
    x = u * math.sqrt(p * n / (2.0 * (p - 1)))
    if u < -end:
        return _log_tail(n, c, -x)
    semicircle = 0.5 * math.log(1.0 - min(x, 0.0) ** 2 / (2.0 * n))
    return whole + semicircle + float(log_ndtr(math.sqrt(2.0 * c) * x))


def _log_tail(n: int, c: float, x: float) -> float:
    square = 2.0 * n - 1.0
    theta = math.acosh(x / math.sqrt(square))
    root = math.sqrt(x * x - square)
    log_density = (
        0.25 * math.log(2.0 * n)
        - math.log(2.0 * math.sqrt(2.0 * math.pi))
        - 0.5 * math.log(root)
        - 0.25 * square * (math.sinh(2.0 * theta) - 2.0 * theta)
    )
    return log_density - c * x * x - math.log(2.0 * c * x + root)
