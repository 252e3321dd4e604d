"""Volumes of simplexes, points drawn from complexes, and complexes that grow."""

import math

import numpy as np
import pytest

import spinland as sl
from spinland.connect.volumes import log_volume, log_volume_gradient


def bowl(dim=5, axes=5):
    """|w|²/2 over the first coordinates."""
    mask = (np.arange(dim) < axes) * 1.0
    return sl.FunctionLandscape(lambda w: 0.5 * (mask * w**2).sum(axis=1), dim, gradient=lambda w: mask * w)


def test_volumes_of_regular_simplexes():
    for k in (1, 2, 3, 10, 60):
        exact = 0.5 * math.log(k + 1) - math.lgamma(k + 1) - 0.5 * k * math.log(2)  # sides of length 1
        vertices = np.eye(k + 1) / np.sqrt(2)
        assert log_volume(vertices) == pytest.approx(exact, rel=1e-12)
        assert log_volume(1e-200 * vertices) == pytest.approx(exact - 200 * k * math.log(10), rel=1e-12)
    assert log_volume(np.ones((1, 4))) == 0
    assert log_volume(np.array([[0.0, 0], [1, 1], [2, 2]])) == -math.inf
    assert log_volume(np.array([[0.0, 0], [0, 0]])) == -math.inf


def test_it_is_the_determinant_where_that_does_not_underflow():
    vertices = np.random.default_rng(1).normal(size=(6, 40))
    edges = vertices[1:] - vertices[0]
    want = 0.5 * np.linalg.slogdet(edges @ edges.T)[1] - math.log(120)
    assert log_volume(vertices) == pytest.approx(want, rel=1e-12)
    assert log_volume(vertices[::-1] + 3) == pytest.approx(want, rel=1e-12)


def test_the_gradient_is_that_of_differences_and_the_heights():
    vertices = np.random.default_rng(2).normal(size=(4, 7))
    slope, step = log_volume_gradient(vertices), 1e-6
    for j, i in np.ndindex(vertices.shape):
        moved = np.zeros_like(vertices)
        moved[j, i] = step
        difference = (log_volume(vertices + moved) - log_volume(vertices - moved)) / (2 * step)
        assert slope[j, i] == pytest.approx(difference, abs=1e-7)
    rest = vertices[1:3] - vertices[0]
    edge = vertices[3] - vertices[0]
    height = edge - np.linalg.lstsq(rest.T, edge, rcond=None)[0] @ rest
    np.testing.assert_allclose(slope[3], height / (height @ height), rtol=1e-10)


def test_volumes_of_disjoint_simplexes_add_and_shared_faces_have_none():
    corners = np.random.default_rng(3).normal(size=(4, 9))
    far = corners + 10
    two = sl.simplicial_complex(np.concatenate([corners, far]), [[0, 1, 2, 3], [4, 5, 6, 7]])
    assert two.log_volume == pytest.approx(log_volume(corners) + math.log(2), rel=1e-12)
    again = sl.simplicial_complex(corners, [[0, 1, 2, 3], [3, 2, 1, 0], [0, 1, 2, 3]])
    assert again.log_volume == log_volume(corners)
    cube = np.array(list(np.ndindex(2, 2, 2)), float)  # six tetrahedra along a diagonal, which share faces
    paths = [[0, a, a + b, 7] for a in (1, 2, 4) for b in (1, 2, 4) if a != b]
    whole = sl.simplicial_complex(cube, paths)
    assert whole.log_volume == pytest.approx(0, abs=1e-12)
    assert whole.side == pytest.approx(1)


def test_points_are_uniform():
    """Means and variances of Dirichlet's distribution, and shares by volume; 20,000 points, four standard errors."""
    n = 20_000
    one = sl.simplicial_complex(np.eye(4))
    weights = one.weights(n, seed=5)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert np.abs(weights.mean(axis=0) - 0.25).max() < 4 * np.sqrt(3 / 80 / n)
    spread = (weights - 0.25) ** 2
    assert np.abs(spread.mean(axis=0) - 3 / 80).max() < 4 * (spread.std(axis=0) / np.sqrt(n)).max()
    np.testing.assert_array_equal(one.sample(10, seed=5), (weights @ np.eye(4))[:10])
    two = sl.simplicial_complex([[0.0, 0], [3, 0], [0, 1], [0, -2]], [[0, 1, 2], [0, 1, 3]])
    below = (two.sample(n, seed=6)[:, 1] < 0).mean()
    assert abs(below - 2 / 3) < 4 * np.sqrt(2 / 9 / n)


def test_a_vertex_goes_where_volume_and_rise_balance():
    """One given point at the bottom of a bowl: E[f] = |θ|²/6 on the way to θ, so |θ|² = 3 λ.

    The last 100 of 600 steps have a falling rate; the remaining scatter of |θ|² over seeds is 3 %, four are allowed.
    """
    rate = sl.Then(sl.Constant(0.02), sl.Cosine(0.02), 0.5)
    grown = sl.grow_simplex(bowl(), np.zeros(5), 1, 0.1, 600, 64, optimizer=sl.Adam(rate), seed=1)
    assert np.sum(grown.vertices[1] ** 2) == pytest.approx(0.3, rel=0.12)
    assert grown.n_given == 1
    np.testing.assert_array_equal(grown.vertices[0], 0)


def test_a_complex_grows_along_the_valley():
    given = np.zeros((2, 8))
    given[:, -1] = -1, 1
    valley = bowl(8, 3)
    grown = sl.grow_simplex(valley, given, 3, 0.01, 150, 8, optimizer=sl.Adam(0.03), seed=2)
    assert grown.simplexes.tolist() == [[0, 2, 3, 4], [1, 2, 3, 4]]
    null = sl.random_vertices(grown, seed=3)
    assert null.n_given == 2
    for complex_ in (grown, null):
        np.testing.assert_array_equal(complex_.vertices[:2], given)
    lengths = [np.linalg.norm(c.vertices[2:], axis=1) for c in (grown, null)]
    np.testing.assert_allclose(*lengths)
    low, high = (sl.simplex_values(valley, c, 200, seed=4) for c in (grown, null))
    assert low.values.mean() < 0.2 * high.values.mean()
    assert low.log_volume == grown.log_volume
    again = sl.grow_simplex(valley, given, 3, 0.01, 150, 8, optimizer=sl.Adam(0.03), seed=2)
    np.testing.assert_array_equal(again.vertices, grown.vertices)


def test_batches_of_a_network():
    network, data = sl.ReLUNetwork((64, 8, 10)), sl.load_dataset("digits").subset(100, 20)
    landscape, points = sl.NetworkLandscape(network, data), network.initialize(1)
    grown = sl.grow_simplex(landscape, points, 2, 1e-3, 20, 2, 32, seed=1)
    whole = sl.grow_simplex(landscape, points, 2, 1e-3, 20, 2, seed=1)
    assert not np.array_equal(grown.vertices, whole.vertices)
    values = sl.simplex_values(landscape, grown, 5)
    np.testing.assert_allclose(values.values, landscape.value(grown.sample(5).astype("f4")))
    np.testing.assert_allclose(values.vertex_values, landscape.value(grown.vertices.astype("f4")))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("landscape", lambda: sl.grow_simplex(sl.SphericalSpinGlass(5, 3), np.ones(5), 1)),
        ("vertices", lambda: sl.grow_simplex(bowl(), np.zeros((2, 5)), 1)),
        ("n_vertices", lambda: sl.grow_simplex(bowl(), np.zeros(5), 0)),
        ("n_vertices", lambda: sl.grow_simplex(bowl(), np.zeros(5), 5)),
        ("volume_weight", lambda: sl.grow_simplex(bowl(), np.zeros(5), 1, -1)),
        ("landscape", lambda: sl.grow_simplex(bowl(), np.zeros(5), 1, batch_size=3)),
        ("optimizer", lambda: sl.grow_simplex(bowl(), np.zeros(5), 1, optimizer=0.1)),
        ("vertices", lambda: sl.simplicial_complex(np.zeros(3))),
        ("simplexes", lambda: sl.simplicial_complex(np.eye(3), [[0, 3]])),
        ("simplexes", lambda: sl.simplicial_complex(np.eye(3), [[0, 0]])),
        ("simplexes", lambda: sl.simplicial_complex(np.eye(3), [0, 1])),
        ("complex_", lambda: sl.random_vertices(sl.simplicial_complex(np.eye(3)))),
        ("complex_", lambda: sl.simplex_values(bowl(), sl.simplicial_complex(np.eye(3)), 2)),
        ("n", lambda: sl.simplicial_complex(np.eye(3)).sample(0)),
    ],
)
def test_bad_arguments_are_named(name, call):
    with pytest.raises(sl.ArgumentError, match=rf"^{name}"):
        call()
