"""SAM and Entropy-SGD against a plain NumPy trainer, closed forms of quadratics, and the optimisers they contain.

What all optimisers that look around have in common is tested here, of replicated SGD too.
"""

import json

import numba
import numpy as np
import pytest

from spinland import rng
from spinland.connect.subspaces import train_subspace
from spinland.errors import ArgumentError, DeviceUnavailable, DivergenceWarning
from spinland.landscape.network import ReLUNetwork
from spinland.noise.recording import record_trajectory
from spinland.training.flat import SAM, EntropySGD, ReplicatedSGD
from spinland.training.group import Group
from spinland.training.loop import train, train_groups
from spinland.training.optimizers import SGD, Adam, AdamW
from spinland.training.plan import Plan
from spinland.training.settings import TrainingSettings
from spinland_kernels.networks import NO_ORDERS

from ..oracles import around
from ..oracles import training as oracle
from ..oracles.around import BASES, BATCH, LINE, NETWORK, RATE, REPLICA, SEED, batches, quadratic, run, slope_of, start


@pytest.fixture(scope="module")
def data():
    return around.data()


@pytest.mark.parametrize("base", BASES)
def test_sam_is_the_plain_trainer(data, base):
    ours, theirs = BASES[base]
    ensemble = run(data, SAM(0.3, ours))
    points = oracle.train_around(start(), slope_of(data), oracle.SAM(0.3, theirs()), RATE, batches(2), 1)
    np.testing.assert_allclose(ensemble.snapshots[0], points[[0, 5, 10]], rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(ensemble.gradient_evaluations, [0, 2, 4])


@pytest.mark.parametrize("base", BASES)
def test_entropy_sgd_is_the_plain_trainer(data, base):
    """Three inner steps on five batches a pass: passes begin in the middle of a step."""
    ours, theirs = BASES[base]

    def noise(at):
        return rng.normals(SEED, rng.Purpose.ENTROPY, REPLICA, at, NETWORK.n_params)

    ensemble = run(data, EntropySGD(0.5, ours, 3, 0.4, 0.1, 0.6, 0.05))
    reference = oracle.EntropySGD(0.5, theirs(), 0.4, 0.1, 0.6, 0.05, noise)
    points = oracle.train_around(start(), slope_of(data), reference, RATE, batches(6), 3)
    np.testing.assert_allclose(ensemble.snapshots[0], points[[0, 5, 10]], rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(ensemble.gradient_evaluations, [0, 3, 6])
    still = run(data, EntropySGD(0.5, ours, 3, 0.4, 0, 0.6, 0.05))
    assert np.abs(still.params - ensemble.params).max() > 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("base", [SGD(0.1), SGD(0.1, 0.9, True, 0.01), Adam(0.01), AdamW(0.01)])
def test_sam_without_a_distance_is_its_base_bit_for_bit(data, base, dtype):
    ours, theirs = (run(data, o, dtype=dtype, replicas=[0, 5]) for o in (SAM(0.0, base), base))
    for name in ("snapshots", "train_loss", "test_accuracy"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert (run(data, SAM(0.05, base), dtype=dtype, replicas=[0, 5]).params != theirs.params).any()


@pytest.mark.parametrize("sampling", ["reshuffled", "replacement"])
def test_an_order_that_is_kept_is_the_one_that_a_launch_draws(data, sampling):
    def after(orders):
        settings = TrainingSettings(
            optimizer=SGD(0.3), n_replicas=3, batch_size=BATCH, epochs=3, seed=SEED, sampling=sampling
        )
        plan = Plan(NETWORK, data, settings)
        group = Group(plan, 0, 3)
        group.held = group.held._replace(orders=orders(plan, group.replicas))
        group.run_steps(2, 1, 4)
        return group.held.points

    drawn = after(lambda plan, numbers: NO_ORDERS)
    np.testing.assert_array_equal(after(lambda plan, numbers: plan.orders(2, numbers)), drawn)
    for other in (lambda plan, numbers: plan.orders(1, numbers), lambda plan, numbers: plan.orders(2, numbers + 1)):
        assert (after(other) != drawn).any(axis=1).all()


def test_entropy_sgd_of_one_step_without_noise_is_gradient_descent(data):
    """w − μ = η' g after one step that counts wholly: a plain step at the rate η γ η', whatever γ is."""
    plain = run(data, SGD(0.15))
    for gamma in (0.01, 3.0, 1000.0):
        ours = run(data, EntropySGD(gamma, SGD(0.15 / (gamma * 0.25)), 1, 0.25, 0.0, 1.0))
        np.testing.assert_allclose(ours.snapshots, plain.snapshots, rtol=1e-9, atol=1e-12)


def test_samples_are_drawn_with_replacement_where_that_is_asked_for(data):
    """One inner step that counts wholly is a plain step on the same batch, whatever batches are."""
    common = {"sampling": "replacement"}
    plain = run(data, SGD(0.15), **common)
    ours = run(data, EntropySGD(1.0, SGD(0.6), 1, 0.25, 0.0, 1.0), **common)
    np.testing.assert_allclose(ours.params, plain.params, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(run(data, SAM(0.0, SGD(0.15)), **common).params, plain.params)
    assert np.abs(run(data, SGD(0.15)).params - plain.params).max() > 1e-3


def steps_on_quadratic(optimizer, epochs=1, **more):
    data, _, _ = quadratic()
    common = {"batch_size": 20, "epochs": epochs, "dtype": "float64", "evaluate": "none"}
    return train(LINE, data, 1, optimizer, **{**common, "initial": [[2.0, -1.0, 0.5]], **more}).params[0]


def test_a_step_of_sam_on_a_quadratic():
    _, a, best = quadratic()
    w = np.array([2.0, -1.0, 0.5])
    g = a @ (w - best)
    want = w - 0.1 * (g + 0.7 * a @ g / np.linalg.norm(g))
    np.testing.assert_allclose(steps_on_quadratic(SAM(0.7, SGD(0.1))), want, rtol=1e-12)


def test_many_inner_steps_are_the_proximal_point_algorithm_on_a_quadratic():
    """μ → argmin f + γ|w' − w|²/2, to which a step at the rate 1/γ goes; 0.3 of the way at the rate 0.3/γ."""
    _, a, best = quadratic()
    w, gamma = np.array([2.0, -1.0, 0.5]), 0.8
    nearest = np.linalg.solve(a + gamma * np.eye(3), a @ best + gamma * w)
    for share in (1.0, 0.3):
        found = steps_on_quadratic(EntropySGD(gamma, SGD(share / gamma), 200, 0.2, 0.0))
        np.testing.assert_allclose(found, w + share * (nearest - w), rtol=1e-10)


def test_the_cloud_has_the_width_of_its_temperature():
    """On a quadratic with curvature λ along an axis, w' scatters with η' ε² / (1 − (1 − η'(λ + γ))²).

    4000 replicas, seed 3, a step to the newest point (α = 1): the variance along the three axes of A within 4 standard
    errors √(2/4000); they are independent, and one in 5000 runs would fail.
    """
    _, a, _ = quadratic()
    gamma, rate, eps, n = 0.5, 0.2, 0.3, 4000
    data, _, best = quadratic()
    rule = EntropySGD(gamma, SGD(1 / gamma), 60, rate, eps, 1.0)
    common = {"batch_size": 20, "epochs": 1, "seed": 3, "dtype": "float64", "evaluate": "none"}
    points = train(LINE, data, n, rule, initial=np.tile(best, (n, 1)), **common).params
    curvature, axes = np.linalg.eigh(a)
    want = rate * eps**2 / (1 - (1 - rate * (curvature + gamma)) ** 2)
    found = np.mean(((points - best) @ axes) ** 2, axis=0)
    np.testing.assert_allclose(found, want, rtol=4 * np.sqrt(2 / n))


def test_a_zero_gradient_leaves_sam_where_it_is():
    _, _, best = quadratic()
    data = np.zeros((4, 3)), np.zeros((4, 1)), np.zeros((4, 3)), np.zeros((4, 1))
    common = {"batch_size": 4, "epochs": 2, "dtype": "float64", "initial": best[None]}
    np.testing.assert_array_equal(train(LINE, data, 1, SAM(0.5, SGD(0.1)), **common).params[0], best)


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [
        (SAM(0.1, SGD(0.1, 0.9)), "float32"),
        (EntropySGD(0.5, Adam(0.01), 3, noise=0.01), "float32"),
        *((ReplicatedSGD(0.3, SGD(0.1, 0.9), 3), dtype) for dtype in ("float32", "float64")),
        *((ReplicatedSGD(0.5, Adam(0.01), 2, 0.01), dtype) for dtype in ("float32", "float64")),
    ],
)
@pytest.mark.parametrize("network", [NETWORK, ReLUNetwork((7, 1300, 3))])
def test_a_replica_is_the_same_alone_among_others_on_any_threads_in_any_group(data, optimizer, dtype, network):
    """The wider network has more numbers than NumPy sums without a break."""
    common = {"optimizer": optimizer, "batch_size": 8, "epochs": 2, "seed": 9, "dtype": dtype}
    threads = numba.get_num_threads()
    whole = train(network, data, 9, **common)
    try:
        numba.set_num_threads(1)
        on_one = train(network, data, 9, group_size=4, **common)
    finally:
        numba.set_num_threads(threads)
    alone = train(network, data, replicas=[6], **common)
    np.testing.assert_array_equal(whole.params, on_one.params)
    np.testing.assert_array_equal(whole.params[[6]], alone.params)
    np.testing.assert_array_equal(whole.test_loss[[6]], alone.test_loss)
    assert whole.provenance == alone.provenance
    assert len(np.unique(whole.params, axis=0)) == 9


@pytest.mark.parametrize("optimizer", [EntropySGD(0.5, SGD(0.2), 3, noise=0.1), ReplicatedSGD(0.5, SGD(0.2), 3)])
def test_dead_inputs_are_left_where_they_are(data, optimizer):
    x = data[0].copy()
    x[:, 4] = 0
    dead = (x, data[1], x[:11], data[1][:11])
    ensemble = run(dead, optimizer, keep_initial=True)
    (first, _), *_ = NETWORK.layers(ensemble.params[0])
    (was, _), *_ = NETWORK.layers(ensemble.initial[0])
    np.testing.assert_array_equal(first[:, 4], was[:, 4])
    assert (first[:, 3] != was[:, 3]).all()


@pytest.mark.parametrize("evaluate", ["both", "none"])
@pytest.mark.parametrize(
    ("optimizer", "batch_size", "epochs"),
    [
        *((o, 8, 3) for o in (SAM(0.1, SGD(1e30)), EntropySGD(0.5, SGD(1e30), 2), EntropySGD(1.0, langevin_rate=1e30))),
        # a rate too large, a pull too strong for the rate, and one that outgrows every number
        (ReplicatedSGD(0.1, SGD(1e30), 2), 2, 30),
        (ReplicatedSGD(1e4, SGD(0.1), 2), 2, 30),
        (ReplicatedSGD(0.1, scoping=1e40), 2, 30),
    ],
)
def test_what_diverges_is_said_and_nan(data, optimizer, batch_size, epochs, evaluate):
    with pytest.warns(DivergenceWarning, match="0, 1"):
        ensemble = train(NETWORK, data, 2, optimizer, batch_size, epochs, evaluate=evaluate)
    assert ensemble.diverged.all()
    assert np.isnan(ensemble.params).all()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("rho", lambda: SAM(-0.1)),
        ("rho", lambda: SAM(np.nan)),
        ("base", lambda: SAM(base=SAM())),
        ("base", lambda: EntropySGD(base="sgd")),
        ("gamma", lambda: EntropySGD(0)),
        ("n_langevin", lambda: EntropySGD(n_langevin=0)),
        ("langevin_rate", lambda: EntropySGD(langevin_rate=0)),
        ("noise", lambda: EntropySGD(noise=-1)),
        ("average", lambda: EntropySGD(average=0)),
        ("average", lambda: EntropySGD(average=1.5)),
        ("scoping", lambda: EntropySGD(scoping=-1)),
        ("gamma", lambda: ReplicatedSGD(-0.1)),
        ("gamma", lambda: ReplicatedSGD(np.inf)),
        ("base", lambda: ReplicatedSGD(base=SAM())),
        ("n_coupled", lambda: ReplicatedSGD(n_coupled=0)),
        ("n_coupled", lambda: ReplicatedSGD(n_coupled=2.5)),
        ("scoping", lambda: ReplicatedSGD(scoping=-1)),
    ],
)
def test_they_refuse(name, make):
    with pytest.raises(ArgumentError) as error:
        make()
    assert error.value.argument == name


@pytest.mark.parametrize("optimizer", [SAM(), EntropySGD(), ReplicatedSGD()])
def test_a_card_is_refused_in_words(data, optimizer):
    with pytest.raises(DeviceUnavailable, match=f"{type(optimizer).__name__} runs on the processor only"):
        train_groups(NETWORK, data, 1, optimizer, device="cuda")
    for odd in ("tpu", np.zeros(2), 3):
        with pytest.raises(ArgumentError, match="device"):
            train_groups(NETWORK, data, 1, optimizer, device=odd)


def test_the_record_tells_base_and_settings(data):
    rule = SAM(0.1, SGD(lambda t: 0.1 / (1 + t), 0.5))
    record = json.loads(run(data, rule, epochs=1).provenance.arguments)["optimizer"]
    assert record["name"] == "SAM"
    assert (record["rho"], record["base"]["name"], record["base"]["momentum"]) == (0.1, "SGD", 0.5)
    np.testing.assert_allclose(record["base"]["learning_rate"], 0.1 / (1 + np.arange(5) / 5))


@pytest.mark.parametrize("optimizer", [SAM(), EntropySGD(), ReplicatedSGD()])
def test_trainings_of_other_kinds_refuse_them(data, optimizer):
    for other in (
        lambda: train_subspace(NETWORK, data, 3, 1, optimizer=optimizer),
        lambda: record_trajectory(NETWORK, data, NETWORK.initialize(1), optimizer=optimizer, epochs=1),
    ):
        with pytest.raises(ArgumentError, match="SGD, Adam or AdamW"):
            other()
