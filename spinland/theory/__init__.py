"""Closed forms and numerical solutions of the spherical glass."""

from __future__ import annotations

from .asymptotics import large_n_critical_points
from .counts import critical_point_density, mean_critical_points, mean_critical_points_by_index
from .depth import DepthDependence, band, critical_points_by_depth, effective_spins
from .finite_size import equilibrium_energy, finite_size_correction, second_moment_temperature
from .flow import gradient_flow_energy, spectral_flow_energy
from .levels import complexity, layer_energy, mixture_threshold, threshold_energy
from .mixtures import Mixture, mixture_of
from .polynomials import complex_critical_points, euler_characteristic, real_bound
from .potential import PotentialCurve, franz_parisi
from .quench import AgeingCurve, QuenchCurve, quench_correlation, quench_energy
from .semicircles import Semicircle, hessian_semicircle
from .thermodynamics import GlassState, marginal_state, one_rsb
from .transitions import dynamical_temperature, static_temperature

__all__ = [
    "AgeingCurve",
    "DepthDependence",
    "GlassState",
    "Mixture",
    "PotentialCurve",
    "QuenchCurve",
    "Semicircle",
    "band",
    "complex_critical_points",
    "complexity",
    "critical_point_density",
    "critical_points_by_depth",
    "dynamical_temperature",
    "effective_spins",
    "equilibrium_energy",
    "euler_characteristic",
    "finite_size_correction",
    "franz_parisi",
    "gradient_flow_energy",
    "hessian_semicircle",
    "large_n_critical_points",
    "layer_energy",
    "marginal_state",
    "mean_critical_points",
    "mean_critical_points_by_index",
    "mixture_of",
    "mixture_threshold",
    "one_rsb",
    "quench_correlation",
    "quench_energy",
    "real_bound",
    "second_moment_temperature",
    "spectral_flow_energy",
    "static_temperature",
    "threshold_energy",
]
