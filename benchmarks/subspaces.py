"""Training in a random subspace: ours draws the matrix where it uses it, the peer keeps it, dense, in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl
from spinland import rng

from . import images, machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads

_HERE = "benchmarks.subspaces"
_RATE, _SEED = 0.02, 1
_HIDDEN = (200, 200)


def operations(quick: bool) -> list[Operation]:
    """The network of Li et al. on MNIST with 1,000 coordinates, one replica, plain descent in batches of 128."""
    if quick:
        return [work(30, 256, (16,))]
    return [work(1000, 1280, _HIDDEN)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against the coordinates, and against replicas that share a subspace."""
    same = {"samples": 256 if quick else 1280, "hidden": (16,) if quick else _HIDDEN}
    return [
        Scaling("subspace of 784-200-200-10", "coordinates", f"{_HERE}:spinland", "dimension", sizes, same, BOTH)
        for sizes in [(10, 30) if quick else (10, 30, 100, 300, 1000, 3000)]
    ] + [
        Scaling(
            "replicas of one subspace",
            "replicas",
            f"{_HERE}:spinland",
            "replicas",
            (1, 2) if quick else (1, 2, 4, 8),
            {**same, "dimension": 30 if quick else 1000},
            BOTH,
        )
    ]


def work(dimension: int, samples: int, hidden: tuple[int, ...]) -> Operation:
    """One pass over the samples; what is compared are the coordinates afterwards."""
    arguments = {"dimension": dimension, "samples": samples, "hidden": hidden}
    network = sl.ReLUNetwork((784, *hidden, 10))
    steps = samples // 128
    peers = (
        peer
        for layout in ("by parameter", "by coordinate")
        for peer in in_threads(
            Contender(
                "PyTorch, stored P", f"{_HERE}:torch_stored", {**arguments, "layout": layout}, layout, needs="torch"
            )
        )
    )
    return Operation(
        f"subspace of {dimension}",
        f"784-{'-'.join(map(str, hidden))}-10 on {images.source()}, {dimension} coordinates, {steps} steps of 128",
        Contender("spinland", f"{_HERE}:spinland", arguments, machines=BOTH),
        tuple(peers),
        {"PyTorch, stored P": 2.0},
        1e-3,
        (Bound(machine.FMA32, steps * (4.0 * network.n_params * dimension + 6.0 * 128 * network.n_params)),),
        "step",
        steps,
        rounds=5,
        remark="the stored matrix takes 4 · parameters · coordinates bytes",
    )


def _same_for_all(samples: int, hidden: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Network, samples and labels."""
    x, y = images.images(samples, train=True)
    return sl.ReLUNetwork((784, *hidden, 10)), x, y


def spinland(
    dimension: int, samples: int, hidden: tuple[int, ...], replicas: int = 1, device: str = "cpu"
) -> Callable[[], Any]:
    """Ours; several replicas share a subspace."""
    network, x, y = _same_for_all(samples, hidden)
    data = x, y, x[:1], y[:1]

    def call() -> Any:
        found = sl.train_subspace(
            network,
            data,
            dimension,
            replicas,
            None,
            sl.SGD(_RATE),
            128,
            1,
            _SEED,
            share=replicas,
            evaluate="none",
            device=device,
        )
        return found.coordinates

    return call


def torch_stored(dimension: int, samples: int, hidden: tuple[int, ...], layout: str) -> Callable[[], Any]:
    """The same matrix, start and batches; P lies as (dim, d) or as (d, dim)."""
    import torch
    from torch.nn.functional import cross_entropy, linear

    network, x, y = _same_for_all(samples, hidden)
    theta = network.initialize(1, _SEED)[0]
    turned = np.empty((dimension, network.n_params), np.float32)
    for low in range(0, dimension, 100):
        high = min(low + 100, dimension)
        one = np.eye(dimension)[low:high]
        turned[low:high] = sl.subspace_points(one, np.zeros_like(theta), _SEED)
    matrix = torch.from_numpy(turned if layout == "by coordinate" else np.ascontiguousarray(turned.T))
    matrix = matrix.T if layout == "by coordinate" else matrix
    start, inputs, labels = (torch.from_numpy(np.array(part)) for part in (theta, x, y))
    order = torch.from_numpy(rng.permutation(_SEED, rng.Purpose.SHUFFLE, 0, 0, samples))
    places = [(weight, bias, shape) for weight, bias, shape in network.spans]

    def outputs(w: Any, rows: Any) -> Any:
        h = inputs[rows]
        for number, (weight, bias, shape) in enumerate(places):
            h = linear(h, w[weight].view(shape), w[bias])
            h = h.relu() if number < len(places) - 1 else h
        return h

    def call() -> Any:
        z = torch.zeros(dimension, requires_grad=True)
        descent = torch.optim.SGD([z], _RATE)
        for rows in order.split(128):
            descent.zero_grad(set_to_none=True)
            cross_entropy(outputs(torch.addmv(start, matrix, z), rows), labels[rows]).backward()
            descent.step()
        return z.detach().numpy()[None]

    return call
