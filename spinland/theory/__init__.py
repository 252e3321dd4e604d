"""Closed forms and numerical solutions of the spherical glass."""

from .asymptotics import large_n_critical_points
from .counts import critical_point_density, mean_critical_points, mean_critical_points_by_index
from .depth import DepthDependence, band, critical_points_by_depth, effective_spins
from .levels import complexity, layer_energy, threshold_energy
from .polynomials import complex_critical_points, euler_characteristic, real_bound

__all__ = [
    "DepthDependence",
    "band",
    "complex_critical_points",
    "complexity",
    "critical_point_density",
    "critical_points_by_depth",
    "effective_spins",
    "euler_characteristic",
    "large_n_critical_points",
    "layer_energy",
    "mean_critical_points",
    "mean_critical_points_by_index",
    "real_bound",
    "threshold_energy",
]
