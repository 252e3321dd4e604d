"""Naive NumPy forms of neuron swaps: the copy of a network, and its loss in float64."""

import numpy as np


def swapped(network, point, layer, pairs):
    """Copy of a point with hidden neurons exchanged; ``pairs`` is a list of (i, j)."""
    order = np.arange(network.widths[layer + 1])
    for i, j in pairs:
        order[i], order[j] = order[j], order[i]
    parts = [(w.copy(), None if b is None else b.copy()) for w, b in network.layers(point)]
    weight, bias = parts[layer]
    parts[layer] = (weight[order], None if bias is None else bias[order])
    weight, bias = parts[layer + 1]
    parts[layer + 1] = (weight[:, order], bias)
    return network.flatten(parts)


def loss(network, point, x, y, kind="cross_entropy"):
    """Mean loss and accuracy in float64."""
    a = np.asarray(x, np.float64)
    layers = network.layers(np.asarray(point, np.float64))
    for n, (weight, bias) in enumerate(layers):
        a = a @ weight.T + (0 if bias is None else bias)
        if n < len(layers) - 1:
            a = np.maximum(a, 0)
    if kind == "mse":
        return np.mean((a - y) ** 2), np.nan
    top = a.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(a - top).sum(axis=1))
    return np.mean(log_sum - a[np.arange(len(y)), y]), np.mean(a.argmax(axis=1) == y)
