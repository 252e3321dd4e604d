"""What theory says of a glass and its descent, as results that stand in the file beside what is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..results import Result

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


@dataclass(frozen=True, eq=False, kw_only=True)
class CountsTheory(Result):
    """Exact mean numbers of critical points.

    Attributes
    ----------
    sizes : (K,) int64
        Numbers of spins N, those whose critical points are looked for.
    by_index : (K, max N) float64
        Mean number of each index; NaN beyond N−1, and for more than 30 spins.
    n_spins : int
        The settings' number of spins.
    log_total : float
        Natural logarithm of the mean number of all critical points of that many spins.
    log_complex : float
        The same of their complex critical points, pairs ±σ counted once.
    """

    sizes: NDArray[np.int64]
    by_index: NDArray[np.float64]
    n_spins: int
    log_total: float
    log_complex: float


@dataclass(frozen=True, eq=False, kw_only=True)
class DepthTheory(Result):
    """Critical points of the glasses that stand for networks of one number of weights and several depths.

    Attributes
    ----------
    n_parameters : int
        Weights of every network.
    depths : (D,) int64
        Weight layers H.
    n_spins : (D,) float64
        Λ of each.
    log_complex : (D,) float64
        Natural logarithm of the number of complex critical points.
    log_real : (D,) float64
        Leading exponential of the mean number of real ones, Λ · ½ log(H−1).
    """

    n_parameters: int
    depths: NDArray[np.int64]
    n_spins: NDArray[np.float64]
    log_complex: NDArray[np.float64]
    log_real: NDArray[np.float64]


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
