"""Closed forms of measures of flatness for f(w) = f₀ + Σ h_i w_i²/2, and naive sums over samples."""

import numpy as np


def box_maximum(h, w, width):
    """max of f on |y_i| ≤ ε(|w_i| + 1), less f(w), for h ≥ 0: the corner away from 0."""
    return 0.5 * np.sum(h * (np.abs(w) + width * (np.abs(w) + 1)) ** 2) - 0.5 * np.sum(h * w**2)


def shell_maximum(h, w, radius, lengths):
    """max of f(w + Tu) − f(w) on |u| = ρ: u_i = g_i/(μ − q_i), q = h T², at the root μ of |u| = ρ above all q_i.

    A slope of 1e-9 along the largest q stands for none: it says to which side of a saddle the way leads.
    """
    q, g = h * lengths**2, h * w * lengths
    slope = np.where((q == q.max()) & (g == 0), 1e-9, g)
    low, high = q.max(), q.max() + np.linalg.norm(slope) / radius + 1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sum((slope / (middle - q)) ** 2) > radius**2 else (low, middle)
    u = slope / (high - q)
    return np.sum(g * u) + 0.5 * np.sum(q * u * u)


def local_entropy(h, w, gamma, temperature):
    """log ∫ exp(−f/T − γ|x − w|²/2) dx − (d/2) log(2π/γ), f₀ = 0."""
    stiff, pull = h / temperature + gamma, h * w / temperature
    return (-0.5 * np.sum(h * w**2) / temperature) - 0.5 * np.sum(np.log(stiff / gamma)) + 0.5 * np.sum(pull**2 / stiff)


def kendall(x, y):
    """τ_b of two vectors, pair by pair."""
    product = first = second = 0
    for i in range(len(x)):
        for j in range(i):
            a, b = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
            product, first, second = product + a * b, first + a * a, second + b * b
    return product / np.sqrt(first * second)


def fisher_rao(network, point, x, loss):
    """√(mean over samples of vᵀJᵀSJv), J by differences of the outputs along v, the biases of layer l times l."""
    parts = []
    for number, (weight, bias) in enumerate(network.layers(point)):
        parts.append(weight.ravel())
        if bias is not None:
            parts.append((number + 1) * bias)
    along = np.concatenate(parts)
    step = 1e-6
    moved = (outputs(network, point + step * along, x) - outputs(network, point - step * along, x)) / (2 * step)
    f = outputs(network, point, x)
    if loss == "mse":
        return np.sqrt(2 / f.shape[1] * np.mean(np.sum(moved**2, axis=1)))
    p = np.exp(f - f.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return np.sqrt(np.mean(np.sum(p * moved**2, axis=1) - np.sum(p * moved, axis=1) ** 2))


def outputs(network, point, x):
    """Outputs (n, C) of a network."""
    layers = network.layers(point)
    for number, (weight, bias) in enumerate(layers):
        x = x @ weight.T + (0 if bias is None else bias)
        if number < len(layers) - 1:
            x = np.maximum(x, 0)
    return x
