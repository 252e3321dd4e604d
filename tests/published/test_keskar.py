"""N. S. Keskar, D. Mudigere, J. Nocedal, M. Smelyanskiy, P. T. P. Tang, "On large-batch training for deep learning"
(arXiv:1609.04836), network F1: 784 and five hidden layers of 512 on MNIST, Adam, batches of 256 against 10 % of the
samples; sharpness 100 (max f − f)/(1 + f) on the box ε(|x| + 1), ε = 1e-3: 1.23 ± 0.83 against 205 ± 70, test accuracy
98.03 against 97.81 %.

Reduced: five hidden layers of 128, no batch normalisation, the first 5,000 images, batches of 32 (20 epochs) and 500
(60 epochs), 4 replicas from common starts, seed 1. Order and accuracy come out; the ratio of the sharpnesses is about
20, not 170: the small batches have not come to the bottom (loss 0.02 to 0.04 against 0.001 to 0.01), and no batch
normalisation hides the scale of the weights. Ten steps of L-BFGS-B end 1 % below the maximum for small batches and up
to a third below it for large ones: it takes longer where it is sharp, so ten steps understate the ratio.
"""

import numpy as np
import pytest

import spinland as sl

REPLICAS = 4
STANDARD_ERRORS = 2  # of the mean logarithm of the ratio over replicas


@pytest.mark.slow
@pytest.mark.data
def test_large_batches_end_ten_times_sharper_and_a_little_worse(mnist_folder):
    whole = sl.load_dataset("mnist", mnist_folder)
    data = whole.subset(5000, None)
    network = sl.ReLUNetwork((784, *[128] * 5, 10))
    landscape = sl.NetworkLandscape(network, data)
    sharp, few, accuracy = [], [], []
    for batch_size, epochs in ((32, 20), (500, 60)):
        trained = sl.train(network, data, REPLICAS, sl.Adam(1e-3), batch_size, epochs, seed=1, evaluate="final")
        found = sl.sharpness(landscape, trained.params, "keskar", 1e-3)
        assert found.converged.all()
        sharp.append(found.value)
        few.append(found.few_steps / found.value)
        accuracy.append(trained.test_accuracy[:, -1])
    ratio = np.log(sharp[1] / sharp[0])
    assert ratio.mean() - STANDARD_ERRORS * ratio.std(ddof=1) / REPLICAS**0.5 > np.log(10)
    assert np.mean(accuracy[0]) > np.mean(accuracy[1])
    assert np.all(few[0] > 0.9)
    assert np.all(few[1] > 0.5)
    assert few[1].mean() < few[0].mean()
