"""Permutations and rescalings of hidden neurons: a group that leaves the network's function alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spinland.errors import ArgumentError
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.symmetry import NetworkSymmetry, balance, canonical, orbit, orbit_size, permute, random_symmetry, rescale
from tests.oracles import network as oracle

networks = st.builds(ReLUNetwork, st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple), st.booleans())
seeds = st.integers(0, 2**64 - 1)


def points_of(network, n=2, seed=0, dtype="f8"):
    return np.random.default_rng(seed).normal(size=(n, network.n_params)).astype(dtype)


def landscape_of(network, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(50, network.widths[0]))
    return NetworkLandscape(network, x, generator.integers(0, network.widths[-1], 50), dtype="float64")


def naive_copy(network, point, permutations, scales):
    """The transformed network, one neuron at a time."""
    parts = [(w.copy(), b.copy()) for w, b in oracle.layers(network.widths, network.bias, point)]
    for i, (permutation, scale) in enumerate(zip(permutations, scales, strict=True)):
        (w, b), (after, c) = parts[i], parts[i + 1]
        new_w, new_b, new_after = w.copy(), b.copy(), after.copy()
        for j, (old, a) in enumerate(zip(permutation, scale, strict=True)):
            new_w[j], new_b[j], new_after[:, j] = a * w[old], a * b[old], after[:, old] / a
        parts[i], parts[i + 1] = (new_w, new_b), (new_after, c)
    return oracle.flatten(parts, network.bias)


@given(networks, seeds)
def test_neurons_move_with_all_their_weights(network, seed):
    g = random_symmetry(network, seed)
    for point in points_of(network):
        want = naive_copy(network, point, g.permutations, g.scales)
        assert_allclose(g.apply(point), want, rtol=1e-14)
        only_moved = naive_copy(network, point, g.permutations, [np.ones_like(s) for s in g.scales])
        assert_array_equal(permute(network, point, g.permutations), only_moved)
        identity = [np.arange(m) for m in network.widths[1:-1]]
        want = naive_copy(network, point, identity, g.scales)
        assert_allclose(rescale(network, point, g.scales), want, rtol=1e-14)


@given(networks, seeds)
def test_value_and_accuracy_are_invariant(network, seed):
    land, points, g = landscape_of(network), points_of(network), random_symmetry(network, seed)
    loss, accuracy = land.evaluate(points)
    moved_loss, moved_accuracy = land.evaluate(g.apply(points))
    assert_allclose(moved_loss, loss, rtol=1e-12, atol=1e-12)
    assert_array_equal(moved_accuracy, accuracy)


@given(networks, seeds)
def test_gradients_move_with_permuted_neurons(network, seed):
    """∇f(gw) = g ∇f(w) for a permutation; and for a rescaling the inverse factors: ∇f(gw)·g(v) = ∇f(w)·v."""
    land, point = landscape_of(network), points_of(network)[0]
    g = random_symmetry(network, seed, spread=0)
    want = g.apply(land.gradient(point))
    assert_allclose(land.gradient(g.apply(point)), want, rtol=0, atol=1e-12 * max(1, np.abs(want).max()))
    g = random_symmetry(network, seed)
    v = points_of(network, seed=1)[0]
    along = land.gradient(point) @ v
    moved = land.gradient(g.apply(point)) @ g.apply(v)
    assert_allclose(moved, along, rtol=0, atol=1e-11 * max(1, np.abs(land.gradient(point)).max()))


@given(networks, seeds)
def test_group_laws(network, seed):
    point = points_of(network)[0]
    f, g, h = (random_symmetry(network, seed, replica=r) for r in range(3))
    one = NetworkSymmetry.identity(network)
    assert_array_equal(one.apply(point), point)
    for a, b in [
        (f.compose(g).apply(point), f.apply(g.apply(point))),
        (f.compose(g).compose(h).apply(point), f.compose(g.compose(h)).apply(point)),
        (f.compose(one).apply(point), f.apply(point)),
        (one.compose(f).apply(point), f.apply(point)),
        (f.invert().apply(f.apply(point)), point),
        (f.compose(f.invert()).apply(point), point),
        (f.compose(g).invert().apply(point), g.invert().compose(f.invert()).apply(point)),
    ]:
        assert_allclose(a, b, rtol=1e-13)


@given(networks, seeds)
def test_permuting_float32_moves_bits(network, seed):
    points = points_of(network, dtype="f4")
    moved = random_symmetry(network, seed, spread=0).apply(points)
    assert moved.dtype == np.float32
    assert_array_equal(np.sort(moved, axis=1), np.sort(points, axis=1))


@pytest.mark.parametrize("widths", [(2, 2, 2), (3, 4, 2), (2, 3, 2, 2), (2, 2, 2, 3, 1), (3, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_the_orbit_of_theorem_3_1(widths, bias):
    """A network has ∏ M_i! relabelled copies, all different points of one loss."""
    network = ReLUNetwork(widths, bias)
    land, point = landscape_of(network), points_of(network)[0]
    members = list(orbit(network, point))
    assert len(members) == orbit_size(network) == math.prod(math.factorial(m) for m in widths[1:-1])
    assert len(np.unique(members, axis=0)) == len(members)
    assert_array_equal(members[0], point)
    assert_allclose(land.value(np.array(members)), land.value(point), rtol=1e-12)
    if len(members) > 1:
        forms = canonical(network, np.array(members))
        assert_array_equal(forms, np.broadcast_to(forms[0], forms.shape))


def test_large_orbits_are_counted_but_refused():
    network = ReLUNetwork((4, 60, 60, 2))
    assert orbit_size(network) == math.factorial(60) ** 2
    with pytest.raises(ArgumentError, match=r"network: .*at most 100000 members.*10\^163"):
        orbit(network, np.zeros(network.n_params))
    with pytest.raises(ArgumentError, match="got 720 for"):
        orbit(ReLUNetwork((1, 6, 1)), np.zeros(19), limit=719)
    huge = ReLUNetwork((1, *[3000] * 3, 1), bias=False)
    with pytest.raises(ArgumentError, match=r"10\^273"):
        orbit(huge, np.zeros(huge.n_params))


@given(networks, seeds)
def test_canonical_forms_forget_order_and_scale(network, seed):
    points = points_of(network, n=3)
    forms = canonical(network, points)
    assert_array_equal(canonical(network, random_symmetry(network, seed, spread=0).apply(points)), forms)
    scaled = canonical(network, random_symmetry(network, seed, spread=0.3).apply(points))
    assert_allclose(scaled, forms, rtol=1e-9, atol=1e-12)
    assert_allclose(canonical(network, forms), forms, rtol=1e-12, atol=1e-14)
    land = landscape_of(network)
    assert_allclose(land.value(forms), land.value(points), rtol=1e-11)


def norms(network, point):
    """Norms of what enters and of what leaves the neurons of each hidden layer."""
    layers = network.layers(point)
    incoming = [weight if bias is None else np.column_stack([weight, bias]) for weight, bias in layers]
    entering = [np.linalg.norm(rows, axis=1) for rows in incoming[:-1]]
    return entering, [np.linalg.norm(weight, axis=0) for weight, _ in layers[1:]]


@given(networks)
def test_canonical_neurons_are_balanced_and_sorted(network):
    form = canonical(network, points_of(network)[0])
    for entering, leaving in zip(*norms(network, form), strict=True):
        assert_allclose(entering, leaving, rtol=1e-12, atol=1e-14)
    before = np.ones(network.widths[0])
    for weight, bias in network.layers(form)[:-1]:  # sorted by direction, with the layers before at norm one
        rows = weight * before if bias is None else np.column_stack([weight * before, bias])
        before = np.linalg.norm(rows, axis=1)
        living = before > 0
        rows = rows[living] / before[living, None]
        assert not np.any(np.diff(living.astype(int)) > 0)
        keys = [tuple(np.round(row, 10)) for row in rows]
        assert keys == sorted(keys)


@given(networks, seeds)
def test_a_balanced_copy_is_the_shortest(network, seed):
    points = points_of(network)
    short = balance(network, points)
    for point, form in zip(points, short, strict=True):
        for entering, leaving in zip(*norms(network, form), strict=True):
            assert_allclose(entering, leaving, rtol=1e-12, atol=1e-14)
        other = random_symmetry(network, seed, spread=0.3)
        longer = rescale(network, form, other.scales)
        assert np.linalg.norm(form) <= np.linalg.norm(longer) * (1 + 1e-14)
        assert_allclose(balance(network, longer), form, rtol=1e-9, atol=1e-12)
        moved = permute(network, point, other.permutations)
        assert_allclose(balance(network, moved), permute(network, form, other.permutations), rtol=1e-9, atol=1e-12)
    land = landscape_of(network)
    assert_allclose(land.value(short), land.value(points), rtol=1e-11)


def test_the_scale_of_one_hidden_layer_is_the_geometric_mean_of_the_norms():
    network = ReLUNetwork((4, 5, 3))
    point = points_of(network)[0]
    (entering,), (leaving,) = norms(network, point)
    (balanced,), _ = norms(network, balance(network, point))
    assert_allclose(balanced, np.sqrt(entering * leaving), rtol=1e-14)


@pytest.mark.parametrize("layer", [0, 1])
def test_silent_neurons_lose_what_nobody_hears(layer):
    network = ReLUNetwork((2, 3, 4, 2))
    layers = network.layers(points_of(network)[0])
    (weight, bias), (after, _) = layers[layer], layers[layer + 1]
    weight[1], bias[1] = 0, 0
    point = network.flatten(layers)
    form = canonical(network, point)
    after[:, 1] = 77
    assert_array_equal(canonical(network, network.flatten(layers)), form)
    assert_allclose(landscape_of(network).value(form), landscape_of(network).value(point), rtol=1e-12)
    (weight, bias), (after, _) = network.layers(form)[layer : layer + 2]
    for nothing in (weight[-1], bias[-1], after[:, -1]):
        assert not nothing.any()
    assert (np.linalg.norm(weight[:-1], axis=1) > 0).all()


def test_what_only_a_dead_neuron_hears_is_dead():
    """The second hidden layer leads nowhere: so does all before it."""
    network = ReLUNetwork((2, 3, 4, 2))
    layers = network.layers(points_of(network)[0])
    layers[2][0][:] = 0
    form = canonical(network, network.flatten(layers))
    want = np.zeros(network.n_params)
    want[-2:] = layers[2][1]
    assert_array_equal(form, want)
    assert_array_equal(balance(network, network.flatten(layers)), want)


def test_twins_that_cancel_are_dead():
    network = ReLUNetwork((2, 4, 2))
    (weight, bias), (after, last) = network.layers(points_of(network)[0])
    weight[2], bias[2], after[:, 2] = 2 * weight[0], 2 * bias[0], -after[:, 0] / 2
    form = canonical(network, network.flatten([(weight, bias), (after, last)]))
    (sorted_weight, _), (sorted_after, _) = network.layers(form)
    assert not sorted_weight[-2:].any()
    assert not sorted_after[:, -2:].any()
    assert sorted_weight[:-2].all()


@pytest.mark.parametrize("bias", [True, False])
def test_twins_are_not_told_apart(bias):
    """With one input and no bias all neurons are twins of two: weight +1 or -1."""
    network = ReLUNetwork((1, 6, 3, 2), bias)
    point = points_of(network)[0]
    (w0, b0), *_ = network.layers(point)
    w0[4], w0[5] = w0[3], w0[3]
    if bias:
        b0[4], b0[5] = b0[3], b0[3]
    form = canonical(network, point)
    assert_allclose(landscape_of(network).value(form), landscape_of(network).value(point), rtol=1e-12)
    for replica in range(20):
        g = random_symmetry(network, 0, replica=replica, spread=0)
        assert_array_equal(canonical(network, g.apply(point)), form)


def test_different_networks_keep_a_distance():
    network = ReLUNetwork((4, 5, 3))
    one, other = canonical(network, points_of(network))
    assert np.linalg.norm(one - other) > 0.1


def test_random_symmetries_are_addressed():
    network = ReLUNetwork((2, 50, 40, 2))
    a, b = random_symmetry(network, 1), random_symmetry(network, 1)
    assert_array_equal(a.permutations[1], b.permutations[1])
    assert_array_equal(a.scales[0], b.scales[0])
    for other in (random_symmetry(network, 2), random_symmetry(network, 1, replica=1)):
        assert (other.permutations[0] != a.permutations[0]).any()
    assert (a.permutations[0][:40] != a.permutations[1]).any()
    logs = np.log(np.concatenate(random_symmetry(ReLUNetwork((1, 4000, 1)), 5, spread=0.5).scales))
    assert abs(logs.mean()) < 4 * 0.5 / math.sqrt(4000)
    assert abs(logs.std() / 0.5 - 1) < 4 / math.sqrt(8000)


NETWORK = ReLUNetwork((2, 3, 2, 1))
ZEROS = np.zeros(NETWORK.n_params)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: permute(NETWORK, ZEROS, [[0, 1, 2]]), "permutations"),
        (lambda: permute(NETWORK, ZEROS, [[0, 1, 1], [0, 1]]), "permutations[0]"),
        (lambda: permute(NETWORK, ZEROS, [[0, 1, 2], [0, 1, 2]]), "permutations[1]"),
        (lambda: permute(NETWORK, ZEROS, [[0.0, 1.0, 2.0], [0, 1]]), "permutations[0]"),
        (lambda: permute(NETWORK, ZEROS[1:], [[0, 1, 2], [0, 1]]), "points"),
        (lambda: permute(NETWORK, ZEROS * np.nan, [[0, 1, 2], [0, 1]]), "points"),
        (lambda: rescale(NETWORK, ZEROS, [[1, 1, 1]]), "scales"),
        (lambda: rescale(NETWORK, ZEROS, [[1, 1, 0], [1, 1]]), "scales[0]"),
        (lambda: rescale(NETWORK, ZEROS, [[1, 1, 1], [1, -1]]), "scales[1]"),
        (lambda: rescale(NETWORK, ZEROS, [[1, 1, np.inf], [1, 1]]), "scales[0]"),
        (lambda: rescale(NETWORK, ZEROS, [[1, 1], [1, 1]]), "scales[0]"),
        (lambda: random_symmetry(NETWORK, -1), "seed"),
        (lambda: random_symmetry(NETWORK, 0, spread=-1), "spread"),
        (lambda: orbit(NETWORK, ZEROS[None]), "point"),
        (lambda: orbit(NETWORK, ZEROS, limit=0), "limit"),
        (lambda: canonical(NETWORK, ZEROS[1:]), "points"),
        (lambda: balance(NETWORK, ZEROS[1:]), "points"),
        (lambda: balance(NETWORK, ZEROS * np.nan), "points"),
        (lambda: balance(NETWORK, ZEROS + 1e300), "points"),
        (lambda: NetworkSymmetry.identity(NETWORK).compose(NetworkSymmetry(ReLUNetwork((2, 3, 1)))), "first"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == name
