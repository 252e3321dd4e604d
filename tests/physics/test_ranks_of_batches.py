"""Rank correlations over batch sizes whose replicas share their initial points: errors and p are true."""

import math

import numpy as np
import pytest

from spinland.chapters.batches import _whole, _within, clustered
from spinland.statistics.correlation import rank_correlation

TRIALS = 400


def unrelated(random, sizes=4, replicas=12, common=0.7):
    """Rise and quality (sizes, replicas) without any relation; each shares ``common`` of its variance over sizes."""
    pair = [
        math.sqrt(common) * random.normal(size=(1, replicas))
        + math.sqrt(1 - common) * random.normal(size=(sizes, replicas))
        for _ in range(2)
    ]
    return pair[0], pair[1]


@pytest.mark.parametrize("statistic", [_whole, _within])
def test_errors_and_levels(statistic):
    """400 nulls, seed 5: the error within 20 % of the scatter, shares below 0.05 and 0.01 within 3 binomial errors."""
    random = np.random.default_rng(5)
    found = np.array([clustered(statistic, *unrelated(random)) for _ in range(TRIALS)])
    assert math.sqrt(np.mean(found[:, 1] ** 2)) == pytest.approx(found[:, 0].std(), rel=0.2)
    for level in (0.05, 0.01):
        assert abs(np.mean(found[:, 2] < level) - level) < 3 * math.sqrt(level * (1 - level) / TRIALS)


def test_replicas_of_one_start_are_not_independent():
    """Taken for 48 independent points, the same nulls come out significant at 1 % far too often."""
    random = np.random.default_rng(5)
    pairs = [unrelated(random) for _ in range(100)]
    naive = [rank_correlation(x.ravel(), y.ravel()).p for x, y in pairs]
    assert np.mean(np.array(naive) < 0.01) > 0.05


def test_a_replica_that_diverged_is_left_out():
    random = np.random.default_rng(1)
    rise, quality = unrelated(random)
    whole = clustered(_whole, rise, rise**3)
    assert whole[0] == 1
    assert math.isnan(whole[1])  # equal whatever is left out
    rise[:, 3] = np.nan
    assert clustered(_whole, rise, quality) == clustered(_whole, np.delete(rise, 3, 1), np.delete(quality, 3, 1))
