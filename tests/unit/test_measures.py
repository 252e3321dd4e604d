"""Measures of flatness: what is refused, bounds against their inequality, ranks against pairs one by one."""

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError, ShortRunWarning
from spinland.measures.bounds import inverse_kl
from spinland.measures.comparison import KINDS
from tests.oracles import measures as exact
from tests.oracles.objects import bowl, glass, loss, numbers, spins, weights

SETTINGS = [8, 8, 64, 64], [0.1, 0.4, 0.1, 0.4]


@pytest.mark.parametrize(
    ("landscape", "points", "options", "named"),
    [
        (loss, weights, {"measure": "flat"}, "measure"),
        (loss, weights, {"measure": "keskar", "radius": 0.0}, "radius"),
        (loss, weights, {"measure": "sam", "radius": -1}, "radius"),
        (loss, weights, {"measure": "trace", "radius": 1.0}, "radius"),
        (loss, weights, {"measure": "noise", "n_draws": 1}, "n_draws"),
        (loss, weights, {"measure": "sam", "max_steps": 0}, "max_steps"),
        (loss, lambda: np.zeros((0, loss().dim)), {"measure": "trace"}, "points"),
        (loss, lambda: np.full(loss().dim, np.nan), {"measure": "trace"}, "points"),
        (glass, spins, {"measure": "keskar"}, "landscape"),
        (glass, spins, {"measure": "adaptive"}, "landscape"),
        (glass, spins, {"measure": "fisher_rao"}, "landscape"),
        (bowl, lambda: numbers(3), {"measure": "rescaled_minimum"}, "landscape"),
        (lambda: sl.ReLUNetwork, weights, {"measure": "sam"}, "landscape"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(landscape, points, options, named):
    with pytest.raises(ArgumentError, match=f"^{named}"):
        sl.sharpness(landscape(), points(), **options)


def test_keskars_measure_wants_values_above_minus_one():
    deep = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1) - 2, 3)
    with pytest.raises(ArgumentError, match="landscape"):
        sl.sharpness(deep, np.zeros(3), "keskar")


def test_a_landscape_that_is_infinite_nearby_is_named():
    wall = sl.FunctionLandscape(lambda w: np.where(np.abs(w).max(axis=1) > 0, np.inf, 0.0), 3, gradient=np.ones_like)
    with pytest.raises(ArgumentError, match="landscape"):
        sl.sharpness(wall, np.zeros(3), "sam")


def test_an_ascent_that_was_not_let_go_on_has_not_converged():
    network = sl.ReLUNetwork((64, 8, 10))
    landscape = sl.NetworkLandscape(network, "digits")
    found = sl.sharpness(landscape, network.initialize(1), "sam", 1.0, max_steps=1)
    assert not found.converged[0]
    assert found.value[0] >= found.few_steps[0]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"gamma": 0}, "gamma"),
        ({"gamma": 1, "temperature": 0}, "temperature"),
        ({"gamma": 1, "n_nodes": 0}, "n_nodes"),
        ({"gamma": 1, "n_steps": 3}, "n_steps"),
        ({"gamma": 1, "n_chains": 0}, "n_chains"),
        ({"gamma": 1, "step": 1.5}, "step"),
    ],
)
def test_local_entropy_refuses(options, named):
    with pytest.raises(ArgumentError, match=f"^{named}"):
        sl.local_entropy(bowl(), np.zeros(3), **options)


def test_walkers_that_run_away_are_told_of():
    steep = sl.FunctionLandscape(lambda w: (w**6).sum(axis=1), 3, gradient=lambda w: 6 * w**5)
    with np.errstate(all="ignore"), pytest.raises(ArgumentError, match=r"^step"):
        sl.local_entropy(steep, np.zeros(3), 0.01, step=1.0, n_steps=100)


def saddle():
    return sl.FunctionLandscape(lambda w: w**2 @ [1.0, -1.0], 2, gradient=lambda w: 2 * w * [1.0, -1.0])


@pytest.mark.parametrize("gamma", [0.1, 1.0, 1.5])
def test_an_integral_without_end_is_told_of(gamma):
    """exp(−H) grows along one direction as exp(w²), and the spring takes off γw²/2 alone."""
    with pytest.raises(ArgumentError, match=r"^gamma"):
        sl.local_entropy(saddle(), np.zeros(2), gamma)


def test_a_spring_holds_walkers_at_a_saddle():
    held = sl.local_entropy(saddle(), np.zeros(2), 8.0, n_steps=1000)
    assert abs(held.value[0] - np.log(4 / 15**0.5)) < 5 * held.error[0]  # −log[(1 + 2/γ)(1 − 2/γ)]/2, seed 0


@pytest.mark.parametrize("measure", ["keskar", "sam", "noise", "relative_noise", "filter"])
def test_values_that_are_no_numbers_are_told_of(measure):
    nothing = sl.FunctionLandscape(lambda w: np.full(len(w), np.nan), 3, gradient=lambda w: np.full_like(w, np.nan))
    with pytest.raises(ArgumentError, match=r"^landscape"):
        sl.sharpness(nothing, np.ones(3), measure)


def test_rescalings_of_a_network_of_zeros_are_refused():
    with pytest.raises(ArgumentError, match=r"^points"):
        sl.dinh_table(loss(), np.zeros(loss().dim))


def test_a_run_that_is_too_short_for_its_memory_warns():
    stiff = sl.FunctionLandscape(lambda w: w**2 @ [500.0, 1.0], 2, gradient=lambda w: 2 * w * [500.0, 1.0])
    with pytest.warns(ShortRunWarning, match="n_steps"):
        sl.local_entropy(stiff, np.zeros(2), 1.0, n_steps=20, n_nodes=3)


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.5, 1.0])
@pytest.mark.parametrize("bound", [0.0, 1e-3, 0.3])
def test_the_inverse_of_kl_is_one(rate, bound):
    found = inverse_kl(rate, bound)
    assert rate <= found <= 1
    if found < 1:
        first = rate * np.log(rate / found) if rate > 0 else 0.0
        assert first + (1 - rate) * np.log((1 - rate) / (1 - found)) == pytest.approx(bound, abs=1e-9)


def test_bounds_hold_for_held_out_samples_and_pinskers_is_weaker():
    data = sl.load_dataset("digits")
    network = sl.ReLUNetwork((64, 16, 10))
    trained = sl.train(network, data, 3, epochs=20, keep_initial=True)
    landscape = sl.NetworkLandscape(network, data)
    found = sl.pac_bayes(landscape, trained.params, trained.initial, n_draws=300)
    isotropic = sl.pac_bayes(landscape, trained.params, trained.initial, n_draws=300, posterior="isotropic")
    assert not found.vacuous.any()
    assert np.all(1 - trained.test_accuracy[:, -1] < found.bound)
    assert np.all(found.error < found.bound)
    assert np.all(found.bound < found.mcallester)
    assert np.all(found.bound < isotropic.bound)  # curvature tells where there is room
    assert found.guessing == pytest.approx(1 - np.bincount(data.y_train).max() / len(data.y_train))
    np.testing.assert_allclose(found.distance, np.linalg.norm(trained.params - trained.initial, axis=1), rtol=1e-5)


def test_a_divergence_is_that_of_two_gaussians():
    found = sl.pac_bayes(loss(), weights(1), weights(1, 1), posterior="isotropic", n_draws=10)
    d, s, prior, r = loss().dim, found.spread[0] ** 2, found.prior[0], found.distance[0]
    assert found.divergence[0] == pytest.approx(0.5 * (d * s / prior - d - d * np.log(s / prior) + r**2 / prior))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"initial": weights(1)}, "initial"),
        ({"delta": 0}, "delta"),
        ({"delta": 2}, "delta"),
        ({"posterior": "best"}, "posterior"),
        ({"n_draws": 1}, "n_draws"),
    ],
)
def test_bounds_refuse(options, named):
    with pytest.raises(ArgumentError, match=f"^{named}"):
        sl.pac_bayes(loss(), weights(2), **{"initial": weights(2), **options})


def test_a_regression_has_no_error_to_bound():
    targets = sl.NetworkLandscape(sl.ReLUNetwork((3, 4, 2)), numbers(6, 3), numbers(6, 2))
    with pytest.raises(ArgumentError, match=r"^landscape"):
        sl.pac_bayes(targets, weights(1), weights(1))


def test_ranks_are_those_of_pairs_one_by_one():
    values, quality, losses = (numbers(4, 5, seed=s) for s in range(3))
    quality[0, :2] = quality[1, 3]  # ties
    found = sl.compare_measures({"a": values}, quality, losses, *SETTINGS, n_bootstrap=20)
    assert found.kinds == KINDS
    tau = dict(zip(KINDS, found.tau[0], strict=True))
    assert tau["all"] == pytest.approx(exact.kendall(values.ravel(), quality.ravel()))
    within = [exact.kendall(v, q) for v, q in zip(values, quality, strict=True)]
    assert tau["within"] == pytest.approx(np.mean(within))
    same_rate = [np.sign(values[s] - values[t]) * np.sign(quality[s] - quality[t]) for s, t in ((0, 2), (1, 3))]
    expected = [np.sum(one) / np.sqrt(5 * np.sum(np.abs(one))) for one in same_rate]
    assert tau["batch_size"] == pytest.approx(np.mean(expected))
    assert found.loss_tau[0, 0] == pytest.approx(exact.kendall(values.ravel(), losses.ravel()))
    pairs = (values, quality), (values, losses), (quality, losses)
    xy, xz, yz = (exact.kendall(a.ravel(), b.ravel()) for a, b in pairs)
    assert tau["at_fixed_loss"] == pytest.approx((xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2)))


def test_what_diverged_is_left_out_and_what_has_no_pairs_is_nan():
    values, quality, losses = (numbers(2, 5, seed=s) for s in range(3))
    values[1, 2] = np.nan
    measures = {"a": values, "b": np.ones((2, 5))}
    found = sl.compare_measures(measures, quality, losses, [8, 8], [0.1, 0.4], n_bootstrap=20)
    there = np.isfinite(values)
    assert found.tau[0, 0] == pytest.approx(exact.kendall(values[there], quality[there]))
    assert np.isnan(found.tau[0, 2])  # no two batch sizes
    assert np.isnan(found.tau[1]).all()
    assert np.isnan(found.p[1]).all()


def test_a_common_cause_is_not_seen_within_settings():
    """A measure and a quality that both follow the setting alone: τ is −1 across, and chance within."""
    draw = np.random.default_rng(7)
    setting = np.arange(4.0)[:, None] * 10
    values, quality = setting + draw.normal(size=(4, 12)), -setting + draw.normal(size=(4, 12))
    found = sl.compare_measures({"a": values}, quality, draw.normal(size=(4, 12)), *SETTINGS, n_bootstrap=200)
    assert found.tau[0, 0] < -0.7
    assert found.p[0, 0] < 1e-4
    assert abs(found.tau[0, 1]) < 3 * found.error[0, 1]
    assert found.tau[0, 2] < -0.99


def test_the_training_loss_is_held_fixed():
    """A quality that follows the loss, as the measure does: the partial correlation is chance, seed 3."""
    draw = np.random.default_rng(3)
    losses = draw.normal(size=(4, 25))
    values, quality = (sign * losses + 0.3 * draw.normal(size=(4, 25)) for sign in (1, -1))
    found = sl.compare_measures({"a": values}, quality, losses, *SETTINGS, n_bootstrap=200)
    assert found.tau[0, 0] < -0.6
    assert abs(found.tau[0, 4]) < 0.25 * abs(found.tau[0, 0])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"values": {}}, "values"),
        ({"values": {"a": numbers(2, 3)}}, "values"),
        ({"quality": numbers(4, 2)}, "quality"),
        ({"train_loss": numbers(4, 4)}, "train_loss"),
        ({"batch_sizes": [1, 2]}, "batch_sizes"),
        ({"n_bootstrap": 0}, "n_bootstrap"),
    ],
)
def test_comparisons_refuse(changed, named):
    good = {
        "values": {"a": numbers(4, 5)},
        "quality": numbers(4, 5),
        "train_loss": numbers(4, 5),
        "batch_sizes": SETTINGS[0],
        "learning_rates": SETTINGS[1],
    }
    with pytest.raises(ArgumentError, match=f"^{named}"):
        sl.compare_measures(**good | changed)


def test_the_table_refuses_networks_without_hidden_layers_and_factors_that_are_none():
    plain = sl.NetworkLandscape(sl.ReLUNetwork((3, 2)), numbers(6, 3), np.arange(6) % 2)
    with pytest.raises(ArgumentError, match=r"^landscape"):
        sl.dinh_table(plain, np.zeros(plain.dim))
    with pytest.raises(ArgumentError, match=r"^alpha"):
        sl.dinh_table(loss(), weights(1), 0.0)
