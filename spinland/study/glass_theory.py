"""What theory says of the glass of the settings, as results that stand in the file beside what is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..provenance import record
from ..results import Result
from ..theory.counts import mean_critical_points, mean_critical_points_by_index
from ..theory.depth import critical_points_by_depth
from ..theory.finite_size import equilibrium_energy, finite_size_correction, second_moment_temperature
from ..theory.flow import gradient_flow_energy
from ..theory.levels import complexity, layer_energy, threshold_energy
from ..theory.polynomials import complex_critical_points
from ..theory.quench import quench_correlation, quench_energy
from ..theory.thermodynamics import dynamical_temperature, marginal_state, one_rsb, static_temperature

LAYERS = 4  # E_0 to E_3
_MOST_EXACT = 30  # spins up to which numbers by index are computed: they take a minute there
_STEPS = 1000  # of the two-time equations at most: ten seconds


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
        return float(getattr(self, convention)[self.names.index(name)])

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
        With the leading correction at ``n_spins``; NaN at temperatures where it is not known.
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


def theory_card(order: int) -> TheoryCard:
    """Levels, temperatures and complexity of an order."""
    t_s, t_d = static_temperature(order), dynamical_temperature(order)
    rows: dict[str, list[float]] = {}
    for convention in ("abc", "cs"):
        unit = static_temperature(order, convention) / t_s
        values = {f"layer {k}": layer_energy(order, k, convention) for k in range(LAYERS)}
        values |= {
            "threshold": threshold_energy(order, convention),
            "static temperature": static_temperature(order, convention),
            "dynamical temperature": dynamical_temperature(order, convention),
            "static energy": one_rsb(order, t_s * unit, convention).energy,
            "dynamical energy": one_rsb(order, t_d * unit, convention).energy,
        }
        rows[convention] = list(values.values())
    edge = rows["abc"][0]
    u = np.concatenate(
        [np.linspace(-1.04 * edge, -0.95 * edge, 400), np.linspace(-0.95 * edge, 0.3, 200)[1:]]
    )
    threshold = -threshold_energy(order)
    return TheoryCard(
        order=order, names=tuple(values), abc=np.array(rows["abc"]), cs=np.array(rows["cs"]),
        static_overlap=_plateau(order, t_s), dynamical_overlap=_plateau(order, t_d),
        threshold_complexity=float(complexity(threshold, order, 0)),
        energy=u, complexity=np.asarray(complexity(u, order)),
        complexity_by_index=np.stack([np.asarray(complexity(u, order, k)) for k in range(LAYERS)]),
        provenance=record("theory_card", {"order": order}, dtype=np.float64),
    )  # fmt: skip


def _plateau(order: int, temperature: float) -> float:
    """q_EA a little below a temperature, where it is that of the phase below."""
    return one_rsb(order, temperature * (1 - 1e-9)).edwards_anderson


def reach(order: int, temperature: float = 0.0) -> float:
    """Latest time to which the two-time equations are followed."""
    step = 0.5 / (temperature + 2 * math.sqrt(order * (order - 1)))  # that of quench_energy
    return _STEPS * step


def quench_theory(order: int, times: NDArray[np.float64]) -> QuenchTheory:
    """Energy of gradient flow at these times, and at more of them for a smooth line."""
    last = float(times.max())
    if order > 2:
        last = min(last, reach(order))
    dense = np.concatenate([[0.0], np.geomspace(0.02, last, 120)]) if last > 0.02 else np.array([0.0, last])
    provenance = record("quench_theory", {"order": order, "last": last}, dtype=np.float64)
    if order == 2:
        energy = np.asarray(gradient_flow_energy(dense))
        return QuenchTheory(
            times=dense, energy=energy, error=np.zeros_like(energy), closed_form=True, provenance=provenance
        )
    curve = quench_energy(dense, order)
    return QuenchTheory(
        times=dense, energy=curve.energy, error=curve.error, closed_form=False, provenance=provenance
    )


def counts_theory(order: int, sizes: tuple[int, ...], n_spins: int) -> CountsTheory:
    """Exact mean numbers of critical points of the small sizes by index, and of the large one."""
    by_index = np.full((len(sizes), max(sizes)), np.nan)
    for row, n in zip(by_index, sizes, strict=True):
        if n <= _MOST_EXACT:
            row[:n] = mean_critical_points_by_index(n, order)
    return CountsTheory(
        sizes=np.array(sizes), by_index=by_index, n_spins=n_spins,
        log_total=float(mean_critical_points(n_spins, order, log=True)),
        log_complex=math.log(complex_critical_points(n_spins, order)),
        provenance=record("counts_theory", {"order": order, "sizes": sizes, "n_spins": n_spins}, dtype=np.float64),
    )  # fmt: skip


def equilibrium_theory(order: int, temperatures: NDArray[np.float64], n_spins: int) -> EquilibriumTheory:
    """Energies and order parameters at these temperatures."""
    states = [one_rsb(order, float(t)) for t in temperatures]
    known = second_moment_temperature(order)
    corrected = [
        float(equilibrium_energy(order, float(t)) + finite_size_correction(n_spins, order, float(t)))
        if t > 1.001 * known
        else math.nan
        for t in temperatures
    ]
    grid = np.linspace(0.95 * temperatures.min(), 1.05 * temperatures.max(), 200)
    return EquilibriumTheory(
        temperatures=temperatures, energy=np.array([state.energy for state in states]),
        corrected=np.array(corrected),
        overlap=np.array([state.q for state in states]), breaking=np.array([state.m for state in states]),
        n_spins=n_spins, grid=grid, curve=np.asarray(equilibrium_energy(order, grid)),
        provenance=record(
            "equilibrium_theory", {"order": order, "temperatures": temperatures, "n_spins": n_spins}, dtype=np.float64
        ),
    )  # fmt: skip


def ageing_theory(
    order: int, temperature: float, waiting_times: NDArray[np.float64], times: NDArray[np.float64]
) -> AgeingTheory:
    """Two-time correlation after a quench, as far as the equations are followed."""
    state = marginal_state(order, temperature)
    correlation = np.full((len(waiting_times), len(times)), np.nan)
    error = correlation.copy()
    latest = reach(order, temperature)
    rows = np.flatnonzero(waiting_times < latest)
    energy_times, energy = np.empty(0), np.empty(0)
    if len(rows):
        columns = np.flatnonzero(times <= latest - waiting_times[rows].max())
        since = np.concatenate([[0.0], waiting_times[rows]])  # from time 0 for the energy's sake
        curve = quench_correlation(since, times[columns], order, temperature)
        correlation[np.ix_(rows, columns)] = curve.correlation[1:]
        error[np.ix_(rows, columns)] = curve.correlation_error[1:]
        energy_times, first = np.unique(curve.waiting_times[:, None] + curve.times, return_index=True)
        energy = curve.energy.ravel()[first]
    arguments = {"order": order, "temperature": temperature, "waiting_times": waiting_times, "times": times}
    return AgeingTheory(
        temperature=temperature, waiting_times=waiting_times, times=times, correlation=correlation,
        correlation_error=error, plateau=state.edwards_anderson, energy_times=energy_times, energy=energy,
        final_energy=state.energy,
        provenance=record("ageing_theory", arguments, dtype=np.float64),
    )  # fmt: skip


def depth_theory(n_parameters: int) -> DepthTheory:
    """Numbers of critical points at depths 2 to 30, as far as there are weights enough."""
    result = critical_points_by_depth(n_parameters, range(2, min(30, n_parameters) + 1))
    return DepthTheory(
        n_parameters=n_parameters, depths=result.depths, n_spins=result.n_spins, log_complex=result.log_complex,
        log_real=result.complexity,
        provenance=record("depth_theory", {"n_parameters": n_parameters}, dtype=np.float64),
    )  # fmt: skip
