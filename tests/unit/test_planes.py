"""Planes: where values stand, distances, trajectories, memory, and what is refused."""

import tracemalloc

import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.components import principal_components
from spinland.probes.directions import random_directions
from spinland.probes.planes import plane, plane_through, random_plane, trajectory_plane
from spinland.progress import set_display


def network_landscape(widths=(5, 7, 3), n_samples=30):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((n_samples, widths[0])), rng.integers(0, widths[-1], n_samples)
    return NetworkLandscape(ReLUNetwork(widths), x, y, dtype="float64")


def at(landscape, result, origin, directions):
    """The landscape at every grid point, one by one, in a loop over i and j."""
    return np.array(
        [[landscape.value(origin + a * directions[0] + b * directions[1]) for b in result.b] for a in result.a]
    )


def test_a_rectangular_grid_of_an_asymmetric_negative_function():
    landscape = FunctionLandscape(lambda w: -100 - w[:, 0] - 10 * w[:, 1] ** 2, dim=2)
    result = plane(landscape, [0, 0], np.eye(2), a=[0, 1, 2, 4], b=[-1, 0, 3])
    expected = [[-100 - a - 10 * b**2 for b in (-1, 0, 3)] for a in (0, 1, 2, 4)]
    np.testing.assert_array_equal(result.values, expected)
    assert np.isnan(result.accuracy).all()
    assert result.points is None
    assert result.provenance.function == "plane"


def test_a_plane_of_a_network_equals_evaluation_at_every_point():
    landscape = network_landscape()
    origin = landscape.network.initialize(1, dtype="float64")[0]
    directions = random_directions(landscape, origin, 2, seed=5)
    before = origin.copy(), directions.copy()
    result = plane(landscape, origin, directions, np.linspace(-1, 1, 4), np.linspace(0, 1, 3))
    np.testing.assert_allclose(result.values, at(landscape, result, origin, directions), rtol=1e-12)
    np.testing.assert_array_equal(origin, before[0])
    np.testing.assert_array_equal(directions, before[1])
    easy = random_plane(landscape, origin, 5, a=result.a, b=result.b, normalize="filter")
    np.testing.assert_array_equal(easy.values, result.values)
    assert easy.provenance.seed == 5
    assert random_plane(landscape, origin, a=[0.0], b=[0.0]).values[0, 0] == pytest.approx(landscape.value(origin))


def test_a_plane_through_three_points_measures_distances():
    landscape = network_landscape()
    three = landscape.network.initialize(3, dtype="float64")
    result = plane_through(landscape, three, n=(5, 4), margin=0.5, labels=("x", "y", "z"))
    assert result.values.shape == (5, 4)
    assert result.point_labels == ("x", "y", "z")
    for i in range(3):
        for j in range(3):
            apart = np.linalg.norm(result.points[i] - result.points[j])
            assert apart == pytest.approx(np.linalg.norm(three[i] - three[j]), rel=1e-12, abs=1e-12)
    extent = np.ptp(result.points, axis=0)
    assert np.ptp(result.a) == pytest.approx(extent[0] + extent.max())
    assert np.ptp(result.b) == pytest.approx(extent[1] + extent.max())
    u = (three[1] - three[0]) / np.linalg.norm(three[1] - three[0])
    v = three[2] - three[0] - ((three[2] - three[0]) @ u) * u
    directions = np.stack([u, v / np.linalg.norm(v)])
    np.testing.assert_allclose(result.values, at(landscape, result, three[0], directions), rtol=1e-12)


@pytest.mark.parametrize("height", [0.05, 1.0, 40.0])
def test_every_solution_has_as_much_room_about_it_as_the_box_of_all_is_large(height):
    bowl = FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=3)
    result = plane_through(bowl, [[0, 0, 0], [2, 0, 0], [0.5, 0, height]], n=2)
    room = 0.5 * max(2.0, height)
    for axis, k in ((result.a, 0), (result.b, 1)):
        assert (result.points[:, k] - axis[0]).min() == pytest.approx(room)
        assert (axis[-1] - result.points[:, k]).min() == pytest.approx(room)


def test_without_margin_the_corners_of_a_right_triangle_lie_on_the_grid():
    landscape = FunctionLandscape(lambda w: w @ [1.0, 2.0, 4.0], dim=3)
    three = np.array([[1.0, 1, 1], [4, 1, 1], [1, 1, 3]])
    result = plane_through(landscape, three, n=2, margin=0)
    np.testing.assert_allclose(result.values, [[7, 15], [10, 18]])


def test_a_trajectory_in_a_plane_lies_on_its_plane():
    rng = np.random.default_rng(2)
    landscape = network_landscape()
    two = rng.standard_normal((2, landscape.dim))
    steps = 0.1 * rng.standard_normal(landscape.dim) + rng.standard_normal((6, 2)) @ two
    result = trajectory_plane(landscape, steps, n=(4, 3))
    np.testing.assert_allclose(result.path[-1], 0, atol=1e-12)
    gaps = np.linalg.norm(steps[:, None] - steps[None], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(result.path[:, None] - result.path[None], axis=-1), gaps, atol=1e-10)
    assert result.explained.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(result.path_values, landscape.value(steps), rtol=1e-13)


def test_principal_components_are_those_of_the_covariance():
    points = np.random.default_rng(3).standard_normal((7, 12)) * np.linspace(1, 4, 12)
    components, fractions, rank = principal_components(points, 2)
    centred = points - points.mean(axis=0)
    _, singular, rows = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(components * rows[:2], axis=1)), 1, rtol=1e-12)
    np.testing.assert_allclose(fractions, singular[:2] ** 2 / np.sum(singular**2), rtol=1e-12)
    assert rank == 6
    assert (centred[0] @ components.T >= 0).all()


def test_a_large_plane_never_holds_its_points():
    landscape = network_landscape((300, 40, 3), n_samples=2)
    directions = random_directions(landscape, np.ones(landscape.dim), 2)
    axis = np.linspace(-1, 1, 201)
    plane(landscape, np.ones(landscape.dim), directions, axis[:2], axis[:2])  # compile first
    tracemalloc.start()
    try:
        result = plane(landscape, np.ones(landscape.dim), directions, axis, axis)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.values.shape == (201, 201)
    whole = 201 * 201 * landscape.dim * 8  # 3.9 GB
    assert peak < 16e6 < whole / 200


def test_progress_is_told_of_every_point():
    told = []

    class Display:
        def __init__(self, total, description):
            self.total = total

        def __enter__(self):
            return lambda n=1: told.append(n)

        def __exit__(self, *exception):
            told.append(-self.total)

    landscape = FunctionLandscape(lambda w: w[:, 0], dim=2)
    set_display(Display)
    try:
        plane(landscape, [0, 0], np.eye(2), np.arange(70.0), np.arange(60.0))
    finally:
        set_display(None)
    assert sum(told) == 0
    assert len(told) > 2


def test_what_is_refused():
    landscape = FunctionLandscape(lambda w: w[:, 0], dim=3)
    line = np.outer(np.arange(4.0), [1, 2, 3])
    for call, name in [
        (lambda: plane("landscape", [0, 0, 0], np.eye(3)[:2], [0], [0]), "landscape"),
        (lambda: plane(landscape, [0, 0], np.eye(3)[:2], [0], [0]), "origin"),
        (lambda: plane(landscape, [0, 0, 0], np.eye(3), [0], [0]), "directions"),
        (lambda: plane(landscape, [0, 0, 0], np.eye(3)[:2], [], [0]), "a"),
        (lambda: plane(landscape, [0, 0, 0], np.eye(3)[:2], [0], [np.nan]), "b"),
        (lambda: plane_through(landscape, line[:3]), "three"),
        (lambda: plane_through(landscape, line[[0, 0, 1]]), "three"),
        (lambda: plane_through(landscape, line), "three"),
        (lambda: plane_through(landscape, np.eye(3), n=1), "n"),
        (lambda: plane_through(landscape, np.eye(3), n=(3, 3, 3)), "n"),
        (lambda: plane_through(landscape, np.eye(3), margin=-1), "margin"),
        (lambda: plane_through(landscape, np.eye(3), labels=("1", "2")), "labels"),
        (lambda: trajectory_plane(landscape, line), "trajectory"),
        (lambda: trajectory_plane(landscape, line[[1, 1, 1]]), "trajectory"),
        (lambda: trajectory_plane(landscape, np.eye(3)[:2]), "trajectory"),
        (lambda: random_plane(landscape, [1, 1, 1], normalize="filter"), "normalize"),
    ]:
        with pytest.raises(ArgumentError, match=f"^{name}:"):
            call()
