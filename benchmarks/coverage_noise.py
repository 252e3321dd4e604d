"""Errors of what is told of the noise of training: increments, diffusion, variance and width, noise and curvature."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import spinland as sl
from spinland.provenance import record

from .coverage import Entry

_HOLD = 0.7  # share of its place that a held particle keeps
_MODES, _RECORDS = 10, 400
_CURVATURES = np.geomspace(0.1, 10.0, _MODES)
_LINEAR = sl.ReLUNetwork((_MODES, 1), bias=False)  # no hidden layer: a mean squared error is a quadratic form


def _held(replicas: int, records: int, seed: int) -> Any:
    """Replicas (R, T, 6) that a valley holds in each of six directions."""
    draw = np.random.default_rng([9, seed])
    x = np.zeros((replicas, records, 6))
    for t in range(1, records):
        x[:, t] = _HOLD * x[:, t - 1] + draw.normal(size=(replicas, 6))
    return x


def _correlated(replicas: int, records: int, seed: int) -> tuple[Any, Any]:
    found = sl.increments(_held(replicas, records, seed), 4)
    return found.autocorrelation, found.autocorrelation_error


def _spread(replicas: int, records: int, lags: list[int] | None, seed: int) -> tuple[float, float]:
    free = np.random.default_rng([10, seed]).normal(size=(replicas, records, 20)).cumsum(axis=1)
    found = sl.diffusion_exponent(free, lags)
    return found.exponent, found.exponent_error


def _valley() -> sl.NetworkLandscape:
    """ℓ(w) = 1 + Σ h_k w_k², whose valleys are as wide as h^(−1/2)."""
    x = np.sqrt(_CURVATURES * 2 * _MODES) * np.concatenate([np.eye(_MODES), -np.eye(_MODES)]) / np.sqrt(2)
    return sl.NetworkLandscape(_LINEAR, x, np.ones((2 * _MODES, 1)), loss="mse", dtype="float64")


def inverse(replicas: int, scatter: float, hold: float, seed: int, records: int = _RECORDS) -> tuple[float, float]:
    """ψ of modes whose variance is h², F^(−4), times a factor of its own for each replica and mode."""
    draw = np.random.default_rng([11, seed])
    size = _CURVATURES * np.exp(scatter * draw.normal(size=(replicas, _MODES)) / 2)
    x = np.zeros((replicas, records + 1, _MODES))
    x[:, 0] = draw.normal(size=(replicas, _MODES))
    for t in range(records):
        kick = np.sqrt(1 - hold**2) * draw.normal(size=(replicas, _MODES))
        x[:, t + 1] = hold * x[:, t] + kick
    points = 1e-3 * x * size[:, None]
    recorded = sl.Trajectory(
        points=points,
        places=None,
        mean=np.zeros((replicas, _MODES)),
        every=1,
        per_epoch=1,
        sampling="replacement",
        batch_size=1,
        learning_rate=0.1,
        train_loss=np.ones(replicas),
        train_accuracy=np.full(replicas, np.nan),
        diverged=np.zeros(replicas, bool),
        replicas=np.arange(replicas),
        provenance=record("coverage", {}),
    )
    found = sl.noise_modes(_valley(), recorded, _MODES)
    return found.exponent, found.exponent_error


def _gamma(samples: int, seed: int) -> tuple[float, float]:
    """γ of a well-specified linear model, whose noise is its curvature."""
    draw = np.random.default_rng([12, seed])
    x = np.sqrt(_CURVATURES) * draw.normal(size=(samples, _MODES))
    landscape = sl.NetworkLandscape(_LINEAR, x, draw.normal(size=(samples, 1)), loss="mse", dtype="float64")
    found = sl.gradient_noise(landscape, np.zeros(_MODES), _MODES)
    return found.exponent, found.exponent_error


def entries() -> Iterator[Entry]:
    """All of them."""
    for replicas in (1, 3, 8):
        for scatter in (0.0, 0.5):
            for hold in (0.0, _HOLD):
                yield Entry(
                    "ψ of variance and width",
                    f"{replicas} replicas, modes {'off the law by 50 %' if scatter else 'on the law'}, hold {hold}",
                    partial(inverse, replicas, scatter, hold),
                    4.0,
                )
    for samples in (100, 1000):
        yield Entry("γ of noise against curvature", f"linear model, {samples} samples", partial(_gamma, samples), 1.0)
    expected = -(1 - _HOLD) / 2 * _HOLD ** np.arange(4.0)
    for replicas, records in ((1, 1600), (3, 800), (8, 400)):
        data = f"{replicas} replicas of {records} records"
        measure = partial(_correlated, replicas, records)
        yield Entry("autocorrelation of increments", f"{data}, held", measure, expected)
        for times, lags in (("short times", [1, 2, 4, 8, 16]), ("all times", None)):
            measure = partial(_spread, replicas, records, lags)
            yield Entry("exponent of diffusion", f"{data}, free, {times}", measure, 1.0)
