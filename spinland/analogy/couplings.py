r"""The output of a ReLU network as the energy of an H-spin glass whose spins are the weights.

At fixed activity the output is Σ x_i A Π w over paths, homogeneous of degree H (the number of weight layers) in
the weights. As every path takes one weight from each layer, this is an H-spin form on the Λ = n_params
coordinates of the point,

.. math:: Y_c(w) = \sum_{i_1 \ldots i_H} T_{i_1 \ldots i_H} w_{i_1} \cdots w_{i_H},

where the symmetric tensor T shares the coupling x_i of an active path among the H! orders of its weights. With
the weights brought onto the sphere, σ = w √Λ/|w|, and J = Λ^{(H−1)/2} T, the glass

.. math:: H(\sigma) = \Lambda^{-(H-1)/2} \sum J_{i_1 \ldots i_H} \sigma_{i_1} \cdots \sigma_{i_H}

(A. Auffinger, G. Ben Arous and J. Černý, arXiv:1003.1129) has the network's output as its energy, and
Y_c(w) = (|w|/√Λ)^H H(σ). All this is exact inside the linear region of the point, where the activity is constant.

Here Λ counts the weights themselves. In arXiv:1412.0233, section 3, Λ = Ψ^{1/H} counts the different values
that weights are supposed to have.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..machines import single_threaded
from ..provenance import fingerprint, record
from ..results import Result
from . import paths


@dataclass(frozen=True, eq=False, kw_only=True)
class PathCouplings(Result):
    """Couplings of a bias-free network at one input.

    Attributes
    ----------
    widths : tuple of int
        The network.
    point : (dim,) float64
        The weights whose activity is taken.
    x : (n_0,) float64
        The input.
    activity : (n_1 + … + n_{H−1},) bool
        Which hidden neurons are active, layer after layer.
    output : (n_H,) float64
        The network's output, from the forward pass.
    n_paths, n_active : int
        Paths that end in one output, and how many of them are active.
    indices : (K, H) int64
        Entries of the point along each active path from a non-zero input, first layer first. Paths to one
        output lie together, outputs in order, K/n_H paths each.
    values : (K,) float64
        Coupling of each of these paths, x_i. All others are zero.
    """

    widths: tuple[int, ...]
    point: NDArray[np.float64]
    x: NDArray[np.float64]
    activity: NDArray[np.bool_]
    output: NDArray[np.float64]
    n_paths: int
    n_active: int
    indices: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def network(self) -> ReLUNetwork:
        """The architecture."""
        return ReLUNetwork(self.widths, bias=False)

    @property
    def order(self) -> int:
        """Number of weight layers H, the order of the form."""
        return len(self.widths) - 1

    @property
    def dim(self) -> int:
        """Number of weights Λ, the number of spins."""
        return len(self.point)

    @property
    def outputs(self) -> NDArray[np.int64]:
        """Output that each coupling belongs to, (K,)."""
        n = self.widths[-1]
        return np.repeat(np.arange(n), len(self.values) // n)

    @property
    def density(self) -> float:
        """Share of the Λ^H entries of an output's symmetric tensor that are not zero; 1 for a glass."""
        return len(self.values) / self.widths[-1] * math.factorial(self.order) / self.dim**self.order

    @property
    def sphere_point(self) -> NDArray[np.float64]:
        """The weights brought onto the sphere, w √Λ/|w|, (dim,); NaN where all are zero."""
        norm = np.linalg.norm(self.point)
        return self.point * (np.sqrt(self.dim) / norm) if norm > 0 else np.full(self.dim, np.nan)

    @property
    def sphere_factor(self) -> float:
        """(|w|/√Λ)^H: the output at the point over the output at :attr:`sphere_point`."""
        return float((np.linalg.norm(self.point) / np.sqrt(self.dim)) ** self.order)

    def polynomial(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Σ over the active paths at any weights (dim,) or (B, dim): the H-spin form, (n_H,) or (B, n_H).

        It is the network's output wherever :meth:`holds_at` is true.
        """
        batch, single = checks.point_batch("weights", weights, self.dim)
        n = self.widths[-1]
        sums = np.empty((len(batch), n))
        for row, w in zip(sums, batch, strict=True):
            terms = self.values.copy()
            for column in self.indices.T:
                terms *= w[column]
            row[:] = terms.reshape(n, -1).sum(axis=1)
        return sums[0] if single else sums

    def holds_at(self, weights: ArrayLike) -> Any:
        """Whether the activity at weights (dim,) or (B, dim) is that of the point; bool or (B,) bool."""
        batch, single = checks.point_batch("weights", weights, self.dim)
        same = np.array([np.array_equal(_activity(self.network, w, self.x)[1], self.activity) for w in batch])
        return bool(same[0]) if single else same

    def tensor(self, output: int = 0) -> NDArray[np.float64]:
        """Symmetric tensor T of one output, (dim,)*H: each coupling over H! at the H! orders of its weights.

        Raises
        ------
        ArgumentError
            No such output, or more than 1 GiB would be needed.
        """
        c = checks.integer("output", output, minimum=0, maximum=self.widths[-1] - 1)
        n_bytes = 8 * self.dim**self.order
        if n_bytes > budget.COUPLINGS:
            raise ArgumentError(
                "network",
                f"a network whose dense tensor fits in {budget.COUPLINGS} bytes (indices and values hold the same)",
                f"{self.dim}^{self.order} entries of 8 bytes, {n_bytes} bytes",
            )
        tensor = np.zeros((self.dim,) * self.order)
        own = self.outputs == c
        share = self.values[own] / math.factorial(self.order)
        for columns in itertools.permutations(self.indices[own].T):
            tensor[columns] = share
        return tensor

    def glass_couplings(self, output: int = 0) -> NDArray[np.float64]:
        """Couplings J = Λ^{(H−1)/2} T of the glass whose energy is this output, (dim,)*H.

        ``SphericalSpinGlass.from_couplings(J)`` has Λ · value(sphere_point) · sphere_factor = output, and
        Λ · value(σ) is the network's output at every σ of the sphere where :meth:`holds_at` is true.

        Raises
        ------
        ArgumentError
            No such output, or more than 1 GiB would be needed.
        """
        return self.tensor(output) * float(self.dim) ** ((self.order - 1) / 2)


def path_couplings(
    network: ReLUNetwork, point: ArrayLike, x: ArrayLike, memory_limit: int = budget.COUPLINGS
) -> PathCouplings:
    """Write the output of a bias-free network at one input as an H-spin form on its weights.

    Parameters
    ----------
    network : ReLUNetwork
        A network without biases.
    point : (dim,) array
        Its weights. They enter through the activity alone: the couplings are the same in all of a linear region.
    x : (n_0,) array
        One input.
    memory_limit : int
        Most bytes that the couplings may take. They are counted first.

    Returns
    -------
    PathCouplings

    Raises
    ------
    ArgumentError
        A network with biases, wrong shapes, NaN, or couplings that do not fit.
    """
    network = paths.bias_free(network)
    w = checks.float_array("point", point, shape=(network.n_params,))
    x = checks.float_array("x", x, shape=(network.widths[0],))
    limit = checks.integer("memory_limit", memory_limit, minimum=1)
    output, activity = _activity(network, w, x)
    live = _live_neurons(network, activity, x)
    _refuse_too_many(network, live, limit)
    indices, values = _enumerate(network, live, x)
    return PathCouplings(
        widths=network.widths,
        point=w.copy(),
        x=x.copy(),
        activity=activity,
        output=output,
        n_paths=paths.path_count(network),
        n_active=network.widths[0] * math.prod(len(layer) for layer in live[1:-1]),
        indices=indices,
        values=values,
        provenance=record(
            "path_couplings",
            {"widths": network.widths, "x": x, "memory_limit": limit},
            data=fingerprint(w, x),
            dtype=np.float64,
        ),
    )


def _activity(
    network: ReLUNetwork, point: NDArray[np.float64], x: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Output (n_H,) and activity of all hidden neurons."""
    with single_threaded():
        output, masks = paths.forward(paths.weights_of(network, point), x[None])
    return output[0], np.concatenate([np.zeros(0, bool), *(mask[0] > 0 for mask in masks)])


def _live_neurons(network: ReLUNetwork, activity: NDArray[np.bool_], x: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Numbers of the non-zero inputs, of the active neurons of each hidden layer, and of all outputs."""
    hidden = np.split(activity, np.cumsum(network.widths[1:-1])[:-1]) if network.n_hidden_layers else []
    return [np.flatnonzero(x), *map(np.flatnonzero, hidden), np.arange(network.widths[-1])]


def _refuse_too_many(network: ReLUNetwork, live: list[NDArray[np.int64]], limit: int) -> None:
    n = math.prod(map(len, live))
    n_bytes = 8 * n * (network.n_layers + 1)
    if n_bytes > limit:
        raise ArgumentError(
            "network",
            f"active paths that fit in memory_limit = {limit} bytes",
            f"{n} active paths of {math.prod(network.widths)}, {n_bytes} bytes",
        )


def _enumerate(
    network: ReLUNetwork, live: list[NDArray[np.int64]], x: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Indices (K, H) and couplings (K,) of all paths through live neurons, the output varying slowest."""
    grids = np.meshgrid(*live[::-1], indexing="ij", copy=False)[::-1]
    shape = grids[0].shape
    indices = np.empty((*shape, network.n_layers), np.int64)
    for k, span in enumerate(network.spans):
        indices[..., k] = span.weight.start + grids[k + 1] * span.shape[1] + grids[k]
    values = np.ascontiguousarray(np.broadcast_to(x[live[0]], shape))
    return indices.reshape(-1, network.n_layers), values.reshape(-1)
