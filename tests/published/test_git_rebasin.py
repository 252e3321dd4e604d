"""Planted permutations: S. Ainsworth, J. Hayase and S. Srinivasa, arXiv:2209.04836.

Weight matching of a network against a relabelled copy of itself must find the labels. (Of a residual network, it does
so in 10 of 100 runs, as users of their program report; of fully connected ones it has no excuse.)
"""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spinland as sl

PLANTS = 100


@pytest.mark.parametrize("hidden", [(24,), (24, 20), (24, 20, 16), (24, 20, 16, 12)])
@pytest.mark.parametrize("n_starts", [1, 4])
@pytest.mark.parametrize("method", ["weights", "activations"])
def test_planted_permutations_and_scales_are_found_100_times_of_100(hidden, n_starts, method):
    network = sl.ReLUNetwork((16, *hidden, 5))
    layers = network.layers(network.initialize(1, seed=1, dtype="float64")[0])
    point = network.flatten([(weight, bias + 0.5) for weight, bias in layers])  # neurons that never fire look alike
    x = None if method == "weights" else np.random.default_rng(0).normal(size=(200, 16))
    plants = [sl.symmetry.random_symmetry(network, 4, replica=r) for r in range(PLANTS)]
    found = sl.align(network, [g.apply(point) for g in plants], point, method, n_starts, x=x)
    recovered = 0
    for g, f in zip(plants, found.transformations, strict=True):
        labels = [p[q] for p, q in zip(g.permutations, f.permutations, strict=True)]
        back = f.compose(g)  # balances the point, whatever was planted
        balanced = np.allclose(back.apply(point), sl.symmetry.balance(network, point), rtol=1e-9, atol=1e-12)
        recovered += balanced and all(map(np.array_equal, labels, [np.arange(m) for m in hidden]))
    assert recovered == PLANTS
    assert found.distance.max() < 1e-10 * np.linalg.norm(found.reference)


@pytest.mark.parametrize("hidden", [(24,), (24, 20, 16)])
def test_planted_permutations_are_found_in_float32_too(hidden):
    network = sl.ReLUNetwork((16, *hidden, 5))
    point = network.initialize(1, seed=1)[0]
    plants = [sl.symmetry.random_symmetry(network, 4, replica=r) for r in range(PLANTS)]
    found = sl.align(network, np.array([g.apply(point) for g in plants]), point, n_starts=1)
    assert found.points.dtype == np.float32
    for g, f in zip(plants, found.transformations, strict=True):
        for p, q in zip(g.permutations, f.permutations, strict=True):
            assert_array_equal(p[q], np.arange(len(p)))
    assert found.distance.max() < 1e-6 * np.linalg.norm(found.reference)


def test_a_planted_copy_of_another_network_is_not_taken_for_it():
    network = sl.ReLUNetwork((16, 24, 5))
    one, other = network.initialize(2, seed=1, dtype="float64")
    near, far = (sl.align(network, sl.symmetry.random_symmetry(network).apply(p), one) for p in (one, other))
    assert near.distance < 1e-10
    assert far.distance > 0.1
    assert_array_equal(near.reference, far.reference)
