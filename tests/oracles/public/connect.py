"""Good arguments of public names: paths, bands and saddles between solutions, and trees of barriers."""

from __future__ import annotations

from functools import cache

import numpy as np

import spinland as sl
from tests.oracles.objects import bowl, loss, numbers, weights


@cache
def path():
    return sl.connecting_path(bowl(), numbers(2, 3), numbers(2, 3, seed=1), steps=20)


CASES = {
    "connecting_path": lambda: {
        "landscape": loss(),
        "start": weights(2),
        "end": weights(2, 1),
        "basis": "chain",
        "n_bends": 2,
        "steps": 5,
        "batch_size": 4,
        "optimizer": sl.Adam(0.01),
        "seed": 1,
        "weighting": "arc_length",
        "through": weights(1, 2),
    },
    "Path.points": lambda: {"t": np.linspace(0, 1, 4)},
    "Path.evaluate": lambda: {"landscape": bowl(), "n": 7, "label": "a"},
    "PathProfile.mean_of": lambda: {"numbers": numbers(2)},
}

OBJECTS = {"Path": path, "PathProfile": lambda: path().evaluate(bowl(), 5)}
