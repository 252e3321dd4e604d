"""Averages of weights and of probabilities, and the rates at which their snapshots are made."""

import numpy as np
import pytest
from scipy.special import softmax

import spinland as sl
from tests.oracles import network as networks

NETWORK = sl.ReLUNetwork((64, 8, 10))
DATA = sl.load_dataset("digits").subset(300, 100)


@pytest.fixture(scope="module")
def ensemble():
    rate = sl.Descending(0.3, 0.1, 4)
    return sl.train(NETWORK, DATA, 3, sl.SGD(rate, 0.9), epochs=8, seed=2, snapshots=range(3, 9))


def test_an_average_is_the_mean_of_its_snapshots_in_float64(ensemble):
    average = sl.weight_average(ensemble, start=5)
    assert average.dtype == np.float64
    np.testing.assert_array_equal(average, ensemble.snapshots[:, 2:].astype(np.float64).mean(axis=1))
    np.testing.assert_array_equal(sl.weight_average(ensemble.snapshots, 2), average)
    np.testing.assert_array_equal(sl.weight_average(ensemble.snapshots[1], 2), average[1])
    many = np.full((100_000, 1), np.float32(0.1))
    assert sl.weight_average(many)[0] == pytest.approx(float(np.float32(0.1)), rel=1e-13)


def test_predictions_are_means_of_probabilities(ensemble):
    x = DATA.x_test[:7]
    points = ensemble.params.astype(np.float64)
    want = [softmax(networks.forward(NETWORK.widths, True, p, x)[-1], axis=1) for p in points]
    found = sl.ensemble_predictions(NETWORK, points, x)
    np.testing.assert_allclose(found, np.mean(want, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(sl.ensemble_predictions(NETWORK, points[0], x), want[0], rtol=1e-12)
    grouped = sl.ensemble_predictions(NETWORK, ensemble.snapshots, x)
    np.testing.assert_array_equal(grouped[1], sl.ensemble_predictions(NETWORK, ensemble.snapshots[1], x))
    bare = sl.ReLUNetwork((64, 8, 10), bias=False)
    without = bare.initialize(2, dtype="float64")
    want = [softmax(networks.forward(bare.widths, False, p, x)[-1], axis=1) for p in without]
    np.testing.assert_allclose(sl.ensemble_predictions(bare, without, x), np.mean(want, axis=0), rtol=1e-12)


def test_predictions_have_the_same_bits_for_any_samples_beside_them(ensemble):
    whole = sl.ensemble_predictions(NETWORK, ensemble.params, np.tile(DATA.x_train, (5, 1)))
    np.testing.assert_array_equal(
        whole[:1024], sl.ensemble_predictions(NETWORK, ensemble.params, np.tile(DATA.x_train, (5, 1))[:1024])
    )


def test_the_comparison_is_that_of_its_parts(ensemble):
    found = sl.snapshot_averages(ensemble, DATA, 5, (0.1,), 3, seed=1)
    np.testing.assert_array_equal(found.epochs, [5, 6, 7, 8])
    np.testing.assert_array_equal(found.passes, [1, 1, 1, 4])
    test = sl.NetworkLandscape(NETWORK, DATA.x_test, DATA.y_test)
    average = sl.weight_average(ensemble, 5).astype("f4")
    loss, accuracy = test.evaluate(average)
    np.testing.assert_array_equal(found.test_loss[:, 2], loss)
    np.testing.assert_array_equal(found.test_accuracy[:, 2], accuracy)
    np.testing.assert_array_equal(found.test_loss[:, 0], ensemble.test_loss[:, -1])
    np.testing.assert_allclose(found.test_accuracy[:, 1], ensemble.test_accuracy[:, 5:].mean(axis=1))
    together = sl.ensemble_predictions(NETWORK, ensemble.snapshots[:, 2:], DATA.x_test)
    np.testing.assert_allclose(found.test_accuracy[:, 3], (together.argmax(-1) == DATA.y_test).mean(axis=1))
    assert (found.test_loss[:, 3] < found.test_loss[:, 1]).all()  # Jensen: −log is convex
    assert (found.train_loss[:, 3] < found.train_loss[:, 1]).all()
    rises = [
        sl.flatness(sl.NetworkLandscape(NETWORK, DATA), p, 0.1, 3, seed=1).rise for p in (ensemble.params, average)
    ]
    np.testing.assert_array_equal(found.rise, np.stack(rises, axis=1))


def test_diverged_replicas_are_nan():
    with pytest.warns(sl.DivergenceWarning):
        gone = sl.train(NETWORK, DATA, 1, sl.SGD(1e30), epochs=2, snapshots=True)
    found = sl.snapshot_averages(gone, DATA, 1, (0.1,), 2)
    assert np.isnan(found.test_loss).all()
    assert np.isnan(sl.weight_average(gone)).any()


def test_rates_are_those_of_the_papers():
    t = np.arange(0, 10, 0.25)
    saw = sl.Sawtooth(0.4, 0.1, 2).rates(t, 10)
    np.testing.assert_allclose(saw[:8], 0.4 - 0.3 * np.arange(8) / 8)
    np.testing.assert_array_equal(saw[8:16], saw[:8])
    down = sl.Descending(0.4, 0.1, 8)
    np.testing.assert_allclose(down.rates([0, 4, 5.6, 7.2, 8, 30], 30), [0.4, 0.4, 0.25, 0.1, 0.1, 0.1])
    both = sl.Then(sl.Cosine(0.4), sl.Cyclic(0.1, 0.2, 2), 4).rates(t, 10)
    np.testing.assert_allclose(both[t < 4], sl.Cosine(0.4).rates(t[t < 4], 4))
    np.testing.assert_allclose(both[t >= 4], sl.Cyclic(0.1, 0.2, 2).rates(t[t >= 4] - 4, 6))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("start", lambda e: sl.weight_average(e, 9)),
        ("start", lambda e: sl.weight_average(e, -1)),
        ("snapshots", lambda e: sl.weight_average(np.zeros(3))),
        ("snapshots", lambda e: sl.weight_average(sl.train(NETWORK, DATA, 1, epochs=0))),
        ("ensemble", lambda e: sl.snapshot_averages(sl.train(NETWORK, DATA, 1, epochs=0), DATA)),
        ("ensemble", lambda e: sl.snapshot_averages(3, DATA)),
        ("dataset", lambda e: sl.snapshot_averages(e, "linnerud")),
        ("radii", lambda e: sl.snapshot_averages(e, DATA, radii=-1)),
        ("points", lambda e: sl.ensemble_predictions(NETWORK, np.zeros(3), DATA.x_test)),
        ("points", lambda e: sl.ensemble_predictions(NETWORK, np.zeros((0, NETWORK.n_params)), DATA.x_test)),
        ("x", lambda e: sl.ensemble_predictions(NETWORK, e.params, DATA.x_test[:, :3])),
        ("x", lambda e: sl.ensemble_predictions(NETWORK, e.params, DATA.x_test[:0])),
        ("network", lambda e: sl.ensemble_predictions(3, e.params, DATA.x_test)),
        ("low", lambda e: sl.Sawtooth(0.1, -1, 1)),
        ("high", lambda e: sl.Sawtooth(0.1, 0.2, 1)),
        ("until_epoch", lambda e: sl.Descending(0.1, 0.2, 0)),
        ("later", lambda e: sl.Then(sl.Constant(0.1), 0.2, 3)),
    ],
)
def test_bad_arguments_are_named(name, call, ensemble):
    with pytest.raises(sl.ArgumentError, match=f"^{name}"):
        call(ensemble)
