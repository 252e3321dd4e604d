"""Good arguments of public names: measures of flatness, local entropy, bounds, and how they are compared."""

from __future__ import annotations

from functools import cache

import numpy as np

import spinland as sl
from tests.oracles.objects import loss, numbers, weights


@cache
def table():
    return sl.dinh_table(loss(), weights(2), n_draws=10, n_steps=1000)


OBJECTS = {"DinhTable": table}

CASES = {
    "sharpness": lambda: {
        "landscape": loss(),
        "points": weights(2),
        "measure": "keskar",
        "radius": 0.01,
        "n_draws": 4,
        "max_steps": 20,
        "seed": 1,
    },
    "local_entropy": lambda: {
        "landscape": loss(),
        "points": weights(2),
        "gamma": 10.0,
        "temperature": 0.5,
        "n_nodes": 2,
        "n_steps": 600,
        "n_chains": 2,
        "step": 0.3,
        "seed": 1,
    },
    "pac_bayes": lambda: {
        "landscape": loss(),
        "points": weights(2),
        "initial": weights(2, 1),
        "posterior": "isotropic",
        "delta": 0.05,
        "n_draws": 20,
        "seed": 1,
    },
    "dinh_table": lambda: {
        "landscape": loss(),
        "points": weights(2),
        "alpha": 2.0,
        "initial": weights(2, 1),
        "gamma": 10.0,
        "n_draws": 10,
        "n_steps": 400,
        "seed": 1,
    },
    "DinhTable.change": lambda: {"which": "units"},
    "compare_measures": lambda: {
        "values": {"a": numbers(2, 4), "b": numbers(2, 4, seed=1)},
        "quality": numbers(2, 4, seed=2),
        "train_loss": numbers(2, 4, seed=3),
        "batch_sizes": np.array([8.0, 8.0]),
        "learning_rates": np.array([0.1, 0.2]),
        "n_bootstrap": 10,
        "seed": 1,
    },
}
