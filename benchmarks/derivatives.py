"""Gradients and products with the Hessian of the loss of a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from . import machine, network
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .images import source
from .peers import jax_on

_HERE = "benchmarks.derivatives:"


def operations(quick: bool) -> list[Operation]:
    """One large network, and many small ones."""
    large: dict[str, Any] = {"data": "images", "n": 500 if quick else 10_000, "hidden": 32 if quick else 512}
    small: dict[str, Any] = {"data": "digits", "n": 1797, "hidden": 32}
    return [
        gradient(large | {"count": 1}),
        gradient(small | {"count": 2 if quick else 200}),
        product(large | {"count": 1}),
        product(large | {"count": 2 if quick else 8}),
    ]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against samples, width and number of vectors."""
    usual: dict[str, Any] = {"data": "images", "n": 500 if quick else 2000, "hidden": 32 if quick else 256, "count": 1}
    samples = (100, 200, 400) if quick else (500, 1000, 2000, 5000, 10_000)
    widths = (8, 16, 32) if quick else (32, 64, 128, 256, 512, 1024)
    vectors = (1, 2, 4) if quick else (1, 4, 16, 64)
    return [
        Scaling(name, label, _HERE + factory, argument, values, {k: v for k, v in usual.items() if k != argument}, BOTH)
        for name, label, factory, argument, values in (
            ("gradient", "samples", "spinland_gradient", "n", samples),
            ("gradient", "hidden units", "spinland_gradient", "hidden", widths),
            ("Hessian times vectors", "samples", "spinland_product", "n", samples),
            ("Hessian times vectors", "vectors", "spinland_product", "count", vectors),
        )
    ]


def _words(same: dict[str, Any]) -> str:
    inputs, data = (784, source()) if same["data"] == "images" else (64, "digits")
    return f"{inputs}-{same['hidden']}-10, {same['n']} samples ({data}), float32"


def _bounds(same: dict[str, Any], first: int, later: int, aim: float | None = None) -> tuple[Bound, ...]:
    everything, needed = network.operations_of(same["data"], same["n"], same["hidden"], first, later)
    return Bound(machine.GEMM32, everything, aim), Bound(machine.FMA32, needed, 0.35)


_LIMITS = "the first limit counts all products, the second those with inputs that are not zero"


def gradient(same: dict[str, Any]) -> Operation:
    """Gradients of one point, or of many."""
    count = same["count"]
    peers = [
        Contender("PyTorch", f"{_HERE}torch_gradient", same, "autograd", needs="torch", machines=BOTH),
        Contender("PyTorch", f"{_HERE}torch_compiled_gradient", same, "compiled", needs="torch", machines=BOTH),
        Contender("PyTorch", f"{_HERE}torch_mapped_gradient", same, "vmap", needs="torch", machines=BOTH),
        Contender("JAX", f"{_HERE}jax_gradient", same, "jit", needs="jax", pinned=True, machines=BOTH),
    ]
    if count == 1:
        del peers[2]  # there is nothing to map over
    return Operation(
        "gradient",
        f"{count} point{'s' * (count > 1)}, {_words(same)}",
        Contender("spinland", f"{_HERE}spinland_gradient", same, machines=BOTH),
        tuple(one for peer in peers for one in in_threads(peer)),
        {"PyTorch": 1.2, "JAX": 1.2},
        1e-4,
        _bounds(same, 2 * count, 3 * count),
        "point",
        count,
        remark=_LIMITS,
    )


def product(same: dict[str, Any]) -> Operation:
    """Hessian times one vector, or several, at one point."""
    count = same["count"]
    ways = {
        "torch_product": "backward twice",
        "torch_forward_product": "forward over backward",
        "torch_compiled_product": "compiled",
    }
    peers = (
        *(Contender("PyTorch", _HERE + name, same, way, needs="torch", machines=BOTH) for name, way in ways.items()),
        Contender("JAX", f"{_HERE}jax_product", same, "jit", needs="jax", pinned=True, machines=BOTH),
    )
    return Operation(
        "Hessian times vector",
        f"{count} vector{'s' * (count > 1)}, {_words(same)}",
        Contender("spinland", f"{_HERE}spinland_product", same, machines=BOTH),
        tuple(one for peer in peers for one in in_threads(peer)),
        {"PyTorch": 1.2, "JAX": 1.2},
        1e-4,
        _bounds(same, 1 + 2 * count, 1 + 6 * count),
        "vector",
        count,
        remark=_LIMITS,
    )


def _vectors(data: str, hidden: int, count: int) -> tuple[Any, Any]:
    """A point, and directions of length one."""
    point, *vectors = network.points(data, hidden, 1 + count)
    vectors = np.array(vectors)
    return point, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def spinland_gradient(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    return partial(network.landscape(data, n, hidden, device).gradient, network.points(data, hidden, count))


def spinland_product(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    return partial(network.landscape(data, n, hidden, device).hessian_product, *_vectors(data, hidden, count))


def _each(function: Callable[[Any], Any], points: Any) -> Callable[[], Any]:
    return lambda: np.stack([function(point).cpu().numpy() for point in points])


def _torch(data: str, n: int, hidden: int, device: str, *arrays: Any) -> tuple[Any, ...]:
    """The loss as a function of a flat point, and tensors."""
    import torch

    x, y = network.torch_samples(data, n, device)
    tensors = (torch.from_numpy(one).to(device) for one in arrays)
    return partial(network.torch_loss, x=x, y=y, hidden=hidden), *tensors


def _backward(loss: Callable[[Any], Any], point: Any) -> Any:
    import torch

    point = point.detach().requires_grad_()
    return torch.autograd.grad(loss(point), point)[0]


def torch_gradient(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """One point after the other."""
    loss, points = _torch(data, n, hidden, device, network.points(data, hidden, count))
    return _each(partial(_backward, loss), points)


def torch_compiled_gradient(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """The same with a compiled loss, whose derivative is compiled with it."""
    import torch

    loss, points = _torch(data, n, hidden, device, network.points(data, hidden, count))
    return _each(partial(_backward, torch.compile(loss)), points)


def torch_mapped_gradient(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """All points at once."""
    import torch

    loss, points = _torch(data, n, hidden, device, network.points(data, hidden, count))
    gradients = torch.func.vmap(torch.func.grad(loss))
    return lambda: gradients(points).cpu().numpy()


def torch_product(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Backward through the product of the gradient and the vector; the gradient serves all vectors."""
    import torch

    loss, point, vectors = _torch(data, n, hidden, device, *_vectors(data, hidden, count))

    def call() -> Any:
        at = point.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(at), at, create_graph=True)
        return np.stack(
            [torch.autograd.grad(gradient, at, vector, retain_graph=True)[0].cpu().numpy() for vector in vectors]
        )

    return call


def torch_forward_product(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Derivative of the gradient along the vector."""
    import torch

    loss, point, vectors = _torch(data, n, hidden, device, *_vectors(data, hidden, count))
    gradient = torch.func.grad(loss)
    return _each(lambda vector: torch.func.jvp(gradient, (point,), (vector,))[1], vectors)


def torch_compiled_product(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """The same, compiled."""
    import torch

    loss, point, vectors = _torch(data, n, hidden, device, *_vectors(data, hidden, count))
    gradient = torch.func.grad(loss)
    product = torch.compile(lambda vector: torch.func.jvp(gradient, (point,), (vector,))[1])
    return _each(product, vectors)


def jax_gradient(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """All points at once."""
    jax = jax_on(device)
    points = jax.numpy.asarray(network.points(data, hidden, count))
    gradients = jax.jit(jax.vmap(jax.grad(network.jax_loss(data, n, hidden, device))))
    return lambda: np.asarray(gradients(points))


def jax_product(data: str, n: int, hidden: int, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Derivative of the gradient along all vectors at once; what they share is computed once."""
    jax = jax_on(device)
    point, vectors = (jax.numpy.asarray(part) for part in _vectors(data, hidden, count))
    gradient = jax.grad(network.jax_loss(data, n, hidden, device))

    @jax.jit
    def products(point: Any, vectors: Any) -> Any:
        return jax.vmap(jax.linearize(gradient, point)[1])(vectors)

    return lambda: np.asarray(products(point, vectors))
