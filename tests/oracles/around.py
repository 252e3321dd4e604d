"""A small network, its data and plain gradients: what tests of optimisers that look around train."""

from __future__ import annotations

import numpy as np

from spinland import rng
from spinland.landscape.network import ReLUNetwork
from spinland.training.loop import train
from spinland.training.optimizers import SGD, AdamW

from . import network as networks
from . import training as oracle

NETWORK = ReLUNetwork((7, 6, 3))
SEED, REPLICA, BATCH, RATE, N = 2**63 + 5, 4, 8, 0.2, 37
BASES = {
    "sgd": (SGD(RATE), lambda: oracle.SGD()),
    "nesterov decay": (SGD(RATE, 0.7, True, 0.02), lambda: oracle.SGD(0.7, True, 0.02)),
    "adamw": (AdamW(RATE, weight_decay=0.3), lambda: oracle.Adam(weight_decay=0.3, decoupled=True)),
}
LINE = ReLUNetwork((3, 1), bias=False)


def data():
    """Samples for training, the first of them for the test."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(N, 7)).astype(np.float32)
    y = np.arange(N) % 3
    return x, y, x[:11], y[:11]


def batches(epochs, number=REPLICA):
    """All batches of so many passes that a replica or copy of this number meets, in the order of the registry."""
    orders = [rng.permutation(SEED, rng.Purpose.SHUFFLE, number, e, N) for e in range(epochs)]
    return [order[low : low + BATCH] for order in orders for low in range(0, N, BATCH)]


def slope_of(samples):
    """Gradient at a point on a batch."""
    x, y = samples[0].astype(float), samples[1]
    return lambda w, batch: networks.gradient(NETWORK.widths, True, w, x[batch], y[batch], "cross_entropy")


def start():
    """Where the replica begins."""
    return NETWORK.initialize(1, SEED, first=REPLICA, dtype="float64")[0]


def run(samples, optimizer, **more):
    """The ensemble of the replica."""
    common = {"batch_size": BATCH, "epochs": 2, "seed": SEED, "replicas": [REPLICA], "dtype": "float64"}
    return train(NETWORK, samples, None, optimizer, **{**common, "snapshots": True, **more})


def quadratic():
    """A linear network on all samples, f = (w − w*)' A (w − w*) / 2 + const, A and w* included."""
    generator = np.random.default_rng(7)
    x, y = (generator.normal(size=(20, k)).astype(np.float32).astype(float) for k in (3, 1))
    a = 2 * x.T @ x / 20
    return (x, y, x, y), a, np.linalg.solve(a, 2 * (x.T @ y)[:, 0] / 20)
