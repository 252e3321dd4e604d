"""A landscape from a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, budget, checks
from ..errors import ArgumentError
from ..provenance import fingerprint
from ..quantities import words
from .base import BaseLandscape, chosen_samples
from .geometry import Euclidean, Geometry, Sphere

if TYPE_CHECKING:
    from .protocol import Landscape


class FunctionLandscape(BaseLandscape):
    """Any model of yours: one function from a batch of points to their values.

    Parameters
    ----------
    value : callable
        Maps points (B, dim), float64, to values (B,). The points are a copy, which it may overwrite.
    dim : int
        Length of a point.
    gradient : callable, optional
        Maps points (B, dim) to gradients (B, dim). Without it gradients are central differences
        of the value, with an error of order 1e-10 of its scale, and cost 2 dim evaluations.
    geometry : Euclidean or Sphere, optional
        Where the points live; flat space by default.
    hessian_product : callable, optional
        Maps a point (dim,) and vectors (K, dim) to the Hessian there times each of them, (K, dim). Without it products
        are differences of the gradient.
    batch : callable, optional
        Maps numbers of samples (n,) to the landscape of the mean over these alone, such as another FunctionLandscape
        of as many coordinates: what trains in minibatches asks for it.
    n_samples : int, optional
        How many samples there are; with ``batch``.
    name : str
        Goes into the fingerprint with ``dim``, the geometry and whether there is a gradient. A function has no
        fingerprint of its own: give each of yours another name.
    quantity, unit : str
        What the value is and in which unit, such as ``"energy"`` and ``"eV"``: results keep them, and figures
        write them on their axes. They do not change the function.

    Raises
    ------
    ArgumentError
        An argument of the wrong kind, or a function that returns another shape.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=3)
    >>> bowl.value(np.ones(3))
    3.0
    """

    device = "cpu"
    dtype = np.dtype(np.float64)

    def __init__(
        self,
        value: Callable[[NDArray[Any]], ArrayLike],
        dim: int,
        gradient: Callable[[NDArray[Any]], ArrayLike] | None = None,
        geometry: Geometry | None = None,
        name: str = "function",
        quantity: str = "value",
        unit: str = "",
        hessian_product: Callable[[NDArray[Any], NDArray[Any]], ArrayLike] | None = None,
        batch: Callable[[NDArray[np.int64]], Landscape] | None = None,
        n_samples: int | None = None,
    ):
        if not callable(value):
            raise ArgumentError("value", "a function of points (B, dim)", value)
        if gradient is not None and not callable(gradient):
            raise ArgumentError("gradient", "a function of points (B, dim), or None", gradient)
        if hessian_product is not None and not callable(hessian_product):
            raise ArgumentError(
                "hessian_product", "a function of a point (dim,) and vectors (K, dim), or None", hessian_product
            )
        if batch is not None and not callable(batch):
            raise ArgumentError("batch", "a function of numbers of samples (n,), or None", batch)
        if (batch is None) != (n_samples is None):
            raise ArgumentError("n_samples", "the number of samples with batch, None without", n_samples)
        if geometry is not None and not isinstance(geometry, (Euclidean, Sphere)):
            raise ArgumentError("geometry", "Euclidean, Sphere or None", geometry)
        if not isinstance(name, str):
            raise ArgumentError("name", "a text", name)
        self._value, self._gradient, self._product, self._batch = value, gradient, hessian_product, batch
        self._n_samples = None if n_samples is None else checks.integer("n_samples", n_samples, minimum=1)
        self.dim = checks.integer("dim", dim, minimum=1)
        self.geometry: Geometry = geometry if geometry is not None else Euclidean()
        self.name = name
        self.quantity, self.unit = words("quantity", quantity), words("unit", unit)
        self.fingerprint = fingerprint(f"{name} {self.dim} gradient {gradient is not None}", *self.geometry.arrays())

    def __repr__(self) -> str:
        return f"FunctionLandscape({self.name!r}, dim={self.dim})"

    def value(self, points: ArrayLike) -> Any:
        """Values (B,) at points (B, dim); a float for one point (dim,)."""
        batch, single = checks.point_batch("points", points, self.dim)
        values = self._values(batch)
        return float(values[0]) if single else values

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Gradients, shaped like the points."""
        batch, single = checks.point_batch("points", points, self.dim)
        gradients = self._gradients(batch)
        return gradients[0] if single else gradients

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at one point times vectors: by its function, or by central differences of the gradient."""
        at = checks.float_array("point", point, shape=(self.dim,))
        batch, single = checks.point_batch("vectors", vectors, self.dim)
        if (product := self._product) is not None:
            found = _returned("landscape.hessian_product", lambda v: product(np.array(at), v), batch, batch.shape)
            return found[0] if single else found
        # ε^(1/3) balances truncation against rounding for an exact gradient, ε^(1/4) for a differenced one.
        power = 1 / 3 if self._gradient is not None else 1 / 4
        scale = np.finfo(float).eps ** power * max(1.0, float(np.abs(at).max()))
        norms = np.abs(batch).max(axis=1, keepdims=True)
        steps = np.divide(scale, norms, out=np.full_like(norms, scale), where=norms > 0)
        forward, backward = self._gradients(at + steps * batch), self._gradients(at - steps * batch)
        products = (forward - backward) / (2 * steps)
        return products[0] if single else products

    @property
    def has_gradient(self) -> bool:
        """Whether gradients come from a function, and not from differences of the value."""
        return self._gradient is not None

    @property
    def n_samples(self) -> int | None:
        """How many samples it is the mean over; None where it has none."""
        return self._n_samples

    def batch(self, indices: ArrayLike) -> Landscape:
        """The landscape of some samples.

        Raises
        ------
        ArgumentError
            It was made without ``batch``; no such samples; what ``batch`` returns is no landscape of this ``dim``.
        """
        if self._batch is None or self._n_samples is None:
            return super().batch(indices)
        part = self._batch(chosen_samples(indices, self._n_samples))
        if not isinstance(part, BaseLandscape) or getattr(part, "dim", None) != self.dim:
            raise ArgumentError("landscape.batch", f"a function that returns a landscape of dim {self.dim}", part)
        return cast("Landscape", part)

    def _values(self, batch: NDArray[Any]) -> NDArray[np.float64]:
        return _returned("landscape.value", self._value, batch, (len(batch),))

    def _gradients(self, batch: NDArray[Any]) -> NDArray[np.float64]:
        if self._gradient is None:
            return np.stack([self._differences(point) for point in batch])
        return _returned("landscape.gradient", self._gradient, batch, batch.shape)

    def _differences(self, point: NDArray[Any]) -> NDArray[np.float64]:
        steps = np.finfo(float).eps ** (1 / 3) * np.maximum(1.0, np.abs(point))
        gradient = np.empty(self.dim)
        for block in budget.blocks(self.dim, budget.DIFFERENCES, 2 * 8 * self.dim):
            index = np.arange(block.start, block.stop)
            shifted = np.repeat(point[None], 2 * len(index), axis=0)
            shifted[np.arange(len(index)), index] += steps[index]
            shifted[len(index) + np.arange(len(index)), index] -= steps[index]
            values = self._values(shifted)
            gradient[index] = (values[: len(index)] - values[len(index) :]) / (2 * steps[index])
        return gradient


def _returned(
    name: str, function: Callable[[NDArray[Any]], ArrayLike], batch: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """What the user's function says of the points: it gets a copy, and what it returns is copied.

    It may work in its argument, which is somebody's walkers, and return the same buffer in every call.

    Raises
    ------
    ArgumentError
        Not real numbers, or of another shape; ``name`` begins with the argument of all that take a landscape.
    """
    answer = arrays.numeric(name, function(np.array(batch)))
    if answer.shape != shape:
        raise ArgumentError(name, f"a function that returns shape {shape}", f"shape {answer.shape}")
    return np.array(answer, dtype=np.float64)
