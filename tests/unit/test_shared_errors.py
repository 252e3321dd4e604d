"""Errors of means over pairs that may share a member."""

import itertools

import numpy as np

from spinland.statistics.uncertainty import pair_mean_error, shared_mean_error, standard_error


def test_disjoint_pairs_have_the_usual_standard_error():
    values = np.random.default_rng(0).normal(size=9)
    members = np.arange(18).reshape(9, 2)
    np.testing.assert_allclose(shared_mean_error(values, members), standard_error(values), rtol=1e-12)


def test_all_pairs_have_the_error_of_all_pairs():
    draw, n = np.random.default_rng(1), 7
    own = draw.normal(size=n)
    members = np.array(list(itertools.combinations(range(n), 2)))
    values = own[members].sum(axis=1) + 0.1 * draw.normal(size=len(members))
    off = values - values.mean()
    sums = np.array([off[(members == a).any(axis=1)].sum() for a in range(n)])
    np.testing.assert_allclose(shared_mean_error(values, members), pair_mean_error(sums, np.sum(off**2)), rtol=1e-12)


def test_pairs_that_all_share_a_member_have_no_known_error():
    members = np.array([[0, 1], [0, 2], [0, 3]])
    assert np.isnan(shared_mean_error(np.arange(3.0), members))
    assert np.isnan(shared_mean_error(np.array([1.0]), members[:1]))


def test_a_chain_of_pairs_has_the_scatter_that_is_there():
    """Values x_a + x_{a+1} along a ring of 20: their mean is 2x̄, of variance 4/20. 2000 rings, seed 2.

    The mean square error bar has a standard error of about 1 per cent of itself; four of them are allowed, and the
    tenth that raising it to that of independent pairs may add.
    """
    draw, n = np.random.default_rng(2), 20
    members = np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1)
    squares = [shared_mean_error(x[members].sum(axis=1), members) ** 2 for x in draw.normal(size=(2000, n))]
    assert 0.96 < np.mean(squares) / (4 / n) < 1.14
