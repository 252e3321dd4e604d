"""Figures: each function takes a result, draws it, and returns the axes or the figure.

Nothing is computed here beyond means and errors of what is drawn. A function that draws one panel takes and
returns Axes; one that draws several takes and returns a Figure. Neither touches ``matplotlib.pyplot``.
"""

from __future__ import annotations

from .ageing import ageing_curves
from .analogy import mapping_assumptions
from .comparisons import hierarchy_pair, line_pair, overlap_profiles, plane_pair
from .correlations import correlation_curve, correlation_mixture, effective_order_sweep
from .critical import index_counts, index_energy
from .descent import descent_approach, descent_curve, descent_sizes
from .equilibrium import energy_temperature, overlap_distribution_curves
from .export import save_figure, svg_text
from .flatness import flatness_batch
from .hierarchy import dendrogram_matrix
from .history import training_history
from .labels import ENERGY, LOSS, OVERLAP, SQUARED_ERROR
from .lines import line_panels, line_profile
from .nulls import ultrametricity_null
from .pairs import distance_histogram, overlap_histogram, width_spread
from .planes import plane_contour, plane_surface
from .swaps import barrier_width, swap_barrier, swap_curves
from .theory import ageing_beside_theory, complexity_curves, critical_points_depth, minima_energies
from .walks import walk_fan, walk_ruggedness

__all__ = [
    "ENERGY",
    "LOSS",
    "OVERLAP",
    "SQUARED_ERROR",
    "ageing_beside_theory",
    "ageing_curves",
    "barrier_width",
    "complexity_curves",
    "correlation_curve",
    "correlation_mixture",
    "critical_points_depth",
    "dendrogram_matrix",
    "descent_approach",
    "descent_curve",
    "descent_sizes",
    "distance_histogram",
    "effective_order_sweep",
    "energy_temperature",
    "flatness_batch",
    "hierarchy_pair",
    "index_counts",
    "index_energy",
    "line_pair",
    "line_panels",
    "line_profile",
    "mapping_assumptions",
    "minima_energies",
    "overlap_distribution_curves",
    "overlap_histogram",
    "overlap_profiles",
    "plane_contour",
    "plane_pair",
    "plane_surface",
    "save_figure",
    "svg_text",
    "swap_barrier",
    "swap_curves",
    "training_history",
    "ultrametricity_null",
    "walk_fan",
    "walk_ruggedness",
    "width_spread",
]
