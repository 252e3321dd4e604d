import numba
import numpy as np
import pytest

from spinland import budget, rng
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.walks import iterate_walk, random_walk
from tests.oracles import walks as oracle


def bowl(dim, geometry=None):
    return FunctionLandscape(lambda w: (w**2).sum(axis=1), dim, geometry=geometry)


def small_network(dtype="float64", widths=(6, 8, 3)):
    network = ReLUNetwork(widths)
    generator = np.random.default_rng(4)
    x, y = generator.normal(size=(40, widths[0])), generator.integers(0, widths[-1], 40)
    return network, NetworkLandscape(network, x, y, dtype=dtype)


def numbers(seed, walker, n_steps, dim):
    return [rng.normals(seed, rng.Purpose.WALK, walker, t, dim) for t in range(1, n_steps + 1)]


def test_walk_crosses_chunks_of_coordinates():
    dim = 2 * 4096 + 3
    walk = random_walk(bowl(dim), np.linspace(0, 1, dim), 0.1, 2, seed=5)
    values, distance, overlap, _ = oracle.walk(
        lambda w: (w**2).sum(), np.linspace(0, 1, dim), 0.1, numbers(5, 0, 2, dim)
    )
    np.testing.assert_allclose(walk.values[0], values, rtol=1e-12)
    np.testing.assert_allclose(walk.distance[0], distance, rtol=1e-12)
    np.testing.assert_allclose(walk.overlap[0], overlap, rtol=1e-12)


def test_start_is_step_zero_and_stays_as_it_was():
    network, landscape = small_network()
    origin = network.initialize(1, seed=0, dtype="float64")[0]
    before = origin.copy()
    walk = random_walk(landscape, origin, 0.3, 2, n_walkers=2)
    loss, accuracy = landscape.evaluate(before)
    assert np.array_equal(origin, before)
    assert np.array_equal(walk.values[:, 0], [loss, loss])
    assert np.array_equal(walk.accuracy[:, 0], [accuracy, accuracy])
    assert np.array_equal(walk.distance[:, 0], [0, 0])
    assert np.array_equal(walk.overlap[:, 0], [1, 1])


@pytest.mark.parametrize("constraint", ["none", "sphere"])
def test_walker_alone_equals_walker_among_others(constraint):
    network, landscape = small_network("float32")
    origin = network.initialize(1)[0]
    many = random_walk(landscape, origin, 0.1, 5, n_walkers=7, seed=2, constraint=constraint)
    one = random_walk(landscape, origin, 0.1, 5, seed=2, constraint=constraint, first_walker=5)
    for name in ("values", "accuracy", "distance", "overlap"):
        assert np.array_equal(getattr(many, name)[5], getattr(one, name)[0])


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("constraint", ["none", "sphere"])
def test_same_bits_for_one_and_two_threads(constraint):
    network, landscape = small_network("float32", (200, 40, 3))
    origin = network.initialize(1)[0]
    runs = []
    available = numba.get_num_threads()
    for threads in (1, min(2, available)):
        numba.set_num_threads(threads)
        try:
            runs.append(random_walk(landscape, origin, 0.02, 3, n_walkers=3, seed=8, constraint=constraint))
        finally:
            numba.set_num_threads(available)
    for name in ("values", "distance", "overlap"):
        assert np.array_equal(getattr(runs[0], name), getattr(runs[1], name))


def test_blocks_of_walkers_do_not_change_bits(monkeypatch):
    whole = random_walk(bowl(10), np.ones((2, 10)), 0.1, 4, n_walkers=3, seed=1)
    monkeypatch.setattr(budget, "WALKERS", 2 * 80)
    parts = random_walk(bowl(10), np.ones((2, 10)), 0.1, 4, n_walkers=3, seed=1)
    assert np.array_equal(whole.values, parts.values)
    assert np.array_equal(whole.distance, parts.distance)


def test_both_float_types_walk_the_same_way():
    network, single = small_network("float32")
    _, double = small_network("float64")
    origin = network.initialize(1)[0]
    a, b = (random_walk(landscape, origin, 0.1, 5, seed=3) for landscape in (single, double))
    np.testing.assert_allclose(a.distance, b.distance, rtol=1e-6)
    np.testing.assert_allclose(a.values, b.values, rtol=1e-5)


def test_generator_yields_what_the_walk_holds():
    walk = random_walk(bowl(5), np.ones((2, 5)), 0.1, 3, n_walkers=2, seed=6)
    states = list(iterate_walk(bowl(5), np.ones((2, 5)), 0.1, 3, n_walkers=2, seed=6))
    assert [state.step for state in states] == [0, 1, 2, 3]
    assert np.array_equal(np.stack([state.values for state in states], axis=1), walk.values)
    assert np.array_equal(np.stack([state.overlap for state in states], axis=1), walk.overlap)


def test_distance_grows_like_a_free_walk():
    # seed 21: E[distance²] = σ² dim t; the standard error comes from 400 walkers
    walk = random_walk(bowl(30), np.zeros(30) + 1, 0.2, 10, n_walkers=400, seed=21)
    square = walk.distance**2
    error = square.std(axis=0, ddof=1) / 20
    expected = 0.2**2 * 30 * np.arange(11)
    assert np.all(np.abs(square.mean(axis=0) - expected)[1:] < 3.5 * error[1:])
    assert np.all(error[1:] < 0.02 * expected[1:])


def test_sphere_landscape_is_walked_on_its_sphere():
    landscape = bowl(12, Sphere(2.0))
    start = np.full(12, 2 / np.sqrt(12))
    walk = random_walk(landscape, start, 0.3, 50, n_walkers=3, seed=1)
    assert walk.constraint == "sphere"
    np.testing.assert_allclose(walk.values, 4, rtol=1e-12)  # the value is |w|²
    np.testing.assert_allclose(walk.distance**2, 8 * (1 - walk.overlap), rtol=1e-9, atol=1e-12)
    assert np.ptp(walk.overlap[:, -1]) > 0.01


def test_open_sphere_takes_the_radius_of_the_start():
    walk = random_walk(bowl(4, Sphere()), np.ones(4), 0.3, 5)
    np.testing.assert_allclose(walk.values, 4, rtol=1e-12)


def test_error_is_over_origins_when_there_are_several():
    one = random_walk(bowl(6), np.ones(6), 0.1, 2, n_walkers=5, seed=0)
    np.testing.assert_allclose(one.error, one.values.std(axis=0, ddof=1) / np.sqrt(5))
    starts = np.arange(1, 4)[:, None] * np.ones(6)
    several = random_walk(bowl(6), starts, 0.1, 2, n_walkers=5, seed=0)
    means = several.values.reshape(3, 5, 3).mean(axis=1)
    np.testing.assert_allclose(several.error, means.std(axis=0, ddof=1) / np.sqrt(3))
    np.testing.assert_allclose(several.mean, means.mean(axis=0))
    assert np.isnan(random_walk(bowl(6), np.ones(6), 0.1, 2).error).all()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"sigma": 0}, "sigma"),
        ({"sigma": -1}, "sigma"),
        ({"sigma": np.nan}, "sigma"),
        ({"n_steps": 0}, "n_steps"),
        ({"n_walkers": 0}, "n_walkers"),
        ({"seed": -1}, "seed"),
        ({"first_walker": -1}, "first_walker"),
        ({"first_walker": 2**32}, "first_walker"),
        ({"constraint": "ball"}, "constraint"),
        ({"origin": np.ones(4)}, "origin"),
        ({"origin": np.ones((0, 5))}, "origin"),
        ({"origin": np.full(5, np.inf)}, "origin"),
        ({"origin": np.zeros(5), "constraint": "sphere"}, "origin"),
        ({"landscape": np.sum}, "landscape"),
        ({"landscape": bowl(5, Sphere(1.0)), "constraint": "none"}, "constraint"),
        ({"landscape": bowl(5, Sphere(1.0))}, "origin"),
    ],
)
def test_bad_input_is_refused(change, name):
    arguments = {"landscape": bowl(5), "origin": np.ones(5), "sigma": 0.1, "n_steps": 2, **change}
    with pytest.raises(ArgumentError) as caught:
        random_walk(**arguments)
    assert caught.value.argument == name
