"""What every landscape offers; probes know nothing else."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .geometry import Geometry
from .swaps import NeuronSwaps
from .walkers import Walkers


class Slice(Protocol):
    """A landscape on the affine family origin + Σ c_k direction_k."""

    @property
    def n_directions(self) -> int:
        """Number of directions K."""
        ...

    def value(self, coefficients: ArrayLike) -> Any:
        """Values (P,) at coefficients (P, K); a float for (K,)."""
        ...

    def evaluate(self, coefficients: ArrayLike) -> tuple[Any, Any]:
        """Values and accuracies, each (P,) for (P, K); floats for (K,). Accuracy is NaN where it has no meaning."""
        ...


@runtime_checkable
class Landscape(Protocol):
    """A function on a space of points, with its derivatives. Batches lead: points are (B, dim) or (dim,).

    A landscape may say what its value is: texts ``quantity``, such as ``"energy per spin"``, and ``unit``.
    Results keep them, and figures write them on their axes; without them the value is called a value.

    A class that inherits :class:`spinland.landscape.base.BaseLandscape` needs to write only what that has not.
    """

    @property
    def dim(self) -> int:
        """Length of a point."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float type of the computation."""
        ...

    @property
    def device(self) -> str:
        """Where values are computed."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of all that defines the function."""
        ...

    @property
    def geometry(self) -> Geometry:
        """Where the points live."""
        ...

    @property
    def extent(self) -> int:
        """Factor from the value to the energy H that exp(−H/T) is made of: N for a value per spin, else 1."""
        ...

    @property
    def symmetric(self) -> bool:
        """Whether the value at −w is known to be that at w."""
        ...

    @property
    def typical_norm(self) -> float | None:
        """Norm of a typical point; None where nothing says what is typical."""
        ...

    def value(self, points: ArrayLike) -> Any:
        """Values (B,) in float64; a float for one point."""
        ...

    def evaluate(self, points: ArrayLike) -> tuple[Any, Any]:
        """Values and accuracies (B,); accuracy is NaN where it has no meaning."""
        ...

    def evaluate_held(self, walkers: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and accuracies (B,) at the points of walkers, which lie on the landscape's device."""
        ...

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Gradients, shaped like the points."""
        ...

    def value_and_gradient(self, points: ArrayLike) -> tuple[Any, NDArray[Any]]:
        """Values and gradients as ``value`` and ``gradient`` have them, in one pass where there is such a way."""
        ...

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at one point (dim,) times vectors (K, dim) or (dim,)."""
        ...

    def hessian_products(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at point b times vector b, both (B, dim)."""
        ...

    def batch(self, indices: ArrayLike) -> Landscape:
        """The landscape of some of the samples; an ArgumentError where there are no samples."""
        ...

    def slice(self, origin: ArrayLike, directions: ArrayLike) -> Slice:
        """The landscape on origin (dim,) + Σ c_k directions (K, dim)."""
        ...

    def walkers(
        self, starts: ArrayLike, origin_index: ArrayLike, numbers: ArrayLike, radius: ArrayLike = ()
    ) -> Walkers:
        """Walkers from starts (K, dim), on the landscape's device."""
        ...

    def swaps(self, layer: int = 0) -> NeuronSwaps:
        """Exchanges of the neurons of a hidden layer; an ArgumentError where there are no neurons."""
        ...
