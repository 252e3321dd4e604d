import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.dynamics.disorder import instances
from spinland.dynamics.exchange import replica_exchange
from spinland.dynamics.flows import gradient_flow
from spinland.dynamics.minimizer import minimize
from spinland.dynamics.thermal import langevin
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.glass import SphericalSpinGlass
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape

TIMES = np.array([0.0, 0.03, 0.2, 1.0, 3.0])
orders = st.one_of(st.integers(2, 4), st.just({2: 0.5, 3: 1.0}))


@pytest.fixture(scope="module")
def glass():
    return SphericalSpinGlass(14, 3, seed=11)


@pytest.fixture(scope="module")
def network():
    random = np.random.default_rng(0)
    model = ReLUNetwork((5, 6, 3))
    return model, NetworkLandscape(model, random.normal(size=(40, 5)), random.integers(0, 3, 40))


def same(a, b):
    """Whether two arrays agree in every bit."""
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@settings(max_examples=10)
@given(orders, st.integers(0, 2**32), st.integers(2, 16))
def test_flow_descends_on_the_sphere(order, seed, n):
    landscape = SphericalSpinGlass(n, order, seed=seed)
    flow = gradient_flow(landscape, landscape.random_points(3, seed=seed), TIMES, 1e-8)
    assert np.all(np.diff(flow.energies, axis=1) <= 1e-7)
    assert np.abs(np.sum(flow.points**2, axis=1) / n - 1).max() < 1e-12
    np.testing.assert_allclose(flow.overlaps[:, 0], 1, rtol=1e-14)


def test_flow_turns_with_the_couplings():
    random = np.random.default_rng(4)
    tensor, points = random.normal(size=(8, 8, 8)), SphericalSpinGlass(8, 3).random_points(3)
    turn = np.linalg.qr(random.normal(size=(8, 8)))[0]
    turned = np.einsum("abc,ia,jb,kc->ijk", tensor, turn, turn, turn)
    plain = gradient_flow(SphericalSpinGlass.from_couplings(tensor), points, TIMES, 1e-9)
    other = gradient_flow(SphericalSpinGlass.from_couplings(turned), points @ turn.T, TIMES, 1e-9)
    np.testing.assert_allclose(other.energies, plain.energies, atol=1e-7)
    np.testing.assert_allclose(other.points, plain.points @ turn.T, atol=1e-6)


def test_a_start_does_not_feel_the_others(glass):
    points = glass.random_points(9, seed=3)
    flow, low = gradient_flow(glass, points, TIMES), minimize(glass, points)
    heat = langevin(glass, points, 0.7, TIMES, 0.03, seed=5, waiting_times=[0.1, 1.0])
    for part in (slice(0, 1), slice(0, 4)):
        one = gradient_flow(glass, points[part], TIMES)
        assert same(one.energies, flow.energies[part])
        assert same(one.points, flow.points[part])
        one = minimize(glass, points[part])
        assert same(one.points, low.points[part])
        assert same(one.n_iterations, low.n_iterations[part])
        one = langevin(glass, points[part], 0.7, TIMES, 0.03, seed=5, waiting_times=[0.1, 1.0])
        assert same(one.energies, heat.energies[part])
        assert same(one.correlations, heat.correlations[part])
    assert same(gradient_flow(glass, points[5:6], TIMES).points, flow.points[5:6])
    assert same(minimize(glass, points[5:6]).points, low.points[5:6])


def test_requested_times_do_not_change_the_flow(glass):
    points = glass.random_points(2)
    assert same(gradient_flow(glass, points, TIMES).energies[:, 2:4], gradient_flow(glass, points, TIMES[2:4]).energies)


def test_threads_do_not_change_the_bits(two_threads, threads):
    large = SphericalSpinGlass(40, 3, seed=1)
    points = large.random_points(70)

    def all_of_it():
        exchange = replica_exchange(large, [0.8, 1.0], 4, copies=2, n_warmup=2)
        return (
            gradient_flow(large, points, [0.1, 0.3]).energies,
            langevin(large, points, 1.0, [0.1], 0.05).points,
            exchange.energies,
            minimize(large, points[:3]).points,
        )

    several = all_of_it()
    threads(1)
    assert all(same(a, b) for a, b in zip(several, all_of_it(), strict=True))


def test_a_list_of_instances_is_each_of_them():
    glasses = instances(9, 3, 3, seed=5)
    points = glasses[0].random_points(4, seed=1)
    flow, low = gradient_flow(glasses, points, TIMES), minimize(glasses, points)
    heat = langevin(glasses, points, 0.9, TIMES, 0.03, seed=2)
    exchange = replica_exchange(glasses, [0.7, 1.0], 6, seed=2)
    assert flow.energies.shape == (3, 4, 5)
    assert low.points.shape == (3, 4, 9)
    assert heat.correlations.shape == (3, 4, 0, 5)
    assert exchange.energies.shape == (3, 6, 2, 2)
    for i, one in enumerate(glasses):
        assert same(gradient_flow(one, points, TIMES).energies, flow.energies[i])
        assert same(minimize(one, points).values, low.values[i])
    assert same(langevin(glasses[0], points, 0.9, TIMES, 0.03, seed=2).energies, heat.energies[0])
    assert same(replica_exchange(glasses[0], [0.7, 1.0], 6, seed=2).overlaps, exchange.overlaps[0])
    np.testing.assert_allclose(flow.mean, flow.energies.mean(axis=(0, 1)))
    np.testing.assert_allclose(flow.error, flow.energies.mean(axis=1).std(axis=0, ddof=1) / np.sqrt(3))
    assert instances(9, 3, 5, seed=5)[2].fingerprint == glasses[2].fingerprint


@settings(max_examples=10)
@given(orders, st.integers(0, 2**32), st.integers(2, 16))
def test_minima_are_minima(order, seed, n):
    landscape = SphericalSpinGlass(n, order, seed=seed)
    starts = landscape.random_points(4, seed=seed)
    result = minimize(landscape, starts)
    assert result.converged.all()
    slope = np.linalg.norm(landscape.gradient(result.points), axis=1) * np.sqrt(n)
    assert slope.max() < 1e-10
    assert np.all(result.values <= landscape.value(starts) + 1e-14)
    hessians = n * landscape.hessians(result.points)
    assert np.linalg.eigvalsh((hessians + hessians.transpose(0, 2, 1)) / 2).min() > -1e-7


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_order_two_ends_in_the_lowest_eigenvector(seed, n):
    landscape = SphericalSpinGlass(n, 2, seed=seed)
    lowest = np.linalg.eigvalsh(landscape.couplings() / np.sqrt(n))[0]
    np.testing.assert_allclose(minimize(landscape, landscape.random_points(3)).values, lowest, atol=1e-12)


def test_minimum_of_a_function_on_its_sphere_and_in_flat_space():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(6, 6))
    matrix += matrix.T
    ball = Sphere(2.0)
    form = FunctionLandscape(
        lambda w: np.sum((w @ matrix) * w, axis=1), 6, gradient=lambda w: 2 * w @ matrix, geometry=ball
    )
    result = minimize(form, ball.retract(random.normal(size=(4, 6))), 1e-8)
    np.testing.assert_allclose(result.values, 4 * np.linalg.eigvalsh(matrix)[0], atol=1e-12)
    valley = FunctionLandscape(lambda w: (1 - w[:, 0]) ** 2 + 100 * (w[:, 1] - w[:, 0] ** 2) ** 2, 2)
    result = minimize(valley, [[-1.2, 1.0], [3.0, -4.0]], 1e-6)
    assert result.converged.all()
    np.testing.assert_allclose(result.points, 1, atol=1e-5)


def test_single_precision_follows_the_same_flow(glass):
    points = glass.random_points(4)
    single = gradient_flow(SphericalSpinGlass(14, 3, seed=11, dtype="float32"), points, TIMES, 1e-5)
    assert single.points.dtype == np.float32
    assert np.abs(single.energies - gradient_flow(glass, points, TIMES, 1e-5).energies).max() < 1e-4


def test_cold_langevin_is_the_flow(glass):
    points = glass.random_points(3, seed=2)
    flow = gradient_flow(glass, points, [0.5, 1.0], 1e-10)
    off = [np.abs(langevin(glass, points, 0.0, [0.5, 1.0], dt).energies - flow.energies).max() for dt in (0.02, 0.01)]
    assert off[0] < 5e-3
    assert 3.2 < off[0] / off[1] < 5


def test_correlation_starts_at_one(glass):
    run = langevin(glass, glass.random_points(3), 0.5, [0.0, 0.2], 0.05, waiting_times=[0.0, 0.1, 0.2])
    np.testing.assert_allclose(run.correlations[:, :, 0], 1, rtol=1e-14)
    assert np.all(run.correlations[:, :, 1] < 1)
    np.testing.assert_allclose(np.sum(run.points**2, axis=1), 14, rtol=1e-13)


def test_networks_flow_and_come_to_rest(network):
    model, landscape = network
    points = model.initialize(3, seed=0)
    flow = gradient_flow(landscape, points, TIMES, 1e-5)
    assert np.all(np.diff(flow.energies, axis=1) < 0)
    assert flow.points.dtype == np.float32
    low = minimize(landscape, points, max_iterations=40)
    assert np.all(low.values < flow.energies[:, -1])
    assert not low.converged.any()
    assert same(minimize(landscape, points[1:2], max_iterations=40).points, low.points[1:2])
