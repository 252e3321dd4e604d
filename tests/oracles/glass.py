"""The spherical glass from its full tensors, in plain NumPy."""

from itertools import permutations

import numpy as np


def symmetric(tensor):
    """Mean of a tensor over all orders of its indices."""
    axes = list(permutations(range(tensor.ndim)))
    return sum(np.transpose(tensor, a) for a in axes) / len(axes)


def tensors_of(glass):
    """Full symmetric tensors {order: J} with β in them."""
    given = glass.couplings()
    return given if isinstance(given, dict) else {given.ndim: given}


def contracted(tensor, point, times):
    """The tensor with its last ``times`` places filled by the point."""
    for _ in range(times):
        tensor = tensor @ point
    return tensor


def scale(tensor):
    """Factor of a tensor's form in H/N."""
    n, p = tensor.shape[0], tensor.ndim
    return n ** (-(p + 1) / 2)


def polynomial(tensors, point):
    """H/N at any point of R^N."""
    return sum(scale(J) * float(contracted(J, point, J.ndim)) for J in tensors.values())


def flat_gradient(tensors, point):
    """Gradient of H/N in R^N; the tensors must be symmetric."""
    return sum(scale(J) * J.ndim * contracted(J, point, J.ndim - 1) for J in tensors.values())


def flat_hessian(tensors, point):
    """Second derivatives of H/N in R^N; the tensors must be symmetric."""
    return sum(scale(J) * J.ndim * (J.ndim - 1) * contracted(J, point, J.ndim - 2) for J in tensors.values())


def gradient(tensors, point):
    """Gradient of H/N on the sphere."""
    slope = flat_gradient(tensors, point)
    return slope - point * (point @ slope) / (point @ point)


def hessian(tensors, point):
    """Hessian of H/N on the sphere, P(∇²H − (σ·∇H)/N)P / N."""
    n = len(point)
    projector = np.eye(n) - np.outer(point, point) / (point @ point)
    radial = point @ flat_gradient(tensors, point) / n
    return projector @ (flat_hessian(tensors, point) - radial * np.eye(n)) @ projector
