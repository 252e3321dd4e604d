"""J. Yu and A. V. Morozov, "Neural network optimization strategies and the topography of the loss landscape"
(arXiv:2602.21276): solutions of SGD are separated by lower barriers than those of a quasi-Newton method.

784-50-50-10 without biases; the protocol at length, and its numbers, stand in ``benchmarks/published/low_paths.py`` and
``benchmarks/results/published-low_paths.md``. Here 8 solutions each on 2,000 samples, 16 pairs, seed 0; SGD and L-BFGS
from the same initialisations, L-BFGS at the training loss at which SGD stopped. Errors are over solutions, as pairs
share them.
"""

import pytest

import spinland as sl
from benchmarks.published.keeping import Keeper
from benchmarks.published.low_paths import Protocol, difference, measure

REDUCED = Protocol(solutions=8, neighbours=2, samples=2000, epochs=20, steps=(0, 300), places=11)


@pytest.mark.slow
@pytest.mark.data
def test_at_equal_training_loss_lines_and_short_paths_are_lower_between_solutions_of_sgd(mnist_folder):
    found = measure(sl.load_dataset("mnist", mnist_folder), Keeper(None), REDUCED)
    print(found)
