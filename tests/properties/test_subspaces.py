"""Training in random subspaces against plain NumPy with the matrix written down, and what does not change its bits."""

import numba
import numpy as np
import pytest

import spinland as sl
from spinland import rng
from spinland.training.schedules import Cosine
from tests.oracles import network as networks
from tests.oracles import projection as projections
from tests.oracles import training as oracle
from tests.properties.test_training_oracle import make_data

SEED = 2**63 + 11
NETWORK = sl.ReLUNetwork((7, 5, 3))
OPTIMIZERS = {
    "sgd": (lambda r: sl.SGD(r), lambda: oracle.SGD()),
    "momentum": (lambda r: sl.SGD(r, 0.8, weight_decay=0.05), lambda: oracle.SGD(0.8, weight_decay=0.05)),
    "nesterov": (lambda r: sl.SGD(r, 0.7, nesterov=True), lambda: oracle.SGD(0.7, True)),
    "adam": (lambda r: sl.Adam(r, weight_decay=0.1), lambda: oracle.Adam(weight_decay=0.1)),
    "adamw": (lambda r: sl.AdamW(r), lambda: oracle.Adam(weight_decay=1e-2, decoupled=True)),
}


def along(data, optimizer, rate, matrix, start, orders, batch_size=8):
    """z after each epoch: plain NumPy."""
    x, y, *_ = data
    z, history = np.zeros(matrix.shape[1]), []
    steps = -(-len(x) // batch_size)
    for epoch, order in enumerate(orders):
        for number in range(steps):
            batch = order[number * batch_size : (number + 1) * batch_size]
            g = networks.gradient(NETWORK.widths, True, start + matrix @ z, x[batch], y[batch], "cross_entropy")
            z = optimizer.step(z, matrix.T @ g, rate(epoch + number / steps))
        history.append(z)
    return np.array(history)


def trained(data, optimizer, dimension, replicas=(5,), epochs=3, **options):
    settings = {"optimizer": optimizer, "batch_size": 8, "epochs": epochs, "seed": SEED, "dtype": "float64"}
    return sl.train_subspace(NETWORK, data, dimension, None, replicas=replicas, **settings | options)


def orders(data, replica=5, epochs=3):
    return [rng.permutation(SEED, rng.Purpose.SHUFFLE, replica, e, len(data[0])) for e in range(epochs)]


@pytest.mark.parametrize("kind", ["signs", "normal"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_coordinates_are_those_of_plain_numpy(name, kind):
    data = make_data("classification")
    make, reference = OPTIMIZERS[name]
    matrix = projections.matrix(SEED, rng.Purpose.SUBSPACE, 5, NETWORK.n_params, 6, kind)
    start = NETWORK.initialize(1, SEED, first=5, dtype="float64")[0]
    ensemble = trained(data, make(Cosine(0.2, 0.01)), 6, projection=kind, snapshots=True)
    want = along(data, reference(), oracle.cosine(0.2, 0.01, 3), matrix, start, orders(data))
    np.testing.assert_allclose(ensemble.coordinates[0], want[-1], rtol=1e-9, atol=1e-12)
    points = np.concatenate([start[None], start + want @ matrix.T])
    np.testing.assert_allclose(ensemble.snapshots[0], points, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_in_full_dimension_it_is_free_descent_in_the_metric_of_the_projection(momentum):
    """w ← w − rate P Pᵀ g: the free path where P is orthogonal, and for these signs one in another metric."""
    data, dim = make_data("classification"), NETWORK.n_params
    matrix = projections.matrix(SEED, rng.Purpose.SUBSPACE, 5, dim, dim, "signs")
    start = NETWORK.initialize(1, SEED, first=5, dtype="float64")[0]
    ensemble = trained(data, sl.SGD(0.1, momentum), dim)
    assert np.linalg.matrix_rank(matrix) == dim

    def free(metric):
        point, optimizer = start, oracle.SGD(momentum)
        for order in orders(data):
            for low in range(0, len(order), 8):
                batch = order[low : low + 8]
                g = networks.gradient(NETWORK.widths, True, point, data[0][batch], data[1][batch], "cross_entropy")
                point = optimizer.step(point, metric @ g, 0.1)
        return point

    np.testing.assert_allclose(ensemble.params[0], free(matrix @ matrix.T), rtol=1e-9, atol=1e-12)
    # With P made orthogonal the same steps of z are the free path of sl.train.
    orthogonal = np.linalg.qr(matrix)[0]
    z = along(data, oracle.SGD(momentum), lambda t: 0.1, orthogonal, start, orders(data))[-1]
    settings = {"batch_size": 8, "epochs": 3, "seed": SEED, "dtype": "float64", "replicas": [5]}
    unbound = sl.train(NETWORK, data, None, sl.SGD(0.1, momentum), **settings)
    np.testing.assert_allclose(start + orthogonal @ z, unbound.params[0], rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("all_threads")
def test_bits_depend_neither_on_threads_nor_on_company():
    data = make_data("classification")
    together = trained(data, sl.Adam(0.1), 40, (0, 3, 4, 5), share=3, dtype="float32", snapshots=True)
    np.testing.assert_array_equal(together.subspaces, [0, 1, 1, 1])
    parts = trained(data, sl.Adam(0.1), 40, (0, 3, 4, 5), share=3, dtype="float32", group_size=3)
    alone = trained(data, sl.Adam(0.1), 40, (4,), share=3, dtype="float32", snapshots=True)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        slow = trained(data, sl.Adam(0.1), 40, (0, 3, 4, 5), share=3, dtype="float32")
    finally:
        numba.set_num_threads(before)
    for other in (parts, slow):
        np.testing.assert_array_equal(other.params, together.params)
        np.testing.assert_array_equal(other.coordinates, together.coordinates)
    np.testing.assert_array_equal(alone.snapshots[0], together.snapshots[2])


def test_points_are_found_again_from_their_coordinates():
    data = make_data("classification")
    for kind in ("signs", "normal"):
        found = trained(data, sl.SGD(0.1), 9, (2, 7), projection=kind, keep_initial=True)
        again = sl.subspace_points(found.coordinates, found.initial, SEED, kind, found.subspaces)
        np.testing.assert_array_equal(again, found.params)
        one = sl.subspace_points(found.coordinates[1], found.initial[1], SEED, kind, 7)
        np.testing.assert_array_equal(one, found.params[1])


def test_a_cutting_plane_begins_at_its_origin():
    data = make_data("classification")
    solution = sl.train(NETWORK, data, 1, sl.Adam(0.05), 8, 5, dtype="float64")
    found = trained(data, sl.SGD(0.02), 4, (0, 1), origin=solution.params[0], keep_initial=True)
    np.testing.assert_array_equal(found.initial, solution.params[[0, 0]])
    np.testing.assert_array_equal(found.train_loss[:, 0], solution.train_loss[0, -1])
    assert not np.array_equal(found.params[0], found.params[1])


def test_without_a_step_it_is_the_initialisation_and_a_diverged_replica_is_nan():
    data = make_data("classification")
    still = trained(data, sl.SGD(0.1), 4, epochs=0)
    np.testing.assert_array_equal(still.params, NETWORK.initialize(1, SEED, first=5, dtype="float64"))
    with pytest.warns(sl.DivergenceWarning, match="5"):
        gone = trained(data, sl.SGD(1e200), 4)
    assert gone.diverged.all()
    assert np.isnan(gone.params).all()
    assert np.isnan(gone.coordinates).all()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dimension", {"dimension": NETWORK.n_params + 1}),
        ("dimension", {"dimension": 0}),
        ("projection", {"projection": "sparse"}),
        ("share", {"share": 0}),
        ("origin", {"origin": np.zeros(3)}),
        ("origin", {"origin": np.zeros((3, NETWORK.n_params))}),
        ("origin", {"origin": np.full(NETWORK.n_params, np.nan)}),
    ],
)
def test_bad_arguments_are_named(name, wrong):
    with pytest.raises(sl.ArgumentError, match=f"^{name}"):
        trained(make_data("classification"), sl.SGD(0.1), **{"dimension": 4} | wrong)


def test_bad_coordinates_are_named():
    for wrong, name in (
        ({"coordinates": np.zeros((2, 3)), "origins": np.zeros(2)}, "coordinates"),
        ({"coordinates": np.zeros((2, 3)), "origins": np.zeros((3, 9))}, "origins"),
        ({"coordinates": np.zeros((2, 3)), "origins": np.zeros(9), "subspaces": [1]}, "subspaces"),
        ({"coordinates": np.zeros((2, 3)), "origins": np.zeros(9), "projection": "x"}, "projection"),
    ):
        with pytest.raises(sl.ArgumentError, match=f"^{name}"):
            sl.subspace_points(**wrong)
