"""Training in which the first layer works with lists of the inputs other than zero."""

import numba
import numpy as np
import pytest

from spinland import rng
from spinland.landscape.network import ReLUNetwork
from spinland.training.loop import train
from spinland.training.optimizers import SGD, Adam, AdamW
from spinland_kernels.networks import ADAM, CROSS_ENTROPY, Batches, Replicas, Rule, Samples, network_of
from spinland_kernels.sparse.lists import BLOCK
from spinland_kernels.training import cpu

from ..oracles import training as oracle

OPTIMIZERS = {
    "sgd": (SGD(0.02), oracle.SGD),
    "momentum decay": (SGD(0.02, 0.8, weight_decay=0.05), lambda: oracle.SGD(0.8, weight_decay=0.05)),
    "adam": (Adam(0.02), oracle.Adam),
    "adamw": (AdamW(0.02, weight_decay=0.3), lambda: oracle.Adam(weight_decay=0.3, decoupled=True)),
}


def sparse_data(n=90, inputs=7, k=3, share=0.25, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, inputs)) * (generator.random((n, inputs)) < share)
    x[3] = 0  # a sample without a list
    x[:, inputs // 2] = 0  # an input without one
    y = generator.integers(0, k, n)
    y[:k] = np.arange(k)
    return x.astype(np.float32), y, x[:8].astype(np.float32), y[:8]


def prepared(x, y):
    given = [array.view() for array in (x, y, np.empty((0, 3), x.dtype))]
    for array in given:
        array.flags.writeable = False  # as those of a data set: the same compiled code
    return cpu.prepare(Samples(*given, CROSS_ENTROPY))


def follow_oracle(network, data, optimizer, reference, batch_size):
    assert prepared(data[0], data[1]).lists.values.size
    ensemble = train(network, data, None, optimizer, batch_size, 3, 5, replicas=[2], dtype="float64", evaluate="none")
    orders = [rng.permutation(5, rng.Purpose.SHUFFLE, 2, e, len(data[0])) for e in range(3)]
    start = network.initialize(1, 5, first=2, dtype="float64")[0]
    points = oracle.train(
        start,
        network.widths,
        network.bias,
        data[0].astype(float),
        data[1],
        "cross_entropy",
        reference(),
        lambda t: 0.02,
        batch_size,
        orders,
    )
    np.testing.assert_allclose(ensemble.params[0], points[-1], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [1, 8, 90])
def test_every_rule_and_batch_size(name, batch_size):
    follow_oracle(ReLUNetwork((7, 6, 3)), sparse_data(), *OPTIMIZERS[name], batch_size)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("hidden", [(), (1,), (8,), (9, 4), (25,), (32,), (33,), (70, 5, 6)])
@pytest.mark.parametrize(("inputs", "batch_size"), [(5, 7), (64, 64), (130, 65)])
def test_widths_around_vectors_panels_and_blocks(bias, hidden, inputs, batch_size):
    network = ReLUNetwork((inputs, *hidden, 3), bias)
    follow_oracle(network, sparse_data(inputs=inputs), *OPTIMIZERS["adam"], batch_size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lists_and_matrix_products_agree(dtype):
    x, y, *_ = sparse_data(inputs=100)
    x = x.astype(dtype)
    network = ReLUNetwork((100, 50, 3))
    coefficients = Adam(0.01).coefficients(np.full(9, 0.01), 0).astype(dtype)
    found = []
    listed, dense = prepared(x, y), prepared(np.ones_like(x), y)
    assert listed.lists.values.size
    assert not dense.lists.values.size
    for ready in (listed, dense._replace(samples=listed.samples)):
        points = network.initialize(2, dtype=dtype)
        replicas = Replicas(points, np.zeros_like(points), np.zeros_like(points), np.ones(2, bool), np.arange(2))
        batches = Batches(np.uint64(1), 2, 0, 10, 0)
        cpu.descend(replicas, Rule(ADAM, coefficients), batches, network_of(network.widths, True), ready)
        assert replicas.alive.all()
        found.append(replicas[:3])
    for with_lists, with_products in zip(*found, strict=True):
        np.testing.assert_allclose(with_lists, with_products, rtol=0, atol=1e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lists_hold_the_samples(dtype):
    x = sparse_data(inputs=130)[0].astype(dtype)
    lists = prepared(x, sparse_data(inputs=130)[1]).lists
    again = np.zeros_like(x)
    for b, starts in enumerate(lists.starts):
        for i in range(len(x)):
            inside = slice(starts[i], starts[i + 1])
            assert (np.diff(lists.places[inside].astype(int)) > 0).all()
            again[i, b * BLOCK + lists.places[inside].astype(int)] = lists.values[inside]
    np.testing.assert_array_equal(again, x)
    assert lists.values.all()


@pytest.mark.usefixtures("all_threads")
def test_a_replica_is_the_same_alone_among_others_on_any_threads_and_in_any_launches(monkeypatch):
    from spinland.training import group

    data, network = sparse_data(inputs=100), ReLUNetwork((100, 70, 3))
    common = {"batch_size": 16, "epochs": 2, "seed": 3, "snapshots": True}
    whole = train(network, data, 7, **common)
    threads = numba.get_num_threads()
    monkeypatch.setattr(group, "LAUNCH_OPERATIONS", 1e6)
    try:
        numba.set_num_threads(1)
        other = train(network, data, replicas=[5, 2], group_size=1, **common)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(whole.params[[5, 2]], other.params)
    np.testing.assert_array_equal(whole.snapshots[[5, 2]], other.snapshots)


def test_a_replica_that_diverges_stops_alone():
    data, network = sparse_data(inputs=20), ReLUNetwork((20, 9, 3))
    start = network.initialize(3)
    start[1] = np.where(np.arange(start.shape[1]) % 2, 1e38, -1e38)
    with pytest.warns(UserWarning, match="now NaN: 1$"):
        ensemble = train(network, data, 3, initial=start, epochs=2)
    alone = train(network, data, replicas=[0, 2], initial=start[[0, 2]], epochs=2)
    np.testing.assert_array_equal(ensemble.params[[0, 2]], alone.params)
