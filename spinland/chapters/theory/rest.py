"""Descent of the infinite glass from equilibrium, as a result that a file keeps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ...provenance import record
from ...results import Result

_STEPS = 300  # of the coarser of two grids: some tenths of a second for each temperature
FOURFOLD = 8  # times on the way to a time four times as long


@dataclass(frozen=True, eq=False, kw_only=True)
class RestTheory(Result):
    """Energies of gradient flow for N → ∞ from equilibrium at K temperatures, in ABC (`theory.quench_energy`).

    Attributes
    ----------
    temperatures : array (K,)
        T' of the starts, rising; infinity for random ones.
    times : array (T,)
        Rising.
    energies : array (K, T)
        Energy per spin.
    threshold : float
        Energy of the threshold.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "temperatures": ("temperatures",),
        "times": ("times",),
        "energies": ("temperatures", "times"),
    }

    temperatures: NDArray[np.float64]
    times: NDArray[np.float64]
    energies: NDArray[np.float64]
    threshold: float


def rest_theory(mixture: dict[int, float], shares: tuple[float, ...]) -> RestTheory:
    """Of starts at these shares of T_d, those below T_s left out, and of random ones."""
    step = 0.25 / math.sqrt(sum(beta**2 * p * (p - 1) for p, beta in mixture.items()))  # that of quench_energy
    times = (_STEPS - 5) * step * 4.0 ** (np.arange(-3 * FOURFOLD, 1) / FOURFOLD)
    dynamical, static = sl.theory.dynamical_temperature(mixture), sl.theory.static_temperature(mixture)
    starts = [*(share * dynamical for share in shares if share * dynamical >= static), math.inf]
    return RestTheory(
        temperatures=np.array(starts),
        times=times,
        energies=np.stack([sl.theory.quench_energy(times, mixture, start=start).energy for start in starts]),
        threshold=-sl.theory.mixture_threshold(mixture),
        provenance=record("rest_theory", {"mixture": mixture, "shares": shares}),
    )
