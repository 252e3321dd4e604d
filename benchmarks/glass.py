"""The spherical glass of order 3: gradients, a plane, couplings drawn where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import spinland as sl

from .compare import Contender, Row, agree, best_of_each, peak_memory, race

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

_TOLERANCE = {"float64": 1e-11, "float32": 1e-4}
_THREADS = (1, 2)


def run(quick: bool, peaks: dict[str, float]) -> list[Row]:
    """All rows of the glass."""
    rows = []
    for dtype in ("float64", "float32"):
        rows += gradients(60 if quick else 400, dtype, 3 if quick else 15, peaks)
    rows += planes(20 if quick else 300, 11 if quick else 201)
    rows += drawing(40 if quick else 2000, 1)
    return rows


def _dense_numpy(tensor: Any, points: Any) -> Any:
    """Tangential gradient of H/N from the full tensor, which is read once, for points (B, N)."""
    n = points.shape[1]
    matrix = (tensor.reshape(n * n, n) @ points.T).reshape(n, n, len(points))
    flat = 3 / n**2 * np.einsum("ijb,jb->bi", matrix, points.T)
    return flat - points * (np.sum(points * flat, axis=1, keepdims=True) / n)


def _dense_torch(tensor: Any, points: Any) -> Any:
    n = points.shape[1]
    with torch.inference_mode():
        if len(points) == 1:
            flat = torch.mv(torch.mv(tensor.reshape(n * n, n), points[0]).reshape(n, n), points[0])[None]
        else:
            matrix = torch.mm(tensor.reshape(n * n, n), points.T).reshape(n, n, len(points))
            flat = torch.einsum("ijb,bj->bi", matrix, points)
        flat = 3 / n**2 * flat
        return flat - points * ((points * flat).sum(1, keepdim=True) / n)


def _blas(threads: int) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: threadpool_limits(threads, user_api="blas")


def _torch_threads(threads: int) -> Callable[[], AbstractContextManager[Any]]:
    @contextmanager
    def limited() -> Any:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    return limited


def gradients(n: int, dtype: str, rounds: int, peaks: dict[str, float]) -> list[Row]:
    """Gradient of one point and of 64 against the product with the full tensor."""
    glass = sl.SphericalSpinGlass(n, 3, seed=1, dtype=dtype)
    tensor = np.ascontiguousarray(glass.couplings(), dtype)
    rows = []
    for count in (1, 64):
        points = glass.random_points(count)
        peers = [
            Contender(f"numpy, {k} threads", partial(_dense_numpy, tensor, points), _blas(k))
            for k in _THREADS
        ]
        if torch is not None:
            dense, tensors = torch.from_numpy(tensor), torch.from_numpy(points)
            peers += [
                Contender(f"torch, {k} threads", partial(_dense_torch, dense, tensors), _torch_threads(k))
                for k in _THREADS
            ]
        ours = Contender("spinland", partial(glass.gradient, points))
        found = best_of_each(
            race(f"gradient, N={n}, {count} points, {dtype}", ours, peers, rounds, _TOLERANCE[dtype])
        )
        rate = 1e-9 / found[0].seconds
        found[0].notes |= {
            "couplings / N^p bytes": glass.nbytes / tensor.nbytes,
            "GB/s": glass.nbytes * rate,
            "of read peak": glass.nbytes * rate / peaks["read GB/s"],
            "GFLOP/s": 4 * glass.n_couplings * count * rate,
            "of matrix product peak": 4 * glass.n_couplings * count * rate / peaks[f"{dtype} GFLOP/s"],
        }
        rows += found
    rows[0].notes |= {
        "peak MB": peak_memory(_ours_alone, (5, dtype), (n, dtype)) / 1e6,
        "peak MB of numpy": peak_memory(_numpy_alone, (5, dtype), (n, dtype)) / 1e6,
    }
    return rows


def _ours_alone(n: int, dtype: str) -> None:
    glass = sl.SphericalSpinGlass(n, 3, dtype=dtype)
    glass.gradient(glass.random_points(1))


def _numpy_alone(n: int, dtype: str) -> None:
    tensor, points = np.ones((n, n, n), dtype), np.ones((1, n), dtype)
    _dense_numpy(tensor, points)


def planes(n: int, side: int) -> list[Row]:
    """A plane of side × side points, contraction included, against the dense product point by point.

    The dense loop is timed on a few of its points; its time is that of a point times their number.
    """
    glass = sl.SphericalSpinGlass(n, 3, seed=2)
    tensor = np.ascontiguousarray(glass.couplings())
    origin, *directions = glass.random_points(3)
    axis = np.linspace(-1, 1, side)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    some = grid[:: max(1, len(grid) // 5)][:5]

    def ours() -> Any:
        return glass.slice(origin, directions).value(grid)

    def dense() -> Any:
        points = glass.geometry.retract(origin + some @ np.array(directions))
        return np.array([np.einsum("i,i", x, (tensor @ x) @ x) for x in points]) / n**2

    agree("plane", glass.slice(origin, directions).value(some), dense(), 1e-9)
    ours()
    ratios, mine = [], []
    for _ in range(5):
        start = perf_counter()
        ours()
        middle = perf_counter()
        dense()
        mine.append(middle - start)
        ratios.append((perf_counter() - middle) * len(grid) / len(some) / mine[-1])
    low, median, high = (float(q) for q in np.percentile(ratios, [25, 50, 75]))
    return [
        Row(f"plane of {side}×{side} points, N={n}", float(np.median(mine)), "numpy, best", median, low, high)
    ]


def drawing(n: int, rounds: int) -> list[Row]:
    """Gradients with couplings that are drawn where they are needed: time for each coupling."""
    rows = []
    for disorder in ("gaussian", "signs"):
        glass = sl.SphericalSpinGlass(n, 3, seed=3, disorder=disorder, generated=True)
        for count in (1, 64):
            points = glass.random_points(count)
            ours = Contender("spinland", partial(glass.gradient, points))
            (row,) = race(f"gradient, generated {disorder}, N={n}, {count} points", ours, [], rounds, 0)
            row.notes["ns per coupling"] = 1e9 * row.seconds / glass.n_couplings
            rows.append(row)
    return rows
