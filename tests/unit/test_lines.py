"""Lines: their ends, their shapes, great circles, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from spinland.chapters.lines import _from_start
from spinland.chapters.subjects import NetworkSubject
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.lines import line
from tests.oracles import results


def network_landscape(dtype="float64"):
    rng = np.random.default_rng(0)
    network = ReLUNetwork((5, 7, 3))
    return NetworkLandscape(network, rng.standard_normal((30, 5)), rng.integers(0, 3, 30), dtype=dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-6)])
def test_ends_are_the_values_of_the_ends_and_points_are_untouched(dtype, tolerance):
    landscape = network_landscape(dtype)
    points = landscape.network.initialize(2, 4, dtype=dtype)
    before = points.copy()
    result = line(landscape, points[0], points[1], np.linspace(0, 1, 5))
    np.testing.assert_allclose(result.values[[0, -1]], landscape.value(points), rtol=tolerance)
    np.testing.assert_allclose(result.accuracy[[0, -1]], landscape.evaluate(points)[1])
    middle = landscape.value((points[0] + points[1]) / 2)
    assert result.values[2] == pytest.approx(middle, rel=10 * tolerance)
    np.testing.assert_array_equal(points, before)
    assert result.values.shape == (5,)
    assert result.provenance.function == "line"
    assert result.provenance.data == landscape.fingerprint
    assert result.provenance.dtype == dtype


def test_many_lines_are_rows_and_one_start_serves_all():
    landscape = network_landscape()
    points = landscape.network.initialize(4, 1, dtype="float64")
    alphas = [-0.5, 0, 0.25, 2]
    fan = line(landscape, points[0], points[1:], alphas, label="fan")
    assert fan.values.shape == fan.accuracy.shape == (3, 4)
    assert fan.label == "fan"
    for b in range(3):
        np.testing.assert_array_equal(fan.values[b], line(landscape, points[0], points[b + 1], alphas).values)
    pairs = line(landscape, points[:2], points[2:], alphas)
    np.testing.assert_allclose(pairs.values[1, 1], landscape.value(points[1]), rtol=1e-13)


def test_a_function_along_a_line():
    landscape = FunctionLandscape(lambda w: -1 - w[:, 0] ** 2 + w[:, 1], dim=2)
    result = line(landscape, [1, 0], [3, 4], [-1, 0, 0.5, 1])
    np.testing.assert_allclose(result.values, [-6, -2, -3, -6])
    assert np.isnan(result.accuracy).all()


def test_on_a_sphere_a_line_is_a_great_circle():
    seen = []

    def value(points):
        seen.append(points)
        return points[:, 0]

    landscape = FunctionLandscape(value, dim=3, geometry=Sphere(2.0))
    alphas = np.array([0, 0.25, 1, 2])
    arc = line(landscape, [2, 0, 0], [0, 2, 0], alphas)
    np.testing.assert_allclose(arc.values, 2 * np.cos(alphas * np.pi / 2), atol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(seen), axis=1), 2, rtol=1e-14)
    chord = line(landscape, [2, 0, 0], [0, 2, 0], alphas, path="straight")
    np.testing.assert_allclose(chord.values, 2 * (1 - alphas), atol=1e-14)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-5, 1.0, 3.1])
def test_a_great_circle_ends_where_it_should(gap):
    landscape = FunctionLandscape(lambda w: w @ [1.0, 10.0, 100.0], dim=3)
    start = np.array([1.0, 2.0, -2.0])
    across = np.array([2.0, 1.0, 2.0])
    end = 2 * (np.cos(gap) * start + np.sin(gap) * across)
    result = line(landscape, start, end, [0, 0.5, 1], path="great_circle")
    half = 1.5 * (np.cos(gap / 2) * start + np.sin(gap / 2) * across)
    points = np.stack([start, half, end])
    np.testing.assert_allclose(result.values, landscape.value(points), rtol=1e-12)


def hill(w):
    return w[:, 0] * (1 - w[:, 0])


@pytest.mark.parametrize(
    "alphas",
    [
        np.linspace(0, 1, 21),
        np.linspace(-0.2, 1.2, 29),  # 0 and 1 are missed by rounding
        np.arange(-0.3, 1.31, 0.1),
        np.linspace(-0.25, 1.25, 41),  # neither end is there
        np.linspace(0, 1, 21)[::-1],
        np.random.default_rng(0).permutation(np.linspace(-0.2, 1.2, 29)),
        [0.5],
        [-3.0, 0.5, 4.0],
    ],
    ids=range(8),
)
def test_a_barrier_is_that_between_the_ends_on_any_grid(alphas):
    landscape = FunctionLandscape(hill, dim=1)
    one = line(landscape, [0], [1], alphas)
    np.testing.assert_allclose(one.barrier, 0.25, atol=1e-12)
    np.testing.assert_allclose(one.ends, 0, atol=1e-15)
    assert one.values.shape == one.accuracy.shape == np.shape(alphas)
    np.testing.assert_allclose(one.values, hill(np.reshape(alphas, (-1, 1))), atol=1e-14)
    many = line(landscape, [[0], [1], [0]], [[1], [0], [0.5]], alphas)
    np.testing.assert_allclose(many.barrier[:2], 0.25, atol=1e-12)
    assert many.ends.shape == (3, 2)
    np.testing.assert_allclose(many.ends[2], [0, 0.25], atol=1e-15)


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [([1.0, 0.5, -1e-17], 0.25), ([0.25, 0.5, 1.0], np.nan), ([0.0, 0.5, 0.75], np.nan), ([-0.25, 0.5, 1.25], np.nan)],
)
def test_a_line_of_an_earlier_version_has_a_barrier_where_it_holds_its_ends(alphas, expected):
    made = line(FunctionLandscape(hill, dim=1), [0], [1], alphas)
    np.testing.assert_allclose(replace(made, ends=None).barrier, expected)
    np.testing.assert_allclose(made.barrier, 0.25)


def test_falling_and_rising_lines_have_no_barrier_on_any_grid():
    landscape = FunctionLandscape(lambda w: np.exp(w[:, 0]), dim=1)
    for alphas in ([0.3, 0.1], [-0.5, 0.4, 1.7], np.linspace(-0.2, 1.2, 29)):
        np.testing.assert_array_equal(line(landscape, [[0], [1]], [[1], [0]], alphas).barrier, 0)


@pytest.mark.parametrize(
    ("start", "end", "alphas", "options", "name"),
    [
        ([1.0, 0.0], [0.0, 1.0], [], {}, "alphas"),
        ([1.0, 0.0], [0.0, 1.0], [np.nan], {}, "alphas"),
        ([1.0, 0.0, 0.0], [0.0, 1.0], [0], {}, "start"),
        ([1.0, 0.0], [np.inf, 1.0], [0], {}, "end"),
        (np.ones((2, 2)), np.ones((3, 2)), [0], {}, "end"),
        (np.ones((0, 2)), np.ones(2), [0], {}, "start"),
        ([1.0, 0.0], [0.0, 1.0], [0], {"path": "bent"}, "path"),
        ([0.0, 0.0], [0.0, 1.0], [0], {"path": "great_circle"}, "start"),
        ([1.0, 0.0], [-3.0, 0.0], [0], {"path": "great_circle"}, "end"),
    ],
)
def test_what_is_refused(start, end, alphas, options, name):
    landscape = FunctionLandscape(lambda w: w[:, 0], dim=2)
    with pytest.raises(ArgumentError, match=f"^{name}:"):
        line(landscape, start, end, alphas, **options)


@pytest.mark.parametrize("alphas", [[0.0], [0.0, 1.0], [-2.0, -1.0], [-1.0, 2.0, 3.0]])
def test_a_grid_without_a_place_between_the_ends_tells_no_barrier(alphas):
    hill = FunctionLandscape(lambda w: w[:, 0] * (1 - w[:, 0]), 1)
    assert np.isnan(line(hill, [0.0], [1.0], alphas).barrier).all()


def test_lines_from_the_start_of_replicas_that_all_diverged_are_refused_in_words():
    found = results.ensemble()
    lost = replace(found, diverged=np.ones(len(found.params), bool))
    subject = NetworkSubject(
        key="network",
        solutions="ensemble",
        value_label="",
        unit="nats",
        folder="network",
        make=results.landscape,
        network=results.network(),
    )
    with pytest.raises(ArgumentError, match=r"learning_rate: .*converge"):
        _from_start(subject, lost, n_lines=2, n_points=5, seed=0, dtype="float32")
