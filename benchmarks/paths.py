"""Training Bezier curves between networks: the same places and the same samples at each step for everyone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl
from spinland import rng
from spinland.connect.bases import shares
from spinland.connect.descent import stratified

from . import images, machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .peers import torch_on

_HERE = "benchmarks.paths"
_RATE, _SEED, _BATCH = 1e-3, 1, 32
_PLACES = 5  # of the trained curve at which losses are compared
_CLOSE = 2e-2
"""Losses along the trained curve, as a share of the largest: Adam's steps have the sign of rounding where a gradient is
nothing else, so weights part while the loss stays."""


def operations(quick: bool) -> list[Operation]:
    """One pair of networks, and a hundred."""
    if quick:
        return [work(16, 128, 20, 1), work(16, 128, 20, 3)]
    return [work(512, 6400, 1000, 1), work(512, 6400, 100, 100)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against the number of pairs."""
    pairs = (1, 2, 4) if quick else (1, 4, 10, 40, 100)
    same = {"width": 16 if quick else 512, "samples": 128 if quick else 6400, "steps": 20}
    return [Scaling("training Bezier curves", "pairs", f"{_HERE}:spinland", "pairs", pairs, same, BOTH)]


def work(width: int, samples: int, steps: int, pairs: int) -> Operation:
    """Steps of every curve; the peer, whose curves cost the same, trains one of them."""
    same = {"width": width, "samples": samples, "steps": steps}
    x, _ = images.images(samples, train=True)
    many = f"{pairs} pair{'s' * (pairs > 1)}"
    first, later = np.count_nonzero(x) / samples * width * _BATCH, width * _BATCH * 10
    peers = [
        Contender(
            "PyTorch, fused Adam",
            f"{_HERE}:torch_curve",
            same | {"flat": flat},
            "a flat vector" if flat else "a parameter each",
            share=1 / pairs,
            needs="torch",
            compared=pairs == 1,
            machines=BOTH,
        )
        for flat in (False, True)
    ]
    return Operation(
        "Bezier curve",
        f"{x.shape[1]}-{width}-10 on {images.source()}, {many}, {steps} steps of batch {_BATCH}",
        Contender("spinland", f"{_HERE}:spinland", same | {"pairs": pairs}, machines=BOTH),
        tuple(one for peer in peers for one in in_threads(peer)),
        {"PyTorch, fused Adam": 3.0},
        _CLOSE,
        (Bound(machine.FMA32, pairs * steps * (4.0 * first + 6.0 * later)),),
        "curve step",
        pairs * steps,
        rounds=5,
        remark="the bound counts the products with inputs other than zero",
    )


def _same_for_all(width: int, samples: int, steps: int, pairs: int) -> tuple[Any, Any, Any, Any, Any]:
    """Network, samples, labels, both ends (pairs, dim), and the batches (steps, batch) of the first pair."""
    x, y = images.images(samples, train=True)
    network = sl.ReLUNetwork((x.shape[1], width, 10))
    ends = network.initialize(2 * pairs, _SEED)
    per_epoch = -(-samples // _BATCH)
    orders = [rng.permutation(_SEED, rng.Purpose.SHUFFLE, 0, e, samples) for e in range(-(-steps // per_epoch))]
    batches = [order[low : low + _BATCH] for order in orders for low in range(0, samples, _BATCH)]
    return network, x, y, ends.reshape(pairs, 2, -1), batches[:steps]


def _losses(network: Any, controls: Any, x: Any, y: Any) -> Any:
    """Losses at places of the first curve, (places,)."""
    points = shares("bezier", np.linspace(0, 1, _PLACES), 3) @ np.asarray(controls, np.float64)
    return sl.NetworkLandscape(network, x[:1000], y[:1000]).value(points)


def spinland(width: int, samples: int, steps: int, pairs: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    network, x, y, ends, _ = _same_for_all(width, samples, steps, pairs)
    landscape = sl.NetworkLandscape(network, x, y, device=device)

    def call() -> Any:
        path = sl.connecting_path(landscape, ends[:, 0], ends[:, 1], "bezier", 1, steps, _BATCH, sl.Adam(_RATE), _SEED)
        return _losses(network, path.controls[0], x, y)

    return call


def torch_curve(width: int, samples: int, steps: int, flat: bool, device: str = "cpu") -> Callable[[], Any]:
    """One curve, a step at a time; its control point is one flat vector, or a parameter for each weight and bias."""
    import torch
    from torch.nn import functional

    network, x, y, ends, batches = _same_for_all(width, samples, steps, 1)
    at_home = torch_on(device)
    inputs, labels = (torch.from_numpy(np.array(one)).to(at_home) for one in (x, y.astype(np.int64)))
    orders = [torch.from_numpy(rows).to(at_home) for rows in batches]
    shape = [part for span in network.spans for part in (span.shape, span.shape[:1])]
    sizes = [int(np.prod(part)) for part in shape]
    places = shares("bezier", stratified(_SEED, np.arange(1), 0, steps)[0], 3)

    def parts(point: Any) -> list[Any]:
        return [part.view(*form) for part, form in zip(point.split(sizes), shape, strict=True)]

    def call() -> Any:
        start, end = (torch.from_numpy(np.array(point)).to(at_home) for point in ends[0])
        middle = (start + end) / 2
        whole = [start, middle.requires_grad_(), end]
        split = [[part.detach().clone() for part in parts(vector.detach())] for vector in whole]
        if not flat:
            for part in split[1]:
                part.requires_grad_()
        adam = torch.optim.Adam([middle] if flat else split[1], _RATE, fused=True)
        for rows, (a, b, c) in zip(orders, places.tolist(), strict=True):
            adam.zero_grad(set_to_none=True)
            if flat:
                at = parts(a * start + b * middle + c * end)
            else:
                at = [a * p + b * q + c * r for p, q, r in zip(*split, strict=True)]
            z = functional.linear(functional.relu(functional.linear(inputs[rows], at[0], at[1])), at[2], at[3])
            functional.cross_entropy(z, labels[rows]).backward()
            adam.step()
        trained = middle if flat else torch.cat([part.reshape(-1) for part in split[1]])
        return _losses(network, np.stack([ends[0, 0], trained.detach().cpu().numpy(), ends[0, 1]]), x, y)

    return call
