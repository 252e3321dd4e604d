"""Good arguments of public names: training: rules, schedules, replicas."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import digits, network, weights

OBJECTS = {
    "Adam": lambda: sl.Adam(0.01),
    "AdamW": lambda: sl.AdamW(0.01),
    "EntropySGD": lambda: sl.EntropySGD(0.1, sl.SGD(10.0), 2),
    "ReplicatedSGD": lambda: sl.ReplicatedSGD(0.1, sl.SGD(0.1), 2),
    "SAM": lambda: sl.SAM(0.05, sl.SGD(0.1)),
    "SGD": lambda: sl.SGD(0.1, momentum=0.9),
    "Constant": lambda: sl.Constant(0.1),
    "Cosine": lambda: sl.Cosine(0.1),
    "Cyclic": lambda: sl.Cyclic(0.01, 0.1, 2.0),
    "Sawtooth": lambda: sl.Sawtooth(0.1, 0.01, 2.0),
    "Descending": lambda: sl.Descending(0.1, 0.01, 2.0),
    "Step": lambda: sl.Step(0.1, 0.5, 2),
    "Then": lambda: sl.Then(sl.Constant(0.1), sl.Constant(0.2), 1.0),
}

CASES = {
    "SGD": lambda: {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    **{
        name: lambda: {"learning_rate": 0.01, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.01}
        for name in ("Adam", "AdamW")
    },
    "SAM": lambda: {"rho": 0.05, "base": sl.SGD(0.1)},
    "EntropySGD": lambda: {
        "gamma": 0.1,
        "base": sl.SGD(10.0),
        "n_langevin": 2,
        "langevin_rate": 0.1,
        "noise": 1e-4,
        "average": 0.75,
        "scoping": 1e-3,
    },
    "ReplicatedSGD": lambda: {"gamma": 0.1, "base": sl.SGD(0.1), "n_coupled": 2, "scoping": 1e-3},
    "EntropySGD.scope": lambda: {"step": 3},
    "ReplicatedSGD.scope": lambda: {"step": 3},
    **{
        f"{name}.coefficients": lambda: {"rates": np.full(4, 0.1), "first_step": 2}
        for name in ("SGD", "Adam", "AdamW", "SAM", "EntropySGD", "ReplicatedSGD")
    },
    "Constant": lambda: {"rate": 0.1},
    "Cosine": lambda: {"rate": 0.1, "final": 0.01},
    "Cyclic": lambda: {"low": 0.01, "high": 0.1, "period_epochs": 2.0},
    "Descending": lambda: {"rate": 0.1, "final": 0.01, "until_epoch": 2.0},
    "Sawtooth": lambda: {"high": 0.1, "low": 0.01, "period_epochs": 2.0},
    "Step": lambda: {"rate": 0.1, "factor": 0.5, "every_epochs": 2},
    "Then": lambda: {"first": sl.Constant(0.1), "later": sl.Cosine(0.2), "at_epoch": 1.0},
    **{
        f"{name}.rates": lambda: {"elapsed": np.linspace(0, 2, 5), "total": 3.0}
        for name in ("Constant", "Cosine", "Cyclic", "Descending", "Sawtooth", "Step", "Then")
    },
    **{
        name: lambda: {
            "network": network(),
            "dataset": digits(),
            "n_replicas": None,
            "optimizer": sl.Adam(0.01),
            "batch_size": 4,
            "epochs": 2,
            "seed": 1,
            "loss": "cross_entropy",
            "dtype": "float32",
            "replicas": np.array([3, 5]),
            "snapshots": [0, 1],
            "keep_initial": True,
            "initial": weights(2).astype("f4"),
            "evaluate": "both",
            "device": "cpu",
            "precision": "float32",
            "sampling": "replacement",
            "group_size": 1,
        }
        for name in ("train", "train_groups")
    },
}
