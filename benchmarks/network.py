"""The loss of a network with one hidden layer in PyTorch and JAX, and what it costs at least."""

from __future__ import annotations

from typing import Any

import numpy as np

import spinland as sl

from .images import images
from .peers import jax_on, torch_on


def samples(data: str, n: int) -> tuple[Any, Any]:
    """``n`` samples and labels of ``"images"`` or ``"digits"``."""
    if data == "images":
        return images(n)
    digits = sl.load_dataset("digits")
    x, y = np.concatenate([digits.x_train, digits.x_test]), np.concatenate([digits.y_train, digits.y_test])
    return np.ascontiguousarray(x[:n], np.float32), y[:n]


def landscape(data: str, n: int, hidden: int, device: str) -> Any:
    """Ours."""
    x, y = samples(data, n)
    return sl.NetworkLandscape(sl.ReLUNetwork((x.shape[1], hidden, 10)), x, y, device=device)


def points(data: str, hidden: int, count: int) -> Any:
    """Initial networks (count, dim)."""
    inputs = 784 if data == "images" else 64
    return sl.ReLUNetwork((inputs, hidden, 10)).initialize(count, seed=5)


def torch_samples(data: str, n: int, device: str, tf32: bool = False) -> tuple[Any, Any]:
    """The samples as tensors on the device."""
    import torch

    at = torch_on(device, tf32)
    x, y = samples(data, n)
    return torch.from_numpy(x).to(at), torch.from_numpy(np.asarray(y, np.int64)).to(at)


def torch_layers(point: Any, inputs: int, hidden: int) -> tuple[Any, Any, Any, Any]:
    """Weights and biases, views of a flat point."""
    sizes = hidden * inputs, hidden, 10 * hidden, 10
    w, b, v, c = point.split(sizes)
    return w.view(hidden, inputs), b, v.view(10, hidden), c


def torch_loss(point: Any, x: Any, y: Any, hidden: int) -> Any:
    """Mean cross-entropy at a flat point."""
    from torch.nn import functional

    w, b, v, c = torch_layers(point, x.shape[1], hidden)
    outputs = functional.linear(functional.relu(functional.linear(x, w, b)), v, c)
    return functional.cross_entropy(outputs, y)


def jax_loss(data: str, n: int, hidden: int, device: str) -> Any:
    """Mean cross-entropy as a function of a flat point; from now on JAX works on the device."""
    jax = jax_on(device)
    jnp = jax.numpy

    x, y = (jnp.asarray(part) for part in samples(data, n))
    inputs = x.shape[1]
    ends = np.cumsum([hidden * inputs, hidden, 10 * hidden])

    def loss(point: Any) -> Any:
        w, b, v, c = jnp.split(point, ends)
        acts = jax.nn.relu(x @ w.reshape(hidden, inputs).T + b)
        outputs = acts @ v.reshape(10, hidden).T + c
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], axis=1))

    return loss


def operations_of(data: str, n: int, hidden: int, first: int, later: int) -> tuple[float, float]:
    """Operations of ``first`` products with the first weight and ``later`` ones with the second: all, and needed.

    A product with an input that is zero is not needed.
    """
    x, _ = samples(data, n)
    rest = 20.0 * hidden * n * later
    return 2.0 * x.size * hidden * first + rest, 2.0 * np.count_nonzero(x) * hidden * first + rest
