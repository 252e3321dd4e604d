"""Two-time equations of the infinite spherical glass on a grid of even steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machines import single_threaded
from ..progress import track
from .mixtures import Mixture

_BLOCK = 128  # rows of the response that are multiplied at once: what lies above the diagonal is not read
_CORRECTIONS = 2  # of each step
_Row = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoTimes:
    """Solution at the times i·step, i = 0 … n, in the normalisation of ABC.

    Attributes
    ----------
    step : float
        Step h.
    energy : array (n+1,)
        Energy per spin e(ih).
    correlation : array (n+1, n+1)
        C(ih, jh), symmetric.
    response : array (n+1, n+1)
        R(ih, jh) for j ≤ i, with its limit 1 at j = i; 0 above the diagonal.
    """

    step: float
    energy: NDArray[np.float64]
    correlation: NDArray[np.float64]
    response: NDArray[np.float64]


def integrate(mixture: Mixture, temperature: float, step: float, n_steps: int, start: float = 0.0) -> TwoTimes:
    """Solve the equations of :func:`spinland.theory.quench_energy`, row t by row t.

    Predictor: two steps of Adams and Bashforth. Corrector: trapezoid, with the term −μX taken implicitly, and
    applied twice: with one application the error is of second order too, but does not extrapolate. All
    integrals are trapezoids. The kinks at t = t' lie on the grid, so the error is a series in h².

    Parameters
    ----------
    mixture : Mixture
        ξ(q).
    temperature, step : float
        T ≥ 0 and h > 0, in ABC.
    n_steps : int
        Number n of steps.
    start : float
        1/T' of the equilibrium that it starts from, in ABC; 0 for a random start.

    Returns
    -------
    TwoTimes
    """
    shape = (n_steps + 1, n_steps + 1)
    grid = TwoTimes(step=step, energy=np.zeros(n_steps + 1), correlation=np.zeros(shape), response=np.zeros(shape))
    c, r = grid.correlation, grid.response
    c[0, 0] = r[0, 0] = 1.0
    heats = temperature, start
    mu, *integrals = _right_side(grid, mixture, heats, 0)
    previous: list[_Row] = []
    # One thread: products of a matrix and a vector wait for memory, and the bits are those of any machine.
    with single_threaded(), track(n_steps, "two-time equations") as advance:
        for i in range(n_steps):
            rows = c[i, : i + 1], r[i, : i + 1]
            slopes = [integral - mu * row for integral, row in zip(integrals, rows, strict=True)]
            bases = [row + 0.5 * step * slope for row, slope in zip(rows, slopes, strict=True)]
            guesses = [base + 0.5 * step * slope for base, slope in zip(bases, slopes, strict=True)]
            for guess, slope, before in zip(guesses, slopes, previous, strict=False):
                guess[:i] += 0.5 * step * (slope[:i] - before)
            previous = slopes
            _set_row(grid, i + 1, guesses)
            for _ in range(_CORRECTIONS):
                mu, *integrals = _right_side(grid, mixture, heats, i + 1)
                _set_row(
                    grid,
                    i + 1,
                    [
                        (base + 0.5 * step * integral[:-1]) / (1.0 + 0.5 * step * mu)
                        for base, integral in zip(bases, integrals, strict=True)
                    ],
                )
            mu, *integrals = _right_side(grid, mixture, heats, i + 1)
            advance()
    return grid


def _set_row(grid: TwoTimes, i: int, rows: list[_Row]) -> None:
    grid.correlation[i, :i] = grid.correlation[:i, i] = rows[0]
    grid.response[i, :i] = rows[1]
    grid.correlation[i, i] = grid.response[i, i] = 1.0


def _right_side(grid: TwoTimes, mixture: Mixture, heats: tuple[float, float], i: int) -> tuple[float, _Row, _Row]:
    """μ, and the integrals that drive C(t_i, t_j) and R(t_i, t_j), j = 0 … i; sets the energy of t_i.

    ``heats`` are T and 1/T', that of the start.
    """
    (temperature, start), h = heats, grid.step
    c, r = grid.correlation[i, : i + 1], grid.response[i, : i + 1]
    noise = h * mixture.slope(c)
    memory = h * mixture.curvature(c) * r
    full = memory.copy()  # ∫₀ᵗ: half of both ends
    full[[0, i]] *= 0.5
    ends = 0.5 * (noise[0] * r[0] + noise[i] * r[i]) if i else noise[0]
    work = float(noise @ r - ends)
    pull = start * float(mixture.slope(c[0]))  # of the start, whose energy is lower than that of a random point
    grid.energy[i] = 0.0 - work - start * float(mixture.covariance(c[0]))  # never −0
    mu = temperature + float(full @ c if i else 0.0) + work + pull * float(c[0])
    drive_c = np.empty(i + 1)
    drive_r = np.zeros(i + 1)
    # Rows before i, then row i itself. Its integrals at t' = t follow from C(t, t) = R(t, t) = 1.
    drive_c[:i] = full[:i] @ grid.correlation[:i, :i] + full[i] * c[:i]
    for begin in range(0, i, _BLOCK):
        end = min(begin + _BLOCK, i)
        earlier = grid.response[begin:end, :end]
        drive_c[begin:end] += earlier @ noise[:end]
        drive_r[:end] += memory[begin:end] @ earlier
    drive_c[:i] -= 0.5 * (noise[0] * grid.response[:i, 0] + noise[:i])
    if pull:
        drive_c[:i] += pull * grid.correlation[:i, 0]
    drive_r[:i] += full[i] * r[:i] - 0.5 * memory[:i]
    drive_c[i] = mu - temperature
    return mu, drive_c, drive_r
