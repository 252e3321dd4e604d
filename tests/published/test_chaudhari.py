"""P. Chaudhari et al., "Entropy-SGD" (arXiv:1611.01838): the test error of SGD, at a lower cross-entropy;
about 90 % of the Hessian's eigenvalues are below 1e-2 in modulus.

MNIST there; here 784-64-10 on the first 6000 images, batches of 128, four replicas in pairs that begin at the same
points, seed 0, at equal gradient evaluations: 40 passes over the training set, SGD at 0.1 against two epochs of
L = 20 inner steps at 0.1, noise 1e-4, γ = 0.03 and outer steps to the mean. The equal error is met, the lower
cross-entropy is not: it is that of SGD (0.264 and 0.265, ± 0.002). With γ = 0.3 it was 0.274, and with Nesterov's
momentum in both, 0.383 against 0.289, at an error of 7.1 % against 6.3 %; those are not asked for here. The
eigenvalues (on 1500 of the images, broadened to 1e-3) are met: 98 % for both.
"""

import numpy as np
import pytest

import spinland as sl


@pytest.mark.slow
def test_entropy_sgd_has_the_error_of_sgd_and_no_lower_cross_entropy(mnist_folder):
    """Differences of four pairs: loss 0.0009 ± 0.0004, asked for within 0.005; error 0.05 ± 0.02 %, within 0.5 %."""
    mnist, network = sl.load_dataset("mnist", mnist_folder), sl.ReLUNetwork((784, 64, 10))
    data = mnist.x_train[:6000], mnist.y_train[:6000], mnist.x_test, mnist.y_test
    rules = (sl.SGD(0.1), 40), (sl.EntropySGD(0.03, sl.SGD(1 / 0.03), 20, 0.1, 1e-4), 2)
    plain, entropy = runs = [
        sl.train(network, data, 4, rule, 128, epochs, seed=0, evaluate="final") for rule, epochs in rules
    ]
    assert plain.gradient_evaluations[-1] == entropy.gradient_evaluations[-1] == 40
    assert (plain.train_loss[:, -1] < 0.12).all()
    loss = entropy.test_loss[:, -1] - plain.test_loss[:, -1]
    error = plain.test_accuracy[:, -1] - entropy.test_accuracy[:, -1]
    assert abs(np.mean(loss)) < 0.005
    assert abs(np.mean(error)) < 0.005
    landscape = sl.NetworkLandscape(network, data[0][:1500], data[1][:1500], dtype="float64")
    for run in runs:
        density = sl.spectral_density(landscape, run.params[0], 3, 40, n_extremes=12, width=1e-3)
        near = np.abs(density.grid) < 1e-2
        assert np.trapezoid(density.density[near], density.grid[near]) > 0.9
