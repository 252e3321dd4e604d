"""Good arguments of public names: symmetries of a network."""

from __future__ import annotations

import numpy as np

from tests.oracles.objects import network, symmetry, weights

OBJECTS = {"symmetry.NetworkSymmetry": symmetry}

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
    "symmetry.canonical": lambda: {"network": network(), "points": weights()},
    "symmetry.orbit": lambda: {"network": network(), "point": weights()[0], "limit": 100},
    "symmetry.orbit_size": lambda: {"network": network()},
    "symmetry.permute": lambda: {"network": network(), "points": weights(), "permutations": [np.array([1, 0, 3, 2])]},
    "symmetry.rescale": lambda: {"network": network(), "points": weights(), "scales": [np.full(4, 2.0)]},
    "symmetry.random_symmetry": lambda: {"network": network(), "seed": 1, "replica": 2, "spread": 0.3},
}
