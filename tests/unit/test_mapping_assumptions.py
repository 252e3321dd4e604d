"""Measures of the mapping's assumptions on networks where each holds or fails by construction."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import spinland as sl
from spinland.analogy import activities, paths, spread
from spinland.analogy.assumptions import mapping_assumptions
from spinland.analogy.reduction import Quantizer, fewest_values
from spinland.errors import ArgumentError
from spinland.figures import mapping_assumptions as draw
from spinland.landscape.network import ReLUNetwork
from tests.oracles import network as oracle


def gaussian(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def by_name(result):
    return {m.statement: m for m in result.measures}


def explicit(network, point, x):
    """Activity (n, Ψ, n_H) and product of weights (Ψ, n_H) of every path, and its input (Ψ,), one path at a time."""
    acts = oracle.forward(network.widths, False, point, x)
    weights = [w for w, _ in oracle.layers(network.widths, False, point)]
    routes = list(itertools.product(*map(range, network.widths[:-1])))
    n_out = network.widths[-1]
    active = np.ones((len(x), len(routes)))
    product = np.ones((len(routes), n_out))
    for r, route in enumerate(routes):
        for k in range(1, len(route)):
            active[:, r] *= acts[k][:, route[k]] > 0
            product[r] *= weights[k - 1][route[k], route[k - 1]]
        product[r] *= weights[-1][:, route[-1]]
    return active, product, np.array([route[0] for route in routes]), acts[-1]


@pytest.fixture(scope="module", params=[(4, 5, 2), (3, 4, 3, 2), (3, 2, 3, 2, 1)])
def enumerated(request):
    network = ReLUNetwork(request.param, bias=False)
    x = gaussian(40, request.param[0], 1) + 0.3
    x[::3, 0] = 0.0
    point = gaussian(1, network.n_params, 2)[0]
    return network, point, x, mapping_assumptions(network, point, x), explicit(network, point, x)


def test_activity_and_its_variance_are_those_of_the_list_of_paths(enumerated):
    _, _, x, result, (active, _, _, _) = enumerated
    n, rho = len(x), active.mean()
    variance = rho * (1 - rho)
    assert result.active_share[0] == pytest.approx(rho)
    of_sample = active.mean(axis=1)
    # Covariance over paths of two samples and over samples of two paths, each from pairs of different samples.
    pairs = [(s, t) for s in range(n) for t in range(n) if s != t]
    product = np.mean([of_sample[s] * of_sample[t] for s, t in pairs])
    both = np.mean([np.mean(active[s] * active[t]) for s, t in pairs])
    assert result.activity_by_sample[0] == pytest.approx((np.mean(of_sample**2) - product) / variance)
    assert result.activity_by_path[0] == pytest.approx((both - product) / variance)


def test_weights_and_activity_are_correlated_as_in_the_list_of_paths(enumerated):
    _, _, x, result, (active, product, _, _) = enumerated
    a = np.broadcast_to(active[:, :, None], (len(x), *product.shape)).ravel()
    w = np.broadcast_to(np.abs(product), (len(x), *product.shape)).ravel()
    assert result.activity_weight_correlation[0] == pytest.approx(np.corrcoef(a, w)[0, 1])
    assert result.active_weight_ratio[0] == pytest.approx(w[a > 0].mean() / w.mean())


def test_output_against_the_sum_over_all_paths(enumerated):
    _, _, x, result, (active, product, inputs, output) = enumerated
    assert_allclose(np.einsum("nr,rc->nc", x[:, inputs] * active, product), output, atol=1e-12)
    y = output - output.mean(axis=0)
    linear = x[:, inputs] @ product
    linear = linear - linear.mean(axis=0)
    r = np.sum(y * linear) / np.sqrt(np.sum(y**2) * np.sum(linear**2))
    assert result.output_unexplained[0] == pytest.approx(1 - r**2)


def test_effective_paths_are_those_of_the_variables_of_all_paths(enumerated):
    _, _, x, result, (active, _, inputs, _) = enumerated
    variables = x[:, inputs] * active
    want = min(spread.effective_dimension(variables @ variables.T), variables.shape[1])
    assert result.effective_paths[0] == pytest.approx(want)
    assert result.n_paths == variables.shape[1]


def test_usage_is_the_number_of_active_paths_through_a_weight(enumerated):
    network, point, x, result, (active, _, _, _) = enumerated
    n_out = network.widths[-1]
    usage = [np.zeros(span.shape) for span in network.spans]
    for r, route in enumerate(itertools.product(*map(range, network.widths[:-1]))):
        count = np.sum(active[:, r] * (x[:, route[0]] != 0)) / len(x)
        for k in range(len(route) - 1):
            usage[k][route[k + 1], route[k]] += count * n_out
        usage[-1][:, route[-1]] += count
    masks = paths.forward(paths.weights_of(network, point), x)[1]
    for have, want in zip(paths.path_usage(masks, x, n_out), usage, strict=True):
        assert_allclose(have, want, atol=1e-12)
    pooled = np.concatenate([u.ravel() for u in usage])
    assert result.usage_gini[0] == pytest.approx(spread.gini(pooled))
    assert result.unused_share[0] == np.mean(pooled == 0)


def test_activity_by_coin_leaves_the_share_that_is_stated():
    # 300 draws of all coins, seed 3; the mean must be within 3 standard errors, plus 1 % for the finite sample.
    network, generator = ReLUNetwork((4, 6, 2), bias=False), np.random.default_rng(3)
    x, point = gaussian(200, 4, 4), gaussian(1, 36, 5)[0]
    active, product, inputs, _ = explicit(network, point, x)
    rho, linear = active.mean(), x[:, inputs] @ product
    linear -= linear.mean(axis=0)
    left = []
    for _ in range(300):
        coins = generator.random(active.shape) < rho
        y = np.einsum("nr,rc->nc", x[:, inputs] * coins, product)
        y -= y.mean(axis=0)
        left.append(1 - np.sum(y * linear) ** 2 / (np.sum(y**2) * np.sum(linear**2)))
    stated = mapping_assumptions(network, point, x).output_unexplained_if_random[0]
    assert abs(stated - np.mean(left)) < 3 * np.std(left) / np.sqrt(300) + 0.01 * stated


def test_neurons_in_opposite_pairs_meet_the_assumption_of_random_activity():
    # v relu(w·x) − v relu(−w·x) = v w·x: at every x half of the paths are active, with weights of the same size.
    w, v = gaussian(20, 6, 1), gaussian(3, 20, 2)
    network = ReLUNetwork((6, 40, 3), bias=False)
    point = network.flatten([(np.vstack([w, -w]), None), (np.hstack([v, -v]), None)])
    result = mapping_assumptions(network, point, gaussian(1000, 6, 3))
    assert result.active_share[0] == pytest.approx(0.5)
    assert result.activity_by_sample[0] == pytest.approx(0, abs=1e-12)
    assert abs(result.activity_by_path[0]) < 0.02
    assert result.activity_weight_correlation[0] == pytest.approx(0, abs=1e-12)
    assert result.active_weight_ratio[0] == pytest.approx(1)
    assert result.output_unexplained[0] == pytest.approx(0, abs=1e-12)


def test_neurons_always_on_or_off_by_their_weights_fail_it():
    network = ReLUNetwork((3, 4, 1), bias=False)
    first = np.outer([2.0, -1.0, 2.0, -1.0], np.ones(3))
    x = np.abs(gaussian(50, 3, 1)) + 0.1
    result = mapping_assumptions(network, network.flatten([(first, None), (np.ones((1, 4)), None)]), x)
    assert result.activity_by_path[0] == pytest.approx(1)
    assert result.activity_by_sample[0] == pytest.approx(0, abs=1e-12)
    assert result.activity_weight_correlation[0] == pytest.approx(1)
    assert result.active_weight_ratio[0] == pytest.approx(4 / 3)


def test_inputs_that_switch_all_neurons_together_fail_it():
    network = ReLUNetwork((3, 4, 1), bias=False)
    x = np.abs(gaussian(100, 3, 1)) * np.repeat([1.0, -1.0], 50)[:, None]
    result = mapping_assumptions(network, np.ones(network.n_params), x)
    assert result.activity_by_sample[0] == pytest.approx(100 / 99)
    assert result.activity_by_path[0] == pytest.approx(0, abs=1e-12)
    assert result.activity_weight_correlation[0] != result.activity_weight_correlation[0]  # all weights are alike


def test_without_hidden_neurons_all_paths_are_active_and_inputs_may_be_independent():
    network = ReLUNetwork((30, 2), bias=False)
    result = mapping_assumptions(network, gaussian(1, 60)[0], gaussian(1000, 30, 1))
    table = by_name(result)
    # 10⁻³ is some three times the scatter for 1000 samples of 30 dimensions; seed 1.
    assert table["the inputs of all paths are independent"].value < 1e-3
    assert table["they are Gaussian"].value < 0.01
    assert table["their mean is 0"].value < 5e-3
    assert result.active_share[0] == 1
    assert np.isnan(result.activity_by_path[0])
    assert np.isnan(result.activity_weight_correlation[0])
    assert result.output_unexplained[0] == pytest.approx(0, abs=1e-12)


def test_inputs_along_one_direction_are_as_dependent_as_can_be():
    x = gaussian(100, 1, 2) * np.arange(1.0, 6.0)
    result = mapping_assumptions(ReLUNetwork((5, 2), bias=False), gaussian(1, 10)[0], x)
    # The estimate scatters by some 2 % for 100 samples; seed 2.
    assert result.effective_inputs == pytest.approx(1, abs=0.06)
    assert result.independence_gap[0] == pytest.approx(1, abs=0.04)


def test_repeating_inputs_on_many_paths_makes_no_more_of_them_independent():
    # All neurons on: the variables of 8·50 paths are 8 independent ones, each 50 times.
    x = np.abs(gaussian(2000, 8, 3))
    network = ReLUNetwork((8, 50, 1), bias=False)
    result = mapping_assumptions(network, np.ones(network.n_params), x, n_samples=2000)
    assert result.effective_paths[0] == pytest.approx(result.effective_inputs, rel=2e-3)  # that is at most 8
    assert result.effective_inputs == pytest.approx(8, abs=3 * result.effective_inputs_error + 0.05)


def test_effective_dimension_has_no_bias_from_few_samples():
    # 400 draws, seed 0, of 20 samples in 60 dimensions of two variances; the inverse is linear in tr C².
    generator, sizes = np.random.default_rng(0), np.repeat([1.0, 2.0], 30)
    want = np.sum(sizes**4) / np.sum(sizes**2) ** 2
    inverse = np.array(
        [1 / spread.effective_dimension(x @ x.T) for x in generator.normal(size=(400, 20, 60)) * sizes + 5.0]
    )
    # Three standard errors, plus 3 % for the square of tr C in the denominator.
    assert abs(inverse.mean() - want) < 3 * inverse.std() / 20 + 0.03 * want


def test_error_of_the_effective_inputs_is_their_scatter():
    network = ReLUNetwork((6, 2), bias=False)
    results = [
        mapping_assumptions(network, np.ones(12), gaussian(100, 6, seed) * [1, 1, 1, 2, 2, 3]) for seed in range(40)
    ]
    scatter = np.std([r.effective_inputs for r in results], ddof=1)
    assert 0.6 < np.mean([r.effective_inputs_error for r in results]) / scatter < 1.7


def test_distance_from_the_normal_distribution():
    values = gaussian(1, 500, 3)[0] ** 3
    standard = (values - values.mean()) / values.std()
    assert spread.gaussian_distance(values) == pytest.approx(stats.kstest(standard, "norm").statistic)
    assert spread.gaussian_distance(np.repeat([-1.0, 1.0], 50)) == pytest.approx(stats.norm.cdf(1) - 0.5)
    assert spread.excess_kurtosis(values) == pytest.approx(stats.kurtosis(values))
    assert np.isnan(spread.gaussian_distance(np.ones(5)))


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=20).filter(lambda v: sum(v) > 1e-3))
def test_gini_is_the_mean_difference(values):
    v = np.array(values)
    want = np.abs(v[:, None] - v).sum() / (2 * len(v) * v.sum())
    assert spread.gini(v) == pytest.approx(want, abs=1e-12)


def test_usage_is_uniform_where_layers_are_alike_and_all_neurons_active():
    network = ReLUNetwork((4, 4, 4), bias=False)
    point, x = np.ones(32), np.abs(gaussian(30, 4, 1)) + 0.1
    result = mapping_assumptions(network, point, x)
    assert result.usage_gini[0] == pytest.approx(0, abs=1e-12)
    assert result.usage_gini_by_design == pytest.approx(0, abs=1e-12)
    point[:4] = -1  # one neuron is never active: its 4 weights in and 4 out lie on no path
    result = mapping_assumptions(network, point, x)
    assert result.unused_share[0] == 0.25
    assert result.usage_gini[0] == pytest.approx(0.25)
    assert_allclose(result.usage_gini_in_layer[0], [0.25, 0.25], atol=1e-12)


def test_usage_by_design_is_that_of_a_network_with_all_neurons_active():
    network = ReLUNetwork((5, 3, 2), bias=False)
    result = mapping_assumptions(network, np.ones(network.n_params), np.abs(gaussian(30, 5, 1)) + 0.1)
    assert result.usage_gini[0] == pytest.approx(result.usage_gini_by_design)
    assert_allclose(result.usage_gini_in_layer[0], 0, atol=1e-12)
    assert result.usage_gini_by_design > 0.1


def test_weights_of_few_values_are_redundant():
    network = ReLUNetwork((6, 20, 3), bias=False)
    point = np.random.default_rng(0).choice([-1.0, 0.25, 2.0], network.n_params)
    x = gaussian(300, 6, 1)
    result = mapping_assumptions(network, point, x, tolerance=0)
    assert result.distinct_values[0] == 3
    assert result.redundancy_gap[0] == 0
    assert mapping_assumptions(network, point, x, tolerance=1).distinct_values[0] == 1


def test_weights_that_must_all_differ_are_not_redundant():
    # Output 1 wins by 0.2 at the input i; merging the two weights of an input turns that prediction.
    low = 10.0 * np.arange(8)
    network = ReLUNetwork((8, 2), bias=False)
    x = np.repeat(np.eye(8), 3, axis=0)
    result = mapping_assumptions(network, np.concatenate([low, low + 0.2]), x, tolerance=0)
    assert result.distinct_values[0] == 16
    assert result.redundancy_gap[0] == pytest.approx(1)


def test_fewest_values_is_the_least_that_suffices():
    w = gaussian(1, 200, 4)[0]
    quantizer = Quantizer(w)

    def bins(v):
        return np.floor(4 * v).astype(np.int64)

    s = fewest_values(w, bins, 0.2)
    assert np.mean(bins(quantizer.rounded(s)) != bins(w)) <= 0.2
    assert np.mean(bins(quantizer.rounded(s - 1)) != bins(w)) > 0.2


@pytest.mark.parametrize("n", [1, 2, 5, 17])
def test_quantizer_puts_each_number_to_the_nearest_mean(n):
    w = gaussian(1, 300, 6)[0]
    quantizer = Quantizer(w)
    rounded, levels = quantizer.rounded(n), quantizer.levels(n)
    assert len(np.unique(rounded)) == len(levels) == n
    assert_array_equal(rounded, levels[np.argmin(np.abs(w[:, None] - levels), axis=1)])
    if n == 1:
        assert levels[0] == pytest.approx(w.mean())
    if n == 2:  # the best two values of a normal distribution are ± sqrt(2/π)
        assert_allclose(levels, [-np.sqrt(2 / np.pi), np.sqrt(2 / np.pi)], atol=0.15)


def test_sphere_measures():
    network = ReLUNetwork((4, 6, 2), bias=False)
    start = gaussian(5, network.n_params, 1)
    start *= np.sqrt(network.n_params) / np.linalg.norm(start, axis=1, keepdims=True)
    table = by_name(mapping_assumptions(network, 2 * start, gaussian(30, 4), initial=start))
    assert table["|w|² is the same for all replicas"].value == pytest.approx(0, abs=1e-12)
    assert table["|w|² stays in training"].value == pytest.approx(0.75)
    grown = mapping_assumptions(network, start * [[1], [2], [3], [4], [5]], gaussian(30, 4))
    square = np.arange(1, 6) ** 2
    assert grown.norm_spread == pytest.approx(square.std(ddof=1) / square.mean())
    assert grown.norm_spread_error > 0
    assert np.isnan(by_name(grown)["|w|² stays in training"].value)
    alike = mapping_assumptions(network, np.ones(network.n_params), gaussian(30, 4))
    assert_allclose(alike.layer_shares, [[24 / 36, 12 / 36]])
    assert alike.layer_distance[0] == pytest.approx(0, abs=1e-12)
    one = np.zeros(network.n_params)
    one[-1] = 1.0
    assert mapping_assumptions(network, one, gaussian(30, 4)).layer_distance[0] == pytest.approx(24 / 36)


def test_an_ensemble_brings_its_start_and_leaves_out_what_diverged(tmp_path):
    digits = sl.load_dataset("digits").subset(200, 50)
    network = ReLUNetwork((64, 5, 10), bias=False)
    ensemble = sl.train(network, digits, 3, epochs=1, keep_initial=True)
    ensemble = replace(ensemble, diverged=np.array([False, True, False]))
    result = mapping_assumptions(network, ensemble, digits.x_train)
    kept = [0, 2]
    plain = mapping_assumptions(network, ensemble.params[kept], digits.x_train, initial=ensemble.initial[kept])
    assert_array_equal(result.norm_drift, plain.norm_drift)
    assert np.isfinite(result.norm_drift).all()
    assert result.n_replicas == 2
    store = sl.Store(tmp_path / "a.h5")
    store.save("mapping", result)
    assert store.load("mapping").table == result.table


def test_inputs_are_drawn_by_the_seed_and_replicas_do_not_see_each_other():
    network, x = ReLUNetwork((4, 6, 2), bias=False), gaussian(300, 4)
    points = gaussian(3, network.n_params, 1)
    first, again = (mapping_assumptions(network, points, x, n_samples=50, seed=1) for _ in range(2))
    other = mapping_assumptions(network, points, x, n_samples=50, seed=2)
    assert first.n_samples == 50
    assert first.table == again.table
    assert first.effective_inputs != other.effective_inputs
    alone = mapping_assumptions(network, points[1], x, n_samples=50, seed=1)
    assert alone.output_unexplained[0] == first.output_unexplained[1]


NETWORK = ReLUNetwork((4, 3, 2), bias=False)
P, X = np.ones((2, 18)), gaussian(30, 4)
BAD = {
    "bias": (lambda: mapping_assumptions(ReLUNetwork((4, 3, 2)), P, X), "network"),
    "points": (lambda: mapping_assumptions(NETWORK, P[:, 1:], X), "points"),
    "no-points": (lambda: mapping_assumptions(NETWORK, P[:0], X), "points"),
    "few-inputs": (lambda: mapping_assumptions(NETWORK, P, X[:19]), "x"),
    "same-inputs": (lambda: mapping_assumptions(NETWORK, P, np.ones((30, 4))), "x"),
    "nan": (lambda: mapping_assumptions(NETWORK, P, X * np.nan), "x"),
    "initial": (lambda: mapping_assumptions(NETWORK, P, X, initial=P[:1]), "initial"),
    "initial-zero": (lambda: mapping_assumptions(NETWORK, P, X, initial=0 * P), "initial"),
    "tolerance": (lambda: mapping_assumptions(NETWORK, P, X, tolerance=1.5), "tolerance"),
    "n_samples": (lambda: mapping_assumptions(NETWORK, P, X, n_samples=19), "n_samples"),
    "seed": (lambda: mapping_assumptions(NETWORK, P, X, n_samples=20, seed=-1), "seed"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name):
    call, argument = BAD[name]
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == argument


def test_figure_shows_every_measure_of_every_result():
    points = gaussian(3, 18, 1)
    results = [mapping_assumptions(NETWORK, points, X), mapping_assumptions(NETWORK, 2 * points, X, initial=points)]
    ax = draw(results, labels=["before", "after"])
    assert [t.get_text() for t in ax.get_yticklabels()] == [m.statement for m in results[0].measures]
    for result, container in zip(results, ax.containers, strict=True):
        assert_allclose(container.lines[0].get_xdata(orig=False), [m.value for m in result.measures])
    texts = {t.get_text() for t in ax.texts}
    assert {m.assumption for m in results[0].measures} <= texts
    assert {m.detail for m in results[1].measures} <= texts
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["before", "after"]
    assert len(draw(results[0], details=False).texts) == 5
    with pytest.raises(ArgumentError, match="labels"):
        draw(results, labels=["before"])


def test_share_of_paths_active_at_both_of_two_samples():
    masks = [np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])]
    assert_allclose(activities.shared_paths(masks, 2), [[1 / 3, 1 / 6], [1 / 6, 1 / 3]])
