"""Resampling errors and rank correlation."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spinland.errors import ArgumentError
from spinland.statistics import bootstrap, correlation, judging, uncertainty
from tests.oracles import replicas as oracle


def test_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).standard_normal((30, 2))
    without = (values.sum(axis=0) - values) / 29
    expected = values.std(axis=0, ddof=1) / np.sqrt(30)
    np.testing.assert_allclose(uncertainty.jackknife_error(without), expected, rtol=1e-12)
    assert np.isnan(uncertainty.jackknife_error([[1.0, 2.0]])).all()


def test_the_error_of_a_mean_over_pairs_is_that_of_its_definition():
    square = np.random.default_rng(3).standard_normal((7, 7, 2))
    square += square.transpose(1, 0, 2)
    for i in range(7):
        square[i, i] = 0
    mean = square.sum(axis=(0, 1)) / 42
    off = np.where(np.eye(7, dtype=bool)[:, :, None], 0, square - mean)
    error = uncertainty.pair_mean_error(off.sum(axis=0), np.sum(off**2, axis=(0, 1)) / 2)
    np.testing.assert_allclose(error, oracle.pair_mean_error(square), rtol=1e-12)
    assert np.isnan(uncertainty.pair_mean_error(np.zeros((3, 2)), np.zeros(2))).all()


def test_halves_and_quarters_give_the_error_of_a_mean():
    values = np.random.default_rng(4).standard_normal(400)
    error = uncertainty.split_error(lambda members: values[members].mean(), 400, 400)
    # V(n/2) and V(n/4) come from 400 divisions: their ratio is known to 10 per cent, the error to about as much
    assert error == pytest.approx(values.std(ddof=1) / 20, rel=0.2)
    few = uncertainty.split_error(lambda members: values[members].mean(), 11, 5)
    assert np.isnan(few)
    assert uncertainty.split_error(lambda members: 1.0, 12, 5) == 0
    undefined = uncertainty.split_error(lambda members: [np.nan, float(members[0])], 12, 5)
    assert np.isnan(undefined[0])
    assert undefined[1] > 0


@pytest.mark.parametrize(("power", "factor"), [(1, 0.5), (2, 0.25), (3, 0.125)])
def test_whole_powers_are_extrapolated_exactly(power, factor):
    error = uncertainty._extrapolated(np.array(2.0), np.array(2.0 * 2**power))
    assert error**2 == pytest.approx(2.0 * factor, rel=1e-12)


def test_p_by_rank_has_two_sides_and_a_least_value():
    draws = np.arange(19.0)
    assert judging.rank_p(-1.0, draws) == pytest.approx(0.1)
    assert judging.rank_p(99.0, draws) == pytest.approx(0.1)
    assert judging.rank_p(2.5, draws) == pytest.approx(2 * 4 / 20)
    assert judging.rank_p(9.0, draws) == 1
    np.testing.assert_allclose(judging.rank_p(5.0, np.stack([draws, draws - 100])), [0.7, 0.1])
    assert judging.rank_p(1.0 + 1e-14, np.ones(19)) == 1  # equal to rounding


def test_bootstrap_counts_count_the_indices():
    counts = bootstrap.bootstrap_counts(7, 50, 11)
    indices = bootstrap.bootstrap_indices(7, 50, 11)
    np.testing.assert_array_equal(counts, [np.bincount(row, minlength=11) for row in indices])
    assert np.all(counts.sum(axis=1) == 11)
    assert np.any(counts != bootstrap.bootstrap_counts(8, 50, 11))


def test_undefined_resamples_are_left_out():
    errors = bootstrap.bootstrap_error([[1.0, np.nan], [3.0, 2.0], [np.nan, np.nan], [5.0, np.nan]])
    np.testing.assert_allclose(errors, [2.0, np.nan])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=30))
def test_rho_with_ties_is_scipys(points):
    x, y = np.array(points, float).T
    result = correlation.rank_correlation(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(result.rho)
    else:
        assert result.rho == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_p_value_of_many_points_is_students():
    generator = np.random.default_rng(1)
    x = generator.standard_normal(40)
    y = 0.4 * x + generator.standard_normal(40)
    result = correlation.rank_correlation(x, y)
    assert result.p == pytest.approx(stats.spearmanr(x, y).pvalue, rel=1e-9)


def test_p_value_of_few_points_counts_permutations():
    assert correlation.rank_correlation([1, 2, 3, 4], [1, 2, 3, 4]).p == pytest.approx(2 / 24)
    assert correlation.rank_correlation([1, 2, 3], [1, 3, 2]).p == pytest.approx(1.0)
    assert correlation.rank_correlation(np.arange(12), np.arange(12)).p == pytest.approx(2 / math.factorial(12))


@given(
    st.integers(3, 7).flatmap(
        lambda n: st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=n, max_size=n)
    )
)
def test_p_value_of_few_points_counts_all_orders_with_ties(points):
    x, y = np.array(points, float).T
    result = correlation.rank_correlation(x, y)
    if math.isnan(result.rho):
        return
    a, b = stats.rankdata(x), stats.rankdata(y)
    others = np.array([np.corrcoef(a, b[list(order)])[0, 1] for order in permutations(range(len(x)))])
    assert result.p == pytest.approx(np.mean(np.abs(others) >= abs(result.rho) - 1e-9), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "square", "level"), [(9, 36, 0.05), (10, 58, 0.05), (10, 34, 0.01), (12, 118, 0.05), (12, 78, 0.01)]
)
def test_p_values_cross_the_levels_where_published_tables_say(n, square, level):
    # Critical rho, two-sided (Zar, Biostatistical Analysis, table B.20): 0.700; 0.648, 0.794; 0.587, 0.727. Σd² =
    # square
    # there, and square + 2 for the next lower rho.
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(n), (100_000, 1)), axis=1)
    distance = np.sum((orders - np.arange(n)) ** 2, axis=1)
    p = [correlation.rank_correlation(np.arange(n), orders[np.argmax(distance == d)]).p for d in (square, square + 2)]
    assert p[0] <= level < p[1]


@pytest.mark.parametrize("n", [6, 40])
@pytest.mark.parametrize("share", [0.0, 0.6, 0.95])
def test_the_error_is_the_scatter_over_samples(n, share):
    """2,000 samples, seed 2: the scatter is known to 2 % (ρ = 0.95, n = 6: 4 %); the mean error within 20 % of it."""
    generator = np.random.default_rng(2)
    x = generator.standard_normal((2000, n))
    y = share * x + math.sqrt(1 - share**2) * generator.standard_normal((2000, n))
    found = [correlation.rank_correlation(*pair) for pair in zip(x, y, strict=True)]
    scatter = np.std([one.rho for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(scatter, rel=0.2)


def test_three_points_and_equal_orders_have_no_error_to_speak_of():
    assert math.isnan(correlation.rank_correlation([1, 2, 3], [1, 3, 2]).error)
    assert correlation.rank_correlation([1, 2, 3, 4], [1, 2, 3, 4]).error < 1e-12


@pytest.mark.parametrize("constant", [0, 1])
def test_a_constant_has_no_rank_correlation(constant):
    sides = [np.arange(5.0), np.arange(5.0)]
    sides[constant] = np.full(5, 0.3)
    result = correlation.rank_correlation(*sides)
    assert math.isnan(result.rho)
    assert math.isnan(result.error)
    assert math.isnan(result.p)
    assert "constant" in result.verdict


def test_the_verdict_has_the_numbers():
    result = correlation.rank_correlation([1, 2, 3, 4], [4, 3, 2, 1])
    assert result.verdict.startswith("rank correlation -1.000 ±")
    assert result.provenance.seed is None


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [([1, 2], [1, 2], "x"), ([1, 2, 3], [1, 2], "y"), ([1, np.nan, 2], [1, 2, 3], "x"), ([[1, 2, 3]], [1, 2, 3], "x")],
)
def test_bad_points_are_refused(x, y, match):
    with pytest.raises(ArgumentError, match=f"^{match}:"):
        correlation.rank_correlation(x, y)


@pytest.mark.parametrize("n", [2, 1 << 16, (1 << 16) + 1, 150_000])
def test_correlation_of_any_length_is_pearsons(n):
    draw = np.random.default_rng(n)
    x = 1e3 + draw.normal(size=(2, n))
    y = x + draw.normal(size=n)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(correlation.correlation(x, y), expected, rtol=1e-9)
    assert np.isnan(correlation.correlation(x[0], np.full(n, 0.1)))
