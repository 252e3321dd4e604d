"""Errors of traces and densities against their true scatter over repetitions, and the glass against its semicircle."""

import numpy as np
import pytest

import spinland as sl
from spinland.curvature.quadrature import broadened
from tests.properties.test_curvature import quadric

REPETITIONS = 400
SPECTRA = {
    "decaying": np.r_[20.0, 10.0, 5.0, 3.0, np.exp(-np.linspace(0, 6, 116))],
    "semicircle": 2 * np.cos(np.pi * (np.arange(120) + 0.5) / 120),
}


@pytest.mark.parametrize("method", ["xtrace", "hutch++", "hutchinson"])
@pytest.mark.parametrize("name", SPECTRA)
def test_errors_of_traces_cover(name, method):
    """Seeds 0 to 399: the mean within 4 standard errors of the trace, the mean squared error as stated within 20 %.

    The variance of 400 estimates has an error of 7 %, a little more with their tails; 20 % are 2.8 of it. Intervals of
    two errors cover 95 % of normal numbers; few independent samples and tails take from that: at least 90 %, 2.5 errors
    of 1.1 % below.
    """
    landscape, matrix = quadric(SPECTRA[name])
    found = [sl.hessian_trace(landscape, np.zeros(120), 48, method, seed) for seed in range(REPETITIONS)]
    off = np.array([one.value for one in found]) - np.trace(matrix)
    errors = np.array([one.error for one in found])
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(REPETITIONS)
    assert np.mean(errors**2) == pytest.approx(np.mean(off**2), rel=0.2)
    assert np.mean(np.abs(off) < 2 * errors) > 0.9
    assert max(one.n_products for one in found) <= 48


def test_xtrace_gains_where_few_eigenvalues_make_the_trace_and_not_on_a_semicircle():
    """Ratio of the root mean square errors over 100 seeds to Hutchinson's: known to 10 %."""
    ratios = {}
    for name, eigenvalues in SPECTRA.items():
        landscape, matrix = quadric(eigenvalues)
        off = {
            method: [sl.hessian_trace(landscape, np.zeros(120), 48, method, s).value for s in range(100)]
            for method in ("xtrace", "hutchinson")
        }
        rms = {method: np.sqrt(np.mean((np.array(values) - np.trace(matrix)) ** 2)) for method, values in off.items()}
        ratios[name] = rms["xtrace"] / rms["hutchinson"]
    assert ratios["decaying"] < 0.3
    assert ratios["semicircle"] > 0.9


def test_errors_of_densities_cover():
    """Seeds 0 to 99: where the density is at least a tenth of its largest, two errors cover in 90 % or more.

    Ten probes have t-distributed errors: two of them cover 92 % of normal numbers; neighbouring places and seeds give
    some 2000 independent intervals, and truncation adds to the errors.
    """
    landscape, matrix = quadric(np.r_[9.0, 7.0, np.random.default_rng(1).normal(size=118)])
    every = np.linalg.eigvalsh(matrix)
    covered = []
    for seed in range(100):
        found = sl.spectral_density(landscape, np.zeros(120), 10, 30, seed, n_extremes=4, width=0.2)
        exact = broadened(every, np.full(120, 1 / 120), found.grid, found.width)
        there = exact > 0.1 * exact.max()
        covered.append(np.mean(np.abs(found.density - exact)[there] < 2 * found.error[there]))
    assert np.mean(covered) > 0.9


def test_a_width_that_the_steps_do_not_resolve_shows_in_the_error():
    landscape, _ = quadric(np.random.default_rng(2).normal(size=200))
    few, many = (sl.spectral_density(landscape, np.zeros(200), 10, n, n_extremes=0, width=0.1) for n in (10, 80))
    assert np.trapezoid(few.error, few.grid) > 2 * np.trapezoid(many.error, many.grid)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_glass_has_the_semicircle_that_its_energy_shifts(order):
    """A point of 24 spins or more: mean eigenvalue −pE, standard deviation sqrt(p (p−1)), over 200 instances.

    The trace of a tangent Gaussian matrix has variance 2 p (p−1) (N−1)/N, the mean eigenvalue its (N−1)² part: the mean
    over instances within 4 standard errors. Squares about their mean: p (p−1) (N² − N − 2 …)/N² up to 1/N, within 4
    standard errors and 2 % for what order 1/N² leaves.
    """
    n, away, squares = 24, [], []
    for seed in range(200):
        glass = sl.SphericalSpinGlass(n, order, seed=seed)
        point = glass.random_points(1, seed)[0]
        matrix = n * sl.hessian(glass, point)
        circle = sl.theory.hessian_semicircle(order, glass.value(point))
        away.append(np.trace(matrix) / (n - 1) - circle.centre)
        shifted = matrix - circle.centre * (np.eye(n) - np.outer(point, point) / n)
        squares.append(np.sum(shifted**2) / (n - 1))
    away, squares = np.array(away), np.array(squares)
    assert abs(away.mean()) < 4 * away.std() / np.sqrt(200)
    exact = order * (order - 1) / n * (n - 2 + 2)  # off the diagonal p (p−1)/N each, on it twice that
    assert abs(squares.mean() - exact) < 4 * squares.std() / np.sqrt(200)
    assert circle.radius == pytest.approx(2 * np.sqrt(exact))


def test_the_broadened_semicircle_is_the_convolution():
    circle = sl.theory.hessian_semicircle(3, -1.6)
    x = np.linspace(circle.centre - 8, circle.centre + 8, 4001)
    plain = circle.density(x)
    assert np.trapezoid(plain, x) == pytest.approx(1, abs=1e-4)
    wide = circle.density(x, 0.5)
    assert np.trapezoid(wide, x) == pytest.approx(1, abs=1e-6)
    kernel = np.exp(-0.5 * ((x - circle.centre) / 0.5) ** 2)
    wanted = np.convolve(plain, kernel / kernel.sum(), "same")
    np.testing.assert_allclose(wide, wanted, atol=1e-4)
