"""Sums in a fixed order, and the elementary functions of float64 that loops can vectorise."""

import math

import numpy as np
import pytest

from spinland_kernels import elementary, jit, sums


@jit.serial_loop
def dot(a, b, count):
    return sums.dot(a, b, count)


@jit.serial_loop
def total(a, count):
    return sums.total(a, count)


@jit.serial_loop
def squared_difference(ratio, a, b, count):
    return sums.squared_difference(ratio, a, b, count)


@jit.serial_loop
def add_in_order(total, parts):
    sums.add_in_order(total, parts)


def sixteen_sums(a, b):
    """Σ a b as the drawing has it: sixteen sums, then the upper half onto the lower until one is left."""
    lanes = np.zeros(-(-len(a) // 16) * 16)
    lanes[: len(a)] = a.astype(np.float64) * b
    parts = np.zeros(16)
    for row in lanes.reshape(-1, 16):
        parts = parts + row
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    return parts[0]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 100])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_summed_in_the_order_that_is_drawn(count, dtype):
    """Products of 24 digits are exact in float64, so that only the order of the sums decides the bits."""
    rng = np.random.default_rng(count)
    a, b = (rng.standard_normal(count + 3).astype("float32").astype(dtype) for _ in range(2))
    a[count:] = np.nan  # not read
    assert dot(a, b, count) == sixteen_sums(a[:count], b[:count])
    shifted = np.concatenate([[1], a]).astype(dtype)[1:]  # begins elsewhere in a cache line
    assert dot(shifted, b, count) == dot(a, b, count)
    assert total(a, count) == sixteen_sums(a[:count], np.ones(count))


def test_the_order_of_a_sum_can_be_told():
    a = np.array([1e16] + [1.0] * 15 + [-1e16] + [1.0] * 15)
    ones = np.ones(32)
    assert dot(a, ones, 32) == sixteen_sums(a, ones) == 30
    assert a[::-1].cumsum()[-1] != 30


def test_differences_of_equal_rows_vanish():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 77))
    assert squared_difference(1.0, a, a, 77) == 0
    assert squared_difference(0.3, a, b, 77) == pytest.approx(((0.3 * a - b) ** 2).sum(), rel=1e-14)


def test_parts_are_added_one_after_the_other():
    parts = np.array([[1e16, 1.0], [1.0, 2.0], [-1e16, 3.0], [1.0, 4.0]])
    total = np.array([0.0, 0.5])
    add_in_order(total, parts)
    np.testing.assert_array_equal(total, [1.0, 10.5])  # the 1 beside 1e16 is lost, the last one is not


def in_last_places(values, exact):
    return max(abs(v - e) / math.ulp(e) for v, e in zip(values, exact, strict=True))


def test_elementary_functions_have_their_digits():
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 1, 2000)
    wide = np.exp(rng.uniform(-700, 700, 2000))
    quarter = rng.uniform(-math.pi / 4, math.pi / 4, 2000)
    negative = -(10.0 ** rng.uniform(-10, math.log10(700), 2000))
    for function, points, exact in [
        (elementary.log_of_normal, np.concatenate([wide, x[x < 0.7]]), math.log),
        (elementary.sine, quarter, math.sin),
        (elementary.cosine, quarter, math.cos),
        (elementary.exp_of_negative, negative, math.exp),
    ]:
        assert in_last_places([function(p) for p in points], [exact(p) for p in points]) <= 2.5, function


def test_the_ends_of_elementary_functions():
    assert elementary.exp_of_negative(0.0) == 1.0
    assert elementary.exp_of_negative(-709.0) == 0.0
    assert math.isnan(elementary.exp_of_negative(math.nan))
    assert elementary.log_of_normal(1.0) == 0.0
    assert (elementary.sine(0.0), elementary.cosine(0.0)) == (0.0, 1.0)
