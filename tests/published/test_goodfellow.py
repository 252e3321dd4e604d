"""I. Goodfellow, O. Vinyals and A. Saxe, "Qualitatively characterizing neural network optimization problems"
(arXiv:1412.6544): from the initialisation to the solution the training loss only falls.

784-100-100-10, batches of 64; the protocol at length stands in ``benchmarks/published/monotone_lines.py``, its numbers
(20 lines each) in ``benchmarks/results/published-monotone_lines.md``. Met by SGD at both rates and by Adam at the small
one: all of 20, so that the share is above 0.95 by one standard error. Refuted for Adam at 0.01: none of 20 lines is
monotone, as J. Lucas et al. (arXiv:2104.11044) say of large adaptive steps; it is a matter of the last quarter of the
line, which rises by 0.0064 ± 0.0013 nats.

Here the first 10 lines of each, seed 0. Shares of 1 and 0 of 10 have Wilson's bounds 0.91 and 0.09 at one standard
error; where the claim fails, one line of ten may be monotone.
"""

import numpy as np
import pytest

import spinland as sl
from benchmarks.published.monotone_lines import OPTIMIZERS, Protocol, lines, rises

REDUCED = Protocol(replicas=10)


@pytest.mark.slow
@pytest.mark.data
def test_lines_to_solutions_fall_but_for_adam_with_large_steps(mnist_folder):
    data = sl.load_dataset("mnist", mnist_folder).subset(REDUCED.samples, 10_000)
    monotone = {}
    for name, optimizer in OPTIMIZERS.items():
        values = lines(data, optimizer, REDUCED)["values"]
        assert (values[:, -1] < 0.5 * values[:, 0]).all()  # it has learnt
        monotone[name] = int(np.sum(rises(values) == 0))
    large = monotone.pop("Adam, rate 0.01")
    assert list(monotone.values()) == [10, 10, 10]
    assert large <= 1
