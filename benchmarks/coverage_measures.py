"""Errors of measures of flatness, of local entropies and of rank correlations of measures."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from spinland.errors import ShortRunWarning
from spinland.landscape.function import FunctionLandscape
from spinland.measures.comparison import MeasureComparison, compare_measures
from spinland.measures.entropy import local_entropy
from spinland.measures.sharpness import sharpness

from .coverage import Entry

H = np.array([9.0, 4.0, 1.0, 1.0, 0.3, 0.0])
POINT = np.array([0.1, -0.3, 0.2, 1.0, -2.0, 0.5])
GAMMA = 3.0
BOWL = FunctionLandscape(lambda w: 0.5 * w**2 @ H, 6, gradient=lambda w: w * H)


def noise(seed: int) -> tuple[float, float]:
    """Rise under noise of a quadratic form, 30 pairs of draws."""
    found = sharpness(BOWL, POINT, "noise", 0.1, n_draws=30, seed=seed)
    return float(found.value[0]), float(found.error[0])


def entropy(seed: int) -> tuple[float, float]:
    """Local entropy of a quadratic form, 400 steps of two walkers at four nodes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortRunWarning)
        found = local_entropy(BOWL, POINT, GAMMA, n_nodes=4, n_steps=400, seed=seed)
    return float(found.value[0]), float(found.error[0])


def exact_entropy() -> float:
    """Its closed form."""
    stiff, pull = H + GAMMA, H * POINT
    return float(-0.5 * np.sum(H * POINT**2) - 0.5 * np.sum(np.log(stiff / GAMMA)) + 0.5 * np.sum(pull**2 / stiff))


@lru_cache(maxsize=4096)
def ranked(share: float, replicas: int, seed: int) -> MeasureComparison:
    """A measure and a quality of six settings with a part in common, and a start that a replica has in all of them."""
    draw = np.random.default_rng([31, seed])
    start, own = draw.normal(size=(1, replicas)), draw.normal(size=(6, replicas))
    quality = 0.5 * start - share * own + draw.normal(size=(6, replicas))
    loss = share * own + draw.normal(size=(6, replicas))
    sizes, rates = np.repeat([8, 32, 128], 2), np.tile([0.1, 0.4], 3)
    return compare_measures({"a": own + 0.5 * start}, quality, loss, sizes, rates, n_bootstrap=200, seed=seed)


def entries() -> Iterator[Entry]:
    """One for each error that measures print."""
    yield Entry("rise under noise", "quadratic form", noise, truth=0.5 * 0.01 * H.sum())
    yield Entry("local entropy", "quadratic form", entropy, truth=exact_entropy)
    for share in (0.0, 0.7):
        for kind, name in enumerate(("all", "within", "batch size", "rate", "fixed loss")):

            def measure(seed: int, share: float = share, kind: int = kind) -> tuple[Any, Any]:
                found = ranked(share, 12, seed)
                return found.tau[0, kind], found.error[0, kind]

            yield Entry(f"Kendall's τ, {name}", f"12 replicas, share {share}", measure)
