"""Energies, temperatures and complexity of one order in one result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ... import checks
from ...provenance import record
from ...results import Result

LAYERS = 4  # E_0 to E_3


@dataclass(frozen=True, eq=False, kw_only=True)
class TheoryCard(Result):
    """Energies, temperatures and complexity of one order, for N → ∞ where nothing else is said.

    Attributes
    ----------
    order : int
        p.
    names : tuple of str
        Names of the quantities in ``abc`` and ``cs``: energies "layer 0" (E_0, the ground state) to "layer 3" and
        "threshold" (E_inf), positive numbers of which the energy is the negative; "static temperature",
        "dynamical temperature"; "static energy" and "dynamical energy", those in equilibrium at the two.
    abc, cs : (K,) float64
        Their values in the normalisation of Auffinger, Ben Arous and Černý and in that of Crisanti and Sommers.
    static_overlap, dynamical_overlap : float
        Edwards and Anderson's overlap q_EA at the two temperatures.
    threshold_complexity : float
        Θ_0 at the threshold, the logarithm of the number of minima per spin there.
    energy : (M,) float64
        Energies u of the curves.
    complexity : (M,) float64
        Θ(u), of all critical points.
    complexity_by_index : (LAYERS, M) float64
        Θ_k(u).
    """

    order: int
    names: tuple[str, ...]
    abc: NDArray[np.float64]
    cs: NDArray[np.float64]
    static_overlap: float
    dynamical_overlap: float
    threshold_complexity: float
    energy: NDArray[np.float64]
    complexity: NDArray[np.float64]
    complexity_by_index: NDArray[np.float64]

    def value(self, name: str, convention: str = "abc") -> float:
        """One of the quantities."""
        values = getattr(self, checks.choice("convention", convention, ("abc", "cs")))
        return float(values[self.names.index(checks.choice("name", name, self.names))])

    @property
    def ground_state(self) -> float:
        """E_0 in the normalisation of the glass."""
        return self.value("layer 0")

    @property
    def threshold(self) -> float:
        """E_inf in the normalisation of the glass."""
        return self.value("threshold")

    @property
    def layers(self) -> NDArray[np.float64]:
        """E_0, E_1, … in the normalisation of the glass."""
        return self.abc[:LAYERS]


def theory_card(order: int) -> TheoryCard:
    """Levels, temperatures and complexity of the pure spherical glass of an order, for N → ∞.

    Parameters
    ----------
    order : int
        p, at least 2.

    Returns
    -------
    TheoryCard
        What ``figures.complexity_curves`` draws.

    Raises
    ------
    ArgumentError
        An order below 2.
    """
    order = checks.integer("order", order, minimum=2)
    t_s, t_d = sl.theory.static_temperature(order), sl.theory.dynamical_temperature(order)
    rows: dict[str, list[float]] = {}
    for convention in ("abc", "cs"):
        unit = sl.theory.static_temperature(order, convention) / t_s
        values = {f"layer {k}": sl.theory.layer_energy(order, k, convention) for k in range(LAYERS)}
        values |= {
            "threshold": sl.theory.threshold_energy(order, convention),
            "static temperature": sl.theory.static_temperature(order, convention),
            "dynamical temperature": sl.theory.dynamical_temperature(order, convention),
            "static energy": sl.theory.one_rsb(order, t_s * unit, convention).energy,
            "dynamical energy": sl.theory.one_rsb(order, t_d * unit, convention).energy,
        }
        rows[convention] = list(values.values())
    edge = rows["abc"][0]
    u = np.concatenate([np.linspace(-1.04 * edge, -0.95 * edge, 400), np.linspace(-0.95 * edge, 0.3, 200)[1:]])
    threshold = -sl.theory.threshold_energy(order)
    return TheoryCard(
        order=order,
        names=tuple(values),
        abc=np.array(rows["abc"]),
        cs=np.array(rows["cs"]),
        static_overlap=_plateau(order, t_s),
        dynamical_overlap=(order - 2) / (order - 1),  # where (1−q)ξ'(q)/q is largest
        threshold_complexity=float(sl.theory.complexity(threshold, order, 0)),
        energy=u,
        complexity=np.asarray(sl.theory.complexity(u, order)),
        complexity_by_index=np.stack([np.asarray(sl.theory.complexity(u, order, k)) for k in range(LAYERS)]),
        provenance=record("theory_card", {"order": order}, dtype=np.float64),
    )


def _plateau(order: int, temperature: float) -> float:
    """q_EA a little below a temperature, where it is that of the phase below; it begins at 0 for order 2."""
    return 0.0 if order == 2 else sl.theory.one_rsb(order, temperature * (1 - 1e-9)).edwards_anderson
