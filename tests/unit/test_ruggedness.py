import numpy as np
import pytest

from spinland import rng
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.probes.ruggedness import ruggedness
from spinland.probes.walks import random_walk
from tests.oracles import walks as oracle


def wave(dim=4):
    return FunctionLandscape(lambda w: np.cos(3 * w).sum(axis=1), dim)


def linear(dim, geometry=None):
    return FunctionLandscape(lambda w: w[:, 0], dim, geometry=geometry)


def crossing(rho):
    """First place where ρ falls to 1/e, linear between whole lags."""
    k = int(np.argmax(rho <= np.exp(-1)))
    return k - 1 + (rho[k - 1] - np.exp(-1)) / (rho[k - 1] - rho[k])


def test_autocorrelation_and_error_equal_the_definition():
    walk = random_walk(wave(), np.ones(4), 0.2, 12, n_walkers=6, seed=1)
    result = ruggedness(walk, max_lag=5)
    np.testing.assert_allclose(result.autocorrelation, oracle.autocorrelation(walk.values, 5), rtol=1e-10)
    np.testing.assert_allclose(
        result.autocorrelation_error, oracle.autocorrelation_error(walk.values, 5), rtol=1e-5, atol=1e-7
    )
    assert list(result.lag) == [0, 1, 2, 3, 4, 5]
    assert result.n_walkers == 6
    assert result.sigma == 0.2


def test_correlation_length_of_an_autoregressive_walk():
    # On the sphere in high dimension a coordinate follows w' = λ w + noise, λ = (1 + σ² dim/r²)^(-1/2):
    # stationary from uniform starts, with ρ(k) = λ^k. Seed 5; 400 walks of 100 steps, ℓ = 13.5.
    dim, sigma = 225, 0.4 / 15
    z = np.stack([rng.normals(7, rng.Purpose.SPINS, i, 0, dim) for i in range(400)])
    starts = z / np.linalg.norm(z, axis=1, keepdims=True)
    walk = random_walk(linear(dim, Sphere(1.0)), starts, sigma, 100, seed=5)
    result = ruggedness(walk, max_lag=40, center="all")
    ratio = (1 + sigma**2 * dim) ** -0.5
    expected = ratio ** np.arange(41)
    wanted = crossing(expected)
    assert abs(result.correlation_length - wanted) < 3 * result.correlation_length_error
    assert result.correlation_length_error < 0.06 * wanted
    near = slice(1, 25)
    off = (result.autocorrelation - expected)[near] / result.autocorrelation_error[near]
    assert np.abs(off).max() < 3.5


def test_free_diffusion_on_a_slope_follows_its_law():
    # f = w_0: a Brownian path, corr(t, t+k) = sqrt(t/(t+k)). Seed 3, 400 walkers.
    walk = random_walk(linear(3), np.zeros(3), 1.0, 40, n_walkers=400, seed=3)
    result = ruggedness(walk)
    t = np.arange(1, 41)
    expected = np.array([np.mean(np.sqrt(t[: 40 - k] / (t[: 40 - k] + k))) for k in range(21)])
    off = (result.autocorrelation - expected)[1:] / result.autocorrelation_error[1:]
    assert np.abs(off).max() < 3.5
    assert abs(result.increment_mean) < 4 / np.sqrt(400 * 40)
    assert abs(result.increment_std - 1) < 4 / np.sqrt(2 * 400 * 40)


def test_increments_are_a_density_with_errors_over_walkers():
    walk = random_walk(wave(), np.ones(4), 0.2, 30, n_walkers=8, seed=2)
    result = ruggedness(walk, bins=12)
    steps = np.diff(walk.values, axis=1)
    density, edges = np.histogram(steps, bins=12, density=True)
    np.testing.assert_allclose(result.increment_edges, edges)
    np.testing.assert_allclose(result.increment_density, density)
    each = np.stack([np.histogram(row, bins=edges, density=True)[0] for row in steps])
    np.testing.assert_allclose(result.increment_density_error, each.std(axis=0, ddof=1) / np.sqrt(8))
    np.testing.assert_allclose([result.increment_mean, result.increment_std], [steps.mean(), steps.std()])


def test_walkers_are_centred_on_their_own_origin():
    # Shifting all values of one origin changes nothing.
    shifted = FunctionLandscape(lambda w: np.cos(3 * w).sum(axis=1) + 100 * (w[:, 0] > 50), 4)
    far = np.ones(4) * 2 * np.pi * 32
    walk = random_walk(shifted, np.stack([np.ones(4), 1 + far]), 0.2, 20, n_walkers=5, seed=4)
    near = random_walk(wave(), np.ones((2, 4)), 0.2, 20, n_walkers=5, seed=4)
    np.testing.assert_allclose(ruggedness(walk).autocorrelation, ruggedness(near).autocorrelation, rtol=1e-6, atol=1e-9)


def test_walks_in_a_list_are_taken_together():
    both = random_walk(wave(), np.ones((2, 4)), 0.2, 20, n_walkers=5, seed=4)
    parts = [random_walk(wave(), np.ones(4), 0.2, 20, n_walkers=5, seed=4, first_walker=f) for f in (0, 5)]
    a, b = ruggedness(both), ruggedness(parts)
    assert np.array_equal(a.autocorrelation, b.autocorrelation)
    assert np.array_equal(a.increment_density, b.increment_density)
    assert a.correlation_length_error == b.correlation_length_error or np.isnan(a.correlation_length_error)


def test_no_crossing_no_fluctuation_and_two_walkers_give_nan():
    slow = ruggedness(random_walk(linear(2), np.zeros(2), 1.0, 30, n_walkers=20), max_lag=2)
    assert np.isnan(slow.correlation_length)
    assert np.isnan(slow.correlation_length_error)
    flat = FunctionLandscape(lambda w: np.full(len(w), 0.1), 3)
    still = ruggedness(random_walk(flat, np.ones(3), 0.1, 6, n_walkers=7))
    assert np.isnan(still.autocorrelation).all()
    assert still.increment_std == 0
    two = ruggedness(random_walk(wave(), np.ones(4), 0.1, 6, n_walkers=2))
    assert np.isfinite(two.autocorrelation).all()
    assert np.isnan(two.autocorrelation_error).all()
    assert np.isnan(two.increment_density_error).all()


def walk_of(n_steps=4, n_walkers=3, sigma=0.1, landscape=None):
    landscape = landscape or wave()
    return random_walk(landscape, np.ones(landscape.dim), sigma, n_steps, n_walkers=n_walkers)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (lambda: (3,), "walk"),
        (lambda: ([],), "walk"),
        (lambda: (walk_of(n_steps=1),), "walk"),
        (lambda: (walk_of(n_walkers=1),), "walk"),
        (lambda: ([walk_of(), walk_of(sigma=0.2)],), "walk"),
        (lambda: ([walk_of(), walk_of(n_steps=5)],), "walk"),
        (lambda: (walk_of(), 0), "max_lag"),
        (lambda: (walk_of(), 4), "max_lag"),
        (lambda: (walk_of(), 2, 0), "bins"),
        (lambda: (walk_of(landscape=FunctionLandscape(lambda w: w[:, 0] * np.nan, 2)),), "walk"),
    ],
)
def test_bad_input_is_refused(arguments, name):
    with pytest.raises(ArgumentError) as caught:
        ruggedness(*arguments())
    assert caught.value.argument == name


def test_unknown_centre_is_refused():
    with pytest.raises(ArgumentError, match="center"):
        ruggedness(walk_of(), center="time")
