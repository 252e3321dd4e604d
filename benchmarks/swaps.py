"""Loss between a network and its copies with neurons exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl

from . import images, machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .peers import torch_on

_OURS = "benchmarks.swaps:spinland_swaps"


def operations(quick: bool) -> list[Operation]:
    """The paths of its figure: 10 pairs of 512, and half of all."""
    size = {"n": 500, "trials": 2, "points": 5} if quick else {"n": 10000, "trials": 50, "points": 21}
    width = 40 if quick else 512
    return [swaps(width, s, **size) for s in (10, width // 2)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against trials and against exchanged pairs."""
    same = {"width": 40 if quick else 512, "n": 500 if quick else 10000, "points": 5 if quick else 21}
    return [
        Scaling(
            "swap interpolation",
            "trials",
            _OURS,
            "trials",
            (1, 2, 4) if quick else (1, 10, 50, 100, 200),
            {**same, "pairs": 10},
            BOTH,
        ),
        Scaling(
            "swap interpolation",
            "exchanged pairs",
            _OURS,
            "pairs",
            (2, 5, 10) if quick else (8, 16, 32, 64, 128, 256),
            {**same, "trials": 5 if quick else 20},
            BOTH,
        ),
    ]


def _task(width: int, n: int, points: int) -> tuple[Any, Any, Any, Any, Any]:
    x, y = images.images(n)
    network = sl.ReLUNetwork((784, width, 10))
    origin = 2 * network.initialize(1, seed=1)[0]
    return network, x, y, origin, np.linspace(0, 1, points)


def spinland_swaps(width: int, pairs: int, n: int, trials: int, points: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    network, x, y, origin, alphas = _task(width, n, points)
    landscape = sl.NetworkLandscape(network, x, y, device=device)
    return lambda: sl.swap_interpolation(landscape, origin, pairs, alphas, trials).values[0]


def torch_swaps(width: int, pairs: int, n: int, trials: int, points: int, device: str = "cpu") -> Callable[[], Any]:
    """Some of the trials: the network of each point written into the parameters, a whole pass over the samples."""
    import torch

    from spinland.probes.swaps import swap_pairs

    at = torch_on(device)
    network, x, y, origin, alphas = _task(width, n, points)
    model = torch.nn.Sequential(torch.nn.Linear(784, width), torch.nn.ReLU(), torch.nn.Linear(width, 10)).to(at)
    inputs, labels = torch.from_numpy(x).to(at), torch.from_numpy(np.asarray(y, np.int64)).to(at)
    exchanged = swap_pairs(0, 0, np.arange(trials), pairs, width)
    layers = network.layers(origin)
    (w1, b1), (w2, b2) = ([torch.from_numpy(part.copy()).to(at) for part in layer] for layer in layers)

    def call() -> Any:
        values = np.empty((trials, points))
        with torch.inference_mode():
            for r in range(trials):
                order = torch.arange(width, device=at)
                i, j = (torch.from_numpy(exchanged[r, side::2]).to(at) for side in range(2))
                order[i], order[j] = j, i
                ends = ((w1, w1[order]), (b1, b1[order]), (w2, w2[:, order]), (b2, b2))
                for a, alpha in enumerate(alphas):
                    for parameter, (one, other) in zip(model.parameters(), ends, strict=True):
                        torch.lerp(one, other, float(alpha), out=parameter.data)
                    values[r, a] = torch.nn.functional.cross_entropy(model(inputs), labels)
        return values

    return call


def swaps(width: int, pairs: int, n: int, trials: int, points: int) -> Operation:
    """All trials, against one of them in PyTorch.

    At least: one pass over the samples, and for each sample and point the exchanged units (two products, a sum and
    the ReLU), their share of ten outputs, and the softmax, whose exponential is counted as 20 operations.
    """
    same = {"width": width, "pairs": pairs, "n": n, "points": points}
    one, factory = {**same, "trials": 1}, "benchmarks.swaps:torch_swaps"
    peer = Contender("PyTorch", factory, one, share=1 / trials, needs="torch", machines=BOTH)
    moved = 2 * pairs * (4 + 2 * 10) + 10 * 22
    return Operation(
        "swap interpolation",
        f"{pairs} pairs of {width}, {points} points, {trials} trials, 784-{width}-10, {n} samples of {images.source()}",
        Contender("spinland", _OURS, {**same, "trials": trials}, machines=BOTH),
        tuple(in_threads(peer)),
        {"PyTorch": 100.0} if pairs == 10 else {},
        1e-5,
        (Bound(machine.FMA32, n * (2.0 * 794 * width + trials * points * moved), 0.5),),
        "point",
        trials * points,
        remark=f"PyTorch makes 1 of the {trials} trials, all its points; its time is scaled.",
    )
