"""Any landscape on an affine family of points, by plain evaluation in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import budget, checks

if TYPE_CHECKING:
    from .protocol import Landscape


def coefficient_batch(
    coefficients: ArrayLike, n_directions: int, dtype: DTypeLike = np.float64
) -> tuple[NDArray[Any], bool]:
    """Coefficients as (P, K) and whether a single (K,) came."""
    return checks.point_batch("coefficients", coefficients, n_directions, dtype=dtype)


class EvaluatedSlice:
    """origin + Σ c_k direction_k, evaluated point by point; for landscapes without a faster way.

    The vectors are kept: they must be the slice's own (``keep`` in :mod:`spinland.checks`).
    """

    def __init__(self, landscape: Landscape, origin: NDArray[Any], directions: NDArray[Any]):
        self._landscape = landscape
        self._origin = origin
        self._directions = directions

    @property
    def n_directions(self) -> int:
        """Number of directions K."""
        return int(self._directions.shape[0])

    def value(self, coefficients: ArrayLike) -> Any:
        """Values (P,) at coefficients (P, K); a float for (K,)."""
        return self.evaluate(coefficients)[0]

    def evaluate(self, coefficients: ArrayLike) -> tuple[Any, Any]:
        """Values and accuracies (P,) at coefficients (P, K); floats for (K,)."""
        c, single = coefficient_batch(coefficients, self.n_directions)
        values, accuracy = np.empty(len(c)), np.empty(len(c))
        for part in budget.blocks(len(c), budget.SLICE_POINTS, 8 * self._origin.shape[0]):
            points = np.repeat(self._origin[None], part.stop - part.start, axis=0)
            for k, direction in enumerate(self._directions):  # no BLAS: the bits must not depend on the block
                points += c[part, k, None].astype(points.dtype) * direction
            values[part], accuracy[part] = self._landscape.evaluate(points)
        return (float(values[0]), float(accuracy[0])) if single else (values, accuracy)
