"""Where the eigenvalues of the Hessian of a spherical glass lie: a semicircle that the energy shifts.

At a point of the sphere |σ|² = N with energy E per spin, ABC's normalisation, the second derivatives of H along
orthonormal tangent directions have variance p (p−1)/N off the diagonal and twice that on it, and curving along the
sphere adds −p E to all of them. So for N → ∞ the eigenvalues fill a semicircle (A. Auffinger, G. Ben Arous and
J. Černý, arXiv:1003.1129, lemma 3.2):

    centre −p E,  radius 2 sqrt(p (p−1))

whatever the point, a random one or a minimum: given the energy, conditions on the gradient change nothing. It touches
zero at E = −E_inf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from .conventions import to_abc_energy

_FAR, _NODES, _NOTHING = 9.0, 200, 1e-8
"""Standard deviations beyond which a normal density is zero, nodes of Gauss and Legendre across them, and the width
over the radius below which rounding is more than the broadening."""


@dataclass(frozen=True)
class Semicircle:
    """A density 2/(π R²) sqrt(R² − (x − c)²) on [c − R, c + R].

    Attributes
    ----------
    centre, radius : float
    """

    centre: float
    radius: float

    def density(self, x: ArrayLike, width: float = 0.0) -> NDArray[np.float64]:
        """The density at x (any shape), or what a normal density of standard deviation ``width`` makes of it.

        Parameters
        ----------
        x : float or array
            Places.
        width : float
            Standard deviation of the broadening, such as that of a :class:`spinland.SpectralDensity`.
        """
        at = (checks.float_array("x", x) - self.centre) / self.radius
        w = checks.real("width", width, minimum=0) / self.radius
        if w < _NOTHING:
            return np.asarray(2 / (np.pi * self.radius) * np.sqrt(np.maximum(1 - at**2, 0.0)))
        # x = cos θ, and only where the normal density is not zero: the integrand is smooth there, however narrow it is.
        low, high = (np.arccos(np.clip(at + sign * _FAR * w, -1, 1)) for sign in (1, -1))
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        half = (high - low)[..., None] / 2
        angle = (high + low)[..., None] / 2 + half * nodes
        z = (at[..., None] - np.cos(angle)) / w
        inside = (np.exp(-0.5 * z**2) * np.sin(angle) ** 2 * half) @ weights
        return np.asarray(inside * 2 / (np.pi * math.sqrt(2 * np.pi) * w * self.radius))


def hessian_semicircle(order: int, energy: float, convention: str = "abc") -> Semicircle:
    """Semicircle of the eigenvalues of the Hessian of H on the sphere, at a point of some energy, for N → ∞.

    Parameters
    ----------
    order : int
        p ≥ 2.
    energy : float
        Energy per spin at the point.
    convention : {"abc", "cs"}
        Normalisation of energy and eigenvalues.

    Returns
    -------
    Semicircle
        Centre −p E, radius 2 sqrt(p (p−1)) (in ``"cs"`` smaller by √2). Eigenvalues of the Hessian of a
        SphericalSpinGlass's value, the energy per spin, are these over N.

    Raises
    ------
    ArgumentError
        order < 2, or an unknown convention.

    Examples
    --------
    >>> from spinland.theory import threshold_energy
    >>> edge = hessian_semicircle(3, -threshold_energy(3))
    >>> round(edge.centre - edge.radius, 12)
    0.0
    """
    p = checks.integer("order", order, minimum=2)
    energy = checks.real("energy", energy)
    scale = to_abc_energy(1.0, convention)
    return Semicircle(-p * energy, 2.0 * math.sqrt(p * (p - 1)) / scale)
