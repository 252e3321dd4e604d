"""The near-zero eigenvalues of a Hessian: which of them symmetry explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..landscape.protocol import Landscape
from ..machines import single_threaded
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .lanczos import orthonormal
from .matrices import hessian
from .operators import Array, need_float64, one_point
from .symmetries import SymmetryModes, symmetry_modes


@dataclass(frozen=True, eq=False, kw_only=True)
class NearZeroModes(Measured):
    """Eigenvalues near zero of the Hessian at a point, and the symmetries among their directions.

    Attributes
    ----------
    eigenvalues : array (K,)
        All eigenvalues, rising; on a sphere without the one of the radius.
    threshold : float
        Size up to which an eigenvalue counts as near zero.
    modes : SymmetryModes
    curvatures : array (M,)
        |H d| of each symmetry mode d.
    shares : array (M,)
        Falling: cos² of the angles between the span of the symmetry modes and that of the near-zero eigenvectors.
    gradient_norm : float
        |g| at the point.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "eigenvalues": ("eigenvalue",),
        "curvatures": ("mode",),
        "shares": ("angle",),
    }

    eigenvalues: Array
    threshold: float
    modes: SymmetryModes
    curvatures: Array
    shares: Array
    gradient_norm: float

    @property
    def n_all(self) -> int:
        """Number of all eigenvalues."""
        return len(self.eigenvalues)

    @property
    def n_zero(self) -> int:
        """Number of eigenvalues near zero."""
        return int(np.sum(np.abs(self.eigenvalues) <= self.threshold))

    @property
    def n_symmetric(self) -> int:
        """Dimensions of their space that lie in the span of the symmetry modes: angles below 45°."""
        return int(np.sum(self.shares > 0.5))

    @property
    def n_other(self) -> int:
        """Number of those that no symmetry explains."""
        return self.n_zero - self.n_symmetric

    @property
    def n_bent(self) -> int:
        """Number of symmetry modes, out of all, along which the Hessian is not near zero."""
        return len(self.curvatures) - self.n_symmetric


def near_zero_modes(landscape: Landscape, point: ArrayLike, threshold: float = 1e-6) -> NearZeroModes:
    """How many eigenvalues of the Hessian are near zero, and how many of these are symmetries.

    From the whole matrix, so for landscapes of a few thousand coordinates, and in float64.

    Parameters
    ----------
    landscape : Landscape
        Any landscape of ``dtype="float64"``.
    point : array (dim,)
        Where.
    threshold : float
        Share of the largest eigenvalue, by size, up to which an eigenvalue counts as near zero.

    Returns
    -------
    NearZeroModes

    Raises
    ------
    ArgumentError
        A landscape of float32, too many coordinates, a threshold outside (0, 1].

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> landscape = sl.NetworkLandscape(network, sl.load_dataset("digits"), dtype="float64")
    >>> found = sl.near_zero_modes(landscape, network.initialize(1, dtype="float64")[0])
    >>> found.n_symmetric == int(found.modes.exact.sum())
    True
    """
    of, at = one_point(landscape, point)
    need_float64(of, "eigenvalues near zero")
    threshold = checks.real("threshold", threshold, above=0, maximum=1)
    matrix = hessian(of, at)
    modes = symmetry_modes(of, at)
    curved = of.geometry.space.curved
    along = modes.vectors[:0] if curved else modes.vectors  # that of the sphere is no direction to move in
    with single_threaded():
        values, vectors = _spectrum(matrix, np.asarray(at, np.float64) if curved else None)
        bound = threshold * float(np.abs(values).max(initial=0.0))
        near = vectors[np.abs(values) <= bound]
        cosines = np.linalg.svd(along @ near.T, compute_uv=False) if len(along) and len(near) else np.empty(0)
        curvatures = np.linalg.norm(along @ matrix, axis=1)
    gradient = np.asarray(of.gradient(at), np.float64)
    return NearZeroModes(
        eigenvalues=values,
        threshold=bound,
        modes=modes,
        curvatures=curvatures,
        shares=np.asarray(cosines**2, np.float64),
        gradient_norm=float(np.linalg.norm(gradient)),
        **quantity_of(of),
        provenance=record_on(of, "near_zero_modes", {"point": at, "threshold": threshold}),
    )


def _spectrum(matrix: Array, radius: Array | None) -> tuple[Array, Array]:
    """Eigenvalues, rising, and eigenvectors by rows; where there is a ``radius`` only of what is orthogonal to it."""
    if radius is None:
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors.T
    directions = np.eye(len(radius)) - np.outer(radius, radius) / (radius @ radius)
    basis = orthonormal(directions, len(radius) - 1)
    values, inner = np.linalg.eigh(basis @ matrix @ basis.T)
    return values, inner.T @ basis
