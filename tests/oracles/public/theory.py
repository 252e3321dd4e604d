"""Good arguments of public names: the exact theory of the glass."""

from __future__ import annotations

import numpy as np

import spinland as sl

OBJECTS = {"theory.Mixture": lambda: sl.theory.mixture_of({2: 0.5, 3: 1.0})}

CASES = {
    "theory.band": lambda: {"n_spins": 20.0, "order": 3, "convention": "abc"},
    "theory.complex_critical_points": lambda: {"n_spins": 5, "order": 3},
    "theory.complexity": lambda: {"u": np.linspace(-2, 0, 4), "order": 3, "index": 1, "convention": "abc"},
    "theory.critical_point_density": lambda: {
        "energy": np.linspace(-2, 0, 3),
        "n_spins": 5,
        "order": 3,
        "index": 1,
        "convention": "cs",
        "log": True,
    },
    "theory.critical_points_by_depth": lambda: {"n_parameters": 500, "depths": [2, 3]},
    "theory.effective_spins": lambda: {"widths": [10, 20, 5]},
    "theory.equilibrium_energy": lambda: {
        "order": 3,
        "temperature": np.array([1.2, 1.5]),
        "convention": "abc",
        "n_spins": 20,
    },
    "theory.franz_parisi": lambda: {
        "overlaps": np.array([0.0, 0.4]),
        "order": 3,
        "temperature": 0.9,
        "reference_temperature": 1.0,
        "convention": "abc",
    },
    "theory.euler_characteristic": lambda: {"n_spins": 5},
    "theory.finite_size_correction": lambda: {"n_spins": 20, "order": 3, "temperature": 1.5, "convention": "abc"},
    "theory.gradient_flow_energy": lambda: {"times": np.array([0.0, 1.0]), "order": 2, "convention": "abc"},
    "theory.large_n_critical_points": lambda: {
        "n_spins": 50,
        "order": 3,
        "index": 1,
        "below": -1.5,
        "convention": "abc",
        "log": True,
    },
    "theory.layer_energy": lambda: {"order": 3, "index": 1, "convention": "abc"},
    "theory.mean_critical_points": lambda: {
        "n_spins": 5,
        "order": 3,
        "index": 1,
        "below": np.array([-1.5, 0.0]),
        "convention": "abc",
        "log": False,
    },
    "theory.mean_critical_points_by_index": lambda: {"n_spins": 5, "order": 3, "below": -0.5, "convention": "abc"},
    "theory.mixture_of": lambda: {"order": {2: 0.5, 3: 1.0}},
    "theory.mixture_threshold": lambda: {"weights": {2: 0.5, 3: 1.0}, "convention": "abc"},
    "theory.Mixture": lambda: {"orders": (2, 3), "variances": (0.25, 1.0)},
    **{
        f"theory.Mixture.{name}": lambda: {"overlap": np.linspace(0, 1, 3)}
        for name in ("covariance", "slope", "curvature")
    },
    **{
        f"theory.{name}": lambda: {"order": 3, "temperature": 0.4, "convention": "abc"}
        for name in ("marginal_state", "one_rsb")
    },
    **{
        f"theory.{name}": lambda: {"order": 3, "convention": "abc"}
        for name in ("dynamical_temperature", "second_moment_temperature", "static_temperature", "threshold_energy")
    },
    "theory.quench_correlation": lambda: {
        "waiting_times": np.array([0.2]),
        "times": np.array([0.0, 0.2]),
        "order": 3,
        "temperature": 0.5,
        "convention": "abc",
        "step": 0.05,
    },
    "theory.quench_energy": lambda: {
        "times": np.array([0.0, 0.2]),
        "order": 3,
        "temperature": 0.5,
        "convention": "abc",
        "step": 0.05,
        "start": 1.1,
    },
    "theory.real_bound": lambda: {"n_spins": 5, "order": 3},
    "theory.spectral_flow_energy": lambda: {
        "eigenvalues": np.array([-1.0, 0.5]),
        "overlaps2": np.array([0.5, 0.5]),
        "times": np.array([0.0, 1.0]),
    },
}
