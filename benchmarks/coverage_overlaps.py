"""Errors of potentials at fixed overlap, of exponents of two times, and of limits of inherent energies."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ive

from spinland.dynamics.inherent import InherentEnergies
from spinland.dynamics.potential import franz_parisi
from spinland.dynamics.two_times import TwoTimeCorrelation, two_times
from spinland.errors import ShortRunWarning
from spinland.landscape.function import FunctionLandscape
from spinland.provenance import record

from .coverage import Entry

_MADE = record("coverage", {}, dtype=np.float64)
_DIM, _HEAT = 12, 0.7
_OVERLAPS = np.array([0.0, 0.15, 0.3, 0.45, 0.6])
_SIZES = np.array([16, 32, 64])


def _field(along: float, aside: float) -> tuple[FunctionLandscape, NDArray[np.float64]]:
    """−h·w with parts of h along the reference and aside of it, and the reference."""
    s, u = np.sqrt(_DIM) * np.eye(_DIM)[:2]
    h = along * s + aside * u
    return FunctionLandscape(lambda w: -w @ h, _DIM, lambda w: np.tile(-h, (len(w), 1))), s


def _exact() -> float:
    """V at the last overlap, by the norm of von Mises and Fisher's law on the sphere that is left."""
    nu = (_DIM - 1) / 2 - 1
    kappa = _DIM * np.sqrt(1 - _OVERLAPS**2) / _HEAT
    log_z = np.log(ive(nu, kappa)) + kappa - nu * np.log(kappa)
    value = -_HEAT * ((_DIM - 3) / 2 * np.log(1 - _OVERLAPS**2) + 0.5 * _DIM * _OVERLAPS / _HEAT + log_z)
    return float(value[-1] - value[0])


def _potential(references: int, seed: int) -> tuple[float, float]:
    """From blocks of the chains of one reference, or over references whose fields differ."""
    if references == 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShortRunWarning)
            landscape, s = _field(0.5, 1.0)
            found = franz_parisi(landscape, s, _OVERLAPS, _HEAT, 600, seed, n_warmup=60, leapfrog=3)
        return float(found.value[-1]), float(found.error[-1])
    draw = np.random.default_rng([21, seed])
    fields = [_field(*draw.normal(size=2)) for _ in range(references)]
    landscapes, targets = [f for f, _ in fields], np.array([s for _, s in fields])
    found = franz_parisi(landscapes, targets, _OVERLAPS, _HEAT, 40, seed, walkers=1, leapfrog=3)
    return float(found.value[-1]), float(found.error[-1])


def _diffusing(walkers: int, seed: int) -> TwoTimeCorrelation:
    steps = np.random.default_rng([22, seed]).normal(size=(walkers, 120, 60))
    return two_times(steps.cumsum(axis=1), np.arange(1, 121), [10, 30], [0, 5, 10, 20, 40, 80])


def _exponent(name: str, walkers: int, seed: int) -> tuple[Any, Any]:
    value, error = getattr(_diffusing(walkers, seed), name)()
    return (value, error) if name == "ageing_exponent" else (value[0], error[0])


def _limit(change: bool, seed: int) -> tuple[float, float]:
    """Instances whose energies at two temperatures scatter together, less for larger sizes."""
    draw = np.random.default_rng([23, seed])
    line = -1.6 + 2 * _SIZES ** (-2 / 3)
    scatter = draw.normal(size=(3, 1, 16)) + 0.5 * draw.normal(size=(3, 2, 16))
    made = InherentEnergies(
        orders=(3,),
        weights=(1.0,),
        temperatures=np.array([1.0, np.inf]),
        sizes=_SIZES,
        energies=line[:, None, None] + scatter / np.sqrt(_SIZES)[:, None, None],
        overlaps=np.zeros((3, 2, 16)),
        converged=np.ones((3, 2)),
        provenance=_MADE,
    )
    value, error = made.limit(change=change)
    return float(value[0]), float(error[0])


def entries() -> Iterator[Entry]:
    """All of them."""
    yield Entry("potential, blocks", "a field, one reference", partial(_potential, 1), truth=_exact)
    yield Entry("potential, references", "6 random fields", partial(_potential, 6))
    for name in ("diffusion_exponent", "decay_exponent", "ageing_exponent"):
        for walkers in (6, 20):
            yield Entry(name.replace("_", " "), f"free diffusion, {walkers} walkers", partial(_exponent, name, walkers))
    for change in (False, True):
        what = "change of the limit" if change else "limit"
        yield Entry(
            f"inherent energy, {what}",
            "16 instances of 3 sizes",
            partial(_limit, change),
            truth=0.0 if change else -1.6,
        )
