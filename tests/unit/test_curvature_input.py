"""What curvature refuses, and how it says so."""

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from tests.oracles.objects import bowl, glass, loss, network, spins, weights

SINGLE = sl.NetworkLandscape(network(), np.ones((4, 3)), [0, 1, 0, 1])
AT = weights(1)[0]


def wide():
    return sl.FunctionLandscape(lambda w: (w**2 @ np.arange(30.0)) / 2, 30, lambda w: w * np.arange(30.0))


def steep():
    return sl.FunctionLandscape(lambda w: w.sum(axis=1), 3, lambda w: np.full_like(w, np.nan))


def sized(size):
    """A bowl of 60 directions with the eigenvalues 1 … 60 times a number."""
    k = size * np.arange(1.0, 61.0)
    return sl.FunctionLandscape(lambda w: w**2 @ k / 2, 60, lambda w: w * k, hessian_product=lambda _, v: v * k)


ZERO = np.zeros(60)

REFUSED = {
    "products without squares": (lambda: sl.eigenpairs(sized(1e160), ZERO, 1), "landscape"),
    "a history without squares": (lambda: sl.curvature_history(sized(1e160), ZERO), "landscape"),
    "a trace whose squares vanish": (lambda: sl.hessian_trace(sized(1e-200), ZERO, 20), "landscape"),
    "a trace without squares": (lambda: sl.hessian_trace(sized(1e160), ZERO, 20, "hutch++"), "landscape"),
    "xtrace without squares": (lambda: sl.hessian_trace(sized(1e160), ZERO, 20), "landscape"),
    "a mean without squares": (lambda: sl.hessian_trace(sized(1e160), ZERO, 20, "hutchinson"), "landscape"),
    "a density whose squares vanish": (lambda: sl.spectral_density(sized(1e-200), ZERO, 4, 20), "landscape"),
    "a density without squares": (lambda: sl.spectral_density(sized(1e160), ZERO, 4, 20), "landscape"),
    "a density of nothing": (lambda: sl.spectral_density(sized(0.0), ZERO, 4, 20), "point"),
    "more pairs than directions": (lambda: sl.eigenpairs(bowl(), np.zeros(3), 4), "n"),
    "more pairs than along a sphere": (lambda: sl.eigenpairs(glass(), spins(1)[0], 5), "n"),
    "no pairs": (lambda: sl.eigenpairs(bowl(), np.zeros(3), 0), "n"),
    "an unknown end": (lambda: sl.eigenpairs(bowl(), np.zeros(3), 1, "middle"), "which"),
    "no tolerance": (lambda: sl.eigenpairs(bowl(), np.zeros(3), 1, tol=0), "tol"),
    "several points": (lambda: sl.eigenpairs(bowl(), np.zeros((2, 3)), 1), "point"),
    "a point off the sphere": (lambda: sl.eigenpairs(glass(), np.ones(5) * 2, 1), "point"),
    "no landscape": (lambda: sl.eigenpairs(network(), AT, 1), "landscape"),
    "small eigenvalues in float32": (lambda: sl.eigenpairs(SINGLE, AT, 1, "smallest"), "landscape"),
    "both ends in float32": (lambda: sl.eigenpairs(SINGLE, AT, 2, "both"), "landscape"),
    "near zero in float32": (lambda: sl.near_zero_modes(SINGLE, AT), "landscape"),
    "all near zero": (lambda: sl.near_zero_modes(loss(), AT, 2.0), "threshold"),
    "too few products": (lambda: sl.hessian_trace(bowl(), np.zeros(3), 3), "n_products"),
    "an unknown trace": (lambda: sl.hessian_trace(bowl(), np.zeros(3), 9, "guess"), "method"),
    "one probe": (lambda: sl.spectral_density(bowl(), np.zeros(3), 1, 9), "n_probes"),
    "three steps": (lambda: sl.spectral_density(bowl(), np.zeros(3), 2, 3), "n_steps"),
    "more extremes than directions": (lambda: sl.spectral_density(bowl(), np.zeros(3), 2, 9, 0, 4), "n_extremes"),
    "a width of nothing": (lambda: sl.spectral_density(wide(), np.zeros(30), 2, 9, width=1e-300), "width"),
    "an infinite Hessian": (lambda: sl.eigenpairs(steep(), np.zeros(3), 1), "point"),
    "no width": (lambda: sl.spectral_density(bowl(), np.zeros(3), 2, 9, 0, 1, 0.0), "width"),
    "a split of a glass": (lambda: sl.gauss_newton(glass(), spins(1)[0]), "network_landscape"),
    "a history of a split glass": (lambda: sl.curvature_history(glass(), spins(2), split=True), "split"),
    "times that fall": (lambda: sl.curvature_history(bowl(), np.zeros((2, 3)), [1, 0]), "times"),
    "too few times": (lambda: sl.curvature_history(bowl(), np.zeros((2, 3)), [1]), "times"),
    "modes of nothing": (lambda: sl.symmetry_modes(3, AT), "network"),
    "modes of another network": (lambda: sl.symmetry_modes(network(), AT[:-1]), "point"),
    "modes of another loss": (lambda: sl.symmetry_modes(loss(), AT[:-1]), "point"),
    "no order": (lambda: sl.theory.hessian_semicircle(1, -1.0), "order"),
    "no rate": (lambda: sl.curvature_history(bowl(), np.zeros((1, 3))).stability(0), "learning_rate"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused_by_name(case):
    call, name = case
    with pytest.raises(ArgumentError) as caught:
        call()
    assert str(caught.value).startswith(f"{name}")


def test_a_matrix_beyond_the_bound_is_refused_and_the_bound_named():
    wide = sl.FunctionLandscape(lambda w: w.sum(axis=1), 8193, np.ones_like)
    with pytest.raises(ArgumentError, match=r"8192 coordinates.*512 MB"):
        sl.hessian(wide, np.zeros(8193))


def test_float32_is_good_for_large_eigenvalues():
    data = sl.load_dataset("digits").subset(200, 10)
    shape = sl.ReLUNetwork((64, 20, 10))
    point = shape.initialize(1, 3)[0]
    single, double = (
        sl.eigenpairs(sl.NetworkLandscape(shape, data, dtype=dtype), point, 5) for dtype in ("float32", "float64")
    )
    assert single.converged.all()
    assert double.converged.all()
    np.testing.assert_allclose(single.values, double.values, rtol=1e-5)


def test_a_gradient_of_zero_has_no_overlap():
    assert np.isnan(sl.eigenpairs(bowl(), np.zeros(3), 2).gradient_overlap)


def test_a_whole_spectrum_of_extremes_needs_no_probes():
    found = sl.spectral_density(bowl(), np.zeros(3), 2, 4, n_extremes=3)
    np.testing.assert_allclose(found.extremes, 2, rtol=1e-8)
    np.testing.assert_array_equal(found.error, 0)


@pytest.mark.parametrize("size", [1e-130, 1e140])
def test_numbers_whose_squares_are_there_are_as_good_as_others(size):
    """Eigenvalues of a bowl in other units, and its trace within 5 of its standard errors (seed 0)."""
    found = sl.eigenpairs(sized(size), ZERO, 3)
    np.testing.assert_allclose(found.values / size, [60, 59, 58], rtol=1e-8)
    trace = sl.hessian_trace(sized(size), ZERO, 20)
    assert abs(trace.value / size - 1830) < 5 * trace.error / size
    assert trace.error / size > 10


def test_pairs_that_a_search_misses_come_from_the_matrix():
    """The lower end of a spectrum of ever smaller numbers, of which 2000 products of a search do not find 40."""
    k = np.concatenate([-np.geomspace(1e-7, 0.1, 60), np.geomspace(1e-12, 3, 250)])
    flat = sl.FunctionLandscape(lambda w: w**2 @ k / 2, 310, lambda w: w * k, hessian_product=lambda _, v: v * k)
    found = sl.eigenpairs(flat, np.zeros(310), 40, "smallest", max_products=2000)
    assert found.converged.all()
    np.testing.assert_allclose(found.values, np.sort(k)[:40], atol=1e-14)
    assert found.n_products <= 2000 + 48


def test_a_residual_whose_square_vanishes_is_no_certificate():
    """Of 60 directions the matrix tells all; of 2100 a search gets somewhere, and does not say that it is there."""
    np.testing.assert_allclose(sl.eigenpairs(sized(1e-200), ZERO, 2).values, [6e-199, 5.9e-199], rtol=1e-12)
    k = 1e-200 * np.arange(1.0, 2101.0)
    large = sl.FunctionLandscape(lambda w: w**2 @ k / 2, 2100, lambda w: w * k, hessian_product=lambda _, v: v * k)
    found = sl.eigenpairs(large, np.zeros(2100), 1)
    assert np.isnan(found.residuals).all()
    assert not found.converged.any()
