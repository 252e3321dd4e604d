import numpy as np
import pytest

from spinland import rng
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.flatness import flatness

RADII = np.array([0.0, 0.1, 0.5])


def small_network(bias=True, dtype="float64"):
    network = ReLUNetwork((6, 8, 3), bias)
    generator = np.random.default_rng(4)
    x, y = generator.normal(size=(40, 6)), generator.integers(0, 3, 40)
    points = generator.normal(size=(3, network.n_params))
    return network, NetworkLandscape(network, x, y, dtype=dtype), points


def naive_rise(landscape, point, kind, seed, direction):
    """Rise along one direction, its filters scaled one by one."""
    d = rng.normals(seed, rng.Purpose.FLATNESS, direction, 0, landscape.dim)
    groups = landscape.geometry.filters if kind == "filter" else [np.arange(landscape.dim)]
    for index in groups:
        d[index] *= np.linalg.norm(point[index]) / np.linalg.norm(d[index])
    assert np.isclose(np.linalg.norm(d), np.linalg.norm(point))
    return np.array([landscape.value(point + r * d) for r in RADII]) - landscape.value(point)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["filter", "walk"])
def test_rise_equals_plain_evaluation(kind, bias):
    _, landscape, points = small_network(bias)
    result = flatness(landscape, points, RADII, 4, seed=9, kind=kind)
    for p, point in enumerate(points):
        rises = np.stack([naive_rise(landscape, point, kind, 9, i) for i in range(4)])
        np.testing.assert_allclose(result.rise[p], rises.mean(axis=0), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(result.rise_error[p], rises.std(axis=0, ddof=1) / 2, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(result.values, landscape.value(points))
    assert result.kind == kind


def test_filter_rise_is_unchanged_when_a_neuron_is_rescaled():
    # Without biases in the next layer's filters scaling a neuron changes those; with one output filter per
    # neuron and w_in·a alone the function changes too. So scale the whole first layer: filters follow it.
    network, landscape, points = small_network(bias=False)
    scaled = points.copy()
    first, last = network.spans
    scaled[:, first.weight] *= 4
    scaled[:, last.weight] /= 4
    for kind, same in (("filter", True), ("walk", False)):
        a, b = (flatness(landscape, p, [0.3], 3, kind=kind).rise for p in (points, scaled))
        assert np.allclose(a, b, rtol=1e-9) == same


def test_point_alone_equals_point_among_others():
    _, landscape, points = small_network(dtype="float32")
    many = flatness(landscape, points, RADII, 3, seed=1)
    one = flatness(landscape, points[2], RADII, 3, seed=1)
    assert np.array_equal(many.rise[2], one.rise[0])


def test_quadratic_bowl_rises_as_the_square_of_the_radius():
    # |w + r d|² − |w|² = r²|w|² + 2 r w·d, whose mean over directions is r²|w|². Seed 0, 400 directions.
    bowl = FunctionLandscape(lambda w: (w**2).sum(axis=1), 50)
    point = np.linspace(-1, 2, 50)
    result = flatness(bowl, point, [0.5, 1.0], 400, kind="walk")
    expected = np.array([0.25, 1.0]) * (point @ point)
    assert np.all(np.abs(result.rise[0] - expected) < 3.5 * result.rise_error[0])
    assert np.all(result.rise_error[0] < 0.1 * expected)


def test_single_direction_has_no_error():
    _, landscape, points = small_network()
    result = flatness(landscape, points, 0.1, 1)
    assert result.rise.shape == (3, 1)
    assert np.isnan(result.rise_error).all()


def test_filter_of_zero_norm_stays_at_zero():
    network, landscape, points = small_network()
    dead = points[0].copy()
    dead[network.geometry.filters[2]] = 0
    assert np.isfinite(flatness(landscape, dead, [0.2], 2).rise).all()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"radii": []}, "radii"),
        ({"radii": [-0.1]}, "radii"),
        ({"radii": [0.2, 0.1]}, "radii"),
        ({"n_directions": 0}, "n_directions"),
        ({"kind": "layer"}, "kind"),
        ({"points": np.zeros(4)}, "points"),
        ({"points": np.ones(3)}, "points"),
        ({"landscape": FunctionLandscape(lambda w: w[:, 0], 4, geometry=Sphere(3.0))}, "points"),
    ],
)
def test_bad_input_is_refused(change, name):
    bowl = FunctionLandscape(lambda w: (w**2).sum(axis=1), 4)
    arguments = {"landscape": bowl, "points": np.ones(4), "radii": [0.1], "n_directions": 2, **change}
    with pytest.raises(ArgumentError) as caught:
        flatness(**arguments)
    assert caught.value.argument == name
