"""Correlation and energy after a quench to a temperature, for N → ∞."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ...provenance import record
from ...results import Result
from .quench import reach


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeingTheory(Result):
    """Correlation after a quench to a temperature, for N → ∞.

    Attributes
    ----------
    temperature : float
        T.
    waiting_times : (W,) float64
        t_w.
    times : (T,) float64
        t.
    correlation, correlation_error : (W, T) float64
        C(t_w + t, t_w), NaN where the equations were not followed so far, and its numerical error.
    plateau : float
        Edwards and Anderson's overlap of the threshold states; 0 where there are none.
    energy_times, energy : (E,) float64
        Times since the quench, and the energy per spin then.
    final_energy : float
        Energy that the quench tends to.
    """

    temperature: float
    waiting_times: NDArray[np.float64]
    times: NDArray[np.float64]
    correlation: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    plateau: float
    energy_times: NDArray[np.float64]
    energy: NDArray[np.float64]
    final_energy: float


def ageing_theory(
    order: int, temperature: float, waiting_times: NDArray[np.float64], times: NDArray[np.float64]
) -> AgeingTheory:
    """Two-time correlation after a quench, as far as the equations are followed."""
    state = sl.theory.marginal_state(order, temperature)
    correlation = np.full((len(waiting_times), len(times)), np.nan)
    error = correlation.copy()
    latest = reach(order, temperature)
    rows = np.flatnonzero(waiting_times < latest)
    energy_times, energy = np.empty(0), np.empty(0)
    if len(rows):
        columns = np.flatnonzero(times <= latest - waiting_times[rows].max())
        since = np.concatenate([[0.0], waiting_times[rows]])  # from time 0 for the energy's sake
        curve = sl.theory.quench_correlation(since, times[columns], order, temperature)
        correlation[np.ix_(rows, columns)] = curve.correlation[1:]
        error[np.ix_(rows, columns)] = curve.correlation_error[1:]
        energy_times, first = np.unique(curve.waiting_times[:, None] + curve.times, return_index=True)
        energy = curve.energy.ravel()[first]
    arguments = {"order": order, "temperature": temperature, "waiting_times": waiting_times, "times": times}
    return AgeingTheory(
        temperature=temperature,
        waiting_times=waiting_times,
        times=times,
        correlation=correlation,
        correlation_error=error,
        plateau=state.edwards_anderson,
        energy_times=energy_times,
        energy=energy,
        final_energy=state.energy,
        provenance=record("ageing_theory", arguments, dtype=np.float64),
    )
