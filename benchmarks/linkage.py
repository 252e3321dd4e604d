"""Hierarchical clustering of thousands of replicas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl

from .compare import Contender, Operation, Scaling

_DIM = 30


def operations(quick: bool) -> list[Operation]:
    """Trees from distances, and from vectors where the method allows it."""
    n = 2100 if quick else 10_000  # above 2000 replicas our tree has no jackknife, which SciPy has not either
    methods = ("average", "single", "ward")
    return [*(from_distances(n, method) for method in methods), from_vectors(n, "single")]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against replicas."""
    sizes = (2100, 3000) if quick else (2100, 4200, 8400)
    return [
        Scaling(
            "linkage from distances", "replicas", "benchmarks.linkage:spinland_tree", "n", sizes, {"method": "average"}
        )
    ]


def _points(n: int) -> Any:
    """Points about centres that lie about centres."""
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(10, _DIM))
    families = centres[draw.integers(0, 10, 50)] + 0.5 * draw.normal(size=(50, _DIM))
    return families[draw.integers(0, 50, n)] + 0.3 * draw.normal(size=(n, _DIM))


def spinland_tree(n: int, method: str) -> Callable[[], Any]:
    """Ours, from distances: tree, order of the leaves, heights of all pairs and their correlation."""
    condensed = sl.distances(_points(n), condensed=True)
    return lambda: sl.hierarchy_from_distances(condensed, method).linkage[:, 2]


def scipy_tree(n: int, method: str) -> Callable[[], Any]:
    """SciPy's, from distances, with the same around it."""
    from scipy.cluster import hierarchy

    condensed = sl.distances(_points(n), condensed=True)

    def call() -> Any:
        tree = hierarchy.linkage(condensed, method)
        hierarchy.leaves_list(tree)
        hierarchy.cophenet(tree, condensed)
        return tree[:, 2]

    return call


def spinland_vectors(n: int, method: str) -> Callable[[], Any]:
    """Ours from the rows, without the distances in memory."""
    points = _points(n)
    return lambda: sl.hierarchy(points, method, memory="vectors").linkage[:, 2]


def scipy_vectors(n: int, method: str) -> Callable[[], Any]:
    """SciPy's from the rows: all distances, then the tree."""
    from scipy.cluster import hierarchy

    points = _points(n)

    def call() -> Any:
        tree = hierarchy.linkage(points, method)
        hierarchy.leaves_list(tree)
        return tree[:, 2]

    return call


def from_distances(n: int, method: str) -> Operation:
    """A tree with its cophenetic correlation."""
    same = {"n": n, "method": method}
    return Operation(
        "linkage from distances",
        f"{method}, {n} replicas",
        Contender("spinland", "benchmarks.linkage:spinland_tree", same),
        (Contender("SciPy", "benchmarks.linkage:scipy_tree", same),),
        {"SciPy": 1.0},
        1e-10,
        unit="pair",
        count=n * (n - 1) / 2,
        rounds=3,
    )


def from_vectors(n: int, method: str) -> Operation:
    """The form that holds no distances, against the one that does; what it saves is memory."""
    same = {"n": n, "method": method}
    return Operation(
        "linkage in little memory",
        f"{method}, {n} replicas of {_DIM} parameters",
        Contender("spinland", "benchmarks.linkage:spinland_vectors", same),
        (Contender("SciPy", "benchmarks.linkage:scipy_vectors", same),),
        {},
        1e-8,
        unit="pair",
        count=n * (n - 1) / 2,
        rounds=3,
        remark="The aim here is the memory by which a call grows.",
    )
