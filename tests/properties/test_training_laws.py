"""Laws of training that hold for any network: descent, symmetry of hidden units, order of samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.landscape.network import ReLUNetwork
from spinland.training.loop import train
from spinland.training.optimizers import SGD, Adam, AdamW


def make_data(seed, n=30, inputs=5, k=3):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, inputs)).astype(np.float32)
    return x, np.arange(n) % k, x[:6], np.arange(6) % k


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), depth=st.integers(0, 3), bias=st.booleans())
def test_loss_falls_at_every_small_step_along_the_full_gradient(seed, depth, bias):
    network = ReLUNetwork((5, *[6] * depth, 3), bias)
    ensemble = train(network, make_data(seed % 100), 3, SGD(1e-3), batch_size=30, epochs=20, seed=seed, dtype="float64")
    assert (np.diff(ensemble.train_loss, axis=1) < 0).all()


@pytest.mark.parametrize("optimizer", [SGD(0.05, 0.9, True), Adam(0.01), AdamW(0.01)])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_training_commutes_with_permutations_of_hidden_units(optimizer, seed):
    network = ReLUNetwork((5, 7, 3))
    order = np.random.default_rng(seed).permutation(7)
    start = network.initialize(1, seed, dtype="float64")

    def permuted(point):
        (w1, b1), (w2, b2) = network.layers(point)
        return network.flatten([(w1[order], b1[order]), (w2[:, order], b2)])

    common = {"batch_size": 7, "epochs": 3, "seed": seed, "dtype": "float64"}
    plain = train(network, make_data(seed), 1, optimizer, initial=start, **common)
    other = train(network, make_data(seed), 1, optimizer, initial=[permuted(start[0])], **common)
    np.testing.assert_allclose(other.params[0], permuted(plain.params[0]), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.train_loss, plain.train_loss, rtol=1e-9)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_one_batch_of_all_samples_does_not_know_their_order(seed):
    network = ReLUNetwork((5, 6, 3))
    data = make_data(seed)
    order = np.random.default_rng(seed).permutation(30)
    common = {"batch_size": 30, "epochs": 5, "seed": seed, "dtype": "float64"}
    plain = train(network, data, 2, SGD(0.1, 0.5), **common)
    other = train(network, (data[0][order], data[1][order], *data[2:]), 2, SGD(0.1, 0.5), **common)
    np.testing.assert_allclose(other.params, plain.params, rtol=1e-9, atol=1e-12)
