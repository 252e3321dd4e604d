"""What train promises: addressed replicas, history, snapshots, divergence, refusals."""

import inspect
import warnings
from contextlib import contextmanager
from dataclasses import fields

import numba
import numpy as np
import pytest

from spinland import budget, progress, rng
from spinland.errors import ArgumentError, DeviceUnavailable, DivergenceWarning
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.training import group, parts
from spinland.training.loop import train, train_groups
from spinland.training.optimizers import SGD, Adam, AdamW
from spinland.training.plan import Plan
from spinland.training.schedules import Constant, Cosine, Cyclic, Step
from spinland.training.settings import TrainingSettings

NETWORK = ReLUNetwork((6, 5, 3))


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(4)
    x = generator.normal(size=(50, 6)).astype(np.float32)
    x[:, 4] = 0
    return x[:40], np.arange(40) % 3, x[40:], np.arange(10) % 3


@pytest.fixture(scope="module")
def regression(data):
    return data[0], data[0][:, :3] * 2, data[2], data[2][:, :3] * 2


HISTORY = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def test_one_step_of_sgd_by_hand():
    network = ReLUNetwork((1, 1), bias=True)
    data = np.array([[2.0]]), np.array([[3.0]]), np.array([[1.0]]), np.array([[1.0]])
    ensemble = train(network, data, 1, SGD(0.1), 1, 1, initial=[[0.5, 0.25]], dtype="float64", keep_initial=True)
    # z = 1.25; derivative of (z − 3)² is 2 (z − 3) = −3.5 by the bias and −7 by the weight
    np.testing.assert_allclose(ensemble.params, [[0.5 + 0.7, 0.25 + 0.35]], rtol=1e-14)
    np.testing.assert_allclose(ensemble.train_loss, [[1.75**2, (2 * 1.2 + 0.6 - 3) ** 2]], atol=1e-14)
    np.testing.assert_array_equal(ensemble.initial, [[0.5, 0.25]])


def test_first_step_of_adam_has_the_length_of_the_learning_rate():
    network = ReLUNetwork((1, 1), bias=False)
    data = np.array([[2.0]]), np.array([[3.0]]), np.array([[1.0]]), np.array([[1.0]])
    ensemble = train(network, data, 1, Adam(0.01), 1, 1, initial=[[0.5]], dtype="float64")
    np.testing.assert_allclose(ensemble.params, [[0.51]], rtol=1e-9)


@pytest.mark.usefixtures("all_threads")
def test_a_replica_is_the_same_alone_among_others_on_any_threads_in_any_group(data):
    arguments = (NETWORK, data)
    common = {"batch_size": 8, "epochs": 3, "seed": 2**64 - 1, "snapshots": True}
    threads = numba.get_num_threads()
    whole = train(*arguments, 200, **common)
    try:
        numba.set_num_threads(1)
        on_one = train(*arguments, 200, group_size=7, **common)
    finally:
        numba.set_num_threads(threads)
    alone = train(*arguments, replicas=[137], **common)
    pair = train(*arguments, replicas=[199, 137], group_size=1, **common)
    for name in ("params", "snapshots", *HISTORY):
        np.testing.assert_array_equal(getattr(whole, name), getattr(on_one, name))
        np.testing.assert_array_equal(getattr(whole, name)[[137]], getattr(alone, name))
        np.testing.assert_array_equal(getattr(whole, name)[[199, 137]], getattr(pair, name))
    np.testing.assert_array_equal(pair.replicas, [199, 137])
    assert len(np.unique(whole.params, axis=0)) == 200
    assert whole.provenance == alone.provenance


def test_a_wide_network_has_the_same_bits_in_any_group():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(70, 90)).astype(np.float32)
    data = x[:60], np.arange(60) % 10, x[60:], np.arange(10)
    network = ReLUNetwork((90, 1200, 10))
    whole = train(network, data, 5, batch_size=32, epochs=2)
    pair = train(network, data, replicas=[2, 4], batch_size=32, epochs=2, group_size=1)
    np.testing.assert_array_equal(whole.params[[2, 4]], pair.params)


def test_batch_size_does_not_enter_the_initialisation_but_seed_does(data):
    a = train(NETWORK, data, 2, batch_size=4, epochs=1, seed=0, keep_initial=True)
    b = train(NETWORK, data, 2, batch_size=8, epochs=1, seed=0, keep_initial=True)
    c = train(NETWORK, data, 2, batch_size=8, epochs=1, seed=1, keep_initial=True)
    np.testing.assert_array_equal(a.initial, b.initial)
    np.testing.assert_array_equal(a.initial, NETWORK.initialize(2, seed=0))
    assert (a.params != b.params).any()
    assert (b.initial != c.initial).any()


def test_no_epochs_give_the_initialisation(data):
    ensemble = train(NETWORK, data, 3, epochs=0, seed=9)
    np.testing.assert_array_equal(ensemble.params, NETWORK.initialize(3, seed=9))
    assert ensemble.train_loss.shape == (3, 1)
    assert ensemble.epochs == 0
    assert ensemble.learning_rate == 1e-3


def test_history_is_that_of_the_landscape(data):
    ensemble = train(NETWORK, data, 3, SGD(0.05, 0.9), epochs=2, snapshots=[0, 2])
    assert ensemble.snapshots.shape == (3, 2, NETWORK.n_params)
    for name, x, y in (("train", *data[:2]), ("test", *data[2:])):
        landscape = NetworkLandscape(NETWORK, x, y)
        for place, epoch in enumerate(ensemble.snapshot_epochs):
            loss, accuracy = landscape.evaluate(ensemble.snapshots[:, place])
            np.testing.assert_allclose(getattr(ensemble, f"{name}_loss")[:, epoch], loss, rtol=1e-5)
            np.testing.assert_allclose(getattr(ensemble, f"{name}_accuracy")[:, epoch], accuracy)
    np.testing.assert_array_equal(ensemble.params, ensemble.snapshots[:, 1])
    assert ensemble.network == NETWORK
    assert ensemble.n_replicas == 3


def test_what_is_not_evaluated_is_nan_and_changes_nothing(data):
    both = train(NETWORK, data, 2, epochs=3)
    computed = {"test": ("test",), "final": ("train", "test"), "none": ()}
    for evaluate, sets in computed.items():
        ensemble = train(NETWORK, data, 2, epochs=3, evaluate=evaluate)
        np.testing.assert_array_equal(ensemble.params, both.params)
        for name in HISTORY:
            want = np.full((2, 4), np.nan)
            columns = [3] if evaluate == "final" else slice(None)
            if name.split("_")[0] in sets:
                want[:, columns] = getattr(both, name)[:, columns]
            np.testing.assert_array_equal(getattr(ensemble, name), want)


def test_dead_inputs_keep_their_weights_unless_they_decay(data):
    x = [data[0], data[2]]
    assert not any(part[:, 4].any() for part in x)
    start = NETWORK.initialize(1)[0]
    dead = NETWORK.layers(start)[0][0][:, 4]
    plain = train(NETWORK, data, 1, Adam(1e-2), epochs=2).params[0]
    np.testing.assert_array_equal(NETWORK.layers(plain)[0][0][:, 4], dead)
    decayed = train(NETWORK, data, 1, AdamW(1e-2, weight_decay=0.1), 8, epochs=2).params[0]
    np.testing.assert_allclose(NETWORK.layers(decayed)[0][0][:, 4], dead * (1 - 1e-3) ** 10, rtol=1e-5)


def test_an_input_that_lives_in_the_test_set_alone_counts_there(data):
    x_test = data[2].copy()
    x_test[:, 4] = 1
    ensemble = train(NETWORK, (*data[:2], x_test, data[3]), 2, epochs=1)
    loss, _ = NetworkLandscape(NETWORK, x_test, data[3]).evaluate(ensemble.params)
    np.testing.assert_allclose(ensemble.test_loss[:, 1], loss, rtol=1e-5)


def test_a_diverging_replica_is_named_and_the_others_go_on(regression):
    start = NETWORK.initialize(3)
    start[1] *= 1e12
    arguments = (NETWORK, regression, None, SGD(1e-3), 8, 4)
    common = {"replicas": [3, 14, 15], "initial": start, "snapshots": True}
    with pytest.warns(DivergenceWarning, match=r"diverged replicas, now NaN: 14$"):
        ensemble = train(*arguments, **common)
    np.testing.assert_array_equal(ensemble.diverged, [False, True, False])
    assert np.isnan(ensemble.params[1]).all()
    assert np.isnan(ensemble.snapshots[1, 1:]).all()
    assert np.isfinite(ensemble.params[[0, 2]]).all()
    for name in ("train_loss", "test_loss"):
        assert np.isnan(getattr(ensemble, name)[1, 1:]).all()
        assert np.isfinite(getattr(ensemble, name)[[0, 2]]).all()
    healthy = train(*arguments, replicas=[3, 15], initial=start[[0, 2]])
    np.testing.assert_array_equal(healthy.params, ensemble.params[[0, 2]])


@pytest.mark.parametrize("evaluate", ["both", "none"])
def test_too_large_a_learning_rate_stops_every_replica(regression, evaluate):
    with pytest.warns(DivergenceWarning, match="now NaN: 0, 1"):
        ensemble = train(NETWORK, regression, 2, SGD(1e6), 8, 5, evaluate=evaluate)
    assert ensemble.diverged.all()
    assert np.isnan(ensemble.params).all()
    assert np.isnan(ensemble.train_loss[:, -1]).all()


def test_groups_are_handed_out_as_they_finish(data):
    whole = train(NETWORK, data, 5, epochs=2, snapshots=[1])
    parts = list(train_groups(NETWORK, data, 5, epochs=2, snapshots=[1], group_size=2))
    assert [part.n_replicas for part in parts] == [2, 2, 1]
    for name in ("params", "snapshots", "replicas", "diverged", *HISTORY):
        np.testing.assert_array_equal(np.concatenate([getattr(p, name) for p in parts]), getattr(whole, name))
    assert {part.provenance for part in parts} == {whole.provenance}
    sunk = []
    again = train(NETWORK, data, 5, epochs=2, group_size=2, sink=sunk.append)
    np.testing.assert_array_equal(np.concatenate([p.params for p in sunk]), again.params)


def test_the_default_group_bounds_memory(data):
    assert next(p.n_replicas for p in train_groups(NETWORK, data, 70, epochs=0)) == 64
    large = ReLUNetwork((6, 400_000, 3))
    settings = TrainingSettings(n_replicas=1, optimizer=Adam(), epochs=1, evaluate="none")
    size = parts._default_group(Plan(large, data, settings))
    assert size * large.n_params * 4 * 4 <= max(budget.GROUP, numba.get_num_threads() * 64e6)


@pytest.mark.parametrize("function", [train, train_groups])
def test_what_is_not_given_is_as_the_settings_have_it(function):
    given = inspect.signature(function).parameters
    for setting in fields(TrainingSettings):
        assert given[setting.name].default == setting.default


def test_launches_may_cut_an_epoch_anywhere(data, monkeypatch):
    whole = train(NETWORK, data, 3, batch_size=3, epochs=2)
    monkeypatch.setattr(group, "LAUNCH_OPERATIONS", 1.0)
    np.testing.assert_array_equal(train(NETWORK, data, 3, batch_size=3, epochs=2).params, whole.params)


def test_progress_counts_replicas_times_epochs(data, regression):
    seen = []

    @contextmanager
    def display(total, description):
        seen.append([total, 0])

        def advance(n=1):
            seen[-1][1] += n

        yield advance

    progress.set_display(display)
    try:
        train(NETWORK, data, 5, epochs=3, group_size=2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            train(NETWORK, regression, 2, SGD(1e6), epochs=4)
    finally:
        progress.set_display(None)
    assert seen == [[15, 15], [8, 8]]


def test_provenance_tells_a_function_by_its_values(data):
    def slow(t):
        return 0.01 / (1 + t)

    a = train(NETWORK, data, 1, SGD(slow), epochs=1).provenance
    b = train(NETWORK, data, 1, SGD(lambda t: 0.01 / (1 + t)), epochs=1).provenance
    c = train(NETWORK, data, 1, SGD(lambda t: 0.02 / (1 + t)), epochs=1).provenance
    assert a == b != c
    assert train(NETWORK, data, 1, SGD(slow), epochs=1).learning_rate == 0.01


def test_shuffling_is_that_of_the_registry(data):
    order = rng.permutation(7, rng.Purpose.SHUFFLE, 3, 0, 40)
    a = train(NETWORK, data, None, SGD(0.1), 1, 1, seed=7, replicas=[3], dtype="float64")
    point = NETWORK.initialize(1, 7, first=3, dtype="float64")[0]
    for i in order:
        sample = NetworkLandscape(NETWORK, data[0][[i]], data[1][[i]], dtype="float64")
        point = point - 0.1 * sample.gradient(point)
    np.testing.assert_allclose(a.params[0], point, rtol=1e-10, atol=1e-12)


def test_schedules_by_hand():
    t = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    np.testing.assert_allclose(Constant(0.3).rates(t, 2), 0.3)
    np.testing.assert_allclose(Cosine(1.0, 0.5).rates(t, 2)[[0, 2, 4]], [1, 0.75, 0.5])
    np.testing.assert_allclose(Cyclic(0.1, 0.5, 2).rates(t, 2), [0.1, 0.3, 0.5, 0.3, 0.1])
    np.testing.assert_allclose(Step(1.0, 0.1, 1).rates(t, 2), [1, 1, 0.1, 0.1, 0.01])


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("learning_rate", lambda: SGD(-1)),
        ("learning_rate", lambda: SGD("fast")),
        ("learning_rate", lambda: Adam(np.nan)),
        ("rate", lambda: Constant(-1)),
        ("momentum", lambda: SGD(0.1, momentum=1)),
        ("momentum", lambda: SGD(0.1, momentum=-0.1)),
        ("nesterov", lambda: SGD(0.1, nesterov=True)),
        ("nesterov", lambda: SGD(0.1, 0.9, nesterov="yes")),
        ("weight_decay", lambda: SGD(0.1, weight_decay=-1)),
        ("weight_decay", lambda: AdamW(0.1, weight_decay=np.inf)),
        ("betas", lambda: Adam(0.1, betas=0.9)),
        ("betas[0]", lambda: Adam(0.1, betas=(1.0, 0.9))),
        ("betas[1]", lambda: Adam(0.1, betas=(0.9, -0.1))),
        ("eps", lambda: Adam(0.1, eps=0)),
        ("rate", lambda: Cosine(-1)),
        ("final", lambda: Cosine(1, -1)),
        ("low", lambda: Cyclic(-1, 1, 1)),
        ("high", lambda: Cyclic(1, 0.5, 1)),
        ("period_epochs", lambda: Cyclic(0, 0.5, 0)),
        ("factor", lambda: Step(1, 0, 1)),
        ("every_epochs", lambda: Step(1, 0.5, 0)),
    ],
)
def test_optimizers_and_schedules_refuse(name, make):
    with pytest.raises(ArgumentError) as error:
        make()
    assert error.value.argument == name


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("network", {"network": (6, 5, 3)}),
        ("network", {"network": ReLUNetwork((5, 5, 3))}),
        ("network", {"network": ReLUNetwork((6, 5, 2))}),
        ("n_replicas", {"n_replicas": 0}),
        ("n_replicas", {"n_replicas": None}),
        ("n_replicas", {"n_replicas": 2, "replicas": [1]}),
        ("replicas", {"n_replicas": None, "replicas": []}),
        ("replicas", {"n_replicas": None, "replicas": 3}),
        ("replicas", {"n_replicas": None, "replicas": [1, 1]}),
        ("replicas[0]", {"n_replicas": None, "replicas": [-1]}),
        ("replicas[0]", {"n_replicas": None, "replicas": [2**32]}),
        ("optimizer", {"optimizer": "adam"}),
        ("learning_rate", {"optimizer": SGD(lambda t: -t)}),
        ("batch_size", {"batch_size": 0}),
        ("batch_size", {"batch_size": 41}),
        ("epochs", {"epochs": -1}),
        ("epochs", {"epochs": 1.5}),
        ("seed", {"seed": 2**64}),
        ("loss", {"loss": "hinge"}),
        ("dtype", {"dtype": "float16"}),
        ("snapshots", {"snapshots": 3}),
        ("snapshots", {"snapshots": [2, 1]}),
        ("snapshots[1]", {"snapshots": [0, 3]}),
        ("evaluate", {"evaluate": "train"}),
        ("initial", {"initial": np.zeros((2, 5))}),
        ("initial", {"initial": np.full((2, NETWORK.n_params), np.nan)}),
        ("group_size", {"group_size": 0}),
        ("device", {"device": "tpu"}),
        ("precision", {"precision": "3xtf32"}),
        ("precision", {"precision": "float32", "dtype": "float64"}),
    ],
)
def test_train_refuses_before_it_computes(data, name, change):
    arguments = {"network": NETWORK, "n_replicas": 2, "epochs": 2, **change}
    with pytest.raises(ArgumentError) as error:
        train_groups(dataset=data, **arguments)
    assert error.value.argument == name


def test_cross_entropy_needs_labels(regression):
    with pytest.raises(ArgumentError, match=r"loss: expected 'mse'"):
        train_groups(NETWORK, regression, 1, loss="cross_entropy")
    with pytest.raises(ArgumentError, match=r"network: expected 3 outputs"):
        train_groups(ReLUNetwork((6, 4)), regression, 1)


def test_cuda_is_refused_not_replaced(data):
    with pytest.raises(DeviceUnavailable):
        train(NETWORK, data, 1, device="cuda")
