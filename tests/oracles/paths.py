"""Paths written plainly in NumPy float64: shares one by one, points one by one, training a step at a time."""

from itertools import pairwise
from math import comb, pi, sin

import numpy as np


def share(basis, k, last, t):
    """φ_k(t) of control vectors 0 … last."""
    if basis == "bezier":
        return comb(last, k) * t**k * (1 - t) ** (last - k)
    if basis == "chain":
        return max(0.0, 1 - abs(last * t - k))
    return 1 - t if k == 0 else t if k == last else sin(k * pi * t)


def point(basis, controls, t):
    """Σ φ_k(t) θ_k."""
    last = len(controls) - 1
    return sum(share(basis, k, last, t) * np.asarray(c, float) for k, c in enumerate(controls))


def straight(basis, start, end, n_bends):
    """Control vectors of the straight line."""
    if basis == "sine":
        return [start, *[np.zeros_like(start)] * n_bends, end]
    return [start + k / (n_bends + 1) * (end - start) for k in range(n_bends + 2)]


def train(basis, controls, places, gradient, optimizer, rate):
    """Control vectors after a step at each of the places; ``gradient(step, point)``, ``optimizer()`` one for each."""
    controls = [np.array(c, float) for c in controls]
    last = len(controls) - 1
    rules = [optimizer() for _ in controls]
    for step, t in enumerate(places):
        g = gradient(step, point(basis, controls, t))
        for k in range(1, last):
            controls[k] = rules[k].step(controls[k], share(basis, k, last, t) * g, rate)
    return np.array(controls)


def length(points):
    """Length of the polygon through points."""
    return sum(np.linalg.norm(b - a) for a, b in pairwise(points))
