"""All public functions, each with good arguments: what the fuzz and the property of ownership call.

The names come from ``spinland/__init__.pyi`` and the lists of its modules, so that a new function without good
arguments here fails a test.
"""

from __future__ import annotations

import inspect
import itertools
import tempfile
import types
from pathlib import Path

import numpy as np

import spinland as sl
from tests.oracles.figure_arguments import FIGURES
from tests.oracles.objects import (
    bowl,
    correlations,
    couplings,
    digits,
    exchange,
    glass,
    loss,
    network,
    numbers,
    reserved,
    simplex,
    snapshots,
    spins,
    statistics,
    store,
    symmetry,
    total,
    unbiased,
    walk,
    walkers,
    weights,
)

#: Plain records, protocols and errors: nothing is computed or kept where they are made.
RECORDS = {
    "BaseLandscape",
    "Device",
    "Finding",
    "Landscape",
    "Measure",
    "Provenance",
    "Result",
    "WalkStep",
    "theory.AgeingCurve",
    "theory.DepthDependence",
    "theory.GlassState",
    "theory.QuenchCurve",
}

#: Landscapes without samples or neurons say so, whatever the arguments; tests/properties/test_landscape_protocol.py
# calls these.
REFUSE = {"FunctionLandscape.batch", "FunctionLandscape.swaps", "SphericalSpinGlass.batch", "SphericalSpinGlass.swaps"}

#: Take points of walkers, as their device holds them, from those alone; the tests of walks call it.
INNER = "evaluate_held"

#: Take minutes or start a whole study; tests/cli calls them.
STUDIES = {"run_study", "run_glass"}


def public_names():
    """Dotted names of all public functions, classes that users make, and their public methods."""
    found = []
    for name in sl.__all__:
        value = getattr(sl, name)
        if inspect.ismodule(value):
            found += [f"{name}.{inner}" for inner in value.__all__ if callable(getattr(value, inner))]
        elif callable(value):
            found.append(name)
    kept = []
    for name in found:
        value = lookup(name)
        if name in RECORDS | STUDIES or (inspect.isclass(value) and issubclass(value, (Exception, Warning))):
            continue
        if not inspect.isclass(value):
            kept.append(name)
            continue
        if not issubclass(value, sl.Result):
            kept.append(name)
        methods = [method for method in _methods(value) if method != INNER]
        kept += [f"{name}.{method}" for method in methods if f"{name}.{method}" not in REFUSE]
    return kept


def _methods(kind):
    """Public methods that a class of ours defines or inherits from one."""
    members = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("spinland."):
            members.update(vars(base))
    return sorted(
        name
        for name, value in members.items()
        if not name.startswith("_") and isinstance(value, (types.FunctionType, classmethod))
    )


def lookup(name):
    """What a dotted name of spinland stands for."""
    value = sl
    for part in name.split("."):
        value = getattr(value, part)
    return value


FLAT = "value", "evaluate", "gradient", "value_and_gradient"

#: Object whose method is called, by class.
OBJECTS = {
    "Adam": lambda: sl.Adam(0.01),
    "AdamW": lambda: sl.AdamW(0.01),
    "SGD": lambda: sl.SGD(0.1, momentum=0.9),
    "Constant": lambda: sl.Constant(0.1),
    "Cosine": lambda: sl.Cosine(0.1),
    "Cyclic": lambda: sl.Cyclic(0.01, 0.1, 2.0),
    "Sawtooth": lambda: sl.Sawtooth(0.1, 0.01, 2.0),
    "Descending": lambda: sl.Descending(0.1, 0.01, 2.0),
    "Then": lambda: sl.Then(sl.Constant(0.1), sl.Constant(0.2), 1.0),
    "SimplicialComplex": simplex,
    "Step": lambda: sl.Step(0.1, 0.5, 2),
    "Dataset": digits,
    "Euclidean": sl.Euclidean,
    "Sphere": lambda: sl.Sphere(2.0),
    "FunctionLandscape": bowl,
    "NetworkLandscape": loss,
    "SphericalSpinGlass": glass,
    "ReLUNetwork": network,
    "Store": store,
    "StudyConfig": sl.StudyConfig,
    "GlassConfig": sl.GlassConfig,
    "PathCouplings": couplings,
    "ReplicaExchange": exchange,
    "TheoryCard": lambda: sl.theory_card(3),
    "symmetry.NetworkSymmetry": symmetry,
    "theory.Mixture": lambda: sl.theory.mixture_of({2: 0.5, 3: 1.0}),
}

CASES = {
    # data and landscapes
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
    # training
    "SGD": lambda: {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    **{
        name: lambda: {"learning_rate": 0.01, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.01}
        for name in ("Adam", "AdamW")
    },
    **{
        f"{name}.coefficients": lambda: {"rates": np.full(4, 0.1), "first_step": 2} for name in ("SGD", "Adam", "AdamW")
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
            "group_size": 1,
        }
        for name in ("train", "train_groups")
    },
    # between solutions
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
    # probes
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
    # dynamics
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
    # critical points and the analogy
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
    # replicas
    "distances": lambda: {"params": numbers(5, 4), "metric": "projective", "condensed": True},
    "overlaps": lambda: {"params": numbers(5, 4), "condensed": False, "unsigned": True},
    "pair_statistics": lambda: {"params": numbers(5, 4), "unsigned": False},
    "overlap_distribution": lambda: {"statistics": statistics(), "bins": np.linspace(-1, 1, 6)},
    "distance_distribution": lambda: {"statistics": statistics(), "bins": np.linspace(0, 9, 6)},
    "hierarchy": lambda: {"params": numbers(5, 4), "method": "average", "metric": "euclidean", "memory": "auto"},
    "hierarchy_from_distances": lambda: {"distances": sl.distances(numbers(5, 4), condensed=True), "method": "single"},
    "ultrametricity": lambda: {
        "data": sl.distances(numbers(6, 4)),
        "n_splits": 5,
        "n_null": 4,
        "n_triples": 30,
        "seed": 1,
        "tolerance": 0.1,
    },
    "rank_correlation": lambda: {"x": numbers(9), "y": numbers(9, seed=1)},
    # symmetry
    "symmetry.NetworkSymmetry": lambda: {
        "network": network(),
        "permutations": [np.array([1, 0, 3, 2])],
        "scales": [np.array([1.0, 2.0, 0.5, 1.0])],
    },
    "symmetry.NetworkSymmetry.apply": lambda: {"points": weights()},
    "symmetry.NetworkSymmetry.compose": lambda: {"first": symmetry(1)},
    "symmetry.NetworkSymmetry.invert": dict,
    "symmetry.NetworkSymmetry.identity": lambda: {"network": network()},
    "symmetry.canonical": lambda: {"network": network(), "points": weights()},
    "symmetry.orbit": lambda: {"network": network(), "point": weights()[0], "limit": 100},
    "symmetry.orbit_size": lambda: {"network": network()},
    "symmetry.permute": lambda: {"network": network(), "points": weights(), "permutations": [np.array([1, 0, 3, 2])]},
    "symmetry.rescale": lambda: {"network": network(), "points": weights(), "scales": [np.full(4, 2.0)]},
    "symmetry.random_symmetry": lambda: {"network": network(), "seed": 1, "replica": 2, "spread": 0.3},
    # theory
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
    },
    "theory.real_bound": lambda: {"n_spins": 5, "order": 3},
    "theory.spectral_flow_energy": lambda: {
        "eigenvalues": np.array([-1.0, 0.5]),
        "overlaps2": np.array([0.5, 0.5]),
        "times": np.array([0.0, 1.0]),
    },
    # store and settings
    "Store": lambda: {"path": Path(tempfile.mkdtemp()) / "new.h5", "mode": "a"},
    "Store.names": dict,
    "Store.pending": dict,
    "Store.load": lambda: {"name": "walk", "mmap": False},
    "Store.save": lambda: {"name": "walk", "result": walk(), "overwrite": True},
    "Store.reserve": lambda: {"name": "later", **reserved()},
    "Store.row_writer": lambda: {"name": "later"},
    "Store.verify": dict,
    "Store.set_meta": lambda: {"meta": {"a": 1}},
    "devices": dict,
    "show_progress": lambda: {"on": False},
    "theory_card": lambda: {"order": 3},
    "TheoryCard.value": lambda: {"name": "threshold", "convention": "cs"},
    "StudyConfig": lambda: {"hidden": (4,), "seed": 1, "sigmas": (0.1,), "learning_rate": 0.01, "data": "digits"},
    "StudyConfig.as_dict": dict,
    "GlassConfig.as_dict": dict,
    "GlassConfig": lambda: {"spins": 10, "order": 3, "seed": 1, "ageing_time": 2.0, "waiting_times": (1.0,)},
}

CASES |= {f"figures.{name}": make for name, make in FIGURES.items()}


def prepared(name):
    """The function of a case, bound to its object, and good arguments that nobody else holds."""
    owner, _, method = name.rpartition(".")
    function = lookup(name)
    if inspect.isclass(lookup(owner)) if owner else False:
        holder = OBJECTS[owner]()
        if name == "Store.row_writer":
            holder.reserve("later", **reserved())
        function = getattr(holder, method)
    return function, CASES[name]()


def consumed(result, most=4):
    """A result, or the first ones of a generator."""
    return list(itertools.islice(result, most)) if inspect.isgenerator(result) else result
