"""L. Sagun, U. Evci, V. U. Güney, Y. Dauphin, L. Bottou (arXiv:1706.04454) and V. Papyan (arXiv:1811.07062): the Hessian
of a trained classifier has a bulk near zero and as many outliers as classes, or one fewer; P. Chaudhari et al.,
"Entropy-SGD" (arXiv:1611.01838): about 90 % of its eigenvalues are below 1e-2 in modulus.

MNIST and 784-64-10 there; here the digits, 64-32-C, with labels merged to C = 2, 5 and 10 classes, by SGD with momentum
to a loss below 0.02, four replicas each. Outliers are those beyond the widest gap: C − 1 of them, as long as the gap
is the widest for three replicas of four (with two classes one replica in four has a second one apart).
"""

import numpy as np
import pytest

import spinland as sl

REPLICAS = 4


def merged(n_classes):
    digits = sl.load_dataset("digits")
    train, test = (np.asarray(y) * n_classes // 10 for y in (digits.y_train, digits.y_test))
    return sl.Dataset(f"digits {n_classes}", digits.x_train, train, digits.x_test, test, n_classes=n_classes)


@pytest.fixture(scope="module")
def spectra():
    """Densities at the solutions, by the number of classes."""
    found = {}
    for n_classes in (2, 5, 10):
        data, network = merged(n_classes), sl.ReLUNetwork((64, 32, n_classes))
        run = sl.train(network, data, REPLICAS, sl.SGD(0.1, momentum=0.9), 64, 30, seed=1, evaluate="final")
        assert run.train_loss[:, -1].max() < 0.02
        landscape = sl.NetworkLandscape(network, data, dtype="float64")
        found[n_classes] = [
            sl.spectral_density(landscape, point, 10, 80, n_extremes=2 * n_classes + 6, width=1e-3)
            for point in run.params
        ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [2, 5, 10])
def test_outliers_are_one_fewer_than_classes(spectra, n_classes):
    counts = [len(density.outliers) for density in spectra[n_classes]]
    gaps = [density.gaps[0] for density in spectra[n_classes]]
    assert all(density.converged.all() for density in spectra[n_classes])
    assert np.sum(np.equal(counts, n_classes - 1)) >= 3
    assert np.mean(gaps) > 2


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [2, 5, 10])
def test_nine_of_ten_eigenvalues_are_below_a_hundredth(spectra, n_classes):
    """The share within ±1e-2, broadened to 1e-3: its own error, band by band, is below 0.02."""
    for density in spectra[n_classes]:
        there = np.abs(density.grid) < 1e-2
        share = np.trapezoid(np.where(there, density.density, 0), density.grid)
        assert np.trapezoid(np.where(there, density.error, 0), density.grid) < 0.02
        assert share > 0.9
