"""Good arguments of public names: subspaces, averages and simplexes."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import bowl, digits, glass, network, numbers, simplex, snapshots, weights

OBJECTS = {"SimplicialComplex": simplex}

CASES = {
    "train_subspace": lambda: {
        "network": network(),
        "dataset": digits(),
        "dimension": 4,
        "n_replicas": 3,
        "origin": weights(1)[0],
        "optimizer": sl.SGD(0.1),
        "batch_size": 4,
        "epochs": 2,
        "seed": 1,
        "projection": "normal",
        "share": 2,
        "loss": "cross_entropy",
        "dtype": "float64",
        "snapshots": [1],
        "keep_initial": True,
        "evaluate": "final",
        "device": "cpu",
        "precision": None,
        "group_size": 2,
    },
    "subspace_points": lambda: {
        "coordinates": numbers(2, 4),
        "origins": weights(2),
        "seed": 1,
        "projection": "signs",
        "subspaces": np.array([0, 3]),
    },
    "intrinsic_dimension": lambda: {
        "network": network(),
        "dataset": digits(),
        "dimensions": np.array([2, 5]),
        "n_replicas": 2,
        "threshold": 0.8,
        "optimizer": [sl.SGD(0.1), sl.Adam(0.1)],
        "batch_size": 4,
        "epochs": 1,
        "seed": 1,
        "baseline": None,
        "origin": None,
        "projection": "signs",
        "dtype": "float64",
        "device": "cpu",
        "precision": None,
    },
    "section_minima": lambda: {"landscape": glass(), "dimensions": np.array([2, 4]), "n_sections": 2, "seed": 1},
    "weight_average": lambda: {"snapshots": numbers(2, 3, 4), "start": 1},
    "ensemble_predictions": lambda: {"network": network(), "points": weights(2), "x": numbers(4, 3)},
    "ensemble_curve": lambda: {"network": network(), "points": weights(2), "dataset": digits()},
    "snapshot_averages": lambda: {
        "ensemble": snapshots(),
        "dataset": digits(),
        "start": 1,
        "radii": np.array([0.1]),
        "n_directions": 2,
        "seed": 1,
        "device": "cpu",
        "precision": None,
    },
    "simplicial_complex": lambda: {"vertices": numbers(4, 5), "simplexes": np.array([[0, 1, 2], [1, 2, 3]])},
    "grow_simplex": lambda: {
        "landscape": bowl(),
        "vertices": numbers(2, 3),
        "n_vertices": 1,
        "volume_weight": 0.1,
        "steps": 3,
        "n_points": 2,
        "batch_size": None,
        "optimizer": sl.Adam(0.1),
        "seed": 1,
    },
    "random_vertices": lambda: {"complex_": simplex(), "seed": 1},
    "simplex_values": lambda: {"landscape": bowl(), "complex_": simplex(), "n": 4, "seed": 1},
    "SimplicialComplex.sample": lambda: {"n": 3, "seed": 1},
    "SimplicialComplex.weights": lambda: {"n": 3, "seed": 1},
}
