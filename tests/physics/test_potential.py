"""Franz and Parisi's potential: the exact curve against what is known of it, sampling against closed forms."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ive

import spinland as sl
from spinland import theory
from spinland.errors import ArgumentError
from spinland.statistics.judging import worst_joint


@pytest.mark.parametrize("order", [3, 4, {3: 0.8, 4: 0.5}])
def test_the_second_minimum_is_where_equilibrium_states_are_and_as_high_as_their_complexity(order):
    static, dynamical = theory.static_temperature(order), theory.dynamical_temperature(order)
    for share in (0.1, 0.6):
        t = static + share * (dynamical - static)
        state = theory.one_rsb(order, t)
        curve = theory.franz_parisi([state.edwards_anderson], order, t)
        assert curve.force[0] == pytest.approx(0, abs=1e-6)
        assert curve.potential[0] == pytest.approx(t * state.complexity, abs=1e-8)
        assert curve.inner[0] == pytest.approx(state.edwards_anderson, abs=1e-6)
        assert curve.breaking[0] == 1
    at_static = theory.franz_parisi([theory.one_rsb(order, static).edwards_anderson], order, static)
    assert at_static.potential[0] == pytest.approx(0, abs=1e-8)


def test_the_second_minimum_appears_at_the_dynamical_temperature_and_is_marginal_there():
    t = theory.dynamical_temperature(3)
    q = np.linspace(0.05, 0.9, 60)
    assert theory.franz_parisi(q, 3, 1.02 * t).force.min() > 0
    assert theory.franz_parisi(q, 3, 0.98 * t).force.min() < 0
    near = theory.franz_parisi([0.5, 0.502], 3, t)  # q = (p − 2)/(p − 1)
    assert near.force[0] == pytest.approx(0, abs=1e-7)
    assert (near.force[1] - near.force[0]) / 0.002 < 0.02


@pytest.mark.parametrize(("t", "reference"), [(1.0, 1.0), (0.85, 0.85), (0.7, 0.84)])
def test_the_force_is_the_slope_of_the_potential(t, reference):
    for q in (0.1, 0.3, 0.45, 0.7):
        curve = theory.franz_parisi([q - 1e-3, q, q + 1e-3], 3, t, reference)
        slope = (curve.potential[2] - curve.potential[0]) / 2e-3
        assert curve.force[1] == pytest.approx(slope, abs=3e-5)


def test_without_overlap_the_reference_says_nothing_and_the_glass_is_that_of_one_step_breaking():
    curve, state = theory.franz_parisi([0.0], 3, 0.7, 0.84), theory.one_rsb(3, 0.7)
    assert curve.inner[0] == pytest.approx(state.q, abs=1e-5)
    assert curve.breaking[0] == pytest.approx(state.m, abs=1e-4)


def test_pairs_with_one_overlap_solve_the_equation_of_barrat_franz_and_parisi():
    # ∂/∂r of β²ξ(r)/2 − ½ ln(1−r) − ½ (r−q²)/(1−r) is 0: β²ξ'(r) = (r − q²)/(1 − r)²
    for q, t in ((0.2, 1.0), (0.6, 0.9), (0.8, 0.85)):
        r = brentq(lambda r, q=q, t=t: 3 * r * r / t**2 - (r - q * q) / (1 - r) ** 2, q * q, 1 - 1e-9)
        curve = theory.franz_parisi([q], 3, t)
        assert curve.inner[0] == pytest.approx(r, abs=1e-6)
        room = 0.5 * math.log(1 - r) + 0.5 * (r - q * q) / (1 - r)
        assert -curve.potential[0] / t == pytest.approx(q**3 / t**2 - r**3 / (2 * t**2) + room, abs=1e-9)


def test_conventions_and_what_is_refused():
    one, other = theory.franz_parisi([0.4], 3, 1.0), theory.franz_parisi([0.4], 3, 1 / math.sqrt(2), convention="cs")
    np.testing.assert_allclose(one.potential, math.sqrt(2) * other.potential, rtol=1e-9)
    with pytest.raises(ArgumentError, match="overlaps"):
        theory.franz_parisi([1.0], 3, 1.0)
    with pytest.raises(ArgumentError, match=r"^temperature"):
        theory.franz_parisi([0.4], 3, 0.8)
    with pytest.raises(ArgumentError, match="reference_temperature"):
        theory.franz_parisi([0.4], 3, 1.0, 0.5)


N, ALONG, ASIDE, T = 24, 0.7, 1.3, 0.6


def field(geometry=None):
    """H/1 = −h·w with h of parts along the reference and aside of it; the reference."""
    draw = np.random.default_rng(5)
    s, u = np.linalg.qr(draw.normal(size=(N, 2)))[0].T * math.sqrt(N)
    h = ALONG * s + ASIDE * u
    return sl.FunctionLandscape(lambda w: -w @ h, N, lambda w: np.tile(-h, (len(w), 1)), geometry), s


def exact(q):
    """V(q) − V(0) of the field, from the normalisation of von Mises and Fisher's law on the sphere that is left."""
    nu = (N - 1) / 2 - 1
    kappa = N * ASIDE * np.sqrt(1 - q**2) / T
    log_z = np.log(ive(nu, kappa)) + kappa - nu * np.log(kappa)
    value = -T * ((N - 3) / 2 * np.log(1 - q**2) + N * ALONG * q / T + log_z)
    return value - value[np.abs(q).argmin()]


@pytest.mark.parametrize("geometry", [None, sl.Sphere(math.sqrt(N))])
def test_sampling_meets_the_closed_form_of_a_field(geometry):
    """Seed 3, one reference: errors from blocks. Of 8 differences none may exceed 4 standard errors."""
    landscape, s = field(geometry)
    q = np.linspace(-0.4, 0.8, 9)
    found = sl.franz_parisi(landscape, s, q, T, 1500, 3, walkers=2)
    away = q != q[np.abs(q).argmin()]
    assert found.value[~away] == 0
    z = (found.value - exact(q))[away] / found.error[away]
    assert np.abs(z).max() < 4
    assert found.error.max() < 0.1  # V itself comes to 12
    assert found.acceptance.min() > 0.6
    np.testing.assert_allclose(found.points[0] @ s / N, np.repeat(q[:, None], 2, axis=1), atol=1e-12)
    np.testing.assert_allclose(np.sum(found.points**2, axis=-1), N, rtol=1e-12)


def test_references_do_not_see_each_other():
    landscape, s = field()
    q = [0.0, 0.3, 0.6]
    both = sl.franz_parisi(landscape, [s, -s], q, T, 20, 1)
    one = sl.franz_parisi([landscape], [s], q, T, 800, 1, n_warmup=10)
    first = sl.franz_parisi(landscape, [s, s[::-1].copy()], q, T, 20, 1)
    np.testing.assert_array_equal(both.potentials[0], first.potentials[0])
    assert one.potentials.shape == (1, 3)
    assert np.isfinite(one.error[1:]).all()


def test_a_planted_glass_is_a_fresh_one_and_the_reference_s_share():
    for order in (3, {2: 0.6, 4: 1.1}):
        fresh = sl.SphericalSpinGlass(30, order, seed=4)
        s = fresh.random_points(1, 9)[0]
        glass = sl.planted_glass(s, order, 0.9, seed=4)
        points = np.vstack([fresh.random_points(5), s])
        share = fresh.covariance(points @ s / 30) / 0.9
        np.testing.assert_allclose(glass.value(points), fresh.value(points) - share, atol=1e-12)
        fixed = sl.planted_glass(s, order, 0.9, seed=4, fixed_energy=True)
        assert fixed.value(s) == pytest.approx(-fresh.covariance(1.0) / 0.9, abs=1e-12)
        assert glass.order == order


def test_planted_configurations_have_the_energy_of_equilibrium_and_its_scatter():
    """Seed 2, 60 instances of 40 spins: mean −1/T and variance 1/N, each within 3.5 standard errors."""
    glasses, references = sl.planted_instances(40, 3, 1.1, 60, seed=2)
    e = np.array([glass.value(s) for glass, s in zip(glasses, references, strict=True)])
    assert abs(e.mean() + 1 / 1.1) < 3.5 * math.sqrt(1 / 40 / 60)
    assert abs(40 * e.var(ddof=1) - 1) < 3.5 * math.sqrt(2 / 59)
    again, _ = sl.planted_instances(40, 3, 1.1, 2, seed=2)
    assert again[1].fingerprint == glasses[1].fingerprint


@pytest.mark.slow
def test_sampling_meets_the_exact_curve_of_the_glass():
    """Seed 7, 12 planted instances of 100 spins: errors over instances, p of the largest of 7 deviations above 1e-3.

    The room is that of 100 spins in both; what else is of order 1/N is below the errors.
    """
    t, q = 1.0, np.linspace(0, 0.7, 8)
    glasses, references = sl.planted_instances(100, 3, t, 12, seed=7, fixed_energy=True)
    found = sl.franz_parisi(glasses, references, q, t, 80, 7, walkers=1, leapfrog=6)
    curve = theory.franz_parisi(q, 3, t).potential + found.room + 0.5 * t * np.log1p(-q * q)
    assert found.error[1:].max() < 0.015
    assert worst_joint([(found.potentials[:, 1:], curve[1:])]).p > 1e-3
    wrong = theory.franz_parisi(q, 3, 1.3).potential + found.room + 0.5 * t * np.log1p(-q * q)
    assert worst_joint([(found.potentials[:, 1:], wrong[1:])]).p < 1e-3


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"overlaps": [0.0, 1.0]}, "overlaps"),
        ({"overlaps": [0.5, 0.1]}, "overlaps"),
        ({"temperature": 0.0}, "temperature"),
        ({"reference": np.zeros(N)}, "reference"),
        ({"reference": np.ones((2, N - 1))}, "reference"),
        ({"n_samples": 3}, "n_samples"),
    ],
)
def test_bad_arguments_are_named(changed, name):
    landscape, s = field()
    good = {"landscape": landscape, "reference": s, "overlaps": [0.0, 0.5], "temperature": 1.0}
    with pytest.raises(ArgumentError, match=f"^{name}"):
        sl.franz_parisi(**good | changed)
    on_sphere, _ = field(sl.Sphere(math.sqrt(N)))
    with pytest.raises(ArgumentError, match=r"^reference"):
        sl.franz_parisi(on_sphere, 2 * s, [0.0, 0.5], 1.0)
