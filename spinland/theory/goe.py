"""Eigenvalues of the Gaussian orthogonal ensemble: their density, and their order.

Matrices here are N×N, real symmetric, with entries of variance 1 on the diagonal and 1/2 off it, so that
the joint density of the eigenvalues is ∝ Π|λ_i − λ_j| exp(−Σ λ_i²/2) and the bulk ends at ±sqrt(2N).
Auffinger, Ben Arous and Černý (arXiv:1003.1129) scale them by 1/sqrt(N).

The order of the eigenvalues comes from de Bruijn's Pfaffian (N. G. de Bruijn, J. Indian Math. Soc. 19,
133, 1955). For the n = N−1 other eigenvalues, given one at x,

    Σ_k z^k · (weight of "k of them below x") ∝ Pf A(z),
    A_jl(z) = ∫∫ sgn(t − s) g_j(s) g_l(t) v(s) v(t) ds dt,   v = z below x and 1 above,

with g_j(s) = |s − x| φ_j(s), φ_j the Hermite functions; for odd n a border ∫ g_j v is added. This is a
polynomial in z of degree n, known from its values at the N-th roots of unity.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from ..machines import single_threaded
from .pfaffians import pfaffian

LARGEST_ORDERED = 64  # eigenvalues; the accuracy of the Pfaffians is tested up to here
RESCALE = 1e100
Array = NDArray[np.float64]


def log_density(x: Array, n: int) -> Array:
    r"""Logarithm of the density of all n eigenvalues (its integral over x is n).

    Parameters
    ----------
    x : (M,) array
        Positions.
    n : int
        Size of the matrices, n ≥ 2.

    Returns
    -------
    (M,) float64
        log ρ_n(x), also where ρ_n underflows.

    Notes
    -----
    ρ_n(x) = Σ_{j<n} φ_j² + sqrt(n/2) φ_{n−1}(x) ∫ ½ sgn(x − t) φ_n(t) dt, and for odd n
    + φ_{n−1}(x)/∫φ_{n−1} (M. L. Mehta, "Random Matrices", 3rd edition, 2004, chapter 7). The integrals
    follow from φ_j' = sqrt(j/2) φ_{j−1} − sqrt((j+1)/2) φ_{j+1}.
    """
    half = _half_sign_integral_start(x, n)
    scale = -0.5 * x * x  # φ_j = a_j exp(scale), so that neither under- nor overflows
    before, a = np.zeros_like(x), np.full_like(x, math.pi**-0.25)
    squares = np.zeros_like(x)
    for j in range(n):
        squares += a * a
        if (n - j) % 2 == 1:  # the integral of φ_{j+1} from that of φ_{j−1}; the last is that of φ_n
            half = math.sqrt(2.0 / (j + 1)) * (math.sqrt(j / 2.0) * half - a * np.exp(scale))
        if j == n - 1:
            break
        before, a = a, math.sqrt(2.0 / (j + 1)) * x * a - math.sqrt(j / (j + 1)) * before
        large = np.abs(a) > RESCALE
        if large.any():
            down = np.where(large, 1.0 / RESCALE, 1.0)
            before, a, squares = before * down, a * down, squares * down * down
            scale = scale - np.log(down)
    factor = math.sqrt(n / 2.0) * half
    if n % 2 == 1:
        factor = factor + 1.0 / _hermite_integral(n - 1)
    return np.asarray(scale + np.log(np.exp(scale) * squares + a * factor))


def _half_sign_integral_start(x: Array, n: int) -> Array:
    """The integral ∫ ½ sgn(x − t) φ_j(t) dt of j = 0 for even n; nothing for odd n, which start at j = 1."""
    if n % 2 == 1:
        return np.zeros_like(x)
    return np.asarray(math.pi**-0.25 * math.sqrt(math.pi / 2.0) * erf(x / math.sqrt(2.0)))


def _hermite_integral(j: int) -> float:
    """The integral of φ_j over the line, j even."""
    return math.pi**-0.25 * math.sqrt(2.0 * math.pi) * math.prod(math.sqrt((i - 1) / i) for i in range(2, j + 1, 2))


def order_weights(x: Array, n: int, tilt: Array) -> tuple[Array, Array]:
    """Where in the order an eigenvalue found at x stands, with weight exp(tilt · number below it).

    With p_k the probability that it is the (k+1)-th smallest of the n, the weights are
    p_k exp(tilt·k) = share_k exp(log_total), up to a factor that depends on x alone. A tilt brings a k of
    tiny p_k to the centre of the shares, where it is known to many digits.

    Parameters
    ----------
    x : (M,) array
        Positions.
    n : int
        Size of the matrices, 2 ≤ n ≤ 64.
    tilt : (M,) array
        Zero gives the probabilities themselves.

    Returns
    -------
    share : (M, n) float64
        Rows add up to one; errors are below 1e-12, absolute. Not negative.
    log_total : (M,) float64
        Comparable between tilts of the same x.
    """
    rows = max(1, 2_000_000 // n**3)
    with single_threaded():  # many small products: threads would only wait for each other
        parts = [_order_weights(x[i : i + rows], n, tilt[i : i + rows]) for i in range(0, len(x), rows)]
    return np.concatenate([share for share, _ in parts]), np.concatenate([total for _, total in parts])


def _order_weights(x: Array, n: int, tilt: Array) -> tuple[Array, Array]:
    below, below_sum, above, above_sum, log_norms = _skew_integrals(x, n, tilt)
    cross = below_sum[:, :, None] * above_sum[:, None, :]
    cross -= cross.transpose(0, 2, 1)
    z = np.exp(2j * np.pi * np.arange(n // 2 + 1) / n)  # the others are complex conjugates
    size = n - 1 + (n - 1) % 2
    matrix = np.zeros((len(x), len(z), size, size), np.complex128)
    w = z[None, :, None, None]
    matrix[:, :, : n - 1, : n - 1] = w * w * below[:, None] + above[:, None] + w * cross[:, None]
    if size == n:
        border = z[None, :, None] * below_sum[:, None] + above_sum[:, None]
        matrix[:, :, : n - 1, n - 1] = border
        matrix[:, :, n - 1, : n - 1] = -border
    values = pfaffian(matrix)
    total = values[:, 0].real.copy()  # z = 1: the sum over k
    # Σ_k z^k share_k with z = exp(+2πi j/n): the conjugate has NumPy's sign.
    share = np.fft.irfft((values / total[:, None]).conj(), n, axis=1)
    return np.maximum(share, 0.0), np.log(np.abs(total)) + log_norms


def _skew_integrals(x: Array, n: int, tilt: Array) -> tuple[Array, Array, Array, Array, Array]:
    """The integrals of A in a basis that suits x and tilt, below x and above it, and log of its norms.

    The basis is g_j = p_j(s) |s − x| exp(−s²/2) v(s), j < n−1, with v = exp(tilt) below x and 1 above, and
    p_j the polynomials for which it is orthonormal (by Stieltjes' recurrence). A keeps a moderate condition
    in it, whatever the tilt; det of the change from monic polynomials is the product of the norms.
    """
    reach = math.sqrt(2.0 * n) + 9.0
    nodes, weights, primitive = _legendre(3 * n + 80)
    middle = np.clip(x, -reach, reach)[:, None]
    halves = np.stack([0.5 * (middle + reach), 0.5 * (reach - middle)])
    s = np.stack([0.5 * (middle - reach), 0.5 * (reach + middle)]) + halves * nodes  # (2, M, nodes)
    high = np.maximum(tilt, 0.0)  # factors of at most one, corrected at the end
    v = np.exp(np.stack([tilt - high, -high]))[:, :, None]
    g, log_norms = _orthonormal(s, np.abs(s - x[:, None]) * np.exp(-0.5 * s * s) * v, weights * halves, n - 1)
    weighted = g * (weights * halves)[:, :, None]
    product = halves[:, :, None] * ((g @ primitive.T) @ weighted.transpose(0, 1, 3, 2))
    skew = product - product.transpose(0, 1, 3, 2)
    sums = weighted.sum(axis=-1)
    return skew[0], sums[0], skew[1], sums[1], log_norms + (n - 1) * high


def _orthonormal(s: Array, first: Array, weights: Array, n: int) -> tuple[Array, Array]:
    """The functions p_j(s) first(s), j < n, orthonormal over both halves, (2, M, n, nodes); Σ of log norms."""
    g = np.empty((*s.shape[:2], n, s.shape[2]))
    last = before = np.zeros_like(s)
    current = first
    norm = log_norm = total = np.zeros(s.shape[1])
    for j in range(n):
        if j:
            centre = np.einsum("hmt,hmt->m", weights, s * last * last)
            current = (s - centre[:, None]) * last - norm[:, None] * before
        norm = np.sqrt(np.einsum("hmt,hmt->m", weights, current * current))
        before, last = last, current / norm[:, None]
        g[:, :, j] = last
        log_norm = log_norm + np.log(norm)
        total = total + log_norm
    return g, total


@lru_cache(maxsize=4)
def _legendre(m: int) -> tuple[Array, Array, Array]:
    """Gauss–Legendre nodes and weights, and the matrix of ∫_{−1}^{node} of values at the nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(m)
    values = np.polynomial.legendre.legvander(nodes, m)
    degree = np.arange(m)
    coefficients = (degree[:, None] + 0.5) * values[:, :m].T * weights
    lower = np.concatenate([-np.ones((m, 1)), values[:, : m - 1]], axis=1)
    return nodes, weights, ((values[:, 1:] - lower) / (2 * degree + 1)) @ coefficients
