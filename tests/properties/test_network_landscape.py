"""The network landscape against naive float64 NumPy, over many small networks."""

import json

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.landscape.protocol import Landscape
from tests.oracles import network as oracle

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


class Case:
    """A small network, its data and some points; a function of the arguments alone."""

    def __init__(self, widths, bias, kind, n, seed, dtype="float64", labels=True, gain=1.0):
        generator = np.random.default_rng(seed)
        self.network, self.kind, self.dtype = ReLUNetwork(widths, bias), kind, dtype
        # Numbers that float32 holds exactly: both float types see the same problem.
        self.x = generator.normal(size=(n, widths[0])).astype("f4").astype("f8")
        self.labels = generator.integers(0, widths[-1], n)
        self.targets = generator.normal(size=(n, widths[-1])).astype("f4").astype("f8")
        if labels:
            self.targets = np.eye(widths[-1])[self.labels]
        self.y = self.labels if labels or kind == "cross_entropy" else self.targets
        self.answers = self.labels if kind == "cross_entropy" else self.targets
        shape = (3, self.network.n_params)
        self.points = (gain * generator.normal(size=shape)).astype("f4").astype("f8")
        self.vectors = generator.normal(size=shape).astype("f4").astype("f8")
        self.landscape = NetworkLandscape(self.network, self.x, self.y, kind, dtype)

    def reference(self, name, point, *vector):
        return getattr(oracle, name)(
            self.network.widths, self.network.bias, point, *vector, self.x, self.answers, self.kind
        )

    def clear_of_kinks(self, point, margin=1e-3):
        """Whether no pre-activation is so small that rounding or a small step could change its sign."""
        x = self.x
        for weight, b in oracle.layers(self.network.widths, self.network.bias, point)[:-1]:
            z = x @ weight.T + b
            if np.abs(z).min() < margin:
                return False
            x = np.maximum(z, 0)
        return True

    def clear_of_ties(self, point, margin=1e-4):
        """Whether the largest output of each sample is well above the next."""
        z = np.sort(oracle.forward(self.network.widths, self.network.bias, point, self.x)[-1], axis=1)
        return z.shape[1] < 2 or (z[:, -1] - z[:, -2]).min() > margin * max(1.0, np.abs(z).max())


def cases(**fixed):
    """Small cases; ``fixed`` arguments are not drawn."""
    drawn = {
        "widths": st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple),
        "bias": st.booleans(),
        "kind": st.sampled_from(["cross_entropy", "mse"]),
        "n": st.integers(1, 70),
        "seed": st.integers(0, 10**6),
        "dtype": st.sampled_from(["float64", "float32"]),
        "labels": st.booleans(),
    }
    return st.builds(Case, **{**drawn, **{k: st.just(v) for k, v in fixed.items()}})


def assert_close(got, want, case, scale=None):
    """Equal within the tolerance of the float type, relative to the largest entry (at least one)."""
    scale = max(1.0, np.abs(want).max()) if scale is None else scale
    assert_allclose(got, want, rtol=0, atol=TOLERANCE[case.dtype] * scale)


@given(cases())
def test_value_and_accuracy(case):
    loss, accuracy = case.landscape.evaluate(case.points)
    assert loss.dtype == accuracy.dtype == np.float64
    assert_close(loss, [case.reference("loss", p) for p in case.points], case)
    if case.y.ndim == 2:
        assert np.isnan(accuracy).all()
    elif all(case.clear_of_ties(p) for p in case.points):
        widths, bias = case.network.widths, case.network.bias
        assert_array_equal(accuracy, [oracle.accuracy(widths, bias, p, case.x, case.labels) for p in case.points])


@given(cases())
def test_gradient(case):
    gradients = case.landscape.gradient(case.points)
    assert gradients.dtype == case.dtype
    for got, point in zip(gradients, case.points, strict=True):
        if case.dtype == "float64" or case.clear_of_kinks(point):
            assert_close(got, case.reference("gradient", point), case)


@given(cases())
def test_hessian_product(case):
    point = case.points[0]
    products = case.landscape.hessian_product(point, case.vectors)
    assert products.dtype == case.dtype
    if case.dtype == "float64" or case.clear_of_kinks(point):
        want = np.array([case.reference("hessian_product", point, v) for v in case.vectors])
        assert_close(products, want, case)


@given(cases(dtype="float64"))
def test_hessian_is_symmetric(case):
    point, (u, v, _) = case.points[0], case.vectors
    uhv, vhu = u @ case.landscape.hessian_product(point, v), v @ case.landscape.hessian_product(point, u)
    assert_allclose(uhv, vhu, rtol=0, atol=1e-12 * max(1.0, abs(uhv), np.abs(point).max() ** 4))


@given(cases(dtype="float64", widths=(3, 4, 3, 2), n=9))
def test_derivatives_against_differences(case):
    point, step = case.points[0], 1e-6
    if not case.clear_of_kinks(point):
        return
    shifts = step * np.eye(len(point))
    difference = (case.landscape.value(point + shifts) - case.landscape.value(point - shifts)) / (2 * step)
    gradient = case.landscape.gradient(point)
    assert_allclose(gradient, difference, rtol=0, atol=1e-7 * max(1.0, np.abs(gradient).max()))
    hessian = case.landscape.hessian_product(point, np.eye(len(point)))
    difference = case.reference("hessian_by_differences", point)
    assert_allclose(hessian, difference, rtol=0, atol=1e-6 * max(1.0, np.abs(hessian).max()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["cross_entropy", "mse"])
def test_logits_of_ten_thousand(dtype, kind):
    network = ReLUNetwork((2, 3), bias=True)
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.25]])
    y = np.array([0, 1, 2, 1])
    point = np.array([1e4, -1e4, -1e4, 1e4, 0, 0, 1, -1, 0.5])
    answers = y if kind == "cross_entropy" else np.eye(3)[y]
    landscape = NetworkLandscape(network, x, y, kind, dtype)
    for name, got in [
        ("loss", landscape.value(point)),
        ("gradient", landscape.gradient(point)),
        ("hessian_product", landscape.hessian_product(point, np.linspace(-1, 1, 9))),
    ]:
        extra = (np.linspace(-1, 1, 9),) if name == "hessian_product" else ()
        want = getattr(oracle, name)((2, 3), True, point, *extra, x, answers, kind)
        assert np.isfinite(got).all()
        assert_allclose(got, want, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_a_tiny_loss_keeps_its_digits():
    network = ReLUNetwork((1, 2), bias=False)
    landscape = NetworkLandscape(network, [[1.0]], [0], dtype="float64")
    for gap in (1.0, 20.0, 40.0, 300.0):
        assert_allclose(landscape.value(np.array([gap, 0.0])), np.log1p(np.exp(-gap)), rtol=1e-14)


@given(cases(bias=False, dtype="float64"), st.sampled_from([0.25, 0.5, 2.0]))
def test_a_net_without_biases_is_homogeneous(case, factor):
    """Outputs scale with factor^H: targets scaled alike scale the squared error by factor^2H, exactly."""
    scale = factor**case.network.n_layers
    one = NetworkLandscape(case.network, case.x, case.targets, "mse", "float64")
    other = NetworkLandscape(case.network, case.x, scale * case.targets, "mse", "float64")
    assert_array_equal(other.value(factor * case.points), scale**2 * one.value(case.points))


@given(cases())
def test_a_batch_equals_its_points_bit_for_bit(case):
    land = case.landscape
    loss, accuracy = land.evaluate(case.points)
    gradients = land.gradient(case.points)
    products = land.hessian_product(case.points[0], case.vectors)
    for i, point in enumerate(case.points):
        assert_array_equal(land.evaluate(point), (loss[i], accuracy[i]))
        assert_array_equal(land.gradient(point), gradients[i])
        assert_array_equal(land.hessian_product(case.points[0], case.vectors[i]), products[i])


@given(st.data())
def test_dead_inputs(data):
    """Inputs that are always zero have zero gradient, and leaving them out changes nothing else."""
    case = data.draw(cases(widths=(5, 4, 3), dtype="float64"))
    dead = np.array(data.draw(st.lists(st.booleans(), min_size=5, max_size=5)))
    case.x[:, dead] = 0
    case.landscape = NetworkLandscape(case.network, case.x, case.y, case.kind, "float64")
    point, vector = case.points[0], case.vectors[0]
    gradient, product = case.landscape.gradient(point), case.landscape.hessian_product(point, vector)
    for name, got in [("loss", case.landscape.value(point)), ("gradient", gradient)]:
        assert_close(got, case.reference(name, point), case)
    assert_close(product, case.reference("hessian_product", point, vector), case)
    (weight, _), *_ = case.network.layers(gradient)
    (weight_product, _), *_ = case.network.layers(product)
    assert (weight[:, dead] == 0).all()
    assert (weight_product[:, dead] == 0).all()
    moved = point.copy()
    case.network.layers(moved)[0][0][:, dead] += 3
    assert case.landscape.value(moved) == case.landscape.value(point)


@given(cases())
def test_input_is_left_alone(case):
    points, vectors, x = case.points.copy(), case.vectors.copy(), case.x.copy()
    case.landscape.gradient(case.points)
    case.landscape.hessian_product(case.points[0], case.vectors)
    assert_array_equal(case.points, points)
    assert_array_equal(case.vectors, vectors)
    assert_array_equal(case.x, x)


def test_layouts_of_memory_do_not_matter():
    case = Case((4, 5, 3), True, "cross_entropy", 40, seed=1)
    want = case.landscape.value(case.points)
    frozen = case.points.copy()
    frozen.setflags(write=False)
    for points in (frozen, np.asfortranarray(case.points), case.points.tolist(), np.repeat(case.points, 2, 1)[:, ::2]):
        assert_array_equal(case.landscape.value(points), want)
    frozen_x = case.x.copy()
    frozen_x.setflags(write=False)
    assert_array_equal(NetworkLandscape(case.network, frozen_x, case.y, dtype="float64").value(case.points), want)


def test_an_empty_batch_has_no_values():
    case = Case((4, 5, 3), True, "cross_entropy", 40, seed=1)
    none = np.empty((0, case.network.n_params))
    assert case.landscape.value(none).shape == (0,)
    assert case.landscape.gradient(none).shape == none.shape
    assert case.landscape.hessian_product(case.points[0], none).shape == none.shape


def test_slices_are_points():
    case = Case((4, 5, 3), True, "cross_entropy", 40, seed=2)
    coefficients = np.array([[0.0, 0.0], [1.0, -2.0], [0.5, 0.25]])
    cut = case.landscape.slice(case.points[0], case.vectors[:2])
    want = case.landscape.value(case.points[0] + coefficients @ case.vectors[:2])
    assert_allclose(cut.value(coefficients), want, rtol=1e-12)
    assert isinstance(case.landscape, Landscape)


def test_same_bits_on_one_and_two_threads(threads):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one core only")
    for dtype in ("float32", "float64"):
        case = Case((20, 33, 17, 10), True, "cross_entropy", 700, seed=3, dtype=dtype)
        results = []
        for n in (1, 2):
            threads(n)
            results.append(
                (
                    *case.landscape.evaluate(case.points),
                    case.landscape.gradient(case.points),
                    case.landscape.hessian_product(case.points[0], case.vectors),
                )
            )
        for one, two in zip(*results, strict=True):
            assert_array_equal(one, two)


SCRIPT = """
import hashlib, json
import numpy as np
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
network = ReLUNetwork((20, 33, 17, 10))
x = network.initialize(3, seed=1).ravel()[:2000].reshape(100, 20)
landscape = NetworkLandscape(network, x, np.arange(100) % 10, dtype="float64")
points = network.initialize(5, seed=2)
parts = [*landscape.evaluate(points), landscape.gradient(points), landscape.hessian_product(points[0], points)]
print(json.dumps([hashlib.sha256(part.tobytes()).hexdigest() for part in parts]))
"""


def test_same_bits_in_processes_of_one_and_two_threads(run_python):
    one, two = (json.loads(run_python(SCRIPT, NUMBA_NUM_THREADS=n)) for n in "12")
    assert one == two


@given(cases(dtype="float64"))
def test_layers_and_back(case):
    for point in case.points:
        assert_array_equal(case.network.flatten(case.network.layers(point)), point)
    parts = case.network.layers(case.points[0])
    for (w, b), (v, c) in zip(
        parts, oracle.layers(case.network.widths, case.network.bias, case.points[0]), strict=True
    ):
        assert_array_equal(w, v)
        assert_array_equal(np.zeros(len(c)) if b is None else b, c)


def test_the_layout_is_pytorchs():
    """parameters_to_vector(Sequential(Linear(2, 3), ReLU(), Linear(3, 1)).parameters()): weight rows, then bias."""
    (w0, b0), (w1, b1) = ReLUNetwork((2, 3, 1)).layers(np.arange(13.0))
    assert w0.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert b0.tolist() == [6, 7, 8]
    assert w1.tolist() == [[9, 10, 11]]
    assert b1.tolist() == [12]
    assert [w.tolist() for w, _ in ReLUNetwork((1, 2, 1), bias=False).layers(np.arange(4))] == [[[0], [1]], [[2, 3]]]


def test_filters_cover_every_parameter_once():
    network = ReLUNetwork((3, 4, 2))
    filters = network.geometry.filters
    assert len(filters) == 6
    assert_array_equal(np.sort(np.concatenate(filters)), np.arange(network.n_params))
    assert filters[1].tolist() == [3, 4, 5, 13]  # weights of the second neuron and its bias


def test_initial_points_are_addressed_by_replica():
    network = ReLUNetwork((5, 40, 3))
    points = network.initialize(4, seed=9)
    assert points.dtype == np.float32
    assert_array_equal(network.initialize(1, seed=9, first=2)[0], points[2])
    assert len(np.unique(points, axis=0)) == 4
    assert (network.initialize(4, seed=10) != points).mean() > 0.99
    assert_array_equal(network.initialize(4, seed=9, dtype="float64").astype("f4"), points)
    for (w, b), fan_in in zip(network.layers(np.abs(points).max(axis=0)), (5, 40), strict=True):
        assert max(w.max(), b.max()) <= 1 / np.sqrt(fan_in)
        assert w.max() > 0.8 / np.sqrt(fan_in)
