"""Trees are found to be trees, independent points are not, on constructed sets of stated seeds."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.cluster import hierarchy as scipy_trees

from spinland.replicas import nulls, triangles
from tests.oracles import replicas as oracle


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    # Sets this small only wait for further threads; the results are the same.
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def test_an_exact_tree_deviates_by_nothing():
    points = np.random.default_rng(0).standard_normal((20, 4))
    heights = scipy_trees.cophenet(scipy_trees.linkage(points, "average"))
    result = triangles.ultrametricity(heights, n_bootstrap=20)
    assert result.deviation == 0
    assert result.deviation_error == 0
    assert result.share == 1
    assert result.significant
    assert "more ultrametric than both null models" in result.verdict


@pytest.mark.parametrize("decay", [0.7, 1.0])
def test_leaves_of_a_random_tree_are_found_out(decay):
    points = oracle.balanced_tree(4, 5000, decay, np.random.default_rng(1))
    result = triangles.ultrametricity(points, n_bootstrap=20)
    assert result.deviation < 0.1
    assert result.share > 0.7
    assert np.all(result.deviation_z > 10)
    assert np.all(result.share_p < 1e-6)
    assert result.significant


def _clouds(dim, decay, n_sets):
    scales = np.arange(1, dim + 1) ** -decay
    for seed in range(n_sets):
        points = np.random.default_rng([dim, seed]).standard_normal((24, dim)) * scales
        yield triangles.ultrametricity(points, n_bootstrap=2, seed=seed)


@pytest.mark.parametrize(("dim", "decay"), [(3, 0.0), (20, 0.0), (2000, 0.0), (300, 0.5), (300, 1.0)])
def test_independent_points_are_not_taken_for_trees(dim, decay):
    # 30 sets, each called a tree with probability 0.01 at most: more than 3 in one case of 5000.
    results = list(_clouds(dim, decay, 30))
    assert sum(result.significant for result in results) <= 3
    # Under the null model z is nearly normal: its mean over 30 sets has the standard error 0.2, its
    # standard deviation one of 0.14; four of them are allowed (20 draws widen z by 5 per cent).
    z = np.array([result.deviation_z[1] for result in results])
    assert abs(z.mean()) < 4 * 0.2
    assert abs(z.std() - 1.05) < 4 * 0.14


@pytest.mark.parametrize("dim", [5, 50, 1000])
def test_the_gaussian_null_model_has_the_dimension_of_the_points(dim):
    points = np.random.default_rng(dim).standard_normal((60, dim))
    model = nulls.GaussianNull(oracle.condensed(oracle.distances(points, "euclidean")), 60)
    # the unbiased estimate of tr Σ² from 59 degrees of freedom is good to about 2/59 + 2/sqrt(59 dim)
    assert model.effective_dimension == pytest.approx(dim, rel=0.25)
    assert model.variances.sum() == pytest.approx(dim, rel=5 * np.sqrt(2 / (59 * dim)))


def test_directions_that_stand_out_are_kept():
    generator = np.random.default_rng(7)
    points = generator.standard_normal((100, 3000))
    points[:, 0] *= 60.0
    points[:, 1] *= 40.0
    model = nulls.GaussianNull(oracle.condensed(oracle.distances(points, "euclidean")), 100)
    measured = points[:, :2].var(axis=0, ddof=1)  # includes the sampling error, which the model shares
    np.testing.assert_allclose(model.variances[:2], measured, rtol=0.05)
    np.testing.assert_allclose(model.variances[2:].sum(), 2998, rtol=0.02)
    assert len(model.variances) > 2000


def test_concentration_alone_earns_nothing():
    low, high = (np.random.default_rng(9).standard_normal((30, dim)) for dim in (10, 10_000))
    low, high = (triangles.ultrametricity(points, n_bootstrap=2) for points in (low, high))
    assert high.relative_deviation < 0.1 * low.relative_deviation
    assert high.deviation == pytest.approx(0.5, abs=0.03)
    assert not high.significant
