"""Feng and Tu 2021, "The inverse variance–flatness relation in stochastic gradient descent is critical for finding flat
minima", PNAS 118, e2015617118.

784-50-50-10 on MNIST, plain descent at 0.1 in batches of 50, the matrix in the middle recorded at every step for ten
epochs after the training error vanished. Published: the variance of a principal mode falls with the width F of the
valley, where the loss is e times that at its bottom, as σ² ∝ F^−ψ, ψ ≈ 4. Ours: 3,000 images, 80 epochs, 3 replicas,
seeds 1 and 2; errors over replicas.
"""

import numpy as np
import pytest

import spinland as sl

PUBLISHED = 4.0


@pytest.mark.slow
@pytest.mark.data
def test_variance_falls_with_the_width_of_the_valley_but_not_by_one_exponent(mnist_folder):
    """Met: the inverse relation, by more than 5 errors, with both samplings. Not met: one exponent of 4.

    Looked at step by step with reshuffled batches, ψ is 1.50 ± 0.28 over the 10 leading modes and 1.94 ± 0.03 over 30,
    below 4 by more than 5 errors (2.19 ± 0.02 where the same records choose the modes and measure them, and 3.28 ± 0.02
    over 100, so it grows with how many are taken). Looked at once an epoch it is 3.5 ± 0.3 over 8, of too few records
    to tell the one from the other.
    """
    data, network = sl.load_dataset("mnist", mnist_folder).subset(3000, 1000), sl.ReLUNetwork((784, 50, 50, 10))
    landscape = sl.NetworkLandscape(network, data)
    start = sl.train(network, data, 3, sl.SGD(0.1), 50, 80, seed=1, evaluate="final")
    assert np.all(start.train_accuracy[:, -1] == 1)
    found = {}
    for sampling in ("reshuffled", "replacement"):
        record = sl.record_trajectory(
            network, data, start.params, sl.SGD(0.1), 50, 10, seed=2, layer=1, sampling=sampling
        )
        found[sampling] = sl.noise_modes(landscape, record, 30)
        assert found[sampling].exponent > 5 * found[sampling].exponent_error
        if sampling == "reshuffled":
            seldom = sl.noise_modes(landscape, record, 8, "epoch")
    many = found["reshuffled"]
    assert many.exponent + 5 * many.exponent_error < PUBLISHED
    assert abs(seldom.exponent - PUBLISHED) < 3 * seldom.exponent_error
