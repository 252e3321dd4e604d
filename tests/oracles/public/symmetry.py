"""Good arguments of public names: symmetries of a network."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import loss, network, numbers, symmetry, weights

OBJECTS = {
    "SymmetricDistances": lambda: sl.symmetric_distances(network(), weights()),
    "symmetry.NetworkSymmetry": symmetry,
}

CASES = {
    "symmetry.NetworkSymmetry": lambda: {
        "network": network(),
        "permutations": [np.array([1, 0, 3, 2])],
        "scales": [np.array([1.0, 2.0, 0.5, 1.0])],
    },
    "symmetry.NetworkSymmetry.apply": lambda: {"points": weights()},
    "symmetry.NetworkSymmetry.compose": lambda: {"first": symmetry(1)},
    "symmetry.NetworkSymmetry.invert": dict,
    "symmetry.NetworkSymmetry.identity": lambda: {"network": network()},
    "symmetry.balance": lambda: {"network": network(), "points": weights()},
    "symmetry.canonical": lambda: {"network": network(), "points": weights()},
    "symmetry.orbit": lambda: {"network": network(), "point": weights()[0], "limit": 100},
    "symmetry.orbit_size": lambda: {"network": network()},
    "symmetry.permute": lambda: {"network": network(), "points": weights(), "permutations": [np.array([1, 0, 3, 2])]},
    "symmetry.rescale": lambda: {"network": network(), "points": weights(), "scales": [np.full(4, 2.0)]},
    "symmetry.random_symmetry": lambda: {"network": network(), "seed": 1, "replica": 2, "spread": 0.3},
    "align": lambda: {
        "network": network(),
        "points": weights(),
        "reference": weights(1, seed=1)[0],
        "method": "both",
        "n_starts": 2,
        "seed": 1,
        "x": numbers(6, 3),
    },
    "align_all": lambda: {"network": network(), "points": weights(), "to": "medoid", "n_starts": 2, "seed": 1},
    "symmetric_distances": lambda: {"network": network(), "points": weights(), "to": "mean", "n_starts": 2, "seed": 1},
    "SymmetricDistances.as_labelled": dict,
    "SymmetricDistances.condensed": lambda: {"name": "overlaps"},
    "aligned_lines": lambda: {
        "landscape": loss(),
        "starts": weights(2),
        "ends": weights(2, seed=1),
        "alphas": np.linspace(0, 1, 3),
        "n_starts": 2,
        "seed": 1,
    },
}
