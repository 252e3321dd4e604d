"""Trees are found to be trees, independent points are not, on constructed sets of stated seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster import hierarchy as scipy_trees

from spinland.landscape.glass import SphericalSpinGlass
from spinland.replicas import nulls, triangles
from tests.oracles import replicas as oracle

pytestmark = pytest.mark.usefixtures("one_thread")


def test_an_exact_tree_deviates_by_nothing():
    points = np.random.default_rng(0).standard_normal((20, 4))
    heights = scipy_trees.cophenet(scipy_trees.linkage(points, "average"))
    result = triangles.ultrametricity(heights, n_splits=5)
    assert result.deviation == 0
    assert result.deviation_error == 0
    assert result.share == 1
    assert result.significant
    assert "more ultrametric than both null models" in result.verdict


@pytest.mark.parametrize("decay", [0.7, 1.0])
def test_leaves_of_a_random_tree_are_found_out(decay):
    points = oracle.balanced_tree(4, 5000, decay, np.random.default_rng(1))
    result = triangles.ultrametricity(points, n_splits=5)
    assert result.deviation < 0.1
    assert result.share > 0.7
    assert np.all(result.deviation_z > 5)
    assert np.all(result.share_p <= 0.01)
    assert result.significant


def _gaussian(dim, decay=0.0):
    return lambda generator, n: generator.standard_normal((n, dim)) * np.arange(1, dim + 1) ** -decay


def _sphere(dim):
    def points(generator, n):
        found = generator.standard_normal((n, dim))
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    return points


def _scattered(spread):
    def points(generator, n):
        return generator.standard_normal((n, 50)) * np.exp(spread * generator.standard_normal((n, 1)))

    return points


STRUCTURELESS = {
    "Gaussian, 3": _gaussian(3),
    "Gaussian, 50": _gaussian(50),
    "Gaussian, 2000": _gaussian(2000),
    "spectrum k^-1": _gaussian(300, 0.5),
    "spectrum k^-2": _gaussian(300, 1.0),
    "sphere, 20": _sphere(20),
    "sphere, 60": _sphere(60),
    "norms exp(0.1 g)": _scattered(0.1),
    "norms exp(0.2 g)": _scattered(0.2),
}


def _results(kind, n_sets, n_points, n_null):
    for seed in range(n_sets):
        points = STRUCTURELESS[kind](np.random.default_rng([seed, 7]), n_points)
        yield triangles.ultrametricity(points, n_splits=2, n_null=n_null, seed=seed)


@pytest.mark.parametrize("kind", STRUCTURELESS)
def test_independent_points_are_not_taken_for_trees(kind):
    # 30 sets: p ≤ 0.05 in 1.5 of them, more than 6 in one case of 2000.
    results = list(_results(kind, 30, 24, 39))
    assert sum(np.all(result.deviation_p <= 0.05) for result in results) <= 6
    assert sum(result.deviation_p[1] <= 0.05 for result in results) <= 6
    # Under the null model z is nearly normal: its mean over 30 sets has the standard error 0.2, its
    # standard deviation one of 0.14; four of them are allowed (few draws widen z by some per cent).
    z = np.array([result.deviation_z[1] for result in results])
    assert abs(z.mean()) < 4 * 0.2
    assert abs(z.std() - 1.05) < 4 * 0.14


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Gaussian, 50", "sphere, 20", "norms exp(0.2 g)"])
def test_the_level_is_the_nominal_one(kind):
    # 150 sets: the shares have the standard errors 0.018 and 0.0081; three of them are allowed.
    results = list(_results(kind, 150, 36, 199))
    p = np.array([result.deviation_p[1] for result in results])
    assert abs(np.mean(p <= 0.05) - 0.05) <= 3 * 0.018
    assert np.mean(p <= 0.01) <= 0.01 + 3 * 0.0081
    assert np.mean([result.significant for result in results]) <= 0.01 + 3 * 0.0081


def test_points_of_a_sphere_are_not_hierarchical():
    points = SphericalSpinGlass(20, 2, seed=0).random_points(50, seed=0)
    result = triangles.ultrametricity(points, n_splits=2, seed=0)
    assert not result.significant
    assert "not distinguishable from Gaussian directions" in result.verdict


def test_triangles_that_are_less_ultrametric_are_found_too():
    angle = 2 * np.pi * np.arange(60) / 60  # evenly spaced on a circle: neither groups nor gaps
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    result = triangles.ultrametricity(points, n_splits=2)
    assert result.deviation_z[1] < 0
    assert result.deviation_p[1] <= 0.01
    assert not result.significant


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_a_planted_hierarchy_is_found_in_noise_and_scattered_norms(noise):
    generator = np.random.default_rng(5)
    points = oracle.balanced_tree(5, 400, 0.8, generator)
    points += noise * generator.standard_normal(points.shape)
    points *= np.exp(0.1 * generator.standard_normal((len(points), 1)))
    result = triangles.ultrametricity(points, n_splits=5)
    assert result.significant
    assert np.all(result.deviation_z > 3)


@pytest.mark.parametrize("dim", [5, 50, 1000])
def test_the_gaussian_null_model_has_the_dimension_of_the_points(dim):
    points = np.random.default_rng(dim).standard_normal((60, dim))
    model = nulls.NormNulls(oracle.condensed(oracle.distances(points, "euclidean")), 60)
    # the unbiased estimate of tr Σ² from 59 degrees of freedom is good to about 2/59 + 2/sqrt(59 dim)
    assert model.effective_dimension == pytest.approx(dim, rel=0.25)
    assert model.variances.sum() == pytest.approx(dim, rel=5 * np.sqrt(2 / (59 * dim)))


def test_directions_that_stand_out_are_kept():
    generator = np.random.default_rng(7)
    points = generator.standard_normal((100, 3000))
    points[:, 0] *= 60.0
    points[:, 1] *= 40.0
    model = nulls.NormNulls(oracle.condensed(oracle.distances(points, "euclidean")), 100)
    measured = points[:, :2].var(axis=0, ddof=1)  # includes the sampling error, which the model shares
    np.testing.assert_allclose(model.variances[:2], measured, rtol=0.05)
    np.testing.assert_allclose(model.variances[2:].sum(), 2998, rtol=0.02)
    assert len(model.variances) > 2000


def test_concentration_alone_earns_nothing():
    low, high = (np.random.default_rng(9).standard_normal((30, dim)) for dim in (10, 10_000))
    low, high = (triangles.ultrametricity(points, n_splits=2) for points in (low, high))
    assert high.relative_deviation < 0.1 * low.relative_deviation
    assert high.deviation == pytest.approx(0.5, abs=0.03)
    assert not high.significant
