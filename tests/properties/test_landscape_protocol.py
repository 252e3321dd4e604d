"""What every landscape offers, on all three of them: one interface, and numbers that agree with each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import spinland as sl
from spinland import rng
from spinland.landscape.base import BaseLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.protocol import Landscape

MAT = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 3.0]])


class Bare(BaseLandscape):
    """A quadratic form on a sphere, with no more than what nothing follows from."""

    dim, dtype, device, fingerprint = 3, np.dtype(np.float64), "cpu", "bare"
    geometry = Sphere(2.0)

    def value(self, points):
        points = np.asarray(points)
        return (0.5 * (points @ MAT) * points).sum(axis=-1)

    def gradient(self, points):
        return self.geometry.tangent(points, np.asarray(points) @ MAT)

    def hessian_product(self, point, vectors):
        along = self.geometry.tangent(point, vectors)
        flat = along @ MAT - (point @ MAT @ point / (point @ point)) * along
        return self.geometry.tangent(point, flat)


def network(seed, dtype, loss="cross_entropy", n=40):
    drawn = np.random.default_rng(seed)
    shape = sl.ReLUNetwork((5, 7, 4, 3))
    x = drawn.normal(size=(n, 5)).astype("f4")
    x[:, 2] = 0  # an input that is dead
    landscape = sl.NetworkLandscape(shape, x, drawn.integers(0, 3, n), loss, dtype)
    return landscape, drawn.normal(size=(4, shape.n_params)).astype("f4").astype(dtype)


def glass(seed, dtype, order=3):
    landscape = sl.SphericalSpinGlass(9, order, seed, dtype)
    return landscape, landscape.random_points(4, seed)


def function(seed, gradient):
    drawn = np.random.default_rng(seed)
    landscape = sl.FunctionLandscape(lambda w: np.cos(w).sum(axis=1), 6, (lambda w: -np.sin(w)) if gradient else None)
    return landscape, drawn.normal(size=(4, 6))


def bare(seed):
    return Bare(), Bare.geometry.retract(np.random.default_rng(seed).normal(size=(4, 3)))


KINDS = {
    "network float64": lambda seed: network(seed, "float64"),
    "network float32": lambda seed: network(seed, "float32"),
    "network mse": lambda seed: network(seed, "float64", "mse"),
    "glass float64": lambda seed: glass(seed, "float64"),
    "glass float32": lambda seed: glass(seed, "float32"),
    "mixture": lambda seed: glass(seed, "float64", {2: 0.5, 4: 1.0}),
    "function": lambda seed: function(seed, False),
    "function with gradient": lambda seed: function(seed, True),
    "bare": bare,
}
kinds = pytest.mark.parametrize("kind", list(KINDS))
exact = pytest.mark.parametrize("kind", [kind for kind in KINDS if "float32" not in kind])
seeds = st.integers(0, 2**32 - 1)


@kinds
def test_it_is_a_landscape(kind):
    landscape, points = KINDS[kind](0)
    assert isinstance(landscape, Landscape)
    values, accuracy = landscape.evaluate(points)
    assert values.shape == accuracy.shape == (4,)
    assert np.isnan(accuracy).all() != kind.startswith("network")


@kinds
@given(seed=seeds)
def test_value_and_gradient_have_the_bits_of_both(kind, seed):
    landscape, points = KINDS[kind](seed)
    values, gradients = landscape.value_and_gradient(points)
    assert_array_equal(values, landscape.value(points))
    assert_array_equal(gradients, landscape.gradient(points))
    value, gradient = landscape.value_and_gradient(points[1])
    assert np.ndim(value) == 0
    assert (value, gradient.shape) == (values[1], points[1].shape)
    assert_array_equal(gradient, gradients[1])


@exact
@given(seed=seeds)
def test_gradient_is_the_slope_of_the_value_along_the_space(kind, seed):
    landscape, points = KINDS[kind](seed)
    point, other = points[:2]
    way = landscape.geometry.tangent(point, other)
    way /= np.linalg.norm(way)
    slopes = []
    for step in (1e-4, 2e-4):  # Richardson's extrapolation, away from the rounding of smaller steps
        both = point + step * np.array([[1], [-1]]) * way
        if isinstance(landscape.geometry, Sphere):
            both = landscape.geometry.retract(both)
        values = landscape.value(both)
        slopes.append((values[0] - values[1]) / (2 * step))
    slope = (4 * slopes[0] - slopes[1]) / 3
    gradient = landscape.gradient(point)
    if kind.startswith("network") and abs(slopes[0] - slopes[1]) > 1e-6 * (1 + abs(slope)):
        return  # a kink lies between
    assert_allclose(gradient @ way, slope, rtol=1e-6, atol=1e-6 * (1 + np.linalg.norm(gradient)))


@kinds
@given(seed=seeds)
def test_hessian_products_are_those_of_each_point(kind, seed):
    landscape, points = KINDS[kind](seed)
    vectors = points[::-1]
    products = landscape.hessian_products(points, vectors)
    one_by_one = [landscape.hessian_product(p, v) for p, v in zip(points, vectors, strict=True)]
    assert products.dtype == landscape.dtype
    close = 1e-4 if landscape.dtype == np.float32 else 1e-12
    assert_allclose(products, one_by_one, rtol=close, atol=close * (1 + np.abs(products).max()))
    for wrong in (vectors[:2], vectors[:, :2]):
        with pytest.raises(sl.ArgumentError, match="vectors"):
            landscape.hessian_products(points, wrong)


def test_extent_turns_a_value_into_the_energy():
    assert glass(1, "float64")[0].extent == 9
    assert {KINDS[kind](0)[0].extent for kind in ("network mse", "function", "bare")} == {1}


def test_only_even_orders_are_known_to_be_symmetric():
    assert glass(1, "float64", {2: 0.5, 4: 1.0})[0].symmetric
    assert not any(KINDS[kind](0)[0].symmetric for kind in ("glass float64", "network mse", "function", "bare"))


def test_typical_norm_is_that_of_typical_points():
    landscape, points = glass(1, "float64")
    assert_allclose(landscape.typical_norm, np.linalg.norm(points, axis=1))
    landscape, _ = network(1, "float64")
    norms = np.linalg.norm(landscape.network.initialize(400, seed=1), axis=1)
    assert_allclose(landscape.typical_norm, np.sqrt(np.mean(norms**2)), rtol=0.01)
    assert Bare().typical_norm == 2.0
    assert function(1, True)[0].typical_norm is None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@given(seed=seeds)
def test_the_batch_of_all_samples_is_the_landscape(dtype, loss, seed):
    landscape, points = network(seed, dtype, loss)
    whole = landscape.batch(np.arange(landscape.n_samples))
    assert whole.fingerprint == landscape.fingerprint
    for name in ("value", "gradient", "evaluate"):
        assert_array_equal(getattr(whole, name)(points), getattr(landscape, name)(points))
    along = np.array([[0.0], [0.5]])
    here, there = (one.slice(points[0], points[1:2]).value(along) for one in (whole, landscape))
    assert_array_equal(here, there)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@given(seed=seeds, chosen=st.lists(st.integers(0, 39), min_size=1, max_size=50))
def test_a_batch_is_the_landscape_of_its_samples(loss, seed, chosen):
    landscape, points = network(seed, "float64", loss)
    part = landscape.batch(chosen)
    drawn = np.random.default_rng(seed)
    x, y = drawn.normal(size=(40, 5)).astype("f4"), drawn.integers(0, 3, 40)
    x[:, 2] = 0
    alone = sl.NetworkLandscape(landscape.network, x[chosen], y[chosen], loss, "float64")
    assert part.n_samples == alone.n_samples == len(chosen)
    assert (part.dim, part.dtype, part.quantity) == (alone.dim, alone.dtype, alone.quantity)
    for name in ("value", "gradient", "evaluate"):
        assert_allclose(getattr(part, name)(points), getattr(alone, name)(points), rtol=1e-10, atol=1e-12)
    assert part.fingerprint != landscape.fingerprint
    assert landscape.n_samples == 40


def test_halves_of_the_samples_average_to_the_whole():
    landscape, points = network(3, "float64")
    halves = [landscape.batch(range(low, low + 20)) for low in (0, 20)]
    assert_allclose(np.mean([half.value(points) for half in halves], axis=0), landscape.value(points))
    assert_allclose(np.mean([half.gradient(points) for half in halves], axis=0), landscape.gradient(points))


@pytest.mark.parametrize("wrong", [[], [40], [-1], [0.5], [[0, 1]], "all", None, [True] * 40])
def test_odd_batches_are_refused(wrong):
    with pytest.raises(sl.ArgumentError, match="indices"):
        network(1, "float64")[0].batch(wrong)


@pytest.mark.parametrize("kind", ["glass float64", "function", "bare"])
def test_what_has_no_samples_and_no_neurons_says_so(kind):
    landscape, _ = KINDS[kind](0)
    with pytest.raises(sl.ArgumentError, match="landscape: expected one that is a mean over samples"):
        landscape.batch([0])
    with pytest.raises(sl.ArgumentError, match="only networks have neurons"):
        landscape.swaps()
    with pytest.raises(sl.ArgumentError, match="only networks have neurons"):
        sl.swap_interpolation(landscape, np.zeros(landscape.dim), [1], [0, 1], 1)


@kinds
def test_walkers_are_where_their_steps_lead(kind):
    landscape, points = KINDS[kind](5)
    radius = np.linalg.norm(points.astype("f8"), axis=1) if isinstance(landscape.geometry, Sphere) else ()
    walkers = landscape.walkers(points, [0, 3, 0], [7, 8, 9], radius)
    steps = list(walkers.walk(0.05, 3, seed=11))
    assert [step.step for step in steps] == [0, 1, 2, 3]
    assert_array_equal(steps[0].values, landscape.value(points[[0, 3, 0]]))
    assert_array_equal(steps[0].distance, 0)
    at = points[[0, 3, 0]].astype("f8")
    for t, step in enumerate(steps[1:], 1):
        at += 0.05 * np.stack([steps_of(11, number, t, landscape.dim) for number in (7, 8, 9)])
        if len(radius):
            at *= (radius[[0, 3, 0]] / np.linalg.norm(at, axis=1))[:, None]
        close = {"rtol": 1e-4, "atol": 1e-5} if landscape.dtype == np.float32 else {"rtol": 1e-9}
        assert_allclose(step.values, landscape.value(at), **close)
        assert_allclose(step.distance, np.linalg.norm(at - points[[0, 3, 0]], axis=1), **close)


def steps_of(seed, walker, step, n):
    return rng.normals(seed, rng.Purpose.WALK, walker, step, n)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("starts", np.zeros((2, 4))),
        ("starts", np.full((2, 6), np.nan)),
        ("origin_index", [0, 2]),
        ("origin_index", [0.0, 1.0]),
        ("numbers", [1]),
        ("numbers", [0, 2**32]),
        ("radius", [1.0]),
        ("radius", [1.0, 0.0]),
    ],
)
def test_odd_walkers_are_refused(argument, value):
    given = {"starts": np.ones((2, 6)), "origin_index": [0, 1], "numbers": [4, 5], "radius": ()}
    with pytest.raises(sl.ArgumentError, match=argument):
        function(0, True)[0].walkers(**(given | {argument: value}))


def test_every_probe_runs_on_what_only_inherits():
    landscape, points = bare(0)
    walk = sl.random_walk(landscape, points[0], 0.1, 5, 2)
    assert walk.values.shape == (2, 6)
    line = sl.line(landscape, points[0], points[1], np.linspace(0, 1, 5))
    assert_allclose(line.values[[0, -1]], landscape.value(points[:2]))
    assert np.isfinite(sl.flatness(landscape, points[0], [0.1], 3).rise).all()
    flow = sl.gradient_flow(landscape, points, [0.0, 50.0])
    assert_allclose(flow.energies[:, -1], 2 * np.linalg.eigvalsh(MAT)[0], rtol=1e-6)


class Quartic(sl.BaseLandscape):
    """A landscape that a user wrote: what no one can know for it, and nothing else."""

    dim, dtype, device, fingerprint = 5, np.dtype("float64"), "cpu", "quartic"
    geometry = sl.Euclidean()

    def value(self, points):
        points = np.asarray(points)
        return (points**4).sum(axis=-1) if points.ndim > 1 else float((points**4).sum())

    def gradient(self, points):
        return 4 * np.asarray(points) ** 3

    def hessian_product(self, point, vectors):
        return 12 * np.asarray(point) ** 2 * np.asarray(vectors)


def test_probes_take_a_landscape_of_ones_own():
    own, point = Quartic(), np.full(5, 0.5)
    assert isinstance(own, sl.Landscape)
    walk = sl.random_walk(own, point, 0.01, 5, n_walkers=3)
    np.testing.assert_allclose(walk.values[:, 0], 5 / 16)
    line = sl.line(own, point, -point, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(line.values, [5 / 16, 0, 5 / 16])
    values, gradients = own.value_and_gradient(point[None])
    np.testing.assert_allclose(values, 5 / 16)
    np.testing.assert_allclose(gradients, 0.5)
    np.testing.assert_allclose(own.hessian_products(point[None], np.ones((1, 5))), 3.0)
    with pytest.raises(sl.ArgumentError, match="samples"):
        own.batch([0])
