"""Reported errors of walks, their ruggedness and their profiles: few walkers, shared random points."""

import numpy as np
import pytest

from spinland.landscape.glass import SphericalSpinGlass
from spinland.probes.profiles import overlap_profile
from spinland.probes.ruggedness import ruggedness
from spinland.probes.walks import RandomWalk
from spinland.provenance import record

SHARE, STEPS, LAGS = 0.93, 40, 20
MADE = record("test", {}, dtype=np.float64)


def stationary(n_walkers, n_origins, seed):
    """Walks whose value forgets with a share of 0.93 a step: ρ(k) = 0.93^k."""
    values = np.random.default_rng(seed).normal(size=(n_walkers, STEPS + 1))
    for t in range(STEPS):
        values[:, t + 1] = SHARE * values[:, t] + np.sqrt(1 - SHARE**2) * values[:, t + 1]
    return RandomWalk(
        sigma=1.0,
        values=values,
        accuracy=values,
        distance=values,
        overlap=values,
        origin_index=np.repeat(np.arange(n_origins), n_walkers // n_origins),
        constraint="none",
        provenance=MADE,
    )


@pytest.mark.parametrize(("n_walkers", "n_origins"), [(8, 1), (16, 1), (16, 8), (32, 1)])
def test_the_autocorrelation_of_few_walkers_is_right_with_its_error(n_walkers, n_origins):
    """Seeds 0 to 399. The bias is known to 0.05 of the scatter; 0.3 is allowed (before, 0.2 to 0.5 for 8 and 16).

    The root mean square error over the scatter is known to 4 to 6 %; 20 % and one such error are allowed (before,
    1.1 to 1.4 for 8 and 16, 1.5 and more for pairs of one origin).
    """
    found = [ruggedness(stationary(n_walkers, n_origins, seed), LAGS) for seed in range(400)]
    rho = np.array([r.autocorrelation for r in found])[:, [1, 5, 10]]
    error = np.array([r.autocorrelation_error for r in found])[:, [1, 5, 10]]
    scatter = rho.std(axis=0, ddof=1)
    assert np.all(np.abs(rho.mean(axis=0) - SHARE ** np.array([1, 5, 10])) < 0.3 * scatter)
    ratio = np.sqrt(np.mean(error**2, axis=0)) / scatter
    assert np.all((ratio > 0.75) & (ratio < 1.25))


def test_the_density_of_increments_has_the_error_of_walkers_not_of_origins():
    """Origins of very different steepness: walkers differ between origins, and that is no error of the mean.

    Seed 0; 2 origins of 400 walkers, in bins far inside.
    """
    values = np.random.default_rng(0).normal(size=(800, STEPS + 1)).cumsum(axis=1)
    values[400:] *= 10
    walk = RandomWalk(
        sigma=1.0,
        values=values,
        accuracy=values,
        distance=values,
        overlap=values,
        origin_index=np.repeat([0, 1], 400),
        constraint="none",
        provenance=MADE,
    )
    found = ruggedness(walk, 5)
    steps, edges = np.diff(values, axis=1), found.increment_edges
    each = np.stack([np.histogram(row, edges, density=True)[0] for row in steps])
    inside = np.sqrt(400 * each[:400].var(axis=0, ddof=1) + 400 * each[400:].var(axis=0, ddof=1)) / 800
    np.testing.assert_allclose(found.increment_density_error, inside)
    middle = np.argmax(found.increment_density)
    assert found.increment_density_error[middle] < 0.6 * each[:, middle].std(ddof=1) / np.sqrt(800)


def test_the_error_of_a_profile_counts_that_of_its_typical_value():
    """Seeds 0 to 39, 12 origins of one glass, 8 random points: the rises of all origins move together with their mean.

    The scatter of 40 is known to 11 %; three times that is allowed (before, the ratio was below 0.5).
    """
    glass = SphericalSpinGlass(30, 3, seed=3)
    origins = glass.random_points(200, seed=1)
    origins = origins[np.argsort(glass.value(origins))[:12]]
    found = [overlap_profile(glass, origins, 30, 4, seed, n_bins=4, n_typical=8) for seed in range(40)]
    rise = np.array([item.rise[-1] for item in found])
    error = np.array([item.rise_error[-1] for item in found])
    assert abs(np.sqrt(np.mean(error**2)) / rise.std(ddof=1) - 1) < 0.33
