"""Minima of a glass on random linear sections of its sphere: what few directions suffice for, and what they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..dynamics.minimizer import minimize
from ..errors import ArgumentError
from ..landscape.base import BaseLandscape
from ..landscape.geometry import Sphere
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of


class Section(BaseLandscape):
    """A landscape on the part of its sphere that lies in the span of orthonormal vectors: w = Σ_j z_j b_j, |z| = |w|.

    Parameters
    ----------
    landscape : Landscape
        On a sphere of a known radius.
    basis : float64 array (n, dim)
        Orthonormal rows.
    """

    dtype = np.dtype(np.float64)
    device = "cpu"

    def __init__(self, landscape: Landscape, basis: NDArray[np.float64]):
        self._whole, self._basis = landscape, basis
        self.dim = len(basis)
        self.geometry = Sphere(landscape.geometry.radius)
        self.fingerprint = landscape.fingerprint

    @property
    def extent(self) -> int:
        """That of the whole."""
        return self._whole.extent

    def value(self, points: ArrayLike) -> Any:
        """Values (B,) at coordinates z (B, n)."""
        return self._whole.value(np.asarray(points) @ self._basis)

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Derivatives by the coordinates."""
        return np.asarray(self._whole.gradient(np.asarray(points) @ self._basis) @ self._basis.T)

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at one point times vectors, in the coordinates."""
        at, along = np.asarray(point) @ self._basis, np.asarray(vectors) @ self._basis
        return np.asarray(self._whole.hessian_product(at, along) @ self._basis.T)


@dataclass(frozen=True, eq=False, kw_only=True)
class SectionMinima(Measured):
    """Values of minima on random linear sections of a sphere.

    Attributes
    ----------
    dimensions : int64 array (K,)
        Vectors that span a section, rising; the last may be all of them.
    values : float64 array (K, S)
        Value of the minimum of each section.
    converged : bool array (K, S)
        Whether the descent came to rest.
    dim : int
        Coordinates of the whole sphere.
    whole : float
        Mean value of minima of the whole sphere; NaN where it is not known.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "dimensions": ("dimensions",),
        "values": ("dimensions", "section"),
        "converged": ("dimensions", "section"),
    }

    dimensions: NDArray[np.int64]
    values: NDArray[np.float64]
    converged: NDArray[np.bool_]
    dim: int
    whole: float = float("nan")


def section_minima(landscape: Landscape, dimensions: ArrayLike, n_sections: int, seed: int = 0) -> SectionMinima:
    """Go down to a minimum on random linear sections of the sphere, of several dimensions.

    Section s of dimension n is the part of the sphere in the span of its first n random vectors, so that the sections
    of one s are nested; the descent starts at its first vector. For a spherical glass of N spins the energy on a
    section of dimension n is that of a glass of n spins: e = sqrt(n/N) e_n, as covariances show, so that what a few
    directions reach follows from theory.

    Parameters
    ----------
    landscape : Landscape
        On a sphere, such as a :class:`SphericalSpinGlass`.
    dimensions : integer array (K,)
        Vectors n that span a section, rising, from 2 to the landscape's dimension.
    n_sections : int
        Sections S of each dimension.
    seed : int
        64-bit seed.

    Returns
    -------
    SectionMinima

    Raises
    ------
    ArgumentError
        A landscape that is not on a sphere, dimensions that do not rise or are too many.

    Examples
    --------
    >>> import spinland as sl
    >>> found = sl.section_minima(sl.SphericalSpinGlass(40, 3), [10, 40], 5)
    >>> bool(found.values[0].mean() > found.values[1].mean())
    True
    """
    checks.instance("landscape", landscape, Landscape)
    radius = landscape.geometry.radius
    if radius is None:
        raise ArgumentError("landscape", "one on a sphere of a known radius", landscape)
    sizes = checks.whole_numbers("dimensions", dimensions, landscape.dim + 1)
    if not len(sizes) or sizes[0] < 2 or np.any(np.diff(sizes) <= 0):
        raise ArgumentError("dimensions", "rising numbers from 2 on", sizes)
    n_sections = checks.integer("n_sections", n_sections, minimum=1, maximum=2**32 - 1)
    seed = rng.seed64("seed", seed)
    checks.room("dimensions", sizes, 3 * 8 * int(sizes[-1]) * landscape.dim)
    values, converged = np.empty((len(sizes), n_sections)), np.empty((len(sizes), n_sections), bool)
    with track(n_sections * len(sizes), "sections") as advance:
        for s in range(n_sections):
            basis = _basis(seed, s, int(sizes[-1]), landscape.dim)
            for k, size in enumerate(sizes.tolist()):
                start = np.zeros(size)
                start[0] = radius
                found = minimize(Section(landscape, basis[:size]), start)
                values[k, s], converged[k, s] = found.values[0], found.converged[0]
                advance()
    return SectionMinima(
        dimensions=sizes,
        values=values,
        converged=converged,
        dim=landscape.dim,
        **quantity_of(landscape),
        provenance=record_on(landscape, "section_minima", {"dimensions": sizes, "n_sections": n_sections}, seed=seed),
    )


def _basis(seed: int, section: int, size: int, dim: int) -> NDArray[np.float64]:
    """Orthonormal rows (size, dim), of which the first n span what the first n random vectors do."""
    drawn = np.stack([rng.normals(seed, rng.Purpose.SUBSPACE, section, j, dim) for j in range(size)])
    return np.ascontiguousarray(np.linalg.qr(drawn.T)[0].T)
