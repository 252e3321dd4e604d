"""Alignment of networks to one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl

from . import machine
from .compare import Bound, Contender, Operation, Scaling, in_threads

_OURS = "benchmarks.alignment:spinland_alignment"
_PEER = "benchmarks.alignment:weight_matching"
_COMMON = 0.6  # overlap of two networks once they are aligned, as it is found for networks trained on MNIST


def operations(quick: bool) -> list[Operation]:
    """One hidden layer, where both are exact, and three, where both search."""
    if quick:
        return [alignment(6, (30, 16, 5), 0.0), alignment(4, (20, 12, 12, 5), 0.05)]
    return [alignment(200, (784, 512, 10), 0.0), alignment(20, (784, 512, 512, 512, 10), 0.02)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against networks and neurons."""
    counts, widths = ((3, 6), (8, 16)) if quick else ((25, 50, 100, 200), (64, 128, 256, 512))
    return [
        Scaling("alignment", "networks", _OURS, "n", counts, {"widths": (784, 256, 10)}),
        Scaling("alignment", "hidden neurons", "benchmarks.alignment:spinland_width", "width", widths, {"n": 50}),
    ]


def _networks(n: int, widths: tuple[int, ...]) -> tuple[sl.ReLUNetwork, Any]:
    """Relabelled and rescaled networks (n, dim) in float32 that have a part in common."""
    network = sl.ReLUNetwork(widths)
    common, *own = network.initialize(n + 1)
    points = [np.sqrt(_COMMON) * common + np.sqrt(1 - _COMMON) * part for part in own]
    moved = [sl.symmetry.random_symmetry(network, 1, replica=r).apply(point) for r, point in enumerate(points)]
    return network, np.array(moved, np.float32)


def spinland_alignment(n: int, widths: tuple[int, ...], n_starts: int = 1) -> Callable[[], Any]:
    """Ours: balances, aligns, and checks what comes in."""
    network, points = _networks(n, widths)
    return lambda: sl.align(network, points, points[0], n_starts=n_starts).distance


def spinland_width(n: int, width: int) -> Callable[[], Any]:
    """Ours for one hidden layer."""
    return spinland_alignment(n, (784, width, 10))


def weight_matching(n: int, widths: tuple[int, ...]) -> Callable[[], Any]:
    """Weight matching (arXiv:2209.04836, algorithm 1) with NumPy and SciPy in float32, of networks already balanced.

    Layers are assigned in turn, from the first to the last, until none changes; one network after the other.
    """
    network, points = _networks(n, widths)
    balanced = sl.symmetry.balance(network, points)
    layers = [matrices(network, point) for point in balanced]

    def call() -> Any:
        found, distances = np.empty_like(balanced), np.empty(n)
        for k, other in enumerate(layers):
            moved = weights_matched(layers[0], other)
            found[k] = np.concatenate([part for matrix in moved for part in (matrix[:, :-1].ravel(), matrix[:, -1])])
            distances[k] = np.sqrt(np.sum(np.square(found[k] - balanced[0], dtype=np.float64)))
        return distances

    return call


def matrices(network: sl.ReLUNetwork, point: Any) -> list[Any]:
    """Weights of each layer with the biases as their last column."""
    return [np.column_stack(layer) for layer in network.layers(point)]


def weights_matched(reference: list[Any], other: list[Any]) -> list[Any]:
    """The other network in the order that weight matching finds."""
    from scipy.optimize import linear_sum_assignment

    other, changed = list(other), True
    while changed:
        changed = False
        for layer in range(len(other) - 1):
            similarity = reference[layer] @ other[layer].T + reference[layer + 1][:, :-1].T @ other[layer + 1][:, :-1]
            best = linear_sum_assignment(similarity, maximize=True)[1]
            if (
                similarity[np.arange(len(best)), best].sum()
                > similarity.trace() + 1e-6 * abs(similarity).max(axis=1).sum()
            ):
                changed = True
                other[layer] = other[layer][best]
                other[layer + 1] = other[layer + 1][:, np.append(best, len(best))]
    return other


def alignment(n: int, widths: tuple[int, ...], tolerance: float) -> Operation:
    """Networks to the first of them; distances agree where the assignment is exact."""
    same = {"n": n, "widths": widths}
    peer = in_threads(Contender("weight matching, SciPy", _PEER, same))
    shape = "-".join(map(str, widths))
    exact = len(widths) == 3
    multiplied = 2.0 * widths[1] ** 2 * (widths[0] + 1 + widths[-1]) if exact else 0.0
    return Operation(
        "alignment",
        f"{n} networks {shape}, float32",
        Contender("spinland", _OURS, same),
        tuple(peer),
        {"weight matching, SciPy": 1.0},
        tolerance or 1e-5,
        (Bound(machine.GEMM32, n * multiplied), Bound(machine.READ, 4.0 * n * sl.ReLUNetwork(widths).n_params))
        if exact
        else (),
        "network",
        n,
        rounds=3,
        remark="Ours balances the networks and checks what comes in; theirs come balanced."
        + ("" if exact else " Both search, from the inputs and from the order as it came."),
    )
