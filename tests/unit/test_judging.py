"""Judgements of the pages: what is paired is compared pair by pair, and a verdict follows from one p at one level."""

import math

import numpy as np
import pytest
from scipy import stats

from spinland.statistics import judging
from spinland.statistics.judging import SIGNIFICANCE, Judged


def test_the_rise_of_pairs_is_free_of_the_spread_between_them():
    """100 starts that differ by 1, each risen by 0.05 ± 0.01; seed 0."""
    random = np.random.default_rng(0)
    first = random.normal(size=100)
    rise = judging.paired(first, first + random.normal(0.05, 0.01, size=100))
    assert rise.error == pytest.approx(0.001, rel=0.3)
    assert abs(rise.value - 0.05) < 4 * 0.001
    assert rise.significant
    assert rise.freedom == 99


@pytest.mark.parametrize("n", [4, 30])
def test_p_is_that_of_the_t_test(n):
    random = np.random.default_rng(n)
    x, y = random.normal(size=n), random.normal(0.3, 2, size=n + 2)
    assert judging.mean_of(x).p == pytest.approx(stats.ttest_1samp(x, 0).pvalue)
    assert judging.paired(x, y[:n]).p == pytest.approx(stats.ttest_rel(x, y[:n]).pvalue)
    welch = judging.independent(judging.mean_of(x), judging.mean_of(y))
    assert welch.p == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)
    assert welch.value == pytest.approx(y.mean() - x.mean())


def test_numbers_of_one_start_are_one_number():
    values, group = np.repeat([1.0, 2.0, 4.0], 50), np.repeat([0, 1, 2], 50)
    mean = judging.mean_of(values, group)
    assert mean.freedom == 2
    assert mean.error == pytest.approx(np.std([1, 2, 4], ddof=1) / math.sqrt(3))
    assert judging.mean_of(values, np.zeros(150)).freedom == 149


def test_what_has_no_error_gets_no_verdict():
    alone = judging.mean_of([3.0])
    assert math.isnan(alone.p)
    assert not alone.significant
    assert alone.chance == "p unknown"
    assert judging.mean_of([math.nan, math.nan]).word("-", "0", "+") == "0"
    assert judging.mean_of([1.0, math.nan, 1.0]).word("-", "0", "+") == "+"  # equal samples: no doubt


@pytest.mark.parametrize(("z", "word"), [(-3.4, "falls"), (-3.2, "same"), (3.2, "same"), (3.4, "rises")])
def test_the_word_follows_from_p(z, word):
    """Ten samples: 3.25 standard errors are the level of 0.01."""
    judged = Judged(z, 1.0, 9)
    assert judged.word("falls", "same", "rises") == word
    assert (judged.p < SIGNIFICANCE) == (word != "same")


def correlated(random, n, k, rho):
    """Samples (n, k) of mean 0, each pair of columns with this correlation."""
    common = random.normal(size=(n, 1))
    return math.sqrt(rho) * common + math.sqrt(1 - rho) * random.normal(size=(n, k))


@pytest.mark.parametrize("rho", [0.0, 0.95])
def test_the_level_of_several_deviations_is_nominal(rho):
    """Shares of 600 true nulls (12 samples, 5 columns, seed 3) below 0.05 and 0.01, within 3 binomial errors."""
    random = np.random.default_rng(3)
    p = np.array([judging.worst_joint([(correlated(random, 12, 5, rho), np.zeros(5))]).p for _ in range(600)])
    for level in (0.05, 0.01):
        assert abs(np.mean(p < level) - level) < 3 * math.sqrt(level * (1 - level) / len(p))


def test_five_deviations_that_are_one_are_judged_as_one():
    """Where all columns are the same numbers, p is that of one of them; Šidák's bound is five times as large."""
    x = np.random.default_rng(0).normal(0.6, 1, size=(12, 1))
    joint = judging.worst_joint([(np.repeat(x, 5, axis=1), np.zeros(5))])
    exact = stats.ttest_1samp(x[:, 0], 0).pvalue
    assert joint.p == pytest.approx(exact, abs=0.002)
    assert (joint.n, joint.above) == (5, 5)
    assert judging.worst_bound([joint.z] * 5, 11).p > 4 * exact
    assert "5 of the 5 are upwards" in str(joint)


def test_groups_are_independent_and_what_cannot_move_is_exact_or_left_out():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(30, 1)), random.normal(size=(20, 1))
    both = judging.worst_joint([(a, [0.0]), (b, [0.0])])
    sides = [2 * stats.t.sf(both.z, n - 1) for n in (30, 20)]
    assert both.p == pytest.approx(1 - (1 - sides[0]) * (1 - sides[1]))
    still = judging.worst_joint([(np.full((9, 3), 2.0), [2.0, 2.0, 3.0])])
    assert (still.n, still.z, still.p) == (2, 0.0, 1.0)
    assert str(judging.worst_joint([(np.full((9, 1), 2.0), [3.0])])) == "no deviation can be judged"
    assert not judging.worst_joint([]).significant


def test_deviations_count_standard_errors():
    z = judging.deviations([1.0, 2.0, 2.0, 3.0], [0.5, 0.0, 0.0, math.nan], [2.0, 2.0, 1.0, 0.0])
    assert z[:2].tolist() == [-2.0, 0.0]
    assert np.isnan(z[2:]).all()


@pytest.mark.parametrize("n_samples", [3, 10, 1000])
def test_the_bound_is_that_of_students_t(n_samples):
    """The largest of 5 such deviations is beyond z in a share of draws that the formula gives; seed 1, 3 errors."""
    draws = stats.t.rvs(n_samples - 1, size=(20_000, 5), random_state=1)
    share = np.mean(np.abs(draws).max(axis=1) > 2.5)
    p = judging.worst_bound([2.5, 0.1, -1.0, 0.0, math.nan, 0.3], n_samples - 1).p
    assert abs(share - p) < 3 * math.sqrt(p * (1 - p) / 20_000)
    assert math.isnan(judging.worst_bound([], n_samples).p)
    assert judging.worst_bound([0.0], n_samples).p == 1.0


def test_a_quotient_has_the_error_of_first_order_whatever_is_zero():
    draw = np.random.default_rng(3)
    top, below = judging.Judged(2.0, 0.02, 9), judging.Judged(-4.0, 0.08, 5)
    found = judging.quotient(top, below)
    scatter = (draw.normal(2.0, 0.02, 100_000) / draw.normal(-4.0, 0.08, 100_000)).std()
    assert found.value == -0.5
    assert found.freedom == 5
    assert abs(found.error / scatter - 1) < 4 / math.sqrt(2 * 100_000) + 1e-3  # 4 standard errors, and second order
    nothing = judging.quotient(judging.Judged(0.0, 0.1, 9), below)
    assert (nothing.value, nothing.error) == (0.0, 0.025)
    assert math.isnan(judging.quotient(top, judging.Judged(0.0, 0.1, 9)).value)
