"""Small data, landscapes, points and results that calls of public functions share; for changing there are new ones."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import spinland as sl
from spinland.data.dataset import Dataset
from spinland.provenance import record


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def total(w):
    return w.sum(axis=1)


@cache
def network():
    return sl.ReLUNetwork((3, 4, 2))


@cache
def unbiased():
    return sl.ReLUNetwork((2, 3, 2), bias=False)


@cache
def digits():
    x, y = numbers(12, 3), np.arange(12) % 2
    return Dataset("made", x, y, x[:6], y[:6])


@cache
def loss():
    return sl.NetworkLandscape(network(), digits().x_train, digits().y_train, dtype="float64")


@cache
def glass():
    return sl.SphericalSpinGlass(5, 3, seed=1)


@cache
def bowl():
    return sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), 3, gradient=lambda w: 2 * w)


def spins(n=3, seed=0):
    return glass().random_points(n, seed).copy()


def weights(n=3, seed=0):
    return network().initialize(n, seed=seed, dtype="float64")


@cache
def ensemble():
    return sl.train(network(), digits(), 4, batch_size=4, epochs=2, keep_initial=True, snapshots=True)


@cache
def walk():
    return sl.random_walk(loss(), weights(2), 0.1, 12, 3)


@cache
def statistics():
    return sl.pair_statistics(numbers(6, 5))


@cache
def correlations():
    return [sl.correlation(sl.SphericalSpinGlass(5, 3, seed=s), n_pairs=20) for s in range(3)]


@cache
def exchange():
    return sl.replica_exchange(glass(), [0.3, 0.6, 1.0], 40)


@cache
def couplings():
    return sl.path_couplings(unbiased(), numbers(12), numbers(2, seed=1))


def store():
    held = sl.Store(Path(tempfile.mkdtemp()) / "kept.h5")
    held.save("walk", walk())
    return held


def reserved():
    """A result of the store that is written row by row."""
    return {
        "kind": sl.OverlapDistribution,
        "n_rows": 6,
        "rows": {"density": ((2,), "f8")},
        "fields": {"edges": np.arange(3.0), "density_error": np.ones(2), "provenance": record("made")},
    }


def symmetry(seed=0):
    return sl.symmetry.random_symmetry(network(), seed)


def walkers(starts):
    return {"starts": starts, "origin_index": np.array([0, 2, 1, 2]), "numbers": np.arange(7, 11)}


@cache
def simplex():
    return sl.grow_simplex(bowl(), numbers(2, 3), 1, steps=2)


@cache
def snapshots():
    return sl.train(network(), digits(), 2, sl.SGD(0.1), 4, 2, snapshots=True)
