"""The disorder: covariance of the energy over instances, moments and independence of the couplings."""

import numpy as np
import pytest

import spinland as sl
from spinland import rng
from spinland_kernels.pspin import cpu as kernel
from spinland_kernels.types import GAUSSIAN, SIGNS, Couplings


@pytest.mark.parametrize("disorder", ["gaussian", "signs"])
@pytest.mark.parametrize("order", [2, 3, 4, {2: 0.7, 3: 1.2}])
def test_covariance_over_instances(order, disorder):
    """2,000 instances from seed 0 of 6 spins, three overlaps: 24 numbers in all, each within 3.5 errors."""
    overlaps = np.array([1.0, 0.6, -0.4])
    points = sl.SphericalSpinGlass(6, 2).random_points(2, seed=7)
    start, other = points
    other = other - start * (start @ other) / 6
    other *= np.sqrt(6) / np.linalg.norm(other)
    family = overlaps[:, None] * start + np.sqrt(1 - overlaps[:, None] ** 2) * other
    values = np.array([sl.SphericalSpinGlass(6, order, seed, disorder=disorder).value(family) for seed in range(2000)])
    products = 6 * values * values[:, :1]
    error = products.std(axis=0, ddof=1) / np.sqrt(len(products))
    expected = sl.SphericalSpinGlass(6, order).covariance(overlaps)
    assert (abs(products.mean(axis=0) - expected) < 3.5 * error).all()
    means = abs(values.mean(axis=0)) / (values.std(axis=0, ddof=1) / np.sqrt(len(values)))
    assert (means < 3.5).all()


def drawn(disorder):
    """All couplings of 200 spins at order 3 (1.4 million), each over its standard deviation, by rank."""
    out = np.empty(kernel.n_couplings(200, 3))
    kernel.fill_couplings(Couplings(out, 200, 3, 11, int(rng.Purpose.COUPLINGS), disorder))
    distinct = [
        np.arange(kernel.n_couplings(i, 3) + j * (j + 1) // 2, kernel.n_couplings(i, 3) + j * (j + 3) // 2)
        for i in range(2, 200)
        for j in range(1, i)
    ]  # three different indices, whose six orderings are one coupling
    ranks = np.concatenate(distinct)
    return ranks, out[ranks] / np.sqrt(6)


def test_normal_couplings_are_those_of_philox():
    ranks, numbers = drawn(GAUSSIAN)
    expected = rng.normals(11, rng.Purpose.COUPLINGS, 0, 0, int(ranks[-1]) + 1)[ranks]
    np.testing.assert_allclose(numbers, expected, rtol=3e-16)


@pytest.mark.parametrize(("disorder", "fourth"), [(GAUSSIAN, 3.0), (SIGNS, 1.0)])
def test_couplings_have_mean_zero_and_variance_one_and_no_neighbours(disorder, fourth):
    """1.3 million couplings of seed 11: four numbers for each kind, each within 3.5 standard errors."""
    _, z = drawn(disorder)
    for sample, expected in ((z, 0), (z**2, 1), (z**4, fourth), (z[1:] * z[:-1], 0)):
        error = sample.std() / np.sqrt(len(sample))
        assert abs(sample.mean() - expected) <= 3.5 * error + 1e-12
