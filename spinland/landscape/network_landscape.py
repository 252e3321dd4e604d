"""The loss of a ReLU network on a data set, as a function of its parameters."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spinland_kernels.networks import GAUSS_NEWTON, RESIDUAL, WHOLE

from .. import budget, checks
from ..data.dataset import Dataset
from ..data.loading import as_dataset
from ..errors import ArgumentError, shown
from ..machines import operation
from ..provenance import fingerprint
from ..quantities import UNITS, words
from .base import BaseLandscape, chosen_samples
from .geometry import Euclidean
from .network import ReLUNetwork
from .network_slice import NetworkSlice
from .samples import Samples, default_loss
from .swaps import NeuronSwaps


def _training_samples(data: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inputs and answers of a data set that stands in the place of ``x``."""
    if not isinstance(data, (Dataset, str, Path, tuple)):
        raise ArgumentError("y", "labels or targets for the samples x, unless x is a Dataset", None)
    dataset = as_dataset(data)
    return dataset.x_train, dataset.y_train


class NetworkLandscape(BaseLandscape):
    """Mean loss per sample of a ReLU network, as a function of its parameters.

    Parameters
    ----------
    network : ReLUNetwork
        Architecture.
    x : array (n, inputs), or Dataset
        Samples; or a data set, or the name of one, whose training samples are meant, and then ``y`` is left out.
        The landscape takes a copy, except of the read-only arrays of a Dataset, which it shares.
    y : integer array (n,) or float array (n, outputs), optional
        Labels, or targets. With ``loss="mse"`` labels become one-hot targets.
    loss : "cross_entropy" or "mse", optional
        Softmax cross-entropy in nats, or squared error averaged over samples and outputs; by default
        cross-entropy for labels and squared error for targets, as in :func:`train`.
    dtype : "float32" or "float64"
        Float type of the computation; values are float64 either way.
    device : "cpu", "cuda" or "cuda:1"
        Where it is computed, and where the samples stay. Where there is no such card, DeviceUnavailable says why.
    precision : "float32", "tf32" or "3xtf32", optional
        In what a card multiplies whole layers; by default in ``dtype``. ``"tf32"`` rounds the factors to 10 bits, and
        outputs are off by some 3e-4 of their size; ``"3xtf32"`` forms three such products and is nearly as exact as
        float32. Both need a card and ``dtype="float32"``; neither is ever chosen for you, and results tell of them.
        What slices and swaps of neurons add unit by unit is in float32 with all three.
    quantity : str, optional
        What figures call the value, such as ``"test loss"``; ``"training loss"`` of a data set and ``"loss"`` of
        arrays by default. It does not change the function.

    Raises
    ------
    ArgumentError
        Names the argument that does not fit.

    Examples
    --------
    >>> import spinland as sl
    >>> digits = sl.load_dataset("digits")
    >>> network = sl.ReLUNetwork((64, 16, 10))
    >>> landscape = sl.NetworkLandscape(network, digits)
    >>> test = sl.NetworkLandscape(network, digits.x_test, digits.y_test, quantity="test loss")
    >>> points = network.initialize(3, seed=0)
    >>> landscape.value(points).shape
    (3,)
    """

    def __init__(
        self,
        network: ReLUNetwork,
        x: ArrayLike | Dataset,
        y: ArrayLike | None = None,
        loss: str | None = None,
        dtype: DTypeLike = "float32",
        device: str = "cpu",
        *,
        precision: str | None = None,
        quantity: str | None = None,
    ):
        if not isinstance(network, ReLUNetwork):
            raise ArgumentError("network", "a ReLUNetwork", shown(network))
        default = "loss"
        if y is None:
            x, y = _training_samples(x)
            default = "training loss"
        elif isinstance(x, Dataset):
            raise ArgumentError("y", "nothing beside a data set, which holds its labels or targets", y)
        loss = default_loss(y) if loss is None else loss
        self.quantity = words("quantity", default if quantity is None else quantity)
        self.device = checks.device(device)
        self.dtype = checks.float_type("dtype", dtype)
        self.precision = checks.precision(precision, self.dtype, self.device)
        self.network = network
        self.loss = loss
        self.samples = Samples(network, x, y, loss, self.dtype, device=self.device, precision=self.precision)
        self.unit = UNITS[loss]

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self.samples.x.shape[0])

    @cached_property
    def fingerprint(self) -> str:
        """Hash of network, loss and samples."""
        samples = self.samples
        kept = samples.keep  # without it, which of the inputs are dead would not be told
        return fingerprint(
            self.network.widths,
            self.network.bias,
            self.loss,
            samples.x,
            np.arange(0) if kept is None else kept,
            samples.labels,
            samples.targets,
        )

    @property
    def dim(self) -> int:
        """Number of parameters."""
        return self.network.n_params

    @property
    def geometry(self) -> Euclidean:
        """Flat space; its filters are the neurons."""
        return self.network.geometry

    @property
    def typical_norm(self) -> float:
        """Root mean square norm of a random initialisation."""
        return self.network.initial_norm

    @property
    def _kernel(self) -> ModuleType:
        return operation("mlp", self.device)

    @property
    def _function(self) -> tuple[Any, Any]:
        """What the kernels take after points: the network, and the samples made ready."""
        return self.samples.architecture, self.samples.prepared("mlp")

    def __repr__(self) -> str:
        return f"NetworkLandscape({self.network!r}, n_samples={self.n_samples}, loss={self.loss!r}, dtype={self.dtype})"

    def value(self, points: ArrayLike) -> Any:
        """Mean loss (B,) in float64 at points (B, dim); a float for one point (dim,)."""
        return self.evaluate(points)[0]

    def evaluate(self, points: ArrayLike) -> tuple[Any, Any]:
        """Mean loss and accuracy, each (B,) in float64; floats for one point. Accuracy is NaN without labels."""
        batch, single = checks.point_batch("points", points, self.dim, dtype=self.dtype)
        loss, accuracy = self._kernel.losses(self.samples.compress(batch), *self._function)
        return (float(loss[0]), float(accuracy[0])) if single else (loss, accuracy)

    def evaluate_held(self, walkers: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean loss and accuracy, both (B,), at the points of held walkers, which do not leave the device."""
        points = walkers.points
        if self.samples.keep is not None:
            points = operation("walk", self.device).columns(walkers, self.samples.keep)
        loss, accuracy = self._kernel.losses(points, *self._function)
        return loss, accuracy

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Gradient of the mean loss, shaped like the points; zero for the weights of dead inputs."""
        batch, single = checks.point_batch("points", points, self.dim, dtype=self.dtype)
        gradients = np.empty_like(batch)
        for block in budget.blocks(len(batch), budget.GRADIENTS, 8 * self.dim):
            part = self._kernel.gradients(self.samples.compress(batch[block]), *self._function)
            gradients[block] = self.samples.expand(part, self.dim)
        return gradients[0] if single else gradients

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian at ``point`` (dim,) times ``vectors`` (K, dim) or (dim,), exact almost everywhere.

        Pearlmutter's R-operator (Neural Computation 6, 1994), not differences.
        """
        return self._products(point, vectors, WHOLE)

    def gauss_newton_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """J'L''J, arguments as for :meth:`hessian_product`.

        J is the Jacobian of the outputs by the parameters, L'' the Hessian of the loss by the outputs: the Hessian of
        the linearised network, without negative eigenvalues (Schraudolph, Neural Computation 14, 2002).
        """
        return self._products(point, vectors, GAUSS_NEWTON)

    def residual_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """What is left of the Hessian, Σ_o L'_o ∇²z_o over the outputs z, arguments as for :meth:`hessian_product`.

        Computed as such and not as a difference, so that it keeps its digits where it is small.
        """
        return self._products(point, vectors, RESIDUAL)

    def _products(self, point: ArrayLike, vectors: ArrayLike, part: int) -> NDArray[Any]:
        at = checks.float_array("point", point, dtype=self.dtype, shape=(self.dim,))
        batch, single = checks.point_batch("vectors", vectors, self.dim, dtype=self.dtype)
        products = np.empty_like(batch)
        kept = self.samples.compress(at)
        for block in budget.blocks(len(batch), budget.GRADIENTS, 8 * self.dim):
            found = self._kernel.hessian_products(kept, self.samples.compress(batch[block]), *self._function, part)
            products[block] = self.samples.expand(found, self.dim)
        return products[0] if single else products

    def gradient_products(self, point: ArrayLike) -> NDArray[np.float64]:
        """Inner products (n, n) of the gradients of the losses of all pairs of n samples at ``point`` (dim,).

        No gradient is formed: time and memory are those of the widths of the layers, not of their products.
        """
        at = checks.float_array("point", point, dtype=self.dtype, shape=(self.dim,))
        checks.room("point", f"{self.n_samples} samples", 2 * 8 * self.n_samples**2)
        return np.asarray(self._of_samples.products(self.samples.compress(at), *self._singly))

    def gradient_sums(self, point: ArrayLike, weights: ArrayLike) -> NDArray[Any]:
        """Sums Σ_i c_i g_i of the samples' gradients at ``point`` (dim,), (K, dim) for weights c (K, n)."""
        at = checks.float_array("point", point, dtype=self.dtype, shape=(self.dim,))
        given, single = checks.point_batch("weights", weights, self.n_samples)
        sums = np.empty((len(given), self.dim), self.dtype)
        for block in budget.blocks(len(given), budget.GRADIENTS, 8 * self.dim):
            part = self._of_samples.combinations(self.samples.compress(at), given[block], *self._singly)
            sums[block] = self.samples.expand(part, self.dim)
        return sums[0] if single else sums

    def gradient_components(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[np.float64]:
        """Components g_i·v (K, n) of the samples' gradients at ``point`` (dim,) along vectors (K, dim) or (dim,)."""
        at = checks.float_array("point", point, dtype=self.dtype, shape=(self.dim,))
        batch, single = checks.point_batch("vectors", vectors, self.dim, dtype=self.dtype)
        found = np.empty((len(batch), self.n_samples))
        for block in budget.blocks(len(batch), budget.GRADIENTS, 8 * self.dim):
            along = self.samples.compress(batch[block])
            found[block] = self._of_samples.components(self.samples.compress(at), along, *self._singly)
        return found[0] if single else found

    @property
    def _of_samples(self) -> ModuleType:
        return operation("sample_gradients", self.device)

    @property
    def _singly(self) -> tuple[Any, Any]:
        return self.samples.architecture, self.samples.prepared("sample_gradients")

    def batch(self, indices: ArrayLike) -> NetworkLandscape:
        """The mean loss of some samples, on this landscape's device.

        Parameters
        ----------
        indices : integer array (m,)
            Places of the samples, 0 ... n_samples - 1, at least one; a sample may come several times.
        """
        chosen = chosen_samples(indices, self.n_samples)
        part = copy(self)
        part.__dict__.pop("fingerprint", None)
        part.samples = self.samples.take(chosen)
        return part

    def slice(self, origin: ArrayLike, directions: ArrayLike) -> NetworkSlice:
        """Loss on origin (dim,) + Σ c_k directions (K, dim)."""
        at = checks.float_array("origin", origin, dtype=self.dtype, shape=(self.dim,))
        along, _ = checks.point_batch("directions", directions, self.dim, dtype=self.dtype)
        return NetworkSlice(self.samples, at, along)

    def swaps(self, layer: int = 0) -> NeuronSwaps:
        """Exchanges of the neurons of a hidden layer, 0 being the first."""
        return NeuronSwaps(self.samples, layer)
