"""Good arguments of public names: curvature."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import bowl, glass, loss, numbers, spins, weights

OBJECTS = {
    "GaussNewton": lambda: sl.gauss_newton(loss(), weights()[0]),
    "CurvatureHistory": lambda: sl.curvature_history(loss(), weights(2)),
    "theory.Semicircle": lambda: sl.theory.hessian_semicircle(3, -1.5),
}

CASES = {
    "eigenpairs": lambda: {
        "landscape": loss(),
        "point": weights()[0],
        "n": 3,
        "which": "both",
        "tol": 1e-6,
        "seed": 1,
        "max_products": 100,
    },
    "hessian_trace": lambda: {
        "landscape": loss(),
        "point": weights()[0],
        "n_products": 8,
        "method": "hutch++",
        "seed": 1,
    },
    "spectral_density": lambda: {
        "landscape": loss(),
        "point": weights()[0],
        "n_probes": 3,
        "n_steps": 6,
        "seed": 1,
        "n_extremes": 2,
        "width": 0.1,
    },
    "hessian": lambda: {"landscape": glass(), "point": spins(1)[0]},
    "gauss_newton": lambda: {"network_landscape": loss(), "point": weights()[0]},
    "GaussNewton": lambda: {"landscape": loss(), "point": weights()[0]},
    "symmetry_modes": lambda: {"network": loss(), "point": weights()[0]},
    "near_zero_modes": lambda: {"landscape": loss(), "point": weights()[0], "threshold": 1e-5},
    "curvature_history": lambda: {
        "landscape": bowl(),
        "points": numbers(3, 3),
        "times": np.array([0.0, 1.0, 4.0]),
        "n": 2,
        "split": False,
        "tol": 1e-6,
        "seed": 1,
    },
    "CurvatureHistory.stability": lambda: {"learning_rate": 0.1, "momentum": 0.5},
    **{
        f"GaussNewton.{name}": lambda: {"vectors": weights(2, 1)}
        for name in ("product", "residual_product", "hessian_product")
    },
    **{
        f"NetworkLandscape.{name}": lambda: {"point": weights()[0], "vectors": weights(2, 1)}
        for name in ("gauss_newton_product", "residual_product")
    },
    "theory.hessian_semicircle": lambda: {"order": 3, "energy": -1.6, "convention": "cs"},
    "theory.Semicircle": lambda: {"centre": 1.0, "radius": 2.0},
    "theory.Semicircle.density": lambda: {"x": np.linspace(-1, 1, 4), "width": 0.1},
}
