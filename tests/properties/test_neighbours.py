"""Saddles between neighbours against complete sets, minima of networks modulo symmetry, and the null of two trees."""

from dataclasses import replace

import numpy as np
import pytest

import spinland as sl
from spinland.connect.neighbours import _Networks
from spinland.errors import ArgumentError
from tests.oracles import results


def test_saddles_between_neighbours_of_a_small_glass_are_among_its_critical_points():
    """And barriers are upper bounds of those of the complete set."""
    glass, known = sl.SphericalSpinGlass(6, 3, seed=3), results.critical()
    minima = known.points[known.index == 0]
    found = sl.neighbour_saddles(glass, minima, len(minima) - 1)
    assert found.n_tried == len(minima) * (len(minima) - 1) // 2
    assert len(found.values) + sum(int(why.split(":")[0]) for why in found.refused) == found.n_tried
    assert np.all(found.index == 1)
    for point in found.points:
        nearest = np.argmin(np.linalg.norm(known.points - point, axis=1))
        np.testing.assert_allclose(known.points[nearest], point, atol=1e-6)
    tree = sl.disconnectivity(known.energy[known.index == 0], found)
    assert tree.n_joined == len(minima) - 1
    assert np.all(tree.barriers >= results.barriers().barriers - 1e-9)


def test_a_network_and_its_relabelled_copy_are_one_minimum():
    """Of 20 random permutations and rescalings of three networks all are known again, and no other network is."""
    landscape = results.regression_landscape()
    network = landscape.network
    points = network.initialize(4, 3, dtype="float64")
    room = _Networks(landscape, np.array(points[:3]))
    draw = np.random.default_rng(0)
    for k in range(20):
        (hidden, bias), (out, last) = (
            tuple(np.array(part) for part in layer) for layer in network.layers(points[k % 3])
        )
        order, scale = draw.permutation(3), np.exp(draw.normal(size=3))
        copy = network.flatten([(hidden[order] * scale[:, None], bias[order] * scale), (out[:, order] / scale, last)])
        assert abs(landscape.value(copy) - landscape.value(points[k % 3])) < 1e-12
        assert room._number(copy) == k % 3
    assert room._number(np.array(points[3])) == -1


def random_tree(draw, m):
    """A tree of barriers that knows nothing of where its minima are."""
    energies = draw.normal(size=m)
    pairs = np.array([(i, j) for i in range(m) for j in range(i + 1, m)])
    states = sl.neighbour_saddles(results.glass(), results.glass().random_points(2, 1), 1, n_images=1, max_iterations=0)
    heights = energies.max() + draw.random(len(pairs))
    states = replace(
        states, points=np.zeros((len(pairs), 12)), values=heights, minima=pairs, index=np.ones(len(pairs), int)
    )
    return sl.disconnectivity(energies, states)


def test_chance_is_right_about_trees_that_know_nothing_of_each_other():
    """100 pairs of independent trees of 8 minima, seed 4: p ≤ 0.1 in 10 of them, standard error 3; 3 errors allowed."""
    draw = np.random.default_rng(4)
    low = 0
    for k in range(100):
        heights = sl.hierarchy(draw.normal(size=(8, 5))).cophenetic
        p, spread = random_tree(draw, 8).chance(heights, 79, k)
        assert 0 < spread < 1
        low += p <= 0.1
    assert 1 <= low <= 19


def test_a_tree_is_its_own_by_more_than_chance():
    tree = random_tree(np.random.default_rng(1), 9)
    p, _ = tree.chance(tree.barriers, 199)
    assert p <= 2 / 200
    assert tree.chance(tree.barriers, 199) == tree.chance(tree.barriers, 199)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("minima", lambda: sl.neighbour_saddles(results.glass(), results.glass().random_points(1))),
        ("n_neighbours", lambda: sl.neighbour_saddles(results.glass(), results.glass().random_points(2), 0)),
        ("landscape", lambda: sl.neighbour_saddles(results.landscape(), np.zeros((2, 610)))),
        ("heights", lambda: results.barriers().chance([1.0, 2.0, 3.0, 4.0, 5.0])),
        ("n", lambda: results.barriers().chance(results.barriers().barriers, 1)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name, call):
    with pytest.raises(ArgumentError, match=rf"^{name}"):
        call()
