"""The loss of a network on an affine family of parameter vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..machines import operation
from .affine import coefficient_batch
from .samples import Samples

_POINTS = 4096  # points in one call of the kernel, which keeps a sum for each of them and each tile of samples


class NetworkSlice:
    """Mean loss of a network at origin + Σ c_k direction_k; far cheaper for a point than the loss itself.

    The first layer's pre-activations are computed once for each direction. The points themselves are never
    formed.

    Parameters
    ----------
    samples : Samples
        What the loss is averaged over.
    origin : array (dim,)
        Where all coefficients are zero, in the float type of the samples.
    directions : array (K, dim)
        Directions, in the same float type.
    """

    def __init__(self, samples: Samples, origin: NDArray[Any], directions: NDArray[Any]):
        self._kernel = operation("slice", samples.device)
        self._network = samples.architecture
        self._n_directions, self._dtype = len(directions), origin.dtype
        vectors = samples.compress(np.concatenate([origin[None], directions]))
        self._prepared = self._kernel.prepare(vectors, self._network, samples.given)

    @property
    def n_directions(self) -> int:
        """Number of directions K."""
        return self._n_directions

    def value(self, coefficients: ArrayLike) -> Any:
        """Mean loss (P,) in float64 at coefficients (P, K); a float for (K,)."""
        return self.evaluate(coefficients)[0]

    def evaluate(self, coefficients: ArrayLike) -> tuple[Any, Any]:
        """Mean loss and accuracy, each (P,) in float64, at coefficients (P, K); floats for (K,)."""
        c, single = coefficient_batch(coefficients, self.n_directions, self._dtype)
        loss, accuracy = np.empty(len(c)), np.empty(len(c))
        for low in range(0, len(c), _POINTS):
            part = slice(low, low + _POINTS)
            loss[part], accuracy[part] = self._kernel.losses(c[part], self._network, self._prepared)
        return (float(loss[0]), float(accuracy[0])) if single else (loss, accuracy)
