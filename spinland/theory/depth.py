"""From the size of a network to the glass: effective spins, the band of low critical points, and depth.

A. Choromanska, M. Henaff, M. Mathieu, G. Ben Arous and Y. LeCun, "The loss surfaces of multilayer networks"
(AISTATS 2015, arXiv:1412.0233) replace the loss of a network with H layers of weights by the Hamiltonian of
the spherical H-spin glass with Λ = Ψ^{1/H} spins, where Ψ is the number of paths from an input to an output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Owner
from ..checks import entries, float_array, integer, listing
from ..errors import ArgumentError
from .levels import layer_energy, threshold_energy


def effective_spins(widths: Sequence[int]) -> float:
    """Number of spins Λ of the glass that stands for a fully connected network.

    Parameters
    ----------
    widths : sequence of int
        Units of each layer, inputs first and outputs last: n_0, …, n_H, each at least 1.

    Returns
    -------
    float
        Λ = Ψ^{1/H} with the number of paths Ψ = n_0 n_1 … n_H, all inputs and outputs counted, and H the
        number of weight layers (arXiv:1412.0233, section 3; it takes n_H = 1). Not a whole number in
        general. For one output and n_0 = … = n_{H−1} = w it is w.

    Raises
    ------
    ArgumentError
        Fewer than two layers, or a width that is not a whole number ≥ 1.

    Examples
    --------
    >>> round(effective_spins([4, 4, 4, 1]), 12)
    4.0
    """
    units = [integer("widths", n, minimum=1) for n in entries("widths", widths, "a sequence of whole numbers")]
    if len(units) < 2:
        raise ArgumentError("widths", "at least two layers, inputs and outputs", len(units))
    return math.exp(math.fsum(math.log(n) for n in units) / (len(units) - 1))


def band(n_spins: float, order: int, convention: str = "abc") -> tuple[float, float]:
    """Where the critical points of low index lie: the band (−Λ E_0, −Λ E_inf), in *total* energy.

    Parameters
    ----------
    n_spins : float
        Λ > 0, the number of spins; that of :func:`effective_spins` need not be whole. 1 gives the band per
        spin.
    order : int
        H ≥ 2.
    convention : {"abc", "cs"}
        Normalisation of the energies.

    Returns
    -------
    low, high : float
        −Λ E_0, the ground state, and −Λ E_inf, the threshold (arXiv:1412.0233, theorem 4.1): energies of
        the whole system, negative. Equal at order 2.

    Raises
    ------
    ArgumentError
        Λ ≤ 0 or not finite, order < 2, or an unknown convention.

    Examples
    --------
    >>> tuple(round(e, 3) for e in band(1, 3))
    (-1.657, -1.633)
    """
    size = float(float_array("n_spins", n_spins, ndim=0))
    if size <= 0:
        raise ArgumentError("n_spins", "a number above 0", size)
    return -size * layer_energy(order, 0, convention), -size * threshold_energy(order, convention)


@dataclass(frozen=True, eq=False, kw_only=True)
class DepthDependence(Owner):
    """Critical points of the glass that stands for networks of one number of weights and several depths.

    Attributes
    ----------
    n_parameters : int
        Weights of every network.
    depths : (D,) int64
        H, the weight layers of each.
    n_spins : (D,) float64
        Λ of each, equal to its width; not a whole number in general.
    log_complex : (D,) float64
        log of ((H−1)^Λ − 1)/(H−2), the complex critical points up to sign; log Λ at H = 2.
    complexity : (D,) float64
        Λ · ½ log(H−1), the leading exponential of the mean number of real critical points.
    """

    n_parameters: int
    depths: NDArray[np.int64]
    n_spins: NDArray[np.float64]
    log_complex: NDArray[np.float64]
    complexity: NDArray[np.float64]

    @property
    def most_complex_depth(self) -> int:
        """Depth with the largest number of complex critical points, of those given."""
        return int(self.depths[np.argmax(self.log_complex)])


def critical_points_by_depth(n_parameters: int, depths: Sequence[int]) -> DepthDependence:
    """How the number of critical points depends on depth when the number of weights stays the same.

    Parameters
    ----------
    n_parameters : int
        Weights P of the network, at least 2.
    depths : sequence of int
        Numbers of weight layers H ≥ 2, with a width of at least one unit (H ≤ P).

    Returns
    -------
    DepthDependence
        For large P the number rises, and then falls, with depth: log(H−1)/sqrt(H−1) has its maximum at
        H = 1 + e² ≈ 8.4.

    Raises
    ------
    ArgumentError
        n_parameters < 2, no depths, a depth below 2 or above n_parameters.

    Notes
    -----
    The question is that of S. Becker, Y. Zhang and A. A. Lee (Phys. Rev. Lett. 124, 108301, 2020,
    arXiv:1808.00408), whose count of complex critical points is used. The family of networks is ours: one
    output, no biases, and the same width w in the inputs and all hidden layers, so that
    P = (H−1) w² + w, Ψ = w^H paths, and Λ = Ψ^{1/H} = w exactly. The width is the positive solution, not
    rounded; the counts are continued to real Λ.

    Examples
    --------
    >>> critical_points_by_depth(10**6, range(2, 40)).most_complex_depth
    8
    """
    weights = integer("n_parameters", n_parameters, minimum=2)
    layers = np.array(
        [
            integer("depths", h, minimum=2, maximum=weights)
            for h in listing("depths", depths, "a sequence of whole numbers")
        ],
        np.int64,
    )
    if layers.size == 0:
        raise ArgumentError("depths", "at least one depth")
    below = (layers - 1).astype(np.float64)
    # (−1 + sqrt(1 + 4(H−1)P))/(2(H−1)), in a form without cancellation
    width = 2.0 * weights / (1.0 + np.sqrt(1.0 + 4.0 * below * weights))
    growth = width * np.log(below)
    deep = below > 1
    # log((e^g − 1)/(H−2)) with g = Λ log(H−1)
    safe = np.where(deep, growth, 1.0)
    counted = safe + np.log1p(-np.exp(-safe)) - np.log(np.where(deep, below - 1.0, 1.0))
    return DepthDependence(
        n_parameters=weights,
        depths=layers,
        n_spins=width,
        log_complex=np.where(deep, counted, np.log(width)),
        complexity=0.5 * growth,
    )
