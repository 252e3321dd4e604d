"""A network on an affine family: the fast way equals plain evaluation, whatever the shapes, threads and calls."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland_kernels.elementary import exp_of_negative
from spinland_kernels.slice import cpu as kernel
from spinland_kernels.slice.work import UNITS, cut_of

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


def family(widths, n_samples, n_directions, *, bias=True, loss="cross_entropy", dtype="float64", seed=0):
    """A landscape with random data, an origin and directions of the size of the weights."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_samples, widths[0]))
    y = rng.integers(0, widths[-1], n_samples)
    network = ReLUNetwork(widths, bias)
    landscape = NetworkLandscape(network, x, y, loss, dtype)
    scale = 1 / np.sqrt(max(widths))
    origin = rng.standard_normal(network.n_params) * scale
    directions = rng.standard_normal((n_directions, network.n_params)) * scale
    return landscape, origin, directions, (x, y)


widths_of_networks = st.lists(st.integers(1, 19), min_size=2, max_size=5).map(tuple)


@settings(deadline=None, max_examples=40)
@given(
    widths=widths_of_networks,
    n_samples=st.integers(1, 150),
    n_directions=st.integers(0, 5),
    bias=st.booleans(),
    loss=st.sampled_from(["cross_entropy", "mse"]),
    dtype=st.sampled_from(["float64", "float32"]),
    seed=st.integers(0, 99),
)
def test_a_slice_equals_plain_evaluation(widths, n_samples, n_directions, bias, loss, dtype, seed):
    landscape, origin, directions, _ = family(
        widths, n_samples, n_directions, bias=bias, loss=loss, dtype=dtype, seed=seed
    )
    coefficients = np.random.default_rng(seed).standard_normal((6, n_directions))
    values, accuracy = landscape.slice(origin, directions).evaluate(coefficients)
    points = origin.astype(dtype).astype(float) + coefficients @ directions.astype(dtype).astype(
        float
    )  # as the slice sees them, then rounded once
    plain, plain_accuracy = landscape.evaluate(points)
    np.testing.assert_allclose(values, plain, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    if dtype == "float64":  # in float32 two outputs may come out in another order
        np.testing.assert_array_equal(accuracy, plain_accuracy)


@pytest.mark.parametrize("n_directions", [0, 1, 2, 5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "widths",
    [
        (3, UNITS - 1, 1),
        (3, UNITS + 1, 7),
        (3, 2 * UNITS + 5, 100),
        (3, 70, 13, 9),
        (3, 5, 2, 40, 3, 30, 6),  # layers wider than the second, which keep their own place
    ],
)
def test_sizes_around_the_blocks_of_the_kernel(widths, dtype, n_directions):
    landscape, origin, directions, _ = family(widths, 81, n_directions, dtype=dtype, loss="mse")
    coefficients = np.random.default_rng(2).standard_normal((19, n_directions))
    origin, directions = origin.astype(dtype).astype(float), directions.astype(dtype).astype(float)
    values, _ = landscape.slice(origin, directions).evaluate(coefficients)
    plain = landscape.value(origin + coefficients @ directions)
    np.testing.assert_allclose(values, plain, rtol=3 * TOLERANCE[dtype])


@pytest.mark.parametrize("widths", [(4, 70, 3), (4, 9, 8, 3)])
def test_a_point_has_the_same_bits_in_any_group(widths):
    landscape, origin, directions, _ = family(widths, 45, 2, dtype="float32")
    coefficients = np.random.default_rng(3).standard_normal((21, 2))
    family_slice = landscape.slice(origin, directions)
    alone = [family_slice.value(c) for c in coefficients]
    for first in (0, 1, 5):
        np.testing.assert_array_equal(family_slice.value(coefficients[first:]), alone[first:])


@pytest.mark.parametrize("widths", [(2, 1), (2, 70, 3), (2, 5, 4, 3)])
def test_an_overflow_is_not_rectified_away(widths):
    landscape, origin, directions, _ = family(widths, 40, 2, dtype="float32", loss="mse")
    family_slice = landscape.slice(origin, 1e20 * np.abs(directions))
    assert np.isfinite(family_slice.value([0.0, 0.0]))
    assert not np.isfinite(family_slice.value([1e30, 0.0]))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("widths", [(5, 3), (5, 17, 3), (5, 9, 8, 3)])
def test_extreme_logits_neither_overflow_nor_lose_digits(widths, dtype):
    landscape, origin, directions, _ = family(widths, 64, 2, dtype=dtype)
    origin = (origin * (1e4 / 0.3) ** (1 / landscape.network.n_layers)).astype(dtype)
    coefficients = np.array([[0.0, 0.0], [3.0, -2.0]])
    values = landscape.slice(origin, directions).value(coefficients)
    plain = landscape.value(origin + coefficients @ directions)
    assert plain.min() > 1e3
    np.testing.assert_allclose(values, plain, rtol=TOLERANCE[dtype])


def test_equal_outputs_count_as_plain_evaluation_counts_them():
    landscape, origin, directions, (_, y) = family((4, 6, 3), 50, 1)
    assert 0 < np.mean(y == 0) < 1
    values, accuracy = landscape.slice(0 * origin, directions).evaluate([[0.0]])
    assert accuracy[0] == np.mean(y == 0) == landscape.evaluate(0 * origin)[1]
    assert values[0] == pytest.approx(np.log(3), rel=1e-14)


def test_a_tiny_loss_keeps_its_digits():
    network = ReLUNetwork((1, 2), bias=False)
    landscape = NetworkLandscape(network, [[1.0]], [0], dtype="float64")
    value = landscape.slice([0.0, 0.0], [[1.0, 0.0]]).value([50.0])
    assert value == pytest.approx(np.exp(-50.0), rel=1e-13)


def test_overflow_is_not_hidden():
    landscape, origin, directions, _ = family((4, 6, 3), 20, 1)
    assert np.isnan(landscape.value(np.full(landscape.dim, 1e300)))
    assert np.isnan(landscape.slice(origin, 1e200 * np.abs(directions)).value([1e100]))


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("widths", [(20, 4), (20, 37, 4), (20, 11, 9, 4)])
def test_threads_and_calls_do_not_change_a_bit(widths):
    landscape, origin, directions, _ = family(widths, 700, 2, dtype="float32")
    coefficients = np.random.default_rng(1).standard_normal((170, 2))
    network, vectors = landscape.samples.architecture, np.concatenate([origin[None], directions])
    cut = cut_of(network, kernel.prepare(vectors, network, landscape.samples.given))
    assert cut.points < len(coefficients)  # several blocks
    assert cut.tile < 700  # several tiles
    before = numba.get_num_threads()
    try:
        one_by_count = []
        for threads in sorted({1, before}):
            numba.set_num_threads(threads)
            one_by_count.append(landscape.slice(origin, directions).value(coefficients))
    finally:
        numba.set_num_threads(before)
    for other in one_by_count[1:]:
        np.testing.assert_array_equal(other, one_by_count[0])
    family_slice = landscape.slice(origin, directions)
    pieces = [family_slice.value(coefficients[low : low + 23]) for low in range(0, 170, 23)]
    np.testing.assert_array_equal(np.concatenate(pieces), one_by_count[0])
    assert family_slice.value(coefficients[3]) == one_by_count[0][3]


def test_shapes_of_coefficients():
    landscape, origin, directions, _ = family((3, 5, 2), 10, 2)
    family_slice = landscape.slice(origin, directions)
    assert family_slice.n_directions == 2
    assert isinstance(family_slice.value([0.0, 1.0]), float)
    assert family_slice.value(np.zeros((0, 2))).shape == (0,)
    assert [a.shape for a in family_slice.evaluate(np.zeros((3, 2)))] == [(3,), (3,)]
    with pytest.raises(ValueError, match="coefficients"):
        family_slice.value([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="coefficients"):
        family_slice.value([np.nan, 0.0])


@settings(deadline=None, max_examples=300)
@given(st.floats(-708, 0))
def test_the_exponential_is_right_to_two_units_of_the_last_place(x):
    exact = np.exp(np.longdouble(x))
    assert abs(exp_of_negative(x) - exact) <= 2 * np.spacing(np.float64(exact))


def test_the_exponential_at_its_ends():
    assert exp_of_negative(0.0) == 1
    assert exp_of_negative(-1e4) == exp_of_negative(-np.inf) == 0
    assert np.isnan(exp_of_negative(np.nan))
