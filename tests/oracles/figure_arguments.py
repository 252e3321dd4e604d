"""Good arguments of every public figure function."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import spinland as sl
from spinland.chapters.theory.ageing import ageing_theory
from spinland.chapters.theory.counts import depth_theory
from tests.oracles import results
from tests.oracles.objects import exchange, glass, numbers, spins, unbiased, walk

LABELS = ["a", "b"]

FIGURES = {
    "ageing_beside_theory": lambda: {"langevin": _ageing()[0], "theory": _ageing()[1], "ax": None},
    "ageing_curves": lambda: {"langevin": _ageing()[0], "ax": None, "versus": "ratio", "theory": None},
    "alignment_barriers": lambda: {
        "lines": [results.aligned_lines(m) for m in (16, 8)],
        "places": np.array([16.0, 8.0]),
        "versus": "width",
        "spread": True,
        "unit": "nats",
    },
    "alignment_distances": lambda: {"distances": results.symmetric_distances(), "ax": None, "quantity": "overlap"},
    "alignment_gain": lambda: {"alignments": [results.alignment(), results.alignment()], "names": LABELS},
    "band_profile": lambda: {"band": results.band(), "saddle": results.saddle(), "value_label": "x"},
    "barrier_width": lambda: {
        "swaps": [results.swap(8), results.swap(16)],
        "n_swaps": [1, 4],
        "fraction": None,
        "log": True,
        "unit": "nats",
    },
    "complexity_curves": lambda: {"card": sl.theory_card(3), "figure": None},
    "correlation_curve": lambda: {"correlation": results.correlation(), "orders": (2, 3), "labels": None},
    "correlation_mixture": lambda: {
        "correlation": [results.correlation(p) for p in (2, 3)],
        "orders": (2, 3),
        "labels": LABELS,
    },
    "current_test": lambda: {"current": [results.current()], "labels": ["a"]},
    "displacement_growth": lambda: {"diffusion": [results.diffusion()], "labels": ["a"]},
    "gradient_spectrum": lambda: {"noise": [results.gradient_noise()], "labels": ["a"], "threshold": True},
    "increment_correlation": lambda: {"increments": [results.increments()], "labels": ["a"], "fixed": True},
    "noise_alignment": lambda: {"noise": results.gradient_noise(), "ax": None},
    "variance_flatness": lambda: {"modes": [results.noise_modes()], "labels": ["a"]},
    "critical_points_depth": lambda: {"depth": depth_theory(500), "ax": None},
    "dendrogram_matrix": lambda: {"hierarchy": results.tree(12), "matrix": np.ones((12, 12)), "matrix_label": "x"},
    "depth_measures": lambda: {"comparison": results.depths(), "figure": None, "unit": "nats"},
    "descent_approach": lambda: {"scaling": _scaling(), "theory": None, "levels": {"a": -1.6}, "power": 0.66},
    "descent_curve": lambda: {"flow": _flow(), "theory": None, "levels": {"a": -1.6}, "labels": ["a"]},
    "descent_sizes": lambda: {"scaling": _scaling(), "levels": {"a": -1.6}},
    "dimension_curve": lambda: {"found": results.dimension(), "figure": None, "unit": "nats"},
    "ensemble_passes": lambda: {"curves": [results.ensembles()], "labels": ["a"], "unit": "nats"},
    "overlap_potential": lambda: {
        "found": [results.potential()],
        "figure": None,
        "theory": [sl.theory.franz_parisi([0.0, 0.3, 0.6], 3, 1.5)],
        "labels": ["a"],
        "room": True,
    },
    "inherent_energies": lambda: {
        "found": [results.inherent()],
        "figure": None,
        "thresholds": [-1.6],
        "onsets": [0.9],
        "titles": ["a"],
    },
    "two_time_panels": lambda: {"found": [results.two_times()], "figure": None, "titles": ["a"], "units": ["epochs"]},
    "section_energies": lambda: {"found": results.sections(), "ax": None, "label": "x"},
    "simplex_spread": lambda: {
        "grown": [results.simplex_values()],
        "null": [results.simplex_values(2, True)],
        "labels": ["a"],
    },
    "snapshot_comparison": lambda: {"averages": [results.averages()], "labels": ["a"], "unit": "nats"},
    "disconnectivity_graph": lambda: {
        "tree": results.barriers(),
        "hierarchy": sl.hierarchy(results.critical().points[results.critical().index == 0]),
        "value_label": "x",
    },
    "optimiser_comparison": lambda: {"comparison": results.optimisers(), "labels": list("abcde"), "names": list("xyz")},
    "dinh_changes": lambda: {"table": results.dinh_table(), "labels": list(results.dinh_table().measures)},
    "measure_correlations": lambda: {
        "comparisons": [results.comparison_of_measures(), results.comparison_of_measures()],
        "titles": LABELS,
        "labels": LABELS,
    },
    "measure_scatter": lambda: {"comparison": results.comparison_of_measures(), "labels": LABELS, "quality_label": "x"},
    "distance_histogram": lambda: {
        "statistics": [results.statistics(m) for m in (8, 16)],
        "labels": LABELS,
        "n_bins": 10,
        "relative": True,
    },
    "effective_order_sweep": lambda: {
        "correlations": [results.correlation(p) for p in (2, 3)],
        "values": [8, 16],
        "labels": None,
        "value_label": "M",
    },
    "energy_temperature": lambda: {"exchange": exchange(), "theory": None, "levels": {"a": 0.5}, "labels": ["a"]},
    "flatness_batch": lambda: {"comparison": results.batches(), "kind": "walk", "unit": "nats"},
    "gauss_newton_share": lambda: {
        "histories": [results.curvature_history()],
        "ax": None,
        "labels": ["a"],
        "time_label": "x",
    },
    "spectral_density": lambda: {
        "densities": [results.density(), results.density()],
        "ax": None,
        "labels": LABELS,
        "theory": np.array([[0.0, 1.0], [1.0, 0.5]]),
    },
    "stability_edge": lambda: {
        "histories": [results.curvature_history()],
        "learning_rates": [0.1],
        "ax": None,
        "momentum": 0.5,
        "labels": ["a"],
        "time_label": "x",
    },
    "hierarchy_pair": lambda: {
        "hierarchies": [results.tree(8), results.tree(12)],
        "distributions": [results.overlap_distribution(m) for m in (8, 16)],
        "names": LABELS,
    },
    "index_counts": lambda: {"counts": _counts(), "theory": None, "labels": ["a"]},
    "index_energy": lambda: {"critical": _critical(), "layers": np.array([-1.6, -1.5]), "threshold": -1.4},
    "line_pair": lambda: {
        "lines": [results.line("three", lines=3), results.line()],
        "names": LABELS,
        "value_labels": LABELS,
        "orders": (None, 3),
    },
    "line_panels": lambda: {"lines": [results.line("three", lines=3), results.line()], "log": True, "value_label": "x"},
    "line_profile": lambda: {
        "lines": [results.line("three", lines=3), results.line()],
        "quantity": "loss",
        "log": True,
        "value_label": "x",
    },
    "mapping_assumptions": lambda: {"result": _assumptions(), "labels": ["a"], "details": True},
    "minima_energies": lambda: {"minima": _minima(), "levels": {"a": -1.6}, "n_bins": 5},
    "overlap_distribution_curves": lambda: {"exchange": exchange(), "bins": 10, "levels": {"a": 0.5}},
    "overlap_histogram": lambda: {"distribution": results.overlap_distribution(), "labels": ["a"]},
    "overlap_profiles": lambda: {
        "profiles": [results.profile(), results.profile(results.glass)],
        "names": LABELS,
        "value_labels": LABELS,
        "orders": (None, 3),
        "references": (2, 3),
    },
    "path_barriers": lambda: {
        "profiles": [results.path_profile(0), results.path_profile()],
        "log": False,
        "unit": "nats",
    },
    "path_profiles": lambda: {
        "profiles": [results.path_profile(0), results.path_profile()],
        "log": True,
        "spread": True,
        "value_label": "x",
    },
    "permutation_path": lambda: {"saddle": results.permutation_saddle(), "value_label": "x"},
    "plane_contour": lambda: {
        "plane": results.plane(),
        "quantity": "loss",
        "log": True,
        "equal": True,
        "value_label": "x",
    },
    "plane_pair": lambda: {
        "planes": [results.plane(), results.plane(results.glass)],
        "names": LABELS,
        "value_labels": LABELS,
        "surfaces": False,
    },
    "plane_row": lambda: {
        "planes": [results.plane(), results.plane()],
        "figure": None,
        "names": LABELS,
        "log": True,
        "value_label": "x",
    },
    "plane_surface": lambda: {"plane": results.plane(), "quantity": "loss", "log": True, "value_label": "x"},
    "save_figure": lambda: {
        "drawn": Figure(),
        "path": Path(tempfile.mkdtemp()) / "a.svg",
        "overwrite": False,
        "dpi": 50,
    },
    "svg_text": lambda: {"drawn": Figure(), "title": "a", "dpi": 50},
    "swap_barrier": lambda: {"swaps": [results.swap(8), results.swap(16)], "log": True, "unit": "nats"},
    "swap_curves": lambda: {"swap": results.swap(), "quantity": "loss", "log": True, "value_label": "x"},
    "training_history": lambda: {"ensemble": results.ensemble(), "log": True},
    "ultrametricity_null": lambda: {
        "result": results.ultrametricity(),
        "measure": "deviation",
        "label": "x",
        "name": "n",
    },
    "turning_surface": lambda: {"plane": results.plane(), "quantity": "loss", "log": True, "value_label": "x"},
    "walk_fan": lambda: {
        "walks": [walk()],
        "quantity": "loss",
        "versus": "step",
        "n_shown": 1,
        "log": True,
        "value_label": "x",
    },
    "walk_ruggedness": lambda: {"ruggedness": [results.ruggedness()], "labels": ["a"]},
    "width_spread": lambda: {"statistics": [results.statistics(m) for m in (8, 16)], "widths": [8, 16], "guide": -0.5},
}


@cache
def _ageing():
    times, waits = np.array([0.0, 0.1, 0.2]), np.array([0.1, 0.2])
    run = sl.langevin(glass(), spins(), 0.4, np.linspace(0, 0.4, 5), waiting_times=waits)
    return run, ageing_theory(3, 0.4, waits, times)


@cache
def _scaling():
    return sl.descent_scaling(3, [4, 6], 2, 2, [0.0, 0.5, 1.0])


@cache
def _flow():
    return sl.gradient_flow(glass(), spins(), [0.0, 0.5, 1.0])


@cache
def _counts():
    return sl.critical_point_counts(3, 3, 2, n_starts=40, method="search")


@cache
def _critical():
    return sl.critical_points(sl.SphericalSpinGlass(3, 3, seed=0), 40, method="search")


@cache
def _assumptions():
    return sl.mapping_assumptions(unbiased(), numbers(4, 12), numbers(24, 2))


@cache
def _minima():
    return sl.glass_minima(glass(), 4)
