"""Increments, currents and diffusion against closed forms; recorded trainings against trainings."""

import numpy as np
import pytest
from scipy.stats import kstest

import spinland as sl
from benchmarks import coverage_noise
from spinland.errors import ArgumentError, DivergenceWarning
from spinland.noise.series import principal
from tests.oracles import results


def turning(seed, n, rate, hold, planes=1, replicas=1, spacing=1.0):
    """Ornstein–Uhlenbeck in planes that turn: dx = (−k x + ω J x) dt + √(2k) dW, exact from record to record."""
    draw = np.random.default_rng(seed)
    decay = np.exp(-hold * spacing)
    c, s = decay * np.cos(rate * spacing), decay * np.sin(rate * spacing)
    x = np.empty((n, replicas, planes, 2))
    x[0] = draw.normal(size=x.shape[1:])
    kicks = np.sqrt(1 - decay**2) * draw.normal(size=x.shape)
    for t in range(1, n):
        a, b = x[t - 1, ..., 0], x[t - 1, ..., 1]
        x[t] = np.stack([c * a - s * b, s * a + c * b], axis=-1) + kicks[t]
    return x.reshape(n, replicas, 2 * planes).swapaxes(0, 1)


def slow(seed, n, times):
    """Independent Ornstein–Uhlenbeck numbers of several correlation times and widths: detailed balance."""
    draw, decay = np.random.default_rng(seed), np.exp(-1 / np.array(times))
    x = np.empty((n, len(times)))
    x[0] = draw.normal(size=len(times))
    for t in range(1, n):
        x[t] = decay * x[t - 1] + np.sqrt(1 - decay**2) * draw.normal(size=len(times))
    return x * np.linspace(1, 2, len(times))


def test_a_planted_rotation_has_the_current_of_its_closed_form():
    """e^(−kτ) |sin ωτ| with k = 0.1, ω = 0.2, τ = 3: 20,000 records of 2 replicas, seed 1.

    A covariance has the relative error √(2·(2/k)/40,000) ≈ 0.03 at most; the statistic is within 4 of these.
    """
    found = sl.probability_current(turning(1, 20_000, 0.2, 0.1, replicas=2), lag=3, n_modes=2, n_null=199)
    want = np.exp(-0.3) * np.sin(0.6)
    assert abs(found.statistic / want - 1) < 4 * 0.03
    assert (found.p, found.p_shuffled) == (0.005, 0.005)
    np.testing.assert_array_equal(found.antisymmetric, -found.antisymmetric.swapaxes(1, 2))


def test_a_weak_rotation_is_found_in_few_records():
    """ω = k/2, 10 seeds of 600 records in two planes: all have p below 0.05. (Without it, one in 20 has.)"""
    p = [sl.probability_current(turning(seed, 600, 0.15, 0.3, planes=2), n_modes=4, n_null=199).p for seed in range(10)]
    assert max(p) < 0.05


@pytest.mark.parametrize("times", [(0.3, 0.3, 0.3), (0.5, 3.0, 20.0)], ids=["fast", "slow"])
def test_p_is_uniform_where_nothing_turns(times):
    """200 records without current each, seeds 0 … 199, against blocks reversed: Kolmogorov–Smirnov at 1 %.

    The share of p ≤ 0.05 has the standard error 0.015; three are allowed.
    """
    p = np.array(
        [sl.probability_current(slow(seed, 240, times), n_modes=3, n_null=199, seed=seed).p for seed in range(200)]
    )
    assert kstest(p, "uniform").pvalue > 0.01
    assert abs(np.mean(p <= 0.05) - 0.05) < 3 * 0.0154


def test_shuffled_records_are_a_null_model_of_fast_modes_alone():
    """Seeds 0 … 199 as above: p is uniform where neighbours are strangers; else p ≤ 0.5 is not half of them."""
    shares = {}
    for name, times in (("fast", (0.1, 0.1, 0.1)), ("slow", (0.5, 3.0, 20.0))):
        p = [sl.probability_current(slow(k, 240, times), n_modes=3, n_null=99, seed=k).p_shuffled for k in range(200)]
        shares[name] = np.mean(np.array(p) <= 0.5)
    assert abs(shares["fast"] - 0.5) < 3 * 0.0354
    assert abs(shares["slow"] - 0.5) > 5 * 0.0354


def test_increments_of_a_held_particle_have_the_autocorrelation_of_their_closed_form():
    """x_{t+1} = a x_t + noise: ρ(τ) = −(1 − a) a^(τ−1) / 2. Six replicas, seed 2; each lag within 4 standard errors."""
    a, draw = 0.7, np.random.default_rng(2)
    x = np.zeros((6, 2000, 5))
    for t in range(1, 2000):
        x[:, t] = a * x[:, t - 1] + draw.normal(size=(6, 5))
    found = sl.increments(x, 6)
    want = -(1 - a) / 2 * a ** np.arange(6.0)
    error = found.autocorrelation_error
    assert np.all(np.abs(found.autocorrelation - want) < 4 * error)
    assert np.all(error < 0.01)


def test_the_spectrum_of_increments_of_white_noise():
    """Its power is 1 − cos 2πf, 1 on average; 4 replicas of 1,000 records, seed 3; every bin within 4.5 errors."""
    found = sl.increments(np.random.default_rng(3).normal(size=(4, 1000, 20)))
    fast = found.frequencies > 0.02  # in the lowest bins there are few
    off = (found.spectrum - (1 - np.cos(2 * np.pi * found.frequencies)))[fast]
    assert np.all(np.abs(off) < 4.5 * found.spectrum_error[fast] + 0.01)  # a bin's mean is not its value at the middle


def test_the_band_holds_99_of_100_lags_of_independent_increments():
    """30 seeds of 20 lags, with a covariance of few large eigenvalues: share outside 0.01 ± 0.0041, three allowed."""
    outside = []
    for seed in range(30):
        steps = np.random.default_rng(seed).normal(size=(2, 300, 12)) * np.geomspace(1, 0.01, 12)
        found = sl.increments(steps.cumsum(axis=1), 20)
        outside.append(np.abs(found.autocorrelation) > found.band)
    assert abs(np.mean(outside) - 0.01) < 3 * 0.0041


def test_the_band_holds_the_correlation_that_a_missing_mean_makes():
    """Of many directions −1/(T − 1) is twice the scatter. 30 seeds of 5 lags: outside at most 0.01 + 3 · 0.008."""
    outside = []
    for seed in range(30):
        walk = np.random.default_rng(seed).normal(size=(6, 120, 50)).cumsum(axis=1)
        found = sl.increments(walk, 5)
        outside.append(np.abs(found.autocorrelation) > found.band)
    assert np.mean(outside) <= 0.01 + 3 * 0.008


@pytest.mark.parametrize("sampling", ["reshuffled", "replacement"])
def test_steps_so_short_that_gradients_stay_have_the_correlations_of_their_draws(sampling):
    """Without replacement −(1 − τ/M)/(M − 1), with it 0: M = 6, 6 replicas of 300 epochs, seed 5, rate 1e-7.

    The standard error is over replicas; every lag is within 4.5 of them (5 degrees of freedom: one of 200 sets of 10
    lags would fail).
    """
    data = results.data()
    network, start = results.network(), results.ensemble().params[:6].astype(float)
    found = sl.record_trajectory(
        network, data, start, sl.SGD(1e-7), 20, 300, seed=5, sampling=sampling, dtype="float64", layer=1
    )
    assert found.steps_per_epoch == 6
    steps = sl.increments(found, 10)
    want = sl.reshuffled_autocorrelation(steps.lags, 6) if sampling == "reshuffled" else np.zeros(10)
    assert np.all(np.abs(steps.autocorrelation - want) < 4.5 * steps.autocorrelation_error + 2 / 1800)
    epochs = sl.increments(found, 1, per="epoch")
    assert epochs.spacing == 1
    if sampling == "reshuffled":  # an epoch takes every sample once: what is left of its increments is not the draw
        spread = [
            np.diff(
                sl.record_trajectory(
                    network, data, start[:1], sl.SGD(1e-7), 20, 5, seed=5, sampling=one, dtype="float64", every=6
                ).points[0],
                axis=0,
            )
            .std(axis=0)
            .max()
            for one in ("reshuffled", "replacement")
        ]
        assert spread[0] < 1e-3 * spread[1]


@pytest.mark.parametrize(("power", "steps"), [(1, "free"), (2, "drift"), (0, "held")])
def test_the_exponent_of_diffusion(power, steps):
    """Seed 6, 5 replicas of 3,000 records: within 4 standard errors and 0.02."""
    draw = np.random.default_rng(6)
    noise = draw.normal(size=(5, 3000, 40))
    x = {"free": noise.cumsum(axis=1), "drift": noise + 3.0 * np.arange(3000)[:, None], "held": noise}[steps]
    found = sl.diffusion_exponent(x)
    assert abs(found.exponent - power) < 4 * found.exponent_error + 0.02
    expected = np.mean(np.sum((x[:, 10:] - x[:, :-10]) ** 2, axis=2), axis=1)
    ten = sl.diffusion_exponent(x, [1, 5, 10]).displacement[:, 2]
    np.testing.assert_allclose(ten, expected, rtol=0.2)


def without_line(points):
    time = np.arange(len(points))
    return points - np.polynomial.polynomial.polyval(time, np.polynomial.polynomial.polyfit(time, points, 1)).T


def test_few_records_do_not_make_the_exponent_larger():
    """ψ = 4 by construction: 200 runs of 20 records of 10 independent modes, seeds 0 to 199, errors of the mean 0.02.

    Of the principal modes alone it would be 4.46.
    """
    found = [coverage_noise.inverse(1, 0.0, 0.0, seed, 20)[0] for seed in range(200)]
    assert abs(np.mean(found) - 4) < 0.1
    found = [coverage_noise.inverse(1, 0.0, 0.0, seed, 200)[0] for seed in range(40)]
    assert abs(np.mean(found) - 4) < 4 * np.std(found, ddof=1) / np.sqrt(40)


@pytest.mark.parametrize(("replicas", "times"), [(1, 400), (2, 200), (3, 300), (5, 150)])
def test_the_error_of_an_exponent_is_its_scatter(replicas, times):
    """150 seeds of free diffusion in 20 directions: mean square error over the true one, 1 ± 0.16; three allowed."""
    found = [
        sl.diffusion_exponent(np.random.default_rng(seed).normal(size=(replicas, times, 20)).cumsum(axis=1))
        for seed in range(150)
    ]
    told = np.mean([one.exponent_error**2 for one in found])
    true = np.mean([(one.exponent - 1) ** 2 for one in found])
    assert abs(told / true - 1) < 3 * 0.16


def test_a_replica_that_does_not_move_has_no_exponent():
    x = np.zeros((2, 60, 3))
    x[1] = np.random.default_rng(7).normal(size=(60, 3)).cumsum(axis=0)
    found = sl.diffusion_exponent(x)  # without a warning, which the tests take for an error
    assert np.isnan(found.exponent)
    assert np.isnan(found.exponents).tolist() == [True, False]


def test_an_exponent_of_long_times_alone_has_no_error_from_runs():
    x = np.random.default_rng(7).normal(size=(2, 100, 3)).cumsum(axis=1)
    found = sl.diffusion_exponent(x, [1, 2, 33])
    assert np.isfinite(found.exponent)
    assert np.isnan(found.exponent_error)


def test_modes_in_a_quadratic_valley_have_the_widths_of_its_equation():
    """Linear network, squared errors: L(w̄ + θu) = L + θ g·u + θ² u'Hu/2 = e L has two roots."""
    draw = np.random.default_rng(7)
    x = draw.normal(size=(60, 5)) * np.geomspace(1, 0.2, 5)
    network = sl.ReLUNetwork((5, 2), bias=False)
    data = sl.Dataset("linear", x, x @ draw.normal(size=(5, 2)) + 0.3 * draw.normal(size=(60, 2)), x[:5], x[:5, :2])
    start = sl.train(network, data, 2, sl.SGD(0.3), 10, 60, dtype="float64").params
    recorded = sl.record_trajectory(network, data, start, sl.SGD(0.3), 10, 40, seed=1, dtype="float64")
    landscape = sl.NetworkLandscape(network, data, dtype="float64")
    found = sl.noise_modes(landscape, recorded, 6)
    for r in range(2):
        off = without_line(recorded.points[r])
        values, vectors = np.linalg.eigh(off.T @ off / len(off))
        np.testing.assert_allclose(found.variance[r], values[::-1][:6], rtol=1e-8)
        assert found.total[r] == pytest.approx(values.sum())
        mean = recorded.points[r].mean(axis=0)
        np.testing.assert_allclose(mean, recorded.mean[r], rtol=1e-12)
        modes = vectors[:, ::-1][:, :6].T
        bend = np.einsum("kp,kp->k", modes, landscape.hessian_product(mean, modes))
        slope, loss = modes @ landscape.gradient(mean), landscape.value(mean)
        np.testing.assert_allclose(found.curvature[r], bend, rtol=1e-7)
        np.testing.assert_allclose(
            found.width[r], 2 * np.sqrt(slope**2 + 2 * bend * (np.e - 1) * loss) / bend, rtol=1e-6
        )
        slopes = [np.polyfit(np.log(found.width[r]), np.log(found.variance[r]), 1)[0]] * 2
        middle = len(off) // 2
        halves = [without_line(recorded.points[r][part]) for part in (slice(middle), slice(middle, None))]
        for ours, others in (halves, halves[::-1]):
            modes = np.linalg.svd(ours, full_matrices=False)[2][:6]
            bend = np.einsum("kp,kp->k", modes, landscape.hessian_product(mean, modes))
            width = 2 * np.sqrt((modes @ landscape.gradient(mean)) ** 2 + 2 * bend * (np.e - 1) * loss) / bend
            slopes.append(np.polyfit(np.log(width), np.log((others @ modes.T).var(axis=0)), 1)[0])
        assert found.exponents[r] == pytest.approx(-np.mean(slopes))
    assert found.exponent == pytest.approx(found.exponents.mean())


def test_principal_directions_by_both_ways_are_the_same():
    draw = np.random.default_rng(8)
    wide = draw.normal(size=(150, 12)) * np.geomspace(1, 0.01, 12) @ draw.normal(size=(12, 400))
    wide -= wide.mean(axis=0)
    few, along = principal(wide, 5)  # Lanczos: 150 records are more than 3 · 5 + 100
    _, values, vectors = np.linalg.svd(wide, full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(few * vectors[:5], axis=1)), 1, atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(along, axis=0), values[:5], rtol=1e-8)
    many, _ = principal(wide, 40)
    assert len(many) == 12


@pytest.mark.parametrize("sampling", ["reshuffled", "replacement"])
def test_records_are_those_of_the_training(sampling):
    network, data, start = results.network(), results.data(), results.ensemble().params[:2]
    same = {"seed": 4, "sampling": sampling}
    found = sl.record_trajectory(network, data, start, sl.Adam(1e-3), 32, 3, every=2, **same)
    want = sl.train(network, data, 2, sl.Adam(1e-3), 32, 3, initial=start, snapshots=True, evaluate="final", **same)
    np.testing.assert_array_equal(found.points[:, ::2], want.snapshots)
    np.testing.assert_array_equal(found.train_loss, want.train_loss[:, -1])
    np.testing.assert_allclose(found.mean, found.points.mean(axis=1), rtol=1e-6, atol=1e-7)
    layer = sl.record_trajectory(network, data, start, sl.Adam(1e-3), 32, 3, every=4, layer=1, **same)
    span = network.spans[1].weight
    np.testing.assert_array_equal(layer.points, found.points[:, ::2, span])
    np.testing.assert_array_equal(layer.places, np.arange(span.start, span.stop))
    assert (layer.per_epoch, layer.steps_per_epoch, layer.sampling) == (1, 4, sampling)


def test_samples_are_drawn_with_replacement():
    """Orders of the two samplings, and of replicas, are not the same; one batch of all is refused."""
    network, data = results.network(), results.data()
    ends = [sl.train(network, data, 2, epochs=2, seed=1, sampling=s).params for s in ("reshuffled", "replacement")]
    assert not np.array_equal(*ends)
    with pytest.raises(ArgumentError, match="sampling"):
        sl.train(network, data, 1, batch_size=120, sampling="replacement")


def test_a_replica_that_diverges_is_told_and_left_out():
    network, data = results.network(), results.data()
    start = results.ensemble().params[:2].copy()
    start[1] *= 1e25
    with pytest.warns(DivergenceWarning):
        found = sl.record_trajectory(network, data, start, sl.SGD(0.1), epochs=12)
    assert found.diverged.tolist() == [False, True]
    assert np.isnan(found.points[1]).all()
    assert sl.diffusion_exponent(found).exponents.shape == (1,)
    with pytest.raises(ArgumentError, match="trajectory"):
        sl.increments(found.points)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("every", lambda: sl.record_trajectory(results.network(), results.data(), np.zeros((1, 610)), every=3)),
        ("layer", lambda: sl.record_trajectory(results.network(), results.data(), np.zeros((1, 610)), layer=2)),
        ("initial", lambda: sl.record_trajectory(results.network(), results.data(), np.zeros((1, 9)))),
        ("initial", lambda: sl.record_trajectory(results.network(), results.data(), np.zeros((0, 610)))),
        ("per", lambda: sl.increments(np.zeros((40, 3)), per="epoch")),
        ("trajectory", lambda: sl.increments(np.zeros((3, 3)))),
        ("n_lags", lambda: sl.increments(results.recorded(), 10**4)),
        ("trajectory", lambda: sl.noise_modes(results.squared(), results.recorded())),
        ("trajectory", lambda: sl.noise_modes(results.landscape(), results.recorded().points)),
        ("landscape", lambda: sl.noise_modes(results.bowl(), results.recorded())),
        ("n_modes", lambda: sl.probability_current(np.outer(np.arange(50.0) ** 2, [1, 1]), n_modes=2)),
        ("n_blocks", lambda: sl.probability_current(np.zeros((50, 5)), n_blocks=2)),
        ("lag", lambda: sl.probability_current(np.zeros((50, 5)), lag=40)),
        ("lags", lambda: sl.diffusion_exponent(np.zeros((50, 3)), [0, 1, 2])),
        ("per", lambda: sl.probability_current(np.zeros((50, 5)), per="week")),
        ("trajectory", lambda: sl.increments(np.full((50, 5), 1e200))),
        ("trajectory", lambda: sl.diffusion_exponent(np.full((50, 5), 1e200))),
        ("trajectory", lambda: sl.probability_current(np.full((50, 5), 1e200))),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name, call):
    with pytest.raises(ArgumentError, match=f"^{name}"):
        call()
