"""Neuron swaps written plainly: which neurons a trial exchanges, and the copy of a network."""

import numpy as np

from spinland.rng import Purpose

from .philox import permutation


def pairs(seed, layer, trial, s, width):
    """List of the first ``s`` pairs (i, j) of a trial: the head of a permutation of the layer's neurons."""
    flat = permutation(seed, Purpose.SWAP, trial, layer, width)[: 2 * s]
    return list(zip(flat[0::2], flat[1::2], strict=True))


def swapped(network, point, layer, exchanged):
    """Copy of a point with hidden neurons exchanged; ``exchanged`` is a list of (i, j)."""
    order = np.arange(network.widths[layer + 1])
    for i, j in exchanged:
        order[i], order[j] = order[j], order[i]
    parts = [(w.copy(), None if b is None else b.copy()) for w, b in network.layers(point)]
    weight, bias = parts[layer]
    parts[layer] = (weight[order], None if bias is None else bias[order])
    weight, bias = parts[layer + 1]
    parts[layer + 1] = (weight[:, order], bias)
    return network.flatten(parts)
