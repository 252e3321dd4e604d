"""Energy after a quench to T = 0, for N → ∞."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ...provenance import record
from ...results import Result

_STEPS = 1000  # of the two-time equations at most: ten seconds


@dataclass(frozen=True, eq=False, kw_only=True)
class QuenchTheory(Result):
    """Energy after a quench from a random point to T = 0, for N → ∞.

    Attributes
    ----------
    times, energy, error : (T,) float64
        Times, energies per spin, and their numerical error; 0 for a closed form.
    closed_form : bool
        Whether the curve is one, else it is integrated numerically as far as a minute allows.
    """

    times: NDArray[np.float64]
    energy: NDArray[np.float64]
    error: NDArray[np.float64]
    closed_form: bool


def quench_theory(order: int, last: float) -> QuenchTheory:
    """Energy of gradient flow up to the time ``last``, or as far as a minute allows."""
    if order > 2:
        last = min(last, reach(order))
    dense = np.concatenate([[0.0], np.geomspace(0.02, last, 120)]) if last > 0.02 else np.array([0.0, last])
    provenance = record("quench_theory", {"order": order, "last": last}, dtype=np.float64)
    if order == 2:
        energy = np.asarray(sl.theory.gradient_flow_energy(dense))
        return QuenchTheory(
            times=dense, energy=energy, error=np.zeros_like(energy), closed_form=True, provenance=provenance
        )
    curve = sl.theory.quench_energy(dense, order)
    return QuenchTheory(times=dense, energy=curve.energy, error=curve.error, closed_form=False, provenance=provenance)


def reach(order: int, temperature: float = 0.0) -> float:
    """Latest time to which the two-time equations are followed."""
    step = 0.5 / (temperature + 2 * math.sqrt(order * (order - 1)))  # that of quench_energy
    return _STEPS * step
