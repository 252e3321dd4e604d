"""J. Frankle, G. K. Dziugaite, D. Roy, M. Carbin, "Linear mode connectivity and the lottery ticket hypothesis"
(arXiv:1912.05671): LeNet on MNIST is stable to the order of the samples from the start.

784-300-100-10, Adam at 1.2e-3, batches of 60, 24 epochs there; two copies of one initialisation, other orders. Their
error barrier, the highest test error between them less the mean of the ends, stays below 2 %. Here 4 epochs and 4
pairs; a barrier of that size has a standard error of about 0.1 %, of which two are allowed.
"""

import numpy as np
import pytest

import spinland as sl

PAIRS, EPOCHS = 4, 4


@pytest.mark.slow
@pytest.mark.data
def test_two_copies_that_see_the_samples_in_other_orders_are_joined_by_a_line(mnist_folder):
    data = sl.load_dataset("mnist", mnist_folder)
    network = sl.ReLUNetwork((784, 300, 100, 10))
    initial = np.repeat(network.initialize(PAIRS, seed=1), 2, axis=0)
    trained = sl.train(
        network, data, 2 * PAIRS, sl.Adam(1.2e-3), 60, EPOCHS, seed=1, initial=initial, evaluate="none"
    ).params
    test = sl.NetworkLandscape(network, data.x_test, data.y_test, quantity="test loss")
    same = sl.connecting_path(test, trained[::2], trained[1::2], "chain", steps=0).evaluate(test, 21)
    other = sl.connecting_path(test, trained[:-2:2], trained[2::2], "chain", steps=0).evaluate(test, 21)

    def error_barrier(profile):
        error = 1 - profile.accuracy
        return profile.mean_of(error.max(axis=1) - error[:, [0, -1]].mean(axis=1))

    mean, deviation = error_barrier(same)
    assert mean < 0.02 + 2 * deviation
    assert error_barrier(other)[0] > 0.02  # copies of other initialisations are not joined
