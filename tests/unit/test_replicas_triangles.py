"""The triangle sums against a naive loop, threads, samples, refusals, words."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.spatial.distance import squareform

from spinland.errors import ArgumentError
from spinland.replicas import gram, nulls, triangles
from spinland_kernels.triangles import cpu, formula
from tests.oracles import replicas as oracle


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).standard_normal((14, 6))


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((1.0, 2.0, 3.0), (0.5, 1 / 3, 1.0)),
        ((2.0, 2.0, 1.0), (0, 0, 0)),  # ultrametric
        ((1.0, 1.0, 2.0), (1.0, 0.5, 1.0)),
        ((1.0, 1.0, 1.0), (0, 0, 0)),
        ((1.0, 1.0 + 1e-14, 1.0), (0, 0, 0)),  # equilateral to rounding
        ((0.0, 0.0, 0.0), (0, 0, 0)),
    ],
)
def test_one_triangle_in_any_order(sides, expected):
    for a, b, c in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        np.testing.assert_allclose(formula.deviations(sides[a], sides[b], sides[c]), expected, rtol=1e-14)


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("n_sets", [1, 9])
def test_weighted_sums_against_a_naive_loop(rows, sampled, n_sets):
    generator = np.random.default_rng(1)
    square = gram.distances(rows)
    weights = generator.integers(0, 3, (14, n_sets)).astype(float)
    triples = np.array([generator.permutation(14)[:3] for _ in range(2500)]) if sampled else None
    result = cpu.triangle_means(square, weights, 0.3, triples)
    np.testing.assert_allclose(result, oracle.triangle_means(square, weights, 0.3, triples), rtol=1e-12)


def test_no_weight_no_mean(rows):
    result = cpu.triangle_means(gram.distances(rows), np.zeros((14, 1)), 0.3)
    assert np.isnan(result).all()


def test_the_measures_of_parameters(rows):
    result = triangles.ultrametricity(rows, n_bootstrap=20, n_null=3, tolerance=0.2)
    square = gram.distances(rows)
    spread = oracle.condensed(square).std()
    expected = oracle.triangle_means(square, np.ones((14, 1)), 0.2 * spread)[:, 0]
    measured = [result.deviation, result.relative_deviation, result.share]
    np.testing.assert_allclose(measured, expected, rtol=1e-12)
    assert result.n_triples == 364
    assert result.n_replicas == 14
    assert result.null_deviation.shape == result.null_share.shape == (2, 3)


def test_bootstrap_leaves_out_repeated_replicas(rows):
    result = triangles.ultrametricity(rows, n_bootstrap=300, n_null=2, seed=3)
    square, generator, values = gram.distances(rows), np.random.default_rng(2), []
    for _ in range(300):
        weights = np.bincount(generator.integers(0, 14, 14), minlength=14).astype(float)[:, None]
        values.append(oracle.triangle_means(square, weights, 0.1 * oracle.condensed(square).std())[:, 0])
    expected = np.std(values, axis=0)
    errors = [result.deviation_error, result.relative_deviation_error, result.share_error]
    np.testing.assert_allclose(errors, expected, rtol=0.25)  # each has a relative error of about 1/sqrt(600)


@pytest.mark.parametrize("n_triples", [None, 5000])
def test_threads_do_not_change_the_bits(n_triples):
    rows = np.random.default_rng(3).standard_normal((40, 30))
    threads = numba.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            numba.set_num_threads(count)
            results.append(triangles.ultrametricity(rows, 30, 3, n_triples, seed=1))
    finally:
        numba.set_num_threads(threads)
    for name in ("deviation", "deviation_error", "share_error", "null_deviation", "null_share"):
        np.testing.assert_array_equal(getattr(results[0], name), getattr(results[1], name))


def test_points_and_both_forms_of_distances_agree(rows):
    square = gram.distances(rows)
    results = [triangles.ultrametricity(data, 10, 2) for data in (rows, square, squareform(square))]
    for other in results[1:]:
        assert other.deviation == results[0].deviation
        np.testing.assert_array_equal(other.null_deviation, results[0].null_deviation)


def test_a_sample_of_triangles_is_near_all_of_them():
    rows = np.random.default_rng(4).standard_normal((40, 30))
    every = triangles.ultrametricity(rows, 10, 2)
    sample = triangles.ultrametricity(rows, 10, 2, n_triples=40_000)
    assert sample.n_triples == 40_000
    # K lies in [0, 1]: its mean over 40,000 triangles is off by at most 0.0025, one standard error
    assert 0 < abs(sample.deviation - every.deviation) < 4 * 0.0025


def test_sampled_triangles_have_three_corners_and_are_uniform():
    sampled = triangles._triples(5, 30_000, seed=1)
    assert sampled.min() == 0
    assert sampled.max() == 4
    names, counts = np.unique(np.sort(sampled, axis=1), axis=0, return_counts=True)
    assert len(names) == 10
    assert np.all(np.diff(names, axis=1) > 0)
    assert np.all(np.abs(counts - 3000) < 5 * np.sqrt(3000 * 0.9))


def test_many_replicas_are_sampled(monkeypatch):
    monkeypatch.setattr(triangles, "ALL_TRIPLES", 100)
    monkeypatch.setattr(triangles, "SAMPLED_TRIPLES", 321)
    rows = np.random.default_rng(5).standard_normal((12, 4))
    assert triangles.ultrametricity(rows, 5, 2).n_triples == 321


def test_the_seed_is_everything(rows):
    first, again, other = (triangles.ultrametricity(rows, 20, 2, seed=s) for s in (0, 0, 1))
    assert first.deviation_error == again.deviation_error
    np.testing.assert_array_equal(first.null_deviation, again.null_deviation)
    assert first.deviation_error != other.deviation_error
    assert np.all(first.null_deviation != other.null_deviation)


def test_equal_distances_say_nothing():
    result = triangles.ultrametricity(np.ones(10), 5, 3)
    assert result.deviation == 0
    assert not result.significant
    assert np.isnan(result.deviation_p[0])
    assert "not distinguishable" in result.verdict


def test_coinciding_replicas():
    result = triangles.ultrametricity(np.ones((4, 3)), 5, 3)
    assert result.deviation == 0
    assert result.effective_dimension == 0
    assert not result.significant


def test_shuffling_keeps_the_values():
    values = np.arange(45.0)
    one, two = nulls.shuffled(values, 0, 0), nulls.shuffled(values, 0, 1)
    np.testing.assert_array_equal(np.sort(one), values)
    assert np.any(one != two)


def test_z_and_p_by_hand(rows):
    result = triangles.ultrametricity(rows, 5, 6)
    draws = result.null_deviation
    z = (draws.mean(axis=1) - result.deviation) / draws.std(axis=1, ddof=1)
    np.testing.assert_allclose(result.deviation_z, z, rtol=1e-12)
    share = result.null_share
    z = (result.share - share.mean(axis=1)) / share.std(axis=1, ddof=1)
    np.testing.assert_allclose(result.share_z, z, rtol=1e-12)
    assert np.all((result.share_p > 0) & (result.share_p < 1))
    assert np.all(np.sign(0.5 - result.deviation_p) == np.sign(result.deviation_z))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"data": np.ones((2, 5))}, "at least 3 replicas"),
        ({"data": [1.0]}, "at least 3 replicas"),
        ({"data": [1.0, 2.0]}, "data"),
        ({"data": [1.0, -2.0, 1.0]}, "data"),
        ({"data": np.array([[1.0], [np.nan], [2.0]])}, "row 1"),
        ({"n_bootstrap": 1}, "n_bootstrap"),
        ({"n_null": 1}, "n_null"),
        ({"n_triples": 0}, "n_triples"),
        ({"tolerance": -0.1}, "tolerance"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments_are_refused(rows, arguments, match):
    with pytest.raises(ArgumentError, match=match):
        triangles.ultrametricity(**({"data": rows} | arguments))
