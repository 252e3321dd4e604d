"""Good arguments of public names: data, networks, landscapes and their geometry."""

from __future__ import annotations

import numpy as np

import spinland as sl
from tests.oracles.objects import bowl, digits, glass, loss, network, numbers, spins, total, walkers, weights

FLAT = "value", "evaluate", "gradient", "value_and_gradient"

OBJECTS = {
    "Dataset": digits,
    "Euclidean": sl.Euclidean,
    "Sphere": lambda: sl.Sphere(2.0),
    "FunctionLandscape": bowl,
    "NetworkLandscape": loss,
    "SphericalSpinGlass": glass,
    "ReLUNetwork": network,
}

CASES = {
    "Dataset": lambda: {
        "name": "mine",
        "x_train": numbers(6, 3).astype("f4"),
        "y_train": np.arange(6) % 2,
        "x_test": numbers(2, 3),
        "y_test": np.array([0, 1]),
        "n_classes": 2,
    },
    "Dataset.subset": lambda: {"n_train": 4, "n_test": 2},
    "as_dataset": lambda: {"value": (numbers(6, 3), np.arange(6) % 2, numbers(2, 3), np.array([0, 1]))},
    "load_dataset": lambda: {"name": "teacher", "n_train": 8, "n_test": 4, "hidden": [3], "noise": 0.1, "seed": 1},
    "planted_glass": lambda: {
        "reference": spins(1)[0],
        "order": 3,
        "temperature": 1.5,
        "seed": 1,
        "dtype": "float64",
        "fixed_energy": False,
    },
    "ReLUNetwork": lambda: {"widths": [3, 4, 2], "bias": True},
    "ReLUNetwork.initialize": lambda: {"n_replicas": 3, "seed": 1, "first": 2, "dtype": "float32"},
    "ReLUNetwork.layers": lambda: {"point": weights()[0]},
    "ReLUNetwork.flatten": lambda: {"layers": network().layers(weights()[0])},
    "NetworkLandscape": lambda: {
        "network": network(),
        "x": numbers(6, 3),
        "y": numbers(6, 2),
        "loss": "mse",
        "dtype": "float64",
        "device": "cpu",
        "precision": None,
    },
    "SphericalSpinGlass": lambda: {
        "n_spins": 5,
        "order": {2: 0.5, 3: 1.0},
        "seed": 1,
        "dtype": "float64",
        "disorder": "signs",
        "generated": False,
        "device": "cpu",
    },
    "SphericalSpinGlass.from_couplings": lambda: {"couplings": numbers(4, 4, 4), "dtype": "float64"},
    "SphericalSpinGlass.covariance": lambda: {"q": np.linspace(-1, 1, 5)},
    "SphericalSpinGlass.random_points": lambda: {"n": 3, "seed": 2},
    "SphericalSpinGlass.couplings": dict,
    "SphericalSpinGlass.hessian_products": lambda: {"points": spins(), "vectors": numbers(3, 5)},
    "SphericalSpinGlass.hessians": lambda: {"points": spins()},
    "SphericalSpinGlass.polynomial": lambda: {"points": numbers(3, 5)},
    "FunctionLandscape": lambda: {
        "value": total,
        "dim": 3,
        "gradient": np.ones_like,
        "geometry": sl.Sphere(1.0),
        "name": "sum",
    },
    "Euclidean": lambda: {"filters": (np.array([0, 1]), np.array([2])), "layers": (np.arange(3),)},
    "Euclidean.arrays": dict,
    "Euclidean.retract": lambda: {"points": numbers(2, 3)},
    "Euclidean.tangent": lambda: {"points": numbers(2, 3), "vectors": numbers(2, 3)},
    "Sphere": lambda: {"radius": 2.0},
    "Sphere.arrays": dict,
    "Sphere.retract": lambda: {"points": numbers(2, 3), "radius": np.array([1.0, 2.0])},
    "Sphere.tangent": lambda: {"points": numbers(2, 3), "vectors": numbers(2, 3, seed=1)},
    **{f"NetworkLandscape.{name}": lambda: {"points": weights()} for name in FLAT},
    **{f"SphericalSpinGlass.{name}": lambda: {"points": spins()} for name in FLAT},
    **{f"FunctionLandscape.{name}": lambda: {"points": numbers(4, 3)} for name in FLAT},
    "NetworkLandscape.hessian_product": lambda: {"point": weights()[0], "vectors": weights(2, 1)},
    "NetworkLandscape.gradient_products": lambda: {"point": weights()[0]},
    "NetworkLandscape.gradient_sums": lambda: {"point": weights()[0], "weights": numbers(2, 12)},
    "NetworkLandscape.gradient_components": lambda: {"point": weights()[0], "vectors": weights(2, 1)},
    "SphericalSpinGlass.hessian_product": lambda: {"point": spins()[0], "vectors": numbers(2, 5)},
    "FunctionLandscape.hessian_product": lambda: {"point": numbers(3), "vectors": numbers(2, 3)},
    "NetworkLandscape.slice": lambda: {"origin": weights()[0], "directions": weights(2, 1)},
    "SphericalSpinGlass.slice": lambda: {"origin": spins()[0], "directions": numbers(2, 5)},
    "FunctionLandscape.slice": lambda: {"origin": numbers(3), "directions": numbers(2, 3)},
    "NetworkLandscape.walkers": lambda: walkers(weights()),
    "SphericalSpinGlass.walkers": lambda: walkers(spins()) | {"radius": np.full(3, 5**0.5)},
    "FunctionLandscape.walkers": lambda: walkers(numbers(3, 3)),
    "NetworkLandscape.swaps": lambda: {"layer": 0},
    "NetworkLandscape.batch": lambda: {"indices": np.array([0, 3, 3, 7])},
    "NetworkLandscape.hessian_products": lambda: {"points": weights(), "vectors": weights(3, 1)},
    "FunctionLandscape.hessian_products": lambda: {"points": numbers(4, 3), "vectors": numbers(4, 3, seed=1)},
}
