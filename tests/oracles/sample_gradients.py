"""Gradients of the loss of every single sample, one by one, and what is made of them, in NumPy."""

import numpy as np

from .network import gradient


def gradients(widths, bias, point, x, y, kind):
    """Gradient of the loss of each sample, (n, dim)."""
    return np.array([gradient(widths, bias, point, x[i : i + 1], y[i : i + 1], kind) for i in range(len(x))])


def covariance(widths, bias, point, x, y, kind):
    """Σ (g − ḡ)(g − ḡ)' / n, the whole matrix (dim, dim)."""
    centred = gradients(widths, bias, point, x, y, kind)
    centred = centred - centred.mean(axis=0)
    return centred.T @ centred / len(x)
