"""Energies in equilibrium, for N → ∞ and with the leading correction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

import spinland as sl

from ...provenance import record
from ...results import Result

_FROM_SECOND_MOMENT = 1.5  # nearer to its bound the leading correction is a quarter to two thirds too large


@dataclass(frozen=True, eq=False, kw_only=True)
class EquilibriumTheory(Result):
    """Energies in equilibrium.

    Attributes
    ----------
    temperatures, energy : (K,) float64
        For N → ∞: −β above the static temperature, that of one-step replica symmetry breaking below.
    corrected : (K,) float64
        The annealed value: with the leading correction at ``n_spins``; NaN below 1.5 times the temperature from which
        on it is finite, as it is far off near that.
    overlap, breaking : (K,) float64
        q and m of one-step breaking; 0 and 1 above the static temperature.
    n_spins : int
        Number of spins of the correction.
    grid, curve : (M,) float64
        Temperatures and energies for N → ∞, for a smooth line.
    """

    temperatures: NDArray[np.float64]
    energy: NDArray[np.float64]
    corrected: NDArray[np.float64]
    overlap: NDArray[np.float64]
    breaking: NDArray[np.float64]
    n_spins: int
    grid: NDArray[np.float64]
    curve: NDArray[np.float64]


def equilibrium_theory(order: int, temperatures: ArrayLike, n_spins: int) -> EquilibriumTheory:
    """Energies and order parameters at these temperatures."""
    temperatures = np.asarray(temperatures, np.float64)
    states = [sl.theory.one_rsb(order, float(t)) for t in temperatures]
    known = sl.theory.second_moment_temperature(order)
    corrected = [
        float(
            sl.theory.equilibrium_energy(order, float(t)) + sl.theory.finite_size_correction(n_spins, order, float(t))
        )
        if t >= _FROM_SECOND_MOMENT * known
        else math.nan
        for t in temperatures
    ]
    grid = np.linspace(0.95 * temperatures.min(), 1.05 * temperatures.max(), 200)
    return EquilibriumTheory(
        temperatures=temperatures,
        energy=np.array([state.energy for state in states]),
        corrected=np.array(corrected),
        overlap=np.array([state.q for state in states]),
        breaking=np.array([state.m for state in states]),
        n_spins=n_spins,
        grid=grid,
        curve=np.asarray(sl.theory.equilibrium_energy(order, grid)),
        provenance=record(
            "equilibrium_theory", {"order": order, "temperatures": temperatures, "n_spins": n_spins}, dtype=np.float64
        ),
    )
