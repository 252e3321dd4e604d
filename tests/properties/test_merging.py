"""The way on which two units become one depends on the loss alone: not on places asked for, nor on steps taken.

No random error: everything is exact but for rounding and the tolerance of minimisations.
"""

from functools import cache

import numpy as np
import pytest

import spinland as sl
from spinland.connect import kinks, merging
from spinland.connect.permutations import weights_of_units
from tests.published.test_brea import problem


@cache
def solution(seed, inputs=3, outputs=2):
    landscape = problem(inputs, outputs, seed=seed, n=60)
    found = sl.minimize(landscape, 2 * landscape.network.initialize(8, 1, dtype="float64"), 1e-9)
    return landscape, found.points[np.argmin(np.where(found.converged, found.values, np.inf))]


@pytest.mark.parametrize("seed", range(2))
def test_the_height_does_not_depend_on_how_many_places_are_asked_for(seed):
    landscape, point = solution(seed)
    ways = [sl.permutation_saddle(landscape, point, 0, (0, 1), n=n) for n in (11, 21, 41)]
    assert len({way.value for way in ways}) == 1
    for way in ways[1:]:
        np.testing.assert_array_equal(way.breaks, ways[0].breaks)
        every = (len(way.places) - 1) // 10
        np.testing.assert_array_equal(way.points[::every], ways[0].points)


@pytest.mark.parametrize("seed", range(2))
def test_the_height_does_not_depend_on_the_steps(seed, monkeypatch):
    """Four times as fine: the same merged network, whatever was counted as a break."""
    landscape, point = solution(seed)
    coarse = sl.permutation_saddle(landscape, point, 0, (0, 1), n=2)
    monkeypatch.setattr(merging, "_LONGEST", 1 / 64)
    fine = sl.permutation_saddle(landscape, point, 0, (0, 1), n=2)
    assert coarse.settled
    assert fine.settled
    assert abs(coarse.value - fine.value) < 1e-10
    assert coarse.residual < 1e-8


def test_a_way_that_runs_off_to_infinity_ends_and_says_that_it_is_broken(monkeypatch):
    """Of this network the weights grow without end on the way; the steps are few, and the breaks tell."""
    landscape, point = solution(2)
    monkeypatch.setattr(merging, "_MOST", 100)
    way = sl.permutation_saddle(landscape, point, 0, (0, 1), n=3)
    assert not way.continuous
    assert len(way.breaks) > 0
    assert np.isfinite(way.values).all()


def test_the_way_has_no_break_where_it_says_so():
    """Between places of a continuous way the loss and the network change little; at a break they do not."""
    landscape, point = solution(1)
    way = sl.permutation_saddle(landscape, point, 0, (0, 1), n=101)
    moves = np.linalg.norm(np.diff(way.points, axis=0), axis=1)
    places = np.concatenate(weights_of_units(landscape.network, 0, (0, 1)), axis=1)
    apart = np.linalg.norm(way.points[0, places[0]] - way.points[0, places[1]]) / np.sqrt(2)
    broken = np.floor(way.breaks[:, 0] * 100 - 1e-9).astype(int)
    assert np.all(way.breaks[:, 1] > 0.05 * apart)
    assert set(np.flatnonzero(moves > 2 * apart)) <= set(broken)
    assert way.continuous == (len(way.breaks) == 0)
    assert np.all(way.breaks[:, 2] > 0)  # the loss falls at a break


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_ends_where_the_loss_rises_in_all_directions(seed):
    """On kinks or off them, from starts far from any minimum, against 2000 random directions."""
    landscape, _ = solution(seed)
    start = 2 * landscape.network.initialize(1, 100 + seed, dtype="float64")[0]
    rest = kinks.descend(landscape, start, np.eye(landscape.dim), 1e-9, 400)
    assert rest.settled
    assert rest.value < landscape.value(start)
    away = np.random.default_rng(seed).normal(size=(2000, landscape.dim))
    away *= 1e-5 / np.linalg.norm(away, axis=1, keepdims=True)
    assert landscape.value(rest.point + away).min() > rest.value - 1e-13


def test_a_minimum_on_a_kink_is_found_and_named():
    """(max(b, 0) + 1)² + (b − 1/2)² is lowest at b = 0, between slopes of −1 and 1: no Newton step ends there."""
    network = sl.ReLUNetwork((1, 1, 1))
    x, y = np.array([[0.0], [1.0]]), np.array([[-1.0], [1.5]])
    landscape = sl.NetworkLandscape(network, x, y, "mse", "float64")
    bias = network.spans[0].bias.start
    basis = np.eye(network.n_params)[:, bias : bias + 1]
    for b in (0.7, -0.3):
        rest = kinks.descend(landscape, np.array([1.0, b, 1.0, 0.0]), basis, 1e-10, 100)
        assert rest.settled
        np.testing.assert_array_equal(rest.kinks, [[0, 0]])
        assert rest.point[bias] == 0
        assert rest.value == pytest.approx((1 + 0.25) / 2)
