"""Random walks of many walkers on the loss of a network.

Every library draws its own numbers, so the walks differ; what is compared is the loss at points that are given.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import spinland as sl

from . import machine, network
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .images import source
from .peers import jax_on

_SIGMA = 0.003
_HERE = "benchmarks.walks:"


def operations(quick: bool) -> list[Operation]:
    """Walkers from one point, a few steps."""
    if quick:
        return [walk({"n": 500, "hidden": 32, "walkers": 2, "steps": 1})]
    usual = walk({"n": 10_000, "hidden": 512, "walkers": 16, "steps": 1})
    many = walk({"n": 10_000, "hidden": 512, "walkers": 10_000, "steps": 1})
    ours = replace(many.ours, machines=("cuda",))
    return [usual, replace(many, ours=ours, peers=(), rounds=3)]


def walk(size: dict[str, int]) -> Operation:
    """All walkers from one point."""
    evaluations = size["walkers"] * (size["steps"] + 1)
    everything, needed = network.operations_of("images", size["n"], size["hidden"], 1, 1)
    torch = [
        Contender("PyTorch", f"{_HERE}torch_{name}", size, setting, needs="torch", machines=BOTH)
        for name, setting in (("whole", "all samples"), ("tiles", "tiles"), ("compiled", "compiled"))
    ]
    tf32 = Contender("PyTorch, TF32", f"{_HERE}torch_tf32", size, needs="torch", compared=False, machines=("cuda",))
    sparse = Contender("PyTorch, sparse samples", f"{_HERE}torch_sparse", size, needs="torch")
    jax = Contender("JAX", f"{_HERE}jax_walk", size, "vmap", needs="jax", pinned=True, machines=BOTH)
    return Operation(
        "random walks",
        f"{size['walkers']} walkers, {size['steps']} steps, 784-{size['hidden']}-10, "
        f"{size['n']} samples ({source()}), float32",
        Contender("spinland", f"{_HERE}spinland_walk", size, machines=BOTH),
        (*(one for peer in (*torch, sparse, jax) for one in in_threads(peer)), tf32),
        {"PyTorch": 1.5, "JAX": 1.5},
        1e-5,
        (Bound(machine.GEMM32, everything * evaluations, 0.85), Bound(machine.FMA32, needed * evaluations, 0.35)),
        "walker and step",
        evaluations,
        rounds=5,
        remark="the first limit counts all products, the second those with inputs that are not zero",
    )


def scaling(quick: bool) -> list[Scaling]:
    """Cost against walkers, samples and width."""
    usual = (
        {"n": 500, "hidden": 32, "walkers": 2, "steps": 1}
        if quick
        else {"n": 2000, "hidden": 256, "walkers": 4, "steps": 2}
    )
    axes: tuple[tuple[str, str, tuple[int, ...]], ...] = (
        ("walkers", "walkers", (1, 2, 4) if quick else (1, 4, 16, 64)),
        ("n", "samples", (100, 200, 400) if quick else (500, 1000, 2000, 5000, 10_000)),
        ("hidden", "hidden units", (8, 16, 32) if quick else (32, 64, 128, 256, 512, 1024)),
    )
    return [
        Scaling(
            "random walks",
            label,
            f"{_HERE}spinland_walk",
            argument,
            values,
            {k: v for k, v in usual.items() if k != argument},
            BOTH,
        )
        for argument, label, values in axes
    ]


def _given(hidden: int) -> tuple[Any, Any]:
    """Where the walks start, and points that all evaluate."""
    start = network.points("images", hidden, 1)
    draw = np.random.default_rng(0)
    return start[0], start + np.float32(_SIGMA) * draw.standard_normal((3, start.shape[1]), np.float32)


def spinland_walk(n: int, hidden: int, walkers: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    landscape = network.landscape("images", n, hidden, device)
    start, given = _given(hidden)
    values = landscape.value(given)

    def call() -> Any:
        sl.random_walk(landscape, start, _SIGMA, steps, walkers)
        return values

    return call


def _torch_walk(
    hidden: int, walkers: int, steps: int, loss: Callable[[Any], Any], device: str = "cpu"
) -> Callable[[], Any]:
    """Walks in place, one walker's loss after the other."""
    import torch

    start, given = (torch.from_numpy(part).to(device) for part in _given(hidden))
    with torch.inference_mode():
        values = np.array([float(loss(point)) for point in given])

    def call() -> Any:
        with torch.inference_mode():
            points = start.repeat(walkers, 1)
            noise = torch.empty_like(points)
            found = torch.empty(walkers, steps + 1, device=device)
            for step in range(steps + 1):
                if step > 0:
                    points.add_(noise.normal_(), alpha=_SIGMA)
                for walker in range(walkers):
                    found[walker, step] = loss(points[walker])
            found.cpu()
        return values

    return call


def torch_whole(n: int, hidden: int, walkers: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """All samples at once."""
    return _whole(n, hidden, walkers, steps, device, tf32=False)


def torch_tf32(n: int, hidden: int, walkers: int, steps: int, device: str) -> Callable[[], Any]:
    """The same with products of ten bits."""
    return _whole(n, hidden, walkers, steps, device, tf32=True)


def _whole(n: int, hidden: int, walkers: int, steps: int, device: str, tf32: bool) -> Callable[[], Any]:
    x, y = network.torch_samples("images", n, device, tf32)
    return _torch_walk(hidden, walkers, steps, partial(network.torch_loss, x=x, y=y, hidden=hidden), device)


def torch_tiles(n: int, hidden: int, walkers: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """A thousand samples at a time, in arrays that are there already."""
    import torch
    from torch.nn import functional

    x, y = network.torch_samples("images", n, device)
    rows = min(1000, n)
    acts, outputs = (torch.empty(rows, width, device=device) for width in (hidden, 10))

    def loss(point: Any) -> Any:
        w, b, v, c = network.torch_layers(point, x.shape[1], hidden)
        total = torch.zeros((), device=device)
        for low in range(0, n, rows):
            part = x[low : low + rows]
            a, z = acts[: len(part)], outputs[: len(part)]
            torch.addmm(b, part, w.T, out=a).relu_()
            torch.addmm(c, a, v.T, out=z)
            total += functional.cross_entropy(z, y[low : low + rows], reduction="sum")
        return total / n

    return _torch_walk(hidden, walkers, steps, loss, device)


def torch_compiled(n: int, hidden: int, walkers: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """All samples at once, compiled."""
    import torch

    x, y = network.torch_samples("images", n, device)
    loss = torch.compile(partial(network.torch_loss, x=x, y=y, hidden=hidden))
    return _torch_walk(hidden, walkers, steps, loss, device)


def torch_sparse(n: int, hidden: int, walkers: int, steps: int) -> Callable[[], Any]:
    """The samples as a sparse matrix, which nobody does but who wants to know."""
    from torch.nn import functional

    x, y = network.torch_samples("images", n, "cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that such tensors are new
        sparse = x.to_sparse_csr()

    def loss(point: Any) -> Any:
        w, b, v, c = network.torch_layers(point, x.shape[1], hidden)
        acts = (sparse @ w.T).add_(b).relu_()
        return functional.cross_entropy(functional.linear(acts, v, c), y)

    return _torch_walk(hidden, walkers, steps, loss)


def jax_walk(n: int, hidden: int, walkers: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """All walkers at once; a step and its losses are one compiled function."""
    jax = jax_on(device)
    jnp = jax.numpy
    losses = jax.vmap(network.jax_loss("images", n, hidden, device))
    start, given = (jnp.asarray(part) for part in _given(hidden))
    values = np.asarray(jax.jit(losses)(given), np.float64)

    @jax.jit
    def advance(points: Any, key: Any) -> Any:
        points = points + _SIGMA * jax.random.normal(key, points.shape)
        return points, losses(points)

    first = jax.jit(losses)

    def call() -> Any:
        points = jnp.tile(start, (walkers, 1))
        found = [first(points)]
        for key in jax.random.split(jax.random.key(0), steps):
            points, loss = advance(points, key)
            found.append(loss)
        jax.block_until_ready(found)
        return values

    return call
