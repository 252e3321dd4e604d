"""Bands and saddles where they are known: Müller and Brown's potential, small glasses; trees by brute force."""

import itertools

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from tests.oracles import results

# K. Müller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979).
A, B = np.array([-200.0, -100, -170, 15]), np.array([[-1, 0, -10], [-1, 0, -10], [-6.5, 11, -6.5], [0.7, 0.6, 0.7]])
X, Y = np.array([1.0, 0, -0.5, -1]), np.array([0.0, 0.5, 1.5, 1])
MINIMA = np.array([[-0.55822363, 1.44172584], [0.62349940, 0.02803776], [-0.05001082, 0.46669410]])
SADDLES = np.array([[-0.82200156, 0.62431280], [0.21248658, 0.29298833]])


def terms(w):
    dx, dy = w[:, :1] - X, w[:, 1:] - Y
    return A * np.exp(B[:, 0] * dx**2 + B[:, 1] * dx * dy + B[:, 2] * dy**2), dx, dy


def slope(w):
    e, dx, dy = terms(w)
    return np.stack([(e * (2 * B[:, 0] * dx + B[:, 1] * dy)).sum(1), (e * (B[:, 1] * dx + 2 * B[:, 2] * dy)).sum(1)], 1)


def potential():
    return sl.FunctionLandscape(lambda w: terms(w)[0].sum(1), 2, gradient=slope)


def test_the_band_finds_the_saddle_of_mueller_and_brown():
    """To 1e-8 of a saddle that Newton's method for the gradient finds in NumPy alone."""
    band = sl.elastic_band(potential(), MINIMA[0], MINIMA[2], 9, tolerance=0.1)
    assert band.converged
    assert band.climbing
    np.testing.assert_array_equal(band.images[[0, -1]], MINIMA[[0, 2]])
    found = sl.saddle(potential(), band.images[band.highest])
    want = SADDLES[0].copy()
    for _ in range(20):
        jacobian = np.stack(
            [(slope(want[None] + h) - slope(want[None] - h))[0] / 2e-6 for h in 1e-6 * np.eye(2)], axis=1
        )
        want -= np.linalg.solve(jacobian, slope(want[None])[0])
    np.testing.assert_allclose(found.point, want, atol=1e-8)
    assert found.converged
    assert found.residual < 1e-8
    assert found.index == 1
    assert abs(found.value - band.values[band.highest]) < 1e-3


def test_without_climbing_the_saddle_is_between_images():
    still = sl.elastic_band(potential(), MINIMA[0], MINIMA[2], 6, climbing=False, tolerance=0.1)
    climbed = sl.elastic_band(potential(), MINIMA[0], MINIMA[2], 6, tolerance=0.1)
    assert not still.climbing
    top = potential().value(SADDLES[0])
    assert abs(climbed.values[climbed.highest] - top) < 1e-3 < abs(still.values[still.highest] - top)


def test_saddles_of_a_small_glass_are_among_its_critical_points():
    glass = sl.SphericalSpinGlass(6, 3, seed=3)
    known = results.critical()
    minima = known.points[known.index == 0]
    for a, b in itertools.combinations(range(len(minima)), 2):
        band = sl.elastic_band(glass, minima[a], minima[b], 11)
        np.testing.assert_allclose((band.images**2).sum(1), 6, rtol=1e-12)
        found = sl.saddle(glass, band.images[band.highest])
        nearest = np.argmin(np.linalg.norm(known.points - found.point, axis=1))
        np.testing.assert_allclose(known.points[nearest], found.point, atol=1e-7)
        assert known.index[nearest] == found.index == 1
        assert found.residual < 1e-8


def test_a_search_of_any_index_finds_a_point_of_that_index():
    glass, known = sl.SphericalSpinGlass(6, 3, seed=3), results.critical()
    draw = np.random.default_rng(0)
    for index in range(6):
        point = known.points[known.index == index][0]
        near = glass.geometry.retract(point + 0.02 * draw.normal(size=6))
        found = sl.saddle(glass, near, index=index)
        np.testing.assert_allclose(found.point, point, atol=1e-7)
        assert found.index == index
        np.testing.assert_allclose(found.eigenvalues, known.eigenvalues[known.index == index][0], rtol=1e-6, atol=1e-6)


def minimax(values, joins, heights):
    """Lowest highest saddle between all pairs, by Floyd and Warshall."""
    n = len(values)
    best = np.full((n, n), np.inf)
    for (i, j), height in zip(joins, heights, strict=True):
        if i >= 0 and i != j:
            best[i, j] = best[j, i] = min(best[i, j], height)
    for k in range(n):
        best = np.minimum(best, np.maximum(best[:, k, None], best[None, k]))
    return best[np.triu_indices(n, 1)]


@pytest.mark.parametrize("n_saddles", [3, 12, 40])
def test_a_tree_joins_minima_at_the_lowest_highest_saddle(n_saddles):
    draw = np.random.default_rng(n_saddles)
    values = draw.normal(size=9) - 5
    joins = np.sort(draw.integers(-1, 9, (n_saddles, 2)), axis=1)
    heights = draw.normal(size=n_saddles) + 5
    from dataclasses import replace

    states = replace(results.transitions(), values=heights, minima=joins, points=np.zeros((n_saddles, 6)))
    tree = sl.disconnectivity(values, states)
    want = minimax(values, joins, heights)
    np.testing.assert_array_equal(tree.barriers, want)
    assert sorted(tree.order) == list(range(9))
    assert tree.n_joined == np.isfinite(tree.linkage[:, 2]).sum()


def test_saddles_join_the_minima_below_them():
    states, known = results.transitions(), results.critical()
    minima = known.energy[known.index == 0]
    assert np.all(states.index == 1)
    assert np.all(states.minima >= 0)
    assert np.all(states.values[:, None] > minima[states.minima])
    tree = results.barriers()
    assert tree.n_joined == len(minima) - 1  # a complete set of saddles of index 1 joins all minima
    np.testing.assert_array_equal(tree.minima, minima)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("landscape", lambda: sl.saddle(results.landscape(), np.zeros(610))),
        ("point", lambda: sl.saddle(results.bowl(), np.zeros(5))),
        ("point", lambda: sl.saddle(results.glass(), np.zeros(12) + 3.0)),
        ("index", lambda: sl.saddle(results.glass(), results.glass().random_points(1)[0], index=12)),
        ("end", lambda: sl.elastic_band(results.bowl(), np.ones(6), np.ones(6))),
        ("n_images", lambda: sl.elastic_band(results.bowl(), np.zeros(6), np.ones(6), 0)),
        ("start", lambda: sl.elastic_band(results.bowl(), np.zeros((2, 6)), np.ones(6))),
        ("initial", lambda: sl.elastic_band(results.bowl(), np.zeros(6), np.ones(6), 3, initial=np.zeros((2, 6)))),
        ("minima", lambda: sl.disconnectivity([1.0], results.transitions())),
        ("saddles", lambda: sl.disconnectivity([9.0, 9.0], results.transitions())),
        ("landscape", lambda: sl.permutation_saddle(results.glass(), np.zeros(12))),
        ("units", lambda: sl.permutation_saddle(results.regression_landscape(), np.zeros(16), units=(1, 1))),
        ("units", lambda: sl.permutation_saddle(results.regression_landscape(), np.zeros(16), units=(0, 3))),
        ("layer", lambda: sl.permutation_saddle(results.regression_landscape(), np.zeros(16), layer=1)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name, call):
    with pytest.raises(ArgumentError, match=rf"^{name}"):
        call()
