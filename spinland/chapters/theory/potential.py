"""The exact potential of a glass, as a result that a file keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ...provenance import record
from ...results import Result

_POINTS = 46  # of the curve, besides the overlaps that are measured


@dataclass(frozen=True, eq=False, kw_only=True)
class PotentialTheory(Result):
    """Franz and Parisi's potential for N → ∞ at K temperatures, in ABC (:func:`spinland.theory.franz_parisi`).

    Attributes
    ----------
    temperatures : array (K,)
        T, of the reference too.
    overlap : array (Q,)
        q, rising from 0.
    potential : array (K, Q)
        V(q), per spin.
    static_temperature, dynamical_temperature : float
        Between them a second minimum is metastable.
    """

    temperatures: NDArray[np.float64]
    overlap: NDArray[np.float64]
    potential: NDArray[np.float64]
    static_temperature: float
    dynamical_temperature: float

    def at(self, k: int, overlaps: NDArray[np.float64]) -> NDArray[np.float64]:
        """V at overlaps that were measured, which the curve has among its own."""
        return np.asarray(np.interp(overlaps, self.overlap, self.potential[k]))


def potential_theory(order: int, temperatures: tuple[float, ...], overlaps: tuple[float, ...]) -> PotentialTheory:
    """The exact curve at temperatures from T_s on, at these overlaps and between them."""
    q = np.union1d(np.linspace(0, max(overlaps), _POINTS), overlaps)
    return PotentialTheory(
        temperatures=np.array(temperatures),
        overlap=q,
        potential=np.stack([sl.theory.franz_parisi(q, order, t).potential for t in temperatures]),
        static_temperature=sl.theory.static_temperature(order),
        dynamical_temperature=sl.theory.dynamical_temperature(order),
        provenance=record("potential_theory", {"order": order, "temperatures": temperatures, "overlaps": overlaps}),
    )
