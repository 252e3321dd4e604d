"""Good arguments of public names: paths, bands and saddles between solutions, and trees of barriers."""

from __future__ import annotations

from functools import cache

import numpy as np

import spinland as sl
from tests.oracles import results
from tests.oracles.objects import bowl, glass, loss, numbers, spins, weights


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

CASES |= {
    "elastic_band": lambda: {
        "landscape": glass(),
        "start": spins()[0],
        "end": spins()[1],
        "n_images": 3,
        "climbing": True,
        "tolerance": 0.01,
        "max_iterations": 20,
        "initial": spins(3, 5),
    },
    "saddle": lambda: {"landscape": glass(), "point": spins()[0], "index": 2, "tolerance": 1e-6, "max_iterations": 10},
    "permutation_saddle": lambda: {
        "landscape": loss(),
        "point": weights()[0],
        "layer": 0,
        "units": [2, 1],
        "n": 2,
        "tolerance": 1e-3,
        "max_iterations": 5,
    },
    "transition_states": lambda: {"landscape": glass(), "saddles": spins(2), "minima": spins(3, 1)},
    "neighbour_saddles": lambda: {
        "landscape": glass(),
        "minima": np.array(spins(3, 1)),
        "n_neighbours": 1,
        "n_images": 3,
        "tolerance": 1e-6,
        "max_iterations": 5,
    },
    "disconnectivity": lambda: {"minima": np.array(results.barriers().minima), "saddles": results.transitions()},
    "Tree.chance": lambda: {"heights": np.arange(len(results.barriers().barriers), dtype=float), "n": 9, "seed": 1},
    "Tree.faithfulness": lambda: {"heights": np.arange(len(results.barriers().barriers), dtype=float)},
}

OBJECTS = {"Path": path, "PathProfile": lambda: path().evaluate(bowl(), 5), "Tree": results.barriers}
