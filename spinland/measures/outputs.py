"""Outputs of a network and what follows from them in closed form: exact diagonals of its Hessian, the Fisher–Rao norm.

A ReLU network is piecewise linear in each of its parameters, so ∂²f/∂w_i² = 0 almost everywhere and the diagonal of the
Hessian is that of the Gauss–Newton matrix: H_ii = mean over samples of (∂f/∂w_i)ᵀ S (∂f/∂w_i), S the Hessian of the
loss in the outputs. It is never negative, and comes from one backward pass for each output.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..landscape.network_landscape import NetworkLandscape
from ..landscape.passes import Pass, forward, softmax
from ..machines import single_threaded

Array = NDArray[np.float64]

_TILE = 1024
"""Samples that go through the network together: part of the last bits."""


def _tiles(landscape: NetworkLandscape, point: NDArray[np.generic]) -> Iterator[tuple[list, Pass]]:  # type: ignore[type-arg]
    """Layers of a point (dim,), and a pass for each tile of samples; dead inputs are left out."""
    samples = landscape.samples
    layers = samples.network.layers(samples.compress(np.asarray(point, np.float64)))
    for low in range(0, len(samples.x), _TILE):
        yield layers, forward(layers, np.asarray(samples.x[low : low + _TILE], np.float64))


def _roots(outputs: Array, loss: str) -> Iterator[Array]:
    """Vectors u_c (n, C) with Σ_c u_c u_cᵀ = S, the Hessian of the loss of a sample in its outputs.

    Cross-entropy: S = diag(p) − ppᵀ and u_c = √p_c (e_c − p). Squared error over C outputs: S = 2/C.
    """
    n_outputs = outputs.shape[1]
    chances = softmax(outputs) if loss == "cross_entropy" else None
    for c in range(n_outputs):
        root = np.zeros_like(outputs)
        if chances is None:
            root[:, c] = np.sqrt(2 / n_outputs)
        else:
            root -= chances
            root[:, c] += 1
            root *= np.sqrt(chances[:, c : c + 1])
        yield root


def hessian_diagonal(landscape: NetworkLandscape, point: NDArray[np.generic]) -> Array:
    """Exact diagonal (dim,) of the Hessian of a network's loss at a point (dim,); not negative, 0 at dead inputs."""
    samples = landscape.samples
    network = samples.network
    diagonal = np.zeros(network.n_params)
    with single_threaded():
        for layers, (inputs, outputs) in _tiles(landscape, point):
            squares = [x * x for x in inputs]
            for root in _roots(outputs, landscape.loss):
                delta = root
                for layer in reversed(range(network.n_layers)):
                    weight, bias, shape = network.spans[layer]
                    square = delta * delta
                    diagonal[weight].reshape(shape)[:] += square.T @ squares[layer]
                    if bias is not None:
                        diagonal[bias] += square.sum(axis=0)
                    if layer:
                        delta = (delta @ layers[layer][0]) * (inputs[layer] > 0)
    diagonal /= len(samples.x)
    return np.asarray(samples.expand(diagonal[None], landscape.dim)[0])


def fisher_rao(landscape: NetworkLandscape, point: NDArray[np.generic]) -> float:
    """Fisher–Rao norm of a network at a point (dim,): √(vᵀ G v) with Liang et al.'s identity ∇f·v = (layers) f.

    v is the point with the biases of layer l counted l times, which is how they scale with the weights; G is the
    Gauss–Newton matrix, for the cross-entropy the Fisher information of the model. So vᵀ G v = layers² times the mean
    of fᵀ S f: for the cross-entropy the variance of the outputs under the network's own probabilities.
    """
    total = 0.0
    with single_threaded():
        for _, (_, outputs) in _tiles(landscape, point):
            if landscape.loss == "cross_entropy":
                chances = softmax(outputs)
                mean = np.sum(chances * outputs, axis=1, keepdims=True)
                total += float(np.sum(chances * (outputs - mean) ** 2))
            else:
                total += float(2 / outputs.shape[1] * np.sum(outputs**2))
    return landscape.network.n_layers * float(np.sqrt(total / len(landscape.samples.x)))
