r"""Paths of a bias-free ReLU network, counted and summed layer by layer.

A path goes from one input through one neuron of every hidden layer to one output. It is active at an input
if all neurons on it are. The output is a sum over paths,

.. math:: Y_c = \sum_{i=1}^{n_0} \sum_{\gamma=1}^{\Psi/n_0} X_{i,\gamma} A_{i,\gamma} \prod_{k=1}^{H} w^{(k)}_{i,\gamma}

with A = 0 or 1 and X_{i,γ} = x_i on all paths from input i (A. Choromanska, M. Henaff, M. Mathieu, G. Ben Arous
and Y. LeCun, arXiv:1412.0233, section 3.1). The network being complete between layers, such sums over paths are
products of matrices whose rows are masked by the activity: no path need be written down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork

Weights = Sequence[NDArray[np.float64]]
Masks = Sequence[NDArray[np.float64]]


def bias_free(network: Any) -> ReLUNetwork:
    """The network, if it has no biases.

    Raises
    ------
    ArgumentError
        Something else, or a network with biases.
    """
    if not isinstance(network, ReLUNetwork):
        raise ArgumentError("network", "a ReLUNetwork", network)
    if network.bias:
        raise ArgumentError(
            "network",
            "a network without biases, ReLUNetwork(widths, bias=False): with them the output is no homogeneous "
            "polynomial of the weights, and paths start at biases too",
            network,
        )
    return network


def path_count(network: ReLUNetwork) -> int:
    """Paths that end in one output, Ψ = n_0 n_1 … n_{H−1}: the mass of a network of one output."""
    return math.prod(network.widths[:-1])


def weights_of(network: ReLUNetwork, point: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Weights (out, in) of each layer in float64."""
    return [weight.astype(np.float64) for weight, _ in network.layers(point)]


def forward(weights: Weights, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Outputs (n, n_H) at inputs (n, n_0), and the activity (n, n_k) of each hidden layer, 0 or 1.

    A neuron is active where its input is above zero. At zero it passes nothing on either way.
    """
    z, masks = x @ weights[0].T, []
    for weight in weights[1:]:
        masks.append((z > 0).astype(np.float64))
        z = np.maximum(z, 0) @ weight.T
    return z, masks


def path_sum(weights: Weights, masks: Masks | None, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ over paths of x_i A Π w, (n, n_H); over all paths, A = 1, where there are no masks.

    ``x`` (n, n_0), or (n_0,) for inputs that all samples share; then (n_H,) without masks.
    """
    v = x @ weights[0].T
    for k, weight in enumerate(weights[1:]):
        v = (v if masks is None else v * masks[k]) @ weight.T
    return v


def activity_share(masks: Masks, n_samples: int) -> NDArray[np.float64]:
    """Share of the paths that is active, (n,): the product over hidden layers of the share of active neurons."""
    share = np.ones(n_samples)
    for mask in masks:
        share = share * mask.mean(axis=1)
    return share


def path_usage(masks: Masks, x: NDArray[np.float64], n_outputs: int) -> list[NDArray[np.float64]]:
    """Mean number over samples of active paths from non-zero inputs that run through each weight.

    Paths to all outputs are counted.

    Parameters
    ----------
    masks : sequence of (n, n_k) arrays
        Activity of the hidden layers.
    x : (n, n_0) array
        Inputs.
    n_outputs : int
        n_H.

    Returns
    -------
    list of (n_k, n_{k−1}) float64
        One array for each layer of weights.
    """
    alive = [(x != 0).astype(np.float64), *masks, np.ones((len(x), n_outputs))]
    counts = [mask.sum(axis=1) for mask in alive]
    usage = []
    for k in range(1, len(alive)):
        others = [count for layer, count in enumerate(counts) if layer not in (k - 1, k)]
        weight = np.prod(others, axis=0) / len(x) if others else np.full(len(x), 1 / len(x))
        usage.append((alive[k] * weight[:, None]).T @ alive[k - 1])
    return usage
