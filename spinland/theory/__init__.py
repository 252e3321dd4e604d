"""Closed forms and numerical solutions of the spherical glass."""

from .finite_size import equilibrium_energy, finite_size_correction, second_moment_temperature
from .flow import gradient_flow_energy, spectral_flow_energy
from .mixtures import Mixture, mixture_of
from .quench import AgeingCurve, QuenchCurve, quench_correlation, quench_energy
from .thermodynamics import GlassState, dynamical_temperature, marginal_state, one_rsb, static_temperature

__all__ = [
    "AgeingCurve",
    "GlassState",
    "Mixture",
    "QuenchCurve",
    "dynamical_temperature",
    "equilibrium_energy",
    "finite_size_correction",
    "gradient_flow_energy",
    "marginal_state",
    "mixture_of",
    "one_rsb",
    "quench_correlation",
    "quench_energy",
    "second_moment_temperature",
    "spectral_flow_energy",
    "static_temperature",
]
