"""The spherical glass of order 3: gradients, a plane, couplings drawn where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import spinland as sl

from . import machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .peers import torch_on

_TOLERANCE = {"float64": 1e-11, "float32": 1e-4}
_PEAKS = {"float64": machine.GEMM64, "float32": machine.GEMM32}


def operations(quick: bool) -> list[Operation]:
    """Gradients, the plane, and generated couplings."""
    n = 60 if quick else 400
    large = gradient(2000, 1, "float32")  # of which nobody has the dense tensor
    return [
        *([] if quick else [replace(large, ours=replace(large.ours, machines=("cuda",)), peers=())]),
        *(gradient(n, count, dtype) for dtype in ("float64", "float32") for count in (1, 64)),
        plane(20 if quick else 300, 11 if quick else 201),
        *(drawn(40 if quick else 2000, disorder, count) for disorder in ("gaussian", "signs") for count in (1, 64)),
    ]


def scaling(quick: bool) -> list[Scaling]:
    """The gradient against the number of spins and of points, the plane against its points."""
    sizes = (20, 40, 80) if quick else (50, 100, 200, 400, 800)
    points = (1, 4) if quick else (1, 4, 16, 64, 256)
    return [
        Scaling(
            "gradient of one point",
            "spins N",
            "benchmarks.glass:spinland_gradient",
            "n",
            sizes,
            {"count": 1, "dtype": "float64"},
            BOTH,
        ),
        Scaling(
            "gradient",
            f"points (N = {100 if quick else 400})",
            "benchmarks.glass:spinland_gradient",
            "count",
            points,
            {"n": 100 if quick else 400, "dtype": "float64"},
            BOTH,
        ),
        Scaling(
            "plane",
            f"points a side (N = {20 if quick else 300})",
            "benchmarks.glass:spinland_plane",
            "side",
            (5, 10) if quick else (25, 50, 100, 201, 402),
            {"n": 20 if quick else 300},
            BOTH,
        ),
    ]


def _glass(n: int, dtype: str, device: str = "cpu") -> tuple[Any, Any]:
    glass = sl.SphericalSpinGlass(n, 3, seed=1, dtype=dtype, device=device)
    return glass, lambda count: glass.random_points(count)


def spinland_gradient(n: int, count: int, dtype: str, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    glass, draw = _glass(n, dtype, device)
    points = draw(count)
    return lambda: glass.gradient(points)


def numpy_gradient(n: int, count: int, dtype: str) -> Callable[[], Any]:
    """Tangential gradient of H/N from the full tensor, which is read once."""
    glass, draw = _glass(n, dtype)
    points = draw(count)
    tensor = np.ascontiguousarray(glass.couplings(), dtype).reshape(n * n, n)

    def call() -> Any:
        matrix = (tensor @ points.T).reshape(n, n, count)
        flat = 3 / n**2 * np.einsum("ijb,jb->bi", matrix, points.T)
        return flat - points * (np.sum(points * flat, axis=1, keepdims=True) / n)

    return call


def torch_gradient(n: int, count: int, dtype: str, device: str = "cpu") -> Callable[[], Any]:
    """The same in PyTorch, matrix–vector products for one point."""
    import torch

    glass, draw = _glass(n, dtype)
    at = torch_on(device)
    points = torch.from_numpy(draw(count)).to(at)
    tensor = torch.from_numpy(np.ascontiguousarray(glass.couplings(), dtype)).to(at).reshape(n * n, n)

    def call() -> Any:
        with torch.inference_mode():
            if count == 1:
                flat = torch.mv(torch.mv(tensor, points[0]).reshape(n, n), points[0])[None]
            else:
                flat = torch.einsum("ijb,bj->bi", torch.mm(tensor, points.T).reshape(n, n, count), points)
            flat = 3 / n**2 * flat
            return (flat - points * ((points * flat).sum(1, keepdim=True) / n)).cpu().numpy()

    return call


def gradient(n: int, count: int, dtype: str) -> Operation:
    """Gradient of one point, or of many, against the product with the full tensor."""
    same = {"n": n, "count": count, "dtype": dtype}
    couplings = n * (n + 1) * (n + 2) // 6
    bytes_read = couplings * np.dtype(dtype).itemsize
    bounds = [Bound(_PEAKS[dtype], 4.0 * couplings * count)]
    if count == 1:
        bounds.insert(0, Bound(machine.READ, bytes_read, 0.75))
    aim = 5 if count == 1 else 3
    return Operation(
        "glass gradient",
        f"order 3, N = {n}, {count} point{'s' * (count > 1)}, {dtype}",
        Contender("spinland", "benchmarks.glass:spinland_gradient", same, machines=BOTH),
        (
            *in_threads(Contender("NumPy", "benchmarks.glass:numpy_gradient", same)),
            *in_threads(Contender("PyTorch", "benchmarks.glass:torch_gradient", same, needs="torch", machines=BOTH)),
        ),
        {"NumPy": aim, "PyTorch": aim},
        _TOLERANCE[dtype],
        tuple(bounds),
        "point",
        count,
        rounds=15,
    )


def _grid(side: int) -> Any:
    axis = np.linspace(-1, 1, side)
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def spinland_plane(n: int, side: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours, contraction included."""
    glass, draw = _glass(n, "float64", device)
    origin, *directions = draw(3)
    grid = _grid(side)
    return lambda: glass.slice(origin, directions).value(grid)


def numpy_plane(n: int, side: int, some: int) -> Callable[[], Any]:
    """Values at the first ``some`` points of the plane from the full tensor."""
    glass, draw = _glass(n, "float64")
    origin, *directions = draw(3)
    tensor = np.ascontiguousarray(glass.couplings())
    grid = _grid(side)[:some]

    def call() -> Any:
        points = glass.geometry.retract(origin + grid @ np.array(directions))
        return np.array([np.einsum("i,i", x, (tensor @ x) @ x) for x in points]) / n**2

    return call


def plane(n: int, side: int) -> Operation:
    """A plane, contraction included, against the dense product point by point."""
    some = min(5, side)
    dense = Contender(
        "NumPy", "benchmarks.glass:numpy_plane", {"n": n, "side": side, "some": some}, share=some / side**2
    )
    return Operation(
        "glass plane",
        f"{side}×{side} points, order 3, N = {n}, float64",
        Contender("spinland", "benchmarks.glass:spinland_plane", {"n": n, "side": side}, machines=BOTH),
        tuple(in_threads(dense)),
        {"NumPy": 1000},
        1e-9,
        unit="point",
        count=side**2,
        remark=f"† timed at {some} points and scaled to all",
    )


def spinland_drawn(n: int, disorder: str, count: int, device: str = "cpu") -> Callable[[], Any]:
    """Gradients with couplings that are drawn where they are needed."""
    glass = sl.SphericalSpinGlass(n, 3, seed=3, disorder=disorder, generated=True, device=device)
    points = glass.random_points(count)
    return lambda: glass.gradient(points)


def drawn(n: int, disorder: str, count: int) -> Operation:
    """Time for each coupling that is never stored."""
    same = {"n": n, "disorder": disorder, "count": count}
    return Operation(
        "glass gradient, generated couplings",
        f"{disorder}, order 3, N = {n}, {count} point{'s' * (count > 1)}, float64",
        Contender("spinland", "benchmarks.glass:spinland_drawn", same, machines=BOTH),
        tolerance=_TOLERANCE["float64"],
        unit="coupling",
        count=n * (n + 1) * (n + 2) / 6,
        rounds=3,
    )
