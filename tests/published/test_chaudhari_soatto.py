"""Chaudhari and Soatto 2018, "Stochastic gradient descent performs variational inference, converges to limit cycles for
deep networks", arXiv:1710.11029.

Networks with 64 hidden units on MNIST of 7 × 7 pixels. Published: the covariance of the gradients has a rank of less
than 2 % of the parameters, and the increments of training remember each other at long lags, outside the 99 % band of
independent ones, which they read as limit cycles. Ours: 10,000 images, descent at 0.1 with momentum 0.9 in batches of
128, no batch normalisation, gradients of 2,000 samples; the rank is NumPy's, of float32.
"""

import numpy as np
import pytest

import spinland as sl


def small_images(folder, n, n_test):
    """Digits of 7 × 7 pixels, means of 4 × 4."""
    whole = sl.load_dataset("mnist", folder).subset(n, n_test)
    x, z = (
        one.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(len(one), 49) for one in (whole.x_train, whole.x_test)
    )
    return sl.Dataset("small MNIST", x, whole.y_train, z, whole.y_test)


@pytest.mark.slow
@pytest.mark.data
def test_the_rank_of_the_noise_is_small_and_falls_with_depth_and_training(mnist_folder):
    """Met with two hidden layers after 60 epochs (1.1 and 1.2 %), not with one (5 %). Seed 1, 2 replicas."""
    data, share = small_images(mnist_folder, 10_000, 2000), {}
    for hidden in ((64,), (64, 64)):
        network = sl.ReLUNetwork((49, *hidden, 10))
        found = sl.train(
            network, data, 2, sl.SGD(0.1, momentum=0.9), 128, 60, seed=1, snapshots=[12, 60], evaluate="none"
        )
        landscape = sl.NetworkLandscape(network, data.x_train[:2000], data.y_train[:2000])
        ranks = [[sl.gradient_noise(landscape, at, 2).rank for at in points] for points in found.snapshots]
        share[hidden] = np.array(ranks) / network.n_params
    assert np.all(share[64, 64][:, 1] < 0.02)
    assert np.all(share[64,][:, 1] > 0.04)
    for ranks in share.values():
        assert np.all(ranks[:, 1] < ranks[:, 0])


@pytest.mark.slow
@pytest.mark.data
def test_memory_at_long_lags_is_no_current(mnist_folder):
    """49-64-10, 3,000 images, 4 replicas recorded for 64 epochs, seeds 1 and 2; once an epoch.

    Not met as a limit cycle: neighbouring increments of an epoch are anticorrelated, outside the 99 % band, but so they
    are in any valley that holds; of lags from 5 to 16 fewer than half are outside, and the probability current is not
    told from its reversal at the level 0.01.
    """
    data, network = small_images(mnist_folder, 3000, 500), sl.ReLUNetwork((49, 64, 10))
    start = sl.train(network, data, 4, sl.SGD(0.1), 100, 200, seed=1, evaluate="none").params
    record = sl.record_trajectory(network, data, start, sl.SGD(0.1), 100, 64, seed=2, every=30)
    epochs = sl.increments(record, 16, per="epoch")
    assert epochs.autocorrelation[0] < -epochs.band[0]
    assert np.mean(np.abs(epochs.autocorrelation[4:]) > epochs.band[4:]) < 0.5
    assert sl.probability_current(record, n_modes=4).p > 0.01
