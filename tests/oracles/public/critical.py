"""Good arguments of public names: critical points of the glass, and the network written as one."""

from __future__ import annotations

import spinland as sl
from tests.oracles.objects import couplings, numbers, unbiased

OBJECTS = {"PathCouplings": couplings}

CASES = {
    "critical_points": lambda: {
        "glass": sl.SphericalSpinGlass(3, 3, seed=0),
        "n_starts": 40,
        "seed": 1,
        "method": "search",
    },
    "critical_point_counts": lambda: {
        "n_spins": 3,
        "order": 3,
        "n_instances": 2,
        "seed": 1,
        "n_starts": 40,
        "method": "search",
    },
    "path_couplings": lambda: {"network": unbiased(), "point": numbers(12), "x": numbers(2), "memory_limit": 10**7},
    "PathCouplings.polynomial": lambda: {"weights": numbers(2, 12)},
    "PathCouplings.holds_at": lambda: {"weights": numbers(2, 12)},
    "PathCouplings.tensor": lambda: {"output": 1},
    "PathCouplings.glass_couplings": lambda: {"output": 1},
    "mapping_assumptions": lambda: {
        "network": unbiased(),
        "points": numbers(4, 12),
        "x": numbers(24, 2),
        "initial": numbers(4, 12, seed=1),
        "tolerance": 0.01,
        "n_samples": 24,
        "seed": 1,
    },
}
