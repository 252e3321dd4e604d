"""Errors of what probes and dynamics report: ruggedness, exchange, correlations, profiles, walks, rank correlation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland.dynamics.exchange import ReplicaExchange, replica_exchange
from spinland.dynamics.thermal import langevin
from spinland.errors import ShortRunWarning
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.glass import SphericalSpinGlass
from spinland.probes.correlation.correlation import Correlation, correlation
from spinland.probes.flatness import flatness
from spinland.probes.profiles import OverlapProfile, overlap_profile
from spinland.probes.ruggedness import Ruggedness, ruggedness
from spinland.probes.walks import RandomWalk, random_walk
from spinland.provenance import record
from spinland.statistics.correlation import rank_correlation

from .coverage import Entry

_MADE = record("coverage", {}, dtype=np.float64)
_STEPS, _LAGS = 60, 45
_SHARE = 0.93  # what is left of a stationary walk after a step
GLASS = SphericalSpinGlass(16, 3, seed=1)


def walk_values(kind: str, n_walkers: int, seed: int) -> NDArray[np.float64]:
    """Values (W, T+1) of walks: stationary, its exponential, free on a slope, or on a bowl."""
    draw = np.random.default_rng([5, seed])
    if kind == "slope":
        return np.concatenate([np.zeros((n_walkers, 1)), draw.normal(size=(n_walkers, _STEPS)).cumsum(1)], 1)
    if kind == "bowl":
        places = draw.normal(size=(n_walkers, _STEPS, 30)).cumsum(1)
        rise = np.sum(np.exp(np.linspace(0, 3, 30)) * places**2, axis=-1)
        return np.concatenate([np.zeros((n_walkers, 1)), rise], 1)
    x = draw.normal(size=(n_walkers, _STEPS + 1))
    for t in range(_STEPS):
        x[:, t + 1] = _SHARE * x[:, t] + np.sqrt(1 - _SHARE**2) * x[:, t + 1]
    return np.exp(0.7 * x) if kind == "exponential" else x


@lru_cache(maxsize=4096)
def rugged(kind: str, n_walkers: int, n_origins: int, seed: int) -> Ruggedness:
    """Ruggedness of such walks; walkers of different origins are independent too."""
    values = walk_values(kind, n_walkers, seed)
    walk = RandomWalk(
        sigma=1.0,
        values=values,
        accuracy=values,
        distance=values,
        overlap=values,
        origin_index=np.repeat(np.arange(n_origins), n_walkers // n_origins),
        constraint="none",
        provenance=_MADE,
    )
    return ruggedness(walk, _LAGS)


def _rugged() -> Iterator[Entry]:
    for kind in ("stationary", "exponential", "slope", "bowl"):
        known = partial(rugged, kind, 20_000, 1, -1 % 2**31)
        for n_walkers, n_origins in ((6, 1), (8, 1), (16, 1), (16, 4), (16, 8), (32, 1)):
            data = f"{kind} walks, {n_walkers} walkers, {n_origins} origins"
            for lag in (1, 10):
                yield Entry(
                    f"autocorrelation, lag {lag}",
                    data,
                    lambda seed, a=(kind, n_walkers, n_origins), lag=lag: (
                        rugged(*a, seed).autocorrelation[lag],
                        rugged(*a, seed).autocorrelation_error[lag],
                    ),
                    truth=lambda known=known, lag=lag: known().autocorrelation[lag],
                )
            if kind != "slope":  # there the length is that of the walk
                yield Entry(
                    "correlation length",
                    data,
                    lambda seed, a=(kind, n_walkers, n_origins): (
                        rugged(*a, seed).correlation_length,
                        rugged(*a, seed).correlation_length_error,
                    ),
                    truth=lambda known=known: known().correlation_length,
                )


@lru_cache(maxsize=64)
def cold(n_sweeps: int, seed: int) -> ReplicaExchange:
    """Two copies of one instance of 16 spins, five temperatures from 0.5 on."""
    return replica_exchange(GLASS, [0.5, 0.6, 0.72, 0.86, 1.05], n_sweeps, seed, n_warmup=600)


def _cold(name: str, n_sweeps: int, seed: int) -> tuple[Any, Any]:
    run = cold(n_sweeps, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortRunWarning)
        if name == "energy":
            return run.mean, run.error
        if name == "specific heat":
            return run.specific_heat()
        return tuple(array[0] for array in run.overlap_density(10)[1:])  # at T = 0.5


def _exchange() -> Iterator[Entry]:
    for n_sweeps in (2000, 4000):
        for name in ("energy", "specific heat", "P(q), T = 0.5"):
            yield Entry(
                f"exchange, {name}",
                f"order 3, 16 spins, {n_sweeps} sweeps",
                lambda seed, name=name, n=n_sweeps: _cold(name, n, seed),
            )


@lru_cache(maxsize=4096)
def correlated(n_pairs: int, seed: int) -> Correlation:
    """A glass of order 3 and 60 spins."""
    return correlation(SphericalSpinGlass(60, 3, seed=2), n_pairs=n_pairs, seed=seed)


def _correlations() -> Iterator[Entry]:
    for n_pairs in (20, 100):
        for name in ("correlation", "covariance", "effective_order"):
            yield Entry(
                name.replace("_", " "),
                f"order 3, 60 spins, {n_pairs} pairs",
                lambda seed, n=n_pairs, name=name: (
                    getattr(correlated(n, seed), name),
                    getattr(correlated(n, seed), f"{name}_error"),
                ),
                truth=3.0 if name == "effective_order" else None,
            )


def _ranks(n: int, share: float, seed: int) -> tuple[float, float]:
    draw = np.random.default_rng([6, seed])
    x = draw.normal(size=n)
    found = rank_correlation(x, share * x + np.sqrt(1 - share**2) * draw.normal(size=n))
    return found.rho, found.error


@lru_cache(maxsize=512)
def profile(n_origins: int, seed: int) -> OverlapProfile:
    """Walks on the sphere from fixed points of a glass of 30 spins."""
    glass = SphericalSpinGlass(30, 3, seed=3)
    origins = glass.random_points(200, seed=1)
    low = origins[np.argsort(glass.value(origins))[:n_origins]]
    return overlap_profile(glass, low, 40, 4, seed, n_bins=4, n_typical=64)


def _others() -> Iterator[Entry]:
    bowl = FunctionLandscape(lambda w: np.sum(w**2, axis=1) + np.sum(w**4, axis=1), 5)
    field = FunctionLandscape(
        lambda w: -2 * w[:, 0],
        3,
        gradient=lambda w: np.broadcast_to([-2.0, 0, 0], w.shape),
        geometry=Sphere(np.sqrt(3)),
    )
    at = np.ones(5)

    def walked(seed: int) -> tuple[Any, Any]:
        walk = random_walk(bowl, at, 0.2, 10, 8, seed)
        return walk.mean[1:], walk.error[1:]

    def flat(seed: int) -> tuple[Any, Any]:
        found = flatness(bowl, at, [0.1, 0.5], 8, seed)
        return found.rise, found.rise_error

    def heated(seed: int) -> tuple[Any, Any]:
        run = langevin(field, np.tile(np.ones(3), (10, 1)), 1.0, [0.5, 2.0], 0.1, seed)
        return run.mean, run.error

    yield Entry("walk, mean", "bowl, 8 walkers", walked)
    yield Entry("flatness, rise", "bowl, 8 directions", flat)
    yield Entry("Langevin, energy", "field, 10 walkers", heated)
    for n_origins in (1, 12):
        yield Entry(
            "overlap profile, rise",
            f"order 3, 30 spins, {n_origins} origins of one set",
            lambda seed, n=n_origins: (profile(n, seed).rise[-2:], profile(n, seed).rise_error[-2:]),
        )
    for n, share in ((8, 0.0), (20, 0.6), (40, 0.6)):
        yield Entry(
            "rank correlation",
            f"{n} normal pairs of correlation {share}",
            lambda seed, n=n, share=share: _ranks(n, share, seed),
        )


def entries() -> Iterator[Entry]:
    """All of them, the quick ones first."""
    yield from _others()
    yield from _rugged()
    yield from _correlations()
    yield from _exchange()
