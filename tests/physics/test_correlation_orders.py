"""The correlation probe finds the orders of a glass, with errors that mean what they say."""

import numpy as np
import pytest

from spinland.landscape.glass import SphericalSpinGlass
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.correlation.correlation import correlation
from spinland.probes.correlation.curves import PairCurves
from spinland.probes.correlation.mean import mean_correlation
from spinland.probes.correlation.mixture import MixtureFit
from spinland.statistics.bootstrap import bootstrap_error


@pytest.mark.parametrize("weights", [{3: 1.0}, {2: 1 / 3, 3: 1 / 3, 4: 1 / 3}, {1: 0.7, 2: 0.2, 4: 0.1}], ids=str)
def test_errors_of_the_effective_order_cover(weights):
    """Many spins: values on a great circle are a Gaussian process of covariance Σ a_p cos^p.

    Seed 0; 60 measurements of 200 circles. The scores z have spread 1 (where a weight sits at zero, which
    it cannot pass, less); the spread of 60 is known to 9 %, and 30 % is allowed upwards. The probability of
    the misfit is below 0.05 in 3 of 60 (at most 9 are allowed, 3.6 standard errors).
    """
    steps = np.arange(24)
    place = (steps[:, None] + np.append(0, np.arange(13))) % 24
    overlap, order = np.cos(np.pi * np.arange(13) / 12), np.arange(1, 13)
    cosine = np.cos(2 * np.pi * (steps[:, None] - steps) / 24)
    kernel = sum(a * cosine**p for p, a in weights.items())
    values, vectors = np.linalg.eigh(kernel)
    root = vectors * np.sqrt(np.maximum(values, 0))
    generator = np.random.default_rng(0)
    z, p = [], []
    for k in range(60):
        curves = PairCurves((generator.normal(size=(200, 24)) @ root.T)[:, place])
        fitter = MixtureFit(overlap, order, 10**6, curves.errors().ratio, 200)
        fit = fitter.fit(curves.ratio)
        drawn = np.stack([fitter.weights(curve) for curve in curves.resampled(k, 60)])
        z.append((order @ fit.weights - sum(q * a for q, a in weights.items())) / bootstrap_error(drawn @ order))
        p.append(fit.p)
    assert abs(np.mean(z)) < 0.6  # weights kept from being negative: biased by up to half an error
    assert 0.4 < np.std(z) < 1.3
    assert np.sum(np.array(p) < 0.05) <= 9


@pytest.mark.slow
def test_the_bias_of_the_effective_order_is_told():
    """Seeds 0 to 39 of 100 circles on one glass of order 3 and 60 spins: too low by 0.3 to 0.9 of the scatter (0.16 is
    the standard error), and the estimate of the bias takes off a part of it.
    """
    glass = SphericalSpinGlass(60, 3, seed=2)
    found = [correlation(glass, n_pairs=100, seed=seed) for seed in range(40)]
    order = np.array([item.effective_order for item in found])
    bias = np.array([item.effective_order_bias for item in found])
    assert -1.2 < (order.mean() - 3) / order.std() < -0.1
    assert abs(np.mean(order - bias) - 3) < abs(order.mean() - 3)
    mean = mean_correlation(found[:4])
    assert abs(mean.effective_order_bias) < 2 * mean.effective_order_error


@pytest.mark.parametrize(("order", "n_spins"), [(2, 30), (3, 40), (4, 25)])
def test_a_pure_glass_has_its_order(order, n_spins):
    """Seeds 100 to 107: 8 instances of 150 circles; 3 standard errors over instances, 3 cases."""
    glasses = [SphericalSpinGlass(n_spins, order, seed) for seed in range(100, 108)]
    mean = mean_correlation([correlation(glass, n_pairs=150, seed=glass.seed) for glass in glasses])
    assert abs(mean.effective_order - order) < 3 * mean.effective_order_error + 1e-3
    assert mean.effective_order_error < 0.1
    assert mean.mixture[order - 1] > 0.95
    assert not mean.chi2_p < 0.003


def test_a_mixed_glass_has_its_weights():
    """Seeds 200 to 207: 8 instances of N = 25, 150 circles each; 3 standard errors, 4 numbers."""
    betas = {2: 1.0, 3: 0.8, 4: 0.6}
    glasses = [SphericalSpinGlass(25, betas, seed) for seed in range(200, 208)]
    mean = mean_correlation([correlation(glass, n_pairs=150, seed=glass.seed, max_order=6) for glass in glasses])
    total = sum(beta**2 for beta in betas.values())
    for p, beta in betas.items():
        assert abs(mean.mixture[p - 1] - beta**2 / total) < 3 * mean.mixture_error[p - 1]
        assert mean.mixture_error[p - 1] < 0.05
    expected = sum(p * beta**2 for p, beta in betas.items()) / total
    assert abs(mean.effective_order - expected) < 3 * mean.effective_order_error


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_effective_order_of_a_network_is_its_mean_square_gradient(loss):
    """radius² ⟨|∇L|²⟩ / ((n − 1) Var L) over independent points is the slope of Corr at q = 1.

    Seed 5: 2000 points for the gradient, 400 circles; 3 standard errors of the difference, 2 cases.
    """
    generator = np.random.default_rng(5)
    network = ReLUNetwork((12, 10, 4))
    x, y = generator.normal(size=(60, 12)), generator.integers(0, 4, 60)
    landscape = NetworkLandscape(network, x, y, loss=loss)
    result = correlation(landscape, n_pairs=400, radius=4.0, seed=5)
    points = generator.normal(size=(2000, landscape.dim))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    value, gradient = landscape.value(4 * unit), landscape.gradient(4 * unit)
    square = np.sum((gradient - np.sum(gradient * unit, axis=1, keepdims=True) * unit) ** 2, axis=1)
    scale = 16 / (landscape.dim - 1)
    slope = scale * square.mean() / value.var()
    per_point = scale * square / value.var() - slope * (value - value.mean()) ** 2 / value.var()
    error = np.hypot(per_point.std() / np.sqrt(len(points)), result.effective_order_error)
    assert error < 0.1 * slope
    assert abs(result.effective_order - slope) < 3 * error
