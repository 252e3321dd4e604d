"""Accuracy against the dimension of a random subspace, and the thresholds that are told of it."""

import numpy as np
import pytest

import spinland as sl
from spinland.connect.dimensions import _crossing

NETWORK = sl.ReLUNetwork((64, 8, 10))
DATA = sl.load_dataset("digits").subset(200, 80)


def measured(dimensions=(4, 40, 200), **options):
    settings = {"optimizer": sl.Adam(0.05), "epochs": 4, "seed": 3}
    return sl.intrinsic_dimension(NETWORK, DATA, dimensions, 5, 0.7, **settings | options)


@pytest.fixture(scope="module")
def found():
    return measured()


def test_accuracies_are_those_of_the_trainings(found):
    settings = {"epochs": 4, "seed": 3}
    for k, d in enumerate(found.dimensions):
        one = sl.train_subspace(NETWORK, DATA, d, 5, optimizer=sl.Adam(0.05), **settings)
        np.testing.assert_array_equal(found.accuracy[k], one.test_accuracy[:, -1])
        np.testing.assert_array_equal(found.train_loss[k], one.train_loss[:, -1])
    direct = sl.train(NETWORK, DATA, 5, sl.Adam(0.05), **settings)
    np.testing.assert_array_equal(found.direct, direct.test_accuracy[:, -1])
    again = measured(baseline=direct)
    np.testing.assert_array_equal(again.required, found.required)


def test_thresholds_name_their_baselines(found):
    np.testing.assert_allclose(found.required, [0.7, 0.7 * found.direct.mean()])
    reached = found.accuracy[None] >= found.required[:, None, None]
    np.testing.assert_array_equal(found.success, reached.mean(axis=2))
    assert found.required[1] < found.required[0]
    assert 4 < found.crossing[1] < 200
    assert found.crossing_error[1] > 0
    assert found.midpoint[1] <= np.log(200)


def test_a_crossing_is_interpolated_in_the_logarithm():
    accuracy = np.array([[0.2, 0.4], [0.5, 0.7], [0.9, 0.9]])
    logs = np.log([10, 100, 1000])
    assert _crossing(logs, accuracy, 0.45) == pytest.approx(np.sqrt(1000))
    assert np.isnan(_crossing(logs, accuracy, 0.95))
    assert np.isnan(_crossing(logs, accuracy, 0.1))
    accuracy[1, 1] = np.nan  # a diverged replica has no accuracy, and counts as none
    assert _crossing(logs, accuracy, 0.45) > 100


def test_of_several_optimizers_the_one_with_the_lowest_training_loss_counts(found):
    both = measured(optimizer=[sl.SGD(1e-9), sl.Adam(0.05)], dimensions=[4, 40])
    np.testing.assert_array_equal(both.best, [1, 1])
    np.testing.assert_array_equal(both.accuracy, found.accuracy[:2])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dimensions", {"dimensions": [4, 4]}),
        ("dimensions", {"dimensions": [0, 4]}),
        ("dimensions", {"dimensions": []}),
        ("dimensions", {"dimensions": [4, NETWORK.n_params + 1]}),
        ("optimizer", {"optimizer": []}),
        ("optimizer", {"optimizer": 0.1}),
        ("baseline", {"baseline": 0.9}),
        ("projection", {"projection": "x"}),
    ],
)
def test_bad_arguments_are_named(name, wrong):
    with pytest.raises(sl.ArgumentError, match=f"^{name}"):
        measured(**wrong)


def test_bad_thresholds_and_tasks_are_named():
    for share in (0, 1, np.nan):
        with pytest.raises(sl.ArgumentError, match=r"^threshold"):
            sl.intrinsic_dimension(NETWORK, DATA, [4], 2, share)
    with pytest.raises(sl.ArgumentError, match=r"^dataset"):
        sl.intrinsic_dimension(sl.ReLUNetwork((3, 4, 3)), "linnerud", [4], 2)
    with pytest.raises(sl.ArgumentError, match=r"^n_replicas"):
        sl.intrinsic_dimension(NETWORK, DATA, [4], 1)
