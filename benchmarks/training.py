"""Training replicas with Adam: the same initial weights and the same order of samples for everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import spinland as sl
from spinland import rng

from . import images, machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .peers import jax_on, torch_on

_HERE = "benchmarks.training"
_RATE, _BETAS, _EPS = 1e-3, (0.9, 0.999), 1e-8
_SEED = 1
_LOGITS = 100  # samples whose outputs after the training are compared
_CHAOS = 0.02
"""Adam divides by the root of the second moment: where a gradient is nothing but rounding, a step of full length
has a random sign. What all weights do together, the outputs, stays within this share of the largest output."""


def operations(quick: bool) -> list[Operation]:
    """MNIST at two batch sizes, and many small replicas."""
    if quick:
        return [work("mnist", 16, 64, 32, 2), work("digits", 8, 64, 32, 4)]
    together = work("mnist", 512, 6400, 32, 64)
    return [
        work("mnist", 512, 6400, 32, 4),
        replace(together, ours=replace(together.ours, machines=("cuda",))),
        work("mnist", 512, 10240, 512, 4),
        work("digits", 32, 1408, 32, 200),
    ]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against the number of replicas and against the width."""
    many = (1, 2, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128)
    widths = (8, 16, 32) if quick else (16, 32, 64, 128, 256, 512, 1024, 2048)
    samples = 64 if quick else 1408
    return [
        Scaling(
            "training 64-32-10",
            "replicas",
            f"{_HERE}:spinland",
            "replicas",
            many,
            {"data": "digits", "width": 32, "samples": samples, "batch": 32},
            BOTH,
        ),
        Scaling(
            "training 784-M-10, batch 32",
            "width M",
            f"{_HERE}:spinland",
            "width",
            widths,
            {"data": "mnist", "samples": samples, "batch": 32, "replicas": 2},
            BOTH,
        ),
    ]


def _torch(one: dict[str, Any], name: str, fused: bool, way: str, replicas: int) -> Contender:
    """PyTorch with one of the replicas."""
    arguments, exact = {**one, "fused": fused, "way": way}, way in ("", "compiled")
    return Contender(
        name,
        f"{_HERE}:torch_loop",
        arguments,
        way if exact else "",
        share=1 / replicas,
        needs="torch",
        compared=exact,
        machines=("cuda",) if way == "TF32" else BOTH,
    )


def work(data: str, width: int, samples: int, batch: int, replicas: int) -> Operation:
    """One pass over the samples with every replica; peers whose replicas cost the same train one of them."""
    same = {"data": data, "width": width, "samples": samples, "batch": batch}
    one = {**same, "replicas": 1}
    x, _ = _samples(data, samples)
    first, second = np.count_nonzero(x) * width, samples * width * 10
    aims = {("mnist", 32): (2.0,) * 4, ("digits", 32): (10.0, 10.0, 10.0, 4.0)}.get((data, batch), (1.5,) * 4)

    names = "PyTorch, fused Adam", "PyTorch, 2 processes", "PyTorch, default Adam", "JAX, vmap"
    two = replace(_torch(one, names[1], True, "", replicas), threads=1, processes=2, machines=("cpu",))
    all_of_them = {**same, "replicas": replicas}
    jax = Contender(names[3], f"{_HERE}:jax_vmap", all_of_them, needs="jax", pinned=True, machines=BOTH)
    return Operation(
        f"training, batch {batch}",
        f"{x.shape[1]}-{width}-10 on {images.source() if data == 'mnist' else data}, {replicas} replicas, Adam",
        Contender("spinland", f"{_HERE}:spinland", all_of_them, machines=BOTH),
        (
            *in_threads(_torch(one, names[0], True, "", replicas)),
            *in_threads(_torch(one, names[0], True, "compiled", replicas)),
            two,
            *in_threads(_torch(one, names[2], False, "", replicas)),
            *in_threads(_torch(one, "PyTorch, bfloat16", True, "bfloat16", replicas)),
            _torch(one, "PyTorch, TF32", True, "TF32", replicas),
            *in_threads(jax),
        ),
        dict(zip(names, aims, strict=True)),
        _CHAOS,
        (Bound(machine.FMA32, replicas * (4.0 * first + 6.0 * second)),),
        "replica step",
        replicas * (samples // batch),
        rounds=5,
        remark="the bound counts the products with inputs other than zero",
    )


def _samples(data: str, samples: int) -> tuple[Any, Any]:
    if data == "mnist":
        return images.images(samples, train=True)
    digits = sl.load_dataset("digits")
    return digits.x_train[:samples], digits.y_train[:samples]


def _same_for_all(data: str, width: int, samples: int, batch: int, replicas: int) -> tuple[Any, Any, Any, Any, Any]:
    """Network, samples, labels, initial points (R, dim), and the batches (R, steps, batch) of their order."""
    x, y = _samples(data, samples)
    network = sl.ReLUNetwork((x.shape[1], width, 10))
    initial = network.initialize(replicas, _SEED)
    orders = [rng.permutation(_SEED, rng.Purpose.SHUFFLE, r, 0, samples) for r in range(replicas)]
    return network, x, y, initial, np.reshape(orders, (replicas, samples // batch, batch))


def _outputs(network: Any, points: Any, x: Any) -> Any:
    """Logits (R, samples, 10) of trained replicas, all at once: what is timed is the training."""
    points = np.asarray(points)
    (w1, b1), (w2, b2) = ((points[:, weight].reshape(-1, *shape), bias) for weight, bias, shape in network.spans)
    hidden = np.maximum(x[:_LOGITS] @ w1.swapaxes(1, 2) + points[:, None, b1], 0)
    return hidden @ w2.swapaxes(1, 2) + points[:, None, b2]


def spinland(data: str, width: int, samples: int, batch: int, replicas: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    network, x, y, _, _ = _same_for_all(data, width, samples, batch, replicas)
    adam = sl.Adam(_RATE, _BETAS, _EPS)

    def call() -> Any:
        samples_of = x, y, x[:1], y[:1]
        trained = sl.train(network, samples_of, replicas, adam, batch, 1, _SEED, evaluate="none", device=device)
        return _outputs(network, trained.params, x)

    return call


def torch_loop(
    data: str, width: int, samples: int, batch: int, replicas: int, fused: bool, way: str = "", device: str = "cpu"
) -> Callable[[], Any]:
    """Replicas one after the other, a step at a time.

    ``way`` is "compiled", or "bfloat16" or "TF32" for the matrix products.
    """
    import torch
    from torch import nn

    at = torch_on(device, way == "TF32")

    network, x, y, initial, batches = _same_for_all(data, width, samples, batch, replicas)
    inputs, labels = torch.from_numpy(x).to(at), torch.from_numpy(y).to(at)
    orders = torch.from_numpy(batches).to(at)
    starts = torch.from_numpy(initial).to(at)
    cross_entropy, low = nn.CrossEntropyLoss(), way == "bfloat16"

    def forward(model: Any, rows: Any) -> Any:
        with torch.autocast(at.type, torch.bfloat16, enabled=low):
            return cross_entropy(model(inputs[rows]), labels[rows])

    loss = torch.compile(forward) if way == "compiled" else forward

    def trained(replica: int) -> Any:
        model = nn.Sequential(nn.Linear(x.shape[1], width), nn.ReLU(), nn.Linear(width, 10)).to(at)
        nn.utils.vector_to_parameters(starts[replica].clone(), model.parameters())
        adam = torch.optim.Adam(model.parameters(), _RATE, _BETAS, _EPS, fused=True if fused else None)
        for rows in orders[replica]:
            adam.zero_grad(set_to_none=True)
            loss(model, rows).backward()
            adam.step()
        return nn.utils.parameters_to_vector(model.parameters()).detach().cpu().numpy()

    return lambda: _outputs(network, [trained(r) for r in range(replicas)], x)


def jax_vmap(data: str, width: int, samples: int, batch: int, replicas: int, device: str = "cpu") -> Callable[[], Any]:
    """All replicas in one program: vmap over them, scan over the steps, state given up to the next step."""
    jax = jax_on(device)
    jnp = jax.numpy
    network, x, y, initial, batches = _same_for_all(data, width, samples, batch, replicas)
    inputs, labels = jnp.asarray(x), jnp.asarray(y)
    orders = jnp.asarray(batches.swapaxes(0, 1))
    (beta_1, beta_2), cut = _BETAS, x.shape[1] * width

    def loss(layers: Any, rows: Any) -> Any:
        w1, b1, w2, b2 = layers
        z = jax.nn.relu(inputs[rows] @ w1.T + b1) @ w2.T + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(z), labels[rows][:, None], 1).mean()

    def update(w: Any, g: Any, m: Any, v: Any, t: Any) -> Any:
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        step = _RATE / (1 - beta_1**t) * m / (jnp.sqrt(v / (1 - beta_2**t)) + _EPS)
        return w - step, m, v

    def step(state: Any, batch_of_all: Any) -> Any:
        layers, first, second, t = state
        gradients = jax.vmap(jax.grad(loss))(layers, batch_of_all)
        moved = [update(*four, t) for four in zip(layers, gradients, first, second, strict=True)]
        return (*(list(part) for part in zip(*moved, strict=True)), t + 1), None

    def run(layers: Any, first: Any, second: Any) -> Any:
        (*state, _), _ = jax.lax.scan(step, (layers, first, second, jnp.float32(1)), orders)
        return state

    program = jax.jit(run, donate_argnums=(0, 1, 2))

    def start() -> list[Any]:
        w1, b1, w2, b2 = np.split(initial, [cut, cut + width, cut + 11 * width], axis=1)
        shapes = (w1, (width, x.shape[1])), (b1, (width,)), (w2, (10, width)), (b2, (10,))
        return [jnp.array(part.reshape(replicas, *shape)) for part, shape in shapes]

    def call() -> Any:
        layers = start()
        zeros = [[jnp.zeros_like(part) for part in layers] for _ in range(2)]
        trained = program(layers, *zeros)[0]
        parts = [np.asarray(part).reshape(replicas, -1) for part in trained]
        return _outputs(network, np.concatenate(parts, axis=1), x)

    return call
