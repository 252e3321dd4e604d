"""Covariance of gradients against the explicit matrix, and of batches against all batches there are."""

import itertools

import numba
import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from tests.oracles import network as networks
from tests.oracles import sample_gradients as singles
from tests.parity.cases import points, samples

WIDTHS, N = (6, 5, 4, 3), 40


def made(kind="cross_entropy", bias=True, dtype="float64", n=N):
    network = sl.ReLUNetwork(WIDTHS, bias)
    x, y = samples(n, WIDTHS[0], WIDTHS[-1], kind)
    return sl.NetworkLandscape(network, x, y, kind, dtype), 3 * points(network, 1)[0], (x, y)


@pytest.mark.parametrize(("kind", "bias"), [("cross_entropy", True), ("mse", False)])
def test_spectrum_modes_and_curvature_are_those_of_the_explicit_matrices(kind, bias):
    landscape, at, (x, y) = made(kind, bias)
    found = sl.gradient_noise(landscape, at, 6)
    matrix = singles.covariance(WIDTHS, bias, at, x, y, kind)
    values = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(found.values, values[::-1][:N], atol=1e-12 * values[-1])
    assert found.trace == pytest.approx(np.trace(matrix), rel=1e-12)
    assert found.effective_rank == pytest.approx(np.trace(matrix) ** 2 / np.sum(matrix**2), rel=1e-10)
    np.testing.assert_allclose(found.modes @ matrix, found.values[:6, None] * found.modes, atol=1e-11 * values[-1])
    np.testing.assert_allclose(found.modes @ found.modes.T, np.eye(6), atol=1e-8)
    hessian = networks.hessian_by_differences(WIDTHS, bias, at, x, y, kind)
    bend, own = np.linalg.eigh(hessian)
    np.testing.assert_allclose(found.hessian_values, bend[::-1][:6], atol=1e-7 * np.abs(bend).max())
    leading = own[:, ::-1][:, :6]
    np.testing.assert_allclose(found.hessian_noise, np.diag(leading.T @ matrix @ leading), rtol=1e-5)
    inner = found.modes @ hessian @ found.modes.T
    np.testing.assert_allclose(found.curvature, np.diag(inner), atol=1e-7 * np.abs(bend).max())
    aligned = np.sum(inner * np.diag(found.values[:6])) / np.linalg.norm(inner) / np.linalg.norm(found.values[:6])
    assert found.alignment == pytest.approx(aligned, abs=1e-6)
    assert found.overlap == pytest.approx(np.sum((found.modes @ leading) ** 2) / 6, abs=1e-5)
    live = landscape.dim - WIDTHS[1]  # one input is zero in all samples
    assert (found.n_live, found.uniform_overlap) == (live, 6 / live)
    assert found.gradient_norm == pytest.approx(np.linalg.norm(networks.gradient(WIDTHS, bias, at, x, y, kind)))


def test_the_factor_of_a_batch_is_exact_over_all_batches():
    """Every batch of 3 of 7 samples once, and every triple of draws."""
    landscape, at, (x, y) = made(n=7)
    each = singles.gradients(WIDTHS, True, at, x, y, "cross_entropy")
    noise = sl.gradient_noise(landscape, at, 3)
    off = each - each.mean(axis=0)
    whole = off.T @ off / 7
    for sampling, batches in (
        ("reshuffled", itertools.combinations(range(7), 3)),
        ("replacement", itertools.product(range(7), repeat=3)),
    ):
        means = off[np.array(list(batches))].mean(axis=1)
        np.testing.assert_allclose(means.T @ means / len(means), noise.scale(3, sampling) * whole, atol=1e-12)
    assert noise.scale(7) == 0


def test_the_gamma_of_a_gaussian_model_is_one():
    """Targets that differ from what the network says by noise of the width that squared errors stand for: D ∝ H.

    Seed 3; γ within 4 standard errors of 1, and each of 8 ratios of noise to curvature within 4 of its own: n = 4000
    squared Gaussian numbers have a relative error of √(2/n) = 0.022, times the kurtosis of the inputs.
    """
    draw = np.random.default_rng(3)
    network = sl.ReLUNetwork((8, 1), bias=False)
    x = draw.normal(size=(4000, 8)) * np.geomspace(1, 0.1, 8)
    at = draw.normal(size=8)
    y = x @ at[:, None] + draw.normal(size=(4000, 1))
    found = sl.gradient_noise(sl.NetworkLandscape(network, x, y, "mse", "float64"), at, 8)
    assert abs(found.exponent - 1) < 4 * found.exponent_error
    np.testing.assert_allclose(found.hessian_noise / (2 * found.hessian_values), 1, atol=4 * 0.022 * np.sqrt(3))


@pytest.mark.usefixtures("all_threads")
def test_bits_do_not_depend_on_threads():
    landscape, at, _ = made(dtype="float32", n=300)
    weights, vectors = np.random.default_rng(0).normal(size=(2, 300)), points(landscape.network, 2)

    def everything():
        products = landscape.gradient_products(at)
        return products, landscape.gradient_sums(at, weights), landscape.gradient_components(at, vectors)

    many = everything()
    np.testing.assert_array_equal(many[0], many[0].T)
    numba.set_num_threads(1)
    for one, other in zip(everything(), many, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(landscape.gradient_sums(at, weights[1:]), many[1][1:])
    np.testing.assert_array_equal(landscape.gradient_components(at, vectors[1:]), many[2][1:])


def test_the_rank_is_what_float32_tells():
    landscape, at, _ = made(dtype="float32")
    found = sl.gradient_noise(landscape, at, 2)
    edge = found.n_live * 2.0**-23 * found.values[0]
    assert found.rank == np.sum(found.values > edge) < len(found.values)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("landscape", (sl.SphericalSpinGlass(4, 3), np.full(4, 1.0), 2)),
        ("n_modes", (made()[0], made()[1], N)),
        ("n_modes", (made()[0], made()[1], 0)),
        ("point", (made()[0], np.full(3, 1.0), 2)),
        ("point", (made()[0], 1e200 * made()[1], 2)),
        ("point", (made()[0].batch([1, 1, 1]), made()[1], 2)),  # gradients that are all the same
    ],
)
def test_what_does_not_fit_is_refused_by_name(name, arguments):
    with pytest.raises(ArgumentError, match=f"^{name}"):
        sl.gradient_noise(*arguments)
