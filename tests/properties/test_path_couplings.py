"""The output as a sum over active paths, as an H-spin form, and as the energy of a glass: exact identities."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spinland.analogy.couplings import path_couplings
from spinland.errors import ArgumentError
from spinland.landscape.glass import SphericalSpinGlass
from spinland.landscape.network import ReLUNetwork
from spinland.symmetry import permute
from tests.oracles import network as oracle

seeds = st.integers(0, 2**32 - 1)
widths = st.lists(st.integers(1, 5), min_size=2, max_size=5).map(tuple)
small_widths = st.lists(st.integers(1, 3), min_size=3, max_size=4).map(tuple)  # order 2 and 3: a dense tensor fits


def case(widths, seed):
    """A network, its weights, and an input of which one component may be zero."""
    generator = np.random.default_rng(seed)
    network = ReLUNetwork(widths, bias=False)
    x = generator.normal(size=widths[0])
    x[generator.integers(widths[0])] *= generator.integers(2)
    return network, generator.normal(size=network.n_params), x, generator


def output_of(network, w, x):
    return oracle.forward(network.widths, False, w, x[None])[-1][0]


def sum_over_paths(network, w, x):
    """Every path in turn: which are active, and the sum of x Π w over those."""
    acts = oracle.forward(network.widths, False, w, x[None])
    weights = [weight for weight, _ in oracle.layers(network.widths, False, w)]
    total, active = np.zeros(network.widths[-1]), 0
    for path in itertools.product(*map(range, network.widths)):
        if all(acts[k][0, path[k]] > 0 for k in range(1, len(path) - 1)):
            active += 1
            total[path[-1]] += x[path[0]] * math.prod(weights[k][path[k + 1], path[k]] for k in range(len(weights)))
    return total, active


def close(a, b, scale):
    assert_allclose(a, b, rtol=0, atol=1e-13 * max(1.0, float(np.max(np.abs(scale), initial=0))))


@given(widths, seeds)
def test_active_paths_sum_to_the_output(widths, seed):
    network, w, x, _ = case(widths, seed)
    couplings = path_couplings(network, w, x)
    total, active = sum_over_paths(network, w, x)
    scale = path_sum_scale(network, w, x)
    close(couplings.polynomial(w), total, scale)
    close(couplings.output, total, scale)
    close(couplings.output, output_of(network, w, x), scale)
    assert couplings.n_active * widths[-1] == active
    assert couplings.n_paths * widths[-1] == math.prod(widths)
    assert len(couplings.values) * widths[0] == active * np.count_nonzero(x)
    assert couplings.order == len(widths) - 1


def path_sum_scale(network, w, x):
    """Σ |x Π w| over all paths: what rounding errors are relative to."""
    v = np.abs(x)
    for weight, _ in oracle.layers(network.widths, False, w):
        v = np.abs(weight) @ v
    return v


@given(widths, seeds)
def test_each_path_takes_one_weight_of_each_layer_in_a_chain(widths, seed):
    network, w, x, _ = case(widths, seed)
    couplings = path_couplings(network, w, x)
    neurons = []
    for span, column in zip(network.spans, couplings.indices.T, strict=True):
        assert np.all((column >= span.weight.start) & (column < span.weight.stop))
        neurons.append(np.divmod(column - span.weight.start, span.shape[1]))
    for (out, _), (_, below) in itertools.pairwise(neurons):
        assert_array_equal(out, below)
    assert_array_equal(x[neurons[0][1]], couplings.values)
    assert_array_equal(neurons[-1][0], couplings.outputs)
    assert len(np.unique(couplings.indices, axis=0)) == len(couplings.values)


@given(widths, seeds, st.floats(0.01, 10.0))
def test_output_is_homogeneous_of_degree_h_with_the_same_couplings(widths, seed, factor):
    network, w, x, _ = case(widths, seed)
    couplings = path_couplings(network, w, x)
    scaled = path_couplings(network, factor * w, x)
    assert_array_equal(scaled.indices, couplings.indices)
    assert_array_equal(scaled.values, couplings.values)
    scale = factor**couplings.order * path_sum_scale(network, w, x)
    close(scaled.output, factor**couplings.order * couplings.output, scale)
    close(couplings.polynomial(factor * w), scaled.output, scale)


@given(small_widths, seeds)
def test_permuting_hidden_neurons_permutes_the_couplings(widths, seed):
    network, w, x, generator = case(widths, seed)
    permutations = [generator.permutation(n) for n in widths[1:-1]]
    moved = permute(network, np.arange(network.n_params, dtype=float), permutations).astype(int)
    before = path_couplings(network, w, x).tensor()
    after = path_couplings(network, w[moved], x).tensor()
    assert_array_equal(after, before[np.ix_(*[moved] * network.n_layers)])


@given(small_widths, seeds)
def test_tensor_is_symmetric_and_gives_the_output(widths, seed):
    network, w, x, _ = case(widths, seed)
    couplings = path_couplings(network, w, x)
    for c in range(widths[-1]):
        tensor = couplings.tensor(c)
        for order in itertools.permutations(range(tensor.ndim)):
            assert_array_equal(tensor, tensor.transpose(order))
        value = tensor
        for _ in range(couplings.order):
            value = value @ w
        close(value, couplings.output[c], path_sum_scale(network, w, x))
        assert np.count_nonzero(tensor) == round(couplings.density * tensor.size)


@given(small_widths, seeds)
def test_glass_of_the_couplings_has_the_output_as_its_energy(widths, seed):
    network, w, x, _ = case(widths, seed)
    couplings = path_couplings(network, w, x)
    sigma = couplings.sphere_point
    assert sigma @ sigma == pytest.approx(couplings.dim)
    scale = path_sum_scale(network, sigma, x)
    for c in range(widths[-1]):
        glass = SphericalSpinGlass.from_couplings(couplings.glass_couplings(c))
        energy = couplings.dim * glass.value(sigma)
        close(energy, output_of(network, sigma, x)[c], scale)
        close(energy * couplings.sphere_factor, couplings.output[c], scale * couplings.sphere_factor)


def test_form_is_the_output_within_the_linear_region_and_not_beyond():
    network, w, x, generator = case((4, 5, 3, 2), 7)
    couplings = path_couplings(network, w, x)
    near = w + 1e-6 * generator.normal(size=(20, w.size))
    far = w + 1.0 * generator.normal(size=(200, w.size))
    assert couplings.holds_at(w) is True
    assert couplings.holds_at(near).all()
    for v in near:
        close(couplings.polynomial(v), output_of(network, v, x), path_sum_scale(network, v, x))
    inside = couplings.holds_at(far)
    assert 0 < inside.sum() < len(far), "the seed should give points on both sides"
    differ = 0
    for v, same in zip(far, inside, strict=True):
        exact = np.abs(couplings.polynomial(v) - output_of(network, v, x)).max() < 1e-12
        # Beyond a boundary the same paths may be active still: those of a neuron whose successors are all off.
        assert exact == np.array_equal(path_couplings(network, v, x).indices, couplings.indices)
        assert exact or not same
        differ += not exact
    assert differ > len(far) / 2


def test_crossing_one_boundary_changes_the_couplings_by_the_paths_of_one_neuron():
    network = ReLUNetwork((2, 2, 1), bias=False)
    x = np.array([1.0, 2.0])
    on = np.array([1.0, 0.1, 0.3, 0.4, 2.0, 3.0])
    off = on.copy()
    off[0] = -1.0  # the first neuron's input goes from 1.2 to −0.8
    first, second = path_couplings(network, on, x), path_couplings(network, off, x)
    assert_array_equal(first.activity, [True, True])
    assert_array_equal(second.activity, [False, True])
    assert (first.n_active, second.n_active) == (4, 2)
    assert not first.holds_at(off)
    assert first.output[0] == pytest.approx(1.2 * 2 + 1.1 * 3)
    assert second.output[0] == pytest.approx(1.1 * 3)
    assert first.polynomial(off)[0] == pytest.approx(-0.8 * 2 + 1.1 * 3)


def test_network_of_one_layer_is_linear_in_its_weights():
    couplings = path_couplings(ReLUNetwork((3, 2), bias=False), np.arange(6.0), [1.0, 0.0, -2.0])
    assert_array_equal(couplings.tensor(1), [0, 0, 0, 1, 0, -2])
    assert couplings.activity.size == 0
    assert_array_equal(couplings.output, [-4.0, -7.0])


def test_where_no_path_is_active_the_form_is_zero():
    couplings = path_couplings(ReLUNetwork((2, 2, 2), bias=False), -np.ones(8), [1.0, 1.0])
    assert (couplings.n_active, len(couplings.values), couplings.density) == (0, 0, 0.0)
    assert_array_equal(couplings.polynomial(np.ones((3, 8))), np.zeros((3, 2)))
    assert not couplings.tensor().any()


NETWORK = ReLUNetwork((2, 3, 2), bias=False)
W, X = np.ones(12), np.ones(2)
BAD = {
    "bias": (lambda: path_couplings(ReLUNetwork((2, 3, 2)), np.ones(17), X), "network"),
    "no-network": (lambda: path_couplings((2, 3, 2), W, X), "network"),
    "point-shape": (lambda: path_couplings(NETWORK, np.ones(11), X), "point"),
    "point-nan": (lambda: path_couplings(NETWORK, np.full(12, np.nan), X), "point"),
    "x-batch": (lambda: path_couplings(NETWORK, W, X[None]), "x"),
    "x-infinite": (lambda: path_couplings(NETWORK, W, [np.inf, 0]), "x"),
    "limit": (lambda: path_couplings(NETWORK, W, X, memory_limit=0), "memory_limit"),
    "too-many": (lambda: path_couplings(NETWORK, W, X, memory_limit=287), "network"),
    "output": (lambda: path_couplings(NETWORK, W, X).tensor(2), "output"),
    "weights": (lambda: path_couplings(NETWORK, W, X).polynomial(np.ones(3)), "weights"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name):
    call, argument = BAD[name]
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == argument


def test_what_does_not_fit_is_counted_before_it_is_made():
    assert len(path_couplings(NETWORK, W, X, memory_limit=288).values) == 12  # 12 paths of 2 indices and a value
    wide = ReLUNetwork((100, 500, 500, 10), bias=False)
    with pytest.raises(ArgumentError, match="250000000 active paths of 250000000, 8000000000 bytes"):
        path_couplings(wide, np.ones(wide.n_params), np.ones(100))
    wide = ReLUNetwork((100, 110, 10), bias=False)
    with pytest.raises(ArgumentError, match=r"12100\^2 entries of 8 bytes, 1171280000 bytes"):
        path_couplings(wide, np.ones(12100), np.ones(100)).tensor()
