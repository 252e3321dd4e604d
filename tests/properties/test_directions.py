"""Random directions: their scale, their stream, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Euclidean, Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.directions import random_directions


def landscape_of(widths, bias=True, dtype="float64"):
    x = np.linspace(-1, 1, 5 * widths[0]).reshape(5, widths[0])
    return NetworkLandscape(ReLUNetwork(widths, bias), x, np.zeros(5, int), dtype=dtype)


def neurons(landscape, point):
    """Incoming weights and bias of every neuron, cut out by hand."""
    rows = []
    for weight, bias in landscape.network.layers(point):
        for j in range(weight.shape[0]):
            rows.append(weight[j] if bias is None else np.append(weight[j], bias[j]))
    return rows


@settings(deadline=None, max_examples=25)
@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=4).map(tuple),
    bias=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_every_filter_has_the_norm_of_the_points_filter_once_and_with_its_bias(widths, bias, seed):
    landscape = landscape_of(widths, bias)
    origin = landscape.network.initialize(1, 3, dtype="float64")[0] * np.linspace(1, 2, landscape.dim)
    drawn = random_directions(landscape, origin, 2, seed, normalize=None)
    scaled = random_directions(landscape, origin, 2, seed, normalize="filter")
    for k in range(2):
        before, after = neurons(landscape, drawn[k]), neurons(landscape, scaled[k])
        for at, raw, new in zip(neurons(landscape, origin), before, after, strict=True):
            np.testing.assert_allclose(np.linalg.norm(new), np.linalg.norm(at), rtol=1e-12)
            # one factor for the neuron's weights and its bias
            np.testing.assert_allclose(new, raw * np.linalg.norm(at) / np.linalg.norm(raw), rtol=1e-12)


def test_layer_and_global_norms():
    landscape = landscape_of((4, 6, 3))
    origin = np.linspace(-1, 2, landscape.dim)
    layer = random_directions(landscape, origin, 1, normalize="layer")[0]
    cut = 4 * 6 + 6
    assert np.linalg.norm(layer[:cut]) == pytest.approx(np.linalg.norm(origin[:cut]), rel=1e-12)
    assert np.linalg.norm(layer[cut:]) == pytest.approx(np.linalg.norm(origin[cut:]), rel=1e-12)
    whole = random_directions(landscape, origin, 1, normalize="global")[0]
    assert np.linalg.norm(whole) == pytest.approx(np.linalg.norm(origin), rel=1e-12)
    assert not np.allclose(np.linalg.norm(whole[:cut]), np.linalg.norm(origin[:cut]), rtol=1e-3)


def test_a_silent_filter_stays_silent():
    landscape = landscape_of((4, 3, 2))
    origin = np.ones(landscape.dim)
    filters = landscape.geometry.filters
    origin[filters[1]] = 0
    direction = random_directions(landscape, origin, 1)[0]
    assert not direction[filters[1]].any()
    assert direction[filters[0]].all()


def test_entries_are_standard_normal():
    # seed 0, 200,000 entries: mean 0 with standard error 0.0022, variance 1 with standard error 0.0032
    landscape = FunctionLandscape(lambda w: w[:, 0], dim=50_000)
    entries = random_directions(landscape, np.ones(50_000), 4, seed=0, normalize=None).ravel()
    assert abs(entries.mean()) < 4 * 0.0022
    assert abs(entries.var() - 1) < 4 * 0.0032
    assert abs(np.corrcoef(entries.reshape(4, -1))[0, 1]) < 4 / np.sqrt(50_000)


def test_a_direction_is_addressed_by_seed_and_number():
    landscape = landscape_of((5, 4, 3), dtype="float32")
    origin = landscape.network.initialize(1)[0]
    before = origin.copy()
    four = random_directions(landscape, origin, 4, seed=7)
    assert four.dtype == np.float32
    np.testing.assert_array_equal(random_directions(landscape, origin, 2, seed=7), four[:2])
    assert not np.array_equal(random_directions(landscape, origin, 1, seed=0), four[:1])
    np.testing.assert_array_equal(origin, before)


def test_a_landscape_without_filters_takes_the_whole_vector_and_refuses_filters():
    plain = FunctionLandscape(lambda w: w[:, 0], dim=6)
    origin = np.arange(6.0)
    np.testing.assert_array_equal(
        random_directions(plain, origin, 2), random_directions(plain, origin, 2, normalize="global")
    )
    for normalize in ("filter", "layer"):
        with pytest.raises(ArgumentError, match="'global' or None"):
            random_directions(plain, origin, 1, normalize=normalize)
    with pytest.raises(ArgumentError, match="normalize"):
        random_directions(plain, origin, 1, normalize="neuron")


def test_entries_outside_every_group_do_not_move():
    geometry = Euclidean(filters=(np.array([3, 0]), np.array([1])))
    landscape = FunctionLandscape(lambda w: w[:, 0], dim=5, geometry=geometry)
    direction = random_directions(landscape, [3.0, -2.0, 5.0, 4.0, 1.0], 1)[0]
    assert not direction[[2, 4]].any()
    assert np.hypot(direction[0], direction[3]) == pytest.approx(5, rel=1e-14)
    assert abs(direction[1]) == pytest.approx(2, rel=1e-14)


def test_on_a_sphere_directions_are_tangent():
    landscape = FunctionLandscape(lambda w: w[:, 0], dim=8, geometry=Sphere(3.0))
    origin = np.full(8, 3 / np.sqrt(8))
    directions = random_directions(landscape, origin, 3)
    np.testing.assert_allclose(directions @ origin, 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 3, rtol=1e-12)
