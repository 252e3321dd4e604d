"""Samples that are mostly zero: only the other numbers are multiplied, and nothing else may change."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland_kernels.mlp import cpu as kernel
from spinland_kernels.networks import CROSS_ENTROPY, Samples
from tests.oracles import network as oracle


def sparse_samples(n, d, density=0.2, seed=0):
    """Samples with some rows empty, and no input that is zero in all of them."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, d)) * (draw.random((n, d)) < density)
    x[:: max(2, n // 3)] = 0
    for j in np.flatnonzero(~x.any(axis=0)):
        x[-1, j] = 1
    return x.astype("f4").astype("f8")


def problem(widths, n, bias=True, dtype="float64", kind="cross_entropy", density=0.2):
    draw = np.random.default_rng(1)
    x, y = sparse_samples(n, widths[0], density), draw.integers(0, widths[-1], n)
    network = ReLUNetwork(widths, bias)
    points = draw.normal(size=(3, network.n_params)).astype("f4").astype("f8")
    return NetworkLandscape(network, x, y, kind, dtype), x, y, points


def results(landscape, points):
    """Everything that is computed from the samples."""
    return (*landscape.evaluate(points), landscape.gradient(points), landscape.hessian_product(points[0], points))


# One layer, narrow and wide panels, a panel that is not full, inputs and samples on both sides of a block and of a
# tile.
@pytest.mark.parametrize("widths", [(20, 3), (130, 1, 3), (127, 33, 2), (128, 64, 5, 3), (257, 65, 3)])
@pytest.mark.parametrize("n", [9, 127, 129, 1100])
@pytest.mark.parametrize("bias", [True, False])
def test_against_naive_numpy(widths, n, bias):
    landscape, x, y, points = problem(widths, n, bias)
    assert landscape.samples.prepared("mlp").sparse
    loss, _, gradients, products = results(landscape, points)
    for i, point in enumerate(points):
        at = (widths, bias, point)
        assert_allclose(loss[i], oracle.loss(*at, x, y, "cross_entropy"), rtol=1e-12)
        want = oracle.gradient(*at, x, y, "cross_entropy")
        assert_allclose(gradients[i], want, rtol=0, atol=1e-12 * max(1, abs(want).max()))
        want = oracle.hessian_product(widths, bias, points[0], point, x, y, "cross_entropy")
        assert_allclose(products[i], want, rtol=0, atol=1e-11 * max(1, abs(want).max()))


@given(
    n=st.integers(1, 300),
    d=st.integers(2, 300),
    hidden=st.integers(1, 70),
    kind=st.sampled_from(["cross_entropy", "mse"]),
)
def test_both_ways_of_multiplying_agree(n, d, hidden, kind):
    landscape, x, y, points = problem((d, hidden, 3), n, kind=kind, density=0.05)
    dense = NetworkLandscape(landscape.network, x, y, kind, "float64")
    dense.samples.prepared("mlp").sparse = False
    for one, other in zip(results(landscape, points), results(dense, points), strict=True):
        assert_allclose(one, other, rtol=0, atol=1e-11 * max(1, abs(other).max()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bits_depend_on_neither_threads_nor_company(threads, dtype):
    landscape, _, _, points = problem((150, 40, 3), 1100, dtype=dtype)
    threads(1)
    one = results(landscape, points)
    threads(min(2, numba.config.NUMBA_NUM_THREADS))
    for first, second in zip(one, results(landscape, points), strict=True):
        assert_array_equal(first, second)
    loss, accuracy, gradients, products = one
    for i, point in enumerate(points):
        assert_array_equal(landscape.evaluate(point), (loss[i], accuracy[i]))
        assert_array_equal(landscape.gradient(point), gradients[i])
        assert_array_equal(landscape.hessian_product(points[0], point), products[i])


def test_points_in_several_parts_have_the_same_bits(monkeypatch):
    landscape, _, _, points = problem((150, 40, 3), 200, dtype="float32")
    whole = landscape.value(points)
    monkeypatch.setattr(kernel, "_PANELS", 1)
    assert_array_equal(landscape.value(points), whole)


def prepared(x):
    return kernel.prepare(Samples(x, np.zeros(len(x), np.int64), np.empty((0, 2)), CROSS_ENTROPY))


def test_lists_hold_every_number_once():
    x = sparse_samples(300, 140)
    ready = prepared(x)
    for lists, matrix in ((ready.by_sample, x), (ready.by_input, x.T)):
        found = np.zeros_like(matrix)
        for b, starts in enumerate(lists.starts):
            for row in range(len(matrix)):
                for z in range(starts[row], starts[row + 1]):
                    found[row, b * lists.columns + lists.places[z]] += lists.values[z]
        assert_array_equal(found, matrix)
        assert np.all(lists.values != 0)


def test_dense_samples_have_no_lists():
    ready = prepared(np.ones((5, 4)))
    assert not ready.sparse
    assert ready.by_sample.starts.shape[0] == ready.by_input.starts.shape[0] == 0


def test_infinite_weights_are_seen():
    """A product that overflows reaches the loss, also where most inputs are zero."""
    landscape, _, _, points = problem((150, 40, 3), 30, dtype="float32")
    for name, size in (("inf", np.float32(1e30)), ("tame", np.float32(1))):
        finite = np.isfinite(landscape.value(size * points[:1].astype("f4")))
        assert finite.all() == (name == "tame")
