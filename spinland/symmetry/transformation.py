"""Relabelling and rescaling of hidden neurons: transformations of a network that leave its function alone.

Hidden neurons have no order, and ReLU is positively homogeneous: for a > 0, a·relu(z) = relu(a·z). So the
neurons of a hidden layer may be permuted, and each may have its incoming weights and bias multiplied by a
while its outgoing weights are divided by a. Both together form a group; arXiv:2407.20724 uses the
permutations (theorem 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..arrays import Owner
from ..arrays import given as given_array
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork


@dataclass(frozen=True, eq=False)
class NetworkSymmetry(Owner):
    """A permutation and a positive rescaling of the neurons of every hidden layer.

    Neuron j of a transformed hidden layer is neuron ``permutations[layer][j]`` of the original, with
    incoming weights and bias times ``scales[layer][j]`` and outgoing weights divided by it.

    Parameters
    ----------
    network : ReLUNetwork
        The network whose points are transformed.
    permutations : sequence of integer arrays (M_l,), optional
        One for each hidden layer; the identity by default.
    scales : sequence of arrays (M_l,), optional
        Positive factors, one array for each hidden layer; ones by default.

    Raises
    ------
    ArgumentError
        Another number of arrays than hidden layers, no permutation of 0 ... M-1, a factor that is not positive.
    """

    network: ReLUNetwork
    permutations: tuple[NDArray[np.int64], ...]
    scales: tuple[NDArray[np.float64], ...]

    def __init__(
        self,
        network: ReLUNetwork,
        permutations: Sequence[ArrayLike] | None = None,
        scales: Sequence[ArrayLike] | None = None,
    ):
        hidden = a_network(network).widths[1:-1]
        if permutations is None:
            permutations = [np.arange(m) for m in hidden]
        if scales is None:
            scales = [np.ones(m) for m in hidden]
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "permutations", _permutations(permutations, hidden))
        object.__setattr__(self, "scales", _scales(scales, hidden))
        super().__post_init__()

    def apply(self, points: ArrayLike) -> NDArray[Any]:
        """Transformed points, shaped like ``points`` (B, dim) or (dim,); float32 stays, all else is float64.

        Without rescaling the numbers are moved, not computed: their bits stay.
        """
        batch, single = floating_points(self.network, points)
        source, factor = self._gather()
        moved = batch[:, source]
        if any((s != 1).any() for s in self.scales):
            moved *= factor.astype(batch.dtype)
        return moved[0] if single else moved

    def compose(self, first: NetworkSymmetry) -> NetworkSymmetry:
        """The transformation that applies ``first`` and then this one."""
        if not isinstance(first, NetworkSymmetry):
            raise ArgumentError("first", "a NetworkSymmetry", first)
        if first.network != self.network:
            raise ArgumentError("first", f"a symmetry of {self.network!r}", f"one of {first.network!r}")
        return NetworkSymmetry(
            self.network,
            [inner[outer] for outer, inner in zip(self.permutations, first.permutations, strict=True)],
            [s * t[p] for p, s, t in zip(self.permutations, self.scales, first.scales, strict=True)],
        )

    def invert(self) -> NetworkSymmetry:
        """The transformation that undoes this one."""
        inverse = [np.argsort(p) for p in self.permutations]
        return NetworkSymmetry(self.network, inverse, [1 / s[p] for p, s in zip(inverse, self.scales, strict=True)])

    @classmethod
    def identity(cls, network: ReLUNetwork) -> NetworkSymmetry:
        """The transformation that changes nothing."""
        return cls(network)

    def _gather(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Where each entry of a transformed point comes from (dim,), and its factor (dim,)."""
        network = self.network
        rows = [*self.permutations, np.arange(network.widths[-1])]
        row_scales = [*self.scales, np.ones(network.widths[-1])]
        columns = [np.arange(network.widths[0]), *self.permutations]
        column_scales = [np.ones(network.widths[0]), *self.scales]
        source = np.empty(network.n_params, np.int64)
        factor = np.empty(network.n_params)
        for layer, (weight, bias, shape) in enumerate(network.spans):
            index = np.arange(weight.start, weight.stop).reshape(shape)
            source[weight] = index[np.ix_(rows[layer], columns[layer])].ravel()
            factor[weight] = np.divide.outer(row_scales[layer], column_scales[layer]).ravel()
            if bias is not None:
                source[bias] = bias.start + rows[layer]
                factor[bias] = row_scales[layer]
        return source, factor


def permute(network: ReLUNetwork, points: ArrayLike, permutations: Sequence[ArrayLike]) -> NDArray[Any]:
    """Relabel the hidden neurons: neuron j of layer l becomes the old neuron ``permutations[l][j]``.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (B, dim) or (dim,)
        Its parameters.
    permutations : sequence of integer arrays (M_l,)
        One permutation of 0 ... M_l - 1 for each hidden layer.

    Returns
    -------
    array
        Points of the same shape and, as functions, the same networks.

    Raises
    ------
    ArgumentError
        Shapes that do not fit, or an array that is no permutation.
    """
    return NetworkSymmetry(network, permutations=permutations).apply(points)


def rescale(network: ReLUNetwork, points: ArrayLike, scales: Sequence[ArrayLike]) -> NDArray[Any]:
    """Multiply what enters each hidden neuron by a factor a > 0 and divide what leaves it by a.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (B, dim) or (dim,)
        Its parameters.
    scales : sequence of arrays (M_l,)
        Positive factors, one array for each hidden layer.

    Returns
    -------
    array
        Points of the same shape and, as functions, the same networks.

    Raises
    ------
    ArgumentError
        Shapes that do not fit, or a factor that is not positive and finite.
    """
    return NetworkSymmetry(network, scales=scales).apply(points)


def random_symmetry(network: ReLUNetwork, seed: int = 0, *, replica: int = 0, spread: float = 0.5) -> NetworkSymmetry:
    """Uniform random permutations and log-normal rescalings of all hidden layers.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    seed : int
        64-bit seed.
    replica : int
        Number of the draw; each has its own stream.
    spread : float
        Standard deviation of the logarithm of the factors; 0 permutes only.
    """
    spread = checks.real("spread", spread, minimum=0, maximum=100)  # exp(±100 · 6) is still a number
    stream = (rng.seed64("seed", seed), rng.Purpose.SYMMETRY, checks.integer("replica", replica, minimum=0))
    hidden = a_network(network).widths[1:-1]
    return NetworkSymmetry(
        network,
        [rng.permutation(*stream, 2 * layer, m) for layer, m in enumerate(hidden)],
        [np.exp(spread * rng.normals(*stream, 2 * layer + 1, m)) for layer, m in enumerate(hidden)],
    )


def floating_points(network: ReLUNetwork, points: ArrayLike) -> tuple[NDArray[Any], bool]:
    """Points as (B, dim) in float32 if they came so, else in float64; and whether one (dim,) came."""
    a_network(network)
    dtype = np.float32 if getattr(points, "dtype", None) == np.float32 else np.float64
    return checks.point_batch("points", points, network.n_params, dtype=dtype)


def a_network(network: ReLUNetwork) -> ReLUNetwork:
    """The network, if it is one."""
    return checks.instance("network", network, ReLUNetwork)


def _one_for_each(name: str, given: Sequence[ArrayLike], n: int) -> Sequence[ArrayLike]:
    expected = f"{n} arrays, one per hidden layer"
    if not isinstance(given, (list, tuple)):
        rows = given_array(name, given)
        if rows.ndim == 0:
            raise ArgumentError(name, expected, given)
        given = list(rows)
    if len(given) != n:
        raise ArgumentError(name, expected, f"{len(given)}")
    return given


def _permutations(given: Sequence[ArrayLike], hidden: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    given = _one_for_each("permutations", given, len(hidden))
    arrays = []
    for layer, (value, m) in enumerate(zip(given, hidden, strict=True)):
        array = given_array(f"permutations[{layer}]", value)
        if array.dtype.kind not in "iu" or not np.array_equal(np.sort(array, axis=None), np.arange(m)):
            raise ArgumentError(f"permutations[{layer}]", f"a permutation of 0 ... {m - 1}", repr(value))
        arrays.append(array.ravel().astype(np.int64))
    return tuple(arrays)


def _scales(given: Sequence[ArrayLike], hidden: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    given = _one_for_each("scales", given, len(hidden))
    arrays = []
    for layer, (value, m) in enumerate(zip(given, hidden, strict=True)):
        array = checks.float_array(f"scales[{layer}]", value, shape=(m,))
        if not (array > 0).all():
            raise ArgumentError(f"scales[{layer}]", "positive factors", f"a smallest of {array.min():g}")
        arrays.append(array)
    return tuple(arrays)
