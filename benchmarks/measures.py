"""Local entropy of many replicas: ours moves their walkers together, the others go from replica to replica.

Noise is not the same in all of them, so what is compared is statistical: the mean rise of the free energy over the
first eight replicas, of which each contender knows 4 %, within 20 %.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl
from spinland.errors import ShortRunWarning

from .compare import BOTH, CORES, Contender, Operation, Scaling, in_threads

_HERE = "benchmarks.measures"
_RELATIVE = 0.1  # distance of the walkers from their replicas, over the norm
_NODES = 4
_COMPARED = 8  # replicas that all contenders work on


def operations(quick: bool) -> list[Operation]:
    """64 replicas of 64-32-10 on the digits."""
    return [work(4, 20)] if quick else [work(64, 100)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against the replicas of one call."""
    sizes = (1, 4) if quick else (1, 4, 16)
    return [Scaling("local entropy", "replicas", f"{_HERE}:together", "replicas", sizes, {"steps": 20}, BOTH)]


def work(replicas: int, steps: int) -> Operation:
    """Four nodes, so many steps at each after half as many, one walker for each replica."""
    arguments = {"replicas": replicas, "steps": steps}
    share = min(1.0, _COMPARED / replicas)
    few = {"replicas": min(_COMPARED, replicas), "steps": steps}
    loop = Contender("spinland, a call for each", f"{_HERE}:one_by_one", few, share=share, threads=CORES)
    torch = Contender("PyTorch, a loop over replicas", f"{_HERE}:torch_loop", few, share=share, needs="torch")
    return Operation(
        f"local entropy of {replicas} replicas",
        f"64-32-10 on digits, {_NODES} nodes of {steps} steps and {steps // 2} before, one walker each",
        Contender("spinland", f"{_HERE}:together", arguments, machines=BOTH),
        (loop, *in_threads(torch)),
        {"PyTorch, a loop over replicas": 3.0},
        0.2,
        unit="gradient",
        count=replicas * _NODES * (steps + steps // 2),
        rounds=3,
        remark="the mean rise over eight replicas is compared, of which each knows 4 %",
    )


def _replicas(n: int, device: str = "cpu") -> tuple[Any, Any, float, float]:
    """The landscape, n trained replicas in float32, γ and T."""
    network, data = sl.ReLUNetwork((64, 32, 10)), sl.load_dataset("digits")
    points = sl.train(network, data, n, epochs=20, seed=1, evaluate="none").params
    landscape = sl.NetworkLandscape(network, data, device=device)
    square = float(np.mean(np.sum(points.astype(np.float64) ** 2, axis=1)))
    return landscape, points, landscape.dim / (_RELATIVE**2 * square), 1 / landscape.n_samples


def _mean_rise(landscape: Any, points: Any, gamma: float, temperature: float, steps: int) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortRunWarning)
        found = sl.local_entropy(
            landscape, points, gamma, temperature, n_nodes=_NODES, n_steps=steps, n_chains=1, seed=1
        )
    return float(found.rise[:_COMPARED].mean())


def together(replicas: int, steps: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours, all of them in one call."""
    landscape, points, gamma, temperature = _replicas(replicas, device)
    return lambda: np.array([_mean_rise(landscape, points, gamma, temperature, steps)])


def one_by_one(replicas: int, steps: int) -> Callable[[], Any]:
    """Ours, a call for each."""
    landscape, points, gamma, temperature = _replicas(replicas)
    return lambda: np.array([np.mean([_mean_rise(landscape, p, gamma, temperature, steps) for p in points])])


def torch_loop(replicas: int, steps: int) -> Callable[[], Any]:
    """The same integral and the same step, replica by replica, with the noise of PyTorch."""
    import torch
    from torch.nn.functional import cross_entropy, linear

    from spinland.measures import anchored
    from spinland.measures.entropy import quadrature

    landscape, points, gamma, temperature = _replicas(replicas)
    network, samples = landscape.network, landscape.samples
    spring = anchored.Anchored(landscape, points.astype(np.float64), np.arange(len(points)), 1, temperature, 1)
    stiffest = spring.largest_curvatures(12)
    widths, weights = quadrature(gamma, float(stiffest.max()) / temperature, _NODES)
    data = sl.load_dataset("digits")
    x, y = torch.tensor(np.array(data.x_train, np.float32)), torch.tensor(np.array(samples.labels))
    places = [(weight, bias, shape) for weight, bias, shape in network.spans]

    def slope(w: Any) -> Any:
        w = w.detach().requires_grad_()
        h = x
        for number, (weight, bias, shape) in enumerate(places):
            h = linear(h, w[weight].view(shape), w[bias])
            h = h.relu() if number < len(places) - 1 else h
        return torch.autograd.grad(cross_entropy(h, y), w)[0]

    def rise(point: Any, stiff: float) -> float:
        away, past, total = torch.zeros_like(point), 0.0, 0.0
        for width, weight in zip(widths, weights, strict=True):
            away = away + (width - past) ** 0.5 * torch.randn_like(point)
            past, pull = width, temperature / width
            dt, kick, mean = 0.5 / (pull + stiff), torch.randn_like(point), 0.0
            for step in range(steps + steps // 2):
                gradient = slope(point + away)
                if step >= steps // 2:
                    mean += float(away @ gradient) / (2 * temperature * steps)
                fresh = torch.randn_like(point)
                away = away - dt * (gradient + pull * away) + (temperature * dt / 2) ** 0.5 * (kick + fresh)
                kick = fresh
            total += weight * mean
        return temperature * total

    def call() -> Any:
        torch.manual_seed(1)
        each = [rise(torch.tensor(p), float(s)) for p, s in zip(points, stiffest, strict=True)]
        return np.array([np.mean(each)])

    return call
