"""What follows from value, gradient and Hessian of a landscape, for those that have no quicker way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..machines import operation
from .affine import EvaluatedSlice
from .swaps import NeuronSwaps
from .walkers import Walkers

if TYPE_CHECKING:
    from .protocol import Landscape, Slice


class BaseLandscape:
    """Methods that a landscape inherits unless it has better ones of its own.

    A class that inherits them needs ``dim``, ``dtype``, ``device``, ``fingerprint``, ``geometry``, ``value``,
    ``gradient`` and ``hessian_product`` to be a :class:`spinland.landscape.protocol.Landscape`.
    """

    @property
    def extent(self) -> int:
        """Factor from the value to the energy that a temperature is measured in; 1 where the value is the energy."""
        return 1

    @property
    def symmetric(self) -> bool:
        """Whether the value at −w is known to be that at w."""
        return False

    @property
    def typical_norm(self) -> float | None:
        """Norm of a typical point: the radius of the sphere; None where nothing says what is typical."""
        return self._self.geometry.radius

    def evaluate(self, points: ArrayLike) -> tuple[Any, Any]:
        """Values, and NaN for the accuracy, which only a network with labels has."""
        values = self._self.value(points)
        return (values, float("nan")) if np.ndim(values) == 0 else (values, np.full(len(values), np.nan))

    def evaluate_held(self, walkers: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and accuracy, both (B,), at the points of walkers, which the landscape's device holds."""
        values, accuracy = self.evaluate(operation("walk", self._self.device).fetch(walkers.points))
        return values, accuracy

    def value_and_gradient(self, points: ArrayLike) -> tuple[Any, NDArray[Any]]:
        """Values and gradients, with the bits of ``value`` and ``gradient``, of which this makes one call each."""
        return self._self.value(points), self._self.gradient(points)

    def hessian_products(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at point b times vector b, both (B, dim), one after the other."""
        batch, along = point_pairs(self._self, points, vectors)
        products = np.empty_like(along)
        for b in range(len(batch)):
            products[b] = self._self.hessian_product(batch[b], along[b])
        return products

    def slice(self, origin: ArrayLike, directions: ArrayLike) -> Slice:
        """Values on origin (dim,) + Σ c_k directions (K, dim), evaluated point by point."""
        landscape = self._self
        at = checks.float_array("origin", origin, dtype=landscape.dtype, shape=(landscape.dim,), keep=True)
        along, _ = checks.point_batch("directions", directions, landscape.dim, dtype=landscape.dtype, keep=True)
        return EvaluatedSlice(landscape, at, along)

    def batch(self, indices: ArrayLike) -> Landscape:
        """The landscape of some samples, which only the loss of a network has.

        Raises
        ------
        ArgumentError
            Always.
        """
        raise ArgumentError("landscape", "one that is a mean over samples, as a NetworkLandscape is", self)

    def walkers(
        self, starts: ArrayLike, origin_index: ArrayLike, numbers: ArrayLike, radius: ArrayLike = ()
    ) -> Walkers:
        """Walkers, from starts (K, dim); arguments as for :class:`spinland.landscape.walkers.Walkers`."""
        return Walkers(self._self, starts, origin_index, numbers, radius)

    def swaps(self, layer: int = 0) -> NeuronSwaps:
        """Exchanges of hidden neurons, which only a network has.

        Raises
        ------
        ArgumentError
            Always.
        """
        raise ArgumentError("landscape", "a NetworkLandscape; only networks have neurons", self)

    @property
    def _self(self) -> Landscape:
        """Itself, with what the class that inherits this one offers."""
        return cast("Landscape", self)


def point_pairs(landscape: Landscape, points: ArrayLike, vectors: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points (B, dim) and as many vectors (B, dim)."""
    batch, _ = checks.point_batch("points", points, landscape.dim, dtype=landscape.dtype)
    along, _ = checks.point_batch("vectors", vectors, landscape.dim, dtype=landscape.dtype)
    if batch.shape != along.shape:
        raise ArgumentError("vectors", f"shape {batch.shape}, a vector for each point", f"shape {along.shape}")
    return batch, along


def chosen_samples(indices: ArrayLike, n_samples: int) -> NDArray[np.int64]:
    """Places of samples, 0 ... n_samples − 1, one at least; a sample may come several times."""
    chosen = checks.whole_numbers("indices", indices, n_samples)
    if chosen.size == 0:
        raise ArgumentError("indices", "at least one sample", "none")
    return chosen
