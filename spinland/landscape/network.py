"""ReLU networks as flat vectors of parameters, in PyTorch's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import arrays, budget, checks, rng
from ..errors import ArgumentError
from .geometry import Euclidean


class LayerSpan(NamedTuple):
    """Where a layer lies in the flat vector: weight (out, in) row by row, then the bias."""

    weight: slice
    bias: slice | None
    shape: tuple[int, int]


@dataclass(frozen=True)
class ReLUNetwork:
    """Fully connected network, ReLU between layers, linear output.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden layers, outputs: (784, 512, 10) has one hidden layer of M = 512 neurons.
    bias : bool
        Whether layers have biases.

    Raises
    ------
    ArgumentError
        Fewer than two widths, or one that is not a positive whole number.
    """

    widths: tuple[int, ...]
    bias: bool = True

    def __init__(self, widths: Sequence[int], bias: bool = True):
        try:
            given = tuple(widths)
        except Exception:  # noqa: BLE001 (also what scalar arrays of other libraries raise)
            raise ArgumentError("widths", "a sequence of positive whole numbers", widths) from None
        if len(given) < 2:
            raise ArgumentError("widths", "at least the number of inputs and of outputs", given)
        object.__setattr__(
            self, "widths", tuple(checks.integer(f"widths[{i}]", w, minimum=1) for i, w in enumerate(given))
        )
        object.__setattr__(self, "bias", checks.boolean("bias", bias))

    @property
    def initial_norm(self) -> float:
        """Root mean square norm of PyTorch's initialisation, whose entries are uniform on ±1/sqrt(fan_in)."""
        entries = [rows * (fan_in + (bias is not None)) / (3 * fan_in) for _, bias, (rows, fan_in) in self.spans]
        return float(np.sqrt(sum(entries)))

    @cached_property
    def spans(self) -> tuple[LayerSpan, ...]:
        """Where each layer lies in a point."""
        spans, offset = [], 0
        for fan_in, fan_out in zip(self.widths[:-1], self.widths[1:], strict=True):
            weight = slice(offset, offset + fan_in * fan_out)
            offset = weight.stop
            bias = slice(offset, offset + fan_out) if self.bias else None
            offset += fan_out if self.bias else 0
            spans.append(LayerSpan(weight, bias, (fan_out, fan_in)))
        return tuple(spans)

    @property
    def n_layers(self) -> int:
        """Number of weight layers (the order H of the corresponding spin glass)."""
        return len(self.widths) - 1

    @property
    def n_hidden_layers(self) -> int:
        """Number of hidden layers."""
        return len(self.widths) - 2

    @cached_property
    def n_params(self) -> int:
        """Length of a point."""
        last = self.spans[-1]
        return last.weight.stop if last.bias is None else last.bias.stop

    @cached_property
    def geometry(self) -> Euclidean:
        """Flat space whose filters are the neurons: incoming weights and bias together, each exactly once."""
        filters: list[NDArray[np.int64]] = []
        layers: list[NDArray[np.int64]] = []
        for weight, bias, (fan_out, fan_in) in self.spans:
            rows = np.arange(weight.start, weight.stop).reshape(fan_out, fan_in)
            if bias is not None:
                rows = np.hstack([rows, np.arange(bias.start, bias.stop)[:, None]])
            filters.extend(rows)
            layers.append(np.sort(rows.ravel()))
        return Euclidean(filters=tuple(filters), layers=tuple(layers))

    def initialize(
        self, n_replicas: int, seed: int = 0, *, first: int = 0, dtype: DTypeLike = "float32"
    ) -> NDArray[Any]:
        """Random points (n_replicas, n_params), weights and biases uniform on ±1/sqrt(fan_in), as PyTorch's Linear.

        Replica r is addressed by (seed, first + r): it is the same alone or among others.

        Parameters
        ----------
        n_replicas : int
            Number of points.
        seed : int
            64-bit seed.
        first : int
            Number of the first replica.
        dtype : "float32" or "float64"
            Float type; both get the same numbers, rounded.
        """
        n_replicas = checks.integer("n_replicas", n_replicas, minimum=1, maximum=2**32)
        first = checks.integer("first", first, minimum=0, maximum=2**32 - 1)
        if first + n_replicas > 2**32:
            raise ArgumentError("first", f"at most {2**32 - n_replicas}, the last of {n_replicas} replicas", first)
        seed = rng.seed64("seed", seed)
        dtype = checks.float_type("dtype", dtype)
        checks.room("n_replicas", n_replicas, n_replicas * self.n_params * dtype.itemsize)
        return initial_points(self, np.arange(first, first + n_replicas), seed, dtype)

    def layers(self, point: ArrayLike) -> list[tuple[NDArray[Any], NDArray[Any] | None]]:
        """Weight (out, in) and bias (out,) or None of each layer, of the point's type, in memory of their own."""
        array = np.array(arrays.numeric("point", point))
        if array.shape != (self.n_params,):
            raise ArgumentError("point", f"shape ({self.n_params},)", f"shape {array.shape}")
        return [
            (array[weight].reshape(shape), None if bias is None else array[bias]) for weight, bias, shape in self.spans
        ]

    def flatten(self, layers: Sequence[tuple[ArrayLike, ArrayLike | None]]) -> NDArray[Any]:
        """Inverse of :meth:`layers`: a point (n_params,) from weights and biases.

        Raises
        ------
        ArgumentError
            Another number of layers, another shape, a bias missing or too many.
        """
        expected = f"{self.n_layers} pairs of weight and bias"
        if not isinstance(layers, (list, tuple)):
            raise ArgumentError("layers", expected, layers)
        if len(layers) != self.n_layers:
            raise ArgumentError("layers", expected, f"{len(layers)}")
        if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in layers):
            raise ArgumentError("layers", expected, layers)
        parts = []
        for i, ((weight, bias), span) in enumerate(zip(layers, self.spans, strict=True)):
            w = arrays.numeric(f"layers[{i}] weight", weight)
            if w.shape != span.shape:
                raise ArgumentError(f"layers[{i}] weight", f"shape {span.shape}", f"shape {w.shape}")
            parts.append(w.ravel())
            if (bias is None) != (span.bias is None):
                raise ArgumentError(f"layers[{i}] bias", "None" if span.bias is None else "an array", bias)
            if bias is not None:
                b = arrays.numeric(f"layers[{i}] bias", bias)
                if b.shape != (span.shape[0],):
                    raise ArgumentError(f"layers[{i}] bias", f"shape ({span.shape[0]},)", f"shape {b.shape}")
                parts.append(b)
        return np.concatenate(parts)


def initial_points(network: ReLUNetwork, replicas: NDArray[np.int64], seed: int, dtype: DTypeLike) -> NDArray[Any]:
    """What :meth:`ReLUNetwork.initialize` gives the replicas of these numbers (R,); nothing is checked."""
    points = np.empty((len(replicas), network.n_params), dtype)
    scale = np.empty(network.n_params)
    for weight, bias, (_, fan_in) in network.spans:
        scale[weight.start : weight.stop if bias is None else bias.stop] = 1 / np.sqrt(fan_in)
    for some in budget.blocks(len(replicas), budget.UNIFORMS, 8 * network.n_params):
        u = np.empty(points[some].shape)
        rng.fill_uniforms(u, seed, rng.Purpose.INITIALISE, replicas[some], 0)
        u *= 2
        u -= 1
        np.multiply(u, scale, out=points[some], casting="same_kind")
    return points
