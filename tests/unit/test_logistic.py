"""Logistic curves of shares of successes."""

import numpy as np
import pytest
from scipy.optimize import minimize

from spinland.statistics.logistic import logistic_fit

X = np.log([10, 20, 40, 80, 160, 320])


def test_it_is_the_maximum_of_the_penalised_likelihood():
    k, n = np.array([0, 1, 2, 7, 9, 10]), np.full(6, 10)

    def loss(parameters):
        p = 1 / (1 + np.exp(-(X - parameters[0]) / parameters[1]))
        design = np.stack([np.ones(6), X], axis=1)
        information = design.T @ ((n * p * (1 - p))[:, None] * design)
        return -np.sum(k * np.log(p) + (n - k) * np.log1p(-p)) - 0.5 * np.linalg.slogdet(information)[1]

    found = logistic_fit(X, k, n)
    want = minimize(loss, [4.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x
    np.testing.assert_allclose([found.midpoint, found.width], want, rtol=1e-6)
    assert found(found.midpoint) == 0.5


@pytest.mark.parametrize(("n", "width"), [(10, 0.3), (20, 0.6)])
def test_its_errors_are_the_scatter(n, width):
    """400 sets, seeds 0 to 399: the scatter is known to 3.5 %, and four of that are allowed."""
    truth = 1 / (1 + np.exp(-(X - np.log(70)) / width))
    fits = [logistic_fit(X, np.random.default_rng(seed).binomial(n, truth), np.full(6, n)) for seed in range(400)]
    for name in ("midpoint", "width"):
        values, errors = (np.array([getattr(fit, name + end) for fit in fits]) for end in ("", "_error"))
        assert abs(np.sqrt(np.mean(errors**2)) / values.std() - 1) < 4 * 0.035


def test_separated_shares_have_a_fit_and_flat_ones_have_none():
    sharp = logistic_fit(X, [0, 0, 0, 5, 5, 5], np.full(6, 5))
    assert np.log(40) < sharp.midpoint < np.log(80)
    assert 0 < sharp.width < np.log(2)
    for k in ([3, 3, 3, 3, 3, 3], [5, 4, 3, 2, 1, 0]):
        assert np.isnan(logistic_fit(X, k, np.full(6, 5)).midpoint)
    assert np.isnan(logistic_fit(X[:1], [1], [2]).midpoint)
