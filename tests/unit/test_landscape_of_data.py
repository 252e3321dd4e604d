"""A network landscape takes a data set for its training samples, and says what its values are."""

import numpy as np
import pytest

import spinland as sl
from tests.oracles import results


def test_a_network_landscape_of_a_data_set_is_that_of_its_training_samples():
    data, network = results.data(), results.network()
    of_arrays = sl.NetworkLandscape(network, data.x_train, data.y_train)
    assert results.landscape().fingerprint == of_arrays.fingerprint
    assert (of_arrays.quantity, of_arrays.unit) == ("loss", "nats")
    assert results.landscape().loss == "cross_entropy"
    assert results.squared().loss == "mse"
    assert sl.NetworkLandscape(network, data, loss="mse").unit == "mean squared error"
    assert sl.NetworkLandscape(sl.ReLUNetwork((64, 4, 10)), "digits").n_samples == 1438
    column = sl.NetworkLandscape(sl.ReLUNetwork((3, 2, 1)), np.ones((4, 3)), np.ones(4))
    assert column.loss == "mse"


def test_what_is_missing_twice_or_no_word_is_refused():
    data, network = results.data(), results.network()
    with pytest.raises(sl.ArgumentError, match=r"^y: "):
        sl.NetworkLandscape(network, data.x_train)
    with pytest.raises(sl.ArgumentError, match=r"^y: "):
        sl.NetworkLandscape(network, data, data.y_train)
    with pytest.raises(sl.ArgumentError, match=r"^quantity: "):
        sl.NetworkLandscape(network, data, quantity=3)
    with pytest.raises(sl.ArgumentError, match=r"^unit: "):
        sl.FunctionLandscape(lambda w: w[:, 0], 2, unit=None)
