"""Planted permutations, and barriers after matching: S. Ainsworth, J. Hayase and S. Srinivasa, arXiv:2209.04836.

Weight matching of a network against a relabelled copy of itself must find the labels. (Of a residual network, it does
so in 10 of 100 runs, as users of their program report; of fully connected ones it has no excuse.)

Their barrier on MNIST is about 0.6 after one epoch and about 0 by epoch 25. The protocol at length stands in
``benchmarks/published/git_rebasin.py``, its numbers in ``benchmarks/results/published-git_rebasin.md``.
"""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spinland as sl
from benchmarks.published.git_rebasin import KINDS, Protocol, barriers
from benchmarks.published.keeping import Keeper
from spinland.statistics.uncertainty import shared_mean_error

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


@pytest.mark.slow
@pytest.mark.data
def test_after_one_epoch_their_search_leaves_their_barrier_and_ours_less(mnist_folder):
    """784-512-512-512-10 from their initialisation, Adam at 1e-3, batches of 500; seed 0, 6 pairs of 4 networks.

    Barriers of the training loss: 1.43 ± 0.03 before, 0.50 ± 0.02 by their search, whose pairs scatter by 0.06, 0.21 ±
    0.01 by ours. So 0.6, which is one pair, is met within three such scatters, and is a matter of the search, which
    begins at the order that the neurons came in: a better one leaves less, at three errors. (From PyTorch's
    initialisation, whose weights are smaller by √3, it is 0.09 and 0.09.)
    """
    data = sl.load_dataset("mnist", mnist_folder)
    found = barriers(data, Keeper(None), Protocol(epochs=(1,), places=3), "flax")
    values = np.array(found["values"])[:, 0, :, 0]
    heights = dict(zip(KINDS, (values[..., 1] - (values[..., 0] + values[..., 2]) / 2).T, strict=True))
    scatter = np.std(heights["theirs"], ddof=1)
    assert heights["before"].min() > 1
    assert abs(heights["theirs"].mean() - 0.6) < 3 * scatter < 0.3
    less = heights["permuted"] - heights["theirs"]
    assert less.mean() + 3 * shared_mean_error(less, np.array(found["members"])) < 0
