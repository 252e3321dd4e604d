"""Inner products of the gradients of single samples: layer by layer, and as peers form them, gradient by gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import machine, network
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads

_HERE = "benchmarks.noise:"
_AT_ONCE = 1 << 30
"""Bytes of gradients that a peer holds at once, where it does not hold all."""


def operations(quick: bool) -> list[Operation]:
    """All pairs of samples of a network with one hidden layer."""
    return [work("digits", 60, 8)] if quick else [work("images", 2000, 512)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against the samples, and against the hidden units."""
    data, n, hidden = ("digits", 60, 8) if quick else ("images", 1000, 512)
    sizes, widths = ((30, 60), (4, 8)) if quick else ((250, 500, 1000, 2000), (32, 128, 512))
    usual = {"data": data, "n": n, "hidden": hidden}
    return [
        Scaling("products of gradients", label, f"{_HERE}spinland", argument, values, _without(usual, argument), BOTH)
        for label, argument, values in (("samples", "n", sizes), ("hidden units", "hidden", widths))
    ]


def _without(usual: dict[str, Any], argument: str) -> dict[str, Any]:
    return {name: value for name, value in usual.items() if name != argument}


def work(data: str, n: int, hidden: int) -> Operation:
    """The matrix (n, n) at an initial network."""
    same = {"data": data, "n": n, "hidden": hidden}
    inputs = 784 if data == "images" else 64
    pairs = n * (n + 1) / 2
    through, backward = network.operations_of(data, n, hidden, 1, 3)
    ways = {"torch_all": "all gradients at once", "torch_some": "1 GiB of gradients at a time"}
    return Operation(
        "products of gradients",
        f"{inputs}-{hidden}-10, {n} samples, float32",
        Contender("spinland", f"{_HERE}spinland", same, machines=BOTH),
        tuple(
            one
            for name, way in ways.items()
            for one in in_threads(Contender("PyTorch", _HERE + name, same, way, needs="torch"))
        ),
        {"PyTorch": 3.0},
        1e-4,
        (Bound(machine.GEMM32, 2 * pairs * (inputs + 2 * hidden + 10) + max(through, backward)),),
        "pair",
        pairs,
        rounds=3,
        remark="ours needs the values of the layers, peers the gradients of all samples, 4 bytes times n times the "
        "parameters",
    )


def spinland(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    return partial(network.landscape(data, n, hidden, device).gradient_products, network.points(data, hidden, 1)[0])


def _torch(data: str, n: int, hidden: int) -> tuple[Any, Any, Any]:
    """Gradients of samples (x, y), each as a vector, and the samples."""
    import torch

    x, y = network.torch_samples(data, n, "cpu")
    point = torch.from_numpy(network.points(data, hidden, 1)[0])

    def loss(at: Any, one: Any, label: Any) -> Any:
        return network.torch_loss(at, one[None], label[None], hidden)

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
    return partial(each, point), x, y


def torch_all(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """Every gradient held: n times the parameters."""
    each, x, y = _torch(data, n, hidden)

    def call() -> Any:
        gradients = each(x, y)
        return (gradients @ gradients.T).numpy()

    return call


def torch_some(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """Runs of samples whose gradients take 1 GiB together, formed anew for every pair of runs."""
    each, x, y = _torch(data, n, hidden)
    size = each(x[:1], y[:1]).shape[1]
    run = max(1, _AT_ONCE // (8 * size))

    def call() -> Any:
        import torch

        found = torch.empty(n, n)
        for low in range(0, n, run):
            rows = each(x[low : low + run], y[low : low + run])
            for first in range(low, n, run):
                columns = rows if first == low else each(x[first : first + run], y[first : first + run])
                part = rows @ columns.T
                found[low : low + run, first : first + run] = part
                found[first : first + run, low : low + run] = part.T
        return found.numpy()

    return call
