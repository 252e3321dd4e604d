"""Errors that are printed are the scatter that is there: a short form of ``python -m benchmarks.coverage``."""

from __future__ import annotations

import pytest

from benchmarks.coverage import ALLOWED, coverage
from benchmarks.coverage_pairs import entries

REPETITIONS = 100
STANDARD_ERRORS = 3  # of 44 ratios; one in 700 is further off by chance, the 20 % that are allowed left aside


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.slow
@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: f"{entry.name}, {entry.data}")
def test_errors_of_pairs_trees_and_triangles(entry):
    row = coverage(entry, REPETITIONS, first_seed=10_000)
    assert abs(row.ratio - 1) <= ALLOWED + STANDARD_ERRORS * row.ratio_error
