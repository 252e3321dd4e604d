"""Digits of losses and derivatives where outputs are huge or answers all but certain, against float64.

An output z of float32 is wrong by about eps |z|, and so is the logarithm of any probability: where samples lie
near a tie of huge outputs no float32 program can do better. The samples here keep away from ties, or the bound
says how large outputs are.
"""

import math

import numpy as np
import pytest

from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.swaps import swap_interpolation
from spinland_kernels.elementary import exp_of_negative
from spinland_kernels.networks import N_COEFFICIENTS, SGD, Batches, Replicas, Rule
from spinland_kernels.training import cpu as training

from ..oracles import network as oracle
from ..oracles import swaps

EPS = {"float32": 6e-8, "float64": 1.2e-16}


def scaled_last(widths, bias, point, factor):
    """The point with its last layer, and so its outputs, ``factor`` times as large."""
    parts = oracle.layers(widths, bias, point)
    weight, b = parts[-1]
    return oracle.flatten([*parts[:-1], (weight * factor, b * factor)], bias)


def gaps(z):
    """Largest output less the second."""
    ordered = np.sort(z, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def relative(got, want):
    return np.linalg.norm(got - want) / np.linalg.norm(want)


class Case:
    """A network whose largest output is ``largest`` or whose smallest gap is ``gap``, on samples away from ties."""

    def __init__(self, widths, seed, *, largest=None, gap=None, sure=False, zeros=False, dtype="float32"):
        rng = np.random.default_rng(seed)
        self.network, self.dtype, self.bias = ReLUNetwork(widths), dtype, True
        self.widths = widths
        x = rng.normal(size=(300, widths[0])).astype(np.float32)
        if zeros:  # few numbers differ from zero: another first layer
            x *= rng.uniform(size=x.shape) < 0.3
        y = rng.integers(widths[-1], size=300)
        point = np.asarray(self.network.initialize(1, seed=seed)[0], np.float64)
        z = oracle.forward(widths, True, point, x)[-1]
        keep = gaps(z) > np.quantile(gaps(z), 0.5)
        self.x, self.y = x[keep], z.argmax(axis=1)[keep] if sure else y[keep]
        factor = largest / np.abs(z).max() if largest else gap / gaps(z)[keep].min()
        self.point = scaled_last(widths, True, point, factor).astype(np.float32).astype(dtype)
        self.vectors = rng.normal(size=(3, self.network.n_params)).astype(np.float32).astype(dtype)
        self.outputs = oracle.forward(widths, True, self.point, self.x)[-1]

    def landscape(self, targets=None):
        answers, loss = (self.y, "cross_entropy") if targets is None else (targets, "mse")
        return NetworkLandscape(self.network, self.x, answers, loss=loss, dtype=self.dtype)

    def oracle(self, function, *vector, targets=None):
        answers, kind = (self.y, "cross_entropy") if targets is None else (targets, "mse")
        return function(self.widths, self.bias, self.point, *vector, self.x, answers, kind)


WIDTHS = [(10, 16, 5), (8, 12, 9, 4), (40, 30, 10)]


@pytest.mark.parametrize("zeros", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
@pytest.mark.parametrize("largest", [3e4, 3e5])
def test_huge_outputs_keep_single_precision(largest, widths, zeros):
    for seed in range(4):
        case = Case(widths, seed, largest=largest, zeros=zeros)
        landscape = case.landscape()
        products = landscape.hessian_product(case.point, case.vectors)
        for product, vector in zip(products, case.vectors, strict=True):
            assert relative(product, case.oracle(oracle.hessian_product, vector)) < 1e-6
        assert relative(landscape.gradient(case.point), case.oracle(oracle.gradient)) < 1e-6
        assert landscape.value(case.point) == pytest.approx(case.oracle(oracle.loss), rel=1e-6)


@pytest.mark.parametrize("largest", [3e4, 3e5])
def test_huge_outputs_of_squared_errors_keep_single_precision(largest):
    for widths in WIDTHS:
        case = Case(widths, 0, largest=largest)
        targets = np.random.default_rng(1).normal(size=case.outputs.shape)
        landscape = case.landscape(targets)
        for vector in case.vectors:
            want = case.oracle(oracle.hessian_product, vector, targets=targets)
            assert relative(landscape.hessian_product(case.point, vector), want) < 1e-6
        want = case.oracle(oracle.gradient, targets=targets)
        assert relative(landscape.gradient(case.point), want) < 1e-6
        assert landscape.value(case.point) == pytest.approx(case.oracle(oracle.loss, targets=targets), rel=1e-6)


@pytest.mark.parametrize("largest", [3e4, 3e5])
def test_huge_outputs_on_slices_and_with_swaps_keep_single_precision(largest):
    case = Case((10, 16, 5), 0, largest=largest)
    landscape = case.landscape()
    plane = landscape.slice(case.point, case.vectors[:2])
    coefficients = np.array([[0.0, 0.0], [0.1, 0.3], [1.0, -1.0]])
    for values, c in zip(plane.value(coefficients), coefficients, strict=True):
        point = case.point.astype(float) + c @ case.vectors[:2].astype(float)
        want = oracle.loss(case.widths, True, point, case.x, case.y, "cross_entropy")
        assert values == pytest.approx(want, rel=1e-6)
    swapped = swap_interpolation(landscape, case.point, [3], [0.0, 0.5, 1.0], 1, seed=0)
    other = swaps.swapped(case.network, case.point, 0, swaps.pairs(0, 0, 0, 3, 16))
    middle = (case.point.astype(float) + other) / 2
    want = [
        oracle.loss(case.widths, True, point, case.x, case.y, "cross_entropy") for point in (case.point, middle, other)
    ]
    np.testing.assert_allclose(np.ravel(swapped.values), want, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gap", [5.0, 10.0, 15.0, 20.0, 30.0, 60.0])
def test_what_is_left_to_learn_keeps_its_digits(gap, dtype):
    for widths in WIDTHS:
        case = Case(widths, 1, gap=gap, sure=True, dtype=dtype)
        bound = 4 * EPS[dtype] * (np.abs(case.outputs).max() + 20)
        landscape = case.landscape()
        assert relative(landscape.gradient(case.point), case.oracle(oracle.gradient)) < bound
        for vector in case.vectors:
            product = landscape.hessian_product(case.point, vector)
            assert relative(product, case.oracle(oracle.hessian_product, vector)) < bound


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_learns_what_is_left_to_learn(dtype):
    case = Case((10, 16, 5), 1, gap=20.0, sure=True, dtype=dtype)
    samples = case.landscape().samples
    want = case.oracle(oracle.gradient)
    rate = 1 / np.abs(want).max()  # so large that the step keeps the digits of the gradient
    points, none = case.point[None].copy(), np.empty((1, 0), dtype)
    coefficients = np.zeros((1, N_COEFFICIENTS), dtype)
    coefficients[0, 0] = rate
    replicas = Replicas(points, none, none, np.ones(1, bool), np.zeros(1, np.int64))
    batches = Batches(np.uint64(0), 1, 0, len(case.x), 0)
    training.descend(replicas, Rule(SGD, coefficients), batches, samples.architecture, samples.prepared("training"))
    step = (case.point - points[0].astype(float)) / rate
    bound = 4 * EPS[dtype] * (np.abs(case.outputs).max() + 20)
    assert relative(step, want) < bound


def test_a_hessian_that_is_zero_stays_zero():
    network = ReLUNetwork((6, 5))
    x = np.eye(6)
    point = np.zeros((5, 7))
    point[:, 6] = 3e5 * np.arange(5)  # biases alone
    flat = network.flatten([(point[:, :6], point[:, 6])])
    landscape = NetworkLandscape(network, x, np.arange(6) % 5)
    products = landscape.hessian_product(flat, np.random.default_rng(0).normal(size=(3, network.n_params)))
    assert np.abs(products).max() < 1e-30


@pytest.mark.parametrize("gap", [0.3, 5.7, 33.1])
def test_value_and_gradient_have_one_exponential(gap):
    """Two outputs 0 and −gap: the loss is log(1 + e), the other's probability e/(1 + e), to the last bit."""
    landscape = NetworkLandscape(ReLUNetwork((1, 2)), [[1.0]], [0], dtype="float64")
    point = np.array([0, 0, 0, -gap])
    e = exp_of_negative(-gap)
    assert landscape.value(point) == math.log1p(e)
    assert landscape.gradient(point)[3] == e * (1 / (e + 1))
