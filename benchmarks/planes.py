"""The loss of a network on a plane: a random plane of 51×51 points over MNIST's 10,000 test images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

import spinland as sl

from . import machine
from .compare import BOTH, Bound, Contender, Disagreement, Operation, Scaling, in_threads, off_by
from .images import images, source
from .peers import torch_on

_TOLERANCE = 1e-4  # float32 over 10,000 images, of the largest loss


def operations(quick: bool) -> list[Operation]:
    """One hidden layer of 512, and five of 72."""
    return [plane(1, 512, quick), plane(5, 72, quick)]


def scaling(quick: bool) -> list[Scaling]:
    """The plane against its points, its width and its samples, one at a time."""
    fixed = {"hidden": 1, "width": 512, "n": 500 if quick else 10_000, "side": 3 if quick else 21}
    sides = (2, 3, 5) if quick else (5, 7, 10, 14, 20, 28, 40)
    widths = (8, 16, 32) if quick else (32, 64, 128, 256, 512, 1024)
    samples = (100, 200, 400) if quick else (625, 1250, 2500, 5000, 10_000)
    factory = "benchmarks.planes:spinland_plane"

    def against(name: str, axis: str, argument: str, values: tuple[int, ...]) -> Scaling:
        others = {key: value for key, value in fixed.items() if key != argument}
        return Scaling(name, axis, factory, argument, values, others, BOTH)

    return [
        against("plane against its side", "points along a side", "side", sides),
        against("plane against the width", "hidden units M", "width", widths),
        against("plane against the samples", "samples", "n", samples),
    ]


def _widths(hidden: int, width: int) -> tuple[int, ...]:
    return (784, *(width,) * hidden, 10)


def _problem(hidden: int, width: int, n: int, side: int, device: str = "cpu") -> tuple[Any, Any, Any, Any]:
    """The landscape, an origin, two directions as long as its filters, and the coordinates along each."""
    network = sl.ReLUNetwork(_widths(hidden, width))
    landscape = sl.NetworkLandscape(network, *images(n), device=device)
    origin = network.initialize(1, seed=0)[0]
    return landscape, origin, sl.random_directions(landscape, origin, 2, seed=1), np.linspace(-1, 1, side)


def spinland_plane(hidden: int, width: int, n: int, side: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours, with the accuracy, which the peers do not compute."""
    landscape, origin, directions, axis = _problem(hidden, width, n, side, device)
    return lambda: sl.plane(landscape, origin, directions, axis, axis).values.ravel()


def torch_loop(
    hidden: int, width: int, n: int, side: int, some: int, way: str = "", device: str = "cpu"
) -> Callable[[], Any]:
    """The first ``some`` points one after the other: the parameters as one vector, the layers views of it.

    ``way`` is "compiled", or "bfloat16" or "TF32" for matrix products of less precision.
    """
    import torch
    from torch.nn.functional import cross_entropy, linear, relu

    at = torch_on(device, way == "TF32")

    _, *vectors, axis = _problem(hidden, width, n, side)
    origin, directions = (torch.from_numpy(np.ascontiguousarray(v, np.float32)).to(at) for v in vectors)
    x, y = (torch.from_numpy(np.array(part)).to(at) for part in images(n))
    widths = _widths(hidden, width)
    sizes = [k for pair in pairwise(widths) for k in (pair[0] * pair[1], pair[1])]
    grid = torch.from_numpy(np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)[:some])
    grid = grid.to(at, torch.float32)

    def loss(c: Any) -> Any:
        parts = torch.split(origin + c[0] * directions[0] + c[1] * directions[1], sizes)
        z = x
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            z = linear(z, parts[2 * layer].view(fan_out, fan_in), parts[2 * layer + 1])
            z = relu(z) if layer < len(widths) - 2 else z
        return cross_entropy(z, y)

    if way == "compiled":
        loss = torch.compile(loss, fullgraph=True)

    def call() -> Any:
        with torch.inference_mode(), torch.autocast(at.type, torch.bfloat16, enabled=way == "bfloat16"):
            return np.array([loss(c).item() for c in grid])

    return call


def loss_landscapes(hidden: int, width: int, n: int, side: int, steps: int) -> Callable[[], None]:
    """``planar_interpolation`` of the package between three models, steps × steps points of the same spacing.

    Its points lie otherwise than ours: they are compared here, with our slice at the same points.

    Raises
    ------
    Disagreement
        If the package finds other losses.
    """
    import torch
    from loss_landscapes import planar_interpolation
    from loss_landscapes.metrics import Loss

    landscape, origin, directions, axis = _problem(hidden, width, n, side)
    network, step = landscape.network, axis[1] - axis[0]
    corner = origin - directions[0] - directions[1]

    def model(point: Any) -> Any:
        parts: list[Any] = []
        for weight, bias in network.layers(np.asarray(point, np.float32)):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data, linear.bias.data = (torch.from_numpy(np.array(v)) for v in (weight, bias))
            parts += [linear, torch.nn.ReLU()]
        return torch.nn.Sequential(*parts[:-1])

    three = [model(corner), *(model(corner + steps * step * d) for d in directions)]
    metric = Loss(torch.nn.CrossEntropyLoss(), *(torch.from_numpy(np.array(part)) for part in images(n)))

    def call() -> Any:
        # A copy, because the package walks with the model that it is given.
        return planar_interpolation(*three, metric, steps=steps, deepcopy_model=True)

    # Even columns begin one step from the edge, odd ones, walked backwards, at the edge.
    at = [(i, j + 1 - i % 2) for i in range(steps) for j in range(steps)]
    ours = landscape.slice(corner, directions).value(step * np.array(at, float))
    off = off_by(call().ravel(), ours)
    if not off <= _TOLERANCE:
        raise Disagreement(f"loss-landscapes is off by {off:.2g}, more than {_TOLERANCE:.2g}")

    def timed() -> None:
        call()

    timed.notes = {"off": off}  # type: ignore[attr-defined]
    return timed


def _operations_of_a_point(hidden: int, width: int, n: int) -> float:
    """Floating-point operations: two directions for each unit of the first layer, every ReLU, the later layers."""
    widths = _widths(hidden, width)
    later = sum(2 * a * b for a, b in pairwise(widths[1:]))
    return float(n * (width * (2 * 2) + sum(widths[1:-1]) + later))


def plane(hidden: int, width: int, quick: bool) -> Operation:
    """A plane, its first layer included, against loops over points."""
    n, side, some, steps = (500, 5, 4, 2) if quick else (10_000, 51, 12, 4)
    same = {"hidden": hidden, "width": width, "n": n, "side": side}
    points = side**2
    loop = "benchmarks.planes:torch_loop"
    torch = {**same, "some": some}
    share = some / points
    plain = Contender("PyTorch", loop, torch, needs="torch", share=share, machines=BOTH)
    compiled = replace(plain, arguments={**torch, "way": "compiled"}, setting="compiled")
    low, tf32 = (
        replace(plain, name=f"PyTorch, {way}", arguments={**torch, "way": way}, compared=False, machines=machines)
        for way, machines in (("bfloat16", BOTH), ("TF32", ("cuda",)))
    )
    peers = (
        *in_threads(plain),
        *in_threads(compiled),
        *in_threads(low),
        tf32,
        *in_threads(
            Contender(
                "loss-landscapes",
                "benchmarks.planes:loss_landscapes",
                {**same, "steps": steps},
                needs="loss_landscapes",
                share=steps**2 / points,
            )
        ),
    )
    aims = {"PyTorch": 50.0, "loss-landscapes": 50.0} if hidden == 1 else {"PyTorch": 3.0}
    name = "-".join(map(str, _widths(hidden, width)))
    return Operation(
        "plane",
        f"{side}×{side} points, {name}, {n:,} images ({source()}), float32",
        Contender("spinland", "benchmarks.planes:spinland_plane", same, machines=BOTH),
        peers,
        aims,
        _TOLERANCE,
        (Bound(machine.FMA32, points * _operations_of_a_point(hidden, width, n), 0.45),),
        "point",
        points,
        rounds=5,
        remark=f"† timed at {some} (PyTorch) and {steps**2} (loss-landscapes) points and scaled to all",
    )
