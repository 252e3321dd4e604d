"""Random subspaces θ + P z of a space of parameters; the matrices P are drawn where they are used and never stored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels.types import Projection

from .. import checks
from ..errors import ArgumentError
from ..machines import operation
from ..rng import Purpose, seed64

KINDS = {"signs": 0, "normal": 1}
"""Names of the kinds of random matrices, and their numbers in the kernels."""


class Projections:
    """Matrices P (dim, d) with columns of length 1, one for each subspace, for R replicas.

    Column j of subspace k is a function of (seed, k, j). ``"signs"``: entries ±1/√dim, so that the length is exactly 1.
    ``"normal"``: independent normal numbers over their norm. In high dimension columns of both kinds are nearly
    orthogonal, with overlaps of order 1/√dim; signs cost a tenth.

    Parameters
    ----------
    seed : int
        64-bit seed.
    kind : "signs" or "normal"
        How entries are drawn.
    numbers : int64 array (R,)
        Subspace of each replica.
    shape : (dim, d)
        Of one matrix.
    device : str
        Where products with them are formed.
    """

    def __init__(self, seed: int, kind: str, numbers: NDArray[np.int64], shape: tuple[int, int], device: str = "cpu"):
        self._kernel = operation("projection", device)
        given = Projection(np.uint64(seed), int(Purpose.SUBSPACE), KINDS[kind])
        self._prepared = self._kernel.prepare(given, numbers, *shape)

    def points(self, coordinates: NDArray[Any], origins: Any, out: Any) -> None:
        """Set points (R, dim), which may lie on the device, to origins (R, dim) + P z for coordinates z (R, d)."""
        self._kernel.points(coordinates, origins, self._prepared, out)

    def coordinates(self, derivatives: Any) -> NDArray[np.float64]:
        """Pᵀ g (R, d) in float64 of derivatives g (R, dim), which may lie on the device."""
        found: NDArray[np.float64] = self._kernel.coordinates(derivatives, self._prepared)
        return found


def subspace_points(
    coordinates: ArrayLike, origins: ArrayLike, seed: int = 0, projection: str = "signs", subspaces: ArrayLike = 0
) -> NDArray[Any]:
    """Points θ + P z of random subspaces.

    Parameters
    ----------
    coordinates : array (R, d) or (d,)
        z.
    origins : array (dim,) or (R, dim)
        θ. Its float type is that of the computation.
    seed : int
        64-bit seed, as of :func:`train_subspace`.
    projection : "signs" or "normal"
        As there.
    subspaces : int or integer array (R,)
        Numbers of the subspaces, as a :class:`SubspaceEnsemble` has them.

    Returns
    -------
    array (R, dim) or (dim,)
        The points, in the float type of the origins.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> step = sl.subspace_points([1.0, 0.0], np.zeros(100))
    >>> float(np.linalg.norm(step).round(6))
    1.0
    """
    z = checks.float_array("coordinates", coordinates, ndim=(1, 2))
    rows = np.atleast_2d(z)
    given: Any = np.asarray(origins)
    dtype = given.dtype if given.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    theta = checks.float_array("origins", origins, dtype=dtype, ndim=(1, 2))
    dim = theta.shape[-1]
    if theta.ndim == 2 and len(theta) != len(rows):
        checks.float_array("origins", origins, shape=(len(rows), dim))
    check_dimension("coordinates", rows.shape[1], dim)
    checks.choice("projection", projection, KINDS)
    numbers = _numbers(subspaces, len(rows))
    out = np.empty((len(rows), dim), dtype)
    matrices = Projections(seed64("seed", seed), projection, numbers, (dim, rows.shape[1]))
    matrices.points(rows, np.ascontiguousarray(np.broadcast_to(theta, out.shape)), out)
    return out[0] if z.ndim == 1 else out


def _numbers(subspaces: ArrayLike, rows: int) -> NDArray[np.int64]:
    """Number of the subspace of each row."""
    if np.ndim(subspaces) == 0:
        return np.full(rows, checks.integer("subspaces", subspaces, minimum=0, maximum=2**32 - 1))
    numbers = checks.whole_numbers("subspaces", subspaces, 2**32)
    if len(numbers) != rows:
        raise ArgumentError("subspaces", f"one number, or {rows} of them", f"{len(numbers)}")
    return numbers


def check_dimension(name: str, dimension: Any, dim: int) -> int:
    """A number of coordinates, from 1 to that of the parameters."""
    return checks.integer(name, dimension, minimum=1, maximum=dim)
