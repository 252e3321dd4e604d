"""Alignment of networks: nearest of all relabellings where it says so, never further, the same function."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import spinland as sl
from spinland.errors import ArgumentError
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.barriers import above_line, above_mean
from spinland.symmetry import balance, orbit, permute, random_symmetry, rescale

networks = st.builds(ReLUNetwork, st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple), st.booleans())
seeds = st.integers(0, 2**64 - 1)
METHODS = ("weights", "activations", "both")


def points_of(network, n=2, seed=0, dtype="f8"):
    return np.random.default_rng(seed).normal(size=(n, network.n_params)).astype(dtype)


def samples_of(network, n=40, seed=3):
    return np.random.default_rng(seed).normal(size=(n, network.widths[0]))


def landscape_of(network):
    x = samples_of(network, 50)
    return NetworkLandscape(network, x, np.arange(50) % network.widths[-1], dtype="float64")


def copies_of(network, point, n, spread=0.3):
    return np.array([random_symmetry(network, 7, replica=r, spread=spread).apply(point) for r in range(n)])


@given(networks, seeds, st.sampled_from(METHODS))
def test_an_aligned_network_is_the_same_one_no_further_away(network, seed, method):
    reference, *points = points_of(network, 4, seed % 1000)
    points = np.array(points)
    x = None if method == "weights" else samples_of(network)
    found = sl.align(network, points, reference, method, n_starts=2, seed=seed, x=x)
    land = landscape_of(network)
    assert_allclose(land.value(found.points), land.value(points), rtol=1e-10)
    assert_allclose(land.value(found.reference), land.value(reference), rtol=1e-10)
    assert (found.distance <= found.distance_before).all()
    balanced = balance(network, points)
    assert_allclose(found.distance_before, np.linalg.norm(balanced - found.reference, axis=1), rtol=1e-10)
    assert_allclose(found.distance, np.linalg.norm(found.points - found.reference, axis=1), rtol=1e-10)
    for g, point, aligned in zip(found.transformations, points, found.points, strict=True):
        assert_allclose(g.apply(point), aligned, rtol=1e-9, atol=1e-12)
    assert found.exact == (method == "weights" and network.n_hidden_layers <= 1)
    assert (found.spread >= 0).all()


@pytest.mark.parametrize("widths", [(3, 4, 2), (1, 5, 1), (2, 2), (6, 5, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_one_hidden_layer_is_exact(widths, bias):
    """Against all relabellings, one after another."""
    network = ReLUNetwork(widths, bias)
    reference, *points = balance(network, points_of(network, 6))
    want = [min(np.linalg.norm(member - reference) for member in orbit(network, point)) for point in points]
    found = sl.align(network, np.array(points), reference)
    assert found.exact
    assert_allclose(found.distance, want, rtol=1e-12)
    assert_array_equal(found.spread, 0)
    pairs = sl.symmetric_distances(network, np.array([reference, *points]))
    assert_allclose(pairs.distances[0, 1:], want, rtol=1e-12)


def test_the_search_of_two_hidden_layers_finds_the_nearest_of_all_relabellings():
    """10 of 12 times at least: the search is none through all, and eight starts find it every time (seed 5)."""
    network = ReLUNetwork((3, 4, 4, 2))
    reference, *points = balance(network, points_of(network, 13, seed=5))
    want = [min(np.linalg.norm(member - reference) for member in orbit(network, point)) for point in points]
    found = sl.align(network, np.array(points), reference, n_starts=8)
    assert not found.exact
    assert (found.distance >= np.array(want) * (1 - 1e-12)).all()
    assert np.isclose(found.distance, want, rtol=1e-12).sum() >= 10


@pytest.mark.parametrize("method", METHODS)
def test_activations_are_assigned_as_their_distance_asks(method):
    """The outputs of the hidden neurons of a copy agree with those of the reference, sample by sample."""
    network = ReLUNetwork((4, 8, 7, 3))
    point, x = points_of(network)[0], samples_of(network)
    found = sl.align(network, copies_of(network, point, 5), point, method, x=None if method == "weights" else x)
    assert_allclose(found.distance, 0, atol=1e-10)
    assert_allclose(found.points, np.broadcast_to(found.reference, found.points.shape), atol=1e-10)


def test_each_point_may_have_its_own_reference():
    network = ReLUNetwork((3, 5, 2))
    points, references = points_of(network, 3), points_of(network, 3, seed=1)
    found = sl.align(network, points, references)
    for k in range(3):
        alone = sl.align(network, points[k], references[k])
        assert_array_equal(alone.points, found.points[k])
        assert_array_equal(alone.reference, found.reference[k])
        assert isinstance(alone.distance, float)
        assert alone.distance == found.distance[k]


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("widths", [(20, 30, 4), (12, 16, 16, 4)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bits_do_not_depend_on_threads_or_company(widths, dtype, threads):
    network = ReLUNetwork(widths)
    points = points_of(network, 6, dtype=dtype)
    together = sl.align(network, points, points[0])
    pairs, all_of_them = sl.symmetric_distances(network, points), sl.align_all(network, points)
    assert together.points.dtype == points.dtype
    threads(1)
    assert_array_equal(sl.align(network, points, points[0]).points, together.points)
    alone = sl.align(network, points[3], points[0])
    assert_array_equal(alone.points, together.points[3])
    assert alone.distance == together.distance[3]
    assert_array_equal(sl.symmetric_distances(network, points).distances, pairs.distances)
    assert_array_equal(sl.symmetric_distances(network, points[2:5]).distances, pairs.distances[2:5, 2:5])
    assert_array_equal(sl.align_all(network, points).points, all_of_them.points)


@pytest.mark.parametrize("widths", [(3, 4, 2), (4, 9, 3), (2, 3, 3, 2)])
@pytest.mark.parametrize("to", [None, "mean", "medoid", 1])
def test_what_is_called_a_metric_is_one(widths, to):
    """All triangles of 12 networks, of which two are copies of others; a copy is at distance 0."""
    network = ReLUNetwork(widths)
    points = points_of(network, 10)
    points = np.concatenate([points, copies_of(network, points[3], 2)])
    found = sl.symmetric_distances(network, points, to)
    d = found.distances
    assert_array_equal(d, d.T)
    assert found.metric == (to is not None or network.n_hidden_layers == 1)
    assert found.why
    assert_allclose([d[3, 10], d[3, 11], d[10, 11]], 0, atol=1e-10)
    assert d[~np.eye(12, dtype=bool)].reshape(12, 11)[:3].min() > 0.1
    if found.metric:
        for a, b, c in itertools.permutations(range(12), 3):
            assert d[a, c] <= d[a, b] + d[b, c] + 1e-12


@given(networks, seeds)
def test_distances_and_overlaps_forget_symmetries(network, seed):
    points = points_of(network, 4)
    copies = np.array([random_symmetry(network, seed, replica=r, spread=0.3).apply(p) for r, p in enumerate(points)])
    one, other = (sl.symmetric_distances(network, p, n_starts=2) for p in (points, copies))
    assert (one.distances <= one.distances_before + 1e-12).all()
    forms = balance(network, points)
    assert_allclose(one.distances_before, sl.distances(forms), rtol=1e-9, atol=1e-12)
    assert_allclose(one.overlaps_before, sl.overlaps(forms), rtol=1e-9, atol=1e-12)
    assert_allclose(other.radius, one.radius, rtol=1e-9)
    if one.metric:  # what is searched for may end elsewhere
        assert_allclose(other.distances, one.distances, rtol=1e-8, atol=1e-10)
        assert_allclose(other.overlaps, one.overlaps, rtol=1e-8, atol=1e-10)


def test_aligned_to_one_another_distances_are_bounds_of_those_of_pairs():
    network = ReLUNetwork((5, 12, 3))
    points = points_of(network, 9)
    pairs = sl.symmetric_distances(network, points)
    sizes = {}
    for to in ("mean", "medoid", 0):
        found = sl.align_all(network, points, to)
        d = sl.distances(found)
        assert (d >= pairs.distances - 1e-10).all()
        sizes[to] = np.mean(d**2)
        for g, point, aligned in zip(found.transformations, points, found.params, strict=True):
            assert_allclose(g.apply(point), aligned, rtol=1e-9, atol=1e-12)
    assert sizes["mean"] < sizes["medoid"] < np.mean(pairs.distances_before**2)
    assert sizes["mean"] < sizes[0]
    medoid = sl.align_all(network, points, "medoid")
    assert np.argmin(medoid.distance) == np.argmin(pairs.distances.sum(axis=1))
    mean = sl.align_all(network, points, n_starts=3)
    assert_allclose(mean.reference, mean.points.mean(axis=0), atol=1e-12)
    assert_allclose(mean.distance, np.linalg.norm(mean.points - mean.reference, axis=1), rtol=1e-10)
    assert np.sum(mean.distance**2) < np.sum(mean.distance_before**2)
    assert_allclose(np.sum(mean.distance**2) * 2 * 9, np.sum(sl.distances(mean) ** 2), rtol=1e-10)


@pytest.mark.parametrize("widths", [(5, 8, 3), (4, 6, 6, 2)])
def test_copies_of_one_network_come_together(widths):
    network = ReLUNetwork(widths)
    copies = copies_of(network, points_of(network)[0], 8)
    for to in ("mean", "medoid", 2):
        assert_allclose(sl.distances(sl.align_all(network, copies, to)), 0, atol=1e-9)
    assert_allclose(sl.symmetric_distances(network, copies).distances, 0, atol=1e-9)
    assert_allclose(sl.symmetric_distances(network, copies).overlaps, 1, atol=1e-12)


def test_dead_neurons_are_no_difference():
    """They stand anywhere, with any weights that nobody hears, in any number of either network."""
    network = ReLUNetwork((3, 6, 2))
    point, other = points_of(network)
    layers = network.layers(point)
    layers[0][0][[1, 4]] = 0
    layers[0][1][[1, 4]] = 0
    silent = network.flatten(layers)
    layers[1][0][:, [1, 4]] = 5
    loud = permute(network, network.flatten(layers), [[5, 4, 3, 2, 1, 0]])
    assert_allclose(sl.align(network, loud, silent).distance, 0, atol=1e-12)
    assert_allclose(sl.symmetric_distances(network, [silent, loud]).distances, 0, atol=1e-12)
    land = landscape_of(network)
    for one, reference in ((loud, other), (other, loud)):
        found = sl.align(network, one, reference)
        assert_allclose(land.value(found.points), land.value(one), rtol=1e-12)
        assert found.distance <= found.distance_before
    nothing = np.zeros(network.n_params)
    assert_allclose(sl.align(network, nothing, other).distance, np.linalg.norm(balance(network, other)))


def test_a_dead_layer_leaves_the_output_biases():
    """Nothing gets through the second hidden layer: such networks are one where their output biases are."""
    network = ReLUNetwork((3, 4, 5, 2))
    points = []
    for point in points_of(network, 3):
        layers = network.layers(point)
        layers[1][0][:], layers[1][1][:] = 0, 0
        layers[2][1][:] = [1, 2]
        points.append(network.flatten(layers))
    found = sl.align(network, points, points[0])
    assert_array_equal(found.distance, 0)
    assert_array_equal(found.points, np.broadcast_to(found.reference, found.points.shape))
    assert_array_equal(sl.symmetric_distances(network, points).distances, 0)
    assert_array_equal(sl.distances(sl.align_all(network, points)), 0)
    living = points_of(network, 1, seed=4)[0]
    assert sl.align(network, points, living).distance.min() > 0


def test_trees_and_triangles_take_distances_modulo_symmetries():
    network = ReLUNetwork((4, 7, 3))
    found = sl.symmetric_distances(network, points_of(network, 14))
    condensed = found.condensed()
    pairs = sl.pair_statistics(found)
    assert_array_equal(pairs.distances, condensed)
    assert_array_equal(pairs.overlaps, found.condensed("overlaps"))
    assert_array_equal(pairs.radius, found.radius)
    assert sl.overlap_distribution(pairs).density.sum() > 0
    want = sl.hierarchy_from_distances(condensed)
    for tree in (sl.hierarchy(found), sl.hierarchy_from_distances(found)):
        assert_array_equal(tree.linkage, want.linkage)
        assert tree.cophenetic_correlation_error == want.cophenetic_correlation_error
    settings = {"n_splits": 5, "n_null": 6, "seed": 2}
    one, other = sl.ultrametricity(found, **settings), sl.ultrametricity(condensed, **settings)
    assert one.deviation == other.deviation
    assert_array_equal(one.null_deviation, other.null_deviation)
    for refused, name in (
        (lambda: sl.hierarchy(found, "ward"), "method"),
        (lambda: sl.hierarchy(found, metric="cosine"), "metric"),
        (lambda: sl.hierarchy(found, memory="vectors"), "memory"),
        (lambda: sl.pair_statistics(found, unsigned=True), "unsigned"),
        (lambda: found.condensed("norms"), "name"),
    ):
        with pytest.raises(ArgumentError) as caught:
            refused()
        assert caught.value.argument == name
    before = found.as_labelled()
    assert before.metric
    assert_array_equal(sl.hierarchy(before, "ward").distances, before.condensed("distances_before"))
    assert sl.hierarchy(before).metric == "balanced"
    assert_allclose(before.distances, sl.distances(balance(network, points_of(network, 14))))
    together = sl.symmetric_distances(network, points_of(network, 14), "mean")
    assert sl.hierarchy(together, "ward").metric == "symmetric"
    assert_allclose(sl.hierarchy(sl.align_all(network, points_of(network, 14))).distances, together.condensed())


def test_heights_are_not_clipped():
    alphas, ends = np.array([0.0, 0.25, 0.5, 1.0]), np.array([[1.0, 3.0], [1.0, 3.0]])
    values = np.array([[1.0, 2.0, 2.5, 3.0], [1.0, 1.2, 1.5, 3.0]])
    assert_allclose(above_mean(alphas, values, ends), [0.5, -0.5])
    assert_allclose(above_line(alphas, values, ends), [0.5, -0.3])
    assert np.isnan(above_line(np.array([0.0, 1.0]), values[:, [0, 3]], ends)).all()


def test_between_a_network_and_its_copy_there_is_no_barrier_left():
    network = ReLUNetwork((4, 10, 3))
    x, point = samples_of(network), points_of(network)[0]
    (weight, bias), (after, last) = network.layers(point)
    land = NetworkLandscape(network, x, np.maximum(x @ weight.T + bias, 0) @ after.T + last, loss="mse", dtype="f8")
    points, copies = np.broadcast_to(point, (3, network.n_params)), copies_of(network, point, 3, spread=0.2)
    lines = sl.aligned_lines(land, points, copies, np.linspace(0, 1, 7))
    assert (lines.excess_before > 1e-3).all()
    assert_allclose(lines.excess, 0, atol=1e-10)
    assert_allclose(lines.barrier, 0, atol=1e-10)
    assert_allclose(lines.after.ends, 0, atol=1e-12)
    assert_array_equal(lines.before.values, sl.line(land, points, copies, np.linspace(0, 1, 7)).values)
    assert lines.exact


NETWORK = ReLUNetwork((2, 3, 2, 1))
ZEROS = np.zeros((2, NETWORK.n_params))
ONES = ZEROS + 1
X = np.ones((4, 2))
LAND = NetworkLandscape(NETWORK, X, np.ones((4, 1)), loss="mse", dtype="float64")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: sl.align(None, ONES, ONES[0]), "network"),
        (lambda: sl.align(NETWORK, ONES[:, 1:], ONES[0]), "points"),
        (lambda: sl.align(NETWORK, ONES * np.nan, ONES[0]), "points"),
        (lambda: sl.align(NETWORK, ONES * 1e300, ONES[0]), "points"),
        (lambda: sl.align(NETWORK, ONES, ONES[0, 1:]), "reference"),
        (lambda: sl.align(NETWORK, ONES, ONES[0] * np.inf), "reference"),
        (lambda: sl.align(NETWORK, ONES, np.ones((3, NETWORK.n_params))), "reference"),
        (lambda: sl.align(NETWORK, ONES[0], ONES), "reference"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], "names"), "method"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], n_starts=0), "n_starts"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], seed=-1), "seed"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], "both"), "x"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], x=X), "x"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], "activations", x=X[:, :1]), "x"),
        (lambda: sl.align(NETWORK, ONES, ONES[0], "activations", x=X[:0]), "x"),
        (lambda: sl.align_all(NETWORK, ONES[:1]), "points"),
        (lambda: sl.align_all(NETWORK, ONES, "median"), "to"),
        (lambda: sl.align_all(NETWORK, ONES, 2), "to"),
        (lambda: sl.align_all(NETWORK, ONES, 1.0), "to"),
        (lambda: sl.symmetric_distances(NETWORK, ONES[:1]), "points"),
        (lambda: sl.symmetric_distances(NETWORK, ZEROS), "points"),
        (lambda: sl.symmetric_distances(NETWORK, ONES, "median"), "to"),
        (lambda: sl.aligned_lines(LAND, ONES, ONES[:1], [0.5]), "ends"),
        (lambda: sl.aligned_lines(LAND, ONES[:, 1:], ONES, [0.5]), "starts"),
        (lambda: sl.aligned_lines(LAND, ONES, ONES, [0.0, 1.0]), "alphas"),
        (lambda: sl.aligned_lines(sl.SphericalSpinGlass(5, 3), ONES, ONES, [0.5]), "landscape"),
        (lambda: rescale(NETWORK, ONES, [[1, 1, 1, 1], [1, 1]]), "scales[0]"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == name


@pytest.mark.parametrize("widths", [(4, 8, 3), (4, 8, 6, 3)])
@pytest.mark.parametrize("factor", [2.0**-600, 1e-200, 1e-290])
def test_very_small_networks_are_aligned_as_others(widths, factor):
    """Neither squares nor products of such parameters are numbers of float64; the order of neurons has no unit."""
    network = sl.ReLUNetwork(widths)
    first, second = network.initialize(2, dtype="float64")
    copy = sl.symmetry.random_symmetry(network).apply(first)
    usual, small = sl.align(network, second, first), sl.align(network, factor * second, factor * first)
    np.testing.assert_array_equal(small.permutations, usual.permutations)
    np.testing.assert_allclose(small.points, factor * usual.points, rtol=1e-9)
    for name in ("distance", "distance_before"):
        assert getattr(small, name) == pytest.approx(factor * getattr(usual, name), rel=1e-12, abs=0)
    assert small.overlap == pytest.approx(usual.overlap, rel=1e-12)
    again = sl.align(network, factor * copy, factor * first)
    assert again.distance < 1e-12 * again.distance_before
    np.testing.assert_allclose(
        sl.symmetry.balance(network, factor * first), factor * sl.symmetry.balance(network, first), rtol=1e-12
    )
