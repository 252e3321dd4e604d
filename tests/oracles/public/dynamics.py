"""Good arguments of public names: dynamics on any landscape."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import bowl, exchange, glass, numbers, spins

OBJECTS = {
    "ReplicaExchange": exchange,
    "TwoTimeCorrelation": lambda: sl.two_times(numbers(2, 6, 3), np.arange(6.0), [0, 1, 2], [0, 1, 2, 3]),
    "InherentEnergies": lambda: sl.inherent_energies(3, [1.0, np.inf], [4, 6], 2, time=1.0),
}

CASES = {
    "gradient_flow": lambda: {
        "landscape": bowl(),
        "points": numbers(2, 3),
        "times": np.array([0.0, 0.5, 1.0]),
        "tolerance": 1e-6,
        "max_steps": 200,
    },
    "minimize": lambda: {
        "landscape": [bowl(), bowl()],
        "points": numbers(2, 3),
        "tolerance": 1e-8,
        "max_iterations": 20,
    },
    "langevin": lambda: {
        "landscape": glass(),
        "points": spins(),
        "temperature": 0.5,
        "times": np.array([0.0, 0.1, 0.2]),
        "dt": 0.02,
        "seed": 1,
        "waiting_times": np.array([0.1]),
    },
    "replica_exchange": lambda: {
        "landscape": glass(),
        "temperatures": np.array([0.5, 1.0]),
        "n_sweeps": 20,
        "seed": 1,
        "copies": 2,
        "n_warmup": 4,
        "stride": 2,
    },
    "ReplicaExchange.specific_heat": dict,
    "ReplicaExchange.overlap_density": lambda: {"bins": 10},
    "instances": lambda: {
        "n_spins": 5,
        "order": {2: 1.0, 3: 0.5},
        "n_instances": 2,
        "seed": 1,
        "dtype": "float64",
        "disorder": "gaussian",
        "generated": False,
    },
    "planted_instances": lambda: {
        "n_spins": 5,
        "order": {2: 1.0, 3: 0.5},
        "temperature": 2.0,
        "n_instances": 2,
        "seed": 1,
        "dtype": "float64",
        "fixed_energy": True,
    },
    "franz_parisi": lambda: {
        "landscape": glass(),
        "reference": spins(2),
        "overlaps": np.array([0.0, 0.3, 0.6]),
        "temperature": 1.5,
        "n_samples": 200,
        "seed": 1,
        "walkers": 2,
        "n_warmup": 5,
        "leapfrog": 2,
    },
    "inherent_energies": lambda: {
        "order": 3,
        "temperatures": np.array([1.0, np.inf]),
        "sizes": [4, 6],
        "n_instances": 2,
        "seed": 1,
        "time": 1.0,
        "tolerance": 1e-2,
        "dtype": "float32",
    },
    "InherentEnergies.limit": lambda: {"change": True},
    "two_times": lambda: {
        "trajectories": numbers(2, 6, 3),
        "when": np.arange(6.0),
        "waiting_times": np.array([0.0, 1.0, 2.0]),
        "times": np.array([0.0, 1.0, 2.0, 3.0]),
    },
    "TwoTimeCorrelation.diffusion_exponent": lambda: {"first": 0.5},
    "TwoTimeCorrelation.decay_exponent": lambda: {"first": 0.5},
    "TwoTimeCorrelation.ageing_exponent": lambda: {"first": 0.5},
    "descent_scaling": lambda: {
        "order": 3,
        "sizes": [4, 6],
        "n_instances": 2,
        "n_starts": 2,
        "times": np.array([0.0, 0.5, 1.0]),
        "seed": 1,
        "tolerance": 1e-4,
        "max_steps": 200,
        "dtype": "float64",
    },
    "glass_minima": lambda: {"glass": glass(), "n": 4, "seed": 1, "tolerance": 1e-8, "max_steps": 50},
}
