"""Good arguments of public names: noise of stochastic gradient descent."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles import results
from tests.oracles.objects import digits, loss, network, weights

CASES = {
    "gradient_noise": lambda: {"landscape": loss(), "point": weights()[0], "n_modes": 2},
    "GradientNoise.scale": lambda: {"batch_size": 3, "sampling": "replacement"},
    "record_trajectory": lambda: {
        "network": network(),
        "dataset": digits(),
        "initial": weights(2),
        "optimizer": sl.SGD(0.1),
        "batch_size": 4,
        "epochs": 2,
        "seed": 1,
        "every": 3,
        "layer": 1,
        "sampling": "replacement",
        "loss": "cross_entropy",
        "dtype": "float32",
        "device": "cpu",
        "precision": "float32",
    },
    "increments": lambda: {"trajectory": results.recorded(), "n_lags": 5, "per": "step"},
    "reshuffled_autocorrelation": lambda: {"lags": np.arange(1, 5), "steps_per_epoch": 4},
    "noise_modes": lambda: {
        "landscape": results.landscape(),
        "trajectory": results.recorded(),
        "n_modes": 3,
        "per": "step",
    },
    "probability_current": lambda: {
        "trajectory": results.recorded(),
        "lag": 1,
        "n_modes": 2,
        "per": "epoch",
        "n_blocks": 4,
        "n_null": 9,
        "seed": 1,
    },
    "diffusion_exponent": lambda: {"trajectory": results.recorded(), "lags": [1, 2, 4, 8], "per": "step"},
}

OBJECTS = {"GradientNoise": results.gradient_noise}
