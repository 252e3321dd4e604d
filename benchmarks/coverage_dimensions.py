"""Errors of what is told of the dimension of subspaces: logistic curves of success, and where accuracies cross."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from spinland.connect.dimensions import _thresholds
from spinland.statistics.logistic import logistic_fit

from .coverage import Entry

_SIZES = np.array([10, 20, 40, 80, 160, 320])


def _fitted(name: str, n: int, width: float, seed: int) -> tuple[float, float]:
    logs = np.log(_SIZES)
    truth = 1 / (1 + np.exp(-(logs - np.log(70)) / width))
    fit = logistic_fit(logs, np.random.default_rng([7, seed]).binomial(n, truth), np.full(len(logs), n))
    return getattr(fit, name), getattr(fit, f"{name}_error")


def _crossed(n: int, seed: int) -> tuple[float, float]:
    """Accuracies that rise to 0.95 and scatter by 0.02, half of it common to all d of a replica."""
    draw = np.random.default_rng([8, seed])
    mean = 0.95 - 0.6 * np.exp(-np.log(_SIZES / 5.0))
    noise = 0.014 * (draw.normal(size=(len(_SIZES), n)) + draw.normal(size=n))
    found = _thresholds(_SIZES, mean[:, None] + noise, np.full(n, 0.95), 0.9)
    return float(found["crossing"][1]), float(found["crossing_error"][1])


def entries() -> Iterator[Entry]:
    """All of them."""
    for n, width in ((5, 0.3), (10, 0.3), (20, 0.6)):
        for name in ("midpoint", "width"):
            yield Entry(f"logistic {name}", f"{n} trials at 6 places, width {width}", partial(_fitted, name, n, width))
    for n in (5, 20):
        yield Entry("dimension at a threshold", f"{n} replicas", partial(_crossed, n))
