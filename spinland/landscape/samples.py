"""Inputs and answers of a network's loss, as the kernels want them."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels import networks
from spinland_kernels.networks import CROSS_ENTROPY, EXACT, MEAN_SQUARED_ERROR, TF32, THRICE

from .. import arrays, checks
from ..arrays import sealed
from ..errors import ArgumentError
from ..machines import operation
from .network import ReLUNetwork

PRECISIONS = {"tf32": TF32, "3xtf32": THRICE}
LOSSES = {"cross_entropy": CROSS_ENTROPY, "mse": MEAN_SQUARED_ERROR}


class Samples:
    """Inputs and answers as the kernels want them; inputs that are zero in every sample are left out.

    Such a column multiplies nothing: the loss does not depend on its weights. ``keep`` tells which entries
    of a point remain (None: all), ``network`` is the network without the dead inputs.

    Raises
    ------
    ArgumentError
        Shapes that do not fit the network or each other, no samples, NaN, labels outside the range.
    """

    def __init__(
        self,
        network: ReLUNetwork,
        x: ArrayLike,
        y: ArrayLike,
        loss: str,
        dtype: np.dtype[Any],
        device: str = "cpu",
        precision: str = "",
        *,
        drop_dead: bool = True,
        names: tuple[str, str] = ("x", "y"),
    ):
        self.device, self.precision = device, precision
        self.kind = LOSSES[checks.choice("loss", loss, LOSSES)]
        self.x = checks.float_array(names[0], x, dtype=dtype, shape=(None, network.widths[0]), keep=True)
        if self.x.shape[0] == 0:
            raise ArgumentError(names[0], "at least one sample", "none")
        self.labels, self.targets = _answers(names[1], y, self.x.shape[0], network.widths[-1], self.kind, dtype)
        self.keep: NDArray[np.int64] | None = None
        self.network = network
        self._prepared: dict[str, Any] = {}
        live = np.any(self.x != 0, axis=0)
        if drop_dead and not live.all() and live.any():
            self.drop_inputs(live)

    def __getstate__(self) -> dict[str, Any]:
        """All but what the kernels have made ready: that lies on a device, and is made again."""
        return {**self.__dict__, "_prepared": {}}

    def drop_inputs(self, live: NDArray[np.bool_]) -> None:
        """Leave out the inputs (d,) that are not live, and their weights."""
        mask = np.ones(self.network.n_params, bool)
        first = self.network.spans[0]
        mask[first.weight] = np.broadcast_to(live, first.shape).ravel()
        self.keep = np.flatnonzero(mask)
        self.x = np.take(self.x, np.flatnonzero(live), axis=1)  # indexing would make columns contiguous
        self._prepared = {}
        self.network = ReLUNetwork((int(live.sum()), *self.network.widths[1:]), self.network.bias)

    def take(self, indices: NDArray[np.int64]) -> Samples:
        """Those at the given places (m,), of the same network: an input that is zero in all of them stays."""
        part = copy(self)
        part.x, part.labels, part.targets = (
            sealed(array[indices]) if len(array) else array for array in (self.x, self.labels, self.targets)
        )
        part._prepared = {}
        return part

    def compress(self, points: NDArray[Any]) -> NDArray[Any]:
        """Entries of points (..., dim) that the loss depends on, contiguous."""
        return points if self.keep is None else np.ascontiguousarray(np.take(points, self.keep, axis=-1))

    def expand(self, gradients: NDArray[Any], dim: int) -> NDArray[Any]:
        """Gradients (B, kept) as (B, dim), zero at dead inputs."""
        if self.keep is None:
            return gradients
        full = np.zeros((gradients.shape[0], dim), gradients.dtype)
        full[:, self.keep] = gradients
        return full

    @property
    def architecture(self) -> networks.Network:
        """The network without the dead inputs, as kernels take it."""
        return networks.network_of(self.network.widths, self.network.bias)

    @property
    def given(self) -> networks.Samples:
        """Inputs and answers as kernels take them: read-only, whoever owns them, so that one type is compiled."""
        x, labels, targets = _locked(self.x), _locked(self.labels), _locked(self.targets)
        return networks.Samples(x, labels, targets, self.kind, PRECISIONS.get(self.precision, EXACT))

    def prepared(self, name: str) -> Any:
        """What an operation makes of the samples on their device, once."""
        if name not in self._prepared:
            self._prepared[name] = operation(name, self.device).prepare(self.given)
        return self._prepared[name]


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view."""
    view = array.view()
    view.flags.writeable = False
    return view


def _answers(
    name: str, y: ArrayLike, n: int, k: int, kind: int, dtype: np.dtype[Any]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Labels (n,) and targets (n, k); what does not apply is empty."""
    array = arrays.numeric(name, y)
    no_targets = np.empty((0, k), dtype)
    if array.ndim == 1 and array.dtype.kind in "iu":
        if array.shape != (n,):
            raise ArgumentError(name, f"one label for each of {n} samples", f"shape {array.shape}")
        if array.min() < 0 or array.max() >= k:
            raise ArgumentError(name, f"labels from 0 to {k - 1}", f"labels from {array.min()} to {array.max()}")
        labels = array.astype(np.int64)
        if kind == CROSS_ENTROPY:
            return labels, no_targets
        return labels, np.eye(k, dtype=dtype)[labels]
    if kind == CROSS_ENTROPY:
        raise ArgumentError(name, "whole-number labels (n,) for the cross-entropy", f"{array.dtype} {array.shape}")
    if array.ndim == 1 and k == 1:
        array = array[:, None]
    return np.empty(0, np.int64), checks.float_array(name, array, dtype=dtype, shape=(n, k), keep=True)


def default_loss(y: ArrayLike) -> str:
    """Cross-entropy for labels, whole numbers (n,); squared error for targets."""
    array = arrays.given("y", y)
    return "cross_entropy" if array.ndim == 1 and array.dtype.kind in "iu" else "mse"
