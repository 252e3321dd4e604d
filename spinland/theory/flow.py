"""Gradient flow of the order-2 spherical glass in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ive

from .. import checks
from ..errors import ArgumentError
from . import conventions

_FAR = 1e4  # from here the asymptotic series of I_2/I_1 is exact to rounding


def gradient_flow_energy(times: ArrayLike, order: int = 2, convention: str = "abc") -> float | NDArray[np.float64]:
    """Energy per spin of the order-2 glass under gradient flow from a random point, for N → ∞.

    H = σᵀMσ, where the eigenvalues of M fill the semicircle of radius R = √2. The flow dσ/dt = −P∇H is
    σ(t) ∝ exp(−2Mt)σ(0), and a uniform start has the same weight on every eigenvector. Hence
    e(t) = −d ln w/ds at s = 4t, with w(s) = ∫ρ(λ) exp(−λs) dλ = 2 I_1(Rs)/(Rs):

        e(t) = −√2 I_2(4√2 t) / I_1(4√2 t) = −2t + … at short times, −√2 + 3/(8t) − … at long times.

    It is the energy of Cugliandolo and Dean, J. Phys. A 28, 4213 (1995), at T = 0.

    Parameters
    ----------
    times : float or array (...)
        Times t ≥ 0 of dσ/dt = −P∇H, in the units of ``convention``.
    order : int
        Only 2 has a closed form; :func:`quench_energy` integrates the others.
    convention : {"abc", "cs"}
        Normalisation of energies and times.

    Returns
    -------
    float or array (...)
        Energy per spin.

    Raises
    ------
    ArgumentError
        Negative times, another order or convention.

    Examples
    --------
    >>> round(gradient_flow_energy(1.0), 4)
    -1.0598
    """
    if checks.integer("order", order, minimum=2) != 2:
        raise ArgumentError("order", "2; theory.quench_energy integrates higher orders", order)
    t = nonnegative("times", times)
    z = np.atleast_1d(4.0 * np.sqrt(2.0) * conventions.to_abc_time(t, convention))
    ratio = z / 4.0  # I_2/I_1 → z/4
    middle = (z > 1e-8) & (z < _FAR)
    ratio[middle] = ive(2, z[middle]) / ive(1, z[middle])
    small = 1.0 / z[z >= _FAR]
    ratio[z >= _FAR] = 1.0 - 1.5 * small + 0.375 * small**2 + 0.375 * small**3
    energy = conventions.from_abc_energy(0.0 - np.sqrt(2.0) * ratio, convention)  # never −0
    return energy.reshape(t.shape) if t.ndim else float(energy[0])


def spectral_flow_energy(eigenvalues: ArrayLike, overlaps2: ArrayLike, times: ArrayLike) -> NDArray[np.float64]:
    """Energy per spin of one order-2 instance under gradient flow, exact at any N.

    For H = σᵀMσ with M symmetric, dσ/dt = −P∇H is solved by σ(t) ∝ exp(−2Mt)σ(0), so
    e(t) = Σ_i λ_i a_i exp(−4λ_i t) / Σ_i a_i exp(−4λ_i t).

    Parameters
    ----------
    eigenvalues : array (N,)
        Eigenvalues λ_i of M, per spin: H/N = Σ_i λ_i a_i / Σ_i a_i.
    overlaps2 : array (N,) or (B, N)
        Squares a_i = (v_i·σ(0))² of the start's components along the eigenvectors; any positive multiple.
    times : array (T,)
        Times t ≥ 0. Eigenvalues, times and energies are in one convention, whichever it is: λt is the same
        in both.

    Returns
    -------
    array (T,) or (B, T)
        Energy per spin.

    Raises
    ------
    ArgumentError
        Shapes that do not fit, negative squares or times, a start that is zero.

    Examples
    --------
    >>> spectral_flow_energy([-1.0, 1.0], [0.5, 0.5], [0.0]).tolist()
    [0.0]
    """
    levels = checks.float_array("eigenvalues", eigenvalues, ndim=1)
    weights = checks.float_array("overlaps2", overlaps2, ndim=(1, 2))
    if levels.size == 0 or weights.shape[-1] != levels.size:
        raise ArgumentError("overlaps2", f"shape ({levels.size},) or (any, {levels.size})", weights.shape)
    if weights.min() < 0 or not np.all(weights.sum(axis=-1) > 0):
        raise ArgumentError("overlaps2", "squares: none negative, and not all zero")
    t = nonnegative("times", times, ndim=1)
    rows = np.atleast_2d(weights)
    energy = np.empty((len(rows), len(t)))
    for row, out in zip(rows, energy, strict=True):
        present = row > 0
        a, above = row[present], levels[present] - levels[present].min()  # so that nothing overflows
        decayed = a * np.exp(-4.0 * t[:, None] * above)
        out[:] = levels[present].min() + (decayed @ above) / decayed.sum(axis=1)
    return energy if weights.ndim == 2 else energy[0]


def nonnegative(name: str, value: ArrayLike, ndim: int | None = None) -> NDArray[np.float64]:
    """Finite numbers, none negative."""
    array = checks.float_array(name, value, ndim=ndim)
    if array.size and array.min() < 0:
        raise ArgumentError(name, "numbers of at least 0", f"{array.min():g}")
    return array
