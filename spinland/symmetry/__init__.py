"""Symmetries of a ReLU network: permutations and positive rescalings of hidden neurons."""

from .balance import balance
from .orbits import orbit, orbit_size
from .representative import canonical
from .transformation import NetworkSymmetry, permute, random_symmetry, rescale

__all__ = ["NetworkSymmetry", "balance", "canonical", "orbit", "orbit_size", "permute", "random_symmetry", "rescale"]
