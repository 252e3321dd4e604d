"""Moments and distributions of pairs, with errors over replicas."""

from __future__ import annotations

import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.replicas import gram, pairs
from tests.oracles import replicas as oracle


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).standard_normal((12, 30)) + 0.5


@pytest.fixture(scope="module")
def statistics(rows):
    return pairs.pair_statistics(rows)


def test_pairs_and_norms(rows, statistics):
    np.testing.assert_array_equal(statistics.distances, gram.distances(rows, condensed=True))
    np.testing.assert_array_equal(statistics.overlaps, gram.overlaps(rows, condensed=True))
    np.testing.assert_allclose(statistics.radius, np.linalg.norm(rows, axis=1), rtol=1e-14)
    assert statistics.n_replicas == 12
    assert statistics.provenance.function == "pair_statistics"
    assert statistics.provenance.data


@pytest.mark.parametrize("name", ["distance", "overlap"])
@pytest.mark.parametrize("moment", ["mean", "std"])
def test_moments_and_their_errors(rows, statistics, name, moment):
    square = gram.distances(rows) if name == "distance" else gram.overlaps(rows)
    estimate = np.mean if moment == "mean" else np.std
    assert getattr(statistics, f"{moment}_{name}") == pytest.approx(estimate(oracle.condensed(square)), rel=1e-12)
    error = getattr(statistics, f"{moment}_{name}_error")
    if moment == "mean":
        expected = oracle.pair_mean_error(square)
    else:
        expected = oracle.pair_mean_error((square - oracle.condensed(square).mean()) ** 2)
        expected /= 2 * oracle.condensed(square).std()
    assert error == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("bins", [7, np.linspace(-0.1, 0.5, 9)], ids=["number", "edges"])
def test_overlap_distribution(rows, statistics, bins):
    result = pairs.overlap_distribution(statistics, bins)

    def density(values):
        return np.histogram(values, result.edges)[0] / (len(values) * np.diff(result.edges))

    square = gram.overlaps(rows)
    np.testing.assert_allclose(result.density, density(oracle.condensed(square)), rtol=1e-13)
    low, high = result.edges[:-1].copy(), result.edges[1:].copy()
    high[-1] = np.nextafter(high[-1], 2)  # the last bin holds its upper edge
    inside = (square[:, :, None] >= low) & (square[:, :, None] < high)
    expected = oracle.pair_mean_error(inside.astype(float)) / np.diff(result.edges)
    np.testing.assert_allclose(result.density_error, expected, rtol=1e-9, atol=1e-12)


def test_equal_bins_hold_every_pair(statistics):
    for result in (pairs.overlap_distribution(statistics), pairs.distance_distribution(statistics, 11)):
        assert np.sum(result.density * np.diff(result.edges)) == pytest.approx(1.0, abs=1e-12)
        assert result.provenance.data == statistics.provenance.data


@pytest.mark.parametrize("n", [2, 3])
def test_few_replicas_have_no_error(n):
    statistics = pairs.pair_statistics(np.eye(n))
    assert statistics.mean_distance == pytest.approx(np.sqrt(2))
    assert np.isnan([statistics.mean_distance_error, statistics.std_overlap_error]).all()
    assert np.isnan(pairs.overlap_distribution(statistics, 3).density_error).all()


@pytest.mark.parametrize("bins", [0, 2.5, [1.0], [0.0, 0.0, 1.0], [1.0, np.nan]])
def test_bad_bins_are_refused(statistics, bins):
    with pytest.raises(ArgumentError, match="bins"):
        pairs.overlap_distribution(statistics, bins)
