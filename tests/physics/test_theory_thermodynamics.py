"""Temperatures and one-step solutions, against maximisation, thermodynamics, marginality and sampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from spinland import theory
from spinland.errors import ArgumentError

ORDERS = (3, 4, 6)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1, user_api="blas"):  # products this small only wait for further threads
        yield


def parisi(order, temperature, q, m):
    """−2βf at one step of breaking, as a determinant over replicas gives it: to be maximised over q and m < 1."""
    inner = (1 - (1 - m) * q**order) / temperature**2
    return inner + (m - 1) / m * math.log(1 - q) + math.log(1 - q + m * q) / m


@pytest.mark.parametrize(
    ("order", "static", "dynamical"), [(3, 0.5860, math.sqrt(3 / 8)), (4, 0.5030, 2 / math.sqrt(27) * math.sqrt(2))]
)
def test_published_temperatures(order, static, dynamical):
    # p = 3: Crisanti and Sommers 1992, and T_d = sqrt(p(p−2)^(p−2)/(2(p−1)^(p−1))) of Castellani and Cavagna
    assert theory.static_temperature(order, "cs") == pytest.approx(static, abs=1e-4)
    assert theory.dynamical_temperature(order, "cs") == pytest.approx(dynamical, rel=1e-12)
    for function in (theory.static_temperature, theory.dynamical_temperature, theory.second_moment_temperature):
        assert function(order) == pytest.approx(math.sqrt(2) * function(order, "cs"))


@pytest.mark.parametrize("order", [2, *ORDERS, 12])
def test_a_mixture_of_one_order_is_that_order(order):
    # A second order of no weight takes the other way, the maximum over q, to the same temperatures.
    mixed = {order: 2.0, order + 1: 1e-7}
    for function in (theory.static_temperature, theory.dynamical_temperature):
        assert function(mixed) == pytest.approx(2 * function(order), rel=1e-10)
    assert theory.one_rsb({order: 2.0}, 0.6).energy == pytest.approx(2 * theory.one_rsb(order, 0.3).energy)


def test_order_two_condenses_at_one_temperature():
    for function in (theory.static_temperature, theory.dynamical_temperature, theory.second_moment_temperature):
        assert function(2) == pytest.approx(math.sqrt(2))
        assert function(2, "cs") == pytest.approx(1.0)
        assert function({2: 1.0, 4: 0.3}) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fraction", [0.3, 0.8])
def test_the_solution_maximises_over_q_and_m(order, fraction):
    temperature = fraction * theory.static_temperature(order)
    state = theory.one_rsb(order, temperature)
    value = parisi(order, temperature, state.q, state.m)
    assert state.free_energy == pytest.approx(-temperature * value / 2, rel=1e-12)

    # m < 1 turns the minimum over q into a maximum; in m it is a minimum of −2βf, a maximum of f.
    def slope_norm(x):
        q, m = x
        d = 1e-6
        by_q = (parisi(order, temperature, q + d, m) - parisi(order, temperature, q - d, m)) / (2 * d)
        by_m = (parisi(order, temperature, q, m + d) - parisi(order, temperature, q, m - d)) / (2 * d)
        return by_q**2 + by_m**2

    start = (1 - 1.05 * (1 - state.q), state.m * 0.97)
    bounds = [(0.01, 1 - 1e-5), (0.01, 1 - 1e-5)]
    options = {"xatol": 1e-9, "fatol": 1e-18}
    found = minimize(slope_norm, start, method="Nelder-Mead", bounds=bounds, options=options)
    assert found.x == pytest.approx([state.q, state.m], abs=1e-5)
    assert state.free_energy > -1 / (2 * temperature)  # the frozen phase has the greater free energy


def test_brute_force_finds_no_greater_free_energy():
    # Of all one-step solutions (stationary in q) the greatest free energy over m is the equilibrium one.
    temperature = 0.5
    state = theory.one_rsb(3, temperature)
    q = np.linspace(0.5, 0.99, 4901)
    best = []
    for m in np.linspace(0.2, 0.9, 71):
        values = np.array([parisi(3, temperature, x, m) for x in q])
        best.append(-temperature / 2 * values.min())  # over q a minimum for m < 1
    assert max(best) == pytest.approx(state.free_energy, abs=1e-5)
    assert np.linspace(0.2, 0.9, 71)[int(np.argmax(best))] == pytest.approx(state.m, abs=0.01)


@pytest.mark.parametrize("solution", [theory.one_rsb, theory.marginal_state])
@pytest.mark.parametrize("order", [2, *ORDERS])
@pytest.mark.parametrize("temperature", [0.2, 0.55, 2.0])
def test_energy_is_the_slope_of_the_free_energy(solution, order, temperature):
    # For one order the threshold states stay the same ones at every T: the relation holds along them too.
    beta, d = 1 / temperature, 1e-5
    by_beta = [b * solution(order, 1 / b).free_energy for b in (beta - d, beta + d)]
    state = solution(order, temperature)
    assert (by_beta[1] - by_beta[0]) / (2 * d) == pytest.approx(state.energy, rel=1e-7)
    assert state.entropy == pytest.approx((state.energy - state.free_energy) / temperature)


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_jumps_at_the_static_temperature_but_q(order):
    temperature = theory.static_temperature(order)
    below, above = theory.one_rsb(order, temperature * (1 - 1e-9)), theory.one_rsb(order, temperature)
    assert below.m == pytest.approx(1, abs=1e-7)
    assert below.energy == pytest.approx(above.energy, rel=1e-7)
    assert below.free_energy == pytest.approx(above.free_energy, rel=1e-7)
    assert above.q == 0
    assert above.edwards_anderson == pytest.approx(below.q, abs=1e-7)
    assert above.complexity == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_threshold_states_are_marginal(order):
    for temperature in (0.1, 0.5, theory.dynamical_temperature(order) * 0.999):
        state = theory.marginal_state(order, temperature)
        q = state.q
        replicon = 1 - order * (order - 1) * q ** (order - 2) * (1 - q) ** 2 / temperature**2
        assert replicon == pytest.approx(0, abs=1e-10)
        stable = theory.one_rsb(order, min(temperature, 0.99 * theory.static_temperature(order)))
        at = stable.temperature
        assert 1 - order * (order - 1) * stable.q ** (order - 2) * (1 - stable.q) ** 2 / at**2 > 0
        assert state.complexity == pytest.approx(0.5 * (math.log(order - 1) - 2 * (order - 2) / order))
    onset = theory.marginal_state(order, theory.dynamical_temperature(order) * (1 - 1e-9))
    assert onset.m == pytest.approx(1, abs=1e-7)
    assert onset.q == pytest.approx((order - 2) / (order - 1), abs=1e-7)
    # Equilibrium states between T_s and T_d become those of the threshold at T_d.
    edge = theory.one_rsb(order, theory.dynamical_temperature(order) * (1 - 1e-10))
    assert edge.complexity == pytest.approx(onset.complexity, rel=1e-3)


@pytest.mark.parametrize("order", [2, *ORDERS])
def test_zero_temperature_is_the_limit(order):
    threshold, ground = theory.marginal_state(order, 0), theory.one_rsb(order, 0)
    assert threshold.energy == pytest.approx(-2 * math.sqrt((order - 1) / order))
    assert ground.energy <= threshold.energy + 1e-15
    for limit, solution in ((threshold, theory.marginal_state), (ground, theory.one_rsb)):
        cold = solution(order, 1e-5)
        assert cold.energy == pytest.approx(limit.energy + 0.5e-5, abs=1e-9)  # T/2 for each direction
        assert cold.free_energy == pytest.approx(limit.free_energy, abs=1e-3)
        assert limit.q == 1
        assert limit.m == 0
        assert limit.entropy == -math.inf
        if order > 2:
            assert cold.effective_temperature == pytest.approx(limit.effective_temperature, rel=1e-4)
        else:
            assert limit.effective_temperature == math.inf


def test_ground_state_of_order_three_has_no_complexity():
    # Number of minima of energy −E: ½ln(p−1) − (p−2)/(4(p−1)) E² − I(E), zero at the ground state (ABC, eq. 2.15).
    energy = -theory.one_rsb(3, 0).energy
    scaled = np.linspace(2 * math.sqrt(2 / 3), energy, 20001)
    inner = 2 / (2 * math.sqrt(2 / 3)) ** 2 * np.sqrt(scaled**2 - 8 / 3)
    integral = np.sum((inner[1:] + inner[:-1]) / 2) * (scaled[1] - scaled[0])
    assert 0.5 * math.log(2) - energy**2 / 8 - integral == pytest.approx(0, abs=1e-6)
    assert energy == pytest.approx(1.6570, abs=1e-4)


def test_order_two_is_solved_by_its_eigenvalues():
    # For H = σᵀMσ the Gaussian constraint ⟨σ²⟩ = 1 is T/2 ∫ρ(λ)/(λ − z) dλ = 1 with z below the spectrum; what
    # the integral at z = −√2 leaves of the norm condenses into the lowest eigenvector.
    angle = (np.arange(20000) + 0.5) * np.pi / 20000
    level, weight = math.sqrt(2) * np.cos(angle), 2 / 20000 * np.sin(angle) ** 2
    for temperature in (0.4, 1.0):
        others = temperature / 2 * weight / (level + math.sqrt(2))
        state = theory.one_rsb(2, temperature)
        assert state.q == pytest.approx(1 - others.sum(), abs=1e-6)
        assert state.energy == pytest.approx(others @ level - math.sqrt(2) * (1 - others.sum()), abs=1e-6)


def test_replica_symmetric_mixture():
    state = theory.one_rsb({2: 0.5, 3: 1.0}, 2.0)
    assert state.energy == pytest.approx(-1.25 / 2)
    assert state.q == 0
    with pytest.raises(ArgumentError, match="order"):
        theory.one_rsb({2: 0.5, 3: 1.0}, 0.2)
    with pytest.raises(ArgumentError, match="order"):
        theory.marginal_state({3: 0.5, 4: 1.0}, 0.2)


def test_conventions_differ_by_their_factor():
    for solution, order in itertools.product((theory.one_rsb, theory.marginal_state), (2, 3)):
        for t in (0.0, 0.4, 3.0):
            abc, cs = solution(order, t * math.sqrt(2)), solution(order, t, "cs")
            assert cs.temperature == t
            assert cs.energy == pytest.approx(abc.energy / math.sqrt(2))
            assert cs.free_energy == pytest.approx(abc.free_energy / math.sqrt(2))
            assert (cs.q, cs.m, cs.entropy) == pytest.approx((abc.q, abc.m, abc.entropy))
    assert theory.equilibrium_energy(3, 2.0, "cs") == pytest.approx(-1 / 4)  # −β/2 in theirs
    assert theory.finite_size_correction(50, 3, 1.0, "cs") == pytest.approx(
        theory.finite_size_correction(50, 3, math.sqrt(2)) / math.sqrt(2)
    )


def test_equilibrium_energy_takes_arrays():
    energies = theory.equilibrium_energy(3, [[0.0, 0.5], [1.0, 2.0]])
    assert energies.shape == (2, 2)
    assert energies[1] == pytest.approx([-1, -0.5])
    assert energies[0, 1] == theory.one_rsb(3, 0.5).energy


@pytest.mark.parametrize(
    ("order", "temperature", "leading"),
    [
        (2, 2.0, lambda n: 0.5 / (n * (1 - 2 / 4))),
        (3, 1.5, lambda n: 15 / 1.5**3 / n**2),
        (4, 1.5, lambda n: 3 / 1.5 / n**2),
        (5, 1.5, lambda n: 945 / 1.5**3 / n**4),
        ({2: 0.5, 4: 1.0}, 2.0, lambda n: 0.25 * 0.5 / (n * (1 - 2 * 0.25 / 4))),
    ],
)
def test_correction_at_large_size(order, temperature, leading):
    ratios = [theory.finite_size_correction(n, order, temperature) / leading(n) for n in (2000, 8000)]
    assert abs(ratios[1] - 1) < 0.02
    assert abs(ratios[1] - 1) < 0.3 * abs(ratios[0] - 1)  # what is left falls as 1/N


@pytest.mark.parametrize(("order", "temperature", "seed"), [(3, 2.5, 1), (4, 2.5, 2)])
def test_correction_by_sampling_small_systems(order, temperature, seed):
    # 1000 instances of 8 spins, Gibbs averages over 4000 uniform points that 20 of them share; 2 tests, 3 standard
    # errors. What the correction leaves out (4 % of it at order 3) is less than one of them. Two quantities of
    # known mean, 1 and 0, are subtracted with fixed coefficients to make the errors small.
    rng = np.random.default_rng(seed)
    n, n_points, energies = 8, 4000, []
    for _ in range(50):
        points = rng.standard_normal((n_points, n))
        points *= math.sqrt(n) / np.linalg.norm(points, axis=1, keepdims=True)
        pairs = (points[:, :, None] * points[:, None, :]).reshape(n_points, -1)
        others = points if order == 3 else pairs
        for _ in range(20):
            couplings = rng.standard_normal((n * n, others.shape[1])) * n ** (-(order - 1) / 2)
            energy = np.einsum("ai,ai->a", pairs @ couplings, others)
            weight = np.exp(-energy / temperature)
            mean = weight @ energy / weight.sum() / n
            known = (energy @ energy) / n_points / n - 1, energy.mean() / n
            energies.append(mean + known[0] / temperature - known[1])
    error = np.std(energies, ddof=1) / math.sqrt(len(energies))
    correction = theory.finite_size_correction(n, order, temperature)
    assert correction > 8 * error  # without it the test would fail
    assert np.mean(energies) == pytest.approx(-1 / temperature + correction, abs=3 * error)


@pytest.mark.parametrize("function", [theory.one_rsb, theory.marginal_state])
@pytest.mark.parametrize(
    ("order", "temperature", "convention", "name"),
    [
        (1, 1.0, "abc", "order"),
        (2.5, 1.0, "abc", "order"),
        ({}, 1.0, "abc", "order"),
        ({3: math.nan}, 1.0, "abc", "order"),
        ({3: 0.0}, 1.0, "abc", "order"),
        ({1: 1.0, 3: 1.0}, 1.0, "abc", "order"),
        (3, -1.0, "abc", "temperature"),
        (3, math.nan, "abc", "temperature"),
        (3, 1.0, "mks", "convention"),
    ],
)
def test_bad_arguments_are_named(function, order, temperature, convention, name):
    with pytest.raises(ArgumentError) as caught:
        function(order, temperature, convention)
    assert caught.value.argument.startswith(name)


@pytest.mark.parametrize(
    ("n_spins", "temperature", "name"), [(1, 2.0, "n_spins"), (10, 0.0, "temperature"), (10, 0.9, "temperature")]
)
def test_bad_arguments_of_the_correction(n_spins, temperature, name):
    with pytest.raises(ArgumentError) as caught:
        theory.finite_size_correction(n_spins, 3, temperature)
    assert caught.value.argument == name
