from dataclasses import replace

import numba
import numpy as np
import pytest

from spinland import budget
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.swaps import swap_interpolation, swap_pairs
from spinland_kernels.networks import Exchanges
from spinland_kernels.swap import cpu as kernel
from spinland_kernels.swap import work
from tests.oracles import network as networks
from tests.oracles import swaps as oracle

ALPHAS = np.linspace(0, 1, 5)


def build(widths, dtype="float64", loss="cross_entropy", bias=True, n=70, seed=0):
    network = ReLUNetwork(widths, bias)
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, widths[0]))
    x[:, 1] = 0  # a dead input
    y = generator.integers(0, widths[-1], n) if loss != "mse" else generator.normal(size=(n, widths[-1]))
    point = generator.normal(size=network.n_params).astype(dtype)
    return NetworkLandscape(network, x, y, loss=loss, dtype=dtype), x, y, point


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [1, 15, 32, 33, 256, 1025])
@pytest.mark.parametrize("outputs", [1, 2, 6, 11])
def test_any_number_of_samples_and_outputs(dtype, n, outputs):
    landscape, x, y, point = build((5, 7, outputs), dtype, n=n)
    values = swap_interpolation(landscape, point, [3], [0.25], 1, seed=4)
    copy = oracle.swapped(landscape.network, point, 0, oracle.pairs(4, 0, 0, 3, 7))
    between = 0.75 * point.astype(np.float64) + 0.25 * copy.astype(np.float64)
    value = networks.loss((5, 7, outputs), True, between, x, y, "cross_entropy")
    accuracy = networks.accuracy((5, 7, outputs), True, between, x, y)
    np.testing.assert_allclose(values.values[0, 0, 0], value, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(values.accuracy[0, 0, 0], accuracy, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_small_losses_keep_their_digits(dtype):
    landscape, x, _, point = build((5, 7, 3), dtype, n=40)
    point[-3:] += np.array([30, 0, -10], dtype)  # the bias of the first output
    first = NetworkLandscape(landscape.network, x, np.zeros(40, int), dtype=dtype)
    got = swap_interpolation(first, point, [0], [0.0], 1).values[0, 0, 0]
    value = networks.loss((5, 7, 3), True, point, x, np.zeros(40, int), "cross_entropy")
    assert value < 1e-5
    np.testing.assert_allclose(got, value, rtol=1e-4 if dtype == "float32" else 1e-8)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nan_spreads_to_the_loss_and_ties_beside_it_go_to_the_first(dtype):
    network = ReLUNetwork((2, 4, 3))
    landscape = NetworkLandscape(network, np.ones((9, 2)), np.arange(9) % 3, dtype=dtype)
    point = np.zeros(network.n_params, dtype)
    point[-1] = np.nan  # the bias of the last output
    exchanges = Exchanges(0, np.array([[0, 3]]), np.array([1]), np.array([0, 0.5]))
    samples = landscape.samples
    loss, accuracy = kernel.losses(point, exchanges, samples.architecture, samples.prepared("swap"))
    assert np.isnan(loss).all()
    np.testing.assert_allclose(accuracy, 1 / 3)


def test_ends_equal_the_loss_and_no_swap_is_flat():
    landscape, _, _, point = build((5, 12, 3), "float32")
    result = swap_interpolation(landscape, point, [0, 3, 6], ALPHAS, 4)
    np.testing.assert_allclose(result.values[:, :, [0, -1]], landscape.value(point), rtol=1e-5)
    assert np.unique(result.values[0]).size == 1
    assert np.array_equal(result.barrier[0], np.zeros(4))
    assert np.ptp(result.values[1]) > 1e-3


def test_many_pairs_of_a_wide_layer_stay_accurate_in_single():
    landscape, x, y, point = build((20, 256, 10), "float32", n=300)
    point *= np.float32(0.2)
    result = swap_interpolation(landscape, point, [30, 128], ALPHAS, 1, seed=2)
    for i, s in enumerate((30, 128)):
        copy = oracle.swapped(landscape.network, point, 0, oracle.pairs(2, 0, 0, s, 256)).astype(np.float64)
        for a, alpha in enumerate(ALPHAS):
            between = (1 - alpha) * point + alpha * copy
            value = networks.loss((20, 256, 10), True, between, x, y, "cross_entropy")
            np.testing.assert_allclose(result.values[i, 0, a], value, rtol=1e-5)


def test_large_logits_do_not_overflow():
    landscape, _, _, point = build((5, 8, 3), "float32")
    point *= np.float32(100)
    result = swap_interpolation(landscape, point, [4], ALPHAS, 2)
    assert np.isfinite(result.values).all()
    np.testing.assert_allclose(result.values[..., 0], landscape.value(point), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_ties_go_to_the_first_output_as_in_plain_evaluation(dtype):
    network = ReLUNetwork((2, 4, 3))
    y = np.arange(30) % 3
    landscape = NetworkLandscape(network, np.ones((30, 2)), y, dtype=dtype)
    result = swap_interpolation(landscape, np.zeros(network.n_params), [0, 2], [0, 0.5, 1], 2)
    np.testing.assert_allclose(result.values, np.log(3), rtol=1e-6)
    np.testing.assert_allclose(result.accuracy, 1 / 3)


def test_order_of_swaps_and_number_of_trials_do_not_matter(monkeypatch):
    landscape, _, _, point = build((5, 12, 3))
    origins = np.stack([point, point[::-1]])
    whole = swap_interpolation(landscape, origins, [5, 0, 3], ALPHAS, 5, seed=1)
    monkeypatch.setattr(budget, "SWAP_SUMS", 1)
    parts = swap_interpolation(landscape, origins, [0, 3, 5], ALPHAS, 5, seed=1)
    assert np.array_equal(whole.values[[1, 2, 0]], parts.values)
    assert np.array_equal(whole.accuracy[[1, 2, 0]], parts.accuracy)
    alone = swap_interpolation(landscape, point, 5, ALPHAS, 2, seed=1)
    assert np.array_equal(alone.values[0], whole.values[0, :2])
    assert list(whole.origin_index) == [0] * 5 + [1] * 5


def test_groups_of_trials_and_choices_of_alphas_do_not_change_bits(monkeypatch):
    landscape, _, _, point = build((5, 12, 3))
    whole = swap_interpolation(landscape, point, [4], ALPHAS, 7)
    head = swap_interpolation(landscape, point, [4], ALPHAS[1:3], 2)
    assert np.array_equal(whole.values[:, :2, 1:3], head.values)
    monkeypatch.setattr(work, "GROUP", 3)
    assert np.array_equal(whole.values, swap_interpolation(landscape, point, [4], ALPHAS, 7).values)


@pytest.mark.usefixtures("all_threads")
def test_same_bits_for_one_and_two_threads():
    landscape, _, _, point = build((5, 12, 8, 3), "float32", n=400)
    available = numba.get_num_threads()
    runs = []
    for threads in (1, min(2, available)):
        numba.set_num_threads(threads)
        try:
            runs.append(swap_interpolation(landscape, point, [2, 6], ALPHAS, 3).values)
        finally:
            numba.set_num_threads(available)
    assert np.array_equal(*runs)


def test_pairs_are_disjoint_nested_and_differ_between_trials_and_layers():
    pairs = swap_pairs(3, 0, np.arange(6), 5, 11)
    assert all(len(set(row)) == 10 for row in pairs)
    assert pairs.min() >= 0
    assert pairs.max() <= 10
    assert np.array_equal(pairs[:, :4], swap_pairs(3, 0, np.arange(6), 2, 11))
    assert len({tuple(row) for row in pairs}) == 6
    assert not np.array_equal(pairs, swap_pairs(3, 1, np.arange(6), 5, 11))


def test_statistics_of_trials():
    landscape, _, _, point = build((5, 12, 3))
    result = swap_interpolation(landscape, point, [1, 4], ALPHAS, 6)
    barrier = result.values.max(axis=2) - result.values[:, :, [0, -1]].max(axis=2)
    np.testing.assert_allclose(result.barrier, barrier)
    np.testing.assert_allclose(result.barrier_mean, barrier.mean(axis=1))
    np.testing.assert_allclose(result.barrier_error, barrier.std(axis=1, ddof=1) / np.sqrt(6))
    np.testing.assert_allclose(result.mean, result.values.mean(axis=1))
    np.testing.assert_allclose(result.error, result.values.std(axis=1, ddof=1) / np.sqrt(6))
    several = swap_interpolation(landscape, np.stack([point, 2 * point]), [4], ALPHAS, 3)
    means = several.barrier.reshape(2, 3).mean(axis=1)
    np.testing.assert_allclose(several.barrier_error, means.std(ddof=1) / np.sqrt(2))


@pytest.mark.parametrize("alphas", [[0.25, 0.5], [-0.1, 0.25, 0.5], [0.25, 0.5, 1.0], [1e-17, 0.25, 0.5, 1]])
def test_a_barrier_is_that_between_the_ends_on_any_grid(alphas):
    landscape, _, _, point = build((5, 12, 3))
    whole = swap_interpolation(landscape, point, [4, 0, 1], [0, 0.25, 0.5, 1], 3)
    part = swap_interpolation(landscape, point, [4, 0, 1], alphas, 3)
    np.testing.assert_allclose(part.barrier, whole.barrier, atol=1e-14)
    assert part.values.shape == (3, 3, len(alphas))
    np.testing.assert_array_equal(part.ends, whole.ends)
    assert np.isfinite(replace(whole, ends=None).barrier).all()
    assert np.isnan(replace(part, ends=None).barrier).all() == (len(alphas) < 4)


BAD = [
    ({"swaps": 5}, "swaps"),
    ({"swaps": [-1]}, "swaps"),
    ({"swaps": [1.0]}, "swaps"),
    ({"swaps": []}, "swaps"),
    ({"swaps": [[1]]}, "swaps"),
    ({"layer": 1}, "layer"),
    ({"layer": -1}, "layer"),
    ({"n_trials": 0}, "n_trials"),
    ({"alphas": []}, "alphas"),
    ({"alphas": [1, 0]}, "alphas"),
    ({"alphas": [0, np.nan]}, "alphas"),
    ({"origin": np.ones(3)}, "origin"),
    ({"seed": 2**64}, "seed"),
    ({"landscape": FunctionLandscape(lambda w: w[:, 0], 4)}, "landscape"),
    ({"landscape": build((4, 3))[0]}, "landscape"),
]


@pytest.mark.parametrize(("change", "name"), BAD)
def test_bad_input_is_refused(change, name):
    landscape, _, _, point = build((5, 9, 3))
    arguments = {"landscape": landscape, "origin": point, "swaps": [1], "alphas": ALPHAS, "n_trials": 2, **change}
    with pytest.raises(ArgumentError) as caught:
        swap_interpolation(**arguments)
    assert caught.value.argument == name
