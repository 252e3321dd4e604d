"""What the self-test asks of a card: a task for every kernel, of the sizes that are aimed at or of very small ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import networks, types
from .projection import formula as projection

Arrays = list[NDArray[Any]]

_SEED = 0xFEDCBA9876543210
_PRECISIONS = {networks.TF32: "TF32", networks.THRICE: "3×TF32"}


@dataclass(frozen=True)
class Task:
    """What is asked of a device.

    Attributes
    ----------
    name, operation : str
        In words, and the folder of the kernel.
    run : callable
        From the module of a machine to the answer.
    tolerance : float
        Largest difference between machines, as a share of the largest number of the answer.
    bytes, operations : float
        That have to be moved, and computed in float32, at least.
    """

    name: str
    operation: str
    run: Callable[[Any], Arrays]
    tolerance: float
    bytes: float = 0.0
    operations: float = 0.0


def _samples(draw: np.random.Generator, n: int, inputs: int, outputs: int, dtype: str) -> networks.Samples:
    x, labels = draw.random((n, inputs)).astype(dtype), draw.integers(0, outputs, n)
    return networks.Samples(x, labels, np.empty((0, outputs), dtype), networks.CROSS_ENTROPY)


def _points(draw: np.random.Generator, widths: tuple[int, ...], count: int, dtype: str) -> NDArray[Any]:
    dim = sum((below + 1) * above for below, above in pairwise(widths))
    return (draw.normal(size=(count, dim)) / np.sqrt(max(widths))).astype(dtype)


def _network_tasks(
    widths: tuple[int, ...],
    n: int,
    batch: int,
    replicas: int,
    dtype: str,
    side: int = 21,
    count: int = 8,
    precision: int = networks.EXACT,
) -> list[Task]:
    draw = np.random.default_rng(1)
    network = networks.network_of(widths, True)
    samples = _samples(draw, n, widths[0], widths[-1], dtype)._replace(precision=precision)
    w = _points(draw, widths, count, dtype)
    words = f"{'-'.join(map(str, widths))}, {n} samples, {_PRECISIONS.get(precision, dtype)}"
    loose = 1e-12 if dtype == "float64" else 1e-2 if precision == networks.TF32 else 1e-5
    each = 2.0 * n * sum(below * above for below, above in pairwise(widths))
    c = np.stack(np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side)), -1).reshape(-1, 2)
    pairs = widths[1] // 2
    hidden = networks.Exchanges(0, np.arange(2 * pairs)[None], np.array([1, min(10, pairs)]), np.linspace(0, 1, side))

    def trained(kernel: Any) -> Arrays:
        points = _points(np.random.default_rng(2), widths, replicas, dtype)
        first, second = np.zeros((2, *points.shape), dtype)
        alive = np.ones(replicas, bool)
        held = kernel.hold(networks.Replicas(points, first, second, alive, np.arange(replicas)))
        rows = np.zeros((n // batch, networks.N_COEFFICIENTS), dtype)
        rows[:] = 1e-3, 0, 1, 0.1, 0.999, 0.001, 1, 1e-8
        batches = networks.Batches(np.uint64(_SEED), 2, 0, batch, 0)
        kernel.descend(held, networks.Rule(networks.ADAM, rows), batches, network, kernel.prepare(samples))
        return [kernel.fetch(held.points)]

    return [
        Task(
            f"losses, {words}",
            "mlp",
            lambda k: list(k.losses(w, network, k.prepare(samples))),
            loose,
            operations=count * each,
        ),
        Task(
            f"gradients, {words}",
            "mlp",
            lambda k: [k.gradients(w, network, k.prepare(samples))],
            loose,
            operations=3 * count * each,
        ),
        Task(
            f"Hessian products, {words}",
            "mlp",
            lambda k: [k.hessian_products(w[0], w[1:], network, k.prepare(samples))],
            loose,
            operations=(5 * count - 2) * each,
        ),
        Task(
            f"plane of {len(c)} points, {words}",
            "slice",
            lambda k: list(k.losses(c.astype(dtype), network, k.prepare(w[:3], network, samples))),
            loose,
            operations=float(len(c)) * n * widths[1] * (5 + 2 * widths[-1]),
        ),
        Task(f"swaps, {words}", "swap", lambda k: list(k.losses(w[0], hidden, network, k.prepare(samples))), loose),
        Task(
            f"training of {replicas} replicas, {words}, batch {batch}",
            "training",
            trained,
            0.02,
            operations=3.0 * replicas * each,
        ),
    ]


def _walk_tasks(dim: int, count: int, dtype: str) -> list[Task]:
    starts = np.random.default_rng(3).normal(size=(1, dim)).astype(dtype)
    origin, numbers = np.zeros(count, np.int64), np.arange(count)

    def moved(kernel: Any) -> Arrays:
        held = kernel.hold(networks.Walkers(starts[origin], starts, origin, numbers, np.empty(0)))
        for step in range(1, 4):
            distance, overlap = kernel.advance(held, 0.01, networks.Stream(np.uint64(_SEED), 3, step))
        return [kernel.fetch(held.points), distance, overlap]

    moved_bytes = 3.0 * count * dim * 3 * starts.itemsize
    return [Task(f"three steps of {count} walkers in {dim} dimensions, {dtype}", "walk", moved, 1e-6, moved_bytes)]


def _glass_tasks(n: int, order: int, dtype: str, stored: bool) -> list[Task]:
    from .pspin.cpu import n_couplings

    loose = 1e-12 if dtype == "float64" else 1e-5
    count = n_couplings(n, order)
    values = np.empty(count if stored else 0, dtype)
    couplings = types.Couplings(values, n, order, np.uint64(_SEED), 5, types.GAUSSIAN)
    points = np.random.default_rng(4).normal(size=(1, n)).astype(dtype)

    prepared: dict[Any, Any] = {}

    def found(kernel: Any) -> Arrays:
        if stored and not prepared:
            kernel.fill_couplings(couplings)
        if kernel not in prepared:  # a landscape does it once
            prepared[kernel] = kernel.prepare(couplings)
        return list(kernel.values_and_gradients(points, couplings, prepared[kernel]))

    words = f"{order}-spin glass of {n} spins, {'stored' if stored else 'generated'}, {dtype}"
    return [Task(words, "pspin", found, loose, float(values.nbytes), 8.0 * count)]


def _pair_tasks(rows: int, dim: int, corners: int) -> list[Task]:
    draw = np.random.default_rng(5)
    x = draw.normal(size=(rows, dim)).astype("f4")

    def products(kernel: Any) -> Arrays:
        condensed, squares = np.zeros(rows * (rows - 1) // 2), np.zeros(rows)
        work = kernel.prepare(rows, -(-dim // kernel.CHUNK), "float32")
        kernel.add_products(types.Columns(x, 0, dim), False, work, condensed, squares)
        return [condensed, squares]

    distances = np.abs(draw.normal(size=(corners, corners))) + 1
    distances += distances.T
    weights = np.ones((corners, 1))

    def triangles(kernel: Any) -> Arrays:
        return [kernel.triangle_means(distances, weights, 0.1)]

    return [
        Task(f"products of {rows} rows of {dim}", "gram", products, 1e-5, x.nbytes, float(rows) * rows * dim),
        Task(f"triangles of {corners} points", "triangles", triangles, 1e-12),
    ]


def _eigenpair_tasks(n: int, count: int) -> list[Task]:
    """Paths from (1, λ, 0 …, 0), … of one symmetric tensor of order 3 near the diagonal one."""
    draw = np.random.default_rng(6).normal(size=(n, n, n))
    tensor = np.sum([draw.transpose(axes) for axes in permutations(range(3))], axis=0) / (10 * n)
    for i in range(n):
        tensor[i, i, i] += 1
    chosen = np.random.default_rng(7).integers(0, 2, (1, count, n))
    chosen[:, :, 0] = 1
    lengths = np.sqrt(chosen.sum(axis=2, keepdims=True))
    starts = np.concatenate([chosen / lengths, 1 / lengths], axis=2).astype(np.complex128)
    starts[:, :, n] *= 1j  # γ
    homotopy = types.Homotopy(tensor.reshape(1, -1), 3, 1j, 1e-4)

    def followed(kernel: Any) -> Arrays:
        pairs = starts.copy()
        status = kernel.track(pairs, homotopy)
        return [np.stack([pairs.real, pairs.imag]), status]

    return [Task(f"{count} eigenpairs of a tensor of {n}", "eigenpairs", followed, 1e-9)]


def _projection_tasks(dim: int, dimension: int) -> list[Task]:
    """Points of two replicas in one subspace, and their derivatives by its coordinates."""
    draw = np.random.default_rng(8)
    z, origins = draw.normal(size=(2, dimension)), draw.normal(size=(2, dim))

    def projected(kind: int) -> Callable[[Any], Arrays]:
        def found(kernel: Any) -> Arrays:
            prepared = kernel.prepare(
                types.Projection(np.uint64(_SEED), 3, kind), np.zeros(2, np.int64), dim, dimension
            )
            out = np.empty_like(origins)
            kernel.points(z, origins, prepared, out)
            return [out, kernel.coordinates(origins, prepared)]

        return found

    kinds = {"signs": projection.SIGNS, "normal numbers": projection.NORMAL}
    words = f"a subspace of {dimension} of {dim} dimensions, of "
    return [Task(words + name, "projection", projected(kind), 1e-12) for name, kind in kinds.items()]


def _path_tasks(widths: tuple[int, ...], n: int, batch: int, paths: int) -> list[Task]:
    """One epoch of paths with one control vector that moves, by Adam."""
    network = networks.network_of(widths, True)
    samples = _samples(np.random.default_rng(9), n, widths[0], widths[-1], "float64")
    steps = n // batch
    places = np.random.default_rng(10).uniform(size=(paths, steps, 1)) * [[[-1.0, 0.5, 0.5]]] + [[[1.0, 0.0, 0.0]]]

    def trained(kernel: Any) -> Arrays:
        draw = np.random.default_rng(11)
        controls = np.stack([_points(draw, widths, 3, "float64") for _ in range(paths)])
        first, second = np.zeros((2, paths, 1, controls.shape[2]))
        alive, free = np.ones(paths, bool), np.array([1])
        rows = np.tile([1e-3, 0, 1, 0.1, 0.999, 0.001, 1, 1e-8], (steps, 1))
        batches = networks.Batches(np.uint64(_SEED), 2, 0, batch, 0)
        moved = networks.Paths(controls, first, second, free, places, alive, np.arange(paths))
        kernel.descend(moved, networks.Rule(networks.ADAM, rows), batches, network, kernel.prepare(samples))
        return [controls]

    words = f"{paths} paths of {'-'.join(map(str, widths))}, {steps} steps of batch {batch}, float64"
    return [Task(words, "path", trained, 1e-6)]


def _random_numbers(count: int) -> Task:
    def drawn(kernel: Any) -> Arrays:
        normals, order = np.empty((16, count)), np.empty(count // 128, np.int64)
        kernel.fill_normals(normals, _SEED, 3, list(range(16)), 1)
        kernel.fill_permutation(order, _SEED, 3, 4, 5)
        return [normals, order]

    return Task(f"16 times {count} normals, and a shuffle", "philox", drawn, 1e-14, 16 * 8.0 * count)


def tasks(small: bool) -> list[Task]:
    """All of them, of the sizes that are aimed at, or so small that a simulator can do them."""
    size = ((9, 6, 4), 20, 8, 2) if small else ((784, 512, 10), 10_000, 32, 64)
    large = [] if small else _network_tasks((784, 512, 10), 10_000, 32, 64, "float32")
    glasses = [(7, 3, True)] if small else [(400, 3, True), (2000, 3, True), (2000, 3, False)]
    return [
        _random_numbers(128 if small else 1 << 20),
        *large,
        *_network_tasks((9, 6, 4), 20, 8, 2, "float32", 2, 3),
        *(task for precision in _PRECISIONS for task in _network_tasks(*size, "float32", 2, 3, precision)[:3]),
        *([] if small else _network_tasks((64, 32, 10), 1_408, 32, 1_000, "float64")),
        *([] if small else _network_tasks((64, 32, 10), 1_408, 32, 1_000, "float32")),
        *_walk_tasks(83 if small else 407_050, 3 if small else 64, "float32"),
        *(task for n, order, stored in glasses for task in _glass_tasks(n, order, "float32", stored)),
        *_glass_tasks(7 if small else 400, 3, "float64", True),
        *_eigenpair_tasks(2 if small else 12, 2 if small else 1_000),
        *_projection_tasks(131 if small else 198_760, 3 if small else 1_000),
        *_path_tasks(*((9, 6, 4), 16, 8, 2) if small else ((784, 512, 10), 6_400, 32, 16)),
        *_pair_tasks(5 if small else 200, 40 if small else 1 << 20, 6 if small else 200),
    ]
