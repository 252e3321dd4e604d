"""Training against a plain NumPy trainer that is given the same starts and the same order of samples."""

import numpy as np
import pytest

from spinland import rng
from spinland.landscape.network import ReLUNetwork
from spinland.training.loop import train
from spinland.training.optimizers import SGD, Adam, AdamW
from spinland.training.schedules import Constant, Cosine, Cyclic, Step
from spinland_kernels.training.columns import PART

from ..oracles import network as networks
from ..oracles import training as oracle

EPOCHS = 4
SEED = 2**63 + 11

OPTIMIZERS = {
    "sgd": (lambda r: SGD(r), lambda: oracle.SGD()),
    "sgd decay": (lambda r: SGD(r, weight_decay=0.1), lambda: oracle.SGD(weight_decay=0.1)),
    "momentum": (lambda r: SGD(r, momentum=0.8), lambda: oracle.SGD(0.8)),
    "momentum decay": (lambda r: SGD(r, 0.8, weight_decay=0.05), lambda: oracle.SGD(0.8, weight_decay=0.05)),
    "nesterov": (lambda r: SGD(r, 0.7, nesterov=True), lambda: oracle.SGD(0.7, True)),
    "nesterov decay": (lambda r: SGD(r, 0.7, True, 0.02), lambda: oracle.SGD(0.7, True, 0.02)),
    "adam": (lambda r: Adam(r), lambda: oracle.Adam()),
    "adam own": (
        lambda r: Adam(r, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
        lambda: oracle.Adam((0.5, 0.9), 1e-3, 0.1),
    ),
    "adamw": (lambda r: AdamW(r), lambda: oracle.Adam(weight_decay=1e-2, decoupled=True)),
    "adamw own": (lambda r: AdamW(r, weight_decay=0.3), lambda: oracle.Adam(weight_decay=0.3, decoupled=True)),
}

SCHEDULES = {
    "constant": (Constant(0.03), lambda t: 0.03),
    "cosine": (Cosine(0.05, 0.001), oracle.cosine(0.05, 0.001, EPOCHS)),
    "cyclic": (Cyclic(0.001, 0.04, 1.6), oracle.cyclic(0.001, 0.04, 1.6)),
    "step": (Step(0.05, 0.3, 2), oracle.step(0.05, 0.3, 2)),
    "own": (lambda t: 0.02 / (1 + t), lambda t: 0.02 / (1 + t)),
}


def make_data(task, n=37, inputs=7, k=3, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, inputs)).astype(np.float32)
    x[:, 2] = 0  # a dead input
    if task == "classification":
        y = generator.integers(0, k, n)
        y[:k] = np.arange(k)
    else:
        y = generator.normal(size=(n, k)).astype(np.float32)
    return x, y, x[:11] + np.float32(0.5) * (x[:11] != 0), y[:11]


def run_both(network, data, optimizer, reference, rate, batch_size, loss, replica=5):
    ensemble = train(
        network,
        data,
        None,
        optimizer,
        batch_size,
        EPOCHS,
        SEED,
        replicas=[replica],
        loss=loss,
        dtype="float64",
        snapshots=True,
    )
    x, y = data[0].astype(float), data[1]
    if loss == "mse" and y.ndim == 1:
        y = np.eye(network.widths[-1])[y]
    start = network.initialize(1, SEED, first=replica, dtype="float64")[0]
    orders = [rng.permutation(SEED, rng.Purpose.SHUFFLE, replica, e, len(x)) for e in range(EPOCHS)]
    points = oracle.train(start, network.widths, network.bias, x, y, loss, reference, rate, batch_size, orders)
    return ensemble, points


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [1, 8, 37])
def test_every_optimizer_and_batch_size(name, batch_size):
    make, reference = OPTIMIZERS[name]
    network = ReLUNetwork((7, 6, 3))
    ensemble, points = run_both(
        network, make_data("classification"), make(0.02), reference(), lambda t: 0.02, batch_size, "cross_entropy"
    )
    np.testing.assert_allclose(ensemble.snapshots[0], points, rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(ensemble.params[0], ensemble.snapshots[0, -1])


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimizer", [SGD, AdamW])
def test_every_schedule(name, optimizer):
    schedule, rate = SCHEDULES[name]
    reference = oracle.SGD() if optimizer is SGD else oracle.Adam(weight_decay=1e-2, decoupled=True)
    ensemble, points = run_both(
        ReLUNetwork((7, 4, 3)), make_data("classification"), optimizer(schedule), reference, rate, 10, "cross_entropy"
    )
    np.testing.assert_allclose(ensemble.snapshots[0], points, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("hidden", [(), (5,), (6, 5), (4, 5, 6, 5, 4)])
@pytest.mark.parametrize(
    ("task", "loss"), [("classification", "cross_entropy"), ("classification", "mse"), ("regression", "mse")]
)
def test_every_depth_bias_and_loss(bias, hidden, task, loss):
    network = ReLUNetwork((7, *hidden, 3), bias=bias)
    data = make_data(task)
    ensemble, points = run_both(network, data, Adam(0.01), oracle.Adam(), lambda t: 0.01, 8, loss)
    np.testing.assert_allclose(ensemble.snapshots[0], points, rtol=1e-9, atol=1e-11)
    for which, (x, y) in {"train": data[:2], "test": data[2:]}.items():
        targets = np.eye(3)[y] if loss == "mse" and y.ndim == 1 else y
        want = [networks.loss(network.widths, bias, p, x, targets, loss) for p in points]
        np.testing.assert_allclose(getattr(ensemble, f"{which}_loss")[0], want, rtol=1e-9)
        have = getattr(ensemble, f"{which}_accuracy")[0]
        if task == "classification":
            want = [networks.accuracy(network.widths, bias, p, x, y) for p in points]
            np.testing.assert_allclose(have, want, rtol=1e-12)
        else:
            assert np.isnan(have).all()


def test_a_wide_layer_is_updated_in_several_parts():
    network = ReLUNetwork((70, 61, 3))
    assert network.widths[0] * network.widths[1] > PART
    ensemble, points = run_both(
        network, make_data("classification", inputs=70), Adam(0.01), oracle.Adam(), lambda t: 0.01, 8, "cross_entropy"
    )
    np.testing.assert_allclose(ensemble.snapshots[0], points, rtol=1e-9, atol=1e-11)
