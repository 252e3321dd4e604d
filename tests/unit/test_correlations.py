import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.correlation.correlation import correlation
from spinland.probes.correlation.mean import mean_correlation
from spinland.probes.correlation.mixture import MixtureFit, mixture_correlation, power_mean
from spinland.probes.correlation.pairs import sphere_pairs
from tests.oracles import walks as oracle

Q = np.array([-1.0, -0.5, 0.0, 0.3, 0.8, 1.0])


def linear(dim, radius=None):
    a = np.random.default_rng(1).normal(size=dim)
    return FunctionLandscape(lambda w: 2 + w @ a, dim, geometry=Sphere(radius)), a


def quadratic(dim):
    m = np.random.default_rng(2).normal(size=(dim, dim))
    m = m + m.T
    m -= np.trace(m) / dim * np.eye(dim)
    return FunctionLandscape(lambda w: np.einsum("bi,ij,bj->b", w, m, w), dim), m


def test_linear_function_has_correlation_q():
    # seed 3; Var(a·x) = r² |a|²/dim
    landscape, a = linear(20, 3.0)
    result = correlation(landscape, Q, 1000, seed=3)
    # Quarter turns cancel all noise of a linear function but that of its variance.
    np.testing.assert_allclose(result.correlation, Q, atol=1e-12)
    assert result.effective_order == pytest.approx(1, abs=1e-9)
    variance = 9 * (a @ a) / 20
    off = (result.covariance - variance * Q) / result.covariance_error
    assert np.abs(off).max() < 3
    assert abs(result.mean - 2) < 3 * np.sqrt(variance / 1000)
    assert result.radius == 3.0


def test_traceless_quadratic_form_has_correlation_q_squared():
    # seed 4; exact on the sphere: <(x'Mx)(y'My)> depends on q² alone up to the trace, which is zero;
    # in finite dimension Corr(q) = (q² − 1/n)/(1 − 1/n).
    dim = 12
    landscape, m = quadratic(dim)
    result = correlation(landscape, Q, 2000, seed=4, radius=2.0)
    expected = (Q**2 - 1 / dim) / (1 - 1 / dim)
    inner = slice(1, -1)
    off = (result.correlation - expected)[inner] / result.correlation_error[inner]
    assert np.abs(off).max() < 3
    assert result.correlation_error[inner].max() < 0.03
    np.testing.assert_allclose(result.correlation[[0, -1]], 1, rtol=1e-9)
    variance = 2 * 16 * (m**2).sum() / (dim * (dim + 2))
    np.testing.assert_allclose(result.variance, variance, rtol=0.1)


def circles(landscape, angles, turns, n, seed):
    """Values at x and y of each turn, (n, turns, 2), for a pair ``angles`` apart, from the points themselves."""
    samples = np.empty((n, turns, 2))
    for i, (x, other) in enumerate(sphere_pairs(seed, np.arange(n), landscape.dim, 1.0)):
        for t in range(turns):
            at = 2 * np.pi * t / turns
            samples[i, t] = [landscape.value(np.cos(a) * x + np.sin(a) * other) for a in (at, at + angles)]
    return samples


def pair_covariance(v):
    """Covariance over pairs and turns; the error of the pooled mean is known from the pairs' own means."""
    centred = v - v.mean()
    return np.mean(centred[..., 0] * centred[..., 1]) + v.mean(axis=(1, 2)).var(ddof=1) / len(v)


def pair_correlation(v):
    centred = v - v.mean()
    return pair_covariance(v) / (np.mean(centred**2) + v.mean(axis=(1, 2)).var(ddof=1) / len(v))


@pytest.mark.parametrize(("q", "turns"), [(0.4, 4), (0.5, 12), (np.cos(np.pi / 12), 24), (0.0, 4)])
def test_errors_are_the_jackknife_of_the_definition(q, turns):
    landscape, _ = quadratic(5)
    result = correlation(landscape, [q], 12, seed=1, radius=1.0)
    samples = circles(landscape, np.arccos(q), turns, 12, 1)
    np.testing.assert_allclose(result.correlation, pair_correlation(samples), atol=1e-14)
    np.testing.assert_allclose(result.correlation_error, oracle.jackknife(pair_correlation, samples))
    np.testing.assert_allclose(result.covariance, pair_covariance(samples), atol=1e-14)
    np.testing.assert_allclose(result.covariance_error, oracle.jackknife(pair_covariance, samples))
    np.testing.assert_allclose(np.sqrt(np.diag(result.correlation_covariance)), result.correlation_error)
    assert result.mean == pytest.approx(samples[..., 0].mean())


def test_default_overlaps_are_15_degrees_apart():
    landscape, _ = quadratic(4)
    result = correlation(landscape, n_pairs=10, radius=1.0)
    np.testing.assert_allclose(result.overlap, np.cos(np.deg2rad(np.arange(0, 181, 15))))
    np.testing.assert_allclose(result.correlation, result.correlation[::-1], atol=1e-12)  # an even function


@pytest.mark.parametrize("dim", [2, 3, 100])
def test_pairs_are_orthogonal_and_on_the_sphere(dim):
    for x, other in sphere_pairs(7, np.arange(5), dim, 2.5):
        np.testing.assert_allclose([np.linalg.norm(x), np.linalg.norm(other)], 2.5)
        assert abs(x @ other) < 1e-13 * 6.25


def test_more_pairs_or_overlaps_keep_what_there_was():
    landscape, _ = quadratic(4)
    one = correlation(landscape, [0.3], 10, seed=2, radius=1.0)
    more = correlation(landscape, [0.1, 0.3], 10, seed=2, radius=1.0)
    np.testing.assert_allclose(one.correlation[0], more.correlation[1], rtol=1e-12)
    assert correlation(landscape, 0.3, 10, seed=3, radius=1.0).correlation[0] != one.correlation[0]


def test_network_takes_the_norm_of_its_initialisation():
    network = ReLUNetwork((10, 20, 3))
    generator = np.random.default_rng(0)
    landscape = NetworkLandscape(network, generator.normal(size=(30, 10)), generator.integers(0, 3, 30))
    result = correlation(landscape, [0, 1], 20)
    norms = np.linalg.norm(network.initialize(200), axis=1)
    np.testing.assert_allclose(result.radius, network.initial_norm)
    assert abs(np.mean(norms**2) / result.radius**2 - 1) < 4 * np.std(norms**2) / result.radius**2 / 14
    assert result.correlation[1] == pytest.approx(1, rel=1e-12)
    origin = network.initialize(1)[0]
    assert correlation(landscape, [0], 3, origin=origin).radius == pytest.approx(np.linalg.norm(origin))


def test_constant_function_has_no_correlation():
    flat = FunctionLandscape(lambda w: np.full(len(w), 0.1), 3)
    result = correlation(flat, Q, 7, radius=1.0)
    assert np.isnan(result.correlation).all()
    assert np.isnan(result.correlation_error).all()
    assert np.isnan(result.mixture).all()
    assert np.isnan([result.effective_order, result.effective_order_error, result.chi2, result.chi2_p]).all()


def test_few_overlaps_determine_no_mixture():
    landscape, _ = quadratic(4)
    assert np.isnan(correlation(landscape, [-0.5, 0.3, 0.3, 0.8, 1], 10, radius=1.0).mixture).all()
    assert np.isfinite(correlation(landscape, [-0.5, 0.3, 0.6, 0.8], 10, radius=1.0).mixture).all()


@pytest.mark.parametrize("dim", [2, 3, 10])
def test_mean_of_a_power_of_the_overlap(dim):
    t = (np.arange(20000) + 0.5) * np.pi / 20000  # q = cos t has density sin^(dim−2) t
    weight = np.sin(t) ** (dim - 2)
    order = np.arange(1, 8)
    means = [np.sum(weight * np.cos(t) ** p) / weight.sum() for p in order]
    np.testing.assert_allclose(power_mean(order, dim), means, atol=1e-7)


@pytest.mark.parametrize("dim", [5, 2000])
def test_fit_finds_the_mixture_of_an_exact_curve(dim):
    order = np.arange(1, 9)
    weights = np.array([0.0, 0.2, 0.5, 0, 0, 0.3, 0, 0])
    q = np.linspace(-1, 1, 15)
    curve = mixture_correlation(q, order, weights, dim)
    assert curve[-1] == pytest.approx(1)
    expected = (q ** np.array([[2], [3], [6]]) - power_mean(np.array([2, 3, 6]), dim)[:, None]).T @ [0.2, 0.5, 0.3]
    np.testing.assert_allclose(curve, expected / expected[-1])
    fit = MixtureFit(q, order, dim, np.diag(np.full(15, 1e-8)), 1000).fit(curve)
    np.testing.assert_allclose(fit.weights, weights, atol=1e-6)
    assert fit.chi2 < 1e-6


def test_a_curve_that_is_no_mixture_is_told():
    # seed 0; a random polynomial of degree 6, fitted with orders up to 3 and then up to 6.
    u = np.random.default_rng(0).normal(size=(400, 12))
    landscape = FunctionLandscape(lambda w: ((w @ u.T) ** 6) @ np.cos(np.arange(400)), 12)
    assert correlation(landscape, n_pairs=300, radius=1.0, max_order=3).chi2_p < 1e-6
    assert correlation(landscape, n_pairs=300, radius=1.0, max_order=6).chi2_p > 0.01


def test_mean_correlation_weighs_landscapes_alike():
    results = [correlation(quadratic(6)[0], n_pairs=20, seed=s, radius=1.0) for s in range(4)]
    mean = mean_correlation(results)
    curves = np.stack([item.correlation for item in results])
    np.testing.assert_allclose(mean.correlation, curves.mean(axis=0))
    np.testing.assert_allclose(mean.correlation_error, curves.std(axis=0, ddof=1) / 2)
    np.testing.assert_array_equal(mean.effective_orders, [item.effective_order for item in results])
    assert mean.n_pairs == 80
    assert mean.radius.shape == (4,)
    assert mean.effective_order == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("change", [None, {"overlaps": [0.1, 0.2]}, {"max_order": 3}, {"landscape": quadratic(4)[0]}])
def test_mean_correlation_refuses_what_does_not_belong_together(change):
    arguments = {"landscape": quadratic(3)[0], "n_pairs": 5, "radius": 1.0}
    one = correlation(**arguments)
    others = [correlation(**{**arguments, **change})] if change else []
    with pytest.raises(ArgumentError, match=r"^correlations: "):
        mean_correlation([one, *others])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"overlaps": [1.1]}, "overlaps"),
        ({"overlaps": []}, "overlaps"),
        ({"overlaps": [np.nan]}, "overlaps"),
        ({"n_pairs": 2}, "n_pairs"),
        ({"max_order": 0}, "max_order"),
        ({"max_order": 2.5}, "max_order"),
        ({"radius": None}, "radius"),
        ({"radius": 0}, "radius"),
        ({"origin": np.ones(3)}, "radius"),
        ({"radius": None, "origin": np.zeros(3)}, "origin norm"),
        ({"radius": None, "origin": np.zeros(2)}, "origin"),
        ({"landscape": linear(3, 1.0)[0]}, "radius"),
        ({"landscape": linear(1)[0]}, "landscape"),
        ({"landscape": None}, "landscape"),
    ],
)
def test_bad_input_is_refused(change, name):
    arguments = {"landscape": quadratic(3)[0], "overlaps": Q, "n_pairs": 5, "radius": 2.0, **change}
    with pytest.raises(ArgumentError) as caught:
        correlation(**arguments)
    assert caught.value.argument == name
