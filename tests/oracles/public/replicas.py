"""Good arguments of public names: distances, overlaps and hierarchy of replicas."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles import results
from tests.oracles.objects import numbers, statistics

OBJECTS = {"Ultrametricity": results.ultrametricity}

CASES = {
    "distances": lambda: {"params": numbers(5, 4), "metric": "projective", "condensed": True},
    "overlaps": lambda: {"params": numbers(5, 4), "condensed": False, "unsigned": True},
    "pair_statistics": lambda: {"params": numbers(5, 4), "unsigned": False},
    "overlap_distribution": lambda: {"statistics": statistics(), "bins": np.linspace(-1, 1, 6)},
    "distance_distribution": lambda: {"statistics": statistics(), "bins": np.linspace(0, 9, 6)},
    "hierarchy": lambda: {"params": numbers(5, 4), "method": "average", "metric": "euclidean", "memory": "auto"},
    "hierarchy_from_distances": lambda: {"distances": sl.distances(numbers(5, 4), condensed=True), "method": "single"},
    "ultrametricity": lambda: {
        "data": sl.distances(numbers(6, 4)),
        "n_splits": 5,
        "n_null": 4,
        "n_triples": 30,
        "seed": 1,
        "tolerance": 0.1,
    },
    "Ultrametricity.told": lambda: {"many": "minima"},
    "rank_correlation": lambda: {"x": numbers(9), "y": numbers(9, seed=1)},
}
