"""Barriers between solutions once permutations are taken into account: R. Entezari et al., arXiv:2110.06296.

Their claim for networks of one hidden layer: before, the barrier of the straight line rises and falls with the width;
after the best permutation it is 0 at every width. The barrier is the height above the linear interpolation of the two
losses. They look for the permutation of least barrier by simulated annealing; ours is the one that brings the weights
nearest, found exactly, and another may have a lower barrier.
"""

import numpy as np
import pytest

import spinland as sl

ALPHAS = np.linspace(0, 1, 11)


def barriers(data, width, pairs, **training):
    """Barriers (pairs,) on the training data as trained and aligned."""
    network = sl.ReLUNetwork((data.n_inputs, width, data.n_outputs))
    found = sl.train(network, data, 2 * pairs, seed=11, evaluate="final", **training)
    land = sl.NetworkLandscape(network, data.x_train[:10_000], data.y_train[:10_000])
    lines = sl.aligned_lines(land, found.params[:pairs], found.params[pairs:], ALPHAS)
    assert lines.exact
    assert (lines.distance < lines.distance_before).all()
    return lines.excess_before, lines.excess


def error(values):
    return np.std(values, ddof=1) / np.sqrt(len(values))


def test_on_digits_alignment_takes_most_of_the_barrier_and_more_of_it_where_networks_are_wide():
    """Seed 11, 8 pairs: at M = 8 a quarter is left, at M = 64 a tenth; all differences are more than 5 errors."""
    data = sl.load_dataset("digits")
    left = {}
    for width in (8, 64):
        before, after = barriers(data, width, 8, epochs=12)
        left[width] = after.mean() / before.mean()
        assert after.mean() + 5 * error(before - after) < before.mean()
        assert after.mean() > 5 * error(after)  # not 0
    assert left[64] < 0.7 * left[8]


@pytest.mark.slow
@pytest.mark.data
def test_on_mnist_the_aligned_barrier_falls_with_the_width_but_is_not_zero(mnist_folder):
    """784-M-10, batch 64, Adam, 3 epochs; seed 11, 6 pairs.

    Met: before, wide networks have lower barriers than narrow ones; aligned, the barrier is within 0.05 nats of 0 at
    M = 128. Not met by the nearest permutation: that it is 0 at every width; at M = 8 it is
    0.27 ± 0.06, of which three errors are asked for.
    """
    data = sl.load_dataset("mnist", mnist_folder)
    found = {width: barriers(data, width, 6, batch_size=64, epochs=3) for width in (8, 32, 128)}
    before = [found[width][0] for width in (8, 32, 128)]
    after = [found[width][1] for width in (8, 32, 128)]
    assert before[2].mean() + 3 * np.hypot(error(before[2]), error(before[0])) < before[0].mean()
    assert after[0].mean() > 3 * error(after[0])
    assert after[2].mean() < after[1].mean() < after[0].mean()
    assert abs(after[2].mean()) < 0.05
