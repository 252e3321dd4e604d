"""Critical points of pure glasses as solutions of polynomial equations, with the number there must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from ..theory.polynomials import complex_critical_points
from .homotopy import complex_eigenpairs

AUTO_PATHS = 4096
"""Most complex solutions that are followed unless asked for: N = 12 at order 3, 7 at order 4."""

MOST_PATHS = 1 << 17
"""Most that are followed at all."""


@dataclass(frozen=True)
class Solutions:
    """Real solutions of one instance.

    Attributes
    ----------
    points : (K, N) float64
        One of each pair ±σ.
    n_complex : int
        Number of different complex solutions that were certified, up to scale.
    all_found : bool
        Whether these are all that there are, and which of them are real is certain.
    sentence : str
        The same in words.
    """

    points: NDArray[np.float64]
    n_complex: int
    all_found: bool
    sentence: str


def solvable(glass: SphericalSpinGlass, method: str) -> bool:
    """Whether "auto" takes algebra for a glass; for "algebra", refuse what it cannot do."""
    if len(glass.mixture) > 1:
        if method == "algebra":
            raise ArgumentError("method", "'search' for a mixture", "'algebra'")
        return False
    paths = complex_critical_points(glass.n_spins, next(iter(glass.mixture)))
    if method == "algebra" and paths > MOST_PATHS and 2 not in glass.mixture:
        raise ArgumentError("method", f"'search' for more than {MOST_PATHS} complex solutions", f"{paths} of them")
    return method == "algebra" or paths <= AUTO_PATHS


def solve(glasses: Sequence[SphericalSpinGlass], seed: int) -> list[Solutions]:
    """Solutions of each of some pure glasses of one order, size and device."""
    tensors = np.stack([_tensor(glass) for glass in glasses])
    radius = np.sqrt(glasses[0].n_spins)
    if tensors.ndim == 3:
        vectors = np.linalg.eigh(tensors)[1]
        sentence = f"the {tensors.shape[1]} eigenvectors of the couplings are all solutions there are"
        return [Solutions(radius * v.T, len(v), True, sentence) for v in vectors]
    result = []
    for found in complex_eigenpairs(tensors, seed, glasses[0].device):
        sentence = f"{len(found.pairs)} of {found.expected} complex solutions certified, {int(found.real.sum())} real"
        if found.undecided:
            sentence += f", {found.undecided} perhaps"
        result.append(Solutions(radius * found.directions(), len(found.pairs), found.complete, sentence))
    return result


def _tensor(glass: SphericalSpinGlass) -> NDArray[np.float64]:
    """The symmetric tensor of a pure glass."""
    tensor = glass.couplings()
    return np.asarray(next(iter(tensor.values())) if isinstance(tensor, dict) else tensor)
