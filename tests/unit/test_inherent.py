"""Inherent energies: their limit, their pairs, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError


@pytest.fixture(scope="module")
def found():
    return sl.inherent_energies({3: 1.0, 4: 0.5}, [1.2, np.inf], [6, 9, 14], 6, seed=1)


def test_starts_come_to_rest_below_their_energy_and_nearer_from_the_cold(found):
    assert found.orders == (3, 4)
    assert found.weights == (1.0, 0.5)
    assert (found.converged == 1).all()
    assert (found.energies[:, 0] < -1.25 / 1.2).all()  # −ξ(1)/T: starts are planted at their mean energy
    assert (found.energies[:, 1] < 0).all()
    assert found.overlaps[:, 0].mean() > found.overlaps[:, 1].mean() + 0.2
    np.testing.assert_allclose(found.mean, found.energies.mean(axis=2))


def test_an_instance_is_the_same_alone_and_a_random_start_is_one(found):
    again = sl.inherent_energies({3: 1.0, 4: 0.5}, [np.inf], [6, 9], 2, seed=1)
    np.testing.assert_array_equal(again.energies[:, 0], found.energies[:2, 1, :2])


def test_energies_on_a_line_have_its_limit(found):
    """Scatter of unit variance about −1.6 + 2 N^(−2/3): the limit is that of weighted least squares, by its formula."""
    draw = np.random.default_rng(0)
    line = -1.6 + 2 * found.sizes ** (-2 / 3)
    exact = replace(
        found, energies=np.broadcast_to(line[:, None, None], (3, 2, 4)) + 1e-12 * draw.normal(size=(3, 2, 4))
    )
    np.testing.assert_allclose(exact.limit()[0], -1.6, atol=1e-10)
    noisy = replace(found, energies=line[:, None, None] + draw.normal(size=(3, 2, 400)))
    value, error = noisy.limit()
    design = np.stack([np.ones(3), found.sizes ** (-2 / 3)], axis=1)
    for k in range(2):
        weight = np.diag(1 / noisy.error[:, k] ** 2)
        covariance = np.linalg.inv(design.T @ weight @ design)
        assert value[k] == pytest.approx((covariance @ design.T @ weight @ noisy.mean[:, k])[0], rel=1e-9)
        assert error[k] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9)
    shift, width = noisy.limit(change=True)
    assert (shift[1], width[1]) == (0, 0)
    assert width[0] > 0


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"temperatures": [1.0, 0.5]}, "temperatures"),
        ({"temperatures": [-1.0]}, "temperatures"),
        ({"temperatures": [np.nan]}, "temperatures"),
        ({"temperatures": [np.inf, np.inf]}, "temperatures"),
        ({"sizes": [6]}, "sizes"),
        ({"sizes": [9, 6]}, "sizes"),
        ({"n_instances": 1}, "n_instances"),
        ({"order": 1}, "order"),
    ],
)
def test_bad_arguments_are_named(changed, name):
    good = {"order": 3, "temperatures": [1.0], "sizes": [5, 6], "n_instances": 2}
    with pytest.raises(ArgumentError, match=f"^{name}"):
        sl.inherent_energies(**good | changed)
