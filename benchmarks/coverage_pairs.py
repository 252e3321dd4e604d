"""Errors of what is said about pairs, trees and triangles of replicas: kinds of points × statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland.replicas.hierarchy import hierarchy
from spinland.replicas.pairs import distance_distribution, overlap_distribution, pair_statistics
from spinland.replicas.triangles import ultrametricity
from spinland.statistics.uncertainty import shared_mean_error

from .coverage import Entry

N_REPLICAS = 40
DIM = 50
Points = NDArray[np.float64]


def gaussian(seed: int, n: int = N_REPLICAS, dim: int = DIM) -> Points:
    """Independent Gaussian points: their norms scatter by 1/√(2 dim)."""
    return np.random.default_rng([1, seed]).standard_normal((n, dim))


def sphere(seed: int, n: int = N_REPLICAS, dim: int = DIM) -> Points:
    """Uniform points of a sphere of radius √dim: statistics of pairs are degenerate."""
    points = np.random.default_rng([2, seed]).standard_normal((n, dim))
    return points * np.sqrt(dim) / np.linalg.norm(points, axis=1, keepdims=True)


def clusters(seed: int, n: int = N_REPLICAS, dim: int = DIM) -> Points:
    """Points about three fixed centres, each replica about one at random."""
    generator = np.random.default_rng([3, seed])
    centres = np.random.default_rng(0).standard_normal((3, dim))
    chosen = generator.choice(3, n, p=[0.5, 0.3, 0.2])
    return 1.5 * centres[chosen] + generator.standard_normal((n, dim))


def norms(seed: int, n: int = N_REPLICAS, dim: int = DIM) -> Points:
    """Gaussian points times exp(0.2 g): their norms scatter."""
    generator = np.random.default_rng([4, seed])
    return generator.standard_normal((n, dim)) * np.exp(0.2 * generator.standard_normal((n, 1)))


KINDS: dict[str, Callable[[int], Points]] = {
    "Gaussian points": gaussian,
    "sphere points": sphere,
    "clustered points": clusters,
    "norms that scatter": norms,
}
MOMENTS = ("mean_distance", "std_distance", "relative_spread", "mean_overlap", "std_overlap")
TRIANGLES = ("deviation", "relative_deviation", "share")


@lru_cache(maxsize=4096)
def _pairs(kind: str, seed: int) -> dict[str, tuple[Any, Any]]:
    found = pair_statistics(KINDS[kind](seed))
    overlaps = overlap_distribution(found, np.linspace(-0.6, 1.0, 17))
    centre = np.sqrt(2.0 * DIM)
    distances = distance_distribution(found, np.linspace(0.5 * centre, 2.0 * centre, 16))
    values = {name: (getattr(found, name), getattr(found, f"{name}_error")) for name in MOMENTS}
    values["P(q)"] = overlaps.density, overlaps.density_error
    values["P(d)"] = distances.density, distances.density_error
    return values


@lru_cache(maxsize=4096)
def _tree(kind: str, method: str, seed: int) -> tuple[float, float]:
    found = hierarchy(KINDS[kind](seed), method)
    return found.cophenetic_correlation, found.cophenetic_correlation_error


@lru_cache(maxsize=4096)
def _triangles(kind: str, seed: int) -> dict[str, tuple[float, float]]:
    found = ultrametricity(KINDS[kind](seed), n_null=2, seed=seed)
    return {name: (getattr(found, name), getattr(found, f"{name}_error")) for name in TRIANGLES}


def _chain(kind: str, shared: bool, seed: int) -> tuple[float, float]:
    """Mean distance of pairs 0–1, 1–2, 2–3, … of points, or of 0–1, 2–3, …, as of paths between solutions."""
    points = KINDS[kind](seed)
    first = np.arange(0, len(points) - 1, 1 if shared else 2)
    members = np.stack([first, first + 1], axis=1)
    values = np.linalg.norm(points[members[:, 0]] - points[members[:, 1]], axis=1)
    return float(values.mean()), shared_mean_error(values, members)


def entries() -> Iterator[Entry]:
    """All statistics on all kinds of points."""
    for kind in KINDS:
        for shared, words in ((True, "that share points"), (False, "without a common point")):
            yield Entry(
                f"mean over pairs {words}", kind, lambda seed, kind=kind, shared=shared: _chain(kind, shared, seed)
            )
    for kind in KINDS:
        for name in (*MOMENTS, "P(q)", "P(d)"):
            yield Entry(name.replace("_", " "), kind, lambda seed, kind=kind, name=name: _pairs(kind, seed)[name])
        for method in ("average", "single"):
            yield Entry(
                f"cophenetic correlation, {method}",
                kind,
                lambda seed, kind=kind, method=method: _tree(kind, method, seed),
            )
        for name in TRIANGLES:
            yield Entry(
                f"ultrametricity, {name.replace('_', ' ')}",
                kind,
                lambda seed, kind=kind, name=name: _triangles(kind, seed)[name],
            )
