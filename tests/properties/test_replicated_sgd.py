"""Replicated SGD against a plain NumPy trainer, closed forms of quadratics, and the optimisers it contains."""

import json

import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.store.hdf5 import Store
from spinland.training.flat import ReplicatedSGD
from spinland.training.loop import train_groups
from spinland.training.optimizers import SGD, Adam, AdamW
from spinland.training.plan import Plan
from spinland.training.settings import TrainingSettings
from spinland.training.stepwise import CoupledGroup

from ..oracles import around
from ..oracles import training as oracle
from ..oracles.around import BASES, BATCH, LINE, NETWORK, RATE, REPLICA, SEED, batches, quadratic, run, slope_of, start


@pytest.fixture(scope="module")
def data():
    return around.data()


def coupled(data, optimizer, replicas, epochs=2, order=None, **more):
    """The group of a training after its last epoch, with its copies; ``order`` permutes these among each other."""
    common = {"batch_size": BATCH, "epochs": epochs, "seed": SEED, "replicas": replicas, "dtype": "float64"}
    plan = Plan(NETWORK, data, TrainingSettings(optimizer=optimizer, **{**common, **more}))
    group = CoupledGroup(plan, 0, len(replicas))
    if order is not None:
        numbers = group.moving.numbers.reshape(len(replicas), -1)
        numbers[:] = numbers[:, order]
    for epoch in range(epochs):
        group.run_epoch(epoch)
    return group


@pytest.mark.parametrize("base", BASES)
def test_it_is_the_plain_trainer(data, base):
    ours, theirs = BASES[base]
    ensemble = run(data, ReplicatedSGD(0.6, ours, 3, 0.1))
    orders = [batches(2, 3 * REPLICA + a) for a in range(3)]
    copies = oracle.train_coupled(start(), slope_of(data), [theirs() for _ in orders], RATE, orders, 0.6, 0.1)
    np.testing.assert_allclose(ensemble.snapshots[0], copies.mean(axis=1)[[0, 5, 10]], rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(ensemble.gradient_evaluations, [0, 3, 6])
    assert np.abs(copies[-1] - copies[-1].mean(axis=0)).max() > 1e-2
    loose = run(data, ReplicatedSGD(0.6, ours, 3))
    assert np.abs(loose.params - ensemble.params).max() > 1e-5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("base", [SGD(0.1), SGD(0.1, 0.9, True, 0.01), Adam(0.01), AdamW(0.01)])
def test_one_copy_is_the_base_bit_for_bit(data, base, dtype):
    ours, theirs = (run(data, o, dtype=dtype, replicas=[0, 5]) for o in (ReplicatedSGD(0.7, base, 1, 0.1), base))
    for name in ("snapshots", "train_loss", "test_accuracy"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    several = run(data, ReplicatedSGD(0.7, base, 2, 0.1), dtype=dtype, replicas=[0, 5])
    assert (several.params != theirs.params).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("base", [SGD(0.1, 0.9), AdamW(0.01)])
def test_without_a_coupling_each_copy_is_the_base_bit_for_bit(data, base, dtype):
    free = coupled(data, ReplicatedSGD(0.0, base, 3, 0.1), [2, 5], dtype=dtype)
    starts = NETWORK.initialize(6, SEED, dtype=dtype)
    plain = run(data, base, dtype=dtype, replicas=[6, 7, 8, 15, 16, 17], initial=np.repeat(starts[[2, 5]], 3, axis=0))
    np.testing.assert_array_equal(free.moving.points, plain.params)
    bound = coupled(data, ReplicatedSGD(0.1, base, 3), [2, 5], dtype=dtype)
    assert (bound.moving.points != plain.params).any()


@pytest.mark.parametrize("base", [SGD(0.1, 0.9), Adam(0.01)])
def test_permuted_copies_have_the_same_centre(data, base):
    rule = ReplicatedSGD(0.5, base, 4, 0.01)
    one, other = (coupled(data, rule, [1, 3], order=order) for order in (None, [2, 0, 3, 1]))
    np.testing.assert_allclose(other.held.points, one.held.points, rtol=0, atol=1e-13)
    apart = one.moving.points.reshape(2, 4, -1)
    np.testing.assert_allclose(other.moving.points.reshape(2, 4, -1), apart[:, [2, 0, 3, 1]], rtol=0, atol=1e-13)
    assert np.abs(apart - apart[:, :1]).max() > 1e-3


def test_on_a_quadratic_the_centre_descends_and_its_copies_come_together():
    """w̄ − w* goes as (1 − ηA)^t and w_a − w̄ as (1 − η(A + γ))^t, whatever the copies began with."""
    data, a, best = quadratic()
    eta, gamma, steps = 0.1, 1.5, 7
    settings = TrainingSettings(
        optimizer=ReplicatedSGD(gamma, SGD(eta), 4), n_replicas=2, batch_size=20, epochs=steps, dtype="float64"
    )
    group = CoupledGroup(Plan(LINE, data, settings), 0, 2)
    start = np.random.default_rng(2).normal(size=(2, 4, 3))
    group.moving.points[:] = start.reshape(8, 3)
    for epoch in range(steps):
        group.run_epoch(epoch)
    centre, ended = start.mean(axis=1), group.moving.points.reshape(2, 4, 3)
    slow, fast = (np.linalg.matrix_power(np.eye(3) - eta * (a + g * np.eye(3)), steps) for g in (0.0, gamma))
    np.testing.assert_allclose(group.held.points, best + (centre - best) @ slow, rtol=1e-10)
    apart = (start - centre[:, None]) @ fast
    np.testing.assert_allclose(ended - ended.mean(axis=1)[:, None], apart, rtol=1e-9, atol=1e-13)


def test_the_noise_of_the_centre_is_that_of_one_copy_over_their_number():
    """At the minimum of a quadratic, batches of one of its samples, drawn with replacement.

    The centre then scatters with 1/y of the variance of plain SGD from the same point: after the first step exactly, as
    all gradients are taken at the minimum. 3000 replicas, seed 3, y = 4: the squares of the 20 gradients have a
    relative standard deviation of 1.58, those of means of four 1.08, so the ratio has a standard error of 3.5 %; 4 are
    allowed.
    """
    data, _, best = quadratic()
    ends = []
    for y in (1, 4):
        settings = TrainingSettings(
            optimizer=ReplicatedSGD(1.0, SGD(0.1), y),
            n_replicas=3000,
            batch_size=1,
            epochs=1,
            seed=3,
            dtype="float64",
            initial=np.tile(best, (3000, 1)),
            sampling="replacement",
        )
        group = CoupledGroup(Plan(LINE, data, settings), 0, 3000)
        group.run_steps(0, 0, 1)
        ends.append(np.mean((group.held.points - best) ** 2))
    np.testing.assert_allclose(ends[0] / ends[1], 4, rtol=4 * 0.035)


def test_the_pull_grows_at_each_step():
    assert [ReplicatedSGD(0.5, scoping=0.1).scope(t) for t in (0, 3)] == [0.5, pytest.approx(0.5 * 1.1**3, rel=1e-15)]
    assert ReplicatedSGD(0.5, scoping=10).scope(1000) == np.inf
    assert ReplicatedSGD(0.0, scoping=10).scope(1000) == 0
    with pytest.raises(ArgumentError, match="step"):
        ReplicatedSGD().scope(-1)


def test_replicas_whose_copies_have_no_number_are_refused(data):
    largest = 2**32 // 3 - 1
    train_groups(NETWORK, data, replicas=[largest], optimizer=ReplicatedSGD(n_coupled=3))
    with pytest.raises(ArgumentError, match=f"at most {largest}, as each has 3 copies"):
        train_groups(NETWORK, data, replicas=[largest + 1], optimizer=ReplicatedSGD(n_coupled=3))


def test_the_record_tells_base_and_settings_and_a_file_keeps_it(data, tmp_path):
    ensemble = run(data, ReplicatedSGD(0.1, SGD(0.1, 0.5), 2, 0.01), epochs=1)
    with Store(tmp_path / "one.h5", "a") as store:
        store.save("ensemble", ensemble)
    kept = Store(tmp_path / "one.h5", "r").load("ensemble")
    np.testing.assert_array_equal(kept.params, ensemble.params)
    np.testing.assert_array_equal(kept.gradient_evaluations, [0, 2])
    record = json.loads(kept.provenance.arguments)["optimizer"]
    assert (record["name"], record["base"]["name"], record["base"]["momentum"]) == ("ReplicatedSGD", "SGD", 0.5)
    assert (record["gamma"], record["n_coupled"], record["scoping"]) == (0.1, 2, 0.01)
