import numpy as np
import pytest

from spinland_kernels.mlp import formula


@pytest.mark.parametrize("x", [0.0, -1e-8, -0.3466, -0.3467, -1.0, -10.5, -86.9])
def test_exponential_is_within_three_ulps(x):
    got = formula.exponential_single(np.float32(x))
    want = np.exp(np.float64(np.float32(x)))
    assert abs(got - want) <= 3 * np.spacing(np.float32(want))


def test_exponential_far_below_is_tiny_and_keeps_nan():
    assert 0 < formula.exponential_single(np.float32(-np.inf)) < 1e-37
    assert np.isnan(formula.exponential_single(np.float32(np.nan)))


@pytest.mark.parametrize("x", [0.0, 1e-30, 1e-8, 1e-3, 0.414, 0.415, 0.9999, 1.0, 9.0, 1e6])
def test_logarithm_is_within_four_ulps(x):
    got = formula.log1p_single(np.float32(x))
    want = np.log1p(np.float64(np.float32(x)))
    assert abs(got - want) <= 4 * np.spacing(np.float32(want))


def test_logarithm_keeps_nan():
    with np.errstate(all="ignore"):  # interpreted, the exponent of NaN overflows
        assert np.isnan(formula.log1p_single(np.float32(np.nan)))
