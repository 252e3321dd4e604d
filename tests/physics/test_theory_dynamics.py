"""Gradient flow at order 2 and the two-time equations, against closed forms, equilibrium and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from threadpoolctl import threadpool_limits

from spinland import theory
from spinland.errors import ArgumentError


def semicircle(n):
    """Eigenvalues and weights of a quadrature on the semicircle of radius √2 (Chebyshev, second kind)."""
    angle = np.arange(1, n + 1) * np.pi / (n + 1)
    return math.sqrt(2) * np.cos(angle), 2 / (n + 1) * np.sin(angle) ** 2


def test_closed_form_is_the_flow_on_a_semicircle():
    times = np.array([0.0, 1e-9, 0.01, 0.3, 1.0, 7.0, 100.0])
    exact = theory.spectral_flow_energy(*semicircle(2000), times)
    assert theory.gradient_flow_energy(times) == pytest.approx(exact, rel=1e-9, abs=1e-14)


def test_closed_form_at_both_ends():
    assert theory.gradient_flow_energy(0.0) == 0
    t = 1e-3
    assert theory.gradient_flow_energy(t) == pytest.approx(-2 * t + 8 / 3 * t**3, abs=1e-13)
    for t in (1e2, 1e3, 1e5, 1e12, 1e300):
        late = theory.gradient_flow_energy(t)
        assert late + math.sqrt(2) == pytest.approx(3 / (8 * t), rel=1e-2, abs=1e-15)
    # The series that takes over from the Bessel functions continues them.
    around = theory.gradient_flow_energy(1e4 / (4 * math.sqrt(2)) * np.array([1 - 1e-9, 1 + 1e-9]))
    assert around[1] - around[0] == pytest.approx(0, abs=1e-12)


def test_an_instance_follows_its_eigenvalues():
    rng = np.random.default_rng(3)
    n = 30
    matrix = rng.standard_normal((n, n)) / math.sqrt(n)
    matrix = (matrix + matrix.T) / 2
    levels, vectors = np.linalg.eigh(matrix)
    starts = rng.standard_normal((2, n))
    starts *= math.sqrt(n) / np.linalg.norm(starts, axis=1, keepdims=True)
    times = np.linspace(0, 2, 5)
    exact = theory.spectral_flow_energy(levels, (starts @ vectors) ** 2, times)
    assert exact.shape == (2, 5)
    # dσ/dt = −P∇H by Runge and Kutta, which knows no eigenvalues
    point, h = starts.copy(), 0.002

    def slope(x):
        gradient = 2 * x @ matrix
        return -gradient + x * np.sum(gradient * x, axis=1, keepdims=True) / n

    for k in range(1001):
        if k % 250 == 0:
            energy = np.einsum("bi,ij,bj->b", point, matrix, point) / n
            assert energy == pytest.approx(exact[:, k // 250], abs=1e-9)
        a = slope(point)
        b = slope(point + h / 2 * a)
        c = slope(point + h / 2 * b)
        d = slope(point + h * c)
        point = point + h / 6 * (a + 2 * b + 2 * c + d)
    late = theory.spectral_flow_energy(levels, (starts @ vectors) ** 2, [0.0, 1e300])
    assert late[:, 1] == pytest.approx(levels[0])


@pytest.mark.parametrize("order", [2, {2: -1.0, 7: 0.0}])
def test_two_time_equations_give_the_closed_form_at_order_two(order):
    times = np.linspace(0, 15, 301)
    curve = theory.quench_energy(times, order)
    exact = theory.gradient_flow_energy(times)
    assert np.abs(curve.energy - exact).max() < 3e-4
    assert np.abs(curve.energy - exact)[100:].max() < 1e-4
    assert curve.error[100:].min() > np.abs(curve.energy - exact)[100:].max()


def test_mixture_is_scaled_in_time_and_energy():
    # β multiplies energies and divides times.
    one = theory.quench_energy([0.5, 4.0], 3, 0.3)
    two = theory.quench_energy([0.25, 2.0], {3: 2.0}, 0.6)
    assert two.energy == pytest.approx(2 * one.energy, rel=1e-12)


def test_conventions_differ_by_their_factors():
    abc = theory.quench_correlation([0.0, 2.0], [0.0, 0.5, 3.0], 3, 0.5)
    root = math.sqrt(2)
    cs = theory.quench_correlation([0.0, 2 * root], np.array([0.0, 0.5, 3.0]) * root, 3, 0.5 / root, "cs")
    assert cs.correlation == pytest.approx(abc.correlation, abs=1e-12)
    assert cs.response == pytest.approx(abc.response, abs=1e-12)
    assert cs.energy == pytest.approx(abc.energy / root, abs=1e-12)
    assert theory.gradient_flow_energy(root, 2, "cs") == pytest.approx(theory.gradient_flow_energy(1.0) / root)
    cs_curve = theory.quench_energy([3.0], 3, 0.5, "cs", step=0.1 * root)
    assert cs_curve.energy * root == pytest.approx(theory.quench_energy([3.0 / root], 3, 0.5 * root, step=0.1).energy)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_early_energy_is_odd_and_starts_with_the_gradient(order):
    # e(t) = −ξ'(1) t + O(t³): by the symmetry H → −H only odd powers of t appear.
    times = np.array([0.01, 0.02, 0.04])
    curve = theory.quench_energy(times, order, step=0.01)
    cubic = (curve.energy + order * times) / times**3
    assert cubic[0] == pytest.approx(cubic[1], rel=0.02)
    assert cubic[0] > 0
    if order == 2:
        assert cubic[0] == pytest.approx(8 / 3, rel=0.01)


def test_descent_of_order_three_approaches_the_threshold_as_a_power():
    times = np.array([10.0, 20.0, 40.0])
    curve = theory.quench_energy(times, 3)
    above = curve.energy - theory.marginal_state(3, 0).energy
    assert np.all(above > 0)
    # e − e_th ~ t^(−2/3): the local exponent is −0.70 at t = 10 and −0.674 at t = 100.
    exponents = np.diff(np.log(above)) / np.log(2)
    assert exponents == pytest.approx(-2 / 3, abs=0.04)
    assert abs(exponents[1] + 2 / 3) < abs(exponents[0] + 2 / 3)


def descents(n, n_instances, rng, h, every):
    """Energies (instances, 3) of gradient flow at order 3, each a mean over 8 pairs of opposite starts."""
    energies = np.empty((n_instances, 3))
    for row in energies:
        couplings = rng.standard_normal((n, n, n)) / n
        gradient = couplings + couplings.transpose(1, 0, 2) + couplings.transpose(2, 0, 1)
        gradient = gradient.reshape(n, n * n).T
        points = rng.standard_normal((8, n))
        points = np.concatenate([points, -points])  # H is odd: the energy of the start drops out
        points *= math.sqrt(n) / np.linalg.norm(points, axis=1, keepdims=True)

        def slope(x, gradient=gradient):
            full = (x[:, :, None] * x[:, None, :]).reshape(16, -1) @ gradient
            radial = np.sum(full * x, axis=1, keepdims=True) / n
            return x * radial - full, radial.mean() / 3

        for k in range(1, 3 * every + 1):
            first, _ = slope(points)
            second, _ = slope(points + h * first)
            points = points + h / 2 * (first + second)
            points *= math.sqrt(n) / np.linalg.norm(points, axis=1, keepdims=True)
            if k % every == 0:
                row[k // every - 1] = slope(points)[1]
    return energies


def test_simulated_descent_of_order_three():
    # Gradient flow of 20 and 40 spins, extrapolated in 1/N: 60 and 40 instances, seed 5; 3 times, 3 standard errors
    # over instances, and 3e-3 for the Heun step and the next order in 1/N.
    rng = np.random.default_rng(5)
    small, large = descents(20, 60, rng, 0.04, 10), descents(40, 40, rng, 0.04, 10)
    limit = 2 * large.mean(axis=0) - small.mean(axis=0)
    error = np.sqrt(4 * large.var(axis=0, ddof=1) / len(large) + small.var(axis=0, ddof=1) / len(small))
    exact = theory.quench_energy(np.array([0.4, 0.8, 1.2]), 3).energy
    assert error.max() < 0.02
    assert np.all(np.abs(limit - exact) < 3 * error + 3e-3)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1, user_api="blas"):  # products this small only wait for further threads
        yield


@pytest.fixture(scope="module")
def hot():
    return theory.quench_correlation([0.0, 16.0], np.linspace(0, 3, 61), 3, 1.5)


def test_above_the_dynamical_temperature_a_quench_equilibrates(hot):
    assert hot.energy[1] == pytest.approx(-1 / 1.5, abs=3e-4)
    assert theory.marginal_state(3, 1.5).energy == -1 / 1.5
    # Response is −(1/T) dC/dt in equilibrium, not from a random start.
    slope = CubicSpline(hot.times, hot.correlation, axis=1)(hot.times, 1)
    assert hot.response[1] == pytest.approx(-slope[1] / 1.5, abs=3e-3)
    assert np.abs(hot.response[0] + slope[0] / 1.5).max() > 0.03


def test_equilibrium_correlation_is_that_of_one_time(hot):
    # C' = −TC − (1/T) ∫₀ᵗ 3C²(t−s) C'(s) ds, solved by itself (Crisanti, Horner and Sommers 1993)
    temperature, n = 1.5, 1500
    h = 3 / n
    c, slope = np.ones(n + 1), np.full(n + 1, -temperature)
    for i in range(1, n + 1):
        c[i] = c[i - 1] + h * slope[i - 1]
        for _ in range(3):
            kernel = 3 * c[i::-1] ** 2
            past = h * (kernel[:i] @ slope[:i] - kernel[0] * slope[0] / 2)
            slope[i] = (-temperature * c[i] - past / temperature) / (1 + 1.5 * h / temperature)
            c[i] = c[i - 1] + h / 2 * (slope[i - 1] + slope[i])
    assert hot.correlation[1] == pytest.approx(c[:: n // 60], abs=5e-4)


def test_ageing_below_the_dynamical_temperature():
    curve = theory.quench_correlation([2.0, 10.0, 30.0], [0.0, 2.0, 10.0], 3, 0.5)
    assert curve.correlation[:, 0] == pytest.approx(1, abs=1e-12)
    assert curve.response[:, 0] == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(curve.correlation[:, 2]) > 0)  # the older, the slower
    # Old systems wait on the plateau of the threshold states.
    plateau = theory.marginal_state(3, 0.5).edwards_anderson
    assert curve.correlation[2, 1] == pytest.approx(plateau, abs=0.06)
    threshold = theory.marginal_state(3, 0.5).energy
    assert threshold < curve.energy[2, 2] < threshold + 0.06
    assert np.all(np.diff(curve.energy[:, 0]) < 0)


@pytest.mark.parametrize("order", [3, {2: 0.5, 3: 1.0}])
def test_equilibrium_stays_what_it_is(order):
    """Langevin dynamics at the temperature of its start: constant energy, one time, and the response of the theorem."""
    heat = 1.1 * theory.dynamical_temperature(order)
    curve = theory.quench_correlation([0.0, 0.5, 3.0], np.linspace(0, 2, 161), order, heat, start=heat)
    energy = -theory.Mixture((3,), (1.0,)).covariance(1.0) / heat if order == 3 else -1.25 / heat
    assert curve.energy == pytest.approx(energy, abs=2e-4)
    assert curve.correlation[1:] == pytest.approx(np.broadcast_to(curve.correlation[0], (2, 161)), abs=2e-4)
    slope = np.gradient(curve.correlation[2], curve.times, edge_order=2)
    assert curve.response[2][1:-1] == pytest.approx(-slope[1:-1] / heat, abs=3e-3)


def test_descent_from_equilibrium_starts_with_the_gradient_of_fresh_couplings():
    # e = −ξ(1)/T', and the field of the start has no tangential part there: −de/dt = ξ'(1), as at random points.
    curve = theory.quench_energy([0.0, 0.001, 0.002], {3: 0.7, 4: 0.4}, start=1.5, step=0.01)
    assert curve.energy[0] == pytest.approx(-(0.49 + 0.16) / 1.5, abs=1e-12)
    assert (curve.energy[1] - curve.energy[0]) / 0.001 == pytest.approx(-(3 * 0.49 + 4 * 0.16), rel=0.01)
    root = math.sqrt(2)
    cs = theory.quench_energy([0.001 * root], {3: 0.7, 4: 0.4}, convention="cs", start=1.5 / root, step=0.01 * root)
    assert cs.energy[0] * root == pytest.approx(curve.energy[1], abs=1e-12)


def test_error_estimate_covers_a_coarse_step():
    fine = theory.quench_energy([1.0, 4.0, 8.0], 3, 0.7)
    coarse = theory.quench_energy([1.0, 4.0, 8.0], 3, 0.7, step=0.2)
    assert np.all(np.abs(coarse.energy - fine.energy) < coarse.error)
    assert np.all(fine.error < coarse.error)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([-1.0], 3), "times"),
        (([math.nan], 3), "times"),
        (([[1.0]], 3), "times"),
        (([1e6], 3), "times"),
        (([1.0], 1), "order"),
        (([1.0], 3, -0.1), "temperature"),
        (([1.0], 3, 0.0, "mks"), "convention"),
    ],
)
def test_bad_arguments_of_a_quench_are_named(arguments, name):
    with pytest.raises(ArgumentError) as caught:
        theory.quench_energy(*arguments)
    assert caught.value.argument == name


def test_other_bad_arguments_are_named():
    for call, name in (
        (lambda: theory.gradient_flow_energy(1.0, 3), "order"),
        (lambda: theory.gradient_flow_energy(-1.0), "times"),
        (lambda: theory.gradient_flow_energy(1.0, 2, "mks"), "convention"),
        (lambda: theory.spectral_flow_energy([1.0, 2.0], [1.0], [0.0]), "overlaps2"),
        (lambda: theory.spectral_flow_energy([1.0, 2.0], [0.0, 0.0], [0.0]), "overlaps2"),
        (lambda: theory.spectral_flow_energy([1.0, 2.0], [1.0, -1.0], [0.0]), "overlaps2"),
        (lambda: theory.quench_correlation([-1.0], [0.0], 3), "waiting_times"),
        (lambda: theory.quench_energy([1.0], 3, step=0.0), "step"),
        (lambda: theory.quench_energy([1.0], 3, step=1e-6), "step"),
        (lambda: theory.quench_energy([1.0], 3, start=0.5), "start"),
        (lambda: theory.quench_correlation([1.0], [1.0], 3, start=math.nan), "start"),
    ):
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name
