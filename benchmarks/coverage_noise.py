"""Errors of what is told of the noise of training: autocorrelations of increments, and exponents of diffusion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import spinland as sl

from .coverage import Entry

_HOLD = 0.7  # share of its place that a held particle keeps


def _held(replicas: int, records: int, seed: int) -> Any:
    """Replicas (R, T, 6) that a valley holds in each of six directions."""
    draw = np.random.default_rng([9, seed])
    x = np.zeros((replicas, records, 6))
    for t in range(1, records):
        x[:, t] = _HOLD * x[:, t - 1] + draw.normal(size=(replicas, 6))
    return x


def _correlated(replicas: int, records: int, seed: int) -> tuple[Any, Any]:
    found = sl.increments(_held(replicas, records, seed), 4)
    return found.autocorrelation, found.autocorrelation_error


def _spread(replicas: int, records: int, lags: list[int] | None, seed: int) -> tuple[float, float]:
    free = np.random.default_rng([10, seed]).normal(size=(replicas, records, 20)).cumsum(axis=1)
    found = sl.diffusion_exponent(free, lags)
    return found.exponent, found.exponent_error


def entries() -> Iterator[Entry]:
    """All of them."""
    expected = -(1 - _HOLD) / 2 * _HOLD ** np.arange(4.0)
    for replicas, records in ((1, 1600), (3, 800), (8, 400)):
        data = f"{replicas} replicas of {records} records"
        measure = partial(_correlated, replicas, records)
        yield Entry("autocorrelation of increments", f"{data}, held", measure, expected)
        for times, lags in (("short times", [1, 2, 4, 8, 16]), ("all times", None)):
            measure = partial(_spread, replicas, records, lags)
            yield Entry("exponent of diffusion", f"{data}, free, {times}", measure, 1.0)
