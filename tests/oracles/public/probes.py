"""Good arguments of public names: probes of any landscape."""

from __future__ import annotations

import numpy as np

from tests.oracles.objects import bowl, correlations, glass, loss, numbers, walk, weights

CASES = {
    **{
        name: lambda: {
            "landscape": bowl(),
            "origin": numbers(2, 3),
            "sigma": 0.1,
            "n_steps": 5,
            "n_walkers": 3,
            "seed": 1,
            "constraint": "none",
            "first_walker": 2,
        }
        for name in ("random_walk", "iterate_walk")
    },
    "ruggedness": lambda: {"walk": walk(), "max_lag": 4, "bins": 10, "center": "origin"},
    "overlap_profile": lambda: {
        "landscape": loss(),
        "origin": weights(2),
        "n_steps": 5,
        "n_walkers": 2,
        "seed": 1,
        "last": 0.1,
        "n_bins": 5,
        "n_typical": 8,
    },
    "flatness": lambda: {
        "landscape": loss(),
        "points": weights(2),
        "radii": np.array([0.1, 0.2]),
        "n_directions": 3,
        "seed": 1,
        "kind": "filter",
    },
    "correlation": lambda: {
        "landscape": glass(),
        "overlaps": np.linspace(-1, 1, 9),
        "n_pairs": 20,
        "seed": 1,
        "radius": None,
        "origin": None,
        "max_order": 8,
    },
    "mean_correlation": lambda: {"correlations": list(correlations()), "seed": 1},
    "line": lambda: {
        "landscape": loss(),
        "start": weights()[0],
        "end": weights()[1],
        "alphas": np.linspace(0, 1, 5),
        "path": "straight",
        "label": "between",
    },
    "plane": lambda: {
        "landscape": loss(),
        "origin": weights()[0],
        "directions": weights(2, 1),
        "a": np.linspace(-1, 1, 4),
        "b": np.linspace(-1, 1, 3),
    },
    "random_plane": lambda: {
        "landscape": loss(),
        "origin": weights()[0],
        "seed": 1,
        "a": np.linspace(-1, 1, 4),
        "b": np.linspace(-1, 1, 3),
        "normalize": "filter",
    },
    "plane_through": lambda: {
        "landscape": loss(),
        "three": weights(),
        "n": (4, 3),
        "margin": 0.2,
        "labels": ("a", "b", "c"),
    },
    "trajectory_plane": lambda: {"landscape": loss(), "trajectory": weights(5), "n": [4, 3], "margin": 0.2},
    "random_directions": lambda: {"landscape": loss(), "origin": weights()[0], "n": 2, "seed": 1, "normalize": "layer"},
    "swap_interpolation": lambda: {
        "landscape": loss(),
        "origin": weights()[0],
        "swaps": np.array([0, 1, 2]),
        "alphas": np.linspace(0, 1, 4),
        "n_trials": 3,
        "layer": 0,
        "seed": 1,
    },
}
