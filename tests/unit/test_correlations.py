import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.correlations import correlation, initial_norm, sphere_pairs
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
    result = correlation(landscape, Q, 3000, seed=3)
    inner = slice(1, -1)
    off = (result.correlation - Q)[inner] / result.correlation_error[inner]
    assert np.abs(off).max() < 3
    assert result.correlation_error[inner].max() < 0.02
    np.testing.assert_allclose(result.correlation[[0, -1]], [-1, 1], rtol=1e-12)
    variance = 9 * (a @ a) / 20
    off = (result.covariance - variance * Q) / result.covariance_error
    assert np.abs(off).max() < 3
    assert abs(result.mean - 2) < 3 * np.sqrt(variance / 3000)
    assert result.radius == 3.0


def test_traceless_quadratic_form_has_correlation_q_squared():
    # seed 4; exact on the sphere: <(x'Mx)(y'My)> depends on q² alone up to the trace, which is zero;
    # in finite dimension Corr(q) = (q² − 1/n)/(1 − 1/n).
    dim = 12
    landscape, m = quadratic(dim)
    result = correlation(landscape, Q, 4000, seed=4, radius=2.0)
    expected = (Q**2 - 1 / dim) / (1 - 1 / dim)
    inner = slice(1, -1)
    off = (result.correlation - expected)[inner] / result.correlation_error[inner]
    assert np.abs(off).max() < 3
    assert result.correlation_error[inner].max() < 0.03
    np.testing.assert_allclose(result.correlation[[0, -1]], 1, rtol=1e-9)
    variance = 2 * 16 * (m**2).sum() / (dim * (dim + 2))
    np.testing.assert_allclose(result.variance, variance, rtol=0.1)


def test_errors_are_the_jackknife_of_the_definition():
    landscape, _ = quadratic(5)
    q = np.array([0.4])
    result = correlation(landscape, q, 12, seed=1, radius=1.0)
    samples = []
    for x, other in sphere_pairs(1, np.arange(12), 5, 1.0):
        samples.append([landscape.value(x), landscape.value(0.4 * x + np.sqrt(1 - 0.16) * other)])
    samples = np.array(samples)

    def ratio(v):
        return np.cov(v.T)[0, 1] / v.var(axis=0, ddof=1).mean()

    def covariance(v):
        return np.cov(v.T)[0, 1]

    np.testing.assert_allclose(result.correlation, ratio(samples))
    np.testing.assert_allclose(result.correlation_error, oracle.jackknife(ratio, samples))
    np.testing.assert_allclose(result.covariance, covariance(samples))
    np.testing.assert_allclose(result.covariance_error, oracle.jackknife(covariance, samples))


@pytest.mark.parametrize("dim", [2, 3, 100])
def test_pairs_are_orthogonal_and_on_the_sphere(dim):
    for x, other in sphere_pairs(7, np.arange(5), dim, 2.5):
        np.testing.assert_allclose([np.linalg.norm(x), np.linalg.norm(other)], 2.5)
        assert abs(x @ other) < 1e-13 * 6.25


def test_more_pairs_or_overlaps_keep_what_there_was():
    landscape, _ = linear(4, 1.0)
    one = correlation(landscape, [0.5], 10, seed=2)
    more = correlation(landscape, [0.1, 0.5], 10, seed=2)
    np.testing.assert_allclose(one.correlation[0], more.correlation[1], rtol=1e-12)
    assert correlation(landscape, 0.5, 10, seed=3).correlation[0] != one.correlation[0]


def test_network_takes_the_norm_of_its_initialisation():
    network = ReLUNetwork((10, 20, 3))
    generator = np.random.default_rng(0)
    landscape = NetworkLandscape(network, generator.normal(size=(30, 10)), generator.integers(0, 3, 30))
    result = correlation(landscape, [0, 1], 20)
    norms = np.linalg.norm(network.initialize(200), axis=1)
    np.testing.assert_allclose(result.radius, initial_norm(network))
    assert abs(np.mean(norms**2) / result.radius**2 - 1) < 4 * np.std(norms**2) / result.radius**2 / 14
    assert result.correlation[1] == pytest.approx(1, rel=1e-12)
    origin = network.initialize(1)[0]
    assert correlation(landscape, [0], 3, origin=origin).radius == pytest.approx(np.linalg.norm(origin))


def test_constant_function_has_no_correlation():
    flat = FunctionLandscape(lambda w: np.full(len(w), 0.1), 3)
    result = correlation(flat, Q, 7, radius=1.0)
    assert np.isnan(result.correlation).all()
    assert np.isnan(result.correlation_error).all()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"overlaps": [1.1]}, "overlaps"),
        ({"overlaps": []}, "overlaps"),
        ({"overlaps": [np.nan]}, "overlaps"),
        ({"n_pairs": 2}, "n_pairs"),
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
