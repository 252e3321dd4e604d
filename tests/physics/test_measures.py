"""Measures of flatness against closed forms on quadratic forms; errors of draws and of walkers by repetition."""

import numpy as np
import pytest

import spinland as sl
from benchmarks.coverage import ALLOWED, coverage
from benchmarks.coverage_measures import entries
from tests.oracles import measures as exact

H = np.array([9.0, 4.0, 4.0, 1.0, 0.3, 0.0])
W = np.array([[0.1, -0.3, 0.2, 1.0, -2.0, 0.5], [0.0, 0.0, 0.0, 0.7, 0.0, 3.0]])
STANDARD_ERRORS = 4  # of eleven means, one in a thousand is further off by chance


def quadratic(h=H):
    return sl.FunctionLandscape(lambda w: 0.5 * w**2 @ h, len(h), gradient=lambda w: w * h)


def test_keskars_measure_is_that_of_the_best_corner():
    found = sl.sharpness(quadratic(), W, "keskar", 0.05)
    expected = [100 * exact.box_maximum(H, w, 0.05) / (1 + 0.5 * np.sum(H * w**2)) for w in W]
    assert found.converged.all()
    # Where w_i is 0 both signs are local maxima and equally high; elsewhere the corner is the one away from 0.
    assert np.all(found.value <= np.array(expected) * (1 + 1e-9))
    big = np.where(np.abs(W) > 0.05 * (np.abs(W) + 1), W, 0.0)[:1]  # no other corner is a local maximum
    found = sl.sharpness(quadratic(), big, "keskar", 0.05)
    expected = 100 * exact.box_maximum(H, big[0], 0.05) / (1 + 0.5 * np.sum(H * big[0] ** 2))
    np.testing.assert_allclose(found.value, expected, rtol=1e-9)
    assert np.all(found.few_steps <= found.value)
    assert np.all(found.few_steps > 0)


@pytest.mark.parametrize("radius", [0.01, 0.3])
@pytest.mark.parametrize("measure", ["sam", "adaptive"])
def test_the_largest_rise_on_a_ball_is_that_of_its_secular_equation(measure, radius):
    found = sl.sharpness(quadratic(), W, measure, radius)
    lengths = np.abs(W) if measure == "adaptive" else np.ones_like(W)
    for k, w in enumerate(W):
        assert found.value[k] == pytest.approx(exact.shell_maximum(H, w, radius, lengths[k]), rel=1e-4)
        g = H * w * lengths[k]
        step = radius * lengths[k] * g / np.linalg.norm(g)
        assert found.few_steps[k] == pytest.approx(0.5 * np.sum(H * ((w + step) ** 2 - w**2)), rel=1e-9)
    assert found.converged.all()


def test_where_the_gradient_is_zero_the_ascent_still_finds_the_largest_eigenvalue():
    found = sl.sharpness(quadratic(), np.zeros(6), "sam", 0.2)
    assert found.value[0] == pytest.approx(0.5 * 9 * 0.04, rel=1e-4)
    assert found.converged.all()
    eigenvector = np.array([0, 2.0, 0, 0, 0, 0])  # of 4: uphill leads along it, past the direction of 9
    found = sl.sharpness(quadratic(), eigenvector, "sam", 3.0)
    far = exact.shell_maximum(H, eigenvector + 1e-9, 3.0, np.ones(6))
    assert found.value[0] == pytest.approx(far, rel=1e-4)
    assert found.few_steps[0] < 0.95 * far


@pytest.mark.parametrize(("measure", "scale"), [("noise", np.ones_like(W)), ("relative_noise", np.abs(W))])
def test_the_mean_rise_under_noise_is_half_the_weighted_trace(measure, scale):
    found = sl.sharpness(quadratic(), W, measure, 0.1, n_draws=400, seed=3)
    expected = 0.5 * 0.01 * np.sum(H * scale**2, axis=1)
    assert np.all(np.abs(found.value - expected) < STANDARD_ERRORS * found.error)
    assert np.all(found.error < 0.1 * expected)


def test_trace_and_largest_eigenvalue_of_a_quadratic_form_and_on_a_sphere():
    bowl = quadratic()
    trace = sl.sharpness(bowl, W, "trace", n_draws=20)
    np.testing.assert_allclose(trace.value, H.sum(), rtol=1e-7)  # more draws than directions: exact
    np.testing.assert_allclose(sl.sharpness(bowl, W, "largest").value, 9.0, rtol=1e-5)
    glass = sl.SphericalSpinGlass(16, 3, seed=1)
    point = sl.minimize(glass, glass.random_points(1, 1)).points[0]
    frame = np.linalg.svd(point[None])[2][1:]
    radial = float(point @ glass.gradient(point)) / 16
    flat = np.stack([glass.hessian_product(point, v) for v in frame])
    dense = np.linalg.eigvalsh(flat @ frame.T - radial * np.eye(15))
    assert sl.sharpness(glass, point, "largest").value[0] == pytest.approx(dense[-1], rel=1e-3)
    found = sl.sharpness(glass, point, "trace", n_draws=14, seed=2)
    assert 0 < abs(found.value[0] - dense.sum()) < STANDARD_ERRORS * found.error[0]
    assert sl.sharpness(glass, point, "trace", n_draws=15).value[0] == pytest.approx(dense.sum(), rel=1e-9)
    radius = 0.01
    assert sl.sharpness(glass, point, "sam", radius).value[0] == pytest.approx(dense[-1] * radius**2 / 2, rel=0.05)


@pytest.mark.parametrize(("gamma", "temperature"), [(10.0, 1.0), (2.0, 1.0), (3.0, 0.5)])
def test_local_entropy_of_a_quadratic_form(gamma, temperature):
    """Seed 5: 4 standard errors of six values, each below 0.03."""
    found = sl.local_entropy(quadratic(), W, gamma, temperature, n_steps=3000, n_chains=8, seed=5)
    expected = np.array([exact.local_entropy(H, w, gamma, temperature) for w in W])
    assert np.all(np.abs(found.value - expected) < STANDARD_ERRORS * found.error)
    assert np.all(found.error < 0.03)
    np.testing.assert_allclose(found.rise, -temperature * found.value - found.level, atol=1e-12)
    assert found.volume == pytest.approx(3 * np.log(2 * np.pi / gamma))


def test_local_entropy_on_a_sphere_of_a_linear_energy():
    """H = −a·x: both integrals are Bessel functions. Seed 0; 4 standard errors, and 0.5 % for the time step."""
    from scipy.special import ive

    n, strength, gamma = 20, 1.5, 1.0
    field = strength * np.eye(n)[0]
    tilted = sl.FunctionLandscape(
        lambda w: -w @ field, n, gradient=lambda w: -np.broadcast_to(field, w.shape), geometry=sl.Sphere(n**0.5)
    )

    def log_weight(k):
        return np.log(ive(n / 2 - 1, k)) + k - (n / 2 - 1) * np.log(k)

    expected = log_weight((strength + gamma * n**0.5) * n**0.5) - log_weight(gamma * n)
    found = sl.local_entropy(tilted, n**0.5 * np.eye(n)[0], gamma, n_steps=1500, n_chains=4, step=0.25)
    assert abs(found.value[0] - expected) < 4 * found.error[0] + 0.005 * expected
    assert found.error[0] < 0.01 * expected


def test_points_of_one_call_are_those_of_calls_by_themselves_where_they_share_the_nodes():
    bowl = quadratic()
    both = sl.local_entropy(bowl, W, 5.0, n_steps=400, n_nodes=2)
    alone = sl.local_entropy(bowl, W[:1], 5.0, n_steps=400, n_nodes=2)
    np.testing.assert_allclose(both.value[0], alone.value[0], rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: f"{entry.name}, {entry.data}")
def test_errors_of_measures_are_their_scatter(entry):
    """100 repetitions, seeds from 10,000: 3 standard errors of the ratio beyond the 20 % that are allowed."""
    row = coverage(entry, 100, first_seed=10_000)
    assert abs(row.ratio - 1) <= ALLOWED + 3 * row.ratio_error
    assert not abs(row.bias) > 0.4  # in units of the scatter; its own standard error is 0.1
