"""Results of theory for the glass of the settings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..provenance import record
from ..theory.counts import mean_critical_points, mean_critical_points_by_index
from ..theory.depth import critical_points_by_depth
from ..theory.finite_size import equilibrium_energy, finite_size_correction, second_moment_temperature
from ..theory.flow import gradient_flow_energy
from ..theory.levels import complexity, layer_energy, threshold_energy
from ..theory.polynomials import complex_critical_points
from ..theory.quench import quench_correlation, quench_energy
from ..theory.thermodynamics import marginal_state, one_rsb
from ..theory.transitions import dynamical_temperature, static_temperature
from .glass_results import (
    LAYERS,
    AgeingTheory,
    CountsTheory,
    DepthTheory,
    EquilibriumTheory,
    QuenchTheory,
    TheoryCard,
)

_MOST_EXACT = 30  # spins up to which numbers by index are computed: they take a minute there
_FROM_SECOND_MOMENT = 1.5  # nearer to its bound the leading correction is a quarter to two thirds too large
_STEPS = 1000  # of the two-time equations at most: ten seconds


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
        static_overlap=_plateau(order, t_s), dynamical_overlap=(order - 2) / (order - 1),  # where (1−q)ξ'(q)/q is largest
        threshold_complexity=float(complexity(threshold, order, 0)),
        energy=u, complexity=np.asarray(complexity(u, order)),
        complexity_by_index=np.stack([np.asarray(complexity(u, order, k)) for k in range(LAYERS)]),
        provenance=record("theory_card", {"order": order}, dtype=np.float64),
    )  # fmt: skip


def _plateau(order: int, temperature: float) -> float:
    """q_EA a little below a temperature, where it is that of the phase below; it begins at 0 for order 2."""
    return 0.0 if order == 2 else one_rsb(order, temperature * (1 - 1e-9)).edwards_anderson


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
        if t >= _FROM_SECOND_MOMENT * known
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
