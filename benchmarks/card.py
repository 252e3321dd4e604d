"""What every kernel of the card costs, told by the compiler: ``python -m benchmarks.card --out FILE``. Needs no card.

The public functions run on paper at the sizes of the benchmarks; each kernel that they launch is compiled for one
compute capability. A row is a kernel with the float type of its arrays; of several launches the largest is told.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import spinland as sl
from spinland_kernels import assembly, devices, jit_cuda
from spinland_kernels.devices import operation
from spinland_kernels.paper import Launch
from spinland_kernels.types import Homotopy

from . import aims

_HEAD = (
    "| kernel | type | blocks | threads | registers | shared | spilled | float64 | tensor | occupancy |\n"
    + "|---" * 10
    + "|"
)


def _samples(inputs: int, n: int, dtype: str) -> tuple[Any, Any]:
    draw = np.random.default_rng(0)
    return draw.random((n, inputs)).astype(dtype), draw.integers(0, 10, n)


def _networks(dtype: str) -> None:
    """Values, derivatives, a plane, swaps and walks of 784-512-10 with 10,000 samples, and of a deeper network."""
    for widths, n in (((784, 512, 10), 10_000), ((100, 80, 300, 10), 1_000)):
        network, (x, y) = sl.ReLUNetwork(widths), _samples(widths[0], n, dtype)
        landscape = sl.NetworkLandscape(network, x, y, dtype=dtype, device="cuda")
        points = np.random.default_rng(1).normal(size=(3, network.n_params)).astype(dtype)
        landscape.value(points)
        landscape.gradient(points)
        landscape.hessian_product(points[0], points[1:])
        landscape.slice(points[0], points[1:]).value(np.zeros((64, 2)))
        sl.swap_interpolation(landscape, points[0], (10,), np.linspace(0, 1, 3), 2)
        for radius in ((), (1.0,)):
            for _ in landscape.walkers(points[:1], [0, 0], [0, 1], radius).walk(0.1, 1, 0):
                pass


def _training(dtype: str) -> None:
    """Many small replicas, and some of 784-512-10."""
    for widths, replicas in (((64, 32, 10), 200), ((784, 512, 10), 64)):
        x, y = _samples(widths[0], 320, dtype)
        network = sl.ReLUNetwork(widths)
        sl.train(network, (x, y, x[:2], y[:2]), replicas, epochs=1, dtype=dtype, evaluate="none", device="cuda")


def _tensor_cores(dtype: str) -> None:
    """Gradients, and training of replicas, in TF32 and in three products of it for each."""
    network, (x, y) = sl.ReLUNetwork((784, 512, 10)), _samples(784, 10_000, dtype)
    for precision in ("tf32", "3xtf32") if dtype == "float32" else ():
        landscape = sl.NetworkLandscape(network, x, y, dtype=dtype, device="cuda", precision=precision)
        landscape.gradient(np.zeros((3, network.n_params), dtype))
        where: Any = {"dtype": dtype, "device": "cuda", "precision": precision}
        sl.train(network, (x[:320], y[:320], x[:2], y[:2]), 64, epochs=1, evaluate="none", **where)


def _subspaces(dtype: str) -> None:
    """Points and derivatives of eight replicas of 784-200-200-10 in subspaces of 1,000 dimensions."""
    network = sl.ReLUNetwork((784, 200, 200, 10))
    x, y = _samples(784, 320, dtype)
    for projection in ("signs", "normal"):
        settings = {"epochs": 1, "dtype": dtype, "evaluate": "none", "device": "cuda", "projection": projection}
        sl.train_subspace(network, (x, y, x[:2], y[:2]), 1000, 8, batch_size=160, share=4, **settings)


def _paths(dtype: str) -> None:
    """Bezier curves of one bend and chains of three, four of each, of 784-512-10, in batches."""
    network, (x, y) = sl.ReLUNetwork((784, 512, 10)), _samples(784, 320, dtype)
    landscape = sl.NetworkLandscape(network, x, y, dtype=dtype, device="cuda")
    ends = np.random.default_rng(3).normal(size=(2, 4, network.n_params)).astype(dtype)
    for basis, bends in (("bezier", 1), ("chain", 3)):
        sl.connecting_path(landscape, ends[0], ends[1], basis, bends, steps=2, batch_size=32)


def _glasses(dtype: str) -> None:
    """A glass of 400 spins: its couplings, values and gradients of one point and of many, products and a slice."""
    glass = sl.SphericalSpinGlass(200, 3, 0, dtype, device="cuda")
    for count in (1, 64):
        points = glass.random_points(count, seed=0)
        glass.value_and_gradient(points)
        glass.hessian_product(points[0], points)
    glass.slice(points[0], points[1:3]).value(np.zeros((4, 2)))
    sl.SphericalSpinGlass(200, 3, 0, dtype, generated=True, device="cuda").value(points)


def _pairs(dtype: str) -> None:
    """Distances of replicas, and triangles of a matrix of them, all and sampled."""
    rows = np.random.default_rng(2).normal(size=(100, 5_000)).astype(dtype)
    sl.distances(rows, device="cuda")
    kernel, matrix = operation("triangles", "cuda"), np.ones((100, 100))
    kernel.triangle_means(matrix, np.ones((100, 8)), 0.1)
    kernel.triangle_means(matrix, np.ones((100, 8)), 0.1, np.zeros((1000, 3), np.int64))


def _random_numbers(dtype: str) -> None:
    """A million normals and uniforms, and a shuffle."""
    kernel = operation("philox", "cuda")
    kernel.fill_normals(np.empty((1, 1_000_000), dtype), 0, 1, [0], 1)
    kernel.fill_uniforms(np.empty((1, 1_000_000), dtype), 0, 1, [0], 1)
    kernel.fill_permutation(np.empty(10_000, np.int64), 0, 1, 2, 3)
    kernel.fill_integers(np.empty(10_000, np.int64), 0, 1, 2, 3, 77)


def _eigenpairs(dtype: str) -> None:
    """All paths of a tensor of 12 spins; there is but one type of them."""
    if dtype == "float64":
        homotopy = Homotopy(np.zeros((1, 12**3)), 3, 1j, 1e-4)
        operation("eigenpairs", "cuda").track(np.zeros((1, 4095, 13), np.complex128), homotopy)


def launches(dtype: str) -> list[Launch]:
    """All launches of the public functions in one float type."""
    found: list[Launch] = []
    parts: tuple[Callable[[str], None], ...] = (
        _networks,
        _training,
        _tensor_cores,
        _subspaces,
        _paths,
        _glasses,
        _pairs,
        _random_numbers,
        _eigenpairs,
    )
    for part in parts:
        with jit_cuda.on_paper() as noted, warnings.catch_warnings():
            warnings.simplefilter("ignore", sl.DivergenceWarning)  # on paper nothing is alive
            part(dtype)
        found += noted
    return found


def table(capability: tuple[int, int]) -> list[str]:
    """Rows of Markdown."""
    largest: dict[tuple[int, str], Launch] = {}
    for dtype in ("float32", "float64"):
        for launch in launches(dtype):
            key = id(launch.kernel), dtype
            if key not in largest or largest[key].blocks < launch.blocks:
                largest[key] = launch
    rows = []
    for (_, dtype), launch in largest.items():
        cost = assembly.cost(launch, capability)
        rows.append(
            f"| {launch.kernel.name} | {dtype} | {launch.blocks:,} | {launch.kernel.threads} | {cost.registers} | "
            f"{cost.shared:,} | {cost.spilled} | {cost.double} | {cost.tensor} | {cost.occupancy:.2f} |"
        )
    return sorted(rows)


def main() -> int:
    """Write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.card", description="what every kernel of the card costs"
    )
    capabilities = [f"{major}.{minor}" for major, minor in assembly.MULTIPROCESSORS]
    parser.add_argument("--capability", default="9.0", choices=capabilities, help="compute capability")
    parser.add_argument("--out", type=Path, help="file for the table; it must not be there yet")
    chosen = parser.parse_args()
    if chosen.out is not None and chosen.out.exists():
        parser.error(f"--out: {chosen.out} is there already")
    if chosen.out is not None and not chosen.out.parent.is_dir():
        parser.error(f"--out: there is no folder {chosen.out.parent}")
    if jit_cuda.SIMULATED:
        parser.error("kernels are simulated, and not compiled: NUMBA_ENABLE_CUDASIM is set")
    try:
        with jit_cuda.on_paper():
            jit_cuda.names()
    except RuntimeError as problem:
        parser.error(str(problem))
    major, minor = (int(part) for part in chosen.capability.split("."))
    versions = devices.compiler()
    head = (
        f"Kernels of the card for compute capability {major}.{minor}, compiled by {versions}; blocks for the sizes\n"
        "of `benchmarks/card.py`, registers and spilled bytes of a thread, bytes of shared memory of a block,\n"
        "instructions with float64 and of tensor cores, and the share of a multiprocessor's threads that are there at\n"
        "once.\n"
    )
    text = "\n".join([head, _HEAD, *table((major, minor)), ""])
    if (major, minor) == aims.CAPABILITY:
        text = aims.placed(text)
    print(text)
    if chosen.out is not None:
        chosen.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
